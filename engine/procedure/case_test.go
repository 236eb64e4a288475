package procedure_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

const clocks = `
type: clock
version: 1
name: {zh: 钟, en: Clock}
prefix: T
roles:
  clerk: {name: {zh: 员, en: Clerk}, filled: {grant: operator}}
  boss: {name: {zh: 头, en: Boss}, filled: {grant: case-supervisor}}
forms:
  put_off: {type: object, required: [by], properties: {by: {title: 到, title-en: By, type: string, format: minute}}}
start:
  open: {name: {zh: 开, en: Open}, by: [clerk], to: work}
states:
  work: {name: {zh: 办, en: Work}}
  wait: {name: {zh: 等, en: Wait}}
  until: {name: {zh: 到, en: Until}}
  done: {name: {zh: 完, en: Done}, end: true}
steps:
  wait: {name: {zh: 等, en: Wait}, from: [work], to: wait, by: [clerk]}
  on: {name: {zh: 续, en: On}, from: [wait], to: work, by: [clerk]}
  until: {name: {zh: 到, en: Until}, from: [work], to: until, by: [clerk], form: put_off}
  put_off: {name: {zh: 缓, en: Put off}, from: [until], by: [clerk], form: put_off}
  finish:
    name: {zh: 完, en: Finish}
    from: [work, until]
    to: done
    by: [clerk]
    offline: true
    effects: [{record: {element: case.clock.in_time, value: '"whole" in it.late || "end" in it.late ? 0 : 1'}}]
deadlines:
  whole:
    name: {zh: 全程, en: Whole}
    in: [work]
    pause: [wait]
    take: 10h
    remind: [{before: 3h, tell: [clerk]}, {before: 1h, tell: [clerk]}]
    tell: [clerk]
    escalate: [{after: 1h, tell: [boss]}, {after: 1wd, tell: [boss, clerk]}]
  waiting: {name: {zh: 等待, en: Waiting}, in: [wait], again: true, take: 2d}
  end: {name: {zh: 到时, en: End}, in: [until], until: data.by}
`

// A deadline stands still while a case waits for what others must do, and goes on with what was left.
func TestDeadlinesPauseAndResume(t *testing.T) {
	d := newDesk(t, sound(t, clocks))
	c := d.open("open", nil)
	due := func() time.Duration { return c.Clocks["whole"].Due.Sub(d.now) }
	if due() != 10*time.Hour {
		t.Fatalf("due in %v", due())
	}
	c, _ = d.later(c, 4*time.Hour)
	c = d.do(c, "wait", nil)
	if !c.Clocks["whole"].Paused() || c.Clocks["waiting"].Done {
		t.Fatalf("%+v", c.Clocks["whole"])
	}
	c, said := d.later(c, 30*time.Hour)
	if len(said) > 0 || c.Clocks["whole"].Past {
		t.Errorf("what stands still says %q", said)
	}
	c = d.do(c, "on", nil)
	if due() != 6*time.Hour || c.Clocks["waiting"].Late || !c.Clocks["waiting"].Done {
		t.Errorf("due in %v, %+v", due(), c.Clocks["waiting"])
	}
	c = d.do(c, "wait", nil)
	c, _ = d.later(c, time.Hour)
	c = d.do(c, "on", nil)
	if due() != 6*time.Hour {
		t.Errorf("a second pause leaves %v", due())
	}
	c = d.do(c, "finish", nil)
	if r := c.Clocks["whole"]; !r.Done || r.Late {
		t.Errorf("%+v", r)
	}
	if a := d.typ.Next(d.cal, c); !a.At.IsZero() {
		t.Errorf("of a case that is over %v is due", a)
	}
}

func TestRemindersAndEscalationsComeInOrder(t *testing.T) {
	d := newDesk(t, sound(t, clocks))
	c := d.open("open", nil) // Monday 10:00, due at 20:00
	c, said := d.later(c, 7*24*time.Hour)
	want := []string{"7h0m0s Whole: due soon [clerk]", "9h0m0s Whole: due soon [clerk]", "10h0m0s Whole: due now [clerk]", "11h0m0s Whole: overdue [boss]", "38h0m0s Whole: overdue [boss clerk]"}
	if !slices.Equal(said, want) {
		t.Errorf("said %q", said)
	}
	c = d.do(c, "finish", nil)
	if r := c.Clocks["whole"]; !r.Late || !r.Done {
		t.Errorf("%+v", r)
	}
	if f := d.log[c.ID][len(d.log[c.ID])-1].Events[1].Fact; f.Value != 0 {
		t.Errorf("the fact is %v", f)
	}
	// All of it at once, after a node was down: the same, once each.
	d = newDesk(t, d.typ)
	c = d.open("open", nil)
	d.now = d.now.Add(7 * 24 * time.Hour)
	c = d.take(d.typ.Ring(d.world(), c))
	told := 0
	for _, e := range d.log[c.ID][1].Events {
		if e.Kind == procedure.Told {
			told++
		}
	}
	if told != len(want) {
		t.Errorf("%d were told late, not %d", told, len(want))
	}
	if again, e, err := d.typ.Ring(d.world(), c); e != nil || err != nil || again != c && again.Seq != c.Seq {
		t.Errorf("it rings again: %v %v", e, err)
	}
}

func TestADeadlineThatEndsAtATimeIsPutOff(t *testing.T) {
	d := newDesk(t, sound(t, clocks))
	c := d.open("open", nil)
	c = d.do(c, "until", map[string]any{"by": "2026-03-03T18:00"})
	if got := c.Clocks["end"].Due; !got.Equal(time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("due at %v", got)
	}
	c = d.do(c, "put_off", map[string]any{"by": "2026-03-04T18:00"})
	c, _ = d.later(c, 40*time.Hour)
	if c.Clocks["end"].Past {
		t.Error("it fell due at its first end")
	}
	if c, _ = d.later(c, 20*time.Hour); !c.Clocks["end"].Past {
		t.Error("it did not fall due at its second")
	}
}

// What was done without a network counts by when it was done, not by when it was sent; other steps
// are done when they arrive.
func TestWhatWasDoneOffLineCountsByItsTime(t *testing.T) {
	for name, c := range map[string]struct {
		step    string
		at      time.Duration
		in      bool
		offline bool
	}{"in time": {"finish", 9 * time.Hour, true, true}, "late": {"finish", 11 * time.Hour, false, true}, "before it was opened": {"finish", -time.Hour, true, true}, "in the future": {"finish", 99 * time.Hour, false, false}, "not off line": {"wait", time.Hour, false, false}} {
		d := newDesk(t, sound(t, clocks))
		k := d.open("open", nil)
		at := d.now.Add(c.at)
		k, _ = d.later(k, 20*time.Hour)
		k, e, err := d.typ.Do(d.world(), k, procedure.Act{Step: c.step, Who: procedure.Who{ID: clerk, Holds: all}, At: at})
		if err != nil {
			t.Fatal(err)
		}
		if (e.Events[0].Text != "") != c.offline {
			t.Errorf("%s: done at %q", name, e.Events[0].Text)
		}
		if c.step == "finish" && (k.Clocks["whole"].Late == c.in || (e.Events[1].Fact.Value == 1) != c.in) {
			t.Errorf("%s: late %v, fact %v", name, k.Clocks["whole"].Late, e.Events[1].Fact)
		}
	}
}

const parents = `
type: parent
version: 1
name: {zh: 父, en: Parent}
prefix: T
roles:
  clerk: {name: {zh: 员, en: Clerk}, filled: {grant: operator}}
forms:
  of: {type: object, properties: {list: {title: 列, title-en: List, type: array, items: {type: string}}}}
  child: {type: object, properties: {what: {title: 何, title-en: What, type: string}}}
start:
  open:
    name: {zh: 开, en: Open}
    by: [clerk]
    form: of
    to: wait
    effects: [{spawn: {type: parent, start: child, link: parts, each: form.list, with: {what: each}}}]
  child: {name: {zh: 子, en: Child}, by: [parent], form: child, to: small}
  asked: {name: {zh: 申, en: Asked}, by: [clerk], under: parent, to: small}
takes:
  more: {name: {zh: 申请, en: More}, type: parent, start: asked, in: [wait]}
states:
  wait: {name: {zh: 等, en: Wait}}
  small: {name: {zh: 小, en: Small}}
  joined: {name: {zh: 齐, en: Joined}, end: true}
  good: {name: {zh: 好, en: Good}, end: true}
  bad: {name: {zh: 坏, en: Bad}, end: true, outcome: refused}
steps:
  join: {name: {zh: 齐, en: Join}, from: [wait], to: joined, on: {children: {link: parts, need: NEED}}}
  stop: {name: {zh: 停, en: Stop}, from: [wait], to: bad, by: [clerk], effects: [{signal: {link: parts, name: stop, which: 'children.filter(k, "what" in k.data && k.data.what != "b").map(k, k.id)'}}]}
  well: {name: {zh: 好, en: Well}, from: [small], to: good, by: [clerk]}
  badly: {name: {zh: 坏, en: Badly}, from: [small], to: bad, by: [clerk]}
  stopped: {name: {zh: 停, en: Stopped}, from: [small], to: bad, on: {parent: stop}}
deadlines:
  stay: {name: {zh: 留, en: Stay}, in: [wait, small], take: 9d}
`

// family opens a parent with its children.
func family(t *testing.T, need string, of ...any) (*desk, *procedure.Case, []*procedure.Case) {
	t.Helper()
	d := newDesk(t, sound(t, strings.Replace(parents, "NEED", need, 1)))
	c := d.open("open", map[string]any{"list": of})
	var kids []*procedure.Case
	for _, e := range d.log[c.ID][0].Events {
		if e.Kind != procedure.Spawned {
			continue
		}
		k := d.take(d.typ.Begin(d.world(), procedure.Opening{ID: e.Child.ID, Start: e.Child.Start, Data: e.Child.With, Region: c.Region, Birth: procedure.Birth{Parent: c.ID, Link: e.Child.Link}}))
		c = d.take(d.typ.ChildCame(d.world(), c, d.typ.Report(k)))
		kids = append(kids, k)
	}
	return d, c, kids
}

func TestJoins(t *testing.T) {
	for name, c := range map[string]struct {
		need string
		done []string // what becomes of the children, one after another
		at   int      // after how many of them it is joined; -1 for never
	}{
		"all":               {"all", []string{"well", "badly", "well"}, 3},
		"all of none":       {"all", nil, 0},
		"any":               {"any", []string{"badly", "well", "well"}, 1},
		"any of none":       {"any", nil, 0},
		"two":               {`"2"`, []string{"well", "badly", "well"}, 2},
		"more than are":     {`"9"`, []string{"well", "well"}, 2},
		"all that are good": {"all, in: [good]", []string{"well", "badly"}, -1},
		"any that is good":  {"any, in: [good]", []string{"badly", "well"}, 2},
	} {
		var of []any
		for i := range c.done {
			of = append(of, fmt.Sprint(i))
		}
		d, p, kids := family(t, c.need, of...)
		joined := -1
		for i := 0; ; i++ {
			if p.State == "joined" && joined < 0 {
				joined = i
			}
			if i == len(kids) {
				break
			}
			k := d.do(kids[i], c.done[i], nil)
			p = d.take(d.typ.ChildCame(d.world(), p, d.typ.Report(k)))
		}
		if joined != c.at {
			t.Errorf("%s: joined after %d, not %d", name, joined, c.at)
		}
	}
}

func TestParentsSignalAndTakeIn(t *testing.T) {
	d, p, kids := family(t, "all", "a", "b", "c")
	// Somebody opens a case under it.
	o := procedure.Opening{ID: "0OTHER0000000000000000000", Start: "asked", Region: p.Region, Who: procedure.Who{ID: clerk, Holds: all}, Birth: procedure.Birth{Link: "more"}}
	if _, _, err := d.typ.Begin(d.world(), o); err == nil {
		t.Error("it was opened under nothing")
	}
	o.Birth.Parent = p.ID
	k := d.take(d.typ.Begin(d.world(), o))
	p = d.take(d.typ.Adopt(d.world(), p, d.typ.Report(k)))
	if len(p.Children) != 4 || p.Children[3].State != "small" {
		t.Fatalf("children %+v", p.Children)
	}
	report := d.typ.Report(k)
	report.Link = "parts"
	if _, _, err := d.typ.Adopt(d.world(), p, report); err == nil {
		t.Error("it was taken in where nothing is")
	}
	p = d.do(p, "stop", nil)
	last := d.log[p.ID][len(d.log[p.ID])-1]
	i := slices.IndexFunc(last.Events, func(e procedure.Event) bool { return e.Kind == procedure.Signalled })
	if i < 0 || !slices.Equal(last.Events[i].IDs, []string{kids[0].ID, kids[2].ID}) {
		t.Fatalf("signalled %+v", last.Events)
	}
	if got := d.take(d.typ.Hear(d.world(), kids[0], "stop")); got.State != "bad" {
		t.Errorf("stands in %s", got.State)
	}
	if _, e, err := d.typ.Hear(d.world(), kids[1], "jump"); e != nil || err != nil {
		t.Errorf("heard what nobody listens to: %v %v", e, err)
	}
	if _, _, err := d.typ.Adopt(d.world(), p, d.typ.Report(k)); err == nil {
		t.Error("it was taken in by a case that is over")
	}
}

func TestAStepIsTakenBackOnceAndOnlyIfNothingLeft(t *testing.T) {
	d := newDesk(t, sound(t, clocks))
	c := d.open("open", nil)
	me := procedure.Who{ID: clerk, Holds: all}
	last := func() *procedure.Entry { return &d.log[c.ID][len(d.log[c.ID])-1] }
	undo := func(who procedure.Who, e *procedure.Entry, code string) *procedure.Entry {
		t.Helper()
		u, err := d.typ.Undo(d.world(), c, who, e)
		var f *procedure.Fault
		if errors.As(err, &f) != (code != "") || f != nil && f.Code != "procedure."+code {
			t.Errorf("%v, not %q", err, code)
		}
		return u
	}
	undo(procedure.Who{ID: opener}, last(), "undo.never") // an opening
	c = d.do(c, "wait", nil)
	undo(procedure.Who{ID: "0SOMEBODY", Holds: all}, last(), "undo.late")
	undo(me, &d.log[c.ID][0], "undo.late")
	d.now = d.now.Add(procedure.UndoFor + time.Second)
	undo(me, last(), "undo.late")
	d.now = d.now.Add(-procedure.UndoFor)
	u := undo(me, last(), "")
	text, hash, err := u.Seal()
	if err != nil {
		t.Fatal(err)
	}
	d.log[c.ID], d.hash[c.ID], d.texts[c.ID] = append(d.log[c.ID], *u), append(d.hash[c.ID], hash), append(d.texts[c.ID], text)
	c = procedure.FoldAll(d.log[c.ID], d.hash[c.ID])
	if c.State != "work" || c.Seq != 3 || c.Clocks["whole"].Paused() || c.Clocks["waiting"] != nil {
		t.Errorf("stands in %s, %+v", c.State, c.Clocks["whole"])
	}
	if _, err := procedure.Verify(c.ID, d.texts[c.ID], c.Hash); err != nil {
		t.Error(err)
	}
	undo(me, last(), "undo.never")
	c = d.do(c, "wait", nil) // it goes on
	if c.Seq != 4 || c.State != "wait" {
		t.Errorf("%+v", c)
	}

	// A child's step that its parent learnt of stays.
	fd, _, kids := family(t, "all", "a")
	k := fd.do(kids[0], "well", nil)
	if _, err := fd.typ.Undo(fd.world(), k, me, &fd.log[k.ID][1]); err == nil {
		t.Error("the parent's child was taken back")
	}
}

// Only who has a role does its steps; who has it may hand it over, and a stand-in acts for who is
// away, by name.
func TestHandOverAndAbsence(t *testing.T) {
	typ := sound(t, lending(t))
	d := newDesk(t, typ)
	ask := map[string]any{"what": "tent", "from": "2026-03-05", "until": "2026-03-06", "phone": "010 8888"}
	if _, _, err := typ.Begin(d.world(), procedure.Opening{ID: "x", Start: "ask", Outside: true, Region: "110105001", Data: map[string]any{"what": "tent", "from": "2026-03-07", "until": "2026-03-06", "phone": "010 8888"}}); err == nil {
		t.Error("it ends before it begins and was taken")
	}
	c := d.open("ask", ask)
	const keeper, other = "0KEEPER0000000000000000000", "0OTHER00000000000000000000"
	d.refuse(c, procedure.Who{ID: opener}, "lend", map[string]any{"keeper": keeper, "item": "1"}, "act.role")
	d.refuse(c, procedure.Who{ID: clerk, Holds: all}, "back", map[string]any{"whole": "yes"}, "act.state")
	d.refuse(c, procedure.Who{ID: clerk, Holds: all}, "jump", nil, "act.step")
	d.refuse(c, procedure.Who{ID: clerk, Holds: all}, "lend", map[string]any{"item": "1"}, "fill.required")
	c = d.do(c, "lend", map[string]any{"keeper": keeper, "item": "1"})
	back := map[string]any{"whole": "yes"}
	d.refuse(c, procedure.Who{ID: clerk, Holds: all}, "back", back, "act.role")
	d.refuse(c, procedure.Who{ID: keeper}, "back", back, "act.role") // holds the post no more
	if steps := typ.StepsFor(d.world(), c, procedure.Who{ID: keeper, Holds: all}); len(steps) != 1 || steps[0].ID != "back" {
		t.Errorf("the keeper may do %v", steps)
	}
	hand := func(who procedure.Who) error {
		_, _, err := typ.HandOver(d.world(), c, who, "keeper", other, "on leave")
		return err
	}
	if hand(procedure.Who{ID: other, Holds: func(string, string) bool { return false }}) == nil {
		t.Error("somebody else handed it over")
	}
	if err := hand(procedure.Who{ID: clerk, Holds: all}); err != nil {
		t.Errorf("who assigns it may not hand it over: %v", err)
	}
	c = d.take(typ.HandOver(d.world(), c, procedure.Who{ID: keeper, Holds: all}, "keeper", other, "on leave"))
	d.refuse(c, procedure.Who{ID: keeper, Holds: all}, "back", back, "act.role")
	c = d.as(c, procedure.Who{ID: "0STANDIN", Absent: []string{other}, Holds: all}, "back", back)
	if e := d.log[c.ID][len(d.log[c.ID])-1]; e.Actor.For != other || e.Actor.ID != "0STANDIN" || !c.Closed() || c.Outcome != "done" {
		t.Errorf("done by %+v, %s", e.Actor, c.Outcome)
	}
	if _, _, err := typ.HandOver(d.world(), c, procedure.Who{ID: other}, "keeper", keeper, ""); err == nil {
		t.Error("a case that is over was handed over")
	}
}

// Whichever byte of a kept entry is changed, the chain shows it, and names an entry at or beside it.
func TestTheChainShowsEveryChangedByte(t *testing.T) {
	typ := sound(t, lending(t))
	d := newDesk(t, typ)
	c := d.open("ask", map[string]any{"what": "tent", "from": "2026-03-05", "until": "2026-03-06", "phone": "010 8888"})
	c = d.do(c, "lend", map[string]any{"keeper": "0KEEPER0000000000000000000", "item": "帐篷 1"})
	c, _ = d.later(c, 200*time.Hour)
	texts := d.texts[c.ID]
	if _, err := procedure.Verify(c.ID, texts, c.Hash); err != nil || len(texts) < 4 {
		t.Fatal(err, len(texts))
	}
	broken := func(texts [][]byte, head string) *procedure.Fault {
		_, err := procedure.Verify(c.ID, texts, head)
		var f *procedure.Fault
		errors.As(err, &f)
		return f
	}
	for i := range texts {
		for at := range texts[i] {
			for _, flip := range []byte{1, 0x20, 0x80} {
				changed := slices.Clone(texts)
				changed[i] = slices.Clone(texts[i])
				changed[i][at] ^= flip
				f := broken(changed, c.Hash)
				if f == nil {
					t.Fatalf("byte %d of entry %d was changed unseen", at, i+1)
				}
				if seq := f.Args["seq"].(int); seq != i+1 {
					t.Fatalf("byte %d of entry %d was changed and %d is named (%s)", at, i+1, seq, f.Code)
				}
			}
		}
	}
	for name, f := range map[string]*procedure.Fault{
		"one is missing at the end":    broken(texts[:len(texts)-1], c.Hash),
		"one is missing at the front":  broken(texts[1:], c.Hash),
		"one is missing in the middle": broken(slices.Delete(slices.Clone(texts), 1, 2), c.Hash),
		"two are changed over":         broken(append([][]byte{texts[1], texts[0]}, texts[2:]...), c.Hash),
		"none is left":                 broken(nil, c.Hash),
		"another head":                 broken(texts, strings.Repeat("0", 64)),
	} {
		if f == nil {
			t.Errorf("%s: nothing is seen", name)
		}
	}
}

// A case that lived is the same as one folded from what is kept, to the last field.
func TestLiveAndReplayedCasesAreTheSame(t *testing.T) {
	typ := sound(t, lending(t))
	d := newDesk(t, typ)
	c := d.open("ask", map[string]any{"what": "tent", "from": "2026-03-05", "until": "2026-03-06", "phone": "010 8888"})
	c, _ = d.later(c, time.Hour)
	c = d.do(c, "lend", map[string]any{"keeper": "0KEEPER0000000000000000000", "item": "1"})
	c, _ = d.later(c, 200*time.Hour)
	entries, err := procedure.Verify(c.ID, d.texts[c.ID], c.Hash)
	if err != nil {
		t.Fatal(err)
	}
	if again := procedure.FoldAll(entries, d.hash[c.ID]); !reflect.DeepEqual(again.Data, c.Data) || !reflect.DeepEqual(again.Hands, c.Hands) {
		t.Errorf("%+v\n%+v", again, c)
	}
	if err := procedure.Replay(c, entries, d.hash[c.ID]); err != nil {
		t.Error(err)
	}
	c.Data["item"] = "2"
	if err := procedure.Replay(c, entries, d.hash[c.ID]); err == nil {
		t.Error("another case was taken for the same")
	}
}
