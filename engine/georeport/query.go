package georeport

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Query is what somebody searches for: the arguments of GET requests.
type Query struct {
	Jurisdiction string
	APIKey       string
	IDs          []string  // where there are any, they alone are looked for
	ServiceCodes []string  // none are all
	States       []State   // none are all
	From, To     time.Time // requested in, both included
	Near         *Circle
	Page         int // from 1
	PageSize     int
}

// Circle is the surrounding of a point.
type Circle struct {
	Point
	Radius float64 // metres
}

// How far a search reaches, by the specification; what is left out is filled from these.
const (
	Span        = 90 * 24 * time.Hour // of requested_datetime
	MaxPageSize = 1000
)

const (
	maxPage   = 1_000_000
	maxRadius = 100_000.0 // metres
)

// DecodeQuery reads the arguments of a search and names all that is wrong with them. A
// range of dates that has no end, or no beginning, reaches Span; one that has neither, the
// latest Span until now. Where service_request_id is given, it overrides all others: they
// are not looked at.
func DecodeQuery(form url.Values, j Jurisdictions, now time.Time) (*Query, []*Error) {
	a := read(form)
	q := &Query{APIKey: a.line("api_key", maxID), IDs: a.listed("service_request_id"), Page: 1, PageSize: MaxPageSize}
	var err *Error
	q.Jurisdiction, err = j.Find(a.line("jurisdiction_id", maxID))
	a.add(err)
	if len(q.IDs) == 0 {
		q.ServiceCodes = a.listed("service_code")
		q.states(a)
		q.dates(a, now)
		q.near(a)
		q.Page, q.PageSize = a.whole("page", maxPage, 1), a.whole("page_size", MaxPageSize, MaxPageSize)
	}
	if len(a.errs) > 0 {
		return nil, a.errs
	}
	return q, nil
}

func (q *Query) states(a *arguments) {
	for _, s := range a.listed("status") {
		state := State(s)
		if state != Open && state != Closed {
			a.bad("status", "georeport.status.unknown", map[string]any{"value": clip(s)})
			return
		}
		q.States = append(q.States, state)
	}
}

func (q *Query) dates(a *arguments, now time.Time) {
	before := len(a.errs)
	q.From, q.To = a.time("start_date"), a.time("end_date")
	if len(a.errs) > before {
		return
	}
	if q.To.IsZero() && q.From.IsZero() {
		q.To = now
	}
	switch {
	case q.To.IsZero():
		q.To = q.From.Add(Span)
	case q.From.IsZero():
		q.From = q.To.Add(-Span)
	case q.To.Before(q.From):
		a.bad("end_date", "georeport.date.order", nil)
	case q.To.Sub(q.From) > Span:
		a.bad("end_date", "georeport.date.span", map[string]any{"days": int(Span / (24 * time.Hour))})
	}
}

func (q *Query) near(a *arguments) {
	p, radius := a.point(), strings.TrimSpace(a.one("radius"))
	if p == nil && radius == "" {
		return
	}
	r, ok := decimal(radius)
	switch {
	case !ok || r <= 0 || r > maxRadius:
		a.bad("radius", "georeport.radius.bad", map[string]any{"limit": maxRadius})
	case p == nil && len(a.form["lat"])+len(a.form["long"]) == 0:
		a.bad("lat", "georeport.location.half", nil)
	case p != nil:
		q.Near = &Circle{*p, r}
	}
}

// Values writes a query as arguments, for a client.
func (q *Query) Values() url.Values {
	form := url.Values{}
	states := make([]string, len(q.States))
	for i, s := range q.States {
		states[i] = string(s)
	}
	for name, v := range map[string]string{
		"jurisdiction_id": q.Jurisdiction, "api_key": q.APIKey, "service_request_id": strings.Join(q.IDs, ","),
		"service_code": strings.Join(q.ServiceCodes, ","), "status": strings.Join(states, ","),
	} {
		if v != "" {
			form.Set(name, v)
		}
	}
	for name, t := range map[string]time.Time{"start_date": q.From, "end_date": q.To} {
		if !t.IsZero() {
			form.Set(name, t.Format(time.RFC3339Nano))
		}
	}
	if q.Near != nil {
		setPoint(form, &q.Near.Point)
		form.Set("radius", strconv.FormatFloat(q.Near.Radius, 'g', -1, 64))
	}
	for name, n := range map[string]int{"page": q.Page, "page_size": q.PageSize} {
		if n > 0 {
			form.Set(name, strconv.Itoa(n))
		}
	}
	return form
}
