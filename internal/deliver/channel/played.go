package channel

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Played is one time that an item played.
type Played struct {
	PlayView
	Devices []DevicePlay `json:"devices" doc:"Those that gave any word, at most 5,000"`
}

// DevicePlay is what one loudspeaker did with it.
type DevicePlay struct {
	Code    string      `json:"code"`
	Name    string      `json:"name"`
	State   string      `json:"state" doc:"As the last receipt says"`
	Reason  string      `json:"reason,omitempty"`
	BeganAt *time.Time  `json:"beganAt,omitempty"`
	EndedAt *time.Time  `json:"endedAt,omitempty"`
	Yields  []YieldView `json:"yields"`
}

// YieldView is a time during which something higher sounded.
type YieldView struct {
	From   time.Time  `json:"from"`
	To     *time.Time `json:"to,omitempty" doc:"Absent: it did not come back"`
	Reason string     `json:"reason"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Played lists what was played.
func (m *Module) Played(ctx context.Context, a asked) (out store.Listing[PlayView], err error) {
	found, err := listOccurrences(ctx, m.DB, a)
	if err != nil {
		return out, err
	}
	out = store.Listing[PlayView]{Items: make([]PlayView, len(found.Items)), Next: found.Next, Total: found.Total}
	known, now := map[string]*Timetable{}, m.Clock.Now()
	for i, o := range found.Items {
		if known[o.Timetable] == nil {
			if known[o.Timetable], err = readTimetable(ctx, m.DB, o.Timetable); err != nil {
				return out, err
			}
		}
		out.Items[i] = playView(ctx, o, known[o.Timetable], now)
		if out.Items[i].Outcome = o.Outcome; o.Outcome == nil && o.MessageID != "" {
			if out.Items[i].Outcome, err = m.outcome(ctx, o); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

const maxDevicePlays = 5000

// PlayedOne is one time that an item played, loudspeaker by loudspeaker.
func (m *Module) PlayedOne(ctx context.Context, id string) (p Played, err error) {
	o, err := readOccurrence(ctx, m.DB, id)
	if err != nil {
		return p, err
	}
	if !auth.ScopeOf(ctx, PermRead).Allows(o.RegionPath) {
		return p, notFound()
	}
	t, err := readTimetable(ctx, m.DB, o.Timetable)
	if err != nil {
		return p, err
	}
	p = Played{PlayView: playView(ctx, o, t, m.Clock.Now()), Devices: []DevicePlay{}}
	if o.MessageID == "" {
		return p, nil
	}
	if p.Outcome == nil {
		if p.Outcome, err = m.outcome(ctx, o); err != nil {
			return p, err
		}
	}
	list, err := m.Receipts.Soundings(ctx, o.MessageID)
	if err != nil {
		return p, err
	}
	list = list[:min(len(list), maxDevicePlays)]
	codes := make([]string, len(list))
	for i, s := range list {
		codes[i] = s.Device
	}
	names, err := m.Devices.Devices(ctx, codes)
	for _, s := range list {
		d := DevicePlay{Code: s.Device, Name: names[s.Device].Name, State: s.State, Reason: s.Reason, BeganAt: moment(s.Began), EndedAt: moment(s.Ended), Yields: []YieldView{}}
		for _, y := range s.Yields {
			d.Yields = append(d.Yields, YieldView{y.From, moment(y.To), y.Reason})
		}
		p.Devices = append(p.Devices, d)
	}
	return p, err
}

// maxExport is how many rows a table has.
const maxExport = 20_000

// export writes what was played as a table, the earliest first.
func (m *Module) export(ctx context.Context, w io.Writer, format string, a asked) error {
	lang := httpapi.LangOf(ctx)
	say := func(key string) string { return i18n.T(lang, "channel.export."+key, nil) }
	var rows []PlayView
	for a.Page = pageAll; ; {
		found, err := m.Played(ctx, a)
		if err != nil {
			return err
		}
		if rows = append(rows, found.Items...); len(rows) > maxExport {
			return tooMany(maxExport)
		}
		if found.Next == "" {
			break
		}
		a.Page.After = found.Next
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].StartsAt.Before(rows[j].StartsAt) })
	names := []string{"timetable", "title", "kind", "starts", "ends", "state", "began", "ended", "targets", "reached", "played", "failed", "yielded", "yield_from", "yield_to", "reasons"}
	if format == "csv" {
		lines := [][]string{make([]string, len(names))}
		for i, n := range names {
			lines[0][i] = say(n)
		}
		for i := range rows {
			lines = append(lines, rows[i].texts(m.Zone, lang))
		}
		return document.WriteCSV(w, slices.Values(lines))
	}
	report := document.NewReport(say("sheet"), lang, false)
	table := document.Table{Title: say("sheet")}
	kinds := []document.Kind{3: document.Instant, 4: document.Instant, 6: document.Instant, 7: document.Instant, 8: document.Count, 9: document.Count, 10: document.Count, 11: document.Count,
		12: document.Count, 13: document.Instant, 14: document.Instant, 15: document.Plain}
	for i, n := range names {
		table.Columns = append(table.Columns, document.Column{Title: say(n), Kind: kinds[i]})
	}
	for i := range rows {
		table.Rows = append(table.Rows, rows[i].cells(m.Zone, lang))
	}
	report.Zone = m.Zone
	return report.Table(table).WriteXLSX(w)
}

// cells is a row of the table; nil is what is not known.
func (v *PlayView) cells(zone *time.Location, lang i18n.Lang) []any {
	say := func(key string) string { return i18n.T(lang, key, nil) }
	at := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return t.In(zone)
	}
	o := v.Outcome
	if o == nil {
		return []any{v.Name, v.Title, say("channel.kind." + string(v.Kind)), v.StartsAt.In(zone), v.EndsAt.In(zone), say("channel.state." + v.State), nil, nil, nil, nil, nil, nil, nil, nil, nil, v.Reason}
	}
	return []any{v.Name, v.Title, say("channel.kind." + string(v.Kind)), v.StartsAt.In(zone), v.EndsAt.In(zone), say("channel.state." + v.State), at(o.BeganAt), at(o.EndedAt),
		o.Targets, o.Reached, o.Played, o.Failed, o.Yielded, at(o.YieldFrom), at(o.YieldTo), strings.Join(o.reasons(lang), " ")}
}

func (o *Outcome) reasons(lang i18n.Lang) (list []string) {
	for r, n := range o.Reasons {
		list = append(list, i18n.T(lang, "channel.reason", map[string]any{"name": i18n.T(lang, "alert.reason."+r, nil), "count": n}))
	}
	sort.Strings(list)
	return list
}

// texts is the same as text.
func (v *PlayView) texts(zone *time.Location, lang i18n.Lang) []string {
	cells := v.cells(zone, lang)
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = text(c)
	}
	return out
}

// text is a cell of a table as text; what is not known is empty.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return v.Format("2006-01-02 15:04:05")
	}
	return fmt.Sprint(v)
}
