package alert

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// inProgress lists the messages that have begun and are not over.
func inProgress(ctx context.Context, q store.Queryer) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		`SELECT id FROM alert_message WHERE state = 'in_progress' ORDER BY id`)
}

// escalated lists the rows of the table of escalations that were looked at for a version.
func escalated(ctx context.Context, q store.Queryer, id string, number int) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (rule string, err error) { return rule, rows.Scan(&rule) },
		`SELECT rule FROM alert_escalation WHERE message_id = $1 AND number = $2`, id, number)
}

func insertEscalation(ctx context.Context, tx *store.Tx, e *event.AlertFellShort, outputs int, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_escalation (message_id, number, rule, at, targets, reached, townships, outputs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (message_id, number, rule) DO NOTHING`, e.ID, e.Number, e.Rule, at.UnixMicro(), e.Targets, e.Reached, store.JSON(e.Townships), outputs)
	return err
}

// dropEscalations deletes what escalations found before a time, of messages that are over, at
// most limit rows, and says how many.
func dropEscalations(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_escalation WHERE (message_id, number, rule) IN (SELECT message_id, number, rule FROM alert_escalation
		WHERE message_id < $1 AND at < $2`+over+` ORDER BY message_id LIMIT $3)`, store.FirstID(before), before.UnixMicro(), limit)
}

// lookedAt is what came of a row of the table of escalations for one version of a message.
type lookedAt struct {
	Rule      string
	Number    int
	At        time.Time
	Targets   int
	Reached   int
	Townships []string
	Outputs   int
}

// escalations are all looks at a message, the oldest first.
func escalations(ctx context.Context, q store.Queryer, id string) ([]lookedAt, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (l lookedAt, err error) {
		return l, rows.Scan(&l.Rule, &l.Number, store.ScanTime(&l.At), &l.Targets, &l.Reached, store.ScanJSON(&l.Townships), &l.Outputs)
	}, `SELECT rule, number, at, targets, reached, townships, outputs FROM alert_escalation WHERE message_id = $1 ORDER BY at, rule`, id)
}
