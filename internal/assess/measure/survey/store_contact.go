package survey

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const contactColumns = `id, survey_id, batch, stratum, door, finger, sealed, asked, answered`

func scanContact(rows interface{ Scan(...any) error }) (c contact, err error) {
	err = rows.Scan(&c.id, &c.survey, &c.batch, &c.stratum, &c.door, &c.finger, &c.sealed, &c.asked, &c.answered)
	return c, err
}

// insertContact keeps a contact; false where the survey has the person already.
func insertContact(ctx context.Context, tx *store.Tx, c contact) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO measure_survey_contact (`+contactColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (survey_id, finger) DO NOTHING`,
		c.id, c.survey, c.batch, c.stratum, c.door, c.finger, c.sealed, c.asked, c.answered)
	return n == 1, err
}

// contactsOf are a survey's contacts, or those of one batch, in the order of their ids, which
// tells nothing.
func contactsOf(ctx context.Context, q store.Queryer, survey, batch string) ([]contact, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (contact, error) { return scanContact(rows) },
		`SELECT `+contactColumns+` FROM measure_survey_contact WHERE survey_id = $1 AND ($2 = '' OR batch = $2) ORDER BY id`, survey, batch)
}

// oneContact is a contact; nil where there is none.
func oneContact(ctx context.Context, q store.Queryer, where string, args ...any) (*contact, error) {
	c, err := scanContact(q.QueryRow(ctx, `SELECT `+contactColumns+` FROM measure_survey_contact WHERE `+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &c, err
}

func contactByDoor(ctx context.Context, q store.Queryer, door string) (*contact, error) {
	return oneContact(ctx, q, `door = $1`, door)
}

func contactByFinger(ctx context.Context, q store.Queryer, survey, finger string) (*contact, error) {
	return oneContact(ctx, q, `survey_id = $1 AND finger = $2`, survey, finger)
}

func countContacts(ctx context.Context, q store.Queryer, survey string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM measure_survey_contact WHERE survey_id = $1`, survey).Scan(&n)
	return n, err
}

// contactCounts counts a survey's contacts by stratum.
func contactCounts(ctx context.Context, q store.Queryer, survey string) ([]StratumSending, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (c StratumSending, err error) {
		err = rows.Scan(&c.ID, &c.Contacts, &c.Asked, &c.Answered)
		return c, err
	}, `SELECT stratum, count(*), sum(CASE WHEN asked > 0 THEN 1 ELSE 0 END), sum(CASE WHEN answered THEN 1 ELSE 0 END) FROM measure_survey_contact WHERE survey_id = $1 GROUP BY stratum`, survey)
}

// countAsked counts contacts as written to once more; refused as stale where one of them was
// written to, or is gone, since it was read.
func countAsked(ctx context.Context, tx *store.Tx, list []contact) error {
	by := map[int][]string{} // how often it was before
	for _, c := range list {
		by[c.asked] = append(by[c.asked], c.id)
	}
	for _, asked := range slices.Sorted(maps.Keys(by)) {
		n, err := inParts(by[asked], func(w *store.Where) (int64, error) {
			w.And("asked = ?", asked)
			return tx.Exec(ctx, `UPDATE measure_survey_contact SET asked = asked + 1`+w.SQL(), w.Args()...)
		}, "id")
		if err != nil {
			return err
		}
		if n != len(by[asked]) {
			return fault.New(fault.Conflict, "measure.survey.contact.meanwhile")
		}
	}
	return nil
}

func markAnswered(ctx context.Context, tx *store.Tx, ids []string) error {
	_, err := inParts(ids, func(w *store.Where) (int64, error) {
		answered := w.Arg(true)
		return tx.Exec(ctx, `UPDATE measure_survey_contact SET answered = `+answered+w.SQL(), w.Args()...)
	}, "id")
	return err
}

// inParts does something for keys in an order that tells nothing, so many at once as a statement
// may name, and adds up what it comes to.
func inParts(keys []string, do func(*store.Where) (int64, error), column string) (sum int, err error) {
	keys = slices.Sorted(slices.Values(keys))
	for part := range slices.Chunk(keys, 500) {
		w := new(store.Where)
		w.In(column, part)
		n, err := do(w)
		if err != nil {
			return sum, err
		}
		sum += int(n)
	}
	return sum, nil
}

// namedIn are those of some keys that a query by them finds.
func namedIn(ctx context.Context, q store.Queryer, keys []string, column, from string, more func(*store.Where)) (map[string]bool, error) {
	found := map[string]bool{}
	_, err := inParts(keys, func(w *store.Where) (int64, error) {
		more(w)
		_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
			var key string
			err := rows.Scan(&key)
			found[key] = true
			return struct{}{}, err
		}, from+w.SQL(), w.Args()...)
		return 0, err
	}, column)
	return found, err
}

// fingersOf are those of some fingers whom a survey has as contacts.
func fingersOf(ctx context.Context, q store.Queryer, survey string, fingers []string) (map[string]bool, error) {
	return namedIn(ctx, q, fingers, "finger", `SELECT finger FROM measure_survey_contact`, func(w *store.Where) { w.And("survey_id = ?", survey) })
}

// silentOf are those of some fingers who asked not to be written to again.
func silentOf(ctx context.Context, q store.Queryer, fingers []string) (map[string]bool, error) {
	return namedIn(ctx, q, fingers, "finger", `SELECT finger FROM measure_survey_silent`, func(*store.Where) {})
}

func deleteContact(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM measure_survey_contact WHERE id = $1`, id)
	return err
}

// deleteContacts deletes all of a survey, with their tickets and batches.
func deleteContacts(ctx context.Context, tx *store.Tx, survey string) (int64, error) {
	for _, query := range []string{`DELETE FROM measure_survey_ticket WHERE survey_id = $1`, `DELETE FROM measure_survey_batch WHERE survey_id = $1`} {
		if _, err := tx.Exec(ctx, query, survey); err != nil {
			return 0, err
		}
	}
	return tx.Exec(ctx, `DELETE FROM measure_survey_contact WHERE survey_id = $1`, survey)
}

// contactsHeld are the surveys that have contacts, with when the last were brought.
func contactsHeld(ctx context.Context, q store.Queryer) (map[string]time.Time, error) {
	held := map[string]time.Time{}
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var at time.Time
		err := rows.Scan(&id, store.ScanTime(&at))
		held[id] = at
		return struct{}{}, err
	}, `SELECT survey_id, max(brought_at) FROM measure_survey_batch GROUP BY survey_id`)
	return held, err
}

// writeBatch keeps how many of a file were taken so far.
func writeBatch(ctx context.Context, tx *store.Tx, survey string, b Batch) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_batch (id, survey_id, brought_at, body) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET body = excluded.body`, b.ID, survey, tx.Now.UnixMicro(), store.JSON(b))
	return err
}

// batchesOf are the files of contacts of a survey, the latest first.
func batchesOf(ctx context.Context, q store.Queryer, survey string) ([]Batch, error) {
	list, err := store.Collect(ctx, q, func(rows *sql.Rows) (b Batch, err error) {
		var id string
		var at time.Time
		err = rows.Scan(&id, store.ScanTime(&at), store.ScanJSON(&b), &b.Left)
		b.ID, b.At = id, at
		return b, err
	}, `SELECT b.id, b.brought_at, b.body, (SELECT count(*) FROM measure_survey_contact c WHERE c.survey_id = b.survey_id AND c.batch = b.id) FROM measure_survey_batch b WHERE b.survey_id = $1 ORDER BY b.id DESC`, survey)
	if list == nil {
		list = []Batch{}
	}
	return list, err
}

// ticket is the right to answer once.
type ticket struct{ hash, survey, stratum string }

// insertTickets keeps tickets in another order than their contacts have.
func insertTickets(ctx context.Context, tx *store.Tx, list []ticket) error {
	slices.SortFunc(list, func(a, b ticket) int {
		if a.hash < b.hash {
			return -1
		}
		return 1
	})
	for _, t := range list {
		if _, err := tx.Exec(ctx, `INSERT INTO measure_survey_ticket (hash, survey_id, stratum) VALUES ($1, $2, $3)`, t.hash, t.survey, t.stratum); err != nil {
			return err
		}
	}
	return nil
}

// readTicket is what a ticket leads to; nil for none.
func readTicket(ctx context.Context, q store.Queryer, hash string) (*invited, error) {
	i := &invited{ticket: hash}
	err := q.QueryRow(ctx, `SELECT survey_id, stratum FROM measure_survey_ticket WHERE hash = $1`, hash).Scan(&i.survey, &i.stratum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return i, err
}

// spendTicket takes a ticket away; false where it is gone already.
func spendTicket(ctx context.Context, tx *store.Tx, hash string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM measure_survey_ticket WHERE hash = $1`, hash)
	return n == 1, err
}

func dropTickets(ctx context.Context, tx *store.Tx, survey string) error {
	_, err := tx.Exec(ctx, `DELETE FROM measure_survey_ticket WHERE survey_id = $1`, survey)
	return err
}

// ticketsOf are the hashes of a survey's tickets that were not spent.
func ticketsOf(ctx context.Context, q store.Queryer, survey string) (map[string]bool, error) {
	left := map[string]bool{}
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var hash string
		err := rows.Scan(&hash)
		left[hash] = true
		return struct{}{}, err
	}, `SELECT hash FROM measure_survey_ticket WHERE survey_id = $1`, survey)
	return left, err
}

func addSilent(ctx context.Context, tx *store.Tx, finger string) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_silent (finger) VALUES ($1) ON CONFLICT (finger) DO NOTHING`, finger)
	return err
}

// readSecret is a key of the desk, sealed; empty where there is none.
func readSecret(ctx context.Context, q store.Queryer, name string) (sealed string, err error) {
	err = q.QueryRow(ctx, `SELECT sealed FROM measure_survey_secret WHERE name = $1`, name).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return sealed, err
}

func writeSecret(ctx context.Context, tx *store.Tx, name, sealed string) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_secret (name, sealed) VALUES ($1, $2)`, name, sealed)
	return err
}
