package party

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const licenceColumns = `l.id, l.party, l.kind, l.number, l.state, l.valid_from, l.valid_to, l.warned, l.body, l.revision, l.updated_at`

// issued is what of a licence is kept as JSON.
type issued struct {
	ScopeZH  string `json:"scopeZh,omitempty"`
	ScopeEN  string `json:"scopeEn,omitempty"`
	IssuedOn string `json:"issuedOn,omitempty"`
	Issuer   string `json:"issuer,omitempty"`
	Document string `json:"document,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Sample   bool   `json:"sample,omitempty"`
}

func licenceTargets(l *Licence, state *string, b *issued) []any {
	return []any{&l.ID, &l.Party, &l.Kind, &l.Number, state, &l.ValidFrom, &l.ValidTo, &l.Warned, store.ScanJSON(b), &l.Revision, store.ScanTime(&l.UpdatedAt)}
}

func (l *Licence) fill(state string, b issued) {
	l.State, l.ScopeZH, l.ScopeEN, l.IssuedOn, l.Issuer, l.Document, l.Reason, l.Sample = LicenceState(state), b.ScopeZH, b.ScopeEN, b.IssuedOn, b.Issuer, b.Document, b.Reason, b.Sample
}

func scanLicence(rows interface{ Scan(...any) error }) (l Licence, err error) {
	var state string
	var b issued
	err = rows.Scan(licenceTargets(&l, &state, &b)...)
	l.fill(state, b)
	return l, err
}

func oneLicenceRow(rows *sql.Rows) (Licence, error) { return scanLicence(rows) }

func (l *Licence) kept() any {
	return store.JSON(issued{l.ScopeZH, l.ScopeEN, l.IssuedOn, l.Issuer, l.Document, l.Reason, l.Sample})
}

func insertLicence(ctx context.Context, tx *store.Tx, l *Licence) error {
	_, err := tx.Exec(ctx, `INSERT INTO party_licence (id, party, kind, number, state, valid_from, valid_to, warned, body, revision, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		l.ID, l.Party, l.Kind, l.Number, string(l.State), l.ValidFrom, l.ValidTo, l.Warned, l.kept(), l.Revision, tx.Now.UnixMicro(), tx.Now.UnixMicro())
	return err
}

func updateLicence(ctx context.Context, tx *store.Tx, l *Licence) error {
	n, err := tx.Exec(ctx, `UPDATE party_licence SET kind = $1, number = $2, state = $3, valid_from = $4, valid_to = $5, warned = $6, body = $7, updated_at = $8, revision = revision + 1 WHERE id = $9 AND revision = $10`,
		l.Kind, l.Number, string(l.State), l.ValidFrom, l.ValidTo, l.Warned, l.kept(), tx.Now.UnixMicro(), l.ID, l.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	l.Revision++
	l.UpdatedAt = tx.Now
	return nil
}

func markWarned(ctx context.Context, tx *store.Tx, id string, step int) error {
	_, err := tx.Exec(ctx, `UPDATE party_licence SET warned = $1 WHERE id = $2`, step, id)
	return err
}

// readLicence is a licence; nil where there is none.
func readLicence(ctx context.Context, q store.Queryer, id string) (*Licence, error) {
	return oneLicence(ctx, q, `l.id = $1`, id)
}

func oneLicence(ctx context.Context, q store.Queryer, where string, args ...any) (*Licence, error) {
	l, err := scanLicence(q.QueryRow(ctx, `SELECT `+licenceColumns+` FROM party_licence l WHERE `+where+` ORDER BY l.id DESC LIMIT 1`, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &l, err
}

// sameLicence is the latest of a party with a kind and a number; nil where it has none.
func sameLicence(ctx context.Context, q store.Queryer, party, kind, number string) (*Licence, error) {
	return oneLicence(ctx, q, `l.party = $1 AND l.kind = $2 AND l.number = $3`, party, kind, number)
}

// holderOf names another party that holds a licence with a kind and a number; empty for none.
func holderOf(ctx context.Context, q store.Queryer, kind, number, but string) (name string, err error) {
	err = q.QueryRow(ctx, `SELECT p.name FROM party_licence l JOIN party_party p ON p.id = l.party WHERE l.kind = $1 AND l.number = $2 AND l.party <> $3 LIMIT 1`, kind, number, but).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

func countLicences(ctx context.Context, q store.Queryer, party string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM party_licence WHERE party = $1`, party).Scan(&n)
	return n, err
}

// licencesOf are those of a party, the latest end first.
func licencesOf(ctx context.Context, q store.Queryer, party string) ([]Licence, error) {
	return store.Collect(ctx, q, oneLicenceRow, `SELECT `+licenceColumns+` FROM party_licence l WHERE l.party = $1 ORDER BY l.valid_to DESC, l.id DESC`, party)
}

// endingLicences are those of a kind that run, end after a day and by another, were not renewed, and
// were not told of at this step.
func endingLicences(ctx context.Context, q store.Queryer, kind string, single bool, after, by string, step, limit int) ([]Licence, error) {
	w := new(store.Where)
	w.And("l.state = 'valid' AND l.kind = ? AND l.valid_to <> '' AND l.valid_to > ? AND l.valid_to <= ?", kind, after, by)
	w.And("(l.warned = ? OR l.warned > ?)", notWarned, step)
	var singles []string
	if single {
		singles = []string{kind}
	}
	w.And("NOT " + renewed(w, singles))
	return store.Collect(ctx, q, oneLicenceRow, `SELECT `+licenceColumns+` FROM party_licence l`+w.SQL()+` ORDER BY l.id LIMIT `+w.Arg(limit), w.Args()...)
}

// Document is a file of a party, such as the picture of a licence.
type Document struct {
	SM3  string    `json:"sm3"`
	Name string    `json:"name"`
	Type string    `json:"type"`
	Size int64     `json:"bytes"`
	At   time.Time `json:"at"`

	object string
}

func readDocument(ctx context.Context, q store.Queryer, party, sm3 string) (*Document, error) {
	d := new(Document)
	err := q.QueryRow(ctx, `SELECT sm3, object, name, type, bytes, at FROM party_document WHERE party = $1 AND sm3 = $2`, party, sm3).Scan(&d.SM3, &d.object, &d.Name, &d.Type, &d.Size, store.ScanTime(&d.At))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return d, err
}

func documentsOf(ctx context.Context, q store.Queryer, party string) ([]Document, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (d Document, err error) {
		return d, rows.Scan(&d.SM3, &d.object, &d.Name, &d.Type, &d.Size, store.ScanTime(&d.At))
	}, `SELECT sm3, object, name, type, bytes, at FROM party_document WHERE party = $1 ORDER BY object`, party)
}

func insertDocument(ctx context.Context, tx *store.Tx, party string, d *Document) error {
	_, err := tx.Exec(ctx, `INSERT INTO party_document (party, sm3, object, name, type, bytes, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`, party, d.SM3, d.object, d.Name, d.Type, d.Size, d.At.UnixMicro())
	return err
}

func deleteDocuments(ctx context.Context, tx *store.Tx, party string) error {
	_, err := tx.Exec(ctx, `DELETE FROM party_document WHERE party = $1`, party)
	return err
}
