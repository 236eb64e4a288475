package party

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// maxCompared is how many parties are compared with each other at once.
const maxCompared = 50_000

// maxNear is how many are compared with one party.
const maxNear = 1_000

func twinnables(ctx context.Context, q store.Queryer, scope auth.Scope, path string) ([]twinnable, error) {
	w := new(store.Where)
	w.And("p.state = 'active'")
	scope.Where(w, "p.region_path")
	if path != "" {
		auth.NewScope(path).Where(w, "p.region_path")
	}
	return compared(ctx, q, w, maxCompared)
}

func compared(ctx context.Context, q store.Queryer, w *store.Where, limit int) ([]twinnable, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (t twinnable, err error) {
		err = rows.Scan(&t.id, &t.kind, &t.name, &t.code, &t.phone, &t.identity, &t.path)
		t.folded = fold(t.name)
		t.grams = bigrams(t.folded)
		return t, err
	}, `SELECT p.id, p.kind, p.name, p.code, p.phone_finger, p.id_finger, p.region_path FROM party_party p`+w.SQL()+` ORDER BY p.id LIMIT `+w.Arg(limit), w.Args()...)
}

// near are a party and those that share something with it by which they may be the same.
func near(ctx context.Context, q store.Queryer, scope auth.Scope, p *Party, parts []string) ([]twinnable, error) {
	w := new(store.Where)
	w.And("p.state = 'active' AND p.kind = ?", string(p.Kind))
	scope.Where(w, "p.region_path")
	conds := "p.id = " + w.Arg(p.ID)
	for _, same := range []struct{ column, value string }{{"p.code", p.Code}, {"p.phone_finger", p.phoneFinger}, {"p.id_finger", p.idFinger}} {
		if same.value != "" {
			conds += " OR " + same.column + " = " + w.Arg(same.value)
		}
	}
	low, high := auth.Subtree(district(p.RegionPath))
	named := ""
	for i, part := range parts {
		if part == "" {
			continue
		}
		if i > 0 {
			named += " OR "
		}
		named += `p.name LIKE ` + w.Arg("%"+store.Like(part)+"%") + ` ESCAPE '\'`
	}
	if named != "" {
		conds += " OR (p.region_path >= " + w.Arg(low) + " AND p.region_path < " + w.Arg(high) + " AND (" + named + "))"
	}
	w.And("(" + conds + ")")
	return compared(ctx, q, w, maxNear)
}

// distincts are the pairs that somebody found to be two, the lower id first.
func distincts(ctx context.Context, q store.Queryer) (map[[2]string]bool, error) {
	known := map[[2]string]bool{}
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var pair [2]string
		err := rows.Scan(&pair[0], &pair[1])
		known[pair] = true
		return struct{}{}, err
	}, `SELECT first, second FROM party_distinct`)
	return known, err
}

func writeDistinct(ctx context.Context, tx *store.Tx, first, second string, why any) error {
	_, err := tx.Exec(ctx, `INSERT INTO party_distinct (first, second, body, at) VALUES ($1, $2, $3, $4) ON CONFLICT (first, second) DO UPDATE SET body = excluded.body, at = excluded.at`,
		first, second, store.JSON(why), tx.Now.UnixMicro())
	return err
}

func insertMerge(ctx context.Context, tx *store.Tx, g *Merge) error {
	_, err := tx.Exec(ctx, `INSERT INTO party_merge (id, survivor, merged, undone_at, body, at) VALUES ($1, $2, $3, NULL, $4, $5)`, g.ID, g.Survivor, g.Merged, store.JSON(g.moved), g.At.UnixMicro())
	return err
}

const mergeColumns = `id, survivor, merged, undone_at, body, at`

func scanMerge(rows interface{ Scan(...any) error }) (g Merge, err error) {
	var undone time.Time
	err = rows.Scan(&g.ID, &g.Survivor, &g.Merged, store.ScanTime(&undone), store.ScanJSON(&g.moved), store.ScanTime(&g.At))
	if !undone.IsZero() {
		g.UndoneAt = &undone
	}
	g.By, g.Took = g.moved.By, g.moved.Took
	return g, err
}

func readMerge(ctx context.Context, q store.Queryer, id string) (*Merge, error) {
	g, err := scanMerge(q.QueryRow(ctx, `SELECT `+mergeColumns+` FROM party_merge WHERE id = $1`, id))
	return &g, err
}

// mergesOf are those into and out of a party, the latest first.
func mergesOf(ctx context.Context, q store.Queryer, party string) ([]Merge, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (Merge, error) { return scanMerge(rows) },
		`SELECT `+mergeColumns+` FROM party_merge WHERE survivor = $1 OR merged = $1 ORDER BY id DESC LIMIT 100`, party)
}

func markUndone(ctx context.Context, tx *store.Tx, g *Merge) error {
	_, err := tx.Exec(ctx, `UPDATE party_merge SET undone_at = $1, body = $2 WHERE id = $3`, tx.Now.UnixMicro(), store.JSON(g.moved), g.ID)
	return err
}

// saveMoved keeps what a merge remembers, without what was erased since.
func saveMoved(ctx context.Context, tx *store.Tx, g *Merge) error {
	_, err := tx.Exec(ctx, `UPDATE party_merge SET body = $1 WHERE id = $2`, store.JSON(g.moved), g.ID)
	return err
}

// link is a column of a table that names a party, and what names a row of it.
type link struct{ table, column, key string }

// links are the places where rows name a party, but for those of organisations below it, which are
// parties themselves.
var links = []link{
	{"party_entry", "party", "id"}, {"party_entry", "other", "id"}, {"party_licence", "party", "id"}, {"party_account", "party", "account"},
}

// moveLinks lets the rows that name one party name another, and says which they were.
func moveLinks(ctx context.Context, tx *store.Tx, l link, from, to string) ([]string, error) {
	keys, err := store.Collect(ctx, tx, oneText, `SELECT `+l.key+` FROM `+l.table+` WHERE `+l.column+` = $1 ORDER BY `+l.key, from)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	_, err = tx.Exec(ctx, `UPDATE `+l.table+` SET `+l.column+` = $1 WHERE `+l.column+` = $2`, to, from)
	return keys, err
}

// moveBack lets some rows that name one party name another again.
func moveBack(ctx context.Context, tx *store.Tx, l link, keys []string, from, to string) error {
	for len(keys) > 0 {
		n := min(len(keys), 500)
		w := new(store.Where)
		set := w.Arg(to)
		w.And(l.column+" = ?", from)
		w.In(l.key, keys[:n])
		if _, err := tx.Exec(ctx, `UPDATE `+l.table+` SET `+l.column+` = `+set+w.SQL(), w.Args()...); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// moveDocuments gives the documents of one party to another, but for those that it has already.
func moveDocuments(ctx context.Context, tx *store.Tx, from, to string) ([]string, error) {
	keys, err := store.Collect(ctx, tx, oneText, `SELECT sm3 FROM party_document WHERE party = $1 AND sm3 NOT IN (SELECT sm3 FROM party_document WHERE party = $2) ORDER BY sm3`, from, to)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	return keys, moveBack(ctx, tx, link{"party_document", "party", "sm3"}, keys, from, to)
}

// allChildren are the organisations directly below one, aliases among them.
func allChildren(ctx context.Context, q store.Queryer, id string) ([]Party, error) {
	return store.Collect(ctx, q, onePartyRow, `SELECT `+partyColumns+` FROM party_party p WHERE p.parent = $1 ORDER BY p.id`, id)
}
