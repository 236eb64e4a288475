package survey

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/engine/text"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Progress is how far the field has come. It tells of how many, not of what they said.
type Progress struct {
	Strata  []StratumProgress `json:"strata" nullable:"false"`
	Modes   map[string]int    `json:"modes"`
	Days    map[string]int    `json:"days" doc:"By day, 2026-11-29"`
	Quotas  map[string]int    `json:"quotas" doc:"Answers that are shown; empty for who does not run the survey"`
	Total   int               `json:"total"`
	Doubts  int               `json:"doubts" doc:"Answers that wait for somebody to look at them"`
	Invited int               `json:"invited"`
	Used    int               `json:"used"`
}

// StratumProgress is how far a stratum has come.
type StratumProgress struct {
	Where
	ID      string `json:"id"`
	Wanted  int    `json:"wanted"`
	Done    int    `json:"done"`
	Invited int    `json:"invited"`
	Used    int    `json:"used"`

	Contacts int `json:"contacts" doc:"People whom a sender writes to"`

	Few bool `json:"few,omitempty" doc:"Fewer answered, or were invited and did, than is told: both counts are left out"`
}

// Progress is how far a survey has come in the field. Who does not run it reads of places, not of the
// groups of people in them, and of no few.
func (d *Desk) Progress(ctx context.Context, id string) (*Progress, error) {
	s, err := d.may(ctx, d.DB, d.Read, id)
	if err != nil {
		return nil, err
	}
	return d.progressFor(ctx, s)
}

func (d *Desk) progressFor(ctx context.Context, s *Survey) (*Progress, error) {
	p, err := d.progress(ctx, s)
	if err == nil && !d.runs(ctx, s) {
		p.together(s.Least)
	}
	return p, err
}

// together adds up the groups of each place, and leaves out counts of fewer than least people; nor can
// these be reckoned from the whole and what is told of the other places. Quotas count groups answer by
// answer: none is told.
func (p *Progress) together(least int) {
	var rows []StratumProgress
	for _, s := range p.Strata {
		i := slices.IndexFunc(rows, func(r StratumProgress) bool { return r.ID == base(s.ID) })
		if i < 0 {
			i = len(rows)
			rows = append(rows, StratumProgress{ID: base(s.ID), Where: Where{NameZh: s.NameZh, NameEn: s.NameEn, Area: s.Area}})
		}
		r := &rows[i]
		r.Wanted, r.Done, r.Invited, r.Used, r.Contacts = r.Wanted+s.Wanted, r.Done+s.Done, r.Invited+s.Invited, r.Used+s.Used, r.Contacts+s.Contacts
	}
	few := func(n int) bool { return n > 0 && n < least }
	for _, count := range []func(r *StratumProgress) int{func(r *StratumProgress) int { return r.Done }, func(r *StratumProgress) int { return r.Used }} {
		hidden, smallest := 0, (*StratumProgress)(nil)
		for i := range rows {
			switch r, n := &rows[i], count(&rows[i]); {
			case r.Few || few(n):
				r.Few, hidden = true, hidden+n
			case n > 0 && (smallest == nil || n < count(smallest)):
				smallest = r
			}
		}
		if few(hidden) && smallest != nil {
			smallest.Few = true
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.Few {
			r.Done, r.Used = 0, 0
		}
		if few(r.Contacts) {
			r.Contacts = 0
		}
	}
	p.Strata, p.Quotas = rows, map[string]int{}
}

func (d *Desk) progress(ctx context.Context, s *Survey) (*Progress, error) {
	p := &Progress{Strata: []StratumProgress{}, Modes: map[string]int{}, Days: map[string]int{}}
	plan, err := readPlan(ctx, d.DB, s.ID)
	if err != nil {
		return nil, err
	}
	found, err := taken(ctx, d.DB, s.ID)
	if err != nil {
		return nil, err
	}
	made, used, err := invitations(ctx, d.DB, s.ID)
	if err != nil {
		return nil, err
	}
	contacts, err := contactCounts(ctx, d.DB, s.ID)
	if err != nil {
		return nil, err
	}
	if _, p.Quotas, err = quotaCounts(ctx, d.DB, s.ID); err != nil {
		return nil, err
	}
	rows := map[string]*StratumProgress{}
	var order []string
	row := func(id string) *StratumProgress {
		if rows[id] == nil {
			rows[id] = &StratumProgress{ID: id, Where: d.where(plan, id), Invited: made[id], Used: used[id]}
			order = append(order, id)
		}
		return rows[id]
	}
	if plan != nil {
		for _, st := range plan.Strata {
			row(st.ID).Wanted = st.N
		}
	}
	planned := len(order)
	for _, c := range contacts {
		row(c.ID).Contacts = c.Contacts
	}
	for _, c := range found {
		switch Standing(c.standing) {
		case Counts:
			row(c.stratum).Done += c.n
			p.Modes[c.mode] += c.n
			p.Days[c.hour.In(d.Zone).Format(time.DateOnly)] += c.n
			p.Total += c.n
		case Doubt:
			p.Doubts += c.n
		}
	}
	slices.Sort(order[planned:])
	for _, id := range order {
		p.Strata = append(p.Strata, *rows[id])
		p.Invited, p.Used = p.Invited+rows[id].Invited, p.Used+rows[id].Used
	}
	return p, nil
}

// Running are the surveys that the asker runs.
func (d *Desk) Running(ctx context.Context) ([]*Survey, error) {
	return listSurveys(ctx, d.DB, auth.ScopeOf(ctx, d.Run), []string{string(Approved), string(Open), string(Closed)}, auth.Who(ctx).ID)
}

// Field is a survey as who runs it sees it.
type Field struct {
	Survey       *Survey       `json:"survey"`
	Form         *engine.Form  `json:"form"`
	Plan         *Plan         `json:"plan,omitempty"`
	Progress     *Progress     `json:"progress"`
	Assignments  []Assignment  `json:"assignments" nullable:"false"`
	Interviewers []auth.Person `json:"interviewers" nullable:"false" doc:"Who could be sent"`
	Link         string        `json:"link" doc:"For everybody; empty where only the invited answer"`
}

// Assignment is where somebody interviews.
type Assignment struct {
	Survey string      `json:"survey"`
	Who    auth.Person `json:"who"`
	Places []string    `json:"places" nullable:"false" doc:"Region codes"`
	Done   int         `json:"done"`
}

// Field is everything that who runs a survey works with.
func (d *Desk) Field(ctx context.Context, id string) (*Field, error) {
	s, err := d.may(ctx, d.DB, d.Run, id)
	if err != nil {
		return nil, err
	}
	f := &Field{Survey: s}
	if f.Progress, err = d.progress(ctx, s); err != nil {
		return nil, err
	}
	if f.Plan, err = readPlan(ctx, d.DB, id); err != nil {
		return nil, err
	}
	if f.Assignments, err = assignmentsOf(ctx, d.DB, id); err != nil {
		return nil, err
	}
	if f.Interviewers, err = d.interviewers(ctx, s); err != nil {
		return nil, err
	}
	if s.Anybody {
		f.Link = d.Public + "/survey/" + s.ID
	}
	if s.Version > 0 {
		v, err := readVersion(ctx, d.DB, id, s.Version)
		if err != nil {
			return nil, err
		}
		f.Form = v.Form
	}
	return f, nil
}

// Link is an invitation as it is printed. It is told once: only a hash of it is kept.
type Link struct {
	Stratum string `json:"stratum"`
	Place   string `json:"place"`
	NameZh  string `json:"nameZh"`
	Within  string `json:"within"`
	Number  int    `json:"number" doc:"Of the list of people there"`
	Address string `json:"address"`
	QR      string `json:"qr" doc:"Path of an SVG, one unit to a module"`
	Size    int    `json:"size" doc:"Modules to a side"`
}

// maxLinks is how many invitations are made at once.
const maxLinks = 2000

// Invite makes invitations for the people drawn in a stratum. Made once more, those that were not
// used are void. They are made before they are written; where one was used meanwhile, they are made
// anew by whoever asks again.
func (d *Desk) Invite(ctx context.Context, id, stratum string, again bool) ([]Link, error) {
	s, err := d.inviting(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	used, had, err := placesInvited(ctx, d.DB, id, stratum)
	if err != nil {
		return nil, err
	}
	if had && !again {
		return nil, fault.New(fault.Conflict, "measure.survey.invited")
	}
	plan, err := readPlan(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	if plan == nil || plan.Seed == "" {
		return nil, fault.New(fault.Conflict, "measure.survey.not_drawn")
	}
	links, hashes := []Link{}, []string{}
	for _, at := range plan.Drawn {
		if at.Stratum != stratum {
			continue
		}
		for _, number := range at.People[min(used[at.Code], len(at.People)):] {
			token := strings.ToUpper(random(10))
			l := Link{Stratum: stratum, Place: at.Code, NameZh: at.NameZh, Within: at.Within, Number: number, Address: d.Public + "/s/" + token}
			if l.QR, l.Size, err = qrPath(l.Address); err != nil {
				return nil, err
			}
			if links, hashes = append(links, l), append(hashes, hash(token)); len(links) > maxLinks {
				return nil, fault.New(fault.TooLarge, "measure.survey.links", fault.Args{"limit": maxLinks})
			}
		}
	}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if s, err = d.inviting(ctx, tx, id); err != nil {
			return err
		}
		if now, has, err := placesInvited(ctx, tx, id, stratum); err != nil {
			return err
		} else if has != had || !maps.Equal(now, used) {
			return fault.New(fault.Conflict, "measure.survey.invited")
		}
		if err := voidTokens(ctx, tx, id, stratum); err != nil {
			return err
		}
		for i, l := range links {
			if err := insertToken(ctx, tx, hashes[i], invited{survey: id, stratum: stratum, place: l.Place}); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.invite", Object: "measure-survey:" + id, RegionPath: s.RegionPath, Detail: map[string]any{"stratum": stratum, "links": len(links)}})
	})
	if err != nil {
		return nil, err
	}
	return links, nil
}

// inviting is a survey that the asker runs, while it is in the field.
func (d *Desk) inviting(ctx context.Context, q store.Queryer, id string) (*Survey, error) {
	s, err := d.may(ctx, q, d.Run, id)
	if err == nil && s.State != Open {
		err = s.wrong()
	}
	return s, err
}

// qrPath draws a QR code as one path of runs.
func qrPath(text string) (path string, size int, err error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return "", 0, err
	}
	code.DisableBorder = true
	var b strings.Builder
	bits := code.Bitmap()
	for y, row := range bits {
		for x := 0; x < len(row); x++ {
			run := 0
			for x+run < len(row) && row[x+run] {
				run++
			}
			if run > 0 {
				b.WriteString("M" + version(x) + " " + version(y) + "h" + version(run) + "v1h-" + version(run) + "z")
				x += run
			}
		}
	}
	return b.String(), len(bits), nil
}

// Answers are a survey's answers, without anything that tells whose they are: telephone numbers and
// names that somebody wrote are masked. What people answered themselves is among them as soon as enough
// of their stratum have.
func (d *Desk) Answers(ctx context.Context, id string, standing Standing, page store.Page) (store.Listing[*Answer], error) {
	if _, err := d.may(ctx, d.DB, d.Run, id); err != nil {
		return store.Listing[*Answer]{}, err
	}
	list, err := pageOfAnswers(ctx, d.DB, id, standing, page)
	forms := map[int]*engine.Form{}
	for _, a := range list.Items {
		if forms[a.Version] == nil {
			v, err := readVersion(ctx, d.DB, id, a.Version)
			if err != nil {
				return list, err
			}
			forms[a.Version] = v.Form
		}
		for question, answer := range a.Answers {
			written, isText := answer.(string)
			if q, _ := forms[a.Version].Question(question); isText && (q == nil || q.Kind == engine.Written) {
				a.Answers[question] = text.Mask(written)
			}
		}
	}
	return list, err
}

// Settle says whether an answer counts.
func (d *Desk) Settle(ctx context.Context, id, answer string, keep bool) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		s, err := d.may(ctx, tx, d.Run, id)
		if err != nil {
			return err
		}
		if s.State != Open {
			return s.wrong()
		}
		a, err := readAnswer(ctx, tx, id, answer)
		if err != nil {
			return err
		}
		if a.held {
			return fault.New(fault.NotFound, "measure.survey.no_answer")
		}
		v, err := readVersion(ctx, tx, id, a.Version)
		if err != nil {
			return err
		}
		to, by := Dropped, -1
		if keep {
			to, by = Counts, 1
		}
		if (a.Standing == Counts) != keep {
			if err := d.inQuotas(ctx, tx, v.Form, a, by); err != nil {
				return err
			}
		}
		if err := setStanding(ctx, tx, answer, to); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.settle", Object: "measure-survey:" + id, RegionPath: s.RegionPath, Detail: map[string]bool{"keep": keep}})
	})
}

// Assign sends an interviewer to places; none calls them back.
func (d *Desk) Assign(ctx context.Context, id, user string, places []string) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		s, err := d.may(ctx, tx, d.Run, id)
		if err != nil {
			return err
		}
		able, err := d.interviewers(ctx, s)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(able, func(p auth.Person) bool { return p.ID == user })
		if i < 0 {
			return fault.New(fault.NotFound, "measure.survey.interviewer")
		}
		for n, code := range places {
			if !d.within(s.RegionPath, code) {
				return fault.Bad(place("places", n), "measure.region", fault.Args{"region": code})
			}
		}
		if places == nil {
			places = []string{}
		}
		if err := writeAssignment(ctx, tx, Assignment{Survey: id, Who: able[i], Places: places}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.assign", Object: "measure-survey:" + id, RegionPath: s.RegionPath, Detail: map[string]any{"who": user, "places": places}})
	})
}
