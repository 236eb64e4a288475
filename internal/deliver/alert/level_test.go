package alert

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"image"
	imagepng "image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// levels are nodes of several levels, joined by calls instead of a network.
type levels struct {
	*testing.T
	nodes  map[string]*bench
	path   map[string]string
	up     map[string]string // site → site above
	cut    map[string]bool   // by the site below
	lost   int               // answers that are still to be lost on their way
	slow   bool              // pieces of objects are counted
	pieces int               // that still come
	asked  int
	said   int
}

// wires are one node's links.
type wires struct {
	*levels
	from string
}

func (w *wires) Wake()      {}
func (w *wires) WakeAbove() {}

func (w *wires) Ask(ctx context.Context, site, what string, q []byte) ([]byte, error) {
	below := w.from
	if w.up[site] == w.from {
		below = site
	}
	if w.cut[below] {
		return nil, link.ErrCut
	}
	if what == askMedia && w.slow {
		if w.pieces--; w.pieces < 0 {
			return nil, link.ErrCut
		}
	}
	w.asked++
	answer, err := w.nodes[site].m.Questions()[what](ctx, w.seen(site, w.from), q)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", link.ErrRefused, err)
	}
	if w.lost > 0 {
		w.lost--
		return nil, link.ErrCut
	}
	return answer, nil
}

// seen is a node as another one knows it.
func (l *levels) seen(by, site string) link.Node {
	return link.Node{Site: site, Path: l.path[site], Above: l.up[by] == site}
}

// newLevels makes a nation, a city and a district.
func newLevels(t *testing.T, db *store.DB, clk *clock.Manual, more ...*store.DB) *levels {
	t.Helper()
	l := &levels{T: t, nodes: map[string]*bench{}, path: map[string]string{"nation": "cn.", "city": home, "chaoyang": home + "110105."},
		up: map[string]string{"chaoyang": "city", "city": "nation"}, cut: map[string]bool{}}
	for i, site := range []string{"city", "chaoyang", "nation"} {
		own := db
		if i > 0 {
			own = more[i-1]
		}
		b := newBench(t, own, own.Clock().(*clock.Manual))
		b.deps.Site, b.deps.Home, b.deps.Links = site, l.path[site], &wires{l, site}
		b.deps.Level = map[string]rule.Level{"nation": rule.Nation, "city": rule.City, "chaoyang": rule.District}[site]
		b.restart()
		l.nodes[site] = b
	}
	return l
}

// eachLevels runs a test on both databases; only the city's is the one under test.
func eachLevels(t *testing.T, fn func(t *testing.T, l *levels)) {
	t.Helper()
	eachSkewed(t, 0, fn)
}

// eachSkewed has the district's clock go ahead of the others'.
func eachSkewed(t *testing.T, ahead time.Duration, fn func(t *testing.T, l *levels)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		var more []*store.DB
		for i := range 2 {
			own := clk
			if i == 0 && ahead != 0 {
				own = clock.NewManual(clk.Now().Add(ahead))
			}
			lite, err := store.Open(context.Background(), "sqlite:"+t.TempDir()+"/level.db", own)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { lite.Close() })
			if err := lite.Migrate(context.Background(), Migrations()); err != nil {
				t.Fatal(err)
			}
			more = append(more, lite)
		}
		fn(t, newLevels(t, db, clk, more...))
	}, Migrations())
}

// sync lets every node do what is due and fetch what it lacks, until nothing is left.
func (l *levels) sync() {
	l.Helper()
	for range 4 {
		for _, site := range []string{"nation", "city", "chaoyang"} {
			l.nodes[site].look()
		}
		for _, site := range []string{"nation", "city", "chaoyang"} {
			l.fetch(site)
		}
	}
}

// fetch is one round of a node with each other that it is joined to.
func (l *levels) fetch(site string) {
	for other := range l.path {
		if l.up[site] == other || l.up[other] == site {
			p := &puller{Module: l.nodes[site].m, with: l.seen(site, other), streams: map[string]*stream{}}
			p.recall(context.Background())
			p.round(context.Background())
			if !p.with.Above {
				p.aside(context.Background())
			}
		}
	}
}

// issued has a node issue a message for regions; each tells something else.
func (l *levels) issued(b *bench, regions ...string) *message.Message {
	l.Helper()
	l.said++
	d := b.rain(regions...)
	d.Texts[0].Body = fmt.Sprintf("第%d次提示：请不要外出。", l.said)
	return b.issued(d)
}

// account is what a node holds of messages, receipts and deliveries.
type account struct {
	Messages, Receipts, Deliveries []string
}

func (l *levels) account(site string) (a account) {
	l.Helper()
	ctx, db := context.Background(), l.nodes[site].deps.DB
	read := func(query string, args ...any) []string {
		list, err := store.Collect(ctx, db, func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) }, query, args...)
		if err != nil {
			l.Fatal(err)
		}
		slices.Sort(list)
		return list
	}
	within := l.path["chaoyang"] + "%"
	a.Messages = read(`SELECT id || ' ' || ebmid || ' ' || state || ' ' || revision || ' ' || current_number || ' ' || last_number || ' ' || end_reason || ' ' || end_note || ' ' ||
		coalesce(ended_at, 0) || ' ' || updated_at FROM alert_message WHERE current_number > 0 AND id IN (SELECT message_id FROM alert_reach WHERE region_path LIKE $1 OR $2 LIKE region_path || '%')`,
		within, l.path["chaoyang"])
	a.Messages = append(a.Messages, read(`SELECT message_id || ' ' || number || ' ' || state || ' ' || content FROM alert_version WHERE state IN ('issued', 'superseded')
		AND message_id IN (SELECT message_id FROM alert_reach WHERE region_path LIKE $1 OR $2 LIKE region_path || '%')`, within, l.path["chaoyang"])...)
	a.Messages = append(a.Messages, read(`SELECT 'stop ' || id || ' ' || regions || ' ' || messages || ' ' || until_at FROM alert_stop`)...)
	a.Receipts = read(`SELECT coalesce(m.id, s.id) || ' ' || r.device || ' ' || r.version || ' ' || r.phase || ' ' || r.reason || ' ' || r.at || ' ' || coalesce(r.heard, '') FROM alert_receipt r
		LEFT JOIN alert_message m ON m.no = r.thread LEFT JOIN alert_stop s ON s.no = r.thread WHERE substr(r.device, 2, 6) = '110105'`)
	a.Deliveries = read(`SELECT coalesce(m.id, s.id) || ' ' || d.device || ' ' || d.region_path || ' ' || d.version || ' ' || d.state || ' ' || coalesce(d.sent_at, 0) || ' ' || coalesce(d.received_at, 0) || ' ' ||
		coalesce(d.playing_at, 0) || ' ' || coalesce(d.played_at, 0) || ' ' || coalesce(d.reached_at, 0) || ' ' || d.cancel_version || ' ' || coalesce(d.cancelled_at, 0) || ' ' || coalesce(d.heard_at, 0)
		FROM alert_delivery d LEFT JOIN alert_message m ON m.no = d.thread LEFT JOIN alert_stop s ON s.no = d.thread WHERE substr(d.device, 2, 6) = '110105'`)
	return a
}

// same fails unless all hold the same of what concerns the district, and every receipt once.
func (l *levels) same() {
	l.Helper()
	want := l.account("chaoyang")
	for i, r := range want.Receipts {
		if i > 0 && r == want.Receipts[i-1] {
			l.Errorf("twice: %s", r)
		}
	}
	for _, site := range []string{"city", "nation"} {
		if diff := cmp.Diff(want, l.account(site)); diff != "" {
			l.Errorf("the district (-) and the %s (+):\n%s", site, diff)
		}
	}
}

func (l *levels) ids(site string) (ids []string) {
	list, err := listMessages(context.Background(), l.nodes[site].deps.DB, filter{Scope: auth.Everywhere, Page: store.Page{Limit: 100}})
	if err != nil {
		l.Fatal(err)
	}
	for _, m := range list.Items {
		ids = append(ids, m.ID)
	}
	return ids
}

func TestLevelsHoldTheSame(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district, nation := l.nodes["city"], l.nodes["chaoyang"], l.nodes["nation"]
		mine := city.town.stand("110108001000", 1)
		first, second := district.town.stand(township1, 1), district.town.stand(township2, 2)
		second.mute = true

		wide := l.issued(city, "110000000000")
		l.sync()
		if mine.plays != 1 || first.plays != 1 || second.plays != 1 {
			t.Fatalf("played %d, %d, %d times", mine.plays, first.plays, second.plays)
		}
		l.same()
		if f := city.figures(wide.ID); f.Targets != 3 || f.Reached != 2 || f.Sent != 1 {
			t.Errorf("the city counts %+v", f)
		}
		if f := nation.figures(wide.ID); f.Targets != 3 || f.Reached != 2 || f.Sent != 1 {
			t.Errorf("the nation counts %+v", f)
		}
		got := district.read(wide.ID)
		if got.Ours() || got.Copy.Site != "city" || got.EBMID != wide.EBMID {
			t.Errorf("%+v", got.Copy)
		}
		if _, err := district.m.cancel(district.as("chief"), wide.ID, "不是我们的"); err == nil {
			t.Error("the district cancelled the city's message")
		}

		if told := district.m.Told("city"); len(told) != 3 || told[0].Name != askMessages || told[0].Behind != 0 || told[0].At == nil {
			t.Errorf("the city fetched of the district: %+v", told)
		}
		if told := district.m.Told("elsewhere"); len(told) != 0 {
			t.Errorf("of a node that never asked: %+v", told)
		}

		own := l.issued(district, township1)
		top := l.issued(nation, chaoyang)
		l.sync()
		l.same()
		for _, b := range []*bench{city, nation} {
			if diff := cmp.Diff(district.figures(own.ID), b.figures(own.ID)); diff != "" {
				t.Errorf("figures of the district's message: %s", diff)
			}
			if diff := cmp.Diff(district.figures(top.ID), b.figures(top.ID)); diff != "" {
				t.Errorf("figures of the nation's message: %s", diff)
			}
		}
		if _, err := city.m.cancel(city.as("chief"), own.ID, "不是我们的"); err == nil {
			t.Error("the city cancelled the district's message")
		}
		// What the nation says goes before what the district says.
		if a, b := rankOf(t, district, top.ID), rankOf(t, district, own.ID); a <= b {
			t.Errorf("ranks %d and %d", a, b)
		}
		// Up above people are told whom an area reaches.
		var r message.Reach
		city.call("wang", "POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": map[string]any{"regions": []string{"110000000000"}}}, 200, &r)
		if r.Terminals != 3 || r.Offline != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func rankOf(t *testing.T, b *bench, id string) uint32 {
	n, err := b.m.rank(context.Background(), b.deps.DB, b.read(id))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// While a link is cut each goes on alone; what was ended meanwhile is never played.
func TestACutDistrictGoesOnAlone(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district, nation := l.nodes["city"], l.nodes["chaoyang"], l.nodes["nation"]
		s := district.town.stand(township1, 1)
		before := l.issued(city, chaoyang)
		l.sync()
		if s.plays != 1 {
			t.Fatal("not played before the cut")
		}
		l.cut["chaoyang"] = true
		dead := l.issued(nation, chaoyang)
		l.sync()
		if _, err := nation.m.cancel(nation.as("chief"), dead.ID, "误发的消息"); err != nil {
			t.Fatal(err)
		}
		changed, err := city.m.revise(city.as("li"), before.ID)
		if err != nil {
			t.Fatal(err)
		}
		d := city.rain(township2)
		d.Texts[0].Body = "范围缩小。"
		if changed, err = city.m.edit(city.as("li"), changed.ID, changed.Revision, d.Wording); err != nil {
			t.Fatal(err)
		}
		if changed, err = city.m.check(city.as("li"), changed.ID, submission{TextOnly: true}); err != nil {
			t.Fatal(err)
		}
		city.approve(changed)
		alone := l.issued(district, township1)
		gone := l.issued(district, chaoyang)
		l.sync()
		if s.plays != 3 {
			t.Errorf("cut off, the terminal played %d times", s.plays)
		}
		if _, err := district.m.cancel(district.as("chief"), gone.ID, "已经过去了"); err != nil {
			t.Fatal(err)
		}
		l.sync()
		if n := len(l.ids("city")); n != 2 {
			t.Errorf("the city knows of %d messages", n)
		}
		l.cut["chaoyang"] = false
		l.sync()
		l.same()
		if s.plays != 3 {
			t.Errorf("what was cancelled during the cut was played: %d", s.plays)
		}
		if !s.ended[before.ID] {
			t.Error("an update that leaves the terminal out did not reach it")
		}
		for _, id := range []string{before.ID, dead.ID, alone.ID, gone.ID} {
			for _, b := range []*bench{city, nation} {
				if b.read(id).State != district.read(id).State {
					t.Errorf("%s is %s and %s", id, district.read(id).State, b.read(id).State)
				}
			}
		}
	})
}

// A stop from above reaches terminals below and ends what was issued there before it.
func TestAStopReachesLevelsBelow(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district := l.nodes["city"], l.nodes["chaoyang"]
		s := district.town.stand(township1, 1)
		own := l.issued(district, township1)
		wide := l.issued(city, chaoyang)
		l.sync()
		stopped, err := city.m.stopAll(city.as("wang"), []string{"110000000000"}, "系统被误用，全部停播")
		if err != nil {
			t.Fatal(err)
		}
		l.cut["chaoyang"] = true
		l.sync()
		l.cut["chaoyang"] = false
		after := l.issued(district, township2)
		l.sync()
		if district.read(own.ID).EndReason != message.Stopped || district.read(wide.ID).EndReason != message.Stopped || !s.ended[stopped.ID] {
			t.Errorf("%s, %s, %v", district.read(own.ID).State, district.read(wide.ID).State, s.ended)
		}
		if !district.read(after.ID).State.Open() {
			t.Error("what came after the stop was ended by it")
		}
		l.same()
	})
}

// A stop that a node below hears of when it is over was told to nobody there. Its figures are
// settled all the same: such stops would wait before all others, and be looked at each second.
func TestAStopHeardOfTooLateIsSettled(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district := l.nodes["city"], l.nodes["chaoyang"]
		l.issued(city, chaoyang)
		l.cut["chaoyang"] = true
		s, err := city.m.stopAll(city.as("wang"), []string{"110000000000"}, "系统被误用，全部停播")
		if err != nil {
			t.Fatal(err)
		}
		l.sync()
		city.clk.Advance(s.Until.Sub(city.clk.Now()) + 2*time.Minute)
		l.cut["chaoyang"] = false
		l.sync()
		for site, b := range l.nodes {
			if site == "nation" {
				continue
			}
			var open, all int
			b.do(b.deps.DB.QueryRow(t.Context(), `SELECT count(*), count(*) - count(figures) FROM alert_stop`).Scan(&all, &open))
			if all != 1 || open != 0 {
				t.Errorf("%s has %d stops, %d of which are not settled", site, all, open)
			}
		}
		if district.rows("alert_order") != 0 {
			t.Error("it was told to terminals though it was over")
		}
	})
}

// Answers are lost, nodes are killed between any two steps, and both sides begin anew from
// what they stored: in the end every receipt is there once.
func TestNothingIsLostOrDoubled(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district := l.nodes["city"], l.nodes["chaoyang"]
		for n := range 12 {
			district.town.stand(township1, n+1)
		}
		for i := range 6 {
			l.issued(city, chaoyang)
			l.lost = i % 4
			l.sync()
			[]*bench{city, district, l.nodes["nation"]}[i%3].restart()
			l.issued(district, fmt.Sprintf("11010500%d000", i%3+1))
			l.lost = (i + 2) % 5
			l.sync()
		}
		l.lost = 0
		l.sync()
		l.same()
		if n := len(l.account("nation").Receipts); n != 2*12*(6+2) { // the district's own go to the first township twice
			t.Errorf("%d receipts", n)
		}
		v, err := audit.Verify(context.Background(), city.deps.DB, audit.Against{})
		if err != nil || len(v.Broken) > 0 {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// Either side is put back to an earlier time: nothing is doubled, and what is new comes on.
func TestPutBackToAnEarlierTime(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district := l.nodes["city"], l.nodes["chaoyang"]
		district.town.stand(township1, 1)
		ctx := context.Background()
		l.issued(city, chaoyang)
		l.sync()
		for _, query := range []string{`UPDATE alert_level_mark SET position = 0 WHERE site = 'chaoyang'`, `UPDATE alert_level_mark SET boot = 'another', position = position - 1000 WHERE site = 'chaoyang'`} {
			city.exec(query)
			l.sync()
			l.same()
		}
		// The district's log begins a new epoch, as after a restore.
		if err := BeginEpoch(ctx, district.deps.DB); err != nil {
			t.Fatal(err)
		}
		own := l.issued(district, township1)
		l.sync()
		l.same()
		if city.read(own.ID).Copy.Epoch <= "" {
			t.Error("no epoch")
		}
		// A city that has seen more of the log than there is has it begin anew.
		city.exec(`UPDATE alert_level_mark SET position = position + 1000000000000000 WHERE site = 'chaoyang' AND stream = 'receipts'`)
		was, err := readEpoch(ctx, district.deps.DB)
		district.do(err)
		l.issued(district, chaoyang)
		l.sync()
		is, err := readEpoch(ctx, district.deps.DB)
		district.do(err)
		if is.ID == was.ID {
			t.Error("the log goes on although it was put back")
		}
		l.same()
	})
}

func (b *bench) exec(query string) {
	b.Helper()
	b.do(b.deps.DB.Housekeep(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(context.Background(), query)
		return err
	}))
}

// What a node below says of others' messages and terminals is not believed.
func TestANodeBelowIsHeldToItsRegion(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district := l.nodes["city"], l.nodes["chaoyang"]
		wide := l.issued(city, "110000000000")
		other := city.town.stand("110108001000", 1)
		l.sync()
		// It says that it issued a message for the next district, and that the city's ended.
		district.exec(`UPDATE alert_message SET region_path = 'cn.11.110108.'`)
		own := l.issued(district, township1)
		district.exec(`UPDATE alert_message SET region_path = 'cn.11.110108.', change_no = change_no + 1 WHERE id = '` + own.ID + `'`)
		district.exec(`UPDATE alert_message SET via = '', site = '', state = 'ended', revision = revision + 5, change_no = change_no + 100000000000 WHERE id = '` + wide.ID + `'`)
		// And that the other district's terminal refused.
		th := district.read(wide.ID)
		district.exec(fmt.Sprintf(`INSERT INTO alert_receipt (thread, id, device, version, phase, reason, at, source) SELECT %d, coalesce(max(id), 0) + 1, '%s', 2, 'refused', 'muted', 1, '' FROM alert_receipt`, th.No, other.Code))
		l.sync()
		if !city.read(wide.ID).State.Open() {
			t.Error("the city's message was ended from below")
		}
		if slices.Contains(l.ids("city"), own.ID) {
			t.Error("the city took over a message for a region that is not the district's")
		}
		if f := city.figures(wide.ID); f.Refused != 0 {
			t.Errorf("%+v", f)
		}
		if strings.Contains(fmt.Sprint(l.account("city").Receipts), string(other.Code)) {
			t.Error("a receipt for another's terminal was stored")
		}
	})
}

// Nor is what it says of places beyond its region, with its own message or with its area.
func TestANodeBelowSpeaksToItsRegionOnly(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		district := l.nodes["chaoyang"]
		one, other, own := l.issued(district, township1), l.issued(district, township1), l.issued(district, township1)
		district.exec(`UPDATE alert_reach SET region_path = 'cn.11.110108.' WHERE message_id = '` + one.ID + `'`)
		v := district.read(other.ID).Current
		v.Content.Area.Regions = []string{haidian}
		v.Digest = message.Digest(other, v)
		district.do(district.deps.DB.Housekeep(context.Background(), func(tx *store.Tx) error { return writeVersion(context.Background(), tx, other.ID, v) }))
		l.sync()
		if got := l.ids("city"); !slices.Equal(got, []string{own.ID}) {
			t.Errorf("the city took over %v, not only %s", got, own.ID)
		}
	})
}

// Clocks of nodes may differ by seconds: messages begin all the same, and times are those of
// the node that sends.
func TestClocksOfNodesMayDiffer(t *testing.T) {
	for _, ahead := range []time.Duration{-7 * time.Second, 7 * time.Second} {
		t.Run(ahead.String(), func(t *testing.T) {
			eachSkewed(t, ahead, func(t *testing.T, l *levels) {
				city, district := l.nodes["city"], l.nodes["chaoyang"]
				s := district.town.stand(township1, 1)
				first := l.issued(city, chaoyang)
				own := l.issued(district, township1)
				l.sync()
				if s.plays != 2 {
					t.Errorf("played %d times", s.plays)
				}
				if _, err := city.m.cancel(city.as("chief"), first.ID, "情况已经变化"); err != nil {
					t.Fatal(err)
				}
				l.sync()
				if !s.ended[first.ID] {
					t.Error("the cancel did not arrive")
				}
				l.same()
				for _, id := range []string{first.ID, own.ID} {
					if diff := cmp.Diff(district.figures(id), city.figures(id)); diff != "" {
						t.Error(diff)
					}
				}
			})
		})
	}
}

// noise is a picture of several pieces.
func noise(t *testing.T) []byte {
	t.Helper()
	p := image.NewGray(image.Rect(0, 0, 600, 600))
	for i := range p.Pix {
		p.Pix[i] = byte(i*i>>3 ^ i>>7*31)
	}
	var out bytes.Buffer
	if err := imagepng.Encode(&out, p); err != nil {
		t.Fatal(err)
	}
	if out.Len() <= piece {
		t.Fatalf("only %d bytes", out.Len())
	}
	return out.Bytes()
}

// Sounds come by digest from the node above, in pieces, and a message never waits for them.
func TestSoundsComeFromAbove(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district := l.nodes["city"], l.nodes["chaoyang"]
		s := district.town.stand(township1, 1)
		picture := noise(t)
		city.clk.Advance(time.Millisecond)
		msg, err := city.m.create(city.as("li"), city.rain(chaoyang), "")
		city.do(err)
		msg, err = city.m.attach(city.as("li"), msg.ID, "a.png", picture)
		city.do(err)
		if msg, err = city.m.check(city.as("li"), msg.ID, submission{TextOnly: true}); err != nil {
			t.Fatal(err)
		}
		city.approve(msg)
		digest := blob.Digest(picture)
		l.nodes["nation"].look()
		city.look()
		l.lost = 0
		l.sync()
		if s.plays != 1 {
			t.Fatalf("played %d times", s.plays)
		}
		for _, b := range []*bench{city, district, l.nodes["nation"]} {
			w := b.call("", "GET", "/media/"+digest, nil, 200, nil)
			if !bytes.Equal(w.Body.Bytes(), picture) {
				t.Errorf("%d bytes came of %d", w.Body.Len(), len(picture))
			}
		}
	})
}

// puller fetches for a node from the one above it, one step at a time.
func (l *levels) puller(site string) *puller {
	p := &puller{Module: l.nodes[site].m, with: l.seen(site, l.up[site]), streams: map[string]*stream{}}
	p.recall(context.Background())
	return p
}

// pictured has the nation send the district a message with a picture of several pieces, which
// only the nodes named fetch.
func (l *levels) pictured(sites ...string) (digest string, picture []byte) {
	l.Helper()
	nation := l.nodes["nation"]
	picture = noise(l.T)
	nation.clk.Advance(time.Millisecond)
	msg, err := nation.m.create(nation.as("chief"), nation.rain(chaoyang), "")
	nation.do(err)
	msg, err = nation.m.attach(nation.as("chief"), msg.ID, "a.png", picture)
	nation.do(err)
	msg, err = nation.m.check(nation.as("chief"), msg.ID, submission{TextOnly: true})
	nation.do(err)
	nation.approve(msg)
	for _, site := range sites {
		l.fetch(site)
	}
	return blob.Digest(picture), picture
}

func (l *levels) holds(site, digest string) bool {
	_, err := l.nodes[site].deps.Blobs.Stat(context.Background(), blob.DigestKey(digest))
	return err == nil
}

// A link that carries one piece at a time carries a picture in the end, and asks for less where
// a piece is too much.
func TestAPictureComesOverASlowLink(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		l.slow = true
		digest, _ := l.pictured("city")
		p := l.puller("city")
		for range 20 {
			l.pieces = 1
			p.fetchLacking(context.Background(), time.Minute)
		}
		if !l.holds("city", digest) || len(p.lacking) > 0 || len(p.parts) > 0 {
			t.Errorf("%v is lacking", p.lacking)
		}
		over, cancel := context.WithCancel(context.Background())
		cancel()
		l.pieces = 0
		l.nodes["city"].do(l.nodes["city"].deps.Blobs.Delete(over, blob.DigestKey(digest)))
		p.lacks([]mediaRef{{SM3: digest}})
		if p.fetchLacking(over, time.Minute); p.most != piece/2 {
			t.Errorf("asks for %d bytes at a time", p.most)
		}
	})
}

// What the node above does not have yet is asked for again, and holds up nothing else.
func TestAPictureIsAskedForUntilItIsThere(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		digest, picture := l.pictured("city", "chaoyang")
		ctx, city, district := context.Background(), l.nodes["city"], l.nodes["chaoyang"]
		for _, b := range []*bench{city, district} {
			b.do(b.deps.Blobs.Delete(ctx, blob.DigestKey(digest)))
		}
		p := l.puller("chaoyang")
		p.lacks([]mediaRef{{SM3: "no digest"}})
		p.fetchLacking(ctx, time.Minute)
		if l.holds("chaoyang", digest) {
			t.Fatal("it came from nowhere")
		}
		_, err := city.m.shelf.Keep(ctx, picture)
		city.do(err)
		district.clk.Advance(2 * time.Second)
		p.fetchLacking(ctx, time.Minute)
		if !l.holds("chaoyang", digest) {
			t.Errorf("it was given up: %v", p.lacking)
		}
	})
}

// A stop from below is for the node's own region, whatever it says.
func TestAStopFromBelowIsHeldToItsRegion(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		city, district := l.nodes["city"], l.nodes["chaoyang"]
		s, err := district.m.stopAll(district.as("chaoyang"), []string{chaoyang}, "系统被误用")
		district.do(err)
		district.exec(`UPDATE alert_stop SET region_path = 'cn.11.110108.'`)
		l.sync()
		if _, err := readStop(context.Background(), city.deps.DB, s.ID); !fault.IsKind(err, fault.NotFound) {
			t.Errorf("taken over: %v", err)
		}
	})
}

// parrot is a node that always says the same.
type parrot string

func (p parrot) Ask(context.Context, string, string, []byte) ([]byte, error) { return []byte(p), nil }
func (parrot) Wake()                                                         {}
func (parrot) WakeAbove()                                                    {}

// A node that says that it has more and tells nothing is not asked without end.
func TestANodeThatTellsNothingIsLeftAlone(t *testing.T) {
	eachLevels(t, func(t *testing.T, l *levels) {
		p := l.puller("chaoyang")
		p.Links = parrot(`{"epoch": "e", "boot": "b", "last": 0, "behind": 5, "records": []}`)
		_, err := p.fetchMessages(context.Background()) // which learns of its epoch
		l.nodes["chaoyang"].do(err)
		if behind, err := p.fetchMessages(context.Background()); behind != 0 || err != nil {
			t.Errorf("%d more, %v", behind, err)
		}
	})
}

// between does something between two queries.
type between struct {
	store.Queryer
	queries int
	do      func()
}

func (b *between) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if b.queries++; b.queries == 2 {
		b.do()
	}
	return b.Queryer.Query(ctx, query, args...)
}

// What is committed while another node's question is being answered is told now or the next time,
// and never passed over.
func TestNothingIsPassedOver(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		change := func() {
			b.issued(b.rain(chaoyang))
			_, err := b.m.stopAll(b.as("wang"), []string{haidian}, "系统被误用")
			b.do(err)
		}
		q := &between{Queryer: b.deps.DB, do: change}
		told, err := changedAfter(ctx, q, 0, 10)
		b.do(err)
		if q.queries == 1 {
			change()
		}
		last := int64(0)
		if len(told) > 0 {
			last = told[len(told)-1].no
		}
		next, err := changedAfter(ctx, b.deps.DB, last, 10)
		b.do(err)
		if n := len(told) + len(next); n != 2 {
			b.Errorf("%d were told of two", n)
		}
	})
}
