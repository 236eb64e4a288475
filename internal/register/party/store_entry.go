package party

import (
	"context"
	"database/sql"
	"errors"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const entryColumns = `id, party, class, term, other, from_day, until_day, body, sealed, revision, created_at`

// stated is what of an entry is kept as JSON.
type stated struct {
	Position string      `json:"position,omitempty"`
	Level    string      `json:"level,omitempty"`
	Number   string      `json:"number,omitempty"`
	Issuer   string      `json:"issuer,omitempty"`
	Hours    float64     `json:"hours,omitempty"`
	Result   string      `json:"result,omitempty"`
	By       string      `json:"by,omitempty"`
	Entered  auth.Person `json:"entered"`
}

func scanEntry(rows interface{ Scan(...any) error }) (e Entry, err error) {
	var class string
	var s stated
	err = rows.Scan(&e.ID, &e.Party, &class, &e.Term, &e.Other, &e.From, &e.Until, store.ScanJSON(&s), &e.sealed, &e.Revision, store.ScanTime(&e.EnteredAt))
	e.Class, e.EnteredBy = Class(class), s.Entered
	e.Position, e.Level, e.Number, e.Issuer, e.Hours, e.Result, e.By = s.Position, s.Level, s.Number, s.Issuer, s.Hours, s.Result, s.By
	return e, err
}

func oneEntryRow(rows *sql.Rows) (Entry, error) { return scanEntry(rows) }

func (e *Entry) kept() any {
	return store.JSON(stated{e.Position, e.Level, e.Number, e.Issuer, e.Hours, e.Result, e.By, e.EnteredBy})
}

func insertEntry(ctx context.Context, tx *store.Tx, e *Entry) error {
	_, err := tx.Exec(ctx, `INSERT INTO party_entry (`+entryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.ID, e.Party, string(e.Class), e.Term, e.Other, e.From, e.Until, e.kept(), e.sealed, e.Revision, e.EnteredAt.UnixMicro())
	return err
}

func updateEntry(ctx context.Context, tx *store.Tx, e *Entry) error {
	n, err := tx.Exec(ctx, `UPDATE party_entry SET term = $1, other = $2, from_day = $3, until_day = $4, body = $5, sealed = $6, revision = revision + 1 WHERE id = $7 AND revision = $8`,
		e.Term, e.Other, e.From, e.Until, e.kept(), e.sealed, e.ID, e.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	e.Revision++
	return nil
}

func deleteEntry(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM party_entry WHERE id = $1`, id)
	return err
}

// readEntry is an entry; nil where there is none.
func readEntry(ctx context.Context, q store.Queryer, id string) (*Entry, error) {
	e, err := scanEntry(q.QueryRow(ctx, `SELECT `+entryColumns+` FROM party_entry WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &e, err
}

// entriesOf are those of a party, of one class or of all, in the order in which they were entered.
func entriesOf(ctx context.Context, q store.Queryer, party string, class Class) ([]Entry, error) {
	return store.Collect(ctx, q, oneEntryRow, `SELECT `+entryColumns+` FROM party_entry WHERE party = $1 AND ($2 = '' OR class = $2) ORDER BY id`, party, string(class))
}

// entriesAbout are those of others that name a party, of one class.
func entriesAbout(ctx context.Context, q store.Queryer, other string, class Class, limit int) ([]Entry, error) {
	return store.Collect(ctx, q, oneEntryRow, `SELECT `+entryColumns+` FROM party_entry WHERE other = $1 AND class = $2 ORDER BY id LIMIT $3`, other, string(class), limit)
}

// entriesOfAll are those of some parties.
func entriesOfAll(ctx context.Context, q store.Queryer, parties []string) (map[string][]Entry, error) {
	out := map[string][]Entry{}
	for len(parties) > 0 {
		n := min(len(parties), 500)
		w := new(store.Where)
		w.In("party", parties[:n])
		list, err := store.Collect(ctx, q, oneEntryRow, `SELECT `+entryColumns+` FROM party_entry`+w.SQL()+` ORDER BY id`, w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			out[e.Party] = append(out[e.Party], e)
		}
		parties = parties[n:]
	}
	return out, nil
}

func countEntries(ctx context.Context, q store.Queryer, party string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM party_entry WHERE party = $1`, party).Scan(&n)
	return n, err
}
