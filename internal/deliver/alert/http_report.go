package alert

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/report"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func (m *Module) registerReport(api *httpapi.API) {
	o := op("alert-report", http.MethodGet, "/api/alerts/{id}/report", "What came of a message, as PDF or XLSX, in the wanted language", httpapi.Needs(PermReport))
	o.PerMinute = 30 // each costs a second of processor time
	httpapi.Register(api, o, func(ctx context.Context, in *struct {
		ByID
		Format string `query:"format" enum:"pdf,xlsx" default:"pdf"`
	}) (*httpapi.File, error) {
		r, err := m.report(ctx, in.ID, httpapi.LangOf(ctx))
		if err != nil {
			return nil, err
		}
		lang := httpapi.LangOf(ctx)
		name := []rune(strings.TrimSpace(r.name))
		title := i18n.T(lang, "alert.report.file", map[string]any{"title": string(name[:min(len(name), maxFileName)]), "at": r.at})
		return httpapi.Save(in.Format, "report-"+r.at+"."+string(lang), title+"."+string(lang), r.As(in.Format))
	})
}

// maxFileName is how much of a title a file is named by.
const maxFileName = 50

// made is a report, and what its file is named by.
type made struct {
	*document.Report
	name, at string
}

// maxTrail is how many acts a report lists; a message has a few dozen.
const maxTrail = 500

// report gathers what is known of a message.
func (m *Module) report(ctx context.Context, id string, lang i18n.Lang) (*made, error) {
	msg, err := m.sent(ctx, PermReport, id)
	if err != nil {
		return nil, err
	}
	d := report.Data{Message: msg, Made: m.Clock.Now(), Zone: m.Zone}
	if d.Versions, err = m.Changes(ctx, id); err != nil {
		return nil, err
	}
	if err := m.nameThings(ctx, &d, lang); err != nil {
		return nil, err
	}
	var s *delivery.Summary
	if msg.State == message.Ended {
		if s, err = frozenSummary(ctx, m.DB, msg.ID); err != nil {
			return nil, err
		}
	}
	if d.Final = s != nil; !d.Final {
		if s, err = m.desk.Summary(ctx, msg.No, auth.Everywhere); err != nil {
			return nil, err
		}
	}
	d.Figures, d.Curve, d.Townships = s.Figures, s.Curve, s.Townships
	if err := m.nameTownships(ctx, d.Townships); err != nil {
		return nil, err
	}
	if d.Troubled, err = m.desk.Troubled(ctx, msg.No, auth.Everywhere); err != nil {
		return nil, err
	}
	if d.Owing, err = m.desk.Owing(ctx, msg.No, auth.Everywhere); err != nil {
		return nil, err
	}
	for _, list := range [][]delivery.Troubled{d.Troubled, d.Owing} {
		if err := nameTerminals(ctx, m, list[:min(len(list), report.MaxTroubled)], func(t *delivery.Troubled) (string, *string) { return t.Device, &t.Name }); err != nil {
			return nil, err
		}
	}
	trail, err := audit.Find(ctx, m.DB, audit.Filter{Object: "alert:" + id, Scope: auth.Everywhere, Page: store.Page{Limit: maxTrail}})
	if err != nil {
		return nil, err
	}
	d.Trail = trail.Items
	slices.Reverse(d.Trail)
	title := message.Word(msg.Kind, msg.Current.Content.Text(string(lang))).Title
	return &made{report.Write(d, lang), title, msg.IssuedAt.In(m.Zone).Format("20060102-1504")}, nil
}

// nameThings finds the names of places, of the issuer and of the rule.
func (m *Module) nameThings(ctx context.Context, d *report.Data, lang i18n.Lang) error {
	name := func(zh, en string) string {
		if lang == i18n.English && en != "" {
			return en
		}
		return zh
	}
	places, err := m.placesOf(ctx, &d.Message.Current.Content.Area)
	if err != nil {
		return err
	}
	d.Places = spell(places).in(lang)
	home, err := m.Regions.RegionAt(ctx, m.Home)
	if err != nil {
		return err
	}
	d.Issuer = i18n.T(lang, "alert.report.issuer", map[string]any{"place": name(home.NameZh, home.NameEn)})
	row, err := m.ruleAt(ctx, d.Message.Current.Rule, d.Message.Current.CheckedAt)
	d.Rule = name(row.NameZh, row.NameEn)
	return err
}
