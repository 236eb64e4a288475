package standard

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// OpPublic is the operation that tells everybody what they are owed.
const OpPublic = "measure-standard-public"

// Owed is what people in a place are owed, and what is out for comment.
type Owed struct {
	Region   string       `json:"region" doc:"Code"`
	Level    string       `json:"level"`
	InForce  []OwedUnder  `json:"inForce" nullable:"false" doc:"Services first, then norms"`
	Hearings []OwedUnder  `json:"hearings" nullable:"false" doc:"Drafts that anybody may comment on"`
	Judged   []Compliance `json:"judged" nullable:"false" doc:"How the place, or the district that it lies in, stands with each item, where everybody may see the indicator; things and regions below districts are only counted, five or more together"`
}

// OwedUnder is a standard as the public reads it.
type OwedUnder struct {
	ID         string   `json:"id"`
	Code       string   `json:"code"`
	Kind       Kind     `json:"kind" enum:"service,outlet,screen,hotel,station,other"`
	NameZh     string   `json:"nameZh"`
	NameEn     string   `json:"nameEn"`
	RegionCode string   `json:"regionCode"`
	Sample     bool     `json:"sample"`
	Number     int      `json:"number"`
	Tried      bool     `json:"tried,omitempty" doc:"On trial in this place"`
	From       string   `json:"from"`
	Until      string   `json:"until"`
	Next       int      `json:"next,omitempty" doc:"Number of the version that takes its place on the day until"`
	Before     int      `json:"before,omitempty" doc:"Number of the version that was in force before"`
	Closes     string   `json:"closes,omitempty" doc:"Last day for comments"`
	Parties    []string `json:"parties,omitempty" doc:"Who were invited to comment"`
	How        string   `json:"how,omitempty" doc:"Where people may send their comments"`
	Content    Content  `json:"content"`
}

// Owed tells what people in a region are owed; without a region it is that of this node.
func (d *Desk) Owed(ctx context.Context, code string) (o Owed, err error) {
	tree := d.Ledger.Tree()
	r := tree.At(d.Home)
	if code != "" {
		if r, err = tree.Region(code); err != nil {
			return o, err
		}
	}
	if r == nil {
		return o, fault.New(fault.NotFound, "measure.region", fault.Args{"region": code})
	}
	all, err := readAll(ctx, d.DB)
	if err != nil {
		return o, err
	}
	j, err := d.judge(ctx, d.DB, period.Period{})
	if err != nil {
		return o, err
	}
	o = Owed{Region: r.Code, Level: r.Level, InForce: []OwedUnder{}, Hearings: []OwedUnder{}}
	for _, b := range j.bindings(all, d.today()) {
		if b.meets(r) {
			of := owedUnder(b.s, b.v)
			of.Tried = b.tried
			o.InForce = append(o.InForce, of)
		}
	}
	for _, s := range all {
		for _, v := range s.Versions {
			if v.heard(d.today()) && strings.HasPrefix(r.Path, s.RegionPath) {
				of := owedUnder(s, v)
				of.Closes, of.Parties, of.How = v.Hearing.Closes, v.Hearing.Parties, v.Hearing.How
				o.Hearings = append(o.Hearings, of)
			}
		}
	}
	slices.SortStableFunc(o.InForce, func(a, b OwedUnder) int { return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind) })
	o.Judged, err = d.judgedOf(ctx, all, r)
	o.Judged = slices.DeleteFunc(o.Judged, func(c Compliance) bool { // a trial in another part of the district
		return !slices.ContainsFunc(o.InForce, func(of OwedUnder) bool { return of.ID == c.Standard && of.Number == c.Number })
	})
	return o, err
}

var kinds = []Kind{Service, Outlet, Screen, Hotel, Station, Other}

// meets reports whether a version binds a region, or some of the regions within it.
func (b *binding) meets(r *fact.Region) bool {
	return b.binds(r.Path) || b.tried && slices.ContainsFunc(b.in, func(p string) bool { return strings.HasPrefix(p, r.Path) })
}

func owedUnder(s *Standard, v *Version) OwedUnder {
	of := OwedUnder{ID: s.ID, Code: s.Code, Kind: s.Kind, NameZh: s.NameZh, NameEn: s.NameEn, RegionCode: s.RegionCode, Sample: s.Sample, Number: v.Number,
		From: v.Content.From, Until: s.until(v), Content: v.Content}
	if before := s.before(v); before != nil {
		of.Before = before.Number
	}
	if next := s.next(v); next != nil {
		of.Next = next.Number
	}
	return of
}

// PublicChanges says what changed in a version, if it is in force, on trial, out for comment or
// published for a later day, against the one that was published before it.
func (d *Desk) PublicChanges(ctx context.Context, id string, number int, lang i18n.Lang) (c Comparing, err error) {
	s, err := readStandard(ctx, d.DB, id)
	if err != nil {
		return c, err
	}
	today, v := d.today(), s.version(number)
	if v == nil || s.before(v) == nil || v != s.inForce(today) && v != s.piloted(today) && !v.heard(today) && !v.coming(today) {
		return c, notFound()
	}
	return compare(s, s.before(v), s, v, lang), nil
}

// heard reports whether anybody may comment on a version on a day.
func (v *Version) heard(day string) bool { return v.State == Comment && v.Hearing.Closes >= day }

// coming reports whether a version is published and in force from a day after this one.
func (v *Version) coming(day string) bool { return v.State == Published && v.Content.From > day }

func (d *Desk) registerPublic(api *httpapi.API) {
	public := httpapi.Op{ID: OpPublic, Method: http.MethodGet, Path: "/api/public/standards", Tag: "standards", Access: httpapi.Public, PerMinute: 60, AtOnce: 2,
		Summary: "What people in a place are owed, how the place or its district stands, and what is out for comment"}
	httpapi.Register(api, public, func(ctx context.Context, in *struct {
		Region string `query:"region" pattern:"^([0-9]{12})?$" doc:"Region code; empty: all that is served"`
	}) (*httpapi.Body[Owed], error) {
		o, err := d.Owed(ctx, in.Region)
		return httpapi.Of(o), err
	})
}
