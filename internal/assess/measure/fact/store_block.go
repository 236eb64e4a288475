package fact

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// readBlocks reads blocks by key; what there is not is left out.
func readBlocks(ctx context.Context, q store.Queryer, keys []key) (map[key]block, error) {
	found := make(map[key]block, len(keys))
	for len(keys) > 0 {
		part := keys[:min(len(keys), perStatement)]
		keys = keys[len(part):]
		var marks strings.Builder
		args := make([]any, 0, 4*len(part))
		for i, k := range part {
			if i > 0 {
				marks.WriteString(", ")
			}
			fmt.Fprintf(&marks, "(CAST($%d AS text), CAST($%d AS bigint), CAST($%d AS text), CAST($%d AS boolean))", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
			args = append(args, k.element, k.start, k.unit, k.days)
		}
		err := eachRepeated(ctx, q, len(part) == perStatement, blockRow(func(k key, raw []byte) (err error) {
			found[k], err = decode(raw)
			return err
		}), selectBlocks+`(element, start, unit, days) IN (VALUES `+marks.String()+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

const selectBlocks = `SELECT element, unit, days, start, data FROM measure_block WHERE `

// blockRow hands a row on as a block; its bytes are good until the next.
func blockRow(visit func(key, []byte) error) func(*sql.Rows) error {
	var raw []byte
	return func(rows *sql.Rows) (err error) {
		var k key
		var text sql.RawBytes
		if err = rows.Scan(&k.element, &k.unit, &k.days, &k.start, &text); err != nil {
			return err
		}
		if raw, err = base64.StdEncoding.AppendDecode(raw[:0], text); err != nil {
			raw = append(raw[:0], 0) // which is no block to who reads it
		}
		return visit(k, raw)
	}
}

func eachBlock(ctx context.Context, q store.Queryer, visit func(key, []byte) error, where string, args ...any) error {
	err := eachRow(ctx, q, blockRow(visit), selectBlocks+where, args...)
	if err != nil {
		return fmt.Errorf("measure: read sums: %w", err)
	}
	return nil
}

// writeBlocks keeps blocks; an empty one is deleted.
func writeBlocks(ctx context.Context, tx *store.Tx, keys []key, blocks map[key]block) error {
	args := make([]any, 0, 5*perStatement)
	flush := func() (err error) {
		query := `INSERT INTO measure_block (element, unit, days, start, data) VALUES ` + store.Values(len(args)/5, 5) + `
			ON CONFLICT (element, days, start, unit) DO UPDATE SET data = excluded.data`
		if len(args) == 5*perStatement {
			stmt, failed := tx.Prepare(ctx, query)
			if err = failed; err == nil {
				_, err = stmt.ExecContext(ctx, args...)
			}
		} else {
			_, err = tx.Exec(ctx, query, args...)
		}
		args = args[:0]
		return err
	}
	for _, k := range keys {
		b := blocks[k]
		if len(b) == 0 {
			if _, err := tx.Exec(ctx, `DELETE FROM measure_block WHERE element = $1 AND unit = $2 AND days = $3 AND start = $4`, k.element, k.unit, k.days, k.start); err != nil {
				return fmt.Errorf("measure: keep sums: %w", err)
			}
			continue
		}
		if args = append(args, k.element, k.unit, k.days, k.start, base64.StdEncoding.EncodeToString(b.encode())); len(args) == 5*perStatement {
			if err := flush(); err != nil {
				return fmt.Errorf("measure: keep sums: %w", err)
			}
		}
	}
	if len(args) == 0 {
		return nil
	}
	if err := flush(); err != nil {
		return fmt.Errorf("measure: keep sums: %w", err)
	}
	return nil
}

// readExtreme looks for the largest or smallest value of a cell among the facts.
func readExtreme(ctx context.Context, q store.Queryer, k key, tree *Tree, x extreme) (int64, error) {
	w := new(store.Where)
	w.And("element = ?", k.element)
	if r := tree.byCode[k.unit]; r != nil {
		auth.NewScope(r.Path).Where(w, "region_path")
	} else {
		w.And("unit = ?", k.unit)
	}
	w.And("n BETWEEN ? AND ?", x.period.First(x.kind).N, x.period.In(x.kind).N)
	w.And("superseded_at IS NULL AND value IS NOT NULL")
	pick := map[Combine]string{Max: "max(value)", Min: "min(value)"}[x.combine]
	var v sql.NullInt64
	err := q.QueryRow(ctx, `SELECT `+pick+` FROM measure_fact`+w.SQL(), w.Args()...).Scan(&v)
	return v.Int64, err
}

// eachFact calls visit for the facts of an element that count, in order of units and periods.
// With a time they are those that counted then.
func eachFact(ctx context.Context, q store.Queryer, element string, asOf int64, path string, visit func(unit, path string, n int, v Value) error) error {
	w := new(store.Where)
	w.And("element = ?", element)
	if asOf == 0 {
		w.And("superseded_at IS NULL")
	} else {
		w.And("recorded_at <= ? AND (superseded_at IS NULL OR superseded_at > ?)", asOf, asOf)
	}
	if path != "" {
		auth.NewScope(path).Where(w, "region_path")
	}
	w.And("value IS NOT NULL")
	return eachRow(ctx, q, func(rows *sql.Rows) error {
		var unit, path string
		var n int
		var v int64
		if err := rows.Scan(&unit, &path, &n, &v); err != nil {
			return err
		}
		return visit(unit, path, n, Value(v))
	}, `SELECT unit, region_path, n, value FROM measure_fact`+w.SQL()+` ORDER BY element, unit, n`, w.Args()...)
}

// countFacts counts the facts of an element that count.
func countFacts(ctx context.Context, q store.Queryer, element string) (n int64, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM measure_fact WHERE element = $1 AND superseded_at IS NULL AND value IS NOT NULL`, element).Scan(&n)
	return n, err
}

// replaceBlocks puts the blocks of an element in the place of those there are.
func replaceBlocks(ctx context.Context, tx *store.Tx, element string, blocks map[key]block) error {
	if _, err := tx.Exec(ctx, `DELETE FROM measure_block WHERE element = $1`, element); err != nil {
		return err
	}
	if err := mark(ctx, tx, []string{element}); err != nil {
		return err
	}
	keys := make([]key, 0, len(blocks))
	for k := range blocks {
		keys = append(keys, k)
	}
	return writeBlocks(ctx, tx, sorted(keys), blocks)
}

// blocksOf reads the blocks of an element for units over a range of starts, days or longer
// periods; without units, all of them.
func blocksOf(ctx context.Context, q store.Queryer, element string, days bool, from, to int, units []string, visit func(key, []byte) error) error {
	w := new(store.Where)
	w.And("element = ? AND days = ? AND start BETWEEN ? AND ?", element, days, from, to)
	if units != nil {
		w.In("unit", units)
	}
	return eachBlock(ctx, q, visit, strings.TrimPrefix(w.SQL(), " WHERE "), w.Args()...)
}

// Regions as sums are kept for them.

func readRegions(ctx context.Context, q store.Queryer) (map[string]Region, error) {
	found := map[string]Region{}
	err := eachRow(ctx, q, func(rows *sql.Rows) error {
		var r Region
		err := rows.Scan(&r.Code, &r.Parent, &r.Path, &r.Gone)
		found[r.Code] = r
		return err
	}, `SELECT code, parent, path, gone FROM measure_region`)
	return found, err
}

func writeRegion(ctx context.Context, tx *store.Tx, r *Region) error {
	stmt, err := tx.Prepare(ctx, `INSERT INTO measure_region (code, parent, path, gone) VALUES ($1, $2, $3, $4)
		ON CONFLICT (code) DO UPDATE SET parent = excluded.parent, path = excluded.path, gone = excluded.gone`)
	if err == nil {
		_, err = stmt.ExecContext(ctx, r.Code, r.Parent, r.Path, r.Gone)
	}
	return err
}

// moveAll brings the paths of facts, and of all else that stands at and below a region, in line with where
// that now is.
func moveAll(ctx context.Context, tx *store.Tx, from, to string) error {
	w := new(store.Where)
	rest := w.Arg(len(from) + 1)
	head := w.Arg(to)
	auth.NewScope(from).Where(w, "region_path")
	moved := ` SET region_path = ` + head + ` || substr(region_path, CAST(` + rest + ` AS integer))` + w.SQL()
	for _, table := range []string{"fact", "thing", "return", "fund", "feeder", "import", "objection", "standard", "survey"} {
		if _, err := tx.Exec(ctx, `UPDATE measure_`+table+moved, w.Args()...); err != nil {
			return err
		}
	}
	return nil
}

// Elements.

func readElements(ctx context.Context, q store.Queryer) ([]*Element, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Element, error) {
		e := new(Element)
		err := rows.Scan(store.ScanJSON(e), &e.BuiltIn, &e.Revision)
		return e, err
	}, `SELECT body, built_in, revision FROM measure_element WHERE retired_at IS NULL ORDER BY code`)
}

// readRetired is an element that was retired; nil where none of the code was.
func readRetired(ctx context.Context, q store.Queryer, code string) (*Element, error) {
	e := new(Element)
	err := q.QueryRow(ctx, `SELECT body FROM measure_element WHERE code = $1 AND retired_at IS NOT NULL`, code).Scan(store.ScanJSON(e))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return e, err
}

// writeElement keeps an element in the place of the revision before, or of one that was retired; a
// time retires it.
func writeElement(ctx context.Context, tx *store.Tx, e *Element, retired any) error {
	done, err := tx.Exec(ctx, `INSERT INTO measure_element (code, body, built_in, retired_at, revision) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (code) DO UPDATE SET body = excluded.body, built_in = excluded.built_in, retired_at = excluded.retired_at, revision = excluded.revision
		WHERE measure_element.revision = excluded.revision - 1 OR measure_element.retired_at IS NOT NULL`,
		e.Code, store.JSON(e), e.BuiltIn, retired, e.Revision)
	if err == nil && done == 0 {
		err = fault.New(fault.Stale, "stale")
	}
	return err
}

// hasFacts reports whether anything was ever stated of an element.
func hasFacts(ctx context.Context, q store.Queryer, element string) (has bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM measure_fact WHERE element = $1)`, element).Scan(&has)
	return has, err
}
