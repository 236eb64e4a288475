package docket_test

import (
	"context"
	"os"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket/dockettest"
)

const east = dockettest.East

// rig is the test city with the repair that ships.
type rig struct {
	*dockettest.City
	ctx  context.Context
	db   *store.DB
	clk  *clock.Manual
	desk *docket.Desk
}

func account(name string) string { return dockettest.Account(name) }

func (r *rig) as(name string) context.Context { return r.As(name) }

func each(t *testing.T, fn func(r *rig)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) { fn(newRig(t, db, clk)) }, casework.Migrations())
}

func newRig(t testing.TB, db *store.DB, clk *clock.Manual) *rig {
	src, err := os.ReadFile("../../../../city/beijing/procedures/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := dockettest.New(t, db, clk, src)
	return &rig{c, c.Ctx, db, clk, c.Docket}
}

func (r *rig) open(who string, what string) *docket.View {
	r.Helper()
	return r.Open(who, east, map[string]any{"kind": "speaker", "what": what})
}

func (r *rig) do(who, id, step string, data map[string]any) *docket.View {
	r.Helper()
	return r.Do(who, id, step, data)
}

func (r *rig) ok(err error) {
	r.Helper()
	r.OK(err)
}

func (r *rig) refused(err error, code string) {
	r.Helper()
	r.Refused(err, code)
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
