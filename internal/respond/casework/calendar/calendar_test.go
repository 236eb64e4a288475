package calendar_test

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/calendar"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket/dockettest"
)

type people struct{ closed bool }

func (p *people) Principal(_ context.Context, id string) (*auth.Principal, error) {
	if p.closed || id != dockettest.Account("tech") {
		return nil, nil
	}
	return dockettest.Person("tech"), nil
}

// unfold gives the lines of a calendar and checks that they are as RFC 5545 has them.
func unfold(t testing.TB, text string) []string {
	for _, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") || strings.ToValidUTF8(line, "") != line {
			t.Errorf("%q is no line", line)
		}
	}
	return strings.Split(strings.ReplaceAll(text, "\r\n ", ""), "\r\n")
}

func TestDeadlinesStandInACalendar(t *testing.T) {
	src, err := os.ReadFile("../../../../city/beijing/procedures/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		c, who := dockettest.New(t, db, clk, src), &people{}
		d := calendar.New(calendar.Deps{DB: db, Clock: clk, Docket: c.Docket, People: who, Public: "https://city.example", Host: "city.example"})
		tech := c.As("tech")
		v := c.Open("citizen", dockettest.East, map[string]any{"kind": "speaker", "what": "王小明家的喇叭, 不响; 了"})
		v = c.Do("disp", v.ID, "triage", map[string]any{"urgency": "urgent", "technician": dockettest.Account("tech")})
		a, err := d.Make(tech)
		c.OK(err)
		token := func(a *calendar.Address) string {
			u, err := url.Parse(a.URL)
			c.OK(err)
			return strings.TrimSuffix(strings.TrimPrefix(u.Path, "/api/casework/calendar/"), ".ics")
		}
		text, err := d.Read(c.Ctx, token(a))
		c.OK(err)
		lines := strings.Join(unfold(t, text), "\n")
		for _, want := range []string{"BEGIN:VCALENDAR\nVERSION:2.0", "UID:" + v.ID + "-due@city.example", "DTSTART:" + v.Deadlines[len(v.Deadlines)-1].Due.UTC().Format("20060102T150405Z"), "SUMMARY:到场时限：设备维修 " + v.Number, "LOCATION:东区", "TRIGGER:-PT30M", "SEQUENCE:2"} {
			if !strings.Contains(lines, want) {
				t.Errorf("%q is missing in\n%s", want, lines)
			}
		}
		if strings.Contains(lines, "王小明") {
			t.Error("what was written stands in a calendar")
		}
		again, err := d.Make(tech)
		c.OK(err)
		_, err = d.Read(c.Ctx, token(a))
		c.Refused(err, "casework.calendar.unknown")
		c.Do("tech", v.ID, "arrive", nil)
		c.Do("tech", v.ID, "repair", map[string]any{"cause": "line", "done": "接好了线"})
		c.Do("citizen", v.ID, "confirm", map[string]any{"works": "yes"})
		text, err = d.Read(c.Ctx, token(again))
		c.OK(err)
		if strings.Contains(text, "VEVENT") {
			t.Errorf("what is closed stands in it:\n%s", text)
		}
		who.closed = true
		_, err = d.Read(c.Ctx, token(again))
		c.Refused(err, "casework.calendar.unknown")
		who.closed = false
		c.OK(d.End(tech))
		c.Refused(d.End(tech), "casework.calendar.unknown")
		_, err = d.Read(c.Ctx, token(again))
		c.Refused(err, "casework.calendar.unknown")
	}, casework.Migrations())
}
