package main

import (
	"fmt"
	"io"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// teller says what orders came to a terminal and what became of each, a line each time.
type teller struct {
	out   io.Writer
	lang  i18n.Lang
	feed  chan any
	known map[string]string // what an order is called, and its message's title by its id alone
	said  map[string]string // what was said last of an order: a report that is sent again is no news
}

// maxKnown bounds how many orders are known by their names.
const maxKnown = 1000

func newTeller(out io.Writer, lang i18n.Lang) *teller {
	t := &teller{out: out, lang: lang, feed: make(chan any, 256), known: map[string]string{}, said: map[string]string{}}
	go func() {
		for x := range t.feed {
			t.say(x)
		}
	}()
	return t
}

// told takes news and waits for nobody: a terminal does not stand still because nobody reads what
// it says.
func (t *teller) told(x any) {
	select {
	case t.feed <- x:
	default:
	}
}

func (t *teller) word(key string, args fault.Args) string {
	return i18n.T(t.lang, "cli.terminal."+key, args)
}

func (t *teller) say(x any) {
	switch x := x.(type) {
	case *wire.Order:
		if len(t.known) >= maxKnown {
			clear(t.known)
			clear(t.said)
		}
		t.known[name(x.ID, x.Version)] = t.called(x)
	case *wire.Receipt:
		t.line(x.Order, x.Version, x.At, string(x.Phase), x.Reason)
	case *wire.Result:
		phase := "obeyed"
		if !x.OK {
			phase = string(wire.Failed)
		}
		t.line(x.Order, x.Version, x.At, phase, x.Reason)
	}
}

func name(order string, version int) string { return fmt.Sprint(order, " ", version) }

// called is what an order is called: what it wants, and of which message.
func (t *teller) called(o *wire.Order) string {
	title := t.known[o.ID]
	if len(o.Texts) > 0 {
		title = o.Texts[0].Title
		t.known[o.ID] = title // its cancel names it no more
	}
	what := t.word("kind."+string(o.Kind), nil)
	if o.Drill {
		what = t.word("drill", nil) + what
	}
	if title != "" {
		return what + t.word("quoted", fault.Args{"title": title})
	}
	return what
}

func (t *teller) line(order string, version int, at int64, phase string, reason wire.Reason) {
	key := name(order, version)
	what, known := t.known[key]
	if !known {
		what = t.word("unknown", fault.Args{"order": order})
	}
	became := t.word("phase."+phase, nil)
	if reason != "" {
		became += t.word("why", fault.Args{"reason": i18n.T(t.lang, "alert.reason."+string(reason), nil)})
	}
	if t.said[key] != became {
		t.said[key] = became
		fmt.Fprintln(t.out, time.UnixMicro(at).Format(time.TimeOnly), t.word("line", fault.Args{"what": what, "became": became}))
	}
}
