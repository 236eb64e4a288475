package asset

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func changedSince(ctx context.Context, q store.Queryer, since time.Time, presence bool, after ebd.ResourceCode, limit int) ([]Entry, error) {
	column := "d.updated_at"
	if presence {
		column = "c.since"
	}
	from := int64(0)
	if !since.IsZero() {
		from = since.UnixMicro()
	}
	return store.Collect(ctx, q, func(rows *sql.Rows) (Entry, error) { return scanEntry(rows) },
		`SELECT `+deviceColumns+`, `+conditionColumns+` FROM `+entries+` WHERE d.code > $1 AND NOT d.sample AND d.state <> 'planned' AND COALESCE(`+column+`, 0) >= $2
		ORDER BY d.code LIMIT $3`, string(after), from, limit)
}
