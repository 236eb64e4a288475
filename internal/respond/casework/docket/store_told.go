package docket

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// holders limits a query to what was told to somebody: by name, through their organisations, and
// to the posts that they hold there.
func (d *Desk) holders(w *store.Where, who *person) {
	conds := []string{inList(w, "holder", who.hands())}
	for _, p := range Posts {
		for _, path := range who.principal.Scope(PermOf(p.ID)).Paths() {
			low, high := auth.Subtree(path)
			conds = append(conds, "(holder >= "+w.Arg("post:"+p.ID+"@"+low)+" AND holder < "+w.Arg("post:"+p.ID+"@"+high)+")")
		}
	}
	w.And("(" + strings.Join(conds, " OR ") + ")")
}

// toldTo lists what somebody was told, the latest first.
func (d *Desk) toldTo(ctx context.Context, who *person, read string, page store.Page) (store.Listing[Told], error) {
	w := new(store.Where)
	w.And("id >= ?", store.FirstID(d.Clock.Now().Add(-toldFor)))
	d.holders(w, who)
	return store.List(ctx, d.DB, store.ListQuery[Told]{Columns: "id, case_id, zh, en, note, at", From: "casework_told", Where: w, Key: "id", Descending: true, Page: page, SkipTotal: true,
		Scan: func(rows *sql.Rows) (t Told, err error) {
			err = rows.Scan(&t.ID, &t.CaseID, &t.Say.Zh, &t.Say.En, &t.Note, store.ScanTime(&t.At))
			t.Read = t.ID <= read
			return t, err
		}, KeyOf: func(t Told) string { return t.ID }})
}

func setRead(ctx context.Context, tx *store.Tx, account, until string) error {
	_, err := tx.Exec(ctx, `INSERT INTO casework_read (account, until) VALUES ($1, $2)
		ON CONFLICT (account) DO UPDATE SET until = excluded.until WHERE excluded.until > casework_read.until`, account, until)
	return err
}

func readUntil(ctx context.Context, q store.Queryer, account string) (until string, err error) {
	err = q.QueryRow(ctx, `SELECT until FROM casework_read WHERE account = $1`, account).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return until, err
}

// unread counts what the reader was told and has not read, up to a hundred.
func (d *Desk) unread(ctx context.Context, who *person) (n int64, err error) {
	read, err := readUntil(ctx, d.DB, who.ID)
	if err != nil {
		return 0, err
	}
	w := new(store.Where)
	w.And("id > ?", max(read, store.FirstID(d.Clock.Now().Add(-toldFor))))
	d.holders(w, who)
	err = d.DB.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 FROM casework_told%s LIMIT 100) AS counted`, w.SQL()), w.Args()...).Scan(&n)
	return n, err
}
