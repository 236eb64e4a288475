package fact

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// hold keeps others from changing sums until the transaction ends.
func hold(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_cube (id, version) VALUES ('cube', 1) ON CONFLICT (id) DO UPDATE SET version = measure_cube.version + 1`)
	return err
}

// Version counts the transactions that changed facts: what was read under one version is as it
// was while that lasts.
func Version(ctx context.Context, q store.Queryer) (v int64, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM measure_cube`).Scan(&v)
	return v, err
}

// mark notes that sums of elements change under the version that hold began.
func mark(ctx context.Context, tx *store.Tx, elements []string) error {
	w := new(store.Where)
	w.In("code", elements)
	_, err := tx.Exec(ctx, `UPDATE measure_element SET changed = (SELECT version FROM measure_cube)`+w.SQL(), w.Args()...)
	return err
}

// ChangedSince are the elements of which sums changed after a version.
func ChangedSince(ctx context.Context, q store.Queryer, version int64) (map[string]bool, error) {
	codes, err := store.Collect(ctx, q, func(rows *sql.Rows) (code string, err error) {
		err = rows.Scan(&code)
		return code, err
	}, `SELECT code FROM measure_element WHERE changed > $1`, version)
	changed := make(map[string]bool, len(codes))
	for _, code := range codes {
		changed[code] = true
	}
	return changed, err
}

// row is a fact as it is stored.
type row struct {
	chain
	id         string
	path       string
	version    int64
	value      *Value
	at         int64
	recorded   int64
	superseded *int64
	source     Source
	origin     string
	byID       string
	byName     string
	reason     string
	corrects   bool
}

// perStatement is how many rows a statement brings or asks for.
const perStatement = 100

const insertColumns = 17

// insertFacts adds versions. Full statements are prepared once for many.
func insertFacts(ctx context.Context, tx *store.Tx, rows []row) error {
	const head = `INSERT INTO measure_fact (id, element, unit, region_path, n, ref, version, value, at, recorded_at, superseded_at, source, origin, by_id, by_name, reason, corrects) VALUES `
	for len(rows) > 0 {
		part := rows[:min(len(rows), perStatement)]
		rows = rows[len(part):]
		args := make([]any, 0, insertColumns*len(part))
		for i := range part {
			r := &part[i]
			args = append(args, r.id, r.element, r.unit, r.path, r.n, r.ref, r.version, nullable((*int64)(r.value)), r.at, r.recorded, nullable(r.superseded), string(r.source), r.origin, r.byID, r.byName, r.reason, r.corrects)
		}
		if len(part) < perStatement {
			if _, err := tx.Exec(ctx, head+store.Values(len(part), insertColumns), args...); err != nil {
				return fmt.Errorf("measure: add facts: %w", err)
			}
			continue
		}
		stmt, err := tx.Prepare(ctx, head+store.Values(perStatement, insertColumns))
		if err != nil {
			return err
		}
		_, err = stmt.ExecContext(ctx, args...)
		if err != nil {
			return fmt.Errorf("measure: add facts: %w", err)
		}
	}
	return nil
}

func nullable(v *int64) any {
	if v == nil {
		return nil
	}
	return *v
}

// supersede notes that versions no longer count.
func supersede(ctx context.Context, tx *store.Tx, ids []string) error {
	for len(ids) > 0 {
		part := ids[:min(len(ids), perStatement)]
		ids = ids[len(part):]
		w := new(store.Where)
		now := w.Arg(tx.Now.UnixMicro())
		w.In("id", part)
		if _, err := tx.Exec(ctx, `UPDATE measure_fact SET superseded_at = `+now+w.SQL(), w.Args()...); err != nil {
			return err
		}
	}
	return nil
}

// noteStated keeps when something of each element was last stated.
func noteStated(ctx context.Context, tx *store.Tx, rows []row) error {
	noted := map[string]bool{}
	for _, r := range rows {
		if noted[r.element] {
			continue
		}
		noted[r.element] = true
		if _, err := tx.Exec(ctx, `INSERT INTO measure_stated (element, at) VALUES ($1, $2) ON CONFLICT (element) DO UPDATE SET at = excluded.at`, r.element, r.recorded); err != nil {
			return err
		}
	}
	return nil
}

// ChangedAt is when something of any of these elements was last stated, changed or withdrawn; the
// zero time where that never was.
func (l *Ledger) ChangedAt(ctx context.Context, elements []string) (last time.Time, err error) {
	err = eachRow(ctx, l.DB, func(rows *sql.Rows) error {
		var element string
		var at time.Time
		if err := rows.Scan(&element, store.ScanTime(&at)); err != nil {
			return err
		}
		if at.After(last) && slices.Contains(elements, element) {
			last = at
		}
		return nil
	}, `SELECT element, at FROM measure_stated`)
	return last, err
}

// tuples is "(VALUES ($1, $2), …)" of texts and, where a column is named a number, numbers.
func tuples(rows, columns int, numbers ...int) string {
	var b strings.Builder
	b.WriteString("(VALUES ")
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for c := range columns {
			if c > 0 {
				b.WriteString(", ")
			}
			kind := "text"
			for _, n := range numbers {
				if n == c {
					kind = "bigint"
				}
			}
			fmt.Fprintf(&b, "CAST($%d AS %s)", r*columns+c+1, kind)
		}
		b.WriteByte(')')
	}
	b.WriteByte(')')
	return b.String()
}

// readCurrent reads the versions that count of these chains.
func readCurrent(ctx context.Context, q store.Queryer, chains []chain) (map[chain]*current, error) {
	found := make(map[chain]*current, len(chains))
	for len(chains) > 0 {
		part := chains[:min(len(chains), perStatement)]
		chains = chains[len(part):]
		args := make([]any, 0, 4*len(part))
		for _, c := range part {
			args = append(args, c.element, c.unit, c.n, c.ref)
		}
		err := eachRepeated(ctx, q, len(part) == perStatement, func(rows *sql.Rows) error {
			var c chain
			cur := new(current)
			var v sql.NullInt64
			if err := rows.Scan(&c.element, &c.unit, &c.n, &c.ref, &cur.id, &cur.version, &v); err != nil {
				return err
			}
			cur.value = valueOf(v)
			found[c] = cur
			return nil
		}, `SELECT element, unit, n, ref, id, version, value FROM measure_fact WHERE superseded_at IS NULL AND (element, unit, n, ref) IN `+tuples(len(part), 4, 2), args...)
		if err != nil {
			return nil, fmt.Errorf("measure: read facts: %w", err)
		}
	}
	return found, nil
}

func valueOf(v sql.NullInt64) *Value {
	if !v.Valid {
		return nil
	}
	value := Value(v.Int64)
	return &value
}

// readLocked reads the first locked period at or after each of these, where there is one.
func readLocked(ctx context.Context, q store.Queryer, slots []slot) (map[slot]int, error) {
	var some bool
	if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM measure_lock)`).Scan(&some); err != nil || !some {
		return map[slot]int{}, err
	}
	return readFirst(ctx, q, slots, `SELECT min(n) FROM measure_lock WHERE element = asked.element AND unit = asked.unit AND n >= asked.n`)
}

// readNext reads the first period after each of these of which something was stated, where there is one.
func readNext(ctx context.Context, q store.Queryer, slots []slot) (map[slot]int, error) {
	return readFirst(ctx, q, slots, `SELECT min(n) FROM measure_fact WHERE element = asked.element AND unit = asked.unit AND n > asked.n AND superseded_at IS NULL AND value IS NOT NULL`)
}

// readFirst reads a period for each of these that are asked for, where there is one.
func readFirst(ctx context.Context, q store.Queryer, slots []slot, first string) (map[slot]int, error) {
	found := map[slot]int{}
	return found, eachOfSlots(ctx, q, slots, `WITH asked (element, unit, n) AS `, ` SELECT element, unit, n, (`+first+`) FROM asked`, func(rows *sql.Rows) error {
		var s slot
		var n sql.NullInt64
		err := rows.Scan(&s.element, &s.unit, &s.n, &n)
		if n.Valid {
			found[s] = int(n.Int64)
		}
		return err
	})
}

// readBeside reads what is stated of these: once without a ref, and how often with one.
func readBeside(ctx context.Context, q store.Queryer, slots []slot) (map[slot]Beside, error) {
	found := map[slot]Beside{}
	return found, eachOfSlots(ctx, q, slots, `SELECT element, unit, n, MAX(CASE WHEN ref = '' THEN value END), COUNT(CASE WHEN ref <> '' THEN value END) FROM measure_fact
		WHERE superseded_at IS NULL AND value IS NOT NULL AND (element, unit, n) IN `, ` GROUP BY element, unit, n`, func(rows *sql.Rows) error {
		var s slot
		var b Beside
		var plain sql.NullInt64
		err := rows.Scan(&s.element, &s.unit, &s.n, &plain, &b.Refs)
		b.Plain = valueOf(plain)
		found[s] = b
		return err
	})
}

// eachOfSlots reads rows about slots, so many in a statement as databases take.
func eachOfSlots(ctx context.Context, q store.Queryer, slots []slot, before, after string, row func(*sql.Rows) error) error {
	for part := range slices.Chunk(slots, perStatement) {
		args := make([]any, 0, 3*len(part))
		for _, s := range part {
			args = append(args, s.element, s.unit, s.n)
		}
		if err := eachRepeated(ctx, q, len(part) == perStatement, row, before+tuples(len(part), 3, 2)+after, args...); err != nil {
			return fmt.Errorf("measure: read facts: %w", err)
		}
	}
	return nil
}

// Lock makes the values of elements for a unit and a period final: whoever changes them after
// that has to say so. Elements of another kind of period are locked for every period of theirs
// that lies in it.
func (l *Ledger) Lock(ctx context.Context, tx *store.Tx, unit string, p period.Period, elements []string, origin string) error {
	for _, code := range elements {
		e, err := l.Element(code)
		if err != nil {
			return err
		}
		for n := p.First(e.Period).N; n <= p.In(e.Period).N; n++ {
			if _, err := tx.Exec(ctx, `INSERT INTO measure_lock (element, unit, n, origin, locked_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (element, unit, n) DO NOTHING`,
				code, unit, n, origin, tx.Now.UnixMicro()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Unlock opens what an origin locked of elements.
func Unlock(ctx context.Context, tx *store.Tx, elements []string, origin string) error {
	if len(elements) == 0 {
		return nil
	}
	w := new(store.Where)
	w.And("origin = ?", origin)
	w.In("element", elements)
	_, err := tx.Exec(ctx, `DELETE FROM measure_lock`+w.SQL(), w.Args()...)
	return err
}

// readTimelines reads what was stated of stocks; the keys are there.
func readTimelines(ctx context.Context, q store.Queryer, stocks map[[2]string]*timeline) error {
	keys := make([][2]string, 0, len(stocks))
	for k := range stocks {
		stocks[k] = new(timeline)
		keys = append(keys, k)
	}
	for len(keys) > 0 {
		part := keys[:min(len(keys), perStatement)]
		keys = keys[len(part):]
		args := make([]any, 0, 2*len(part))
		for _, k := range part {
			args = append(args, k[0], k[1])
		}
		err := eachRepeated(ctx, q, len(part) == perStatement, func(rows *sql.Rows) error {
			var k [2]string
			var path string
			var n int
			var v int64
			if err := rows.Scan(&k[0], &k[1], &path, &n, &v); err != nil {
				return err
			}
			t := stocks[k]
			t.path, t.n, t.v = path, append(t.n, n), append(t.v, Value(v))
			return nil
		}, `SELECT element, unit, region_path, n, value FROM measure_fact WHERE superseded_at IS NULL AND value IS NOT NULL AND (element, unit) IN `+tuples(len(part), 2)+` ORDER BY element, unit, n`, args...)
		if err != nil {
			return fmt.Errorf("measure: read stocks: %w", err)
		}
	}
	return nil
}

func eachRow(ctx context.Context, q store.Queryer, visit func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := visit(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// eachRepeated is eachRow for what is asked again and again: a full statement, which takes longer
// to read than to answer, is kept ready in a transaction.
func eachRepeated(ctx context.Context, q store.Queryer, full bool, visit func(*sql.Rows) error, query string, args ...any) error {
	tx, writes := q.(*store.Tx)
	if !full || !writes {
		return eachRow(ctx, q, visit, query, args...)
	}
	stmt, err := tx.Prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := visit(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

const factColumns = `id, element, unit, region_path, n, ref, version, value, at, recorded_at, superseded_at, source, origin, by_id, by_name, reason, corrects`

// scanFact reads a fact; the kind of its period is the element's.
func (l *Ledger) scanFact(rows interface{ Scan(...any) error }) (f Fact, err error) {
	var v sql.NullInt64
	var n int
	var superseded time.Time
	var source string
	if err = rows.Scan(&f.ID, &f.Element, &f.Unit, &f.RegionPath, &n, &f.Ref, &f.Version, &v, store.ScanTime(&f.At), store.ScanTime(&f.RecordedAt), store.ScanTime(&superseded),
		&source, &f.Origin, &f.ByID, &f.ByName, &f.Reason, &f.Corrects); err != nil {
		return f, err
	}
	f.Source = Source(source)
	if e := l.known(f.Element); e != nil {
		f.Period = period.Period{Kind: e.Period, N: n}
	}
	if value := valueOf(v); value != nil {
		number := value.Float()
		f.Value = &number
	}
	if !superseded.IsZero() {
		f.SupersededAt = &superseded
	}
	if r := l.Tree().At(f.RegionPath); r != nil {
		f.Region = r.Code
	}
	return f, nil
}

// Filter chooses facts; empty fields choose all.
type Filter struct {
	Scope    auth.Scope
	Element  string
	Elements []string
	Unit     string
	Path     string        // region path; its subtree
	From, To period.Period // of the element's kind or another; needs Element
	Source   string
	Origin   string
	Corrects bool
	Old      bool      // also versions that no longer count
	AsOf     time.Time // versions that counted then; the zero time is now
	Page     store.Page
}

// List lists facts, the latest first.
func (l *Ledger) List(ctx context.Context, f Filter) (store.Listing[Fact], error) {
	w := new(store.Where)
	f.Scope.Where(w, "region_path")
	if f.Path != "" {
		auth.NewScope(f.Path).Where(w, "region_path")
	}
	if f.Element != "" {
		w.And("element = ?", f.Element)
		if e := l.known(f.Element); e != nil {
			if f.From.Kind != "" {
				w.And("n >= ?", f.From.First(e.Period).N)
			}
			if f.To.Kind != "" {
				w.And("n <= ?", f.To.In(e.Period).N)
			}
		}
	}
	if f.Unit != "" && f.Element == "" && f.Elements == nil { // as facts are indexed
		codes, err := store.Defined(ctx, l.DB, "measure_element")
		if err != nil {
			return store.Listing[Fact]{}, err
		}
		f.Elements = slices.Collect(maps.Keys(codes))
	}
	if f.Elements != nil {
		w.In("element", f.Elements)
	}
	for column, value := range map[string]string{"unit": f.Unit, "source": f.Source, "origin": f.Origin} {
		if value != "" {
			w.And(column+" = ?", value)
		}
	}
	if f.Corrects {
		w.And("corrects")
	}
	if !f.AsOf.IsZero() {
		w.And("recorded_at <= ?", f.AsOf.UnixMicro())
	}
	switch {
	case f.Old:
	case f.AsOf.IsZero():
		w.And("superseded_at IS NULL")
	default:
		w.And("(superseded_at IS NULL OR superseded_at > ?)", f.AsOf.UnixMicro())
	}
	return store.List(ctx, l.DB, store.ListQuery[Fact]{Columns: factColumns, From: "measure_fact", Where: w, Key: "id", Descending: true, Page: f.Page, CountTo: 10_000,
		Scan: func(rows *sql.Rows) (Fact, error) { return l.scanFact(rows) }, KeyOf: func(f Fact) string { return f.ID }})
}

// one is a fact by id.
func (l *Ledger) one(ctx context.Context, q store.Queryer, id string) (Fact, error) {
	f, err := l.scanFact(q.QueryRow(ctx, `SELECT `+factColumns+` FROM measure_fact WHERE id = $1`, id))
	if err == sql.ErrNoRows {
		return f, fault.New(fault.NotFound, "measure.fact.not_found")
	}
	return f, err
}

// versions are all versions of a fact, the first first.
func (l *Ledger) versions(ctx context.Context, q store.Queryer, f Fact) ([]Fact, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (Fact, error) { return l.scanFact(rows) },
		`SELECT `+factColumns+` FROM measure_fact WHERE element = $1 AND unit = $2 AND n = $3 AND ref = $4 ORDER BY version`, f.Element, f.Unit, f.Period.N, f.Ref)
}

// Undoing are entries that take back what an origin stated and nobody changed since: values that
// stood before it stand again, and what it stated first is withdrawn. They are those of facts after
// one, at most limit of them, and the last says where to go on.
func (l *Ledger) Undoing(ctx context.Context, q store.Queryer, origin, after string, limit int) (entries []Entry, last string, err error) {
	entries, err = store.Collect(ctx, q, func(rows *sql.Rows) (e Entry, err error) {
		var n int
		var path string
		var before sql.NullInt64
		if err = rows.Scan(&last, &e.Element, &e.Unit, &path, &n, &e.Ref, &before, store.ScanTime(&e.At)); err != nil {
			return e, err
		}
		element, err := l.Element(e.Element)
		if err != nil {
			return e, err
		}
		if r := l.Tree().At(path); r != nil {
			e.Region = r.Code
		}
		e.Period, e.Value, e.Reason, e.Correct = period.Period{Kind: element.Period, N: n}, valueOf(before), "undo "+origin, true
		return e, nil
	}, `SELECT f.id, f.element, f.unit, f.region_path, f.n, f.ref, b.value, f.at FROM measure_fact f
		LEFT JOIN measure_fact b ON b.element = f.element AND b.unit = f.unit AND b.n = f.n AND b.ref = f.ref AND b.version = f.version - 1
		WHERE f.origin = $1 AND f.id > $2 AND f.superseded_at IS NULL AND (f.value IS NOT NULL OR b.value IS NOT NULL) ORDER BY f.id LIMIT $3`, origin, after, limit)
	return entries, last, err
}

// StatedBy are the elements of which what an origin stated counts.
func StatedBy(ctx context.Context, q store.Queryer, origin string) (map[string]bool, error) {
	codes, err := store.Collect(ctx, q, func(rows *sql.Rows) (code string, err error) {
		err = rows.Scan(&code)
		return code, err
	},
		`SELECT DISTINCT element FROM measure_fact WHERE origin = $1 AND superseded_at IS NULL AND value IS NOT NULL`, origin)
	found := make(map[string]bool, len(codes))
	for _, code := range codes {
		found[code] = true
	}
	return found, err
}

// Find is a fact by id, whoever asks.
func (l *Ledger) Find(ctx context.Context, q store.Queryer, id string) (Fact, error) {
	return l.one(ctx, q, id)
}

// Standing is the id of the version of a fact that counts.
func (l *Ledger) Standing(ctx context.Context, q store.Queryer, f Fact) (id string, err error) {
	c := chain{f.Element, f.Unit, f.Period.N, f.Ref}
	found, err := readCurrent(ctx, q, []chain{c})
	if err != nil || found[c] == nil {
		return "", err
	}
	return found[c].id, nil
}

// Stated reports whether anything was ever stated of an element.
func (l *Ledger) Stated(ctx context.Context, element string) (bool, error) {
	return hasFacts(ctx, l.DB, element)
}
