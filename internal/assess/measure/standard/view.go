package standard

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Brief is a version in a list.
type Brief struct {
	Number      int        `json:"number"`
	State       State      `json:"state" enum:"draft,comment,submitted,approved,rejected,pilot,published,withdrawn"`
	From        string     `json:"from" doc:"Day from which it is in force"`
	Until       string     `json:"until" doc:"First day on which it no longer is; empty: no end is known"`
	Binds       bool       `json:"binds" doc:"It is in force today, or tried today"`
	Items       int        `json:"items"`
	Base        int        `json:"base,omitempty"`
	Pilot       *PilotPlan `json:"pilot,omitempty"`
	Closes      string     `json:"closes,omitempty" doc:"Last day for comments, while they are asked for"`
	SubmittedAt *time.Time `json:"submittedAt,omitempty"`
	ApprovedAt  *time.Time `json:"approvedAt,omitempty"`
	PilotedAt   *time.Time `json:"pilotedAt,omitempty"`
	PublishedAt *time.Time `json:"publishedAt,omitempty"`
	CreatedAt   time.Time  `json:"createdAt"`
	NoteZh      string     `json:"noteZh"`
	NoteEn      string     `json:"noteEn"`
}

// View is a standard as the console sees it.
type View struct {
	ID         string  `json:"id"`
	Code       string  `json:"code"`
	Kind       Kind    `json:"kind" enum:"service,outlet,screen,hotel,station,other"`
	NameZh     string  `json:"nameZh"`
	NameEn     string  `json:"nameEn"`
	RegionCode string  `json:"regionCode"`
	RegionPath string  `json:"regionPath"`
	RegionZh   string  `json:"regionZh"`
	RegionEn   string  `json:"regionEn"`
	Sample     bool    `json:"sample"`
	Versions   []Brief `json:"versions" nullable:"false" doc:"The newest first"`
	InForce    int     `json:"inForce,omitempty" doc:"Number of the version in force today; absent: none"`
	Open       int     `json:"open,omitempty" doc:"Number of the version that is worked on; absent: none"`
	Writes     bool    `json:"writes" doc:"The reader may draft it"`
	Agrees     bool    `json:"agrees" doc:"The reader may approve what others wrote of it"`
	Revision   int64   `json:"revision"`
}

func (d *Desk) view(ctx context.Context, s *Standard) View {
	v := View{ID: s.ID, Code: s.Code, Kind: s.Kind, NameZh: s.NameZh, NameEn: s.NameEn, RegionCode: s.RegionCode, RegionPath: s.RegionPath, Sample: s.Sample, Versions: []Brief{},
		Writes: auth.ScopeOf(ctx, d.Write).Allows(s.RegionPath), Agrees: auth.ScopeOf(ctx, d.Agree).Allows(s.RegionPath), Revision: s.Revision}
	if r, err := d.Ledger.Tree().Region(s.RegionCode); err == nil {
		v.RegionZh, v.RegionEn = r.NameZh, r.NameEn
	}
	today := d.today()
	now, tried := s.inForce(today), s.piloted(today)
	if now != nil {
		v.InForce = now.Number
	}
	if open := s.open(); open != nil {
		v.Open = open.Number
	}
	for _, one := range s.Versions {
		b := Brief{Number: one.Number, State: one.State, From: one.Content.From, Until: one.Content.Until, Binds: one == now || one == tried, Items: len(one.Content.Items), Base: one.Base,
			Pilot: one.Content.Pilot, SubmittedAt: one.SubmittedAt, ApprovedAt: one.ApprovedAt, PilotedAt: one.PilotedAt, PublishedAt: one.PublishedAt, CreatedAt: one.CreatedAt,
			NoteZh: one.Content.NoteZh, NoteEn: one.Content.NoteEn}
		if one.State == Published {
			b.Until = s.until(one)
		}
		if one.State == Comment {
			b.Closes = one.Hearing.Closes
		}
		v.Versions = append(v.Versions, b)
	}
	return v
}

// Filter chooses standards; empty fields choose all.
type Filter struct {
	Kind   string `query:"kind" enum:",service,outlet,screen,hotel,station,other"`
	Text   string `query:"q" maxLength:"60" doc:"Words of its name or code"`
	Region string `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	State  string `query:"state" enum:",in_force,open,comment,pilot" doc:"With a version that stands so today"`
}

// List are the standards that bind the asker's regions: from above first, and services before norms.
func (d *Desk) List(ctx context.Context, f Filter) ([]View, error) {
	all, err := readAll(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	scope, text, today := auth.ScopeOf(ctx, d.Read), strings.ToLower(strings.TrimSpace(f.Text)), d.today()
	list := []View{}
	for _, s := range all {
		switch {
		case !bound(scope, s.RegionPath), f.Kind != "" && string(s.Kind) != f.Kind, !strings.HasPrefix(s.RegionPath, f.Region):
			continue
		case text != "" && !strings.Contains(strings.ToLower(s.Code+" "+s.NameZh+" "+s.NameEn), text):
			continue
		case f.State == "in_force" && s.inForce(today) == nil, f.State == "open" && s.open() == nil, f.State == "pilot" && s.piloted(today) == nil:
			continue
		case f.State == "comment" && !slices.ContainsFunc(s.Versions, func(v *Version) bool { return v.State == Comment }):
			continue
		}
		list = append(list, d.view(ctx, s))
	}
	slices.SortStableFunc(list, func(a, b View) int {
		return cmp.Or(strings.Compare(a.RegionPath, b.RegionPath), slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind))
	})
	return list, nil
}

// Whole is a version with its standard.
type Whole struct {
	Standard View    `json:"standard"`
	Version  Version `json:"version"`
	Waiting  int     `json:"waiting" doc:"Comments that nobody answered"`
	Mine     bool    `json:"mine" doc:"The reader had a hand in it, and cannot approve it"`
}

// Whole reads a version.
func (d *Desk) Whole(ctx context.Context, id string, number int) (w Whole, err error) {
	s, v, err := d.seeVersion(ctx, d.DB, id, number)
	if err != nil {
		return w, err
	}
	return d.whole(ctx, d.DB, s, v)
}

func (d *Desk) whole(ctx context.Context, q store.Queryer, s *Standard, v *Version) (w Whole, err error) {
	w = Whole{Standard: d.view(ctx, s), Version: *v, Mine: slices.ContainsFunc(v.makers(), func(p auth.Person) bool { return p.ID == auth.Who(ctx).Person().ID })}
	w.Waiting, err = unanswered(ctx, q, s.ID, v.Number)
	return w, err
}

// ImpactOf is the impact of a version: as it was kept when it was submitted, or on the facts of now. Sums
// are of all; single regions and things are told to who may see their values.
func (d *Desk) ImpactOf(ctx context.Context, id string, number int, kept bool) (i *Impact, err error) {
	s, v, err := d.seeVersion(ctx, d.DB, id, number)
	switch {
	case err != nil:
		return nil, err
	case !kept:
		i, err = d.foresee(ctx, s, v)
	case v.Evidence == nil:
		return nil, notFound()
	default:
		i, err = readImpact(ctx, d.DB, id, number, v.Evidence.SM3)
	}
	if err == nil {
		i.within(auth.ScopeOf(ctx, d.Read))
	}
	return i, err
}

// within leaves out what lies beyond a scope.
func (i *Impact) within(scope auth.Scope) {
	for _, items := range [][]ItemImpact{i.Items, i.Pilot} {
		for n := range items {
			items[n].Units = slices.DeleteFunc(items[n].Units, func(u UnitImpact) bool { return !scope.Allows(u.Path) })
			items[n].Districts = slices.DeleteFunc(items[n].Districts, func(r Rollup) bool { return !scope.Allows(r.Path) })
		}
	}
}

// foresee is the impact of a version on the facts of now, with what came of its pilot.
func (d *Desk) foresee(ctx context.Context, s *Standard, v *Version) (*Impact, error) {
	i, err := d.impact(ctx, s, &v.Content, nil)
	if err == nil && v.PilotedAt != nil {
		i.Pilot, err = d.pilotResult(ctx, s, v)
	}
	return i, err
}

// Try reckons what items would mean that nobody kept yet.
func (d *Desk) Try(ctx context.Context, id string, items []Item, pilot *PilotPlan) (*Impact, error) {
	s, err := d.see(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	if err := auth.Check(ctx, d.Write, s.RegionPath); err != nil {
		return nil, err
	}
	zones, err := d.Zones.Zones(ctx)
	if err != nil {
		return nil, err
	}
	c := Content{Items: items, Pilot: pilot}
	c.tidy()
	if err := c.check(d.knownTo(s, zones)); err != nil {
		return nil, err
	}
	return d.impact(ctx, s, &c, nil)
}
