package link

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// State is how far a node has come in joining.
type State string

// States of a link.
const (
	Invited State = "invited"
	Joined  State = "joined"
	Revoked State = "revoked"
)

// Node is another node that this one is joined to, or is to be.
type Node struct {
	ID      string
	Above   bool // it is the node above this one
	Site    string
	Region  string // code
	Path    string // of the region
	Level   string
	State   State
	By      string // who invited it, or joined this one to it
	Made    time.Time
	Expires time.Time // of the invitation
	Joined  time.Time
	Revoked time.Time
	Up      bool // as it was last found
	Since   time.Time

	secret    string // sealed
	nkey      string
	seed      string // sealed
	authority string
	ca        string
	address   string
	changed   int64
}

const columns = `id, above, site, region, region_path, level, state, secret, nkey, seed, authority, ca, address, created_name, created_at, expires_at, joined_at,
	revoked_at, up, since_at, changed_at`

func scan(r interface{ Scan(...any) error }) (n Node, err error) {
	var state string
	err = r.Scan(&n.ID, &n.Above, &n.Site, &n.Region, &n.Path, &n.Level, &state, &n.secret, &n.nkey, &n.seed, &n.authority, &n.ca, &n.address, &n.By,
		store.ScanTime(&n.Made), store.ScanTime(&n.Expires), store.ScanTime(&n.Joined), store.ScanTime(&n.Revoked), &n.Up, store.ScanTime(&n.Since), &n.changed)
	n.State = State(state)
	return n, err
}

// Nodes lists them: the one above first, then by site; those that were revoked last.
func Nodes(ctx context.Context, q store.Queryer) ([]Node, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (Node, error) { return scan(r) },
		`SELECT `+columns+` FROM platform_link ORDER BY state = 'revoked', above DESC, site, id`)
}

func joined(ctx context.Context, q store.Queryer) ([]Node, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (Node, error) { return scan(r) },
		`SELECT `+columns+` FROM platform_link WHERE state = 'joined' ORDER BY above DESC, site`)
}

func notFound() *fault.Error { return fault.New(fault.NotFound, "link.not_found") }

func byID(ctx context.Context, q store.Queryer, id string) (Node, error) {
	n, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM platform_link WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return n, notFound()
	}
	return n, err
}

// BySite finds a node that is joined or invited.
func BySite(ctx context.Context, q store.Queryer, site string) (Node, error) {
	n, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM platform_link WHERE site = $1 AND state <> 'revoked'`, site))
	if errors.Is(err, sql.ErrNoRows) {
		return n, notFound()
	}
	return n, err
}

func insert(ctx context.Context, tx *store.Tx, n *Node) error {
	n.ID, n.Made = store.NewID(tx.Now), tx.Now
	_, err := tx.Exec(ctx, `INSERT INTO platform_link (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		n.ID, n.Above, n.Site, n.Region, n.Path, n.Level, string(n.State), n.secret, n.nkey, n.seed, n.authority, n.ca, n.address, n.By,
		tx.Now.UnixMicro(), store.Micros(n.Expires), store.Micros(n.Joined), store.Micros(n.Revoked), false, nil, tx.Now.UnixMicro())
	if store.Taken(err) {
		code := "link.site_taken"
		if n.Above {
			code = "link.joined_above"
		}
		return fault.New(fault.Conflict, code, fault.Args{"site": n.Site})
	}
	return err
}

// enter notes that an invited node has joined with its keys; a fault Stale if it is invited no
// more.
func enter(ctx context.Context, tx *store.Tx, id, nkey, authority string) error {
	n, err := tx.Exec(ctx, `UPDATE platform_link SET state = 'joined', nkey = $1, authority = $2, joined_at = $3, changed_at = $3 WHERE id = $4 AND state = 'invited'`,
		nkey, authority, tx.Now.UnixMicro(), id)
	return store.Touched(n, err)
}

// withdraw takes a node's keys away.
func withdraw(ctx context.Context, tx *store.Tx, id string) (int64, error) {
	return tx.Exec(ctx, `UPDATE platform_link SET state = 'revoked', secret = '', seed = '', revoked_at = $1, changed_at = $1, up = false, since_at = $1
		WHERE id = $2 AND state <> 'revoked'`, tx.Now.UnixMicro(), id)
}

// found notes whether a node answers, and since when.
func found(ctx context.Context, tx *store.Tx, id string, up bool) error {
	_, err := tx.Exec(ctx, `UPDATE platform_link SET up = $1, since_at = $2 WHERE id = $3`, up, tx.Now.UnixMicro(), id)
	return err
}
