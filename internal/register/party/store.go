package party

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const partyColumns = `p.id, p.kind, p.state, p.survivor, p.region_code, p.region_path, p.phone_finger, p.id_finger, p.sealed, p.body, p.sample, p.revision, p.created_at, p.updated_at`

// body is what of a party is kept as JSON.
type body struct {
	Facts
	ServesPaths  []string `json:"servesPaths,omitempty"`
	GuardedUntil string   `json:"guardedUntil,omitempty"`
}

func scanParty(rows interface{ Scan(...any) error }) (*Party, error) {
	p := new(Party)
	var kind, state string
	var b body
	err := rows.Scan(&p.ID, &kind, &state, &p.Survivor, &p.RegionCode, &p.RegionPath, &p.phoneFinger, &p.idFinger, &p.sealed, store.ScanJSON(&b), &p.Sample, &p.Revision,
		store.ScanTime(&p.CreatedAt), store.ScanTime(&p.UpdatedAt))
	p.Facts, p.servesPaths, p.guardedUntil = b.Facts, b.ServesPaths, b.GuardedUntil
	p.Kind, p.State = Kind(kind), State(state)
	if p.Roles == nil {
		p.Roles = []Role{}
	}
	return p, err
}

func onePartyRow(rows *sql.Rows) (Party, error) {
	p, err := scanParty(rows)
	if err != nil {
		return Party{}, err
	}
	return *p, nil
}

// readParty reads a party as it stands, an alias as itself.
func readParty(ctx context.Context, q store.Queryer, id string) (*Party, error) {
	p, err := scanParty(q.QueryRow(ctx, `SELECT `+partyColumns+` FROM party_party p WHERE p.id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNone()
	}
	return p, err
}

// resolve reads a party, for an alias the one that it leads to.
func resolve(ctx context.Context, q store.Queryer, id string) (*Party, error) {
	for range maxDepth {
		p, err := readParty(ctx, q, id)
		if err != nil || p.State != Merged {
			return p, err
		}
		id = p.Survivor
	}
	return nil, errNone()
}

// partiesByID are those of some ids, aliases as themselves.
func partiesByID(ctx context.Context, q store.Queryer, ids []string) ([]Party, error) {
	w := new(store.Where)
	w.In("p.id", ids)
	return store.Collect(ctx, q, onePartyRow, `SELECT `+partyColumns+` FROM party_party p`+w.SQL()+` ORDER BY p.id`, w.Args()...)
}

func (p *Party) kept() any {
	return store.JSON(body{p.Facts, p.servesPaths, p.guardedUntil})
}

// findable is the text that a search looks through.
func (p *Party) findable() string {
	return strings.ToLower(p.NameZH + "\n" + p.NameEN + "\n" + p.Code)
}

func insertParty(ctx context.Context, tx *store.Tx, p *Party) error {
	_, err := tx.Exec(ctx, `INSERT INTO party_party (id, kind, state, survivor, name, code, parent, region_code, region_path, phone_finger, id_finger, sealed, search, body, sample, revision, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		p.ID, string(p.Kind), string(p.State), p.Survivor, p.NameZH, p.Code, p.Parent, p.RegionCode, p.RegionPath, p.phoneFinger, p.idFinger, p.sealed, p.findable(), p.kept(), p.Sample, p.Revision,
		p.CreatedAt.UnixMicro(), p.UpdatedAt.UnixMicro())
	if err != nil {
		return err
	}
	return writeRoles(ctx, tx, p)
}

// updateParty keeps a change; refused as stale when it changed meanwhile.
func updateParty(ctx context.Context, tx *store.Tx, p *Party) error {
	n, err := tx.Exec(ctx, `UPDATE party_party SET state = $1, survivor = $2, name = $3, code = $4, parent = $5, region_code = $6, region_path = $7, phone_finger = $8, id_finger = $9, sealed = $10,
		search = $11, body = $12, updated_at = $13, revision = revision + 1 WHERE id = $14 AND revision = $15`,
		string(p.State), p.Survivor, p.NameZH, p.Code, p.Parent, p.RegionCode, p.RegionPath, p.phoneFinger, p.idFinger, p.sealed, p.findable(), p.kept(), tx.Now.UnixMicro(), p.ID, p.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	p.Revision++
	p.UpdatedAt = tx.Now
	if _, err := tx.Exec(ctx, `DELETE FROM party_role WHERE party = $1`, p.ID); err != nil {
		return err
	}
	return writeRoles(ctx, tx, p)
}

func writeRoles(ctx context.Context, tx *store.Tx, p *Party) error {
	for _, r := range p.Roles {
		if _, err := tx.Exec(ctx, `INSERT INTO party_role (party, role) VALUES ($1, $2)`, p.ID, string(r)); err != nil {
			return err
		}
	}
	return nil
}

// childrenOf are the organisations directly below one.
func childrenOf(ctx context.Context, q store.Queryer, id string) ([]Party, error) {
	return store.Collect(ctx, q, onePartyRow, `SELECT `+partyColumns+` FROM party_party p WHERE p.parent = $1 AND p.state = 'active' ORDER BY p.id LIMIT 200`, id)
}

// aliasesOf are the parties that lead to one.
func aliasesOf(ctx context.Context, q store.Queryer, id string) ([]Party, error) {
	return store.Collect(ctx, q, onePartyRow, `SELECT `+partyColumns+` FROM party_party p WHERE p.survivor = $1 ORDER BY p.id LIMIT 200`, id)
}

func readTerms(ctx context.Context, q store.Queryer) ([]Term, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (t Term, err error) {
		return t, rows.Scan(store.ScanJSON(&t))
	}, `SELECT body FROM party_term WHERE retired_at IS NULL ORDER BY code`)
}

// readTerm is a term by its whole code; nil where there is none.
func readTerm(ctx context.Context, q store.Queryer, code string) (*Term, error) {
	t := new(Term)
	err := q.QueryRow(ctx, `SELECT body FROM party_term WHERE code = $1`, code).Scan(store.ScanJSON(t))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return t, err
}

func readSecret(ctx context.Context, q store.Queryer, name string) (sealed string, err error) {
	err = q.QueryRow(ctx, `SELECT sealed FROM party_secret WHERE name = $1`, name).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return sealed, err
}

func writeSecret(ctx context.Context, tx *store.Tx, name, sealed string) error {
	_, err := tx.Exec(ctx, `INSERT INTO party_secret (name, sealed) VALUES ($1, $2)`, name, sealed)
	return err
}

// Linked is an account that belongs to a person.
type Linked struct {
	Account
	At time.Time `json:"at"`
}

func linkAccount(ctx context.Context, tx *store.Tx, account, party string) error {
	_, err := tx.Exec(ctx, `INSERT INTO party_account (account, party, linked_at) VALUES ($1, $2, $3)`, account, party, tx.Now.UnixMicro())
	return err
}

func unlinkAccount(ctx context.Context, tx *store.Tx, account, party string) error {
	n, err := tx.Exec(ctx, `DELETE FROM party_account WHERE account = $1 AND party = $2`, account, party)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "party.account.not_found")
	}
	return err
}

// personOf is the id of the person to whom an account belongs; empty for nobody's.
func personOf(ctx context.Context, q store.Queryer, account string) (party string, err error) {
	err = q.QueryRow(ctx, `SELECT party FROM party_account WHERE account = $1`, account).Scan(&party)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return party, err
}

func accountsOf(ctx context.Context, q store.Queryer, party string) ([]Linked, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (l Linked, err error) {
		return l, rows.Scan(&l.ID, store.ScanTime(&l.At))
	}, `SELECT account, linked_at FROM party_account WHERE party = $1 ORDER BY account`, party)
}
