package docket

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// maxTitle is how long what a case is called may be, in characters.
const maxTitle = 120

func clip(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}

// readCases reads cases by id; those that are not there are left out.
func readCases(ctx context.Context, q store.Queryer, ids []string) ([]*kept, error) {
	w := new(store.Where)
	w.In("id", ids)
	return store.Collect(ctx, q, func(rows *sql.Rows) (*kept, error) {
		k := &kept{}
		var doc string
		if err := rows.Scan(&k.n, &k.path, &k.title, &k.overdue, &doc); err != nil {
			return nil, err
		}
		k.Case = new(procedure.Case)
		if err := json.Unmarshal([]byte(doc), k.Case); err != nil {
			return nil, fmt.Errorf("docket: case %d: %w", k.n, err)
		}
		k.hands = handsOf(k.Case)
		return k, nil
	}, `SELECT n, region_path, title, overdue, doc FROM casework_case`+w.SQL(), w.Args()...)
}

// readCase reads a case with its type.
func (d *Desk) readCase(ctx context.Context, q store.Queryer, id string) (*kept, error) {
	found, err := readCases(ctx, q, []string{id})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoCase()
	}
	k := found[0]
	k.typ, err = d.types.of(k.Type, k.Version)
	return k, err
}

// readChain reads the entries of a case as they are kept, and their hashes.
func readChain(ctx context.Context, q store.Queryer, id string) (texts [][]byte, hashes []string, err error) {
	_, err = store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var body, hash string
		err := rows.Scan(&body, &hash)
		texts, hashes = append(texts, []byte(body)), append(hashes, hash)
		return struct{}{}, err
	}, `SELECT body, hash FROM casework_entry WHERE case_id = $1 ORDER BY seq`, id)
	return texts, hashes, err
}

func readEntry(ctx context.Context, q store.Queryer, id string, seq int64) (*procedure.Entry, error) {
	var body string
	if err := q.QueryRow(ctx, `SELECT body FROM casework_entry WHERE case_id = $1 AND seq = $2`, id, seq).Scan(&body); err != nil {
		return nil, err
	}
	e := new(procedure.Entry)
	return e, json.Unmarshal([]byte(body), e)
}

// casesNumbered are the ids of cases by their numbers.
func casesNumbered(ctx context.Context, q store.Queryer, numbers []string) (map[string]string, error) {
	w, known := new(store.Where), map[string]string{}
	w.In("number", numbers)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var number, id string
		err := rows.Scan(&number, &id)
		known[number] = id
		return struct{}{}, err
	}, `SELECT number, id FROM casework_case`+w.SQL(), w.Args()...)
	return known, err
}

// keyed is an act that was sent with a key.
type keyed struct {
	id, digest string
	fresh      bool // of this batch
}

func knownKeys(ctx context.Context, q store.Queryer, keys []string) (map[string]keyed, error) {
	known := map[string]keyed{}
	if len(keys) == 0 {
		return known, nil
	}
	w := new(store.Where)
	w.In("key", keys)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var key string
		var k keyed
		err := rows.Scan(&key, &k.id, &k.digest)
		known[key] = k
		return struct{}{}, err
	}, `SELECT key, case_id, digest FROM casework_key`+w.SQL(), w.Args()...)
	return known, err
}

// secret is that of a draw: made when it is first asked for, kept sealed.
func (d *Desk) secret(ctx context.Context, tx *store.Tx, caseID, draw string) (string, error) {
	var sealed string
	err := tx.QueryRow(ctx, `SELECT sealed FROM casework_secret WHERE case_id = $1 AND draw = $2`, caseID, draw).Scan(&sealed)
	if err == nil {
		return d.unseal(sealed)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	secret, sealed, err := d.newSecret()
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO casework_secret (case_id, draw, sealed) VALUES ($1, $2, $3)`, caseID, draw, sealed)
	return secret, err
}

// ringing lists cases whose clocks ring until now, the longest waiting first.
func ringing(ctx context.Context, q store.Queryer, now int64, most int) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		fmt.Sprintf(`SELECT id FROM casework_case WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at LIMIT %d`, most), now)
}

// nextRing is when the next clock rings, 0 for never.
func nextRing(ctx context.Context, q store.Queryer) (int64, error) {
	var at sql.NullInt64
	err := q.QueryRow(ctx, `SELECT min(next_at) FROM casework_case WHERE next_at IS NOT NULL`).Scan(&at)
	return at.Int64, err
}
