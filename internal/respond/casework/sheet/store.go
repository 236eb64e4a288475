package sheet

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func talliesOf(ctx context.Context, q store.Queryer, from, to string, most int) ([]tally, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (v tally, err error) {
		return v, rows.Scan(&v.element, &v.unit, &v.of, &v.day, &v.value)
	}, `SELECT element, unit, of_id, day, value FROM casework_tally WHERE day >= $1 AND day <= $2 ORDER BY day, element, of_id LIMIT $3`, from, to, most)
}
