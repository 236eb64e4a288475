package georeport

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestQueries(t *testing.T) {
	now := at(t, "2026-11-30T12:00:00+08:00")
	all := func(from, to time.Time) *Query { return &Query{From: from, To: to, Page: 1, PageSize: 1000} }
	may, june := at(t, "2010-05-24T00:00:00Z"), at(t, "2010-06-24T00:00:00Z")
	with := func(q *Query, change func(*Query)) *Query { change(q); return q }
	for query, want := range map[string]*Query{
		"":              all(now.Add(-Span), now),
		"foo=1&status=": all(now.Add(-Span), now),
		"start_date=2010-05-24T00:00:00Z&end_date=2010-06-24T00:00:00Z&status=open": with(all(may, june), func(q *Query) { q.States = []State{Open} }),
		"start_date=2010-05-24T00:00:00Z":                                           all(may, may.Add(Span)),
		"end_date=2010-06-24T00:00Z":                                                all(june.Add(-Span), june),
		"start_date=2010-05-24T08:00:00+08:00&end_date=2010-06-24T08:00:00%2B08:00": all(may, june), // a + not escaped
		"status=open,closed&status=open&service_code=1,+2&service_code=3": with(all(now.Add(-Span), now), func(q *Query) {
			q.States, q.ServiceCodes = []State{Open, Closed}, []string{"1", "2", "3"}
		}),
		"service_request_id=1,2&service_request_id=3&start_date=never&status=lost&lat=x&page=0": {IDs: []string{"1", "2", "3"}, Page: 1, PageSize: 1000},
		"lat=39.9&long=116.4&radius=500&page=3&page_size=50": with(all(now.Add(-Span), now), func(q *Query) {
			q.Near, q.Page, q.PageSize = &Circle{Point{39.9, 116.4}, 500}, 3, 50
		}),
		"start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:00Z": all(at(t, "2026-01-01T00:00:00Z"), at(t, "2026-04-01T00:00:00Z")), // 90 days
		"api_key=k": with(all(now.Add(-Span), now), func(q *Query) { q.APIKey = "k" }),
	} {
		got, errs := DecodeQuery(form(t, query), nil, now)
		if len(errs) > 0 {
			t.Errorf("%s: %s", query, told(errs))
			continue
		}
		if d := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); d != "" {
			t.Errorf("%s: %s", query, d)
		}
	}
}

func TestQueriesRefused(t *testing.T) {
	for query, want := range map[string]string{
		"start_date=2010-05-24":                                         "400 start_date: georeport.date.bad",
		"start_date=2010-05-24T00:00:00":                                "400 start_date: georeport.date.bad", // no zone
		"start_date=2010-05-24T00:00:00Z&end_date=2010-05-23T00:00:00Z": "400 end_date: georeport.date.order",
		"start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:01Z": "400 end_date: georeport.date.span",
		"start_date=x&end_date=y":                                       "400 start_date: georeport.date.bad\n400 end_date: georeport.date.bad",
		"status=lost":                                                   "400 status: georeport.status.unknown",
		"page=0":                                                        "400 page: georeport.number.bad",
		"page_size=1001":                                                "400 page_size: georeport.number.bad",
		"page=99999999999999999999":                                     "400 page: georeport.number.bad",
		"lat=1&long=2":                                                  "400 radius: georeport.radius.bad",
		"lat=1&long=2&radius=-1":                                        "400 radius: georeport.radius.bad",
		"lat=1&long=2&radius=1000000":                                   "400 radius: georeport.radius.bad",
		"radius=10":                                                     "400 lat: georeport.location.half",
		"lat=1&radius=10":                                               "400 long: georeport.location.half",
		"lat=91&long=2&radius=10":                                       "400 lat: georeport.coordinate.bad",
		"jurisdiction_id=z":                                             "404 jurisdiction_id: georeport.jurisdiction.unknown",
		"service_request_id=1&jurisdiction_id=z":                        "404 jurisdiction_id: georeport.jurisdiction.unknown",
		"service_code=" + strings.Repeat("x", 129):                      "400 service_code: georeport.text.long",
		"service_code=a%00b":                                            "400 service_code: georeport.text.control",
		"service_request_id=" + strings.Join(numbered(201), ","):        "400 service_request_id: georeport.list.many",
		"start_date=2010-05-24T00:00:00Z&start_date=2010-05-25T00:00Z": "400 start_date: georeport.argument.twice",
	} {
		q, errs := DecodeQuery(form(t, query), Jurisdictions{"a"}, time.Unix(1.7e9, 0))
		if got := told(errs); got != want || q != nil {
			t.Errorf("%s: %q, not %q", query, got, want)
		}
	}
}

func numbered(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

// A query written as arguments is read as it was.
func TestQueriesRoundTrip(t *testing.T) {
	codes := rapid.SliceOfNDistinct(rapid.StringMatching(`[\p{Han}A-Za-z0-9_.<&-]{1,8}`), 0, 4, rapid.ID[string])
	rapid.Check(t, func(rt *rapid.T) {
		q := &Query{Jurisdiction: "a", ServiceCodes: codes.Draw(rt, "services"), Page: rapid.IntRange(1, 9).Draw(rt, "page"), PageSize: rapid.IntRange(1, 1000).Draw(rt, "size")}
		q.From = time.Unix(rapid.Int64Range(0, 4e9).Draw(rt, "from"), rapid.Int64Range(0, 999_999_999).Draw(rt, "part"))
		q.To = q.From.Add(time.Duration(rapid.Int64Range(0, int64(Span)).Draw(rt, "span")))
		q.States = rapid.SampledFrom([][]State{nil, {Open}, {Closed}, {Closed, Open}}).Draw(rt, "states")
		if p := point().Draw(rt, "point"); p != nil {
			q.Near = &Circle{*p, rapid.Float64Range(1, maxRadius).Draw(rt, "radius")}
		}
		if rapid.IntRange(0, 5).Draw(rt, "by id") == 0 {
			q = &Query{Jurisdiction: "a", IDs: []string{"1", "2"}, Page: 1, PageSize: MaxPageSize}
		}
		if len(q.ServiceCodes) == 0 {
			q.ServiceCodes = nil
		}
		got, errs := DecodeQuery(form(t, q.Values().Encode()), Jurisdictions{"a", "b"}, time.Unix(0, 0))
		if len(errs) > 0 {
			rt.Fatalf("%s: %s", q.Values().Encode(), told(errs))
		}
		if d := cmp.Diff(q, got, cmp.Comparer(time.Time.Equal)); d != "" {
			rt.Fatal(d)
		}
	})
}

func FuzzDecodeQuery(f *testing.F) {
	f.Add("service_request_id=1,2&service_code=3&start_date=2010-05-24T00:00:00Z&end_date=2010-06-24T00:00:00Z&status=open,closed")
	f.Add("lat=39.9&long=116.4&radius=500&page=3&page_size=50&start_date=2010-05-24T08:00:00+08:00&jurisdiction_id=city.gov")
	f.Fuzz(func(t *testing.T, query string) {
		v, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		q, errs := DecodeQuery(v, Jurisdictions{"city.gov"}, time.Unix(1.7e9, 0))
		if (q == nil) != (len(errs) > 0) {
			t.Fatalf("%v %s", q, told(errs))
		}
		if q == nil {
			return
		}
		if len(q.IDs) == 0 && (q.To.Before(q.From) || q.To.Sub(q.From) > Span) {
			t.Fatalf("from %v to %v", q.From, q.To)
		}
	})
}
