package party

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Filter is what somebody must be to take part in something.
type Filter struct {
	Role          Role     // experts, technicians, inspectors, interpreters
	Field         string   // that they know; may be empty
	Qualification string   // that they hold on the day; may be empty
	Training      string   // course that they passed and that counts on the day; may be empty
	RegionPath    string   // where it is; may be empty
	On            string   // day, 2026-07-28; empty: today
	Against       []string // ids of parties it is about, with whom they may have no conflict of interest
}

// Reason is why somebody may not, as the code of a sentence and its arguments.
type Reason struct {
	Code string         `json:"code"`
	Args map[string]any `json:"args,omitempty"`
	Text string         `json:"text,omitempty" doc:"In the reader's language"`
}

// Candidate is somebody of a role, and whether they may take part.
type Candidate struct {
	Brief
	Fields   []string `json:"fields" nullable:"false"`
	Eligible bool     `json:"eligible"`
	Reasons  []Reason `json:"reasons" nullable:"false" doc:"Why not; empty for who may"`
}

// formerYears is for how many years a former employer's matters are not for a person to judge
// (政府采购评审专家管理办法, 第十六条).
const formerYears = 3

// Pool judges everybody of a role by what stands in the register: in the order of their ids, with every
// reason of those who may not. Whoever draws from it gets the same for the same register and day.
func (m *Module) Pool(ctx context.Context, q store.Queryer, n Filter) ([]Candidate, error) {
	if n.On == "" {
		n.On = m.today()
	}
	day, err := time.Parse(time.DateOnly, n.On)
	if err != nil {
		return nil, fault.Bad("on", "party.day")
	}
	people, err := peopleWith(ctx, q, n.Role)
	if err != nil {
		return nil, err
	}
	about, err := m.about(ctx, q, n.Against)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(people))
	for i := range people {
		ids[i] = people[i].ID
	}
	entries, err := entriesOfAll(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Candidate, len(people))
	for i := range people {
		p := &people[i]
		c := Candidate{Brief: p.brief(), Fields: append([]string{}, p.Fields...), Reasons: []Reason{}}
		for _, why := range [][]Reason{n.skills(p, entries[p.ID]), n.place(p), n.time(p, entries[p.ID], day), about.conflicts(p, entries[p.ID], n.On, day)} {
			c.Reasons = append(c.Reasons, why...)
		}
		c.Eligible = len(c.Reasons) == 0
		out[i] = c
	}
	return out, nil
}

// skills judges field, qualification and training.
func (n *Filter) skills(p *Party, entries []Entry) (why []Reason) {
	if n.Field != "" && !slices.Contains(p.Fields, n.Field) {
		why = append(why, Reason{Code: "party.pool.field"})
	}
	if n.Qualification != "" {
		why = append(why, n.proved(entries, Qualification, n.Qualification, "party.pool.qualification")...)
	}
	if n.Training != "" {
		why = append(why, n.proved(entries, Training, n.Training, "party.pool.training")...)
	}
	return why
}

// proved looks for an entry of a term that counts on the day, and else says whether there was one.
func (n *Filter) proved(entries []Entry, class Class, term, code string) []Reason {
	over, failed := "", false
	for i := range entries {
		e := &entries[i]
		if e.Class != class || e.Term != term || e.From > n.On {
			continue
		}
		switch {
		case class == Training && e.Result == "failed":
			failed = true
		case runs(e.From, e.Until, n.On):
			return nil
		default:
			over = max(over, e.Until)
		}
	}
	switch {
	case over != "":
		return []Reason{{Code: code + "_over", Args: map[string]any{"day": over}}}
	case failed:
		return []Reason{{Code: code + "_failed"}}
	}
	return []Reason{{Code: code + "_none"}}
}

// place judges whether somebody serves where it is: the regions that are named, else that of the seat.
func (n *Filter) place(p *Party) []Reason {
	serves := p.servesPaths
	if len(serves) == 0 {
		serves = []string{p.RegionPath}
	}
	if n.RegionPath == "" || auth.NewScope(serves...).Allows(n.RegionPath) {
		return nil
	}
	return []Reason{{Code: "party.pool.region"}}
}

// time judges whether somebody can be asked on the day.
func (n *Filter) time(p *Party, entries []Entry, day time.Time) (why []Reason) {
	if p.ClosedOn != "" && p.ClosedOn <= n.On {
		why = append(why, Reason{Code: "party.pool.closed", Args: map[string]any{"day": p.ClosedOn}})
	}
	for i := range entries {
		if e := &entries[i]; e.Class == Absence && runs(e.From, e.Until, n.On) {
			why = append(why, Reason{Code: "party.pool.absent", Args: map[string]any{"day": e.Until}})
			break
		}
	}
	weekday := (int(day.Weekday())+6)%7 + 1
	if len(p.Weekdays) > 0 && !slices.Contains(p.Weekdays, weekday) {
		why = append(why, Reason{Code: "party.pool.weekday"})
	}
	return why
}

// matter is the parties that something is about, with all that stand for them.
type matter struct {
	names map[string]Brief // by the id of the party, of those above and below it, and of its aliases
}

// about finds the parties of a matter. An organisation's parents and subsidiaries stand for it: who is
// employed by a holding does not judge its company.
func (m *Module) about(ctx context.Context, q store.Queryer, ids []string) (matter, error) {
	out := matter{map[string]Brief{}}
	for _, id := range ids {
		p, err := resolve(ctx, q, id)
		if err != nil {
			return out, err
		}
		related, err := chainAbove(ctx, q, p)
		if err != nil {
			return out, err
		}
		below, err := childrenOf(ctx, q, p.ID)
		if err != nil {
			return out, err
		}
		for _, c := range below {
			related = append(related, c.ID)
		}
		for _, id := range append(related, p.ID, id) {
			out.names[id] = p.brief()
		}
	}
	return out, nil
}

// conflicts finds why somebody may not judge the parties of a matter: declared interests, employment,
// recent former employment, or being one of them.
func (a *matter) conflicts(p *Party, entries []Entry, on string, day time.Time) (why []Reason) {
	say := func(code string, with Brief, more map[string]any) {
		args := map[string]any{"name": i18n.Both{Zh: with.NameZH, En: with.NameEN}}
		for k, v := range more {
			args[k] = v
		}
		why = append(why, Reason{Code: code, Args: args})
	}
	if _, self := a.names[p.ID]; self {
		why = append(why, Reason{Code: "party.pool.self"})
	}
	since := day.AddDate(-formerYears, 0, 0).Format(time.DateOnly)
	for i := range entries {
		e := &entries[i]
		with, ok := a.names[e.Other]
		if !ok || e.From > on {
			continue
		}
		switch {
		case e.Class == Conflict && (e.Until == "" || e.Until >= on):
			say("party.pool.conflict", with, map[string]any{"kind": word("party.conflict.is.", e.Term)})
		case e.Class == Membership && (e.Until == "" || e.Until >= on):
			say("party.pool.employed", with, nil)
		case e.Class == Membership && e.Until >= since:
			say("party.pool.formerly", with, map[string]any{"day": e.Until, "years": formerYears})
		}
	}
	return why
}

// Judged is the people of a role within the asker's regions, and what each may.
func (m *Module) Judged(ctx context.Context, n Filter, text string) ([]Candidate, error) {
	scope := auth.ScopeOf(ctx, PermRead)
	for _, id := range n.Against {
		if p, err := resolve(ctx, m.db, id); err != nil || !scope.Allows(p.RegionPath) {
			return nil, orElse(err, errNone())
		}
	}
	all, err := m.Pool(ctx, m.db, n)
	text = strings.ToLower(strings.TrimSpace(text))
	for i := range all {
		for n := range all[i].Reasons {
			r := &all[i].Reasons[n]
			r.Text = i18n.T(httpapi.LangOf(ctx), r.Code, r.Args)
		}
	}
	return slices.DeleteFunc(all, func(c Candidate) bool {
		return !scope.Allows(c.RegionPath) || text != "" && !strings.Contains(strings.ToLower(c.NameZH+" "+c.NameEN), text)
	}), err
}
