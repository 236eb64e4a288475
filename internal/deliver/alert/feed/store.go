package feed

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const sourceColumns = `id, kind, name_zh, name_en, region_path, level, settings, trust, secret, enabled, created_at, changed_at, heard_at, new_at, failed_at, failing_since, failures, failure, revision`

func scanSource(rows interface{ Scan(...any) error }) (*Source, error) {
	s := new(Source)
	var level, secret string
	h := &s.Health
	err := rows.Scan(&s.ID, &s.Kind, &s.NameZh, &s.NameEn, &s.RegionPath, &level, store.ScanJSON(&s.Settings), store.ScanJSON(&s.Trust), &secret, &s.Enabled,
		store.ScanTime(&s.CreatedAt), store.ScanTime(&s.ChangedAt), store.ScanTime(&h.HeardAt), store.ScanTime(&h.NewAt), store.ScanTime(&h.FailedAt), store.ScanTime(&h.FailingSince),
		&h.Failures, &h.Failure, &s.Revision)
	if err == nil {
		s.Level = rule.Level(level)
		s.Secret, err = base64.StdEncoding.DecodeString(secret)
	}
	return s, err
}

func listSources(ctx context.Context, q store.Queryer) ([]*Source, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Source, error) { return scanSource(rows) },
		`SELECT `+sourceColumns+` FROM alert_cap_source WHERE NOT retired ORDER BY id`)
}

func enabledSources(ctx context.Context, q store.Queryer, kind string) ([]*Source, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Source, error) { return scanSource(rows) },
		`SELECT `+sourceColumns+` FROM alert_cap_source WHERE NOT retired AND enabled AND kind = $1 ORDER BY id`, kind)
}

// readSource is one source; a fault NotFound if there is none within the scope.
func readSource(ctx context.Context, q store.Queryer, id string, scope auth.Scope) (*Source, error) {
	s, err := scanSource(q.QueryRow(ctx, `SELECT `+sourceColumns+` FROM alert_cap_source WHERE id = $1 AND NOT retired`, id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !scope.Allows(s.RegionPath) {
		return nil, fault.New(fault.NotFound, "alert.source.not_found")
	}
	return s, err
}

func insertSource(ctx context.Context, tx *store.Tx, s *Source) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_cap_source (`+sourceColumns+`, retired) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, NULL, NULL, NULL, NULL, 0, '', 1, $12)`,
		s.ID, s.Kind, s.NameZh, s.NameEn, s.RegionPath, string(s.Level), store.JSON(s.Settings), store.JSON(s.Trust), base64.StdEncoding.EncodeToString(s.Secret), s.Enabled, tx.Now.UnixMicro(), false)
	return err
}

// updateSource keeps a change of a source; refused as stale when it changed meanwhile. What
// was refused before is judged anew.
func updateSource(ctx context.Context, tx *store.Tx, s *Source, retired bool) error {
	n, err := tx.Exec(ctx, `UPDATE alert_cap_source SET name_zh = $1, name_en = $2, region_path = $3, level = $4, settings = $5, trust = $6, secret = $7, enabled = $8,
		changed_at = $9, retired = $10, failures = 0, failing_since = NULL, revision = revision + 1 WHERE id = $11 AND revision = $12`, s.NameZh, s.NameEn, s.RegionPath, string(s.Level),
		store.JSON(s.Settings), store.JSON(s.Trust), base64.StdEncoding.EncodeToString(s.Secret), s.Enabled, tx.Now.UnixMicro(), retired, s.ID, s.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM alert_cap_alert WHERE source = $1 AND verdict = 'refused' AND arrival = ''`, s.ID)
	return err
}

// noteHealth keeps how a source did; refused as stale when it was changed meanwhile.
func noteHealth(ctx context.Context, tx *store.Tx, s *Source) error {
	h := &s.Health
	n, err := tx.Exec(ctx, `UPDATE alert_cap_source SET heard_at = $1, new_at = $2, failed_at = $3, failing_since = $4, failures = $5, failure = $6 WHERE id = $7 AND revision = $8`,
		store.Micros(h.HeardAt), store.Micros(h.NewAt), store.Micros(h.FailedAt), store.Micros(h.FailingSince), h.Failures, h.Failure, s.ID, s.Revision)
	return store.Touched(n, err)
}

const judgedColumns = `id, ref, sender, identifier, sent, status, msg_type, event, severity, title, verdict, reason, digest, arrival, at, said`

// kept is a fault as it is kept.
type kept struct {
	Kind  fault.Kind `json:"kind"`
	Code  string     `json:"code"`
	Place string     `json:"place,omitempty"`
	Args  fault.Args `json:"args,omitempty"`
}

func scanJudged(rows interface{ Scan(...any) error }) (j Judged, err error) {
	var severity, verdict, reason string
	err = rows.Scan(&j.ID, &j.Ref, &j.Sender, &j.Identifier, store.ScanTime(&j.Sent), &j.Status, &j.MsgType, &j.Event, &severity, &j.Title, &verdict, &reason, &j.Digest, &j.Arrival, store.ScanTime(&j.At), &j.Said)
	j.Severity, j.Verdict = message.Severity(severity), Verdict(verdict)
	if err == nil && reason != "" {
		var k kept
		err = json.Unmarshal([]byte(reason), &k)
		j.Reason = &fault.Error{Kind: k.Kind, Code: k.Code, Place: k.Place, Args: k.Args}
	}
	return j, err
}

// known is what was thought of an alert that came before; nil for none.
func known(ctx context.Context, q store.Queryer, source, ref string) (*Judged, error) {
	j, err := scanJudged(q.QueryRow(ctx, `SELECT `+judgedColumns+` FROM alert_cap_alert WHERE source = $1 AND ref = $2`, source, ref))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &j, err
}

// insertJudged writes down what was thought of an alert, in place of what was before.
func insertJudged(ctx context.Context, tx *store.Tx, source string, j *Judged) error {
	reason := ""
	if j.Reason != nil {
		reason = store.JSON(kept{j.Reason.Kind, j.Reason.Code, j.Reason.Place, j.Reason.Args}).(string)
	}
	j.ID = store.NewID(tx.Now)
	_, err := tx.Exec(ctx, `INSERT INTO alert_cap_alert (`+judgedColumns+`, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (source, ref) DO UPDATE SET id = excluded.id, status = excluded.status, msg_type = excluded.msg_type, event = excluded.event, severity = excluded.severity, title = excluded.title,
		verdict = excluded.verdict, reason = excluded.reason, digest = excluded.digest, arrival = excluded.arrival, at = excluded.at, said = excluded.said`,
		j.ID, j.Ref, j.Sender, j.Identifier, j.Sent.UnixMicro(), j.Status, j.MsgType, j.Event, string(j.Severity), j.Title, string(j.Verdict), reason, j.Digest, j.Arrival, j.At.UnixMicro(), j.Said, source)
	return err
}

// sendings are what came of a sender under one identifier and was handed to the house, the
// oldest first.
func sendings(ctx context.Context, q store.Queryer, source, sender, identifier string) ([]Judged, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (Judged, error) { return scanJudged(rows) },
		`SELECT `+judgedColumns+` FROM alert_cap_alert WHERE source = $1 AND sender = $2 AND identifier = $3 AND arrival <> '' ORDER BY sent LIMIT 100`, source, sender, identifier)
}

// lastJudged are what a source said last, newest first.
func lastJudged(ctx context.Context, q store.Queryer, source string, page store.Page) (store.Listing[Judged], error) {
	var w store.Where
	w.And("source = ?", source)
	return store.List(ctx, q, store.ListQuery[Judged]{Columns: judgedColumns, From: "alert_cap_alert", Where: &w, Key: "id", Descending: true, Page: page,
		Scan: func(rows *sql.Rows) (Judged, error) { return scanJudged(rows) }, KeyOf: func(j Judged) string { return j.ID }})
}

// Drop deletes what sources said before a time, at most limit rows, and says how many.
func Drop(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_cap_alert WHERE id IN (SELECT id FROM alert_cap_alert WHERE at < $1 ORDER BY at LIMIT $2)`, before.UnixMicro(), limit)
}
