// Package report makes the document that says what came of a message: what was sent, who
// approved it, who was reached when, as claimed and as heard, and who was not.
package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Data is everything a report says.
type Data struct {
	Message   *message.Message
	Versions  []*message.Version // those issued, the oldest first
	Places    string             // in words
	Issuer    string
	Figures   delivery.Figures
	Final     bool // the figures are frozen, and no later report says otherwise
	Curve     delivery.Curve
	Townships []delivery.Township
	Troubled  []delivery.Troubled
	Owing     []delivery.Troubled // those that were told to cancel and have not confirmed it
	Trail     []audit.Record      // the oldest first
	Rule      string              // name of the rule that said who must approve
	Made      time.Time
	Zone      *time.Location // in which its times are told
}

// MaxTroubled is how many terminals a report lists; the rest are in the figures.
const MaxTroubled = 2000

type writer struct {
	*document.Report
	lang i18n.Lang
	Data
}

func (w *writer) say(key string, args ...map[string]any) string {
	var a map[string]any
	if len(args) > 0 {
		a = args[0]
	}
	return i18n.T(w.lang, "alert.report."+key, a)
}

// word is the name of a value: a state, a severity, a reason.
func (w *writer) word(kind, value string) string {
	if value == "" {
		return ""
	}
	return i18n.T(w.lang, "alert."+kind+"."+value, nil)
}

// Write makes the report in a language.
func Write(d Data, lang i18n.Lang) *document.Report {
	w := &writer{lang: lang, Data: d}
	shown := d.Message.Current.Content
	w.Report = document.NewReport(w.say("title", map[string]any{"title": message.Word(d.Message.Kind, shown.Text(string(lang))).Title}), lang, d.Message.Kind.Drill())
	w.Report.Issuer, w.Report.Made, w.Report.Zone = d.Issuer, d.Made, d.Zone
	w.facts()
	w.figures() // the result first; what was said and who approved it after it, long lists last
	w.curve()
	w.texts()
	w.approvals()
	w.townships()
	w.troubled()
	w.owing()
	w.trail()
	return w.Report
}

func (w *writer) facts() {
	m, c := w.Message, &w.Message.Current.Content
	name, _ := c.Event.Name()
	event := name.Zh
	if w.lang == i18n.English {
		event = name.En
	}
	list := []document.KV{
		{Name: w.say("number"), Value: string(m.EBMID)},
		{Name: w.say("kind"), Value: w.word("kind", string(m.Kind)) + " · " + w.word("class", string(m.Class))},
		{Name: w.say("event"), Value: event},
		{Name: w.say("severity"), Value: w.word("severity", string(c.Severity))},
	}
	list = append(list, w.times()...)
	list = append(list,
		document.KV{Name: w.say("state"), Value: w.state()},
		document.KV{Name: w.say("people"), Value: m.Current.Reach.People, Unit: w.say("peopleUnit")},
		document.KV{Name: w.say("terminals"), Value: w.Figures.Targets},
	)
	w.Facts(list...)
	if !w.Final {
		w.Text(w.say("provisional"))
	}
	w.Text(w.say("area") + w.Places)
	if m.Current.Reach.Estimated {
		w.Text(w.say("estimate"))
	}
}

// state is how the message stands, and once it is over, how it ended, in the word that its page
// says.
func (w *writer) state() string {
	if m := w.Message; m.State == message.Ended {
		return w.word("over", string(m.EndReason))
	}
	return w.word("state", string(w.Message.State))
}

// times are when the message was first issued and began, when each update was issued, when it
// was to end and when and how it did.
func (w *writer) times() []document.KV {
	m := w.Message
	first := m.Current
	if len(w.Versions) > 0 {
		first = w.Versions[0]
	}
	list := []document.KV{
		{Name: w.say("issued"), Value: m.IssuedAt},
		{Name: w.say("starts"), Value: later(m.IssuedAt, first.Content.StartsAt)},
	}
	for _, v := range w.Versions[min(1, len(w.Versions)):] {
		list = append(list, document.KV{Name: w.say("updated", map[string]any{"number": v.Number}), Value: later(v.IssuedAt, v.Content.StartsAt)})
	}
	list = append(list, document.KV{Name: w.say("planned"), Value: m.EndsAt})
	if m.EndedAt.IsZero() {
		return append(list, document.KV{Name: w.say("ended"), Value: w.say("notEnded")})
	}
	return append(list, document.KV{Name: w.say("ended"), Value: m.EndedAt}, document.KV{Name: w.say("endedBy"), Value: w.ending()})
}

// later is when what was issued for a moment began: at once, unless that lay ahead.
func later(issued, starts time.Time) time.Time {
	if starts.After(issued) {
		return starts
	}
	return issued
}

// ending is how the message ended, by whom, and the reason that they gave.
func (w *writer) ending() string {
	s := w.word("end", string(w.Message.EndReason))
	for _, r := range w.Trail {
		if r.Action == endings[w.Message.EndReason] {
			s += " · " + w.actor(r)
			break
		}
	}
	if w.Message.EndNote != "" {
		s += " · " + w.say("endNote", map[string]any{"note": w.Message.EndNote})
	}
	return s
}

// endings are the acts by which messages end.
var endings = map[message.EndReason]string{message.Expired: "alert.end", message.Cancelled: "alert.cancel", message.Stopped: "alert.stop"}

func (w *writer) actor(r audit.Record) string {
	if strings.HasPrefix(r.Actor, "system") {
		return w.say("system")
	}
	return r.ActorName
}

func (w *writer) texts() {
	w.Heading(w.say("texts"))
	for _, v := range w.Versions {
		if len(w.Versions) > 1 {
			w.Text(w.say("version", map[string]any{"number": v.Number, "at": w.moment(v.IssuedAt)}))
		}
		for _, t := range v.Content.Texts {
			x := message.Word(w.Message.Kind, t)
			w.Text(strings.TrimSpace(x.Title + "\n" + x.Body + "\n" + x.Advice))
		}
		w.attachments(v.Content.Attachments)
	}
}

func (w *writer) attachments(list []message.Attachment) {
	for _, a := range list {
		key := "picture"
		if a.Audible() {
			key = "audio"
		}
		w.Text(w.say(key, map[string]any{"name": a.Name, "size": max(1, (a.Bytes+512)/1024), "digest": a.SM3[:16]}))
	}
}

func (w *writer) moment(t time.Time) string {
	return t.In(w.Data.Zone).Format("2006-01-02 15:04:05")
}

func (w *writer) approvals() {
	rows := [][]any{}
	for _, v := range w.Versions {
		rows = append(rows, []any{v.Number, w.say("checked"), v.CheckedBy.Name, v.CheckedAt, v.Digest[:16]})
		for _, a := range v.Approvals {
			rows = append(rows, []any{v.Number, w.say("countersigned"), a.By.Name, a.At, a.Digest[:16]})
		}
	}
	w.Table(document.Table{Title: w.say("approvals"), Columns: []document.Column{{Title: w.say("versionColumn"), Kind: document.Count}, {Title: w.say("act")},
		{Title: w.say("person")}, {Title: w.say("time"), Kind: document.Instant}, {Title: w.say("digest")}}, Rows: rows,
		Note: w.say("rule", map[string]any{"rule": w.Rule})})
}

func (w *writer) figures() {
	rows, note := w.results()
	w.Table(document.Table{Title: w.say("figures"), Columns: []document.Column{{Title: w.say("what")}, {Title: w.say("count"), Kind: document.Count},
		{Title: w.say("share"), Kind: document.Share, Decimals: 1}},
		Rows: rows, Note: note})
}

// results are the rows of what came of it, and the note that says how to read them.
func (w *writer) results() (rows [][]any, note string) {
	f := w.Figures
	share := func(n int) any {
		if f.Targets == 0 {
			return nil
		}
		return float64(n) / float64(f.Targets)
	}
	row := func(key string, n int) []any { return []any{w.say(key), n, share(n)} }
	heard := []any{w.say("heard"), nil, nil} // nothing was measured: that is no zero
	if f.Measured() {
		heard = row("heard", f.Heard)
	}
	rows = [][]any{row("targets", f.Targets), row("answered", f.Answered), row("claimed", f.Reached), row("played", f.Played), heard,
		row("unmeasured", f.Unmeasured), row("failed", f.Failed+f.Refused), row("cancelled", f.Cancelled), row("silent", f.Offline), row("late", f.Late)}
	if f.CancelSent > 0 { // a stop of everything is confirmed by itself, and what ran out is not cancelled
		rows = append(rows, []any{w.say("cancelSent"), f.CancelSent, nil}, []any{w.say("cancelDone"), f.CancelDone, float64(f.CancelDone) / float64(f.CancelSent)})
	}
	note = w.speed() + w.say("claimedNote")
	if !w.Final {
		note = w.say("provisional") + note
	}
	if n := w.Message.Current.Number; len(w.Versions) > 1 { // what came of a version before says nothing of the newest
		ever := []any{w.say("everHeard"), nil, nil}
		if f.Measured() || f.Ever.Heard > 0 {
			ever[1] = f.Ever.Heard
		}
		rows = append(rows, []any{w.say("everTargets"), f.Ever.Targets, nil}, []any{w.say("everClaimed"), f.Ever.Reached, nil}, ever)
		note = w.say("newest", map[string]any{"number": n}) + w.before() + note
	}
	return rows, note
}

// before says what was heard of the versions before, where nothing was of the newest yet.
func (w *writer) before() string {
	f := w.Figures
	if f.Measured() || f.Ever.Heard == 0 {
		return ""
	}
	args := map[string]any{"number": w.Message.Current.Number, "heard": f.Ever.Heard, "before": w.Versions[0].Number}
	if len(w.Versions) > 2 {
		return w.say("heardBefore", args)
	}
	return w.say("heardFirst", args)
}

// speed says how soon half and nine tenths of the terminals had answered, as far as that came.
func (w *writer) speed() string {
	const half, most = 10, 18 // twentieths
	q := w.Curve.Quick
	seconds := func(n int) string { return strconv.FormatFloat(math.Ceil(float64(q[n-1])/100)/10, 'f', 1, 64) }
	switch {
	case len(q) >= most:
		return w.say("speed", map[string]any{"half": seconds(half), "most": seconds(most)})
	case len(q) >= half:
		return w.say("speedHalf", map[string]any{"half": seconds(half)})
	}
	return ""
}

func (w *writer) curve() {
	c := w.Curve
	if c.Targets == 0 || len(c.Answered) == 0 {
		return
	}
	line := func(key string, counts []int) document.Series {
		s := document.Series{Name: w.say(key), Step: true, Points: []document.Point{{X: 0, Y: 0}}}
		for i, n := range counts {
			s.Points = append(s.Points, document.Point{X: float64(int64(i+1)*c.StepMillis) / 1000, Y: float64(n)})
		}
		return s
	}
	chart := document.LineChart{Title: w.say("curve"), XTitle: w.say("seconds"), YTitle: w.say("terminals"),
		Series: []document.Series{line("answered", c.Answered), line("claimed", c.Reached), line("played", c.Played)},
		Marks:  []document.Mark{{Name: w.say("targets"), Y: float64(c.Targets)}}}
	if w.Figures.Measured() {
		chart.Series = append(chart.Series, line("heard", c.Heard))
	}
	w.Chart(chart)
}

func (w *writer) townships() {
	rows := make([][]any, 0, len(w.Townships))
	for _, t := range w.Townships {
		f := t.Figures
		name := t.Name
		if name == "" {
			name = t.Code
		}
		rows = append(rows, []any{name, f.Targets, f.Answered, f.Reached, f.Played, heardOf(f), f.Failed + f.Refused, f.Offline, f.Late})
	}
	f := w.Figures
	var columns []document.Column
	for _, key := range []string{"targets", "answered", "claimed", "played", "heard", "failed", "silent", "late"} {
		columns = append(columns, document.Column{Title: w.say(key + "Short"), Kind: document.Count})
	}
	w.Table(document.Table{Title: w.say("townships"), Columns: append([]document.Column{{Title: w.say("township")}}, columns...), Rows: rows,
		Total: []any{w.say("total"), f.Targets, f.Answered, f.Reached, f.Played, heardOf(f), f.Failed + f.Refused, f.Offline, f.Late}})
}

// heardOf is how many were heard; nil, which is shown as a dash, until any microphone listened.
func heardOf(f delivery.Figures) any {
	if !f.Measured() {
		return nil
	}
	return f.Heard
}

func (w *writer) troubled() {
	w.terminals("troubled", w.Troubled, []document.Column{{Title: w.say("problem")}, {Title: w.say("reason")}}, func(t *delivery.Troubled) []any {
		return []any{w.word("problem", string(t.Problem)), w.word("reason", t.Reason)}
	})
}

// owing lists who did not confirm the cancel, where anybody did not.
func (w *writer) owing() {
	if len(w.Owing) > 0 {
		w.terminals("owing", w.Owing, nil, func(*delivery.Troubled) []any { return nil })
	}
}

// terminals lists terminals: where and which each is, what of says, and how often it was sent
// the message or its cancellation.
func (w *writer) terminals(title string, list []delivery.Troubled, columns []document.Column, of func(*delivery.Troubled) []any) {
	rows := [][]any{}
	names := map[string]string{}
	for _, t := range w.Townships {
		names[t.Code] = t.Name
	}
	for i := range list[:min(len(list), MaxTroubled)] {
		t := &list[i]
		rows = append(rows, slices.Concat([]any{names[t.Township], t.Name, t.Device}, of(t), []any{t.Attempts}))
	}
	note := ""
	if n := len(list) - MaxTroubled; n > 0 {
		note = w.say("more", map[string]any{"count": n})
	}
	columns = slices.Concat([]document.Column{{Title: w.say("township")}, {Title: w.say("name")}, {Title: w.say("device")}}, columns,
		[]document.Column{{Title: w.say("attempts"), Kind: document.Count}})
	w.Table(document.Table{Title: w.say(title), Columns: columns, Rows: rows, Note: note})
}

func (w *writer) trail() {
	rows := [][]any{}
	for _, r := range w.Trail {
		rows = append(rows, []any{r.At, w.actor(r), w.word("act", strings.TrimPrefix(r.Action, "alert.")), fmt.Sprint(map[bool]string{true: w.say("sealed"), false: "—"}[r.Sealed])})
	}
	w.Table(document.Table{Title: w.say("trail"), Columns: []document.Column{{Title: w.say("time"), Kind: document.Instant}, {Title: w.say("person")},
		{Title: w.say("act")}, {Title: w.say("chain")}}, Rows: rows})
}
