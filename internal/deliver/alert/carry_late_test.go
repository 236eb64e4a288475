package alert

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/head"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// eventually waits in real time while the bench's clock stands still.
func (b *bench) eventually(what string, is func() bool) {
	b.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("never: " + what)
}

// one is what the only output did with a message.
func (b *bench) one(id string) output.Carried {
	b.Helper()
	list := b.carried(id)
	if len(list) != 1 {
		b.Fatalf("%+v", list)
	}
	return list[0]
}

// Word that comes while what ends a message at an output is being written down does not undo it.
func TestLateWordDoesNotUndoWhatIsDone(t *testing.T) {
	each(t, func(b *bench) {
		way := b.way("good", chaoyang, 1)
		b.carrying()
		msg := b.issued(b.rain(chaoyang))
		b.soon("it is carried", func() bool { return b.one(msg.ID).State == output.Accepted })
		said := make(chan error)
		b.do(b.deps.DB.Housekeep(b.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(b.Context(), `UPDATE alert_output_task SET state = 'done', done_at = $1`, tx.Now.UnixMicro())
			go func() { said <- b.m.board.Report(context.Background(), way.ID, msg.ID, 0, output.Playing, nil) }()
			time.Sleep(200 * time.Millisecond) // it has read what it reads before it must wait
			return err
		}))
		b.do(<-said)
		if c := b.one(msg.ID); c.State != output.Done || c.DoneAt == nil {
			b.Errorf("late word counts: %+v", c)
		}
	})
}

// What is asked or said of a task while it waits, or is carried, is not lost: neither that somebody
// wants it tried once more, nor that the far side is done.
func TestWhatIsSaidWhileATaskIsCarriedStands(t *testing.T) {
	each(t, func(b *bench) {
		way := b.way("good", chaoyang, 1)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); b.do(b.m.board.Run(ctx)) }()
		msg := b.issued(b.rain(chaoyang))
		b.soon("it is carried", func() bool { return b.one(msg.ID).State == output.Accepted })
		cancel()
		<-ended
		again := func() { b.do(b.m.board.Again(b.as("li"), msg.ID, way.ID)) }
		says := func(s output.State) { b.do(b.m.board.Report(context.Background(), way.ID, msg.ID, 0, s, nil)) }

		again()
		says(output.Playing)
		if c := b.one(msg.ID); c.NextAt == nil || c.ConfirmedAt == nil {
			b.Errorf("what the far side said of the first time takes back the second: %+v", c)
		}
		says(output.Failed)
		if c := b.one(msg.ID); c.NextAt == nil || c.State != output.Retrying {
			b.Errorf("so does that it failed: %+v", c)
		}

		b.restart()
		fails := errors.New("no answer")
		b.far.set(func() {
			b.far.while = func() error { b.clk.Advance(time.Millisecond); again(); return fails }
		})
		b.carrying()
		b.eventually("it is tried once more, as was asked meanwhile", func() bool { return b.far.count("good play 1") == 2 && b.one(msg.ID).NextAt == nil })

		b.far.set(func() {
			b.far.while = func() error { says(output.Done); return fails }
		})
		again()
		b.eventually("the far side is done", func() bool { return b.one(msg.ID).State == output.Done })
		time.Sleep(200 * time.Millisecond)
		if c := b.one(msg.ID); c.State != output.Done || c.NextAt != nil {
			b.Errorf("an attempt that failed undoes it: %+v", c)
		}
	})
}

// What is carried in parts goes on after each where it was, and what is more urgent goes between.
func TestWhatIsCarriedInPartsGoesOnAfterEach(t *testing.T) {
	each(t, func(b *bench) {
		b.way("good", chaoyang, 1)
		var urgent string
		b.far.set(func() {
			b.far.parts = 3
			b.far.while = func() error {
				red := b.rain(chaoyang)
				red.Severity = message.Red
				urgent = b.issued(red).ID
				return nil
			}
		})
		b.carrying()
		long := b.issued(b.rain(chaoyang)).ID
		b.eventually("all of it is carried", func() bool {
			c := b.one(long)
			return c.State == output.Accepted && c.NextAt == nil && c.Attempts == 1
		})
		if want := []string{long, urgent, urgent, urgent, long, long}; !slices.Equal(b.far.ids, want) {
			b.Errorf("%v, want %v", b.far.ids, want)
		}
		if c := b.one(long); string(c.Proof) != `{"part":3}` {
			b.Errorf("%s", c.Proof)
		}
	})
}

// What a stop took out of a head's tables, because all who must respond are where it stops, is not
// put back when the head is opened anew, though the message goes on elsewhere. Of a head that is
// given up nothing stays on disk.
func TestWhatAStopTookOutOfAHeadStaysOut(t *testing.T) {
	each(t, func(b *bench) {
		dir := b.TempDir()
		b.deps.Drivers = map[string]output.Driver{head.Kind: head.Driver(head.Deps{Clock: b.clk, Log: b.deps.Log, Dir: dir, Agency: "北京市应急广播"})}
		b.restart()
		code, err := ebd.Resource{Level: message.AreaCode(chaoyang).Level(), Area: message.AreaCode(chaoyang), Type: "0302", Seq: 1, Subtype: ebd.SubtypeTerminal}.Code()
		b.do(err)
		setup := map[string]any{"nameZh": "head", "nameEn": "head", "regionCode": "110000000000", "tier": 1, "fits": map[string]any{}, "enabled": true,
			"settings": map[string]any{"medium": "cable", "target": "udp://127.0.0.1:9", "rate": 1_000_000, "respond": []string{string(code)}}}
		made := maps.Clone(setup)
		made["kind"] = head.Kind
		var v output.View
		b.call("wang", "POST", "/api/alert-outputs", made, 201, &v)
		b.carrying()
		wider := b.issued(b.rain(chaoyang, haidian))
		b.soon("it is in the tables", func() bool { return b.one(wider.ID).State == output.Playing })
		s, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "全部停止")
		b.do(err)
		b.soon("the stop is carried", func() bool {
			list, err := b.m.board.Of(b.Context(), s.ID, auth.Everywhere)
			b.do(err)
			return len(list) == 1 && list[0].State == output.Done
		})
		for n, on := range []bool{false, true} {
			setup["enabled"] = on
			b.call("wang", "PUT", "/api/alert-outputs/"+v.ID, setup, 200, nil, "If-Match", fmt.Sprintf(`"%d"`, n+1))
		}
		other := b.issued(b.rain(haidian))
		b.soon("the head is opened anew", func() bool { return b.one(other.ID).State == output.Playing })
		if c := b.one(wider.ID); c.State != output.Ended || c.Attempts != 1 {
			b.Errorf("it is put back: %+v", c)
		}

		kept := func() int {
			list, err := os.ReadDir(dir)
			b.do(err)
			return len(list)
		}
		if n := kept(); n != 1 {
			b.Errorf("it keeps %d files", n)
		}
		b.call("wang", "DELETE", "/api/alert-outputs/"+v.ID, nil, 204, nil, "If-Match", `"3"`)
		if n := kept(); n != 0 {
			b.Errorf("once it is given up it keeps %d files", n)
		}
	})
}
