package asset

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const entries = `asset_device d JOIN asset_condition c ON c.device_id = d.id`

// where puts a choice into a query. The place key stands in both tables so that a list
// by presence or fault walks one index as a list by anything else does.
func (c *choice) where() (w *store.Where, placeKey string) {
	w = new(store.Where)
	if c.few { // their ids are the index to use
		w.Unindexed(func() { placeKey = c.filter(w) })
		w.In("d.id", padded(c.found))
		return w, placeKey
	}
	return w, c.filter(w)
}

// walked is where when many match: the first page is soon full along the index of the
// order, and sorting all would not be. Many are never the few that were found.
func (c *choice) walked() *store.Where {
	w := new(store.Where)
	w.Unindexed(func() { c.filter(w) })
	return w
}

// filter adds all of a choice but the ids that were found, which stand for its text.
func (c *choice) filter(w *store.Where) (placeKey string) {
	placeKey = "d.place_key"
	if len(c.Presences) > 0 || c.Fault != "" {
		placeKey = "c.place_key"
	}
	if len(c.Presences) > 0 {
		w.In("c.condition", texts(c.Presences))
	}
	switch c.Fault {
	case "":
	case AnyFault:
		w.And("c.faults <> '[]'")
	default:
		w.And(`c.faults <> '[]' AND c.faults LIKE ? ESCAPE '\'`, `%"`+store.Like(c.Fault)+`"%`)
	}
	if c.path != "" {
		auth.NewScope(c.path).Where(w, placeKey)
	}
	c.scope.Where(w, placeKey)
	if len(c.Kinds) > 0 {
		w.In("d.kind", texts(c.Kinds))
	}
	if len(c.States) > 0 {
		w.In("d.state", texts(c.States))
	}
	for _, f := range []struct{ column, value string }{{"d.owner", c.Owner}, {"d.model", c.Model}, {"d.site_id", c.SiteID}} {
		if f.value != "" {
			w.And(f.column+" = ?", f.value)
		}
	}
	if c.Sample != nil {
		w.And("d.sample = ?", *c.Sample)
	}
	if c.Text != "" && !c.few {
		w.And(`d.search LIKE ? ESCAPE '\'`, "%"+store.Like(c.Text)+"%")
	}
	return placeKey
}

// padded repeats the last of a list until it has one of few lengths, so that few
// statements have to be prepared.
func padded(ids []string) []string {
	n := len(ids)
	if n == 0 {
		return nil
	}
	size := 1
	for size < n {
		size *= 8
	}
	return append(ids[:n:n], slices.Repeat(ids[n-1:], size-n)...)
}

// findables reads what devices that changed since a time can be found by.
func findables(ctx context.Context, q store.Queryer, since time.Time) ([]findable, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (f findable, err error) {
		err = r.Scan(&f.id, &f.text)
		return f, err
	}, `SELECT id, search FROM asset_device WHERE updated_at >= $1`, max(0, since.UnixMicro()))
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func scanEntry(r interface{ Scan(...any) error }) (e Entry, err error) {
	into, finish := e.Device.targets()
	err = r.Scan(append(into, e.Condition.targets()...)...)
	finish()
	return e, err
}

// many is from how many matches on a list by last seen is walked rather than sorted.
const many = 5000

// listEntries reads a page of a choice that some devices match.
func listEntries(ctx context.Context, q store.Queryer, c choice, by Sort, page store.Page, matches int) (store.Listing[Entry], error) {
	w, placeKey := c.where()
	l := store.ListQuery[Entry]{
		Columns: deviceColumns + ", " + conditionColumns, From: entries, Where: w, Key: placeKey, Page: page, SkipTotal: true,
		Scan:  func(r *sql.Rows) (Entry, error) { return scanEntry(r) },
		KeyOf: func(e Entry) string { return e.placeKey() },
	}
	if by == BySeen {
		l.Key, l.Descending = "c.seen_key", true
		if matches >= many {
			l.Where = c.walked()
		}
		l.KeyOf = func(e Entry) string {
			if e.Condition.LastSeen == nil {
				return seenKey(time.Time{}, e.ID)
			}
			return seenKey(*e.Condition.LastSeen, e.ID)
		}
	}
	return store.List(ctx, q, l)
}

func readEntry(ctx context.Context, q store.Queryer, idOrCode string) (*Entry, error) {
	column := "d.id"
	if len(idOrCode) == 23 {
		column = "d.code"
	}
	e, err := scanEntry(q.QueryRow(ctx, `SELECT `+deviceColumns+`, `+conditionColumns+` FROM `+entries+` WHERE `+column+` = $1`, idOrCode))
	return &e, notFound(err, "asset.device.not_found")
}

// cell is how many devices share what the totals group by.
type cell struct {
	path     string
	kind     Kind
	state    State
	sample   bool
	presence Presence
	n        int
	faulty   int
}

func cells(ctx context.Context, q store.Queryer) ([]cell, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (c cell, err error) {
		err = r.Scan(&c.path, &c.kind, &c.state, &c.sample, &c.presence, &c.n, &c.faulty)
		return c, err
	}, `SELECT d.region_path, d.kind, d.state, d.sample, c.condition, count(*), sum(CASE WHEN c.faults = '[]' THEN 0 ELSE 1 END)
		FROM `+entries+` GROUP BY d.region_path, d.kind, d.state, d.sample, c.condition`)
}

// count is the totals of a choice that cells cannot answer.
func count(ctx context.Context, q store.Queryer, c choice) (t Totals, err error) {
	w, _ := c.where()
	rows, err := q.Query(ctx, `SELECT c.condition, count(*), sum(CASE WHEN c.faults = '[]' THEN 0 ELSE 1 END) FROM `+entries+w.SQL()+
		` GROUP BY c.condition`, w.Args()...)
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() {
		var p Presence
		var n, faulty int
		if err := rows.Scan(&p, &n, &faulty); err != nil {
			return t, err
		}
		t.add(p, n, faulty)
	}
	return t, rows.Err()
}

// facets counts the devices in a scope by a column, the commonest values first.
func facets(ctx context.Context, q store.Queryer, scope auth.Scope, column string) ([]Facet, error) {
	var w store.Where
	w.And(column + " <> ''")
	scope.Where(&w, "place_key")
	return store.Collect(ctx, q, func(r *sql.Rows) (f Facet, err error) {
		err = r.Scan(&f.Value, &f.Count)
		return f, err
	}, `SELECT `+column+`, count(*) FROM asset_device`+w.SQL()+` GROUP BY `+column+` ORDER BY count(*) DESC, `+column+` LIMIT `+w.Arg(maxFacets), w.Args()...)
}
