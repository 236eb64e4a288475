package open311

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/georeport"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// How far a search looks: pages reach back so many cases, and cases around a point are looked for
// among so many of the latest.
const (
	maxReach = 100_000
	maxNear  = 5_000
)

// public are the codes of the types that are offered, of those that were asked for.
func (d *Desk) public(asked []string) (codes []string) {
	for _, t := range d.Docket.Types() {
		if _, ok := offerOf(t); ok && (len(asked) == 0 || slices.Contains(asked, t.Code)) {
			codes = append(codes, t.Code)
		}
	}
	return codes
}

// find answers a search.
func (d *Desk) find(r *http.Request) (*answer, error) {
	ctx, form := r.Context(), r.URL.Query()
	q, errs := georeport.DecodeQuery(form, d.cities, d.Clock.Now())
	after, err := updatedAfter(form)
	if err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 && q.Page*q.PageSize > maxReach {
		errs = append(errs, &georeport.Error{Status: http.StatusBadRequest, Code: "georeport.number.bad", Place: "page", Args: map[string]any{"value": q.Page, "limit": maxReach / q.PageSize}})
	}
	if len(errs) > 0 {
		return nil, said(errs)
	}
	rows, failed := d.rows(ctx, q, after)
	if failed != nil {
		return nil, failed
	}
	list, failed := d.requests(ctx, rows)
	if failed != nil {
		return nil, failed
	}
	return found(list)
}

func updatedAfter(form url.Values) (time.Time, *georeport.Error) {
	text := form.Get("updated_after")
	if text == "" {
		return time.Time{}, nil
	}
	at, ok := georeport.Moment(text)
	if !ok {
		return at, &georeport.Error{Status: http.StatusBadRequest, Code: "georeport.date.bad", Place: "updated_after", Args: map[string]any{"value": short(text)}}
	}
	return at, nil
}

func (d *Desk) rows(ctx context.Context, q *georeport.Query, after time.Time) ([]row, error) {
	w := asked(q, d.public(q.ServiceCodes), after)
	if q.Near == nil {
		return search(ctx, d.DB, w, q.PageSize, (q.Page-1)*q.PageSize)
	}
	rows, err := search(ctx, d.DB, w, maxNear, 0)
	rows = slices.DeleteFunc(rows, func(r row) bool {
		o, ok := d.offered(&r)
		p := o.pointOf(&r)
		return !ok || p == nil || metres(*p, q.Near.Point) > q.Near.Radius
	})
	from := min((q.Page-1)*q.PageSize, len(rows))
	return rows[from:min(from+q.PageSize, len(rows))], err
}

// metres is how far apart two points are.
func metres(a, b georeport.Point) float64 {
	const radius, rad = 6371008.8, math.Pi / 180
	s, t := math.Sin((b.Lat-a.Lat)*rad/2), math.Sin((b.Long-a.Long)*rad/2)
	return 2 * radius * math.Asin(min(1, math.Sqrt(s*s+math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*t*t)))
}

// one answers for a case by its number.
func (d *Desk) one(r *http.Request, number string) (*answer, error) {
	if _, err := d.cities.Find(r.URL.Query().Get("jurisdiction_id")); err != nil {
		return nil, said{err}
	}
	rows, err := search(r.Context(), d.DB, asked(&georeport.Query{IDs: []string{number}}, d.public(nil), time.Time{}), 1, 0)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, said{georeport.NoRequest(number)}
	}
	list, err := d.requests(r.Context(), rows)
	if err != nil {
		return nil, err
	}
	return found(list)
}

// token answers for a token: every service answers at once, so that it is the id of a case.
func (d *Desk) token(r *http.Request, token string) (*answer, error) {
	if _, err := d.cities.Find(r.URL.Query().Get("jurisdiction_id")); err != nil {
		return nil, said{err}
	}
	number, err := numberOf(r.Context(), d.DB, token, d.public(nil))
	if err != nil {
		return nil, err
	}
	if number == "" {
		return nil, said{georeport.NoToken(token)}
	}
	return found(georeport.Tokens{{RequestID: number, Token: token}})
}

// offered is the type of a case, as it was when the case was opened.
func (d *Desk) offered(r *row) (*offer, bool) {
	t, err := d.Docket.TypeOf(r.typ, r.version)
	if err != nil {
		return nil, false
	}
	return offerOf(t)
}

// pointOf is where a case is, of one whose opener knew that it would be told.
func (o *offer) pointOf(r *row) *georeport.Point {
	if o == nil || o.place == nil || !o.told(o.place, r) {
		return nil
	}
	at, _ := r.doc.Data[o.place.ID].(map[string]any)
	lat, ok := at["lat"].(float64)
	lon, both := at["lon"].(float64)
	if !ok || !both {
		return nil
	}
	return &georeport.Point{Lat: lat, Long: lon}
}

// told reports whether everybody may learn what a field of a case holds: of one about a thing, not
// about somebody's own affairs.
func (o *offer) told(k *procedure.Field, r *row) bool {
	return r.doc.Via == via && (o.typ.Subject == procedure.AboutDevice || o.typ.Subject == procedure.AboutSite) && !k.Personal && !k.Sealed && len(k.See) == 0
}

func (d *Desk) requests(ctx context.Context, rows []row) (georeport.Requests, error) {
	lang := httpapi.LangOf(ctx)
	last, err := lastWords(ctx, d.DB, rows)
	if err != nil {
		return nil, err
	}
	list := georeport.Requests{}
	for i := range rows {
		list = append(list, d.request(&rows[i], last[rows[i].id], lang))
	}
	return list, nil
}

func (d *Desk) request(r *row, last procedure.Words, lang i18n.Lang) georeport.Request {
	local := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.In(d.Zone)
	}
	region := d.Docket.RegionAt(r.regionPath)
	out := georeport.Request{ID: r.number, Status: georeport.Open, StatusNotes: pick(lang, last), ServiceCode: r.typ, Requested: local(r.opened), Updated: local(r.changed), Expected: local(r.due),
		AddressID: region.Code, Address: pick(lang, procedure.Words{Zh: region.NameZH, En: region.NameEN})}
	if district, ok := d.Docket.RegionOf(region.District); ok {
		out.Agency = pick(lang, procedure.Words{Zh: district.NameZH, En: district.NameEN})
	}
	if !r.closed.IsZero() {
		out.Status, out.Updated = georeport.Closed, local(r.closed)
	}
	o, ok := d.offered(r)
	if !ok {
		return out
	}
	out.ServiceName, out.Description = pick(lang, o.typ.Name), pick(lang, o.typ.Name)
	if s := o.typ.State(r.doc.State); s != nil && out.StatusNotes == "" {
		out.StatusNotes = pick(lang, s.Name)
	}
	if o.says != nil && o.told(o.says, r) {
		if text, _ := r.doc.Data[o.says.ID].(string); text != "" {
			out.Description = text
		}
	}
	if o.place != nil && o.told(o.place, r) {
		at, _ := r.doc.Data[o.place.ID].(map[string]any)
		if address, _ := at["address"].(string); address != "" {
			out.Address = address
		}
		out.Point = o.pointOf(r)
	}
	return out
}
