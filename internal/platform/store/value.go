package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Micros is a time as the store keeps it: UTC microseconds, NULL for the zero time.
func Micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// ScanTime reads what Micros wrote.
func ScanTime(t *time.Time) sql.Scanner { return timeScanner{t} }

type timeScanner struct{ t *time.Time }

func (s timeScanner) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("store: a time is kept as an integer, got %T", v)
	}
	return nil
}

// JSON is a value kept as JSON text.
func JSON(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T cannot be kept as JSON: %v", v, err)) // a programming mistake
	}
	return string(raw)
}

// ScanJSON reads what JSON wrote into v, which must be a pointer.
func ScanJSON(v any) sql.Scanner { return jsonScanner{v} }

type jsonScanner struct{ v any }

func (s jsonScanner) Scan(src any) error {
	switch src := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(src), s.v)
	case []byte:
		return json.Unmarshal(src, s.v)
	}
	return fmt.Errorf("store: JSON is kept as text, got %T", src)
}

// Where collects conditions and their arguments for one query.
type Where struct {
	conds []string
	args  []any
}

// Arg adds an argument and returns its parameter, "$3".
func (w *Where) Arg(v any) string {
	w.args = append(w.args, v)
	return fmt.Sprintf("$%d", len(w.args))
}

// And adds a condition in which each ? stands for the next argument.
func (w *Where) And(cond string, args ...any) {
	for _, a := range args {
		cond = strings.Replace(cond, "?", w.Arg(a), 1)
	}
	w.conds = append(w.conds, cond)
}

// In adds "column IN (…)"; an empty list matches nothing.
func (w *Where) In(column string, values []string) {
	if len(values) == 0 {
		w.conds = append(w.conds, "1 = 0")
		return
	}
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = w.Arg(v)
	}
	w.conds = append(w.conds, column+" IN ("+strings.Join(marks, ", ")+")")
}

// Unindexed puts the conditions that add adds into a form that no index answers, which
// leaves the planners of both databases another one, and PostgreSQL's its estimate of how
// many match.
func (w *Where) Unindexed(add func()) {
	n := len(w.conds)
	add()
	for i, cond := range w.conds[n:] {
		w.conds[n+i] = "(" + cond + ") IS TRUE"
	}
}

// Clone is a copy that can grow on its own: one for the count, one for the page.
func (w *Where) Clone() *Where {
	return &Where{conds: append([]string(nil), w.conds...), args: append([]any(nil), w.args...)}
}

// SQL is " WHERE …", or nothing when there is no condition.
func (w *Where) SQL() string {
	if len(w.conds) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conds, " AND ")
}

// Args are the arguments in the order of their parameters.
func (w *Where) Args() []any { return w.args }

// Like escapes text for a LIKE pattern whose ESCAPE is '\'.
func Like(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// Collect runs a query and scans every row.
func Collect[T any](ctx context.Context, q Queryer, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Touched turns "no row matched id and version" into the fault it means.
func Touched(n int64, err error) error {
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Stale, "stale")
	}
	return nil
}

// Taken reports that a row was refused because another has its unique key.
func Taken(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && (lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// Values makes the rows of an INSERT: "($1, $2), ($3, $4)".
func Values(rows, columns int) string {
	var b strings.Builder
	for r := range rows {
		b.WriteString(map[bool]string{true: "(", false: ", ("}[r == 0])
		for c := range columns {
			if c > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "$%d", r*columns+c+1)
		}
		b.WriteString(")")
	}
	return b.String()
}
