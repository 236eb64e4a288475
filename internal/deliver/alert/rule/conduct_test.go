package rule

import (
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
)

func TestQuietHoursCrossMidnightOrNot(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*3600)
	at := func(clock string) time.Time {
		c, err := time.ParseInLocation("2006-01-02 15:04", "2026-07-31 "+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	night := Quiet{From: "22:00", Until: "06:30", Severities: []message.Severity{message.Blue}, Everyday: true}
	noon := Quiet{From: "12:00", Until: "14:00", Everyday: true}
	for _, c := range []struct {
		name   string
		q      Quiet
		class  wire.Class
		s      message.Severity
		begins string
		until  string // empty: does not wait
	}{
		{"evening", night, wire.Everyday, message.Unknown, "22:00", "2026-08-01 06:30"},
		{"early", night, wire.Everyday, message.Unknown, "06:29", "2026-07-31 06:30"},
		{"morning", night, wire.Everyday, message.Unknown, "06:30", ""},
		{"blue", night, wire.Emergency, message.Blue, "23:59", "2026-08-01 06:30"},
		{"red", night, wire.Emergency, message.Red, "23:59", ""},
		{"siesta", noon, wire.Everyday, message.Unknown, "13:00", "2026-07-31 14:00"},
		{"after it", noon, wire.Everyday, message.Unknown, "14:00", ""},
		{"never", Quiet{From: "00:00", Until: "00:00", Everyday: true}, wire.Everyday, message.Unknown, "03:00", ""},
	} {
		until, waits := c.q.Waits(c.class, c.s, at(c.begins))
		if waits != (c.until != "") || waits && until.Format("2006-01-02 15:04") != c.until {
			t.Errorf("%s: %v, %v", c.name, until, waits)
		}
	}
	if err := (Conduct{Quiet: Quiet{Severities: []message.Severity{message.Red}}, Retain: 200}).Check(); err == nil {
		t.Error("red would wait")
	}
}
