package portal

import (
	"cmp"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
)

// Figures tells how the city and its districts stand.
type Figures interface {
	// Version counts changes of facts: while it stands, so do the figures.
	Version(ctx context.Context) (int64, error)
	// Opens are the public indicators with their last values.
	Opens(ctx context.Context) ([]indicator.Public, error)
	// OpenSeries is one of them over time; zero periods are the last 24.
	OpenSeries(ctx context.Context, code string, from, to period.Period) (indicator.OpenTable, error)
	// LatestScores are the latest published assessment of each method, the latest first.
	LatestScores(ctx context.Context) ([]score.OpenScores, error)
	// OpenScore is one of them; fault.NotFound for what was not published.
	OpenScore(ctx context.Context, id string) (score.OpenScores, error)
}

// current serves what build makes of facts as they are now: whoever has the page asks whether
// it still holds.
func (p *Portal) current(name string, make build) http.HandlerFunc {
	return p.serve(name, "no-cache", p.deps.Figures.Version, make)
}

// figureThemes are what figures belong to, in the order in which they are told. What somebody else
// wrote comes after them.
var figureThemes = []string{"emergency", "objectives", "coverage", "service", "access", "people", "satisfaction", "safety", "upkeep", "outlet", "station", "screen", "hotel", "operators", "money"}

// standing answers: how does a place stand?
type standing struct {
	figurePlace
	Own     bool // the reader asked for their own place, or for no other
	Scores  []scoreLine
	Themes  []themeFigures
	Unknown []figureLink // that have no value here
	Places  []figureLink // to look at instead
	Changed string
	Sample  bool
}

// figurePlace is where figures are of.
type figurePlace struct {
	Code  string // of a district; the city's for all of it
	Where string
	City  string // its name, where Code is a district
	Mine  bool   // where the reader lives
}

type themeFigures struct {
	Name  string
	Lines []figureLine
}

// figureLine is an indicator in a sentence.
type figureLine struct {
	Code   string
	Says   said
	When   string
	Old    bool   // two whole periods are over since; those that are out of date by their definition say so in Stale
	All    string // the city's number, beside a district's
	Target string
	Met    string // met, missed or empty
	Stale  string
}

// figureLink leads to a page of figures.
type figureLink struct{ Code, Name string }

// scoreLine is what a place got in a published assessment.
type scoreLine struct{ ID, Says, When string }

func (p *Portal) figures(ctx context.Context, r *request) (string, any, bool, error) {
	list, err := p.deps.Figures.Opens(ctx)
	if err != nil {
		return "", nil, false, err
	}
	at, err := p.placeOf(ctx, r, list, r.PathValue("region"))
	if err != nil {
		return "", nil, false, err
	}
	page := standing{figurePlace: at, Own: r.PathValue("region") == ""}
	if page.Scores, err = p.scoresOf(ctx, r, at.Code); err != nil {
		return "", nil, false, err
	}
	byTheme := map[string]*themeFigures{}
	var order []string
	for i := range list {
		o := &list[i]
		page.Sample = page.Sample || o.Sample
		line, known := r.figure(o, at)
		if !known {
			page.Unknown = append(page.Unknown, figureLink{o.Code, r.name(o.NameZh, o.NameEn)})
			continue
		}
		if byTheme[o.Theme] == nil {
			byTheme[o.Theme] = &themeFigures{Name: r.theme(o.Theme)}
			order = append(order, o.Theme)
		}
		byTheme[o.Theme].Lines = append(byTheme[o.Theme].Lines, line)
	}
	slices.SortStableFunc(order, func(a, b string) int { return rankOf(a) - rankOf(b) })
	for _, theme := range order {
		page.Themes = append(page.Themes, *byTheme[theme])
	}
	page.Changed, page.Places = r.lastChange(list), p.others(r, list, at)
	title := r.t("figures.of", "place", at.Where)
	if page.Own {
		title = r.t("figures.title")
	}
	return title, page, false, nil
}

// rankOf is a theme's place among all.
func rankOf(theme string) int {
	if i := slices.Index(figureThemes, theme); i >= 0 {
		return i
	}
	return len(figureThemes)
}

func (r *request) theme(theme string) string {
	switch {
	case slices.Contains(figureThemes, theme):
		return r.t("figures.theme." + theme)
	case theme == "":
		return r.t("figures.theme.other")
	}
	return theme
}

// placeOf is the place that figures are asked of: a district by its code, or where the reader
// lives, or else the city.
func (p *Portal) placeOf(ctx context.Context, r *request, list []indicator.Public, code string) (figurePlace, error) {
	city, err := p.deps.Regions.Region(ctx, p.deps.City)
	if err != nil {
		return figurePlace{}, err
	}
	all := city.Name.In(r.lang)
	own := districtOf(list, r.prefs.Place)
	if code = cmp.Or(code, own, p.deps.City); code == p.deps.City {
		return figurePlace{Code: code, Where: all}, nil
	}
	for i := range list {
		for _, v := range list[i].Regions {
			if v.Region == code {
				return figurePlace{code, r.name(v.NameZh, v.NameEn), all, code == own}, nil
			}
		}
	}
	return figurePlace{}, errMissing
}

// districtOf is the district of a place that people live in; empty where it is not known.
func districtOf(list []indicator.Public, place string) string {
	for i := range list {
		for _, v := range list[i].Regions {
			head := v.Region
			for len(head) > 2 && strings.HasSuffix(head, "00") {
				head = head[:len(head)-2]
			}
			if place != "" && strings.HasPrefix(place, head) {
				return v.Region
			}
		}
	}
	return ""
}

// others are the places beside one that figures can be read of.
func (p *Portal) others(r *request, list []indicator.Public, at figurePlace) (out []figureLink) {
	if at.City != "" {
		out = append(out, figureLink{p.deps.City, at.City})
	}
	for i := range list {
		if len(list[i].Regions) == 0 {
			continue
		}
		for _, v := range list[i].Regions {
			if v.Region != at.Code {
				out = append(out, figureLink{v.Region, r.name(v.NameZh, v.NameEn)})
			}
		}
		break // they are the same for all
	}
	return out
}

// of is how an indicator stands in a place.
func (at figurePlace) of(o *indicator.Public) indicator.OpenValue {
	if at.City == "" {
		return indicator.OpenValue{Region: at.Code, Value: o.Value, Target: o.Target, Data: o.Data, Stale: o.Stale}
	}
	for _, v := range o.Regions {
		if v.Region == at.Code {
			return v
		}
	}
	return indicator.OpenValue{Region: at.Code}
}

// scoresOf are what a place got in the latest assessment by each method.
func (p *Portal) scoresOf(ctx context.Context, r *request, code string) (out []scoreLine, err error) {
	published, err := p.deps.Figures.LatestScores(ctx)
	for i := range published {
		a := &published[i]
		line := scoreLine{ID: a.ID, Says: r.name(a.NameZh, a.NameEn), When: r.period(a.Period)}
		for _, u := range a.Units {
			if u.Code == code && u.Score != nil {
				line.Says = r.t("figures.scored", "place", r.name(u.NameZh, u.NameEn), "score", r.number(*u.Score, 1), "of", a.Of, "rank", u.Rank)
			}
		}
		out = append(out, line)
	}
	return out, err
}

// scorePage is a published assessment.
type scorePage struct {
	score.OpenScores
	Name, Plain, How, Note, When, At string
	URL                              string // of the licence
	Rows                             []scoreRow
	Heads                            []string
}

type scoreRow struct {
	Code, Name, Score, Rank, Band string
	Bar                           *bar
	Mine                          bool
	Groups                        []string
}

var scoreID = regexp.MustCompile(`^[0-9A-Z]{26}$`)

func (p *Portal) score(ctx context.Context, r *request) (string, any, bool, error) {
	if !scoreID.MatchString(r.PathValue("id")) {
		return "", nil, false, errMissing
	}
	a, err := p.deps.Figures.OpenScore(ctx, r.PathValue("id"))
	if err != nil {
		return "", nil, false, err
	}
	list, err := p.deps.Figures.Opens(ctx)
	if err != nil {
		return "", nil, false, err
	}
	own := districtOf(list, r.prefs.Place)
	page := scorePage{OpenScores: a, Name: r.name(a.NameZh, a.NameEn), Plain: r.name(a.PlainZh, a.PlainEn), How: r.name(a.HowZh, a.HowEn), Note: r.name(a.NoteZh, a.NoteEn), When: r.period(a.Period), At: r.at(a.At), URL: indicator.LicenceURL}
	for _, g := range a.Groups {
		page.Heads = append(page.Heads, r.name(g.NameZh, g.NameEn))
	}
	scores := make([]*float64, len(a.Units))
	for i, u := range a.Units {
		scores[i] = u.Score
	}
	bars := barsOf(scores, nil, true)
	for i, u := range a.Units {
		row := scoreRow{Code: u.Code, Name: r.name(u.NameZh, u.NameEn), Score: r.t("figures.none"), Bar: bars[i], Mine: u.Code == own, Band: r.name(u.BandZh, u.BandEn)}
		if !regionCode.MatchString(u.Code) {
			row.Code = "" // a thing has no page
		}
		if u.Score != nil {
			row.Score, row.Rank = r.number(*u.Score, 1), r.ranks(u)
		}
		for _, g := range a.Groups {
			cell := "—"
			if v := u.Groups[g.Code]; v != nil {
				cell = r.number(*v, 1)
			}
			row.Groups = append(row.Groups, cell)
		}
		page.Rows = append(page.Rows, row)
	}
	return page.Name + " · " + page.When, page, false, nil
}

// ranks is a rank, with those that other weights would give.
func (r *request) ranks(u score.OpenScore) string {
	low, high := r.number(u.Low, 0), r.number(u.High, 0)
	if low == high {
		return r.t("figures.rank", "rank", u.Rank)
	}
	return r.t("figures.rank_between", "rank", u.Rank, "low", low, "high", high)
}
