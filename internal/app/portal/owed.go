package portal

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Standards tells what people are owed.
type Standards interface {
	// Owed are the standards that bind a region, and drafts that are out for comment there.
	Owed(ctx context.Context, region string) ([]Promise, error)
	// Changes says what became of the items of a version of a standard against the one that was
	// published before; fault.NotFound where there is none.
	Changes(ctx context.Context, standard string, number int, lang i18n.Lang) (*PromiseChanges, error)
}

// Promise is a standard as the public reads it.
type Promise struct {
	ID, Code, Kind string
	Name           Name
	Basis, Note    Name
	Number         int
	From, Until    string // dates; until may be empty
	Before         int    // number of the version that was in force before; 0: none
	Next           int    // number of the version that takes its place when it ends; 0: none
	Tried          bool   // on trial in this place
	Sample         bool
	Draft          bool // out for comment
	Closes, How    string
	Items          []PromiseItem
}

// PromiseItem is one thing that is owed.
type PromiseItem struct {
	Heading, Text, By, To, Legal Name
	Groups                       []string
	Rule                         *Rule   // nil where nothing is counted
	Stands                       *Stands // nil where nothing is counted, or not for everybody to see
}

// Rule is by what an item is judged.
type Rule struct {
	Indicator, Unit Name
	Each            string // what is judged: city, district, township, or a kind of things
	AtMost          bool
	Limits          []Limit
}

// Limit is what is asked of some of those that are judged; of all others where Whom is empty.
type Limit struct {
	Whom  Name
	Value float64
}

// Stands is how a place stands with an item.
type Stands struct {
	Place                 Name
	Standing              string // kept, failed, unknown
	Value, Threshold      *float64
	AtMost                bool
	Unit                  Name
	Places                int    // decimal
	Data                  Name   // period in which the value was stated, in words
	Within                bool   // it is judged by the regions, or things, within it
	Things                string // kind of those things; empty for regions
	Kept, Failed, Unknown int
}

// PromiseChanges is a version beside the one before.
type PromiseChanges struct {
	Name         Name
	Number       int
	From         string
	BeforeNumber int
	BeforeFrom   string
	Added, Gone  []PromiseItem
	Changed      []ItemChanges
	Same         int
}

// ItemChanges is an item that reads otherwise.
type ItemChanges struct {
	Heading string
	Texts   []TextChanges
	Was, Is *Rule
}

// TextChanges is a field of it; its pieces are codes where it is medium, period or groups.
type TextChanges struct {
	Field  string
	Pieces []Piece
}

// Piece is a part of a text: in both, only in the earlier, or only in the later.
type Piece struct{ In, Text string }

// groups are those for whom items may be meant.
var groups = []string{"everyone", "rural", "elderly", "hearing", "sight", "minority", "migrant", "minor", "guest"}

// owedPage answers: what am I owed, and do I get it?
type owedPage struct {
	Where    string // the place it is told for
	Mine     bool   // which the reader chose
	Group    string
	Groups   []string // that have items
	Services []promise
	Norms    []promise
	Drafts   []promise
}

// promise is a standard in words.
type promise struct {
	Promise
	Title, Why, Said string
	Dates            string
	Lines            []promiseLine
}

// promiseLine is an item in words.
type promiseLine struct {
	Heading, Text, By, To, Legal string
	Rule                         string // by what it is judged; empty where nothing is counted
	Standing, Says               string
}

func (p *Portal) owed(ctx context.Context, r *request) (string, any, bool, error) {
	group := r.PathValue("group")
	if group != "" && !slices.Contains(groups, group) {
		return "", nil, false, errMissing
	}
	list, page, err := p.promises(ctx, r)
	if err != nil {
		return "", nil, false, err
	}
	page.Group = group
	for _, one := range list {
		said := r.promise(one, group)
		for _, g := range groups {
			if !one.Draft && !slices.Contains(page.Groups, g) && slices.ContainsFunc(one.Items, func(it PromiseItem) bool { return slices.Contains(it.Groups, g) }) {
				page.Groups = append(page.Groups, g)
			}
		}
		switch {
		case one.Draft:
			page.Drafts = append(page.Drafts, said)
		case len(said.Lines) == 0:
		case one.Kind == "service" || group != "":
			page.Services = append(page.Services, said)
		default:
			page.Norms = append(page.Norms, said)
		}
	}
	slices.SortFunc(page.Groups, func(a, b string) int { return slices.Index(groups, a) - slices.Index(groups, b) })
	title := r.t("owed.title")
	if group != "" {
		title = r.t("owed.title_for", "group", r.t("owed.group."+group))
	}
	return title, page, false, nil
}

// promises are those of the reader's place, or of the whole city.
func (p *Portal) promises(ctx context.Context, r *request) ([]Promise, owedPage, error) {
	region, mine := p.deps.City, false
	if where, _ := p.readerPlace(ctx, r); where != "" {
		region, mine = r.prefs.Place, true
	}
	list, err := p.deps.Standards.Owed(ctx, region)
	if err != nil {
		return nil, owedPage{}, err
	}
	page := owedPage{Mine: mine}
	if at, err := p.deps.Regions.Region(ctx, region); err == nil {
		page.Where = fullName(*at, r.lang)
	}
	return list, page, nil
}

// promise puts a standard into words; of a group only what is meant for it.
func (r *request) promise(one Promise, group string) promise {
	out := promise{Promise: one, Title: one.Name.In(r.lang), Why: one.Basis.In(r.lang), Said: one.Note.In(r.lang)}
	switch {
	case one.Draft:
		out.Dates = r.t("owed.closes", "day", r.day(one.Closes))
	case one.Next != 0:
		out.Dates = r.t("owed.dates_next", "from", r.day(one.From), "until", r.day(one.Until))
	case one.Until != "":
		out.Dates = r.t("owed.dates", "from", r.day(one.From), "until", r.day(one.Until))
	default:
		out.Dates = r.t("owed.since", "from", r.day(one.From))
	}
	for _, it := range one.Items {
		if group != "" && !slices.Contains(it.Groups, group) {
			continue
		}
		line := promiseLine{Heading: it.Heading.In(r.lang), Text: it.Text.In(r.lang), By: it.By.In(r.lang), To: it.To.In(r.lang), Legal: it.Legal.In(r.lang)}
		if it.Rule != nil {
			line.Rule = r.rule(it.Rule)
		}
		if it.Stands != nil && !one.Draft {
			line.Standing, line.Says = it.Stands.Standing, r.stands(it.Stands)
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}

// stands says how a place stands with an item.
func (r *request) stands(s *Stands) string {
	place := s.Place.In(r.lang)
	if s.Within {
		return r.t("owed.within."+s.Standing, "place", place, "things", r.t("owed.things."+cmp.Or(s.Things, "place")), "kept", s.Kept, "failed", s.Failed, "unknown", s.Unknown)
	}
	if s.Value == nil || s.Threshold == nil {
		return r.t("owed.stands.unknown", "place", place)
	}
	return r.t("owed.stands."+s.Standing, "place", place, "value", figure(*s.Value, s.Places, s.Unit.In(r.lang)), "limit", r.limit(*s.Threshold, s.Unit, s.AtMost), "data", s.Data.In(r.lang))
}

func (r *request) limit(v float64, unit Name, atMost bool) string {
	value := figure(v, -1, unit.In(r.lang))
	if atMost {
		return r.t("owed.most", "value", value)
	}
	return r.t("owed.least", "value", value)
}

// rule says by what an item is judged and what is asked: of kinds of regions first, then of all
// others.
func (r *request) rule(x *Rule) string {
	if x == nil {
		return r.t("owed.rule.none")
	}
	var some, others []string
	for _, l := range x.Limits {
		limit := r.limit(l.Value, x.Unit, x.AtMost)
		if l.Whom == (Name{}) {
			others = append(others, limit)
		} else {
			some = append(some, r.t("owed.rule.whom", "whom", l.Whom.In(r.lang), "limit", limit))
		}
	}
	indicator, each := x.Indicator.In(r.lang), r.t("owed.each."+x.Each)
	if len(some) == 0 {
		return r.t("owed.rule.one", "indicator", indicator, "each", each, "limit", strings.Join(others, ""))
	}
	for _, limit := range others {
		some = append(some, r.t("owed.rule.others", "limit", limit))
	}
	return r.t("owed.rule.some", "indicator", indicator, "each", each, "limits", strings.Join(some, r.t("owed.rule.join")))
}

// figure is a number with its unit; −1 places shows as many as it has.
func figure(v float64, places int, unit string) string {
	text := strconv.FormatFloat(v, 'f', places, 64)
	if unit == "%" {
		return text + "%"
	}
	return text + " " + unit
}

// day is a date as people say it.
func (r *request) day(text string) string {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text
	}
	if r.lang == i18n.English {
		return at.Format("2 January 2006")
	}
	return at.Format("2006年1月2日")
}

var standardID = regexp.MustCompile(`^[0-9A-Z]{26}$`)

// promisePage is one standard, whole.
type promisePage struct {
	promise
	Where string
	Mine  bool
}

func (p *Portal) promise(ctx context.Context, r *request) (string, any, bool, error) {
	return p.onePromise(ctx, r, false)
}

func (p *Portal) draft(ctx context.Context, r *request) (string, any, bool, error) {
	return p.onePromise(ctx, r, true)
}

func (p *Portal) onePromise(ctx context.Context, r *request, draft bool) (string, any, bool, error) {
	found, page, err := p.readPromise(ctx, r, draft)
	if err != nil {
		return "", nil, false, err
	}
	one := r.promise(found, "")
	return one.Title, promisePage{one, page.Where, page.Mine}, false, nil
}

// readPromise is the standard that the address names, as it binds the reader's place, or its draft.
func (p *Portal) readPromise(ctx context.Context, r *request, draft bool) (Promise, owedPage, error) {
	list, page, err := p.promises(ctx, r)
	if err != nil {
		return Promise{}, page, err
	}
	i := slices.IndexFunc(list, func(one Promise) bool { return one.ID == r.PathValue("id") && one.Draft == draft })
	if i < 0 {
		return Promise{}, page, errMissing
	}
	return list[i], page, nil
}

// changesPage is what changed of a standard: in what is in force, in what comes next, or in a draft.
type changesPage struct {
	ID, Dates    string
	Draft        bool
	Coming       bool
	Was, Is      string // what marks the earlier and the later
	Changed      []changedItem
	New, Dropped []promiseLine
	Same         int
}

// changedItem is an item that reads otherwise. Was and Is say by what it is judged, where that changed.
type changedItem struct {
	Heading string
	Texts   []TextChanges
	Was, Is string
}

func (p *Portal) changes(ctx context.Context, r *request) (string, any, bool, error) {
	return p.changesOf(ctx, r, "in_force")
}

func (p *Portal) nextChanges(ctx context.Context, r *request) (string, any, bool, error) {
	return p.changesOf(ctx, r, "coming")
}

func (p *Portal) draftChanges(ctx context.Context, r *request) (string, any, bool, error) {
	return p.changesOf(ctx, r, "draft")
}

func (p *Portal) changesOf(ctx context.Context, r *request, what string) (string, any, bool, error) {
	one, _, err := p.readPromise(ctx, r, what == "draft")
	if err != nil {
		return "", nil, false, err
	}
	number := one.Number
	if what == "coming" {
		if number = one.Next; number == 0 {
			return "", nil, false, errMissing
		}
	}
	c, err := p.deps.Standards.Changes(ctx, one.ID, number, r.lang)
	if err != nil {
		return "", nil, false, err
	}
	say := func(key string) string {
		return r.t("owed.beside."+what+"."+key, "later", c.Number, "earlier", c.BeforeNumber, "from", r.day(c.From), "before", r.day(c.BeforeFrom), "name", c.Name.In(r.lang))
	}
	page := changesPage{ID: one.ID, Draft: one.Draft, Coming: what == "coming", Was: say("was"), Is: say("is"), Same: c.Same, Dates: say("says")}
	for _, it := range c.Changed {
		page.Changed = append(page.Changed, r.changed(it))
	}
	page.New, page.Dropped = r.promise(Promise{Items: c.Added}, "").Lines, r.promise(Promise{Items: c.Gone}, "").Lines
	return say("title"), page, false, nil
}

// changed puts what changed of an item into words.
func (r *request) changed(it ItemChanges) changedItem {
	out := changedItem{Heading: it.Heading, Texts: it.Texts}
	for _, text := range out.Texts {
		for i, piece := range text.Pieces {
			switch text.Field {
			case "medium", "period":
				text.Pieces[i].Text = r.t("owed." + text.Field + "." + piece.Text)
			case "groups":
				words := strings.Fields(piece.Text)
				for n, group := range words {
					words[n] = r.t("owed.group." + group)
				}
				text.Pieces[i].Text = strings.Join(words, r.t("owed.join"))
			}
		}
	}
	if was, is := r.rule(it.Was), r.rule(it.Is); was != is {
		out.Was, out.Is = was, is
	}
	return out
}
