package board_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/board"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const read = auth.Permission("measure.read")

// staff are Ann and Ben, who are analysts, and Cai, who is a viewer.
type staff struct{}

func (staff) RolesOf(_ context.Context, user string) ([]string, error) {
	return map[string][]string{"ann": {"analyst"}, "ben": {"analyst", "engineer"}, "cai": {"viewer"}}[user], nil
}

func (staff) RolesWith(_ context.Context, perm auth.Permission) ([]board.Reader, error) {
	return []board.Reader{{ID: "analyst"}, {ID: "viewer"}}, nil
}

func as(name string) context.Context {
	return auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: name, Name: name}, map[auth.Permission][]string{read: {"c."}}))
}

var ann, ben, cai = as("ann"), as("ben"), as("cai")

type bench struct {
	*testing.T
	*board.Service
	clk  *clock.Manual
	gone map[string]bool // indicators that were retired
}

func each(t *testing.T, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		b := &bench{T: t, clk: clk, gone: map[string]bool{}}
		known := func(code string, all ...string) error {
			for _, c := range all {
				if c == code && !b.gone[code] {
					return nil
				}
			}
			return fault.New(fault.NotFound, "measure.indicator.not_found", fault.Args{"code": code})
		}
		b.Service = board.New(board.Deps{DB: db, Home: "c.", Staff: staff{}, Read: read,
			Indicator: func(code string) error { return known(code, "reach", "faults") }, Index: func(code string) error { return known(code, "service") }})
		fn(b)
	}, measure.Migrations())
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func draft(name, shared string) board.Draft {
	return board.Draft{Name: name, Shared: shared, Tiles: []board.Tile{{Kind: board.Number, Indicator: "reach", Wide: 1}, {Kind: board.Rank, Index: "service", Wide: 2}, {Kind: board.Text, Text: "先看这里", Wide: 3}}}
}

func (b *bench) names(ctx context.Context) string {
	b.Helper()
	list, err := b.List(ctx)
	b.ok(err)
	var names []string
	for _, x := range list {
		names = append(names, fmt.Sprintf("%s:%v", x.Name, x.Mine))
	}
	return strings.Join(names, " ")
}

// A board is seen by whom it is shared with, and changed by whom it belongs to.
func TestBoardsAreSeenByWhomTheyAreSharedWith(t *testing.T) {
	each(t, func(b *bench) {
		for _, shared := range []string{"", "analyst", board.Everyone} {
			b.clk.Advance(1e9)
			_, err := b.Make(ann, draft("to "+shared, shared))
			b.ok(err)
		}
		for who, want := range map[context.Context]string{ann: "to *:true to analyst:true to :true", ben: "to *:false to analyst:false", cai: "to *:false"} {
			if got := b.names(who); got != want {
				b.Errorf("%s sees %q, want %q", auth.Who(who).ID, got, want)
			}
		}
		list, err := b.List(ann)
		b.ok(err)
		all, analysts, own := list[0], list[1], list[2]
		for _, hidden := range []struct {
			who context.Context
			id  string
		}{{ben, own.ID}, {cai, analysts.ID}, {ann, "none"}} {
			if _, err := b.Get(hidden.who, hidden.id); !fault.Is(err, "measure.board.not_found") {
				b.Errorf("%s opened %s: %v", auth.Who(hidden.who).ID, hidden.id, err)
			}
			if _, err := b.Copy(hidden.who, hidden.id, i18n.Chinese); !fault.Is(err, "measure.board.not_found") {
				b.Errorf("%s copied %s: %v", auth.Who(hidden.who).ID, hidden.id, err)
			}
			if err := b.Remove(hidden.who, hidden.id, 1); !fault.Is(err, "measure.board.not_found") {
				b.Errorf("%s removed %s: %v", auth.Who(hidden.who).ID, hidden.id, err)
			}
		}
		if _, err := b.Change(ben, all.ID, 1, draft("mine", "")); !fault.Is(err, "measure.board.not_yours") {
			b.Errorf("somebody changed another's board: %v", err)
		}
		copied, err := b.Copy(cai, all.ID, i18n.Chinese)
		b.ok(err)
		if copied.Name != "to *（副本）" || !copied.Mine || copied.Shared != "" || len(copied.Tiles) != 3 || copied.Owner.ID != "cai" {
			b.Errorf("%+v", copied)
		}
	})
}

// A board is changed as it was read, or not at all.
func TestABoardChangesAsItWasRead(t *testing.T) {
	each(t, func(b *bench) {
		made, err := b.Make(ann, draft("one", ""))
		b.ok(err)
		turned := draft("two", "viewer")
		turned.Tiles[0], turned.Tiles[2] = turned.Tiles[2], turned.Tiles[0]
		changed, err := b.Change(ann, made.ID, made.Revision, turned)
		b.ok(err)
		if changed.Revision != 2 {
			b.Errorf("revision %d", changed.Revision)
		}
		if _, err := b.Change(ann, made.ID, made.Revision, draft("three", "")); !fault.Is(err, "stale") {
			b.Errorf("over another's change: %v", err)
		}
		again, err := b.Get(cai, made.ID)
		b.ok(err)
		if again.Name != "two" || again.Tiles[0].Kind != board.Text || again.Mine || again.Owner.Name != "ann" {
			b.Errorf("%+v", again)
		}
		if err := b.Remove(ann, made.ID, 1); !fault.Is(err, "stale") {
			b.Errorf("removed as it was no longer: %v", err)
		}
		b.ok(b.Remove(ann, made.ID, 2))
		if got := b.names(ann); got != "" {
			b.Errorf("left: %s", got)
		}
	})
}

func TestBadBoardsAreRefusedWithTheirPlace(t *testing.T) {
	each(t, func(b *bench) {
		for place, change := range map[string]func(d *board.Draft){
			"name":   func(d *board.Draft) { d.Name = " " },
			"shared": func(d *board.Draft) { d.Shared = "engineer" },
			"tiles": func(d *board.Draft) {
				d.Tiles = make([]board.Tile, 0, 30)
				for range 25 {
					d.Tiles = append(d.Tiles, board.Tile{Kind: board.Text, Text: "x", Wide: 1})
				}
			},
			"tiles[7].kind": func(d *board.Draft) {
				for range 5 {
					d.Tiles = append(d.Tiles, board.Tile{Kind: board.Map, Indicator: "reach", Wide: 1})
				}
			},
			"tiles[0].indicator": func(d *board.Draft) { d.Tiles[0].Indicator = "none" },
			"tiles[0].kind":      func(d *board.Draft) { d.Tiles[0].Kind = "pie" },
			"tiles[1].index":     func(d *board.Draft) { d.Tiles[1].Index = "" },
			"tiles[2].text":      func(d *board.Draft) { d.Tiles[2].Text = "\u202e" },
			"tiles[2].wide":      func(d *board.Draft) { d.Tiles[2].Wide = 4 },
		} {
			d := draft("bad", "")
			change(&d)
			if _, err := b.Make(ann, d); err == nil || fault.Of(err).Place != place {
				b.Errorf("%q: %v at %q", place, err, fault.Of(err).Place)
			}
		}
		for i := range board.MaxBoards {
			_, err := b.Make(ann, draft(fmt.Sprint(i), ""))
			b.ok(err)
		}
		if _, err := b.Make(ann, draft("one more", "")); !fault.Is(err, "measure.board.many") {
			b.Errorf("more than fit: %v", err)
		}
		// What is retired since may stay, and can be put in another order; nothing new of it comes.
		list, err := b.List(ann)
		b.ok(err)
		b.gone["reach"] = true
		d := list[0].Draft
		d.Tiles = []board.Tile{d.Tiles[1], d.Tiles[0]}
		kept, err := b.Change(ann, list[0].ID, 1, d)
		b.ok(err)
		d.Tiles = append(d.Tiles, board.Tile{Kind: board.Map, Indicator: "reach", Wide: 1})
		if _, err := b.Change(ann, kept.ID, 2, d); err == nil || fault.Of(err).Place != "tiles[2].indicator" {
			b.Errorf("of what is retired: %v", err)
		}
	})
}
