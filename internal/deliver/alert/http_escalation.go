package alert

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// escalationView is what a row of the table of escalations came to for a version of a message,
// or when it is looked at.
type escalationView struct {
	Rule      string     `json:"rule" doc:"Id of the row"`
	NameZh    string     `json:"nameZh,omitempty" doc:"As the table stands now; absent for a row that is gone"`
	NameEn    string     `json:"nameEn,omitempty"`
	Number    int        `json:"number" doc:"Version of the message"`
	DueAt     *time.Time `json:"dueAt,omitempty" doc:"When it is looked at; absent once it was"`
	LookedAt  *time.Time `json:"lookedAt,omitempty"`
	Share     int        `json:"share,omitempty" doc:"Percent of a township's terminals that must have sounded it"`
	Tier      int        `json:"tier,omitempty" doc:"Outputs of this tier carry it where it fell short"`
	TellDuty  bool       `json:"tellDuty,omitempty"`
	Repair    bool       `json:"repair,omitempty"`
	Townships []string   `json:"townships" doc:"Those of your regions where too few had sounded it, by name; none: enough had"`
	Targets   int        `json:"targets,omitempty" doc:"Terminals of those townships; absent for who does not see the whole message"`
	Reached   int        `json:"reached,omitempty" doc:"Of these, how many had sounded it"`
	Outputs   int        `json:"outputs" doc:"Outputs that carried it because of this"`
}

func (m *Module) registerEscalations(api *httpapi.API) {
	httpapi.Register(api, op("alert-escalations", http.MethodGet, "/api/alerts/{id}/escalations", "What followed where too few terminals sounded a message, and when it is looked at again", httpapi.Needs(PermRead)),
		func(ctx context.Context, in *ByID) (*httpapi.List[escalationView], error) {
			msg, err := m.see(ctx, m.DB, in.ID)
			if err != nil {
				return nil, err
			}
			found, err := m.followed(ctx, msg, sight(ctx, PermRead, msg))
			return httpapi.All(found, err)
		})
}

// followed tells what escalations of a message were, and which are still to come.
func (m *Module) followed(ctx context.Context, msg *message.Message, scope auth.Scope) ([]escalationView, error) {
	table, err := m.book.Escalation(ctx, m.DB)
	if err != nil {
		return nil, err
	}
	looks, err := escalations(ctx, m.DB, msg.ID)
	if err != nil {
		return nil, err
	}
	var out []escalationView
	for _, l := range looks {
		v := escalationView{Rule: l.Rule}
		if at := slices.IndexFunc(table, func(r rule.Escalation) bool { return r.ID == l.Rule }); at >= 0 {
			v = rowView(&table[at])
		}
		v.Number, v.LookedAt, v.Outputs = l.Number, &l.At, l.Outputs
		if whole(scope) {
			v.Targets, v.Reached = l.Targets, l.Reached
		}
		if v.Townships, err = m.within(ctx, l.Townships, scope); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if !m.looksAfter(msg) {
		return out, nil
	}
	for i := range table {
		row := &table[i]
		looked := slices.ContainsFunc(looks, func(l lookedAt) bool { return l.Rule == row.ID && l.Number == msg.Current.Number })
		if !looked && row.Fits(msg.Class, msg.Kind.Drill(), msg.Current.Content.Severity) {
			v, due := rowView(row), row.Due(msg.StartsAt)
			v.Number, v.DueAt = msg.Current.Number, &due
			out = append(out, v)
		}
	}
	return out, nil
}

func rowView(r *rule.Escalation) escalationView {
	return escalationView{Rule: r.ID, NameZh: r.NameZh, NameEn: r.NameEn, Share: r.Share, Tier: r.Tier, TellDuty: r.TellDuty, Repair: r.Repair, Townships: []string{}}
}

// within names those of these places that lie within a scope, in the reader's language.
func (m *Module) within(ctx context.Context, codes []string, scope auth.Scope) ([]string, error) {
	names := []string{}
	if len(codes) == 0 {
		return names, nil
	}
	found, err := m.Regions.Regions(ctx, codes)
	if err != nil {
		return nil, err
	}
	var rows []delivery.Township
	for _, r := range found {
		if scope.Allows(r.Path) {
			rows = append(rows, delivery.Township{Code: r.Code})
		}
	}
	err = m.nameTownships(ctx, rows)
	for _, r := range rows {
		names = append(names, r.Name)
	}
	return names, err
}
