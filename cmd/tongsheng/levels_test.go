package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/config"
)

const (
	cityCode     = "110000000000"
	districtCode = "110108000000"
	loudspeakers = 24
)

// ground is what joined nodes stand on: addresses, and links that can be cut.
type ground interface {
	// place says in which network namespace a node runs, where it listens and how this test,
	// its terminals and the node below reach it.
	place(site string) (space, listen, seen, server, door, doorListen string)
	// cut cuts the link above a node, or restores it.
	cut(site string, off bool)
}

var above = map[string]string{"district": "city", "city": "nation"}

// Three nodes in network namespaces of their own, whose links are taken down and up again.
func TestLevelsInNetworkNamespaces(t *testing.T) {
	t.Parallel()
	g, err := newSpaces(t)
	if err != nil {
		t.Skipf("NOT TESTED IN NETWORK NAMESPACES, which this machine or user does not allow (the same runs with a proxy between the nodes): %v", err)
	}
	levels(t, g)
}

// The same with proxies between the nodes that let nothing through.
func TestLevelsBehindProxies(t *testing.T) {
	t.Parallel()
	levels(t, newRelays(t))
}

// tier is a node among others.
type tier struct {
	*node
	officer, leader *browser
}

func newTier(t *testing.T, g ground, site, level, region string, terminals int) *tier {
	t.Helper()
	space, listen, seen, server, door, doorListen := g.place(site)
	n := &node{T: t, officers: map[string]account.Welcome{}, cfg: config.Default(), space: space, server: server}
	n.cfg.Data, n.cfg.Site, n.cfg.Level, n.cfg.Region = t.TempDir(), site, level, region
	n.cfg.HTTP.PublicURL, n.cfg.MQTT.Listen = server, ""
	mqtt := freeAddress(t)
	n.sets = []string{"--data", n.cfg.Data, "--set", "site=" + site, "--set", "region=" + region, "--set", "http.listen=" + listen,
		"--set", "http.public_url=" + server, "--set", "mqtt.listen=" + mqtt, "--set", "mqtt.public_url=tls://" + mqtt,
		"--set", "link.listen=" + doorListen, "--set", "link.public_url=" + door}
	a, err := app.Open(context.Background(), n.cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.FirstStart(context.Background(), max(terminals, 1)) // a device that nobody enrols takes no message
	token := a.SampleToken()
	a.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range first.Officers() {
		n.officers[o.Username] = o
	}
	n.cfg.HTTP.PublicURL = seen
	n.sets = append(n.sets, "--level", level)
	n.start()
	n.sets = n.sets[:len(n.sets)-2]
	t.Cleanup(func() { n.kill(syscall.SIGTERM) })
	if terminals > 0 {
		n.simulate(terminals, token)
	}
	return &tier{n, n.signIn("officer"), n.signIn("leader")}
}

// join has a node invited and joined by the commands, beside the servers.
func (d *tier) join(up *tier, region string) {
	d.Helper()
	invite := up.run(append([]string{"link", "invite", d.cfg.Site, region}, up.sets...)...)
	invitation, err := invite.Output()
	d.must(err)
	join := d.run(append([]string{"link", "join"}, d.sets...)...)
	join.Stdin = strings.NewReader(string(invitation))
	d.must(join.Run())
}

// linked reports whether another node answers this one, as the command tells it.
func (d *tier) linked(site string) bool {
	out, err := d.run(append([]string{"link", "list"}, d.sets...)...).Output()
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(out)) {
		var l struct {
			Site string
			Up   bool
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Site == site {
			return l.Up
		}
	}
	return false
}

// issue sends a message and returns its id.
func (d *tier) issue(region, body string) string {
	d.Helper()
	draft := rain(region, time.Now().Add(time.Hour))
	draft["texts"] = []map[string]string{{"lang": "zh", "title": "暴雨红色预警", "body": body}}
	var m alertView
	d.must(d.officer.call("POST", "/api/alerts", draft, &m))
	d.sign(m.ID, body != spoken)
	return m.ID
}

// spoken is the one message with sound, which takes its time to make.
const spoken = "第一次提示：请留在室内。"

func (d *tier) sign(id string, silent bool) {
	d.Helper()
	var m alertView
	err := d.officer.call("POST", "/api/alerts/"+id+"/check", map[string]any{"textOnly": silent}, &m)
	if err != nil && strings.Contains(err.Error(), ": 412 ") { // it began on the air meanwhile
		err = d.officer.call("POST", "/api/alerts/"+id+"/check", map[string]any{"textOnly": silent}, &m)
	}
	d.must(err)
	d.must(d.leader.call("POST", "/api/alerts/"+id+"/countersign", map[string]string{"digest": m.Open.Digest}, &m))
}

// update sends the next version of a message, with other words.
func (d *tier) update(id, body string) {
	d.Helper()
	var m map[string]any
	d.must(d.officer.call("POST", "/api/alerts/"+id+"/update", map[string]any{}, &m))
	draft := rain(districtCode, time.Now().Add(time.Hour))
	delete(draft, "kind")
	delete(draft, "class")
	draft["texts"] = []map[string]string{{"lang": "zh", "title": "暴雨红色预警", "body": body}}
	d.must(d.officer.edit("/api/alerts/"+id, int(m["revision"].(float64)), draft))
	d.sign(id, true)
}

func (d *tier) cancel(id string) {
	d.Helper()
	d.must(d.leader.call("POST", "/api/alerts/"+id+"/cancel", map[string]string{"reason": "情况已经变化"}, nil))
}

func (d *tier) figures(id string) (f struct{ Targets, Answered, Reached, Played, CancelDone int }) {
	var p struct {
		Figures *struct{ Targets, Answered, Reached, Played, CancelDone int }
	}
	if d.officer.call("GET", "/api/alerts/"+id+"/progress", nil, &p) == nil && p.Figures != nil {
		f = *p.Figures
	}
	return f
}

type object = map[string]any

// emergencies leaves out what the sample's timetable says at its hours.
const emergencies = "/api/alerts?class=emergency&limit=200"

// account is all that the interface says of messages that reach the district.
func (d *tier) account(ids []string) object {
	d.Helper()
	out := object{}
	var list struct{ Items []struct{ ID string } }
	d.must(d.officer.call("GET", emergencies, nil, &list))
	var all []string
	for _, m := range list.Items {
		all = append(all, m.ID)
	}
	slices.Sort(all)
	out["ids"] = all
	for _, id := range ids {
		var m object
		d.must(d.officer.call("GET", "/api/alerts/"+id, nil, &m))
		for _, own := range []string{"may", "origin", "sourceName", "site"} { // of whoever looks
			delete(m, own)
		}
		var p struct{ Figures object }
		d.must(d.officer.call("GET", "/api/alerts/"+id+"/progress", nil, &p))
		var deliveries struct{ Items []object }
		d.must(d.officer.call("GET", "/api/alerts/"+id+"/deliveries?limit=500", nil, &deliveries))
		receipts := object{}
		for _, row := range deliveries.Items {
			device := row["device"].(string)
			var log struct{ Items []object }
			d.must(d.officer.call("GET", "/api/alerts/"+id+"/deliveries/"+device+"/receipts", nil, &log))
			var said []string
			for _, r := range log.Items { // when a node stored it is its own
				said = append(said, fmt.Sprint(r["number"], r["phase"], r["reason"], r["at"]))
			}
			slices.Sort(said)
			if len(slices.Compact(slices.Clone(said))) != len(said) {
				d.Errorf("%s holds a receipt of %s twice: %v", d.cfg.Site, device, said)
			}
			receipts[device] = said
		}
		out[id] = object{"message": m, "figures": p.Figures, "deliveries": deliveries.Items, "receipts": receipts}
	}
	return out
}

// levels issues, updates and cancels at every level, with links cut and restored during
// messages and a node killed while it ships what it holds; in the end all hold the same.
func levels(t *testing.T, g ground) {
	nation := newTier(t, g, "nation", "nation", "000000000000", 0)
	city := newTier(t, g, "city", "city", cityCode, 0)
	district := newTier(t, g, "district", "district", districtCode, loudspeakers)
	city.join(nation, cityCode)
	district.join(city, districtCode)
	city.until("the district is linked", func() bool { return city.linked("district") })
	nation.until("the city is linked", func() bool { return nation.linked("city") })
	online := func(d *tier) bool {
		var p struct{ Terminals, Offline int }
		err := d.officer.call("POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": map[string]any{"regions": []string{districtCode}}}, &p)
		return err == nil && p.Terminals == loudspeakers && p.Offline == 0
	}
	district.until("every loudspeaker is on line", func() bool { return online(district) })
	nation.until("the nation knows of every loudspeaker", func() bool { return online(nation) })

	played := func(d *tier, id string) func() bool {
		return func() bool { return d.figures(id).Played == loudspeakers }
	}
	whole := nation.issue(districtCode, spoken)
	nation.until("a message of the nation was played", played(nation, whole))

	// Cut while a message is on its way: when the first receipts are in.
	during := nation.issue(cityCode, "第二次提示：请远离河道。")
	nation.until("it began", func() bool { return nation.figures(during).Answered > 0 })
	g.cut("district", true)
	district.until("it is played all the same", played(district, during))
	city.until("the cut is seen", func() bool { return !city.linked("district") })

	// The district goes on alone, and so do those above.
	alone := district.issue(districtCode, "第三次提示：断网期间本区自行发布。")
	given := district.issue(districtCode, "第四次提示：稍后撤回。")
	district.until("the district's own is played", played(district, alone))
	district.cancel(given)
	missed := nation.issue(districtCode, "第五次提示：断网期间的全国消息。")
	never := city.issue(districtCode, "第六次提示：断网期间发布又撤回。")
	city.cancel(never)
	nation.update(whole, "第一次提示有更新：可以出门。")
	g.cut("city", true) // and the next link
	city.update(city.issue(districtCode, "第七次提示：初稿。"), "第七次提示：定稿。")
	g.cut("district", false)
	city.until("receipts of the cut come in", func() bool { return city.figures(alone).Answered > 0 })
	district.kill(syscall.SIGKILL) // while it ships
	g.cut("city", false)
	district.start()

	district.until("what the nation said during the cut is played", played(district, missed))
	nation.until("the nation has it", played(nation, missed))
	var ids []string
	var list struct{ Items []struct{ ID string } }
	city.must(city.officer.call("GET", emergencies, nil, &list))
	for _, m := range list.Items {
		ids = append(ids, m.ID)
	}
	if len(ids) != 7 {
		t.Errorf("the city knows of %d messages", len(ids))
	}
	var last string
	agree := func() bool {
		a, b, c := nation.account(ids), city.account(ids), district.account(ids)
		last = cmp.Diff(a, b) + cmp.Diff(b, c)
		return last == ""
	}
	for deadline := time.Now().Add(time.Minute); !agree(); time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute they differ:\n%s", last)
		}
	}
	if f := district.figures(never); f.Reached != 0 {
		t.Errorf("what was cancelled during the cut was played by %d", f.Reached)
	}
	var links []struct {
		Site string
		Up   bool
	}
	// Cut and restored is on record once each, not by the second.
	auditor := city.signIn("auditor")
	for _, act := range []string{"link.lost", "link.restored"} {
		var found struct{ Items []struct{ Action string } }
		city.must(auditor.call("GET", "/api/audit?limit=200&action="+act, nil, &found))
		if n := len(found.Items); n < 1 || n > 8 {
			t.Errorf("%s is on record %d times", act, n)
		}
	}
	city.must(city.officer.call("GET", "/api/links", nil, &links))
	if len(links) != 2 || !links[0].Up || links[0].Site != "nation" {
		t.Errorf("%+v", links)
	}
}

// edit changes a draft that was read at a revision.
func (b *browser) edit(path string, revision int, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return b.send(http.MethodPut, path, raw, http.Header{"If-Match": {fmt.Sprintf(`"%d"`, revision)}}, nil)
}

// spaces are three network namespaces in a row, and a way from each to this test.
type spaces struct{ *testing.T }

func (s *spaces) ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func spaceOf(site string) string { return "ts" + site }

func newSpaces(t *testing.T) (*spaces, error) {
	s := &spaces{t}
	sites := []string{"nation", "city", "district"}
	clear := func() {
		for _, site := range sites {
			_ = s.ip("netns", "del", spaceOf(site))
			_ = s.ip("link", "del", "tsm"+site[:4])
		}
	}
	clear()
	t.Cleanup(clear)
	var steps [][]string
	for i, site := range sites {
		space, near, far := spaceOf(site), "tsm"+site[:4], "tsn"+site[:4]
		steps = append(steps, []string{"netns", "add", space}, []string{"-n", space, "link", "set", "lo", "up"},
			[]string{"link", "add", near, "type", "veth", "peer", "name", far, "netns", space},
			[]string{"addr", "add", fmt.Sprintf("10.213.%d.1/30", i), "dev", near}, []string{"link", "set", near, "up"},
			[]string{"-n", space, "addr", "add", fmt.Sprintf("10.213.%d.2/30", i), "dev", far}, []string{"-n", space, "link", "set", far, "up"})
	}
	for i, site := range []string{"city", "district"} { // and the one above it
		below, up := spaceOf(site), spaceOf(above[site])
		steps = append(steps, []string{"-n", below, "link", "add", "up0", "type", "veth", "peer", "name", "down0", "netns", up},
			[]string{"-n", up, "addr", "add", fmt.Sprintf("10.214.%d.1/30", i), "dev", "down0"}, []string{"-n", up, "link", "set", "down0", "up"},
			[]string{"-n", below, "addr", "add", fmt.Sprintf("10.214.%d.2/30", i), "dev", "up0"}, []string{"-n", below, "link", "set", "up0", "up"})
	}
	for _, step := range steps {
		if err := s.ip(step...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *spaces) place(site string) (space, listen, seen, server, door, doorListen string) {
	i := slices.Index([]string{"nation", "city", "district"}, site)
	inner := fmt.Sprintf("10.214.%d.1", i) // towards the node below
	if site == "district" {
		return spaceOf(site), "0.0.0.0:8080", fmt.Sprintf("http://10.213.%d.2:8080", i), "http://127.0.0.1:8080", "", ""
	}
	return spaceOf(site), "0.0.0.0:8080", fmt.Sprintf("http://10.213.%d.2:8080", i), "http://" + inner + ":8080", "tls://" + inner + ":7422", "0.0.0.0:7422"
}

func (s *spaces) cut(site string, off bool) {
	s.Helper()
	way := "up"
	if off {
		way = "down"
	}
	if err := s.ip("-n", spaceOf(site), "link", "set", "up0", way); err != nil {
		s.Fatal(err)
	}
}

// relays stand between nodes of one namespace.
type relays struct {
	*testing.T
	to map[string]*relay // by the node above
}

func newRelays(t *testing.T) *relays {
	r := &relays{t, map[string]*relay{}}
	for _, site := range above {
		r.to[site] = newRelay(t, freeAddress(t))
	}
	return r
}

func (r *relays) place(site string) (space, listen, seen, server, door, doorListen string) {
	listen = freeAddress(r.T)
	seen = "http://localhost" + listen[strings.LastIndexByte(listen, ':'):]
	if relay := r.to[site]; relay != nil {
		door, doorListen = "tls://"+relay.listener.Addr().String(), relay.target
	}
	return "", listen, seen, seen, door, doorListen
}

func (r *relays) cut(site string, off bool) {
	relay := r.to[above[site]]
	relay.mu.Lock()
	defer relay.mu.Unlock()
	relay.off = off
}

// relay passes connections on. While it is off nothing passes, and nobody is told.
type relay struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	off      bool
}

func newRelay(t *testing.T, target string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, target: target}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				near.Close()
				continue
			}
			go r.pass(near, far)
			go r.pass(far, near)
		}
	}()
	return r
}

func (r *relay) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		r.mu.Lock()
		off := r.off
		r.mu.Unlock()
		if off {
			continue
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}
