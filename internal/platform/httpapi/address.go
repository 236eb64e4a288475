package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Addresses makes a request's address that of the person asking where it came through
// trusted proxies: the right-most address of X-Forwarded-For that is not such a proxy.
// What stands further left anybody may have written.
func Addresses(trusted []netip.Prefix) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if len(trusted) == 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if from, ok := caller(r, trusted); ok {
				r.RemoteAddr = net.JoinHostPort(from.String(), "0")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// caller walks back from the peer for as long as the peer is trusted to tell the truth.
func caller(r *http.Request, trusted []netip.Prefix) (netip.Addr, bool) {
	proxy := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	at, ok := address(r.RemoteAddr)
	if !ok || !proxy(at) {
		return at, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before, ok := address(strings.TrimSpace(hop))
		if !ok {
			break // a proxy that writes no address says no more than its own
		}
		if at = before; !proxy(at) {
			break
		}
	}
	return at, true
}

// address reads an address with or without a port.
func address(text string) (netip.Addr, bool) {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap().WithZone(""), err == nil
}
