package hook_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket/dockettest"
	"github.com/tongsheng/tongsheng/internal/respond/casework/hook"
)

// program is one that is told, with what it was told.
type program struct {
	*httptest.Server
	status atomic.Int32
	got    chan hook.Body
	secret string
}

func newProgram(t *testing.T) *program {
	p := &program{got: make(chan hook.Body, 100)}
	p.status.Store(http.StatusNoContent)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		if p.secret != "" && r.Header.Get(hook.SignatureHeader) != hook.Sign(p.secret, r.Header.Get(hook.TimestampHeader), string(raw)) {
			t.Error("a notice is not signed")
		}
		if strings.Contains(string(raw), "13800138000") || strings.Contains(string(raw), "不响") {
			t.Errorf("a notice tells what was written: %s", raw)
		}
		if code := int(p.status.Load()); code >= 300 {
			w.WriteHeader(code)
			return
		}
		var b hook.Body
		if err := json.Unmarshal(raw, &b); err != nil || b.ID != r.Header.Get(hook.DeliveryHeader) && b.Event != "test" {
			t.Error(err, string(raw))
		}
		p.got <- b
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *program) told() (all []hook.Body) {
	for {
		select {
		case b := <-p.got:
			all = append(all, b)
		default:
			return all
		}
	}
}

func each(t *testing.T, inside bool, fn func(c *dockettest.City, d *hook.Desk)) {
	src, err := os.ReadFile("../../../../city/beijing/procedures/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		c := dockettest.New(t, db, clk, src)
		fn(c, hook.New(hook.Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Docket: c.Docket, Sealer: dockettest.Plain{}, Public: "https://city.example", Inside: inside}))
	}, casework.Migrations())
}

// react hands on the events that wait in the outbox, as the bus does.
func react(c *dockettest.City, d *hook.Desk) {
	rows, err := c.DB.Query(c.Ctx, `SELECT id, payload FROM platform_outbox WHERE name = 'casework.changed' AND published_at IS NULL ORDER BY id`)
	c.OK(err)
	var ids []string
	var all []event.CasesChanged
	for rows.Next() {
		var id, payload string
		var e event.CasesChanged
		c.OK(rows.Scan(&id, &payload))
		c.OK(json.Unmarshal([]byte(payload), &e))
		ids, all = append(ids, id), append(all, e)
	}
	c.OK(rows.Close())
	c.OK(c.DB.Housekeep(c.Ctx, func(tx *store.Tx) error {
		for i, e := range all {
			if err := d.Changed(c.Ctx, tx, e); err != nil {
				return err
			}
			if _, err := tx.Exec(c.Ctx, `UPDATE platform_outbox SET published_at = $1 WHERE id = $2`, tx.Now.UnixMicro(), ids[i]); err != nil {
				return err
			}
		}
		return nil
	}))
	c.OK(d.SendDue(c.Ctx))
}

func TestAProgramIsToldWhatBecomesOfCases(t *testing.T) {
	each(t, true, func(c *dockettest.City, d *hook.Desk) {
		p := newProgram(c.TB.(*testing.T))
		h, err := d.Make(c.As("boss"), hook.NewHook{Name: "市民热线", URL: p.URL, News: []event.News{event.CaseOpened, event.CaseStep, event.CaseClosed, event.CaseOverdue}, Region: "c.e."})
		c.OK(err)
		p.secret = h.Secret
		c.Open("citizen", dockettest.West, map[string]any{"kind": "cable", "what": "别处"})
		v := c.Open("citizen", dockettest.East, map[string]any{"kind": "speaker", "what": "喇叭不响", "phone": "13800138000"})
		react(c, d)
		told := p.told()
		if len(told) != 1 || told[0].Event != event.CaseOpened || told[0].Case.Number != v.Number || told[0].Case.StateName.Zh != "待分派" || told[0].Case.Place.Zh != "东区" || told[0].Case.URL != "https://city.example/console/response/cases/"+v.ID {
			c.Fatalf("%+v", told)
		}
		c.Do("disp", v.ID, "triage", map[string]any{"urgency": "urgent", "technician": dockettest.Account("tech")})
		c.Do("tech", v.ID, "arrive", nil)
		c.Do("tech", v.ID, "repair", map[string]any{"cause": "line", "done": "接好了线"})
		_, err = c.Docket.Comment(c.As("tech"), v.ID, "好了", nil, false, "")
		c.OK(err)
		c.Do("citizen", v.ID, "confirm", map[string]any{"works": "yes"})
		react(c, d)
		var events []string
		for _, b := range p.told() {
			events = append(events, string(b.Event))
		}
		if strings.Join(events, " ") != "step step step step closed" {
			c.Errorf("%v", events)
		}
		tried, err := d.Try(c.As("boss"), h.ID)
		c.OK(err)
		if told := p.told(); !tried.Taken || len(told) != 1 || told[0].Event != "test" {
			c.Errorf("%+v %+v", tried, told)
		}
		c.OK(d.End(c.As("boss"), h.ID))
		_, err = d.Notices(c.As("boss"), h.ID, "", store.Page{})
		c.Refused(err, "casework.hook.unknown")
	})
}

// What cannot be told is tried again for a day; after many failures nothing is sent until somebody
// looks.
func TestWhatCannotBeToldWaits(t *testing.T) {
	each(t, true, func(c *dockettest.City, d *hook.Desk) {
		p := newProgram(c.TB.(*testing.T))
		boss := c.As("boss")
		h, err := d.Make(boss, hook.NewHook{Name: "市民热线", URL: p.URL, News: []event.News{event.CaseOpened}})
		c.OK(err)
		p.status.Store(http.StatusServiceUnavailable)
		c.Open("citizen", dockettest.East, map[string]any{"kind": "cable", "what": "没有信号"})
		react(c, d)
		count := func(state string) int {
			found, err := d.Notices(boss, h.ID, state, store.Page{})
			c.OK(err)
			return len(found.Items)
		}
		if count("waiting") != 1 || count("sent") != 0 {
			c.Fatal("it does not wait")
		}
		for range 40 {
			c.Clock.Advance(time.Hour)
			c.OK(d.SendDue(c.Ctx))
		}
		list, err := d.List(boss)
		c.OK(err)
		if list[0].PausedAt.IsZero() || list[0].Failures != 20 || list[0].Failure != "HTTP 503" {
			c.Fatalf("%+v", list[0])
		}
		c.Open("citizen", dockettest.East, map[string]any{"kind": "cable", "what": "还是没有信号"})
		p.status.Store(http.StatusOK)
		react(c, d)
		if len(p.told()) != 0 {
			c.Fatal("who is paused was told")
		}
		c.OK(d.Resume(boss, h.ID))
		c.OK(d.SendDue(c.Ctx))
		if told := p.told(); len(told) != 2 {
			c.Fatalf("%+v", told)
		}
		found, err := d.Notices(boss, h.ID, "sent", store.Page{})
		c.OK(err)
		c.OK(d.Again(boss, h.ID, found.Items[0].ID))
		c.OK(d.SendDue(c.Ctx))
		if told := p.told(); len(told) != 1 || told[0].ID != found.Items[0].ID {
			c.Errorf("%+v", told)
		}
	})
}

func TestSubscriptionsStayOutside(t *testing.T) {
	each(t, false, func(c *dockettest.City, d *hook.Desk) {
		p := newProgram(c.TB.(*testing.T))
		boss := c.As("boss")
		h, err := d.Make(boss, hook.NewHook{Name: "里面", URL: p.URL, News: []event.News{event.CaseOpened}})
		c.OK(err)
		tried, err := d.Try(boss, h.ID)
		c.OK(err)
		if tried.Taken || len(p.told()) != 0 {
			c.Error("this machine was asked")
		}
		for _, n := range []hook.NewHook{{Name: "", URL: p.URL, News: []event.News{event.CaseOpened}}, {Name: "a", URL: "ftp://a.example", News: []event.News{event.CaseOpened}}, {Name: "a", URL: "https://u:p@a.example", News: []event.News{event.CaseOpened}},
			{Name: "a", URL: p.URL, News: []event.News{"moon"}}, {Name: "a", URL: p.URL, Types: []string{"moon"}, News: []event.News{event.CaseOpened}}, {Name: "a", URL: p.URL, Region: "moon", News: []event.News{event.CaseOpened}}} {
			if _, err := d.Make(boss, n); err == nil {
				c.Errorf("%+v was taken", n)
			}
		}
		_, err = d.Make(c.As("disp"), hook.NewHook{Name: "a", URL: p.URL, News: []event.News{event.CaseOpened}})
		c.Refused(err, "auth.no_grant")
	})
}
