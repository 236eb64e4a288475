package docket

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// visible limits a query on casework_case to what somebody may see: as the types' roles have it,
// and everything of the regions where they may read all. Engine and query ask the same fillings.
func (d *Desk) visible(w *store.Where, who *person) {
	conds := []string{who.principal.Scope(PermRead).Cond(w, "region_path")}
	byPost := map[string][]string{} // types by the posts whose holders have a role there
	for _, t := range d.types.live() {
		for i := range t.Roles {
			if f := t.Roles[i].Filled; f.Grant != "" && f.Assigned == "" && !slices.Contains(byPost[f.Grant], t.Code) {
				byPost[f.Grant] = append(byPost[f.Grant], t.Code)
			}
		}
	}
	for _, p := range Posts {
		scope := who.principal.Scope(PermOf(p.ID))
		if len(byPost[p.ID]) == 0 || scope.Empty() {
			continue
		}
		conds = append(conds, "("+inList(w, "type", byPost[p.ID])+" AND "+scope.Cond(w, "region_path")+")")
	}
	conds = append(conds, inList(w, "opener", append([]string{who.ID}, who.Parties...)),
		"n IN (SELECT n FROM casework_hand WHERE "+inList(w, "holder", who.hands())+")")
	w.And("(" + strings.Join(conds, " OR ") + ")")
}

func inList(w *store.Where, column string, values []string) string {
	args := make([]string, len(values))
	for i, v := range values {
		args[i] = w.Arg(v)
	}
	return column + " IN (" + strings.Join(args, ", ") + ")"
}

// where is a filter as conditions, without its text.
func (d *Desk) where(f *Filter, who *person) *store.Where {
	w := new(store.Where)
	if len(f.Types) > 0 {
		w.In("type", f.Types)
	}
	if f.State != "" {
		w.And("state = ?", f.State)
	}
	switch f.Open {
	case "open":
		w.And("closed_at IS NULL")
	case "closed":
		w.And("closed_at IS NOT NULL")
	}
	if f.Region != "" {
		auth.NewScope(f.Region).Where(w, "region_path")
	}
	if f.Overdue {
		w.And("overdue AND closed_at IS NULL")
	}
	if f.Subject != "" {
		w.And("subject = ?", f.Subject)
	}
	if f.Parent != "" {
		w.And("parent = ?", f.Parent)
	}
	if f.Opened {
		w.And(inList(w, "opener", append([]string{who.ID}, who.Parties...)))
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.From, d.Zone); err == nil {
		w.And("opened_at >= ?", day.UnixMicro())
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.To, d.Zone); err == nil {
		w.And("opened_at < ?", day.AddDate(0, 0, 1).UnixMicro())
	}
	if f.Mine {
		d.waitingFor(w, who)
	}
	d.visible(w, who)
	return w
}

// waitingFor limits a query to open cases that wait for somebody: those that were assigned to them,
// and those that stand where their post has something to do.
func (d *Desk) waitingFor(w *store.Where, who *person) {
	w.And("closed_at IS NULL")
	conds := []string{"n IN (SELECT n FROM casework_hand WHERE " + inList(w, "holder", who.hands()) + " AND NOT closed)"}
	for _, t := range d.types.live() {
		for i := range t.Roles {
			r := &t.Roles[i]
			if r.Filled.Assigned != "" {
				continue
			}
			states := t.Awaits(r.ID)
			if len(states) == 0 {
				continue
			}
			scope := auth.Everywhere
			if !r.Filled.Opener {
				scope = who.principal.Scope(PermOf(r.Filled.Grant))
			}
			if scope.Empty() {
				continue
			}
			cond := "type = " + w.Arg(t.Code) + " AND " + inList(w, "state", states)
			if r.Filled.Opener {
				cond += " AND " + inList(w, "opener", append([]string{who.ID}, who.Parties...))
			} else {
				cond += " AND " + scope.Cond(w, "region_path")
			}
			conds = append(conds, "("+cond+")")
		}
	}
	w.And("(" + strings.Join(conds, " OR ") + ")")
}

const rowColumns = `n, id, number, type, version, title, state, outcome, region_path, subject, opened_at, changed_at, closed_at, due_at, due_name, overdue, entries`

func (d *Desk) scanRow(rows *sql.Rows) (r Row, err error) {
	var version int
	var due string
	err = rows.Scan(&r.n, &r.ID, &r.Number, &r.Type, &version, &r.Title, &r.State, &r.Outcome, &r.path, &r.Subject, store.ScanTime(&r.OpenedAt), store.ScanTime(&r.ChangedAt), store.ScanTime(&r.ClosedAt),
		store.ScanTime(&r.DueAt), &due, &r.Overdue, &r.Entries)
	if err != nil {
		return r, err
	}
	if t, err := d.types.of(r.Type, version); err == nil {
		r.TypeName = t.Name
		if s := t.State(r.State); s != nil {
			r.StateName = s.Name
		}
		if dl := t.Deadline(due); dl != nil {
			r.DueName = dl.Name
		}
	}
	r.Region = d.place(d.regions.byPath(r.path).Code)
	return r, nil
}

func (d *Desk) listByDue(ctx context.Context, f Filter, who *person, c position, limit int) ([]Row, error) {
	w := d.where(&f, who)
	w.And("due_at IS NOT NULL")
	if f.Text != "" {
		like := "%" + store.Like(f.Text) + "%"
		w.And(`(title LIKE ? ESCAPE '\' OR number LIKE ? ESCAPE '\')`, like, like)
	}
	if c != (position{}) {
		w.And("(due_at > ? OR due_at = ? AND n > ?)", c.due, c.due, c.n)
	}
	return store.Collect(ctx, d.DB, d.scanRow, fmt.Sprintf(`SELECT %s FROM casework_case%s ORDER BY due_at, n LIMIT %d`, rowColumns, w.SQL(), limit), w.Args()...)
}

// listLatest lists the latest first. A text or a region is looked for in the index of words, and
// among the latest cases, which the index may not know yet, one by one.
func (d *Desk) listLatest(ctx context.Context, f Filter, who *person, c position, limit int) ([]Row, error) {
	words := asked(f.Text)
	if f.Text != "" && len(words) == 0 {
		return []Row{}, nil
	}
	if len(words) == 0 && !indexedRegion(f.Region, d.Home) {
		return d.latest(ctx, &f, who, c.n, 0, "", limit)
	}
	upTo, err := indexed(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	var rows []Row
	if c.n == 0 || c.n > upTo+1 {
		if rows, err = d.latest(ctx, &f, who, c.n, upTo, f.Text, limit); err != nil || len(rows) >= limit {
			return rows, err
		}
	}
	var regions []string
	if f.Region != "" {
		regions = []string{f.Region}
	}
	m, err := find(ctx, d.DB, words, regions)
	if err != nil {
		return nil, err
	}
	before := upTo + 1
	if c.n != 0 {
		before = min(before, c.n)
	}
	var ns []int64
	var failed error
	flush := func() bool {
		found, err := d.those(ctx, &f, who, ns, limit-len(rows))
		rows, ns, failed = append(rows, found...), ns[:0], err
		return err == nil && len(rows) < limit
	}
	m.before(before, func(n int64) bool {
		if ns = append(ns, n); len(ns) == pageProbe {
			return flush()
		}
		return true
	})
	if failed == nil && len(rows) < limit && len(ns) > 0 {
		flush()
	}
	return rows, failed
}

// pageProbe is how many cases that the index names are looked at in one query.
const pageProbe = 400

// indexedRegion reports whether a region is worth asking the index for: within the city.
func indexedRegion(path, home string) bool { return len(path) > len(home) }

// latest lists cases between two numbers, the latest first.
func (d *Desk) latest(ctx context.Context, f *Filter, who *person, before, after int64, text string, limit int) ([]Row, error) {
	w := d.where(f, who)
	if before > 0 {
		w.And("n < ?", before)
	}
	if after > 0 {
		w.And("n > ?", after)
	}
	if text != "" {
		like := "%" + store.Like(text) + "%"
		w.And(`(title LIKE ? ESCAPE '\' OR number LIKE ? ESCAPE '\')`, like, like)
	}
	return store.Collect(ctx, d.DB, d.scanRow, fmt.Sprintf(`SELECT %s FROM casework_case%s ORDER BY n DESC LIMIT %d`, rowColumns, w.SQL(), limit), w.Args()...)
}

// those are the cases of these numbers that a filter takes.
func (d *Desk) those(ctx context.Context, f *Filter, who *person, ns []int64, limit int) ([]Row, error) {
	w := d.where(f, who)
	marks := make([]string, len(ns))
	for i, n := range ns {
		marks[i] = w.Arg(n)
	}
	w.And("n IN (" + strings.Join(marks, ", ") + ")")
	return store.Collect(ctx, d.DB, d.scanRow, fmt.Sprintf(`SELECT %s FROM casework_case%s ORDER BY n DESC LIMIT %d`, rowColumns, w.SQL(), limit), w.Args()...)
}

// countMine counts what waits for somebody.
func (d *Desk) countMine(ctx context.Context, who *person) (*Counts, error) {
	w := d.where(&Filter{Mine: true}, who)
	c := &Counts{ByType: map[string]int64{}}
	_, err := store.Collect(ctx, d.DB, func(rows *sql.Rows) (struct{}, error) {
		var code string
		var n, late int64
		err := rows.Scan(&code, &n, &late)
		c.ByType[code] = n
		c.Mine += n
		c.Overdue += late
		return struct{}{}, err
	}, `SELECT type, count(*), CAST(sum(CASE WHEN overdue THEN 1 ELSE 0 END) AS bigint) FROM casework_case`+w.SQL()+` GROUP BY type`, w.Args()...)
	return c, err
}
