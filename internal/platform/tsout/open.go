// Package tsout sends a transport stream out of the machine at a constant rate: to a
// file, to a UDP address or to a multicast group, seven packets a datagram, as
// television heads take streams over IP. It stands beside the engines because it touches
// the network and the time, which they may not; what is sent, engine/mpegts decides.
package tsout

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Open opens what a target names: "udp://239.1.2.3:1234", with "?ttl=4" for multicast
// beyond the local network (1 otherwise) and "&interface=eth1" for the network it leaves
// by, or else the path of a file, which is made anew.
func Open(target string) (io.WriteCloser, error) {
	if !strings.HasPrefix(target, "udp://") {
		return os.Create(target)
	}
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("tsout: %w", err)
	}
	addr, err := net.ResolveUDPAddr("udp", u.Host)
	if err != nil {
		return nil, fmt.Errorf("tsout: %w", err)
	}
	if addr.IP == nil || addr.Port == 0 {
		return nil, fmt.Errorf("tsout: %s names no host and port", target)
	}
	conn, err := net.DialUDP("udp", nil, addr)
	if err != nil {
		return nil, fmt.Errorf("tsout: %w", err)
	}
	if addr.IP.IsMulticast() {
		if err := multicast(conn, addr, u.Query()); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

func multicast(conn *net.UDPConn, addr *net.UDPAddr, q url.Values) (err error) {
	ttl := 1
	if v := q.Get("ttl"); v != "" {
		if ttl, err = strconv.Atoi(v); err != nil || ttl < 0 || ttl > 255 {
			return fmt.Errorf("tsout: ttl %q; 0 to 255 can be", v)
		}
	}
	var by *net.Interface
	if v := q.Get("interface"); v != "" {
		if by, err = net.InterfaceByName(v); err != nil {
			return fmt.Errorf("tsout: interface %s: %w", v, err)
		}
	}
	if addr.IP.To4() != nil {
		c := ipv4.NewPacketConn(conn)
		if err = c.SetMulticastTTL(ttl); err == nil && by != nil {
			err = c.SetMulticastInterface(by)
		}
	} else {
		c := ipv6.NewPacketConn(conn)
		if err = c.SetMulticastHopLimit(ttl); err == nil && by != nil {
			err = c.SetMulticastInterface(by)
		}
	}
	if err != nil {
		return fmt.Errorf("tsout: %w", err)
	}
	return nil
}
