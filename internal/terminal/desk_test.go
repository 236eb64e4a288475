package terminal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"pgregory.net/rapid"
)

var dawn = time.Date(2026, 7, 21, 0, 0, 0, 0, time.UTC)

// Whatever is sent in whatever order, with power cuts in between: only valid orders
// sound; the one that sounds has the highest rank of those that may; every message
// ends once; and what ended never sounds again, unless it failed and was sent again, and
// then no more than the passes that were left.
func TestDeskKeepsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := dawn
		d := &desk{}
		ended := map[wire.OrderRef]wire.Phase{}
		versions := map[string]int{}
		seq := uint64(0)
		sent := map[wire.OrderRef]*wire.Order{}
		passes := map[wire.OrderRef]int{}
		wireUp := func() {
			d.play = func(e *entry, _ time.Duration) {
				if p, over := ended[wire.OrderRef{Order: e.Order.ID, Version: e.Order.Version}]; over {
					t.Fatalf("%s sounds after it was %s", e.Order.ID, p)
				}
			}
			d.halt = func() {}
		}
		wireUp()
		check := func() {
			for _, x := range d.out {
				p, ok := x.(*pending)
				if !ok || p.Receipt == nil {
					continue
				}
				ref := wire.OrderRef{Order: p.Receipt.Order, Version: p.Receipt.Version}
				if p.tries > 0 {
					continue // an end that was told before
				}
				if was, twice := ended[ref]; twice {
					t.Fatalf("%v ended as %s and as %s", ref, was, p.Receipt.Phase)
				}
				p.tries = 1
				ended[ref] = p.Receipt.Phase
			}
			d.out = nil
			if d.now == nil || d.now.Order.Kind == wire.Test {
				for _, e := range d.Entries {
					if e.Order.ValidFrom <= now.UnixMicro() && d.now == nil {
						t.Fatalf("%s could sound, and nothing does", e.Order.ID)
					}
				}
				return
			}
			for _, e := range d.Entries {
				if e.Order.ValidFrom <= now.UnixMicro() && e.Order.Rank > d.now.Order.Rank {
					t.Fatalf("rank %d waits for rank %d", e.Order.Rank, d.now.Order.Rank)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"order": func(t *rapid.T) {
				id := fmt.Sprintf("01JZ00000000000000000000%02d", rapid.IntRange(0, 12).Draw(t, "id"))
				versions[id]++
				seq++
				o := &wire.Order{ID: id, From: office, Version: versions[id], Seq: seq, Rank: uint32(rapid.IntRange(0, 3).Draw(t, "rank")),
					Issued: now.UnixMicro(), ValidFrom: now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "from")) * time.Minute).UnixMicro(),
					Repeat: rapid.IntRange(1, 3).Draw(t, "repeat"), Area: wire.Area{Regions: []ebd.AreaCode{ebd.Nation}},
					Kind: rapid.SampledFrom([]wire.Kind{wire.Play, wire.Play, wire.Play, wire.Cancel, wire.Stop, wire.Test}).Draw(t, "kind")}
				o.ValidUntil = o.ValidFrom + int64(rapid.IntRange(1, 10).Draw(t, "for"))*60e6
				sent[wire.OrderRef{Order: o.ID, Version: o.Version}] = o
				d.take(o, wire.Judge(o, wire.Place{Region: "110101001001"}, now, &d.Memory), now)
				check()
			},
			"sent again": func(t *rapid.T) {
				if len(sent) == 0 {
					t.Skip("nothing was sent yet")
				}
				refs := slices.SortedFunc(maps.Keys(sent), cmpRef)
				ref := rapid.SampledFrom(refs).Draw(t, "which")
				verdict := wire.Judge(sent[ref], wire.Place{Region: "110101001001"}, now, &d.Memory)
				if p, over := ended[ref]; over && verdict == wire.Accepted {
					if p != wire.Failed {
						t.Fatalf("%v was %s and is accepted again", ref, p)
					}
					delete(ended, ref)
				}
				d.take(sent[ref], verdict, now)
				check()
			},
			"begins": func(*rapid.T) {
				if d.now != nil {
					d.begun(d.now, wire.FromAudio, now)
				}
				check()
			},
			"pass ends": func(t *rapid.T) {
				if e := d.now; e != nil {
					end := Outcome{Reason: rapid.SampledFrom([]wire.Reason{"", "", wire.PlayerFailed}).Draw(t, "reason")}
					if end.Reason == wire.Accepted && e.Order.Kind == wire.Play {
						ref := wire.OrderRef{Order: e.Order.ID, Version: e.Order.Version}
						if passes[ref]++; passes[ref] > e.Order.Plays() {
							t.Fatalf("%v was played %d times of %d", ref, passes[ref], e.Order.Plays())
						}
					}
					d.finished(e, end, now)
				}
				check()
			},
			"time passes": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "s")) * time.Second)
				d.tick(now)
				check()
			},
			"power is cut": func(t *rapid.T) {
				b, err := json.Marshal(d)
				if err != nil {
					t.Fatal(err)
				}
				d = &desk{}
				if err := json.Unmarshal(b, d); err != nil {
					t.Fatal(err)
				}
				for _, p := range d.Pending {
					p.tries = 1
				}
				wireUp()
				d.wake(now)
				check()
			},
		})
	})
}

func cmpRef(a, b wire.OrderRef) int {
	return cmp.Or(strings.Compare(a.Order, b.Order), a.Version-b.Version)
}

func TestPendingReceiptsAreRepeatedWithGrowingPauses(t *testing.T) {
	d := &desk{}
	d.keep(&pending{Receipt: &wire.Receipt{Order: "x", Phase: wire.Played}})
	now, last := dawn, dawn
	var pauses []time.Duration
	d.Pending[0].sent(1, now)
	for ; len(pauses) < 8; now = now.Add(time.Second) {
		d.out = nil
		if d.repeat(now); len(d.out) > 0 {
			pauses = append(pauses, now.Sub(last))
			last = now
			d.Pending[0].sent(1, now)
		}
	}
	s := time.Second
	if diff := gocmp.Diff([]time.Duration{15 * s, 30 * s, 60 * s, 120 * s, 240 * s, 480 * s, 600 * s, 600 * s}, pauses); diff != "" {
		t.Error(diff)
	}
	if d.confirmed([]uint64{2}); len(d.Pending) != 1 {
		t.Error("another's confirmation was taken")
	}
	if d.confirmed([]uint64{1}); len(d.Pending) != 0 {
		t.Error("confirmed and still pending")
	}
}

// However many everyday programmes wait, an emergency is taken: the last of them gives way.
func TestAFullQueueTakesWhatIsMoreUrgent(t *testing.T) {
	d := &desk{play: func(*entry, time.Duration) {}, halt: func() {}}
	seq := uint64(0)
	send := func(rank uint32, from time.Duration) *wire.Order {
		seq++
		o := &wire.Order{ID: fmt.Sprintf("01JZ00000000000000000%05d", seq), From: office, Version: 1, Seq: seq, Rank: rank, Issued: dawn.UnixMicro(), Kind: wire.Play, Repeat: 1,
			ValidFrom: dawn.Add(from).UnixMicro(), ValidUntil: dawn.Add(from + time.Hour).UnixMicro(), Area: wire.Area{Regions: []ebd.AreaCode{ebd.Nation}}}
		d.take(o, wire.Judge(o, wire.Place{Region: "110101001001"}, dawn, &d.Memory), dawn)
		return o
	}
	sounding := send(0, 0)
	for i := range maxEntries - 1 {
		send(0, time.Duration(i%40+1)*time.Minute)
	}
	if again := send(0, time.Hour); d.holds(again.ID) {
		t.Error("one that is no more urgent was taken")
	}
	red := send(3, 0)
	if d.now == nil || d.now.Order != red || len(d.Entries) != maxEntries || !d.holds(sounding.ID) {
		t.Fatalf("%d held, %+v sounds", len(d.Entries), d.now)
	}
	p := d.Pending[len(d.Pending)-1].Receipt
	if len(d.Pending) != 1 || p.Phase != wire.Failed || p.Reason != wire.QueueFull || p.Order != "01JZ0000000000000000000041" {
		t.Errorf("%d gave way, %+v", len(d.Pending), p)
	}
}
