package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// far is the far side of every output of its kind in a test.
type far struct {
	mu    sync.Mutex
	down  map[string]bool // outputs, by name, that fail
	stuck map[string]bool // that hang until their patience is over
	hasty map[string]bool // that say that they play before they answer
	while func() error    // happens once while a parcel is carried, which may fail of it
	shut  int             // how often one cannot be opened
	parts int             // in how many a message is carried, 0 for one
	ids   []string        // of the messages of each part

	playing bool                                                                 // what is carried plays at once
	report  map[string]func(context.Context, ebd.EBMID, output.State, any) error // has one, by name, say more
	words   sync.WaitGroup
	beat    map[string]func(context.Context) error // has one, by name, send a heartbeat
	got     []string                               // "name act number"
}

func (f *far) driver() output.Driver {
	return output.Driver{Patience: time.Second, Secret: true, Check: func(json.RawMessage) error { return nil },
		Open: func(c output.Config) (output.Output, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.shut--; f.shut >= 0 {
				return nil, errors.New("no such port")
			}
			if f.beat == nil {
				f.beat, f.report = map[string]func(context.Context) error{}, map[string]func(context.Context, ebd.EBMID, output.State, any) error{}
			}
			f.beat[c.NameEn], f.report[c.NameEn] = c.Alive, c.Report
			return &way{f, c}, nil
		}}
}

type way struct {
	*far
	c output.Config
}

func (w *way) Close() {}

func (w *way) Carry(ctx context.Context, p *output.Parcel) (output.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := w.c.NameEn
	if w.stuck[name] {
		w.mu.Unlock()
		<-ctx.Done()
		w.mu.Lock()
		return output.Result{}, ctx.Err()
	}
	if while := w.while; while != nil {
		w.while = nil
		w.mu.Unlock()
		err := while()
		w.mu.Lock()
		if err != nil {
			return output.Result{}, err
		}
	}
	if w.down[name] {
		return output.Result{}, errors.New("nobody\x00 there") // as a far side may word it
	}
	if w.hasty[name] {
		w.words.Go(func() {
			_ = w.c.Report(context.Background(), p.Message.EBMID, output.Playing, map[string]bool{"hasty": true})
		})
		time.Sleep(100 * time.Millisecond)
	}
	number := 0
	if p.Message != nil {
		number = p.Message.Current.Number
	}
	w.got = append(w.got, fmt.Sprint(name, " ", p.Act, " ", number))
	r := output.Result{Proof: map[string]int{"n": len(w.got)}}
	if w.parts > 0 {
		var had struct{ Part int }
		if err := json.Unmarshal(p.Proof, &had); err != nil {
			return r, err
		}
		w.ids = append(w.ids, p.Message.ID)
		if r.Proof = map[string]int{"part": had.Part + 1}; had.Part+1 < w.parts {
			r.State = output.Waiting
		}
	}
	if w.playing && p.Act == output.Play {
		r.State = output.Playing
	}
	return r, nil
}

func (f *far) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *far) has(what string) bool { return f.count(what) > 0 }

func (f *far) count(what string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, g := range f.got {
		if g == what {
			n++
		}
	}
	return n
}

func (b *bench) way(name, region string, tier int) output.View {
	b.Helper()
	var v output.View
	b.call("wang", "POST", "/api/alert-outputs", map[string]any{"kind": "webhook", "nameZh": name, "nameEn": name, "regionCode": region, "tier": tier,
		"fits": map[string]any{}, "settings": map[string]any{}, "enabled": true}, 201, &v)
	if v.Secret == "" {
		b.Fatal("no secret was made")
	}
	return v
}

// carrying runs the board for the length of a test, its clock driven along.
func (b *bench) carrying() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); b.do(b.m.board.Run(ctx)) }()
	b.Cleanup(func() { cancel(); <-ended })
}

// soon waits in real time while the bench's clock runs.
func (b *bench) soon(what string, is func() bool) {
	b.Helper()
	for range 1500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
		b.clk.Advance(100 * time.Millisecond)
	}
	b.Fatal("never: " + what)
}

func (b *bench) carried(id string) []output.Carried {
	b.Helper()
	var found struct{ Items []output.Carried }
	b.call("li", "GET", "/api/alerts/"+id+"/outputs", nil, 200, &found)
	return found.Items
}

func TestOutputsCarryEachOnItsOwn(t *testing.T) {
	each(t, func(b *bench) {
		b.far.down, b.far.stuck = map[string]bool{"down": true}, map[string]bool{"stuck": true}
		b.way("good", chaoyang, 1)
		down := b.way("down", chaoyang, 1)
		b.way("stuck", chaoyang, 1)
		b.way("later", chaoyang, 2)
		b.way("elsewhere", "110108000000", 1)
		b.carrying()
		msg := b.issued(b.rain(chaoyang))
		b.soon("the good one carries beside a failing and a hanging one", func() bool { return b.far.has("good play 1") })
		b.soon("the failing one is tried again", func() bool {
			for _, c := range b.carried(msg.ID) {
				if c.NameEn == "down" && c.State == output.Retrying && c.Attempts > 1 && c.Failure == "nobody there" {
					return true
				}
			}
			return false
		})
		b.far.mu.Lock()
		b.far.down = nil
		b.far.mu.Unlock()
		b.call("li", "POST", "/api/alerts/"+msg.ID+"/outputs/"+down.ID+"/again", nil, 200, nil)
		b.soon("the failing one carries in the end", func() bool { return b.far.has("down play 1") })
		if n := len(b.carried(msg.ID)); n != 3 {
			b.Errorf("%d tasks, want 3: neither the second tier nor another district", n)
		}

		if _, err := b.m.cancel(b.as("li"), msg.ID, "雨停了"); err != nil {
			b.Fatal(err)
		}
		b.soon("the end is carried to whoever was given the message", func() bool { return b.far.has("good cancel 1") && b.far.has("down cancel 1") })
		var past struct {
			Items []output.Past
			Next  string
			Total int
		}
		b.call("li", "GET", "/api/alert-outputs/"+down.ID+"/history?limit=1", nil, 200, &past)
		if len(past.Items) != 1 || past.Total != 2 || past.Next == "" || past.Items[0].Act != output.Cancel || past.Items[0].MessageID != msg.ID || past.Items[0].Title == "" {
			b.Errorf("%+v", past)
		}
		b.call("li", "GET", "/api/alert-outputs/"+down.ID+"/history?state=failed&state=given_up", nil, 200, &past)
		if past.Total != 0 {
			b.Errorf("nothing failed for good: %+v", past)
		}
		b.call("li", "GET", "/api/alert-outputs/"+down.ID+"/history?q="+url.QueryEscape("没有这样的标题"), nil, 200, &past)
		if past.Total != 0 {
			b.Errorf("no message has that title: %+v", past)
		}
		if b.far.has("later play 1") || b.far.has("elsewhere play 1") || b.far.has("later cancel 1") {
			b.Errorf("%v", b.far.got)
		}
	})
}

func TestOutputsTakeUpdatesStopsAndWhatACrashLeft(t *testing.T) {
	each(t, func(b *bench) {
		b.way("good", chaoyang, 1)
		msg := b.issued(b.rain(chaoyang)) // nothing runs yet: as if the process had died here
		b.restart()
		b.carrying()
		b.soon("what was committed is carried", func() bool { return b.far.has("good play 1") })
		if _, err := b.m.revise(b.as("li"), msg.ID); err != nil {
			b.Fatal(err)
		}
		w := b.rain(chaoyang).Wording
		w.Texts[0].Body = "雨更大了。"
		was := b.read(msg.ID)
		if _, err := b.m.edit(b.as("li"), msg.ID, was.Revision, w); err != nil {
			b.Fatal(err)
		}
		next, err := b.m.check(b.as("li"), msg.ID, submission{TextOnly: true})
		b.do(err)
		b.approve(next)
		b.soon("the update is carried", func() bool { return b.far.has("good play 2") })
		if _, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "全部停止"); err != nil {
			b.Fatal(err)
		}
		b.soon("the stop is carried", func() bool { return b.far.has("good stop 0") })
	})
}

// A stop that waits for a far side that is down goes before what is issued after it: carried later,
// it would take that off the air too.
func TestAStopGoesBeforeWhatCameAfterIt(t *testing.T) {
	each(t, func(b *bench) {
		b.way("good", chaoyang, 1)
		b.carrying()
		b.issued(b.rain(chaoyang))
		b.soon("the message is carried", func() bool { return b.far.has("good play 1") })
		b.far.set(func() { b.far.down = map[string]bool{"good": true} })
		s, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "全部停止")
		b.do(err)
		b.soon("the stop waits long for its next attempt", func() bool {
			var wait int64
			_ = b.deps.DB.QueryRow(b.Context(), `SELECT coalesce(max(next_at), 0) FROM alert_output_task WHERE message_id = $1`, s.ID).Scan(&wait)
			return time.UnixMicro(wait).Sub(b.clk.Now()) > 20*time.Second
		})
		b.far.set(func() { b.far.down = nil })
		b.issued(b.rain(chaoyang))
		b.soon("the next message is carried", func() bool { return b.far.count("good play 1") == 2 })
		b.far.set(func() {
			if !slices.Equal(b.far.got, []string{"good play 1", "good stop 0", "good play 1"}) {
				b.Error(b.far.got)
			}
		})
	})
}

func TestADrillAmongPlatformsReachesNoGateway(t *testing.T) {
	each(t, func(b *bench) {
		b.way("good", chaoyang, 1)
		d := b.rain(chaoyang)
		d.Kind = message.PlatformDrill
		if msg := b.issued(d); len(b.carried(msg.ID)) != 0 {
			b.Errorf("%+v", b.carried(msg.ID))
		}
	})
}

// What a far side says before its answer was written down is not lost.
func TestAWordThatIsFasterThanTheAnswerCounts(t *testing.T) {
	each(t, func(b *bench) {
		b.way("hasty", "110000000000", 1)
		b.far.hasty = map[string]bool{"hasty": true}
		b.carrying()
		msg := b.issued(b.rain(chaoyang))
		b.m.wake()
		b.soon("it plays", func() bool {
			list := b.carried(msg.ID)
			return len(list) == 1 && list[0].State == output.Playing && strings.Contains(string(list[0].Proof), "hasty")
		})
		b.far.words.Wait()
	})
}

// An output that holds what is on the air is given it anew when it is opened anew; what was
// stopped since stays silent there, though it may go on elsewhere.
func TestWhatWasStoppedIsNotGivenAgain(t *testing.T) {
	each(t, func(b *bench) {
		d := b.far.driver()
		d.Standing = true
		b.deps.Drivers = map[string]output.Driver{output.KindWebhook: d}
		b.restart()
		head := b.way("head", chaoyang, 1)
		b.carrying()
		own := b.issued(b.rain(chaoyang))
		b.issued(b.rain(chaoyang, haidian))
		b.soon("both are carried", func() bool { return b.far.count("head play 1") == 2 })
		if _, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "全部停止"); err != nil {
			b.Fatal(err)
		}
		b.soon("the stop is carried", func() bool { return b.far.has("head stop 0") })
		b.call("li", "POST", "/api/alerts/"+own.ID+"/outputs/"+head.ID+"/again", nil, 409, nil)
		b.call("wang", "PUT", "/api/alert-outputs/"+head.ID, map[string]any{"nameZh": "head", "nameEn": "head", "regionCode": chaoyang, "tier": 1,
			"fits": map[string]any{}, "settings": map[string]any{}, "enabled": true}, 200, nil, "If-Match", `"1"`)
		after := b.issued(b.rain(township1))
		b.soon("what came after the stop is carried", func() bool { return b.carried(after.ID)[0].State == output.Accepted })
		if n := b.far.count("head play 1"); n != 3 {
			b.Errorf("carried %d times: %v", n, b.far.got)
		}
	})
}

// What an update left out and the next one takes in again is not taken off the air by the cancel
// that still waited.
func TestACancelThatWaitsGivesWayToANewVersion(t *testing.T) {
	each(t, func(b *bench) {
		b.way("good", chaoyang, 1)
		msg := b.issued(b.rain(chaoyang, haidian))
		b.updated(msg.ID, b.rain(haidian))
		b.updated(msg.ID, b.rain(chaoyang, haidian))
		var got []string
		for _, c := range b.carried(msg.ID) {
			got = append(got, fmt.Sprint(c.Act, " ", c.Number, " ", c.State))
		}
		if want := "play 3 waiting, cancel 2 superseded, play 1 superseded"; strings.Join(got, ", ") != want {
			b.Errorf("%v, want %s", got, want)
		}
	})
}

// Neither a parcel that cannot be made nor an output that cannot be opened at first holds up what
// comes after.
func TestOneFailureIsOneFailure(t *testing.T) {
	each(t, func(b *bench) {
		b.far.shut = 1000
		good := b.way("good", chaoyang, 1)
		b.carrying()
		b.soon("people see that it cannot be opened", func() bool {
			var v output.View
			b.call("wang", "GET", "/api/alert-outputs/"+good.ID, nil, 200, &v)
			return v.Failure == "no such port"
		})
		b.far.mu.Lock()
		b.far.shut = 0
		b.far.mu.Unlock()
		b.exec(fmt.Sprintf(`INSERT INTO alert_output_task (id, output, message_id, number, act, region_path, rank, state, attempts, next_at, until_at, proof, failure, created_at, changed_at)
			VALUES ('0', '%s', 'gone', 1, 'play', 'cn.', 4000000000, 'waiting', 0, 1, %d, '{}', '', 1, 1)`, good.ID, b.clk.Now().Add(time.Hour).UnixMicro()))
		b.issued(b.rain(chaoyang))
		b.soon("the message is carried", func() bool { return b.far.has("good play 1") })
	})
}

// An output that was switched off while it had a message carries the end when it is on again.
func TestTheEndReachesAnOutputThatWasOff(t *testing.T) {
	each(t, func(b *bench) {
		good := b.way("good", chaoyang, 1)
		turn := func(on bool, revision string) {
			b.call("wang", "PUT", "/api/alert-outputs/"+good.ID, map[string]any{"nameZh": "good", "nameEn": "good", "regionCode": chaoyang, "tier": 1,
				"fits": map[string]any{}, "settings": map[string]any{}, "enabled": on}, 200, nil, "If-Match", revision)
		}
		b.carrying()
		msg := b.issued(b.rain(chaoyang))
		b.soon("it is carried", func() bool { return b.far.has("good play 1") })
		turn(false, `"1"`)
		if _, err := b.m.cancel(b.as("li"), msg.ID, "雨停了"); err != nil {
			b.Fatal(err)
		}
		turn(true, `"2"`)
		b.soon("its end is carried", func() bool { return b.far.has("good cancel 1") })
	})
}

// An output whose heartbeats stop is told of at once that five minutes are over, until it is heard
// again; one that never had any is not missed.
func TestAnOutputThatFallsSilentIsToldOf(t *testing.T) {
	each(t, func(b *bench) {
		one := b.way("one", chaoyang, 1)
		b.way("mute", chaoyang, 1)
		b.carrying()
		beats := func() bool {
			b.far.mu.Lock()
			beat := b.far.beat["one"]
			b.far.mu.Unlock()
			if beat == nil {
				return false
			}
			b.do(beat(context.Background()))
			return true
		}
		at := func() (v output.View) {
			b.call("wang", "GET", "/api/alert-outputs/"+one.ID, nil, 200, &v)
			return v
		}
		b.soon("it sends a heartbeat", beats)
		heard := at()
		if heard.HeardAt == nil || heard.Silent || heard.OKAt != nil {
			b.Fatalf("heard: %+v", heard)
		}
		b.clk.Advance(10 * time.Second)
		beats()
		if v := at(); !v.HeardAt.Equal(*heard.HeardAt) {
			b.Errorf("every heartbeat is written down: %+v", v)
		}
		if b.clk.Advance(4 * time.Minute); at().Silent || len(b.deskOf("li").Waiting) != 0 {
			b.Error("silent after four minutes")
		}
		b.clk.Advance(time.Minute)
		if v := b.deskOf("li"); !at().Silent || v.Sounds != 1 || len(v.Waiting) != 1 || v.Waiting[0].Kind != "silent" || v.Waiting[0].Title != "one" {
			b.Fatalf("silent: %+v", v)
		}
		if v := b.deskOf("haidian"); len(v.Waiting) != 0 {
			b.Errorf("at another desk: %+v", v)
		}
		b.call("li", "POST", "/api/duty/desk/silent/"+one.ID+"/take", nil, 200, nil)
		if v := b.deskOf("li"); v.Sounds != 0 || v.Waiting[0].TakenBy != "li" {
			b.Errorf("taken: %+v", v)
		}
		beats()
		if v := b.deskOf("li"); at().Silent || len(v.Waiting) != 0 {
			b.Errorf("heard again: %+v", v)
		}
		b.clk.Advance(6 * time.Minute)
		if v := b.deskOf("li"); v.Sounds != 1 {
			b.Errorf("silent once more, it sounds once more: %+v", v)
		}
	})
}

// While this node was away itself, or the output was off, nobody could be heard.
func TestAnOutputThatCouldNotBeHeardIsNotSilent(t *testing.T) {
	each(t, func(b *bench) {
		one := b.way("one", chaoyang, 1)
		b.exec(fmt.Sprintf(`UPDATE alert_output SET heard_at = %d`, b.clk.Now().UnixMicro()))
		silent := func() bool {
			var v output.View
			b.call("wang", "GET", "/api/alert-outputs/"+one.ID, nil, 200, &v)
			return v.Silent
		}
		b.clk.Advance(time.Hour)
		b.carrying()
		b.soon("it carries", func() bool { b.far.mu.Lock(); defer b.far.mu.Unlock(); return b.far.beat["one"] != nil })
		turn := func(on bool, revision string) {
			b.call("wang", "PUT", "/api/alert-outputs/"+one.ID, map[string]any{"nameZh": "one", "nameEn": "one", "regionCode": chaoyang, "tier": 1,
				"fits": map[string]any{}, "settings": map[string]any{}, "enabled": on}, 200, nil, "If-Match", revision)
		}
		if silent() {
			b.Error("silent while nobody listened")
		}
		turn(false, `"1"`)
		if b.clk.Advance(time.Hour); silent() {
			b.Error("silent while it was off")
		}
		turn(true, `"2"`)
		if silent() {
			b.Error("silent at once")
		}
		if b.clk.Advance(6 * time.Minute); !silent() {
			b.Error("not silent though it was on and never heard")
		}
	})
}

// However much fails elsewhere, whoever looks after a region is told what fails there; and of more
// than can be told, the newest.
func TestFailuresElsewhereCrowdOutNoneHere(t *testing.T) {
	each(t, func(b *bench) {
		here, elsewhere := b.way("one", chaoyang, 1), b.way("two", haidian, 1)
		fails := func(way output.View) (id string) {
			id = store.NewID(b.clk.Now())
			b.exec(fmt.Sprintf(`INSERT INTO alert_output_task (id, output, message_id, number, act, region_path, rank, state, attempts, until_at, proof, failure, created_at, changed_at)
				VALUES ('%[1]s', '%[2]s', '%[1]s', 1, 'play', 'cn.', 1, 'failed', 1, %[4]d, '{}', 'no', %[3]d, %[3]d)`, id, way.ID, b.clk.Now().UnixMicro(), b.clk.Now().Add(time.Hour).UnixMicro()))
			b.clk.Advance(time.Millisecond)
			return id
		}
		var ours, last string
		for i := range 401 {
			if i == 200 {
				ours = fails(here)
			}
			last = fails(elsewhere)
		}
		found, err := b.m.board.Failures(b.Context(), auth.NewScope(here.RegionPath))
		if err != nil || len(found) != 1 || found[0].Task != ours {
			b.Errorf("here: %+v, %v", found, err)
		}
		found, err = b.m.board.Failures(b.Context(), auth.Everywhere)
		if err != nil || !slices.ContainsFunc(found, func(f output.Failure) bool { return f.Task == last }) {
			b.Errorf("the newest is not among %d, %v", len(found), err)
		}
	})
}

// What an output carried says that it is over once its far side has it no longer: by a newer
// version, a cancel, a stop or its time, whatever the far side says late. Until then it says that
// it plays, and what was on record stays there.
func TestWhatIsOverNoLongerReadsAsPlaying(t *testing.T) {
	each(t, func(b *bench) {
		good := b.way("good", chaoyang, 1)
		b.far.playing = true
		b.carrying()
		plays := func(id string, number int) func() bool {
			return func() bool {
				at := slices.IndexFunc(b.carried(id), func(c output.Carried) bool { return c.Act == output.Play && c.Number == number })
				return at >= 0 && b.carried(id)[at].State == output.Playing
			}
		}
		over := func(id string, number int) func() bool {
			return func() bool {
				for _, c := range b.carried(id) {
					if c.Act == output.Play && c.Number == number {
						return c.State == output.Ended && c.SentAt != nil && c.ConfirmedAt != nil && c.DoneAt != nil && strings.Contains(string(c.Proof), `"n"`)
					}
				}
				return false
			}
		}
		late := func(msg *message.Message) { // word that took its time, of each version and of the newest
			b.far.mu.Lock()
			report := b.far.report["good"]
			b.far.mu.Unlock()
			b.do(report(b.Context(), msg.EBMID, output.Playing, nil))
			b.do(b.m.board.Report(b.Context(), good.ID, msg.ID, 1, output.Playing, nil))
		}

		updated := b.issued(b.rain(chaoyang))
		b.soon("the first version plays", plays(updated.ID, 1))
		b.updated(updated.ID, b.rain(chaoyang))
		b.soon("the newer version plays", plays(updated.ID, 2))
		b.soon("the older one is over", over(updated.ID, 1))

		b.far.set(func() { b.far.down = map[string]bool{"good": true} })
		_, err := b.m.cancel(b.as("li"), updated.ID, "雨停了")
		b.do(err)
		b.soon("the end cannot be carried", func() bool { return b.carried(updated.ID)[0].State == output.Retrying })
		if late(updated); !plays(updated.ID, 2)() {
			b.Errorf("it may be on the air still: %+v", b.carried(updated.ID))
		}
		b.far.set(func() { b.far.down = nil })
		b.soon("what is called off is over", over(updated.ID, 2))
		late(updated)
		if list := b.carried(updated.ID); list[0].Act != output.Cancel || list[0].State != output.Accepted || !over(updated.ID, 2)() || !over(updated.ID, 1)() {
			b.Errorf("late word counts: %+v", list)
		}

		stopped, wider := b.issued(b.rain(township1)), b.issued(b.rain(chaoyang, haidian))
		b.soon("one plays", plays(stopped.ID, 1))
		b.soon("another does, here and elsewhere", plays(wider.ID, 1))
		_, err = b.m.stopAll(b.as("wang"), []string{township1}, "全部停止")
		b.do(err)
		b.soon("what is stopped is over", over(stopped.ID, 1))
		if !plays(wider.ID, 1)() {
			b.Errorf("a stop in a part of it ended it: %+v", b.carried(wider.ID))
		}
		if late(stopped); !over(stopped.ID, 1)() {
			b.Errorf("late word counts: %+v", b.carried(stopped.ID))
		}
		_, err = b.m.stopAll(b.as("wang"), []string{chaoyang}, "全部停止")
		b.do(err)
		b.soon("what goes on elsewhere is over here", over(wider.ID, 1))
		b.call("li", "POST", "/api/alerts/"+wider.ID+"/outputs/"+good.ID+"/again", nil, 409, nil)

		expired := b.issued(b.rain(chaoyang))
		b.soon("the last one plays", plays(expired.ID, 1))
		b.clk.Advance(expired.EndsAt.Sub(b.clk.Now()))
		b.look()
		if !over(expired.ID, 1)() {
			b.Errorf("its time is up: %+v", b.carried(expired.ID))
		}
		if late(expired); !over(expired.ID, 1)() {
			b.Errorf("late word counts: %+v", b.carried(expired.ID))
		}
		var past store.Listing[output.Past]
		b.call("li", "GET", "/api/alert-outputs/"+good.ID+"/history?state=playing", nil, 200, &past)
		if len(past.Items) != 0 {
			b.Errorf("on the air: %+v", past.Items)
		}
	})
}
