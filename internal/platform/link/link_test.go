package link

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"encoding/json"

	"github.com/nats-io/nats.go"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// running goes with the machine's clock from the time at which test databases stand.
type running struct{ clock.System }

var began = time.Now()

func (running) Now() time.Time {
	return storetest.Start.Add(time.Since(began)).Truncate(time.Microsecond)
}

// site is one node as far as links know it.
type site struct {
	*testing.T
	desk  *Desk
	links *Links
	db    *store.DB
	proxy *proxy // before its door
}

func newSite(t *testing.T, db *store.DB, name, region, path, level string, door bool) *site {
	t.Helper()
	ctx := context.Background()
	sealer, err := keyring.KeyFile(filepath.Join(t.TempDir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Open(ctx, db, sealer)
	if err != nil {
		t.Fatal(err)
	}
	own, err := ring.OpenTLS(ctx, []string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, db: db}
	o := Options{DB: db, Clock: running{}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Sealer: sealer, Ring: ring, Site: name, TLS: own.Config}
	s.desk = &Desk{DB: db, Sealer: sealer, Authority: ring.Authority().Key, Site: name, Region: region, Path: path, Level: level,
		CA: func(context.Context) ([]byte, error) { return own.Authority, nil }}
	if door {
		o.Listen = free(t)
		s.proxy = newProxy(t, o.Listen)
		s.desk.Address = "tls://" + s.proxy.address
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var ask Request
			_ = json.NewDecoder(r.Body).Decode(&ask)
			answer, err := s.desk.Admit(r.Context(), ask)
			if f := fault.Of(err); f != nil {
				http.Error(w, f.Code, map[fault.Kind]int{fault.Forbidden: 403, fault.Conflict: 409}[f.Kind])
				return
			}
			_ = json.NewEncoder(w).Encode(answer)
		}))
		t.Cleanup(web.Close)
		s.desk.URL = web.URL
	}
	s.links = New(o)
	s.links.Handle("name", func(_ context.Context, from Node, q []byte) ([]byte, error) {
		return []byte(name + " to " + from.Site + ": " + string(q)), nil
	})
	s.links.Handle("no", func(context.Context, Node, []byte) ([]byte, error) { return nil, errors.New("a secret of the house") })
	return s
}

func (s *site) run() {
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = s.links.Run(ctx) })
	s.Cleanup(func() { stop(); done.Wait() })
}

func (s *site) until(what string, done func() bool) {
	s.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("not within 30 s: %s", what)
		}
	}
}

func (s *site) asks(other, what, question string) (string, error) {
	answer, err := s.links.Ask(context.Background(), other, what, []byte(question))
	return string(answer), err
}

func pair(t *testing.T) (city, district *site) {
	a, _ := storetest.SQLite(t)
	b, _ := storetest.SQLite(t)
	city = newSite(t, a, "city", "110000000000", "cn.11.", "city", true)
	district = newSite(t, b, "haidian", "110108000000", "cn.11.110108.", "district", false)
	return city, district
}

func (s *site) join(other *site) Node {
	s.Helper()
	n, text, err := s.desk.Invite(context.Background(), other.desk.Site, other.desk.Region, other.desk.Path, other.desk.Level)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := other.desk.Join(context.Background(), text); err != nil {
		s.Fatal(err)
	}
	return n
}

// Both ask and both answer; the link is cut and comes back; whoever is revoked is out at
// once and stays out.
func TestNodesAskEachOtherUntilOneIsRevoked(t *testing.T) {
	t.Parallel()
	city, district := pair(t)
	n := city.join(district)
	city.run()
	district.run()
	answers := func() bool {
		up, err := district.asks("city", "name", "hello")
		down, err2 := city.asks("haidian", "name", "hello")
		return err == nil && err2 == nil && up == "city to haidian: hello" && down == "haidian to city: hello"
	}
	city.until("both answer", answers)
	if _, err := district.asks("city", "no", ""); !errors.Is(err, ErrRefused) || strings.Contains(err.Error(), "house") {
		t.Errorf("a failure was told as %v", err)
	}
	if _, err := district.asks("city", "nothing", ""); !errors.Is(err, ErrRefused) {
		t.Errorf("an unknown question: %v", err)
	}
	city.until("the link is found up", func() bool { return state(city, "haidian").Up && state(district, "city").Up })
	city.proxy.cut(true)
	city.until("the cut is seen", func() bool { return !state(city, "haidian").Up && !state(district, "city").Up })
	city.proxy.cut(false)
	back := time.Now()
	city.until("both answer again", answers)
	t.Log("answered again after", time.Since(back))
	city.until("the link is found up again", func() bool { return state(city, "haidian").Up })
	for action, want := range map[string]int{"link.invite": 1, "link.join": 1, "link.lost": 1, "link.restored": 2} {
		if got := records(city, action); got != want {
			t.Errorf("%s was recorded %d times", action, got)
		}
	}
	if err := city.desk.Revoke(context.Background(), n.ID); err != nil {
		t.Fatal(err)
	}
	city.until("the node is out", func() bool { _, err := district.asks("city", "name", ""); return err != nil })
	time.Sleep(2 * time.Second) // it goes on trying
	if got, err := district.asks("city", "name", ""); err == nil {
		t.Errorf("after it was revoked: %s", got)
	}
}

// An invitation that is taken back while a node takes it up lets nobody in.
func TestAnInvitationTakenBackIsNotEntered(t *testing.T) {
	t.Parallel()
	city, district := pair(t)
	n, _, err := city.desk.Invite(t.Context(), district.desk.Site, district.desk.Region, district.desk.Path, district.desk.Level)
	if err != nil {
		t.Fatal(err)
	}
	if err := city.desk.Revoke(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	err = city.db.Housekeep(t.Context(), func(tx *store.Tx) error { return enter(t.Context(), tx, n.ID, "key", "authority") })
	if !fault.IsKind(err, fault.Stale) {
		t.Errorf("it was entered: %v", err)
	}
}

// A server that makes no connection any more is replaced by another one.
func TestAWayUpThatIsLostIsOpenedAnew(t *testing.T) {
	t.Parallel()
	city, district := pair(t)
	city.join(district)
	district.links.giveUp = time.Second
	city.run()
	district.run()
	answers := func() bool { _, err := district.asks("city", "name", ""); return err == nil }
	city.until("the district is answered", answers)
	district.links.hallOf(true).srv.Shutdown() // as good as one that makes no connection any more
	city.until("and opened anew", answers)
}

func state(s *site, other string) Node {
	n, err := BySite(context.Background(), s.db, other)
	if err != nil {
		s.Fatal(err)
	}
	return n
}

func records(s *site, action string) (n int) {
	if err := s.db.QueryRow(context.Background(), `SELECT count(*) FROM platform_audit WHERE action = $1`, action).Scan(&n); err != nil {
		s.Fatal(err)
	}
	return n
}

func TestInvitations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		other, _ := storetest.SQLite(t)
		third, _ := storetest.SQLite(t)
		ctx := context.Background()
		city := newSite(t, db, "city", "110000000000", "cn.11.", "city", true)
		haidian := newSite(t, other, "haidian", "110108000000", "cn.11.110108.", "district", false)
		twin := newSite(t, third, "haidian", "110108000000", "cn.11.110108.", "district", false)
		for name, ask := range map[string]func() error{
			"no region below": func() error {
				_, _, err := city.desk.Invite(ctx, "x", "310000000000", "cn.31.", "city")
				return err
			},
			"itself": func() error { _, _, err := city.desk.Invite(ctx, "x", "110000000000", "cn.11.", "city"); return err },
			"a name that is a subject": func() error {
				_, _, err := city.desk.Invite(ctx, "up.*", "110108000000", "cn.11.110108.", "district")
				return err
			},
			"no door": func() error {
				_, _, err := haidian.desk.Invite(ctx, "x", "110108001000", "cn.11.110108.110108001.", "district")
				return err
			},
			"no invitation": func() error { _, err := haidian.desk.Join(ctx, "tsl1.e30"); return err },
		} {
			if err := ask(); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		n, text, err := city.desk.Invite(ctx, "haidian", "110108000000", "cn.11.110108.", "district")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := city.desk.Invite(ctx, "haidian", "110108000000", "cn.11.110108.", "district"); !fault.Is(err, "link.site_taken") {
			t.Errorf("a second of the same name: %v", err)
		}
		i, err := readInvitation(text)
		if err != nil {
			t.Fatal(err)
		}
		i.Secret[0]++
		if _, err := haidian.desk.Join(ctx, i.text()); !fault.Is(err, "link.invitation.refused") {
			t.Errorf("a guessed secret: %v", err)
		}
		clk.Advance(InvitationLasts + time.Second)
		if _, err := haidian.desk.Join(ctx, text); !fault.Is(err, "link.invitation.refused") {
			t.Errorf("a late one: %v", err)
		}
		clk.Advance(-InvitationLasts)
		if _, err := haidian.desk.Join(ctx, text); err != nil {
			t.Fatal(err)
		}
		if _, err := twin.desk.Join(ctx, text); !fault.Is(err, "link.invitation.refused") {
			t.Errorf("a second node with the same invitation: %v", err)
		}
		if got := state(city, "haidian"); got.State != Joined || got.ID != n.ID || got.nkey == "" || got.seed != "" {
			t.Errorf("%+v", got)
		}
		if err := city.desk.Revoke(ctx, n.ID); err != nil {
			t.Fatal(err)
		}
		if _, text, err = city.desk.Invite(ctx, "haidian", "110108000000", "cn.11.110108.", "district"); err != nil {
			t.Fatal(err)
		}
		if _, err := twin.desk.Join(ctx, text); err != nil {
			t.Errorf("after the first was revoked: %v", err)
		}
	})
}

// Who is joined may not speak for others, hear others, or do what only the server may.
func TestANodeIsKeptToItsOwnSubjects(t *testing.T) {
	t.Parallel()
	city, district := pair(t)
	city.join(district)
	db, _ := storetest.SQLite(t)
	other := newSite(t, db, "chaoyang", "110105000000", "cn.11.110105.", "district", false)
	city.join(other)
	city.run()
	district.run()
	other.run()
	city.until("both are there", func() bool {
		_, err := district.asks("city", "name", "")
		_, err2 := other.asks("city", "name", "")
		return err == nil && err2 == nil
	})
	ln := district.links.lines["city"]
	heard := make(chan string, 100)
	for _, subject := range []string{">", "up.>", "down.chaoyang.>", "$SYS.>"} {
		if _, err := ln.conn.Subscribe(subject, func(m *nats.Msg) {
			if strings.Contains(m.Subject, "chaoyang") && !strings.HasSuffix(m.Subject, ".spoof") || strings.HasPrefix(m.Subject, "$SYS") {
				heard <- m.Subject
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if _, err := other.asks("city", "name", "secret"); err != nil {
			t.Fatal(err)
		}
		if _, err := city.asks("chaoyang", "name", "secret"); err != nil {
			t.Fatal(err)
		}
	}
	asked := false
	city.links.Handle("spoof", func(context.Context, Node, []byte) ([]byte, error) { asked = true; return nil, nil })
	_ = ln.conn.PublishRequest("up.chaoyang.ask.spoof", "down.haidian.answer.x", make([]byte, 32))
	_ = ln.conn.Flush()
	time.Sleep(200 * time.Millisecond)
	if asked {
		t.Error("a node asked in another's name")
	}
	select {
	case s := <-heard:
		t.Errorf("a node heard %s", s)
	default:
	}
}

func TestAStrangerIsNotLetIn(t *testing.T) {
	t.Parallel()
	city, _ := pair(t)
	city.run()
	city.until("the door is open", func() bool {
		c, err := tls.Dial("tcp", city.links.Listen, &tls.Config{InsecureSkipVerify: true})
		if err == nil {
			c.Close()
		}
		return err == nil || strings.Contains(err.Error(), "tls")
	})
	db, _ := storetest.SQLite(t)
	stranger := newSite(t, db, "stranger", "110108000000", "cn.11.110108.", "district", false)
	db2, _ := storetest.SQLite(t)
	false_ := newSite(t, db2, "city", "110000000000", "cn.11.", "city", true)
	false_.join(stranger) // a city of its own; it takes its keys to ours
	stranger.links.Upper = "tls://" + city.proxy.address
	stranger.run()
	time.Sleep(3 * time.Second)
	if got, err := stranger.asks("city", "name", ""); err == nil {
		t.Errorf("it was answered %q", got)
	}
}

// proxy passes connections on until it is cut; then nothing passes, and nobody is told.
type proxy struct {
	address string
	mu      sync.Mutex
	off     bool
	conns   map[net.Conn]bool
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: l.Addr().String(), conns: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); p.drop() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				continue
			}
			p.mu.Lock()
			p.conns[c], p.conns[d] = true, true
			p.mu.Unlock()
			go p.pass(c, d)
			go p.pass(d, c)
		}
	}()
	return p
}

func (p *proxy) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		p.mu.Lock()
		off := p.off
		p.mu.Unlock()
		if err != nil {
			return
		}
		if off {
			continue
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) cut(off bool) {
	p.mu.Lock()
	p.off = off
	p.mu.Unlock()
}

func (p *proxy) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
