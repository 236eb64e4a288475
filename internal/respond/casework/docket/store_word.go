package docket

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// indexed is the last case that the index has taken in.
func indexed(ctx context.Context, q store.Queryer) (n int64, err error) {
	err = q.QueryRow(ctx, `SELECT n FROM casework_indexed WHERE one = 1`).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// casesFrom reads cases by their order.
func casesFrom(ctx context.Context, q store.Queryer, from, to int64) ([]*kept, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*kept, error) {
		k := &kept{Case: new(procedure.Case)}
		var doc string
		if err := rows.Scan(&k.n, &k.path, &k.title, &doc); err != nil {
			return nil, err
		}
		return k, json.Unmarshal([]byte(doc), k.Case)
	}, `SELECT n, region_path, title, doc FROM casework_case WHERE n >= $1 AND n <= $2 ORDER BY n`, from, to)
}

// mergeWords adds to words what a block has of them already.
func mergeWords(ctx context.Context, q store.Queryer, block int64, words map[string]*bitmap) error {
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(words)), 500) {
		w := new(store.Where)
		w.And("block = ?", block)
		w.In("word", chunk)
		_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
			var word, cases string
			if err := rows.Scan(&word, &cases); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, words[word].decode(cases)
		}, `SELECT word, cases FROM casework_word`+w.SQL(), w.Args()...)
		if err != nil {
			return err
		}
	}
	return nil
}

func setIndexed(ctx context.Context, tx *store.Tx, n int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO casework_indexed (one, n) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET n = excluded.n`, n)
	return err
}

// staleCases are cases whose words changed after the index took them in.
func staleCases(ctx context.Context, q store.Queryer) ([]int64, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, `SELECT n FROM casework_stale ORDER BY n LIMIT 500`)
}

func unstale(ctx context.Context, tx *store.Tx, stale []int64, upTo int64) error {
	for _, n := range stale {
		if n > upTo {
			continue // the index has not come to it yet
		}
		if _, err := tx.Exec(ctx, `DELETE FROM casework_stale WHERE n = $1`, n); err != nil {
			return err
		}
	}
	return nil
}

func putWords(ctx context.Context, tx *store.Tx, block int64, words map[string]*bitmap, merge bool) error {
	if merge {
		if err := mergeWords(ctx, tx, block, words); err != nil {
			return err
		}
	}
	rows := make([][]any, 0, len(words))
	for _, w := range slices.Sorted(maps.Keys(words)) {
		rows = append(rows, []any{w, block, words[w].encode()})
	}
	return insert(ctx, tx, `INSERT INTO casework_word (word, block, cases)`, ` ON CONFLICT (word, block) DO UPDATE SET cases = excluded.cases`, 3, rows)
}

// wordBlocks are the blocks that hold any of some words.
func wordBlocks(ctx context.Context, q store.Queryer, words []string) (map[int64]*bitmap, error) {
	w, blocks := new(store.Where), map[int64]*bitmap{}
	w.In("word", words)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var block int64
		var cases string
		if err := rows.Scan(&block, &cases); err != nil {
			return struct{}{}, err
		}
		if blocks[block] == nil {
			blocks[block] = new(bitmap)
		}
		return struct{}{}, blocks[block].decode(cases)
	}, `SELECT block, cases FROM casework_word`+w.SQL(), w.Args()...)
	return blocks, err
}
