// Package openweb keeps what strangers have the node ask for on the open internet: an address
// that they name must not lead to this machine or into a closed network.
package openweb

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// closed are blocks of no use on the open internet (IANA's registries of special addresses), and
// those that hold an IPv4 address, which a translator of a closed network may lead anywhere.
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// Only refuses to connect to what is no address of the open internet. It is for a dialer's
// Control, which is asked after names were resolved, so that a name that changes is no way round.
func Only(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(closed, func(p netip.Prefix) bool { return p.Contains(ip) }) || own(ip) {
		return fmt.Errorf("openweb: %s is not on the open internet", ip)
	}
	return nil
}

// own reports whether an address is one of this machine's: what listens there may listen for those
// inside only.
func own(ip netip.Addr) bool {
	list, err := net.InterfaceAddrs()
	return err != nil || slices.ContainsFunc(list, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Addr().Unmap() == ip
	})
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

// maxWhy bounds what is kept of an error, characters.
const maxWhy = 500

// Why says in words why something could not be had from elsewhere, without the address that
// was asked, which may hold a key.
func Why(err error) string {
	if asked := (*url.Error)(nil); errors.As(err, &asked) {
		err = asked.Err
	}
	text := []rune(Words(err.Error()))
	return string(text[:min(len(text), maxWhy)])
}

// Words are a text that somebody elsewhere chose, for people to read: without characters that
// are not seen, or that a database does not take.
func Words(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case i18n.Deceptive(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}
