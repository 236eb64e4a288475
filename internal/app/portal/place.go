package portal

import (
	"context"
	"html/template"
	"regexp"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// placesPage answers: where do you live?
type placesPage struct {
	Query   string
	Found   []link
	Inside  []link
	Example string // what one could write
}

// link is a region to choose.
type link struct{ Code, Name string }

// maxFound bounds what a search shows.
const maxFound = 30

func (p *Portal) places(ctx context.Context, r *request) (string, any, bool, error) {
	page := placesPage{Query: query(r.URL)}
	if page.Query != "" {
		found, err := p.deps.Regions.Search(ctx, page.Query, maxFound)
		if err != nil {
			return "", nil, false, err
		}
		for _, f := range found {
			page.Found = append(page.Found, link{f.Code, fullName(f, r.lang)})
		}
	}
	inside, err := p.inside(ctx, r, p.deps.City)
	if page.Inside = inside; len(inside) > 0 {
		page.Example = inside[0].Name
	}
	return r.t("places.title"), page, false, err
}

func (p *Portal) inside(ctx context.Context, r *request, code string) (out []link, err error) {
	regions, err := p.deps.Regions.Inside(ctx, code)
	for _, region := range regions {
		out = append(out, link{region.Code, region.Name.In(r.lang)})
	}
	return out, err
}

// placePage answers: what do people in this place need to know?
type placePage struct {
	Code   string
	Name   string
	Mine   bool // the reader's own place
	Cards  []card
	Ended  []card
	Inside []link
}

func (p *Portal) place(ctx context.Context, r *request) (string, any, bool, error) {
	code := r.PathValue("code")
	if !regionCode.MatchString(code) {
		return "", nil, false, errMissing
	}
	region, err := p.deps.Regions.Region(ctx, code)
	if err != nil {
		return "", nil, false, err
	}
	if r.board == nil {
		return "", nil, false, errNoBoard
	}
	inside, err := p.inside(ctx, r, code)
	if err != nil {
		return "", nil, false, err
	}
	name := fullName(*region, r.lang)
	open := r.board.open(r.now, region.Path)
	page := placePage{code, name, r.prefs.Place == code, r.cards(open), r.cards(r.board.ended(r.now, region.Path)), inside}
	return r.t("place.title", "place", name), page, allDrills(open), nil
}

// devicePage answers: is this loudspeaker in order, and whom can I ring?
type devicePage struct {
	Code    string
	Name    string
	Kind    string
	Where   string
	Region  string // code
	State   DeviceState
	Said    string // the state in a sentence
	Heard   template.HTML
	Owner   string
	Contact string
	Playing string
	Tests   []template.HTML
	Sample  bool
	Past    []pastLine    // cases about it
	Report  []serviceLine // what can be said about it
	Staff   bool          // who is signed in is led to its cases
}

var deviceCode = regexp.MustCompile(`^[0-9]{23}$`)

func (p *Portal) device(ctx context.Context, r *request) (string, any, bool, error) {
	code := r.PathValue("code")
	if !deviceCode.MatchString(code) {
		return "", nil, false, errMissing
	}
	d, err := p.deps.Devices.Device(ctx, code)
	if err != nil {
		return "", nil, false, err
	}
	state := d.State
	said := r.t("device.state." + string(state))
	if d.Faulty && state == Working {
		said = r.t("device.state.faulty")
	}
	page := devicePage{Code: d.Code, Name: d.Name, Kind: r.kind(d.Kind), Where: fullName(d.Region, r.lang), Region: d.Region.Code,
		State: state, Said: said, Owner: d.Owner, Contact: d.Contact, Playing: d.Playing, Sample: d.Sample, Staff: auth.From(ctx) != nil}
	if !d.LastSeen.IsZero() {
		page.Heard = r.html("device.heard", d.LastSeen, d.LastSeen)
	}
	for _, test := range d.Tests {
		outcome := "device.test.failed"
		switch {
		case test.OK && test.Heard:
			outcome = "device.test.heard"
		case test.OK:
			outcome = "device.test.ok"
		}
		page.Tests = append(page.Tests, r.html(outcome, test.At, test.At))
	}
	if p.deps.Cases != nil {
		if err := p.devicePast(ctx, r, &page); err != nil {
			return "", nil, false, err
		}
	}
	return r.t("device.title", "name", d.Name), page, false, nil
}

// devicePast tells what became of cases about a device, without what people wrote in them.
func (p *Portal) devicePast(ctx context.Context, r *request, page *devicePage) error {
	past, err := p.deps.Cases.PastOf(ctx, page.Code)
	if err != nil {
		return err
	}
	for _, c := range past[:min(len(past), 5)] {
		line := pastLine{At: r.time(c.OpenedAt), Says: r.t("device.past_open", "what", c.TypeName.In(string(r.lang)), "state", c.StateName.In(string(r.lang)))}
		if !c.ClosedAt.IsZero() {
			line.Says = r.t("device.past_closed", "what", c.TypeName.In(string(r.lang)), "state", c.StateName.In(string(r.lang)), "day", r.date(c.ClosedAt))
		}
		page.Past = append(page.Past, line)
	}
	for _, s := range p.deps.Cases.Services() {
		if s.Subject == procedure.AboutDevice && !outside(s.Form) {
			page.Report = append(page.Report, serviceLine{Code: s.Code, Name: s.Name.In(string(r.lang))})
		}
	}
	return nil
}

var deviceKinds = map[string]bool{"loudspeaker": true, "adapter": true, "transmitter": true, "fm": true, "tv": true,
	"screen": true, "set_top_box": true, "probe": true, "sensor": true, "station": true}

func (r *request) kind(kind string) string {
	if !deviceKinds[kind] {
		kind = "other"
	}
	return r.t("device.kind." + kind)
}
