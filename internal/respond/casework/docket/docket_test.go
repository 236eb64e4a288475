package docket_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// rig is a desk with a small city around it: two districts, people with posts.
type rig struct {
	testing.TB
	ctx  context.Context
	db   *store.DB
	clk  *clock.Manual
	desk *docket.Desk
}

const (
	east = "110101000000"
	west = "110102000000"
)

type world struct{}

func (world) All(context.Context) ([]docket.Region, error) {
	return []docket.Region{{Code: "110000000000", Path: "c.", NameZH: "市", NameEN: "City", District: "110000000000"}, {Code: east, Path: "c.e.", NameZH: "东区", NameEN: "East", District: east},
		{Code: west, Path: "c.w.", NameZH: "西区", NameEN: "West", District: west}, {Code: "110101001000", Path: "c.e.1.", NameZH: "东一街道", NameEN: "East 1", District: east}}, nil
}

// posts are who holds which post where.
var posts = map[string]map[string]string{
	"op": {"operator": "c."}, "disp": {"dispatcher": "c.e."}, "dispw": {"dispatcher": "c.w."}, "tech": {"technician": "c.e."}, "tech2": {"technician": "c.e."}, "boss": {"case-supervisor": "c."}, "citizen": {},
}

func (r *rig) as(name string) context.Context {
	granted := map[auth.Permission][]string{docket.PermWork: {""}}
	for post, path := range posts[name] {
		granted[docket.PermOf(post)] = []string{path}
	}
	if name == "boss" {
		granted[docket.PermRead] = []string{"c."}
		granted[docket.PermDesign] = []string{"c."}
	}
	return auth.With(r.ctx, auth.NewPrincipal(auth.Actor{ID: account(name), Name: name}, granted))
}

func account(name string) string {
	s := "00000000000000000000000000"
	up := []byte(s)
	for i, c := range []byte(name) {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		up[len(s)-len(name)+i] = c
	}
	return string(up)
}

func (world) Holders(_ context.Context, perm auth.Permission, path string) (people []auth.Person, err error) {
	for name, held := range posts {
		for post, at := range held {
			if docket.PermOf(post) == perm && auth.NewScope(at).Allows(path) {
				people = append(people, auth.Person{ID: account(name), Name: name})
			}
		}
	}
	return people, nil
}

func (world) Place(_ context.Context, _ procedure.Subject, id string) (string, string, error) {
	return east, "村口喇叭", nil
}

func (world) Kind(context.Context, string) (string, error) { return "loudspeaker", nil }

type staff struct{ world }

func (staff) Named(_ context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for name := range posts {
		for _, id := range ids {
			if account(name) == id {
				names[id] = name
			}
		}
	}
	return names, nil
}

type parties struct{}

func (parties) Of(context.Context, store.Queryer, string) ([]string, error) { return nil, nil }
func (parties) Named(context.Context, store.Queryer, []string) (map[string]procedure.Words, error) {
	return nil, nil
}
func (parties) Licensed(context.Context, *store.Tx, string, procedure.Paper) error { return nil }

type rest struct{}

func (rest) Seal(plain []byte, _ string) ([]byte, error)  { return plain, nil }
func (rest) Open(sealed []byte, _ string) ([]byte, error) { return sealed, nil }
func (rest) Sign(context.Context, []byte) (string, error) { return "signed", nil }
func (rest) Names() []string {
	return []string{"experts", "inspectors", "hotels", "outlets", "screens", "stations"}
}
func (rest) Take(context.Context, *store.Tx, string, string, []procedure.Part) error { return nil }
func (rest) Urn(context.Context, store.Queryer, string, string, []string, time.Time) ([]string, []procedure.Out, error) {
	return nil, nil, nil
}

func each(t *testing.T, fn func(r *rig)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) { fn(newRig(t, db, clk)) }, casework.Migrations())
}

func newRig(t testing.TB, db *store.DB, clk *clock.Manual) *rig {
	calendar, errs := city.Calendar(city.Default())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	objects, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	desk, err := docket.Open(ctx, docket.Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Live: live.NewHub(), Blob: objects, Zone: calendar.Zone(), Home: "c.", Calendar: calendar,
		Regions: world{}, Staff: staff{}, Parties: parties{}, Urns: rest{}, Sealer: rest{}, Signer: rest{}, Subjects: world{}, Depot: rest{}})
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("../../../../city/beijing/procedures/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Ship(ctx, [][]byte{src}); err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() { _ = desk.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return &rig{t, ctx, db, clk, desk}
}

func (r *rig) open(who string, what string) *docket.View {
	r.Helper()
	v, err := r.desk.Open(r.as(who), docket.NewCase{Type: "repair", Start: "report", Region: east, Data: map[string]any{"kind": "speaker", "what": what}})
	r.ok(err)
	return v
}

func (r *rig) do(who, id, step string, data map[string]any) *docket.View {
	r.Helper()
	v, err := r.desk.Do(r.as(who), id, docket.Deed{Step: step, Data: data})
	r.ok(err)
	return v
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) refused(err error, code string) {
	r.Helper()
	if !fault.Is(err, code) {
		r.Errorf("want %s, got %v", code, err)
	}
}

func TestRepairFromReportToEnd(t *testing.T) {
	each(t, func(r *rig) {
		v := r.open("citizen", "村口的喇叭不响了")
		if v.State != "received" || v.Number == "" || len(v.Deadlines) != 1 {
			r.Fatalf("%+v", v)
		}
		_, err := r.desk.Do(r.as("dispw"), v.ID, docket.Deed{Step: "triage"}) // of another district
		r.refused(err, "casework.case.unknown")
		_, err = r.desk.Do(r.as("citizen"), v.ID, docket.Deed{Step: "triage", Data: map[string]any{"urgency": "urgent", "technician": account("tech")}})
		r.refused(err, "procedure.act.role")
		_, err = r.desk.Do(r.as("disp"), v.ID, docket.Deed{Step: "triage", Data: map[string]any{"urgency": "urgent", "technician": account("citizen")}})
		r.refused(err, "casework.person.ineligible")
		r.do("disp", v.ID, "triage", map[string]any{"urgency": "urgent", "technician": account("tech")})
		got, err := r.desk.List(r.as("tech"), docket.Filter{Mine: true})
		r.ok(err)
		if len(got.Items) != 1 || got.Items[0].ID != v.ID {
			r.Fatalf("my work: %+v", got)
		}
		if none, err := r.desk.List(r.as("tech2"), docket.Filter{}); err != nil || len(none.Items) != 0 {
			r.Fatalf("another technician sees it: %+v %v", none, err)
		}
		r.do("tech", v.ID, "arrive", nil)
		r.do("tech", v.ID, "repair", map[string]any{"cause": "line", "done": "接好了线"})
		v = r.do("citizen", v.ID, "confirm", map[string]any{"works": "yes", "satisfied": 5.0})
		if v.State != "closed" || v.ClosedAt.IsZero() {
			r.Fatalf("%+v", v)
		}
		p, err := r.desk.Verify(r.as("citizen"), v.ID)
		r.ok(err)
		if !p.Whole || p.Entries != 5 {
			r.Errorf("%+v", p)
		}
		news, err := r.desk.News(r.as("tech"), store.Page{})
		r.ok(err)
		if len(news.Items) != 1 {
			r.Errorf("the technician was told %+v", news.Items)
		}
	})
}
