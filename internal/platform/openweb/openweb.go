// Package openweb keeps what strangers have the node ask for on the open internet: an address
// that they name must not lead to this machine or into a closed network.
package openweb

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// shared is address space of carriers' closed networks (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// Only refuses to connect to what is no address of the open internet. It is for a dialer's
// Control, which is asked after names were resolved, so that a name that changes is no way round.
func Only(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || shared.Contains(ip) {
		return fmt.Errorf("openweb: %s is not on the open internet", ip)
	}
	return nil
}

// Client asks without proxies, which would connect in its place, and follows no redirection
// by itself. With inside it connects anywhere.
func Client(timeout time.Duration, perHost int, inside bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !inside {
		dialer.Control = Only
	}
	return &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: perHost, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}}
}
