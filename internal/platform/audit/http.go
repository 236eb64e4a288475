package audit

import (
	"context"
	"encoding/csv"
	"net/http"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// What auditors may do. Reading is within their regions; the chain is one for all.
const (
	PermRead   auth.Permission = "audit.read"   // list and export records
	PermVerify auth.Permission = "audit.verify" // prove the chain
)

// Permissions are the permissions this package declares.
func Permissions() []auth.Permission { return []auth.Permission{PermRead, PermVerify} }

// Query is how a request chooses records.
type Query struct {
	Object string    `query:"object" maxLength:"120" doc:"What was changed, such as account:01J…"`
	Actor  string    `query:"actor" maxLength:"64" doc:"Id of who did it"`
	Action string    `query:"action" maxLength:"64" doc:"The act, or how it begins: account."`
	By     By        `query:"by" enum:"people,platform" doc:"Only what people did, or only what the platform did by itself"`
	From   time.Time `query:"from" doc:"At or after"`
	To     time.Time `query:"to" doc:"Before"`
}

func (q Query) filter(ctx context.Context, p store.Page) Filter {
	return Filter{Object: q.Object, Actor: q.Actor, Action: q.Action, By: q.By, From: q.From, To: q.To, Scope: auth.ScopeOf(ctx, PermRead), Page: p}
}

// detail is what the record of an export says of its choice.
func (q Query) detail() map[string]any {
	d := map[string]any{"object": q.Object, "actor": q.Actor, "action": q.Action}
	if q.By != "" {
		d["by"] = q.By
	}
	if !q.From.IsZero() {
		d["from"] = q.From
	}
	if !q.To.IsZero() {
		d["to"] = q.To
	}
	return d
}

// Register adds the auditors' operations. The authority is the node's, which certified the
// keys that signed heads; the zone is the city's, in which an export says its times.
func Register(api *httpapi.API, db *store.DB, authority *ebd.PublicKey, zone *time.Location) {
	httpapi.Register(api, httpapi.Op{ID: "audit-list", Method: http.MethodGet, Path: "/api/audit", Tag: "audit",
		Summary: "Who did what to which thing, newest first", Access: httpapi.Needs(PermRead)},
		func(ctx context.Context, in *struct {
			httpapi.PageInput
			Query
		}) (*httpapi.Body[store.Listing[Record]], error) {
			out, err := Find(ctx, db, in.filter(ctx, in.Page()))
			return httpapi.Of(out), err
		})
	var walking sync.Mutex
	httpapi.Register(api, httpapi.Op{ID: "audit-verify", Method: http.MethodPost, Path: "/api/audit/verify", Tag: "audit",
		Summary: "Walk the chain of records from its beginning and say whether it holds", Access: httpapi.Needs(PermVerify)},
		func(ctx context.Context, in *struct {
			Body struct {
				Head string `json:"head,omitempty" maxLength:"64" pattern:"^[0-9a-f]*$" doc:"A head noted earlier; a chain cut off at its end is then found too"`
			}
		}) (*httpapi.Body[Verdict], error) {
			if !walking.TryLock() {
				return nil, fault.New(fault.Conflict, "audit.verify.running")
			}
			defer walking.Unlock()
			v, err := Verify(ctx, db, Against{in.Body.Head, authority})
			if err != nil {
				return nil, err
			}
			return httpapi.Of(v), note(ctx, db, "audit.verify", map[string]any{"records": v.Records, "head": v.Head, "signed": v.Signed, "broken": len(v.Broken)})
		})
	api.Guard(httpapi.Op{ID: "audit-export", Method: http.MethodGet, Path: "/api/audit/export", Tag: "audit", PerMinute: 10,
		Summary: "Records as CSV, newest first", Access: httpapi.Needs(PermRead)}, "text/csv",
		func(w http.ResponseWriter, r *http.Request) error { return export(w, r, db, zone) })
}

// note records that somebody looked at the record itself.
func note(ctx context.Context, db *store.DB, action string, detail any) error {
	return db.Update(ctx, func(tx *store.Tx) error {
		return Write(ctx, tx, Entry{Action: action, Object: "audit", Detail: detail})
	})
}

// query reads the choice of records from the address of a plain request.
func query(r *http.Request) (q Query, err error) {
	v := r.URL.Query()
	q = Query{Object: v.Get("object"), Actor: v.Get("actor"), Action: v.Get("action"), By: By(v.Get("by"))}
	if q.By != "" && q.By != ByPeople && q.By != ByPlatform {
		return q, fault.Bad("by", "validate.one_of", fault.Args{"value": string(ByPeople) + ", " + string(ByPlatform)})
	}
	for place, t := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if v.Get(place) == "" {
			continue
		}
		if *t, err = time.Parse(time.RFC3339, v.Get(place)); err != nil {
			return q, fault.Bad(place, "validate.date_time")
		}
	}
	return q, nil
}

// exported are the columns of an export; each head has its word beside its key.
var exported = []string{"id", "at", "actor", "actorName", "act", "action", "object", "regionPath", "detail", "request", "address", "sealed"}

// export streams records page by page, so that a long record takes no memory. Acts stand
// in it as the reader's words and as codes.
func export(w http.ResponseWriter, r *http.Request, db *store.DB, zone *time.Location) error {
	ctx := r.Context()
	q, err := query(r)
	if err != nil {
		return err
	}
	if err := note(ctx, db, "audit.export", q.detail()); err != nil {
		return err
	}
	f := q.filter(ctx, store.Page{Limit: store.MaxLimit})
	f.SkipTotal = true
	list, err := Find(ctx, db, f)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("\ufeff")) // Excel takes a CSV file for UTF-8 only with this mark
	out := csv.NewWriter(w)
	lang := httpapi.LangOf(ctx)
	heads := make([]string, len(exported))
	for i, key := range exported {
		heads[i] = i18n.T(lang, "audit.column."+key, nil)
		if key != "act" {
			heads[i] += " (" + key + ")"
		}
	}
	_ = out.Write(heads)
	for {
		for _, rec := range list.Items {
			_ = out.Write(row(rec, lang, zone))
		}
		out.Flush()
		if list.Next == "" || out.Error() != nil {
			return nil // what was sent cannot be taken back; a reader sees the connection end
		}
		f.Page.After = list.Next
		if list, err = Find(ctx, db, f); err != nil {
			panic(http.ErrAbortHandler) // a file cut short must not look whole
		}
	}
}

// word is an act as the reader says it; one that has no word keeps its code.
func word(lang i18n.Lang, action string) string {
	if said := i18n.T(lang, "audit.act."+action, nil); said != "audit.act."+action {
		return said
	}
	return action
}

func row(r Record, lang i18n.Lang, zone *time.Location) []string {
	sealed := "false"
	if r.Sealed {
		sealed = "true"
	}
	return document.Harmless([]string{r.ID, r.At.In(zone).Format(time.RFC3339Nano), r.Actor, r.ActorName, word(lang, r.Action), r.Action, r.Object, r.RegionPath, string(r.Detail),
		r.Request, r.Address, sealed})
}
