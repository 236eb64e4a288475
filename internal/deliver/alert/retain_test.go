package alert

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// rows counts what a table holds.
func (b *bench) rows(table string) (n int) {
	b.Helper()
	b.do(b.deps.DB.QueryRow(context.Background(), `SELECT count(*) FROM `+table).Scan(&n))
	return n
}

// logs are rows of each log that is kept for a while, as of now: n of them that are over, or one
// that still runs.
func (b *bench) logs(n int, over bool) {
	b.Helper()
	now := b.clk.Now().UnixMicro()
	until, next, state := now, "NULL", "done"
	if !over {
		until, next, state = b.clk.Now().AddDate(1, 0, 0).UnixMicro(), "1", "waiting"
	}
	for range n {
		id := store.NewID(b.clk.Now())
		for _, q := range []string{
			`INSERT INTO alert_output_task (id, output, message_id, number, act, region_path, rank, state, attempts, next_at, until_at, proof, failure, created_at, changed_at)
				VALUES ('%[1]s', 'o', '%[1]s', 1, 'play', 'cn.', 1, '%[4]s', 1, %[5]s, %[3]d, '{}', '', %[2]d, %[2]d)`,
			`INSERT INTO alert_ip_terminal (output, message_id, code, ebmid, number, state, gives, until_at, result, said, changed_at) VALUES ('o', '%[1]s', 'c', '', 1, '%[4]s', 1, %[3]d, 0, '', %[2]d)`,
			`INSERT INTO alert_peer_in (id, peer, region_path, ebdid, type, ebmid, digest, rank, signature, cert, warnings, code, words, seq, state, note, segment, start_at, bytes, received_at)
				VALUES ('%[1]s', 'p', 'cn.', '%[1]s', 'EBM', '', '', 1, '', '', '', 1, '', 1, '%[4]s', '', '', 0, 0, %[2]d)`,
			`INSERT INTO alert_peer_out (id, peer, region_path, ebdid, type, ebmid, topic, output, task, message_id, number, document, resources, rank, state, attempts, next_at, until_at, words, failure, created_at)
				VALUES ('%[1]s', 'p', 'cn.', '%[1]s', 'EBM', '', '', '', '', '', 1, '', '', 1, 'sent', 1, %[5]s, %[3]d, '', '', %[2]d)`,
			`INSERT INTO alert_duty_notice (id, region_path, person, reason, message_id, body, created_at, next_at, attempts, failure) VALUES ('%[1]s', 'cn.', 'p', 'report', '', '{}', %[2]d, %[5]s, 1, '')`,
		} {
			b.exec(fmt.Sprintf(q, id, now, until, state, next))
		}
	}
}

func TestLogsAreKeptAsLongAsTheRulesSayAndNoLonger(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		b.call("wang", "PUT", "/api/alert-conduct", rule.Conduct{Quiet: rule.Quiet{From: "22:00", Until: "06:00"}, Retain: 200}, 200, nil, "If-Match", `"1"`)
		b.exec(`INSERT INTO alert_output (id, kind, name_zh, name_en, region_path, tier, fits, settings, secret, enabled, retired, created_at, changed_at, failure, revision)
			VALUES ('o', 'webhook', '', '', 'cn.', 1, '{}', '{}', '', false, false, 0, 0, '', 1)`)
		b.exec(`INSERT INTO alert_peer (id, direction, name, code, url, region_code, region_path, trust, lax, edition, enabled, retired, created_at, changed_at, failure, refusal, told, revision)
			VALUES ('p', 'upper', '', '', '', '', 'cn.', '', false, '', false, true, 0, 0, '', '', '', 1)`)
		b.exec(`INSERT INTO alert_cap_source (id, kind, name_zh, name_en, region_path, level, settings, trust, secret, enabled, retired, created_at, changed_at, failures, failure, revision)
			VALUES ('s', 'pull', '', '', 'cn.', 'city', '{}', '{}', '', false, true, 0, 0, 0, '', 1)`)
		b.town.stand(township1, 3)
		msg := b.issued(b.rain(township1))
		b.look()
		b.take(b.above("gone"))
		b.take(b.above("waits"))
		b.exec(fmt.Sprintf(`INSERT INTO alert_escalation (message_id, number, rule, at, targets, reached, townships, outputs) VALUES ('%s', 1, 'r', %d, 1, 1, '', 0)`, msg.ID, b.clk.Now().UnixMicro()))
		b.exec(fmt.Sprintf(`INSERT INTO alert_cap_alert (id, source, ref, sender, identifier, sent, status, msg_type, event, severity, title, verdict, reason, digest, arrival, at)
			VALUES ('c', 's', 'r', '', '', 0, '', '', '', '', '', '', '', '', '', %d)`, b.clk.Now().UnixMicro()))
		b.exec(`INSERT INTO alert_peer (id, direction, name, code, url, region_code, region_path, trust, lax, edition, enabled, retired, created_at, changed_at, failure, refusal, told, revision)
			VALUES ('q', 'lower', '', 'q', '', '', 'cn.', '', false, '', false, false, 0, 0, '', '', '', 1)`)
		b.exec(fmt.Sprintf(`UPDATE alert_peer SET changed_at = %d`, b.clk.Now().UnixMicro()))
		for _, r := range []string{`'p', 'given up', false`, `'q', 'here', false`, `'q', 'gone', true`} {
			b.exec(fmt.Sprintf(`INSERT INTO alert_peer_resource (peer, code, gone, info_at, region_path, kind, name, lon, lat, url, belongs, state, state_desc)
				VALUES (%s, %d, 'cn.', 'EBRDT', '', '', '', '', '', 0, '')`, r, b.clk.Now().UnixMicro()))
		}
		b.logs(dropBatch+7, true)
		b.logs(1, false)
		b.clk.Advance(7 * time.Hour)
		b.look()
		b.clk.Advance(2 * time.Minute)
		b.look()
		var states []string
		for _, a := range b.arrivals("") {
			states = append(states, string(a.State))
		}
		b.exec(`UPDATE alert_arrival SET state = 'waiting' WHERE ref = 'waits'`)
		b.exec(`UPDATE alert_arrival SET state = 'ended' WHERE ref = 'gone'`)
		figures, receipts := b.figures(msg.ID), b.rows("alert_receipt")
		tables := []string{"alert_receipt", "alert_output_task", "alert_ip_terminal", "alert_peer_in", "alert_peer_out", "alert_cap_alert", "alert_arrival", "alert_escalation", "alert_duty_notice", "alert_peer_resource"}
		forget := func() map[string]int {
			b.do(b.m.forget(ctx))
			held := map[string]int{}
			for _, table := range tables {
				held[table] = b.rows(table)
			}
			return held
		}
		if receipts < 2 {
			b.Fatalf("%d receipts, arrivals %v: too little happened", receipts, states)
		}
		b.clk.Advance(199 * 24 * time.Hour)
		full := map[string]int{"alert_receipt": receipts, "alert_output_task": dropBatch + 8, "alert_ip_terminal": dropBatch + 8, "alert_peer_in": dropBatch + 8, "alert_peer_out": dropBatch + 8,
			"alert_cap_alert": 1, "alert_arrival": 2, "alert_escalation": 1, "alert_duty_notice": dropBatch + 8, "alert_peer_resource": 3}
		for table, n := range forget() {
			if n != full[table] {
				b.Errorf("%s after 199 days: %d rows of %d", table, n, full[table])
			}
		}
		b.logs(1, true) // young
		audited, orders, deliveries := b.rows("platform_audit"), b.rows("alert_order"), b.rows("alert_delivery")
		b.clk.Advance(2 * 24 * time.Hour)
		left := map[string]int{"alert_receipt": 1, "alert_output_task": 2, "alert_ip_terminal": 2, "alert_peer_in": 2, "alert_peer_out": 2, "alert_arrival": 1, "alert_duty_notice": 2, "alert_peer_resource": 1}
		for table, n := range forget() {
			if n != left[table] {
				b.Errorf("%s after 201 days: %d rows, want %d", table, n, left[table])
			}
		}
		if b.rows("platform_audit") != audited || b.rows("alert_order") != orders || b.rows("alert_delivery") != deliveries || b.figures(msg.ID) != figures {
			b.Error("what is kept for ever was touched")
		}
		if list := b.arrivals(""); len(list) != 1 || list[0].State != "waiting" {
			b.Errorf("%+v", list)
		}
	})
}

// Items of timetables go after as many days as the rules say, with all that belongs to them, in small
// steps; nothing else does, nor an item that is younger.
func TestItemsOfTimetablesAreKeptAsLongAsTheRulesSay(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		b.call("wang", "PUT", "/api/alert-conduct", rule.Conduct{Quiet: rule.Quiet{From: "22:00", Until: "06:00"}, Retain: 400, RetainEveryday: 100}, 422, nil, "If-Match", `"1"`)
		b.call("wang", "PUT", "/api/alert-conduct", rule.Conduct{Quiet: rule.Quiet{From: "22:00", Until: "06:00"}, Retain: 400, RetainEveryday: 190}, 200, nil, "If-Match", `"1"`)
		b.town.stand(township1, 3)
		item := func(ref string) message.Arrival {
			a := b.above(ref)
			a.Origin, a.Class, a.Authority = message.Origin{Kind: string(rule.Timetable), Source: "t", Name: "节目表"}, wire.Everyday, string(rule.District)
			a.Content.Event, a.Content.Severity, a.Content.Area = EverydayEvent, message.Unknown, message.Area{Regions: []string{township1}}
			return a
		}
		real := b.issued(b.rain(township1))
		old, copied := b.take(item("old")), b.take(item("copied"))
		b.look()
		b.exec(`UPDATE alert_message SET origin = 'upper', site = 'city' WHERE id = '` + copied.Message + `'`) // of the node above
		b.clk.Advance(7 * time.Hour)
		b.look()
		b.clk.Advance(2 * time.Minute)
		b.look()
		for i := range dropBatch + 7 {
			b.exec(fmt.Sprintf(`INSERT INTO alert_delivery (thread, device, region_path, township, version, state, ord, state_at, reason, source, attempts, cancel_version, heard_sm3, updated_at)
				VALUES (%d, '%d', 'cn.11.', '', 1, 'played', 1, 0, '', '', 1, 0, '', 0)`, b.read(old.Message).No, i))
		}
		figures := b.figures(real.ID)
		b.clk.Advance(189 * 24 * time.Hour)
		b.do(b.m.forget(ctx))
		if n := b.rows("alert_message"); n != 3 {
			b.Fatalf("%d messages after 189 days", n)
		}
		young := b.take(item("young"))
		b.look()
		b.clk.Advance(2 * 24 * time.Hour)
		b.do(b.m.forget(ctx))
		for _, id := range []string{old.Message, copied.Message} {
			if _, err := readMessage(ctx, b.deps.DB, id); !fault.IsKind(err, fault.NotFound) {
				b.Errorf("%s is still there: %v", id, err)
			}
		}
		b.read(young.Message)
		if b.figures(real.ID) != figures {
			b.Error("what came of a message that people wrote was touched")
		}
		for table, want := range map[string]int{"alert_message": 2, "alert_version": 2, "alert_summary": 1, "alert_order": 2} {
			if n := b.rows(table); n != want {
				b.Errorf("%s: %d rows, want %d", table, n, want)
			}
		}
		if n := b.rows("alert_delivery"); n > 7 { // the newest row stays
			b.Errorf("%d terminals", n)
		}
		var media int
		b.do(b.deps.DB.QueryRow(ctx, `SELECT count(*) FROM alert_media WHERE message_id NOT IN (SELECT id FROM alert_message)`).Scan(&media))
		if media != 0 {
			b.Errorf("%d sounds of messages that are gone", media)
		}
	})
}

func TestRetentionIsNeverBelowTheStandards(t *testing.T) {
	for days, want := range map[int]int{0: 183, 10: 183, 183: 183, 366: 366} {
		if d := (rule.Conduct{Retain: days}).Keep(); d != time.Duration(want)*24*time.Hour {
			t.Errorf("%d days: %v", days, d)
		}
		if d := (rule.Conduct{Retain: 400, RetainEveryday: days}).KeepEveryday(); days != 0 && d != time.Duration(want)*24*time.Hour {
			t.Errorf("%d days of items of timetables: %v", days, d)
		}
	}
	if d := (rule.Conduct{Retain: 400}).KeepEveryday(); d != 400*24*time.Hour {
		t.Errorf("items of timetables where nothing is said of them: %v", d)
	}
}
