// Package ipterminal is the output to IP terminals IP音箱 by GD/J 089 Annexes D and E. The
// terminals connect to the platform's Door and keep the connection: a heartbeat says who they
// are, orders to start and stop go down, and what they play comes back up. What became of a
// message at each terminal is a row of its own; one that was away is given what still stands
// when it comes back. The sound goes to them as MP3 over RTP, or they fetch it.
package ipterminal

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Kind is the kind of these outputs.
const Kind = "ipterminal"

// Settings are the terminals of an output, and how sound comes to them.
type Settings struct {
	// Sound is "rtp://239.1.2.3:9000", one multicast stream for all, with "?ttl=" and
	// "&interface=" as tsout.Open has them; "udp://@9000", a stream for each at its own
	// address; or "file", the address of the file. Messages on the air together take this
	// port, the next but one, and so on.
	Sound     string  `json:"sound"`
	Terminals []Known `json:"terminals"`
}

// Known is a terminal that may join.
type Known struct {
	Code     string `json:"code"`     // resource code, 23 digits
	Physical string `json:"physical"` // the address it was made with, hexadecimal digits; empty believes the code alone
	Key      string `json:"key"`      // its SM2 public key, 128 hexadecimal digits; empty asks for no signature
}

// mostTerminals is how many terminals one output may have (GD/J 089 Table B.18).
const mostTerminals = 3000

func read(raw json.RawMessage) (s Settings, err error) {
	if err := output.Decode(raw, &s); err != nil {
		return s, err
	}
	if _, err := parseSound(s.Sound); err != nil {
		return s, fault.Bad("settings.sound", "alert.ipterminal.sound")
	}
	if n := len(s.Terminals); n == 0 || n > mostTerminals {
		return s, fault.Bad("settings.terminals", "alert.ipterminal.terminals", fault.Args{"limit": mostTerminals})
	}
	codes, physical := map[string]bool{}, map[string]bool{}
	for i := range s.Terminals {
		k := &s.Terminals[i]
		k.Physical = strings.ToLower(k.Physical)
		at := "settings.terminals." + strconv.Itoa(i)
		if c, err := ebd.ParseResourceCode(k.Code); err != nil || c.IsGroup() {
			return s, fault.Bad(at+".code", "alert.head.respond", fault.Args{"code": k.Code})
		}
		if raw, err := hex.DecodeString(k.Physical); err != nil || len(raw) > 32 {
			return s, fault.Bad(at+".physical", "alert.ipterminal.physical", fault.Args{"physical": k.Physical})
		}
		if _, err := publicKey(k.Key); err != nil {
			return s, fault.Bad(at+".key", "alert.adapter.key")
		}
		if codes[k.Code] || k.Physical != "" && physical[k.Physical] {
			return s, fault.Bad(at, "alert.ipterminal.twice", fault.Args{"code": k.Code})
		}
		codes[k.Code], physical[k.Physical] = true, true
	}
	return s, nil
}

// publicKey is a terminal's key; nil without one.
func publicKey(digits string) (*ebd.PublicKey, error) {
	if digits == "" {
		return nil, nil
	}
	raw, err := hex.DecodeString(digits)
	if err != nil {
		return nil, err
	}
	k, err := ebd.ParsePublicKey(raw)
	return &k, err
}

// route is how sound comes to terminals.
type route struct {
	group netip.Addr // of a multicast; invalid for none
	port  uint16     // of the first message; 0 where they fetch files
	query string     // of the multicast
}

const slots = 16 // messages that may sound at once, at a port each

func parseSound(s string) (r route, err error) {
	bad := fault.Bad("settings.sound", "alert.ipterminal.sound")
	if s == "file" {
		return r, nil
	}
	digits, unicast := strings.CutPrefix(s, "udp://@") // as the standard writes it; no URL
	if !unicast {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "rtp" || u.Path != "" {
			return r, bad
		}
		if r.group, err = netip.ParseAddr(u.Hostname()); err != nil || !r.group.IsMulticast() {
			return r, bad
		}
		digits = u.Port()
		if u.RawQuery != "" {
			r.query = "?" + u.RawQuery
		}
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || port == 0 || port > 65535-2*slots {
		return r, bad
	}
	r.port = uint16(port)
	return r, nil
}

// told is what an order calls the sound of a slot.
func (r route) told(slot int) string {
	port := strconv.Itoa(int(r.port) + 2*slot)
	if r.group.IsValid() {
		return "rtp://" + net.JoinHostPort(r.group.String(), port)
	}
	return "udp://@" + port
}

// Deps are what IP terminals need of the node.
type Deps struct {
	DB    *store.DB
	Clock clock.Clock
	Log   *slog.Logger
	Door  *Door
	// Signing is the key that signs orders.
	Signing func() (*ebd.PrivateKey, *ebd.Certificate)
	// Object is a sound by its digest.
	Object func(ctx context.Context, digest string) ([]byte, error)
	Media  string // address under which terminals fetch sounds, "http://host/media/"
}

// Driver makes outputs to IP terminals.
func Driver(d Deps) output.Driver {
	return output.Driver{Patience: 20 * time.Second, Standing: true, Everyday: true,
		Check: func(raw json.RawMessage) error {
			_, err := read(raw)
			return err
		},
		Open: func(c output.Config) (output.Output, error) {
			s, err := read(c.Settings)
			if err != nil {
				return nil, err
			}
			return open(d, c, s)
		},
		Terminals: d.Door.terminals}
}
