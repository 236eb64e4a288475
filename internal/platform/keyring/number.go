package keyring

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// NextOrder is the number of the next order that this node signs. Terminals hold stops and
// settings to the order of these numbers, so whoever signs takes them from here and from
// nowhere else. Those who sign at once take turns until they commit.
func (r *Ring) NextOrder(ctx context.Context, tx *store.Tx) (n uint64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO platform_sequence (name, value) VALUES ('order', 1)
		ON CONFLICT (name) DO UPDATE SET value = platform_sequence.value + 1 RETURNING value`).Scan(&n)
	return n, err
}

// OrdersGiven makes the numbers go on after last, if they have not come so far.
func (r *Ring) OrdersGiven(ctx context.Context, tx *store.Tx, last uint64) error {
	_, err := tx.Exec(ctx, `INSERT INTO platform_sequence (name, value) VALUES ('order', $1)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE platform_sequence.value < excluded.value`, last)
	return err
}
