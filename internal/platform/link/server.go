package link

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Subjects. A node below asks on up.<its site>.ask.<what> and is asked on down.<its
// site>.ask.<what>; answers come where the asker listens. A node below may speak on
// up.<its site>.> and hear down.<its site>.>, and nothing else: who asks is known by where.
func upward(site string) string   { return "up." + site }
func downward(site string) string { return "down." + site }

// account is the one that all connections of a server share.
const account = "LINK"

// How a dead connection is found and a new one made. A cut that swallows packets is seen
// after missing two pings.
const (
	pingEvery = time.Second
	pingsOut  = 2
	dialWait  = time.Second
	redial    = 500 * time.Millisecond
)

// hall is an embedded NATS server with one connection of ours for each node: one for the
// nodes below, to which they come, and one that goes to the node above. What comes from
// above and what comes from below never meet.
type hall struct {
	srv    *server.Server
	conns  map[string]*nats.Conn // by site
	opened string                // the signature of the nodes that it was opened for
	at     time.Time
}

// open starts the server for the node above, or for those below.
func (l *Links) open(above bool, nodes []Node) (*hall, error) {
	var secret [24]byte
	_, _ = rand.Read(secret[:])
	password := hex.EncodeToString(secret[:])
	h := &hall{conns: map[string]*nats.Conn{}}
	shared := server.NewAccount(account)
	o := &server.Options{
		ServerName: l.Site, DontListen: true, NoSigs: true, NoLog: true, MaxPayload: maxPayload, MaxControlLine: 4096,
		PingInterval: pingEvery, MaxPingsOut: pingsOut, WriteDeadline: 5 * time.Second, NoSystemAccount: true,
		Accounts: []*server.Account{shared},
		Users:    []*server.User{{Username: account, Password: password, Account: shared, AllowedConnectionTypes: map[string]struct{}{jwt.ConnectionTypeInProcess: {}}}},
	}
	o.LeafNode.ReconnectInterval, o.LeafNode.DialTimeout = redial, dialWait
	if l.Listen != "" && !above {
		host, port, err := listenAddress(l.Listen)
		if err != nil {
			return nil, err
		}
		o.LeafNode.Host, o.LeafNode.Port, o.LeafNode.TLSConfig = host, port, l.TLS.Clone()
		o.LeafNode.TLSTimeout, o.LeafNode.AuthTimeout = 2, 2
		o.LeafNode.NoAdvertise = true // nodes below come by the address that they were told
	}
	for _, n := range nodes {
		if above {
			remote, err := l.remote(n)
			if err != nil {
				return nil, err
			}
			o.LeafNode.Remotes = append(o.LeafNode.Remotes, remote)
		} else {
			o.Nkeys = append(o.Nkeys, &server.NkeyUser{Nkey: n.nkey, Account: shared, AllowedConnectionTypes: map[string]struct{}{jwt.ConnectionTypeLeafnode: {}},
				Permissions: &server.Permissions{Publish: only(upward(n.Site) + ".>"), Subscribe: only(downward(n.Site) + ".>")}})
		}
	}
	var err error
	if h.srv, err = server.NewServer(o); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	h.srv.SetLoggerV2(quiet{l}, false, false, false)
	go h.srv.Start()
	if !h.srv.ReadyForConnections(10 * time.Second) {
		h.close()
		return nil, errors.New("link: NATS did not become ready within 10 s")
	}
	for _, n := range nodes {
		inbox := upward(n.Site) + ".answer"
		if above {
			inbox = downward(l.Site) + ".answer"
		}
		conn, err := nats.Connect("", nats.InProcessServer(h.srv), nats.UserInfo(account, password), nats.Name(n.Site), nats.CustomInboxPrefix(inbox),
			nats.MaxReconnects(-1), nats.ReconnectWait(time.Second), nats.ReconnectBufSize(-1))
		if err != nil {
			h.close()
			return nil, fmt.Errorf("link: %w", err)
		}
		h.conns[n.Site] = conn
	}
	return h, nil
}

func (h *hall) close() {
	for _, c := range h.conns {
		c.Close()
	}
	h.srv.Shutdown()
	h.srv.WaitForShutdown()
}

func only(subjects ...string) *server.SubjectPermission {
	return &server.SubjectPermission{Allow: subjects}
}

// remote is the way to the node above.
func (l *Links) remote(n Node) (*server.RemoteLeafOpts, error) {
	address := n.address
	if l.Upper != "" {
		address = l.Upper
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("link: address of the node above: %w", err)
	}
	seed, err := l.unseal(n.seed)
	if err != nil {
		return nil, err
	}
	config, err := pinned(n.ca)
	if err != nil {
		return nil, err
	}
	config.ServerName = u.Hostname()
	return &server.RemoteLeafOpts{LocalAccount: account, URLs: []*url.URL{u}, Nkey: string(seed), TLS: true, TLSConfig: config,
		TLSTimeout: 2, FirstInfoTimeout: time.Second, DialTimeout: dialWait}, nil
}

// pinned trusts what one authority certified, whatever the name: the authority is one
// node's own and certifies nobody else.
func pinned(ca string) (*tls.Config, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(ca)) {
		return nil, errors.New("link: the certificate of the node above cannot be read")
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		between := x509.NewCertPool()
		for _, c := range s.PeerCertificates[1:] {
			between.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
		return err
	}}, nil
}

func listenAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("link.listen: %w", err)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	port, err = strconv.Atoi(text)
	return host, port, err
}

// quiet lets the server's errors be seen by whoever looks for them: a link that is cut says
// so by itself, and the server would say it every half second.
type quiet struct{ l *Links }

func (quiet) Noticef(string, ...any)      {}
func (quiet) Tracef(string, ...any)       {}
func (q quiet) Debugf(f string, v ...any) { q.say(f, v...) }
func (q quiet) Warnf(f string, v ...any)  { q.say(f, v...) }
func (q quiet) Errorf(f string, v ...any) { q.say(f, v...) }
func (q quiet) Fatalf(f string, v ...any) { q.l.Log.Error("link: nats: " + fmt.Sprintf(f, v...)) }
func (q quiet) say(format string, args ...any) {
	q.l.Log.DebugContext(context.Background(), "link: nats: "+fmt.Sprintf(format, args...))
}
