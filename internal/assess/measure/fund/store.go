package fund

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func readPurposes(ctx context.Context, q store.Queryer) ([]Purpose, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (p Purpose, err error) {
		return p, rows.Scan(&p.Code, &p.NameZh, &p.NameEn, &p.Sample, &p.Revision)
	}, `SELECT code, name_zh, name_en, sample, revision FROM measure_purpose WHERE retired_at IS NULL ORDER BY code`)
}

// writePurpose keeps a purpose as it was read with a revision, 0 for a new one.
func writePurpose(ctx context.Context, tx *store.Tx, p *Purpose, revision int64) error {
	if revision == 0 {
		n, err := tx.Exec(ctx, `INSERT INTO measure_purpose (code, name_zh, name_en, sample, retired_at, revision) VALUES ($1, $2, $3, $4, NULL, $5) ON CONFLICT (code) DO NOTHING`,
			p.Code, p.NameZh, p.NameEn, p.Sample, p.Revision)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "measure.purpose.taken", fault.Args{"code": p.Code}).At("code")
		}
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE measure_purpose SET name_zh = $1, name_en = $2, revision = $3 WHERE code = $4 AND revision = $5`, p.NameZh, p.NameEn, p.Revision, p.Code, revision)
	return store.Touched(n, err)
}

const fundColumns = `id, kind, parent, purpose, region_path, region, year, day, amount, source, state, body, revision`

func scanFund(rows interface{ Scan(...any) error }) (*Fund, error) {
	f := new(Fund)
	var id, kind, parent, purpose, path, region, day, source, state string
	var year int
	var amount, revision int64
	if err := rows.Scan(&id, &kind, &parent, &purpose, &path, &region, &year, &day, &amount, &source, &state, store.ScanJSON(f), &revision); err != nil {
		return nil, err
	}
	f.ID, f.Kind, f.Parent, f.Purpose, f.RegionPath, f.RegionCode, f.Year, f.Day, f.Source, f.State, f.Revision = id, Kind(kind), parent, purpose, path, region, year, day, source, State(state), revision
	f.Amount = fact.Value(amount).Float()
	return f, nil
}

func readFund(ctx context.Context, q store.Queryer, id string) (*Fund, error) {
	f, err := scanFund(q.QueryRow(ctx, `SELECT `+fundColumns+` FROM measure_fund WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNone()
	}
	return f, err
}

func insertFund(ctx context.Context, tx *store.Tx, f *Fund) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_fund (`+fundColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		f.ID, string(f.Kind), f.Parent, f.Purpose, f.RegionPath, f.RegionCode, f.Year, f.Day, int64(f.value()), f.Source, string(f.State), store.JSON(f), f.Revision)
	return err
}

// updateFund keeps a change; refused as stale when it changed meanwhile.
func updateFund(ctx context.Context, tx *store.Tx, f *Fund) error {
	n, err := tx.Exec(ctx, `UPDATE measure_fund SET parent = $1, purpose = $2, region_path = $3, region = $4, year = $5, day = $6, amount = $7, source = $8, state = $9, body = $10, revision = revision + 1 WHERE id = $11 AND revision = $12`,
		f.Parent, f.Purpose, f.RegionPath, f.RegionCode, f.Year, f.Day, int64(f.value()), f.Source, string(f.State), store.JSON(f), f.ID, f.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	f.Revision++
	return nil
}

// holdFund keeps others from confirming anything under a fund, or making it void, until the
// transaction ends.
func holdFund(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE measure_fund SET revision = revision WHERE id = $1`, id)
	return err
}

// sumUnder is what is confirmed directly under a fund, in millionths of a yuan.
func sumUnder(ctx context.Context, q store.Queryer, id string) (sum int64, err error) {
	err = q.QueryRow(ctx, `SELECT CAST(coalesce(sum(amount), 0) AS bigint) FROM measure_fund WHERE parent = $1 AND state = 'confirmed'`, id).Scan(&sum)
	return sum, err
}

// paidUnder is what was paid under a fund, directly or under its contracts.
func paidUnder(ctx context.Context, q store.Queryer, id string) (sum int64, err error) {
	err = q.QueryRow(ctx, `SELECT CAST(coalesce(sum(p.amount), 0) AS bigint) FROM measure_fund p WHERE p.kind = 'payment' AND p.state = 'confirmed'
		AND (p.parent = $1 OR p.parent IN (SELECT c.id FROM measure_fund c WHERE c.parent = $1))`, id).Scan(&sum)
	return sum, err
}

// beneath is what stands directly under a fund: how many, and what of them is confirmed.
type beneath struct{ count, sum int64 }

// sumsUnder is what stands under each fund that stands under one.
func sumsUnder(ctx context.Context, q store.Queryer, id string, scope auth.Scope) (map[string]beneath, error) {
	sums := map[string]beneath{}
	w := new(store.Where)
	w.And("parent IN (SELECT id FROM measure_fund WHERE parent = ?)", id)
	scope.Where(w, "region_path")
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var u beneath
		err := rows.Scan(&id, &u.count, &u.sum)
		sums[id] = u
		return struct{}{}, err
	}, `SELECT parent, count(*), CAST(sum(CASE WHEN state = 'confirmed' THEN amount ELSE 0 END) AS bigint) FROM measure_fund`+w.SQL()+` GROUP BY parent`, w.Args()...)
	return sums, err
}

// countUnder is how many stand directly under a fund.
func countUnder(ctx context.Context, q store.Queryer, id string, scope auth.Scope) (n int64, err error) {
	w := standUnder(id, scope)
	err = q.QueryRow(ctx, `SELECT count(*) FROM measure_fund`+w.SQL(), w.Args()...).Scan(&n)
	return n, err
}

// standUnder chooses those directly under a fund, as far as a scope allows.
func standUnder(id string, scope auth.Scope) *store.Where {
	w := new(store.Where)
	w.And("parent = ?", id)
	scope.Where(w, "region_path")
	return w
}

func fundsUnder(ctx context.Context, q store.Queryer, id string, scope auth.Scope) ([]Fund, error) {
	w := standUnder(id, scope)
	return store.Collect(ctx, q, scanOne, `SELECT `+fundColumns+` FROM measure_fund`+w.SQL()+` ORDER BY id DESC LIMIT 500`, w.Args()...)
}

// fundsBelow are those under the funds that stand under one.
func fundsBelow(ctx context.Context, q store.Queryer, id string, scope auth.Scope) ([]Fund, error) {
	w := new(store.Where)
	w.And("parent IN (SELECT id FROM measure_fund WHERE parent = ?)", id)
	scope.Where(w, "region_path")
	return store.Collect(ctx, q, scanOne, `SELECT `+fundColumns+` FROM measure_fund`+w.SQL()+` ORDER BY id DESC LIMIT 500`, w.Args()...)
}

func scanOne(rows *sql.Rows) (Fund, error) {
	f, err := scanFund(rows)
	if err != nil {
		return Fund{}, err
	}
	return *f, nil
}

// roots chooses the lines and gifts that count.
func roots() *store.Where {
	w := new(store.Where)
	w.And("kind IN ('line', 'gift') AND state = 'confirmed'")
	return w
}

// confirmedRoots are the lines and gifts that count, in order of their ids: those with ids, or all where
// that is nil.
func confirmedRoots(ctx context.Context, q store.Queryer, ids []string) ([]Fund, error) {
	w := roots()
	if ids != nil {
		w.In("id", ids)
	}
	return store.Collect(ctx, q, scanOne, `SELECT `+fundColumns+` FROM measure_fund`+w.SQL()+` ORDER BY id`, w.Args()...)
}

// listRoots is a page of the lines and gifts that count. A name stands in the body: what has a text
// anywhere is chosen here, and what has it in its name or id from that.
func listRoots(ctx context.Context, q store.Queryer, f fact.ThingFilter, scope auth.Scope, year int) (store.Listing[Fund], error) {
	w := roots()
	scope.Where(w, "region_path")
	if f.Path != "" {
		auth.NewScope(f.Path).Where(w, "region_path")
	}
	switch f.State {
	case "judged":
		w.And("year >= ?", year)
	case "retired":
		w.And("year < ?", year)
	}
	idOf := func(f Fund) string { return f.ID }
	if f.Text == "" {
		return store.List(ctx, q, store.ListQuery[Fund]{Columns: fundColumns, From: "measure_fund", Where: w, Key: "id", Page: f.Page, Scan: scanOne, KeyOf: idOf})
	}
	text := strings.ToLower(f.Text)
	w.And(`(lower(body) LIKE ? ESCAPE '\' OR lower('`+thingKind+`:' || id) LIKE ? ESCAPE '\')`, inBody(text), "%"+store.Like(text)+"%")
	found, err := store.Collect(ctx, q, scanOne, `SELECT `+fundColumns+` FROM measure_fund`+w.SQL()+` ORDER BY id`, w.Args()...)
	if err != nil {
		return store.Listing[Fund]{}, err
	}
	found = slices.DeleteFunc(found, func(f Fund) bool { return !strings.Contains(strings.ToLower(f.Name+" "+thingKind+":"+f.ID), text) })
	return store.Cut(found, f.Page, idOf)
}

// confirmed are all funds that count.
func confirmed(ctx context.Context, q store.Queryer) ([]Fund, error) {
	return store.Collect(ctx, q, scanOne, `SELECT `+fundColumns+` FROM measure_fund WHERE state = 'confirmed' ORDER BY id`)
}

// where is what a filter and the reader's regions leave.
func (f *Filter) where(scope auth.Scope) *store.Where {
	w := new(store.Where)
	scope.Where(w, "region_path")
	if f.Path != "" {
		auth.NewScope(f.Path).Where(w, "region_path")
	}
	for column, value := range map[string]string{"kind": string(f.Kind), "purpose": f.Purpose, "state": f.State, "source": f.Source, "parent": f.Under} {
		if value != "" {
			w.And(column+" = ?", value)
		}
	}
	if f.Year != 0 {
		w.And("year = ?", f.Year)
	}
	if f.From != "" {
		w.And("day >= ?", f.From)
	}
	if f.To != "" {
		w.And("day <> '' AND day <= ?", f.To)
	}
	if f.named != nil {
		w.In("id", f.named)
	}
	return w
}

// maxNamed is how many that a text chooses are listed; statements take no more.
const maxNamed = 20_000

// namedFunds are the ids of those that a filter leaves and whose name, number or party holds its text,
// the latest first. These stand in the body: what has the text anywhere is chosen by the database, and
// what has it there from that.
func namedFunds(ctx context.Context, q store.Queryer, f Filter, scope auth.Scope) ([]string, error) {
	w := f.where(scope)
	w.And(`lower(body) LIKE ? ESCAPE '\'`, inBody(f.Text))
	found, err := store.Collect(ctx, q, scanOne, `SELECT `+fundColumns+` FROM measure_fund`+w.SQL()+` ORDER BY id DESC`, w.Args()...)
	ids := []string{}
	for _, x := range found {
		if len(ids) < maxNamed && strings.Contains(strings.ToLower(strings.Join([]string{x.Name, x.NameEn, x.Number, x.Party}, "\n")), strings.ToLower(f.Text)) {
			ids = append(ids, x.ID)
		}
	}
	return ids, err
}

// inBody is the pattern of bodies, in small letters, that have a text anywhere.
func inBody(text string) string {
	written := store.JSON(strings.ToLower(text)).(string)
	return "%" + store.Like(written[1:len(written)-1]) + "%"
}

func listFunds(ctx context.Context, q store.Queryer, f Filter, scope auth.Scope) (store.Listing[Fund], error) {
	return store.List(ctx, q, store.ListQuery[Fund]{Columns: fundColumns, From: "measure_fund", Where: f.where(scope), Key: "id", Descending: true, Page: f.Page, Scan: scanOne, KeyOf: func(f Fund) string { return f.ID }})
}

// sumFunds adds up all that match and are not void.
func sumFunds(ctx context.Context, q store.Queryer, f Filter, scope auth.Scope) (s Sums, err error) {
	w := f.where(scope)
	w.And("state <> 'void'")
	type row struct {
		kind, state   string
		amount, count int64
	}
	rows, err := store.Collect(ctx, q, func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.kind, &r.state, &r.amount, &r.count)
	}, `SELECT kind, state, CAST(sum(amount) AS bigint), count(*) FROM measure_fund`+w.SQL()+` GROUP BY kind, state`, w.Args()...)
	for _, r := range rows {
		if State(r.state) == Draft {
			s.Draft += fact.Value(r.amount).Float()
			s.Drafts += r.count
			continue
		}
		*map[Kind]*float64{Line: &s.Line, Gift: &s.Gift, Contract: &s.Contract, Payment: &s.Payment}[Kind(r.kind)] = fact.Value(r.amount).Float()
	}
	return s, err
}

// summed is a sum of confirmed funds of one kind, purpose, source and region.
type summed struct {
	kind                  Kind
	purpose, source, path string
	amount                int64
}

func sums(ctx context.Context, q store.Queryer, year int, scope auth.Scope) ([]summed, error) {
	w := new(store.Where)
	w.And("state = 'confirmed' AND year = ?", year)
	scope.Where(w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (s summed, err error) {
		var kind string
		err = rows.Scan(&kind, &s.purpose, &s.source, &s.path, &s.amount)
		s.kind = Kind(kind)
		return s, err
	}, `SELECT kind, purpose, source, region_path, CAST(sum(amount) AS bigint) FROM measure_fund`+w.SQL()+` GROUP BY kind, purpose, source, region_path`, w.Args()...)
}
