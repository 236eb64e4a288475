package alert

import (
	"context"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
)

// aloneView is why a version went out with nobody's countersignature, or with too few, and what
// is asked of people afterwards.
type aloneView struct {
	NameZh     string     `json:"nameZh,omitempty" doc:"What the row of the rules that let it go was called then; absent for a message of another node, which has its own rules"`
	NameEn     string     `json:"nameEn,omitempty"`
	Need       int        `json:"need" doc:"Countersignatures that the row asks for"`
	Have       int        `json:"have" doc:"How many there were"`
	Waits      int        `json:"waits" doc:"Seconds after which the row lets it go though too few countersigned; 0: it does not wait"`
	Review     string     `json:"review" enum:"none,approved,wanted,done" doc:"none: not asked for; approved: not asked for, because what it follows from was approved; wanted: whoever may countersign is to look at it; done: somebody did"`
	ReviewedAt *time.Time `json:"reviewedAt,omitempty"`
	Note       string     `json:"note,omitempty" doc:"What the reviewer thinks of it"`
}

// versionKey names a version.
type versionKey struct {
	message string
	number  int
}

// alone finds the versions of messages that went out alone.
func (m *Module) alone(ctx context.Context, messages ...string) (map[versionKey]*aloneView, error) {
	found, err := wentAlone(ctx, m.DB, messages)
	out := make(map[versionKey]*aloneView, len(found))
	for _, w := range found {
		v := &aloneView{Have: w.Have, Review: "none", ReviewedAt: moment(w.ReviewedAt), Note: w.Note}
		switch {
		case w.Review && w.ReviewedAt.IsZero():
			v.Review = "wanted"
		case w.Review:
			v.Review = "done"
		case w.Origin == string(rule.Timetable):
			v.Review = "approved"
		}
		if w.Site == "" {
			row, err := m.ruleAt(ctx, w.Rule, w.CheckedAt)
			if err != nil {
				return nil, err
			}
			v.NameZh, v.NameEn, v.Need, v.Waits = row.NameZh, row.NameEn, row.Approvals, row.Alone
		}
		out[w.versionKey] = v
	}
	return out, err
}

// ruleAt is a row of who may send what as it stood at a time; one without a name if there was none.
func (m *Module) ruleAt(ctx context.Context, id string, at time.Time) (rule.Sending, error) {
	table, err := m.book.SendingAt(ctx, m.DB, at)
	if i := slices.IndexFunc(table, func(s rule.Sending) bool { return s.ID == id }); i >= 0 {
		return table[i], err
	}
	return rule.Sending{NameZh: id, NameEn: id}, err
}
