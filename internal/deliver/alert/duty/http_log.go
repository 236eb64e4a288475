package duty

import (
	"context"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// LogQuery chooses entries of the log.
type LogQuery struct {
	Kind []string  `query:"kind" doc:"One or more kinds of entry"`
	Text string    `query:"q" maxLength:"100" doc:"Words in it, or a name"`
	From time.Time `query:"from" doc:"At or after"`
	To   time.Time `query:"to" doc:"Before"`
}

func (in *LogQuery) filter(ctx context.Context, d *Desk, page store.Page) entryFilter {
	return entryFilter{Kinds: in.Kind, Text: in.Text, From: in.From, To: in.To, Scope: auth.ScopeOf(ctx, d.Keep), Page: page}
}

func (d *Desk) registerLog(api *httpapi.API) {
	const path = "/api/duty/log"
	keep := httpapi.Needs(d.Keep)
	httpapi.Register(api, op("log", http.MethodGet, path, "The duty log within your regions, newest first", keep), func(ctx context.Context, in *struct {
		httpapi.PageInput
		LogQuery
	}) (*httpapi.List[EntryView], error) {
		found, err := listEntries(ctx, d.DB, in.filter(ctx, d, in.Page()))
		out := store.Listing[EntryView]{Items: []EntryView{}, Next: found.Next, Total: found.Total}
		for _, e := range found.Items {
			out.Items = append(out.Items, e.view(ctx))
		}
		return httpapi.Of(out), err
	})
	write := op("log-write", http.MethodPost, path, "Write in the duty log; what corrects an entry names it", keep)
	write.Status = http.StatusCreated
	httpapi.Register(api, write, func(ctx context.Context, in *struct {
		Body struct {
			RegionCode string `json:"regionCode" pattern:"^[0-9]{12}$"`
			Text       string `json:"text" minLength:"1" maxLength:"2000"`
			Corrects   string `json:"corrects,omitempty" maxLength:"26" doc:"Id of the entry that it corrects"`
		}
	}) (*httpapi.Body[EntryView], error) {
		e, err := d.Write(ctx, in.Body.RegionCode, in.Body.Text, in.Body.Corrects)
		if err != nil {
			return nil, err
		}
		return httpapi.Of(e.view(ctx)), nil
	})
	export := op("log-export", http.MethodGet, path+"/export", "The duty log as PDF or XLSX, the newest 5,000 entries that match, the oldest first", keep)
	export.PerMinute = 30
	httpapi.Register(api, export, func(ctx context.Context, in *struct {
		LogQuery
		Format string `query:"format" enum:"pdf,xlsx" default:"pdf"`
	}) (*httpapi.File, error) {
		entries, left, err := d.entries(ctx, in.filter(ctx, d, store.Page{}))
		if err != nil {
			return nil, err
		}
		p := d.paper(ctx, "log")
		p.Table(p.entries(entries, left))
		return p.file("duty-log", in.Format)
	})
}

// paper is a document of the desk.
type paper struct {
	*document.Report
	lang i18n.Lang
}

func (d *Desk) paper(ctx context.Context, title string) paper {
	p := paper{lang: httpapi.LangOf(ctx)}
	p.Report = document.NewReport(p.say("title."+title), p.lang, false)
	p.Made, p.Zone = d.Clock.Now(), d.Zone
	return p
}

func (p paper) say(key string) string { return i18n.T(p.lang, "alert.duty.paper."+key, nil) }

func (p paper) file(name, format string) (*httpapi.File, error) {
	stamp := p.Made.In(p.Zone).Format("20060102-1504")
	return httpapi.Save(format, name+"-"+stamp, p.Title+" "+stamp, p.As(format))
}

// entries lists entries of the log, and says where those are that were before them.
func (p paper) entries(list []EntryView, left int) document.Table {
	t := document.Table{Title: p.say("entries"), Columns: []document.Column{{Title: p.say("at"), Kind: document.Instant}, {Title: p.say("text")}, {Title: p.say("by")}}}
	for _, e := range list {
		by := e.By
		if by == "" {
			by = p.say("platform")
		}
		t.Rows = append(t.Rows, []any{e.At, e.Text, by})
	}
	if left > 0 {
		t.Note = i18n.T(p.lang, "alert.duty.paper.left", map[string]any{"count": left, "at": list[0].At.In(p.Zone).Format("2006-01-02 15:04")})
	}
	return t
}

func (p paper) briefs(title string, list []Brief) {
	t := document.Table{Title: p.say(title), Columns: []document.Column{{Title: p.say("at"), Kind: document.Instant}, {Title: p.say("severity")}, {Title: p.say("message")}}}
	for _, b := range list {
		t.Rows = append(t.Rows, []any{b.At, i18n.T(p.lang, "alert.severity."+b.Severity, nil), b.Title})
	}
	if len(list) == 0 {
		p.Heading(t.Title).Text(p.say("none"))
		return
	}
	p.Table(t)
}

func (d *Desk) registerPaper(api *httpapi.API) {
	o := op("shift-paper", http.MethodGet, "/api/duty/shifts/{id}/paper", "A handover as PDF or XLSX, with who signed it and whether the signatures hold", httpapi.Needs(d.Keep))
	o.PerMinute = 30
	httpapi.Register(api, o, func(ctx context.Context, in *struct {
		ByID
		Format string `query:"format" enum:"pdf,xlsx" default:"pdf"`
	}) (*httpapi.File, error) {
		s, err := d.seen(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		v, err := d.whole(ctx, s)
		if err != nil {
			return nil, err
		}
		return d.paper(ctx, "handover").handover(v, in.Format)
	})
}

// handover prints one handover.
func (p paper) handover(v *ShiftView, format string) (*httpapi.File, error) {
	c := v.Content
	at := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return *t
	}
	p.Facts(document.KV{Name: p.say("post"), Value: v.PostName}, document.KV{Name: p.say("giver"), Value: v.Name}, document.KV{Name: p.say("began"), Value: v.BeganAt},
		document.KV{Name: p.say("signed"), Value: at(v.OfferedAt)}, document.KV{Name: p.say(map[bool]string{true: "closer", false: "taker"}[v.How == Closed]), Value: v.Taker},
		document.KV{Name: p.say("ended"), Value: at(v.EndedAt)})
	if v.Reason != "" {
		p.Facts(document.KV{Name: p.say("reason"), Value: v.Reason})
	}
	remarks := c.Remarks
	if remarks == "" {
		remarks = p.say("none")
	}
	p.Heading(p.say("remarks")).Text(remarks)
	p.briefs("issued", c.Happened.Issued)
	p.briefs("on_air", c.Happened.OnAir)
	waiting := document.Table{Title: p.say("waiting"), Columns: []document.Column{{Title: p.say("at"), Kind: document.Instant}, {Title: p.say("kind")}, {Title: p.say("message")}, {Title: p.say("taken_by")}}}
	for _, i := range c.Happened.Waiting {
		waiting.Rows = append(waiting.Rows, []any{i.At, i18n.T(p.lang, "alert.duty.what."+i.Kind, nil), i.Title, i.TakenBy})
	}
	troubles := document.Table{Title: p.say("troubles"), Columns: []document.Column{{Title: p.say("at"), Kind: document.Instant}, {Title: p.say("kind")}, {Title: p.say("text")}}}
	for _, t := range c.Happened.Troubles {
		troubles.Rows = append(troubles.Rows, []any{t.At, i18n.T(p.lang, "alert.duty.what."+t.What, nil), t.Text})
	}
	for _, t := range []document.Table{waiting, troubles, p.entries(c.Entries, c.Left)} {
		if len(t.Rows) == 0 {
			p.Heading(t.Title).Text(p.say("none"))
		} else {
			p.Table(t)
		}
	}
	if v.Proof != nil {
		p.Heading(p.say("proof")).Text(p.say(map[bool]string{true: "proven", false: "not_proven"}[v.Proof.Content && v.Proof.Signature && v.Proof.Trusted]))
	}
	if v.Digest != "" {
		p.Facts(document.KV{Name: "SM3", Value: v.Digest})
	}
	return p.file("handover", format)
}
