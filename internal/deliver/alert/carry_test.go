package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
)

// far is the far side of every output of its kind in a test.
type far struct {
	mu    sync.Mutex
	down  map[string]bool // outputs, by name, that fail
	stuck map[string]bool // that hang until their patience is over
	hasty map[string]bool // that say that they play before they answer
	words sync.WaitGroup
	got   []string // "name act number"
}

func (f *far) driver() output.Driver {
	return output.Driver{Patience: time.Second, Secret: true, Check: func(json.RawMessage) error { return nil },
		Open: func(c output.Config) (output.Output, error) { return &way{f, c}, nil }}
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
	if w.down[name] {
		return output.Result{}, errors.New("nobody there")
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
	return output.Result{Proof: map[string]int{"n": len(w.got)}}, nil
}

func (f *far) has(what string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, g := range f.got {
		if g == what {
			return true
		}
	}
	return false
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
