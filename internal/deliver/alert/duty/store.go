package duty

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

type scanner interface{ Scan(...any) error }

const postColumns = `id, name, purpose, region_path, severities, minutes, revision`

func scanPost(rows scanner) (*Post, error) {
	p := new(Post)
	var purpose string
	err := rows.Scan(&p.ID, &p.Name, &purpose, &p.RegionPath, store.ScanJSON(&p.Severities), &p.Minutes, &p.Revision)
	p.Purpose = Purpose(purpose)
	return p, err
}

func listPosts(ctx context.Context, q store.Queryer) ([]*Post, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Post, error) { return scanPost(rows) },
		`SELECT `+postColumns+` FROM alert_duty_post WHERE NOT retired ORDER BY region_path, purpose, id`)
}

// readPost is one post; a fault NotFound if there is none, or none any more.
func readPost(ctx context.Context, q store.Queryer, id string) (*Post, error) {
	p, err := scanPost(q.QueryRow(ctx, `SELECT `+postColumns+` FROM alert_duty_post WHERE id = $1 AND NOT retired`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoPost()
	}
	return p, err
}

func insertPost(ctx context.Context, tx *store.Tx, p *Post) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_duty_post (id, name, purpose, region_path, severities, minutes, retired, created_at, revision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)`, p.ID, p.Name, string(p.Purpose), p.RegionPath, store.JSON(p.Severities), p.Minutes, false, tx.Now.UnixMicro())
	return err
}

func updatePost(ctx context.Context, tx *store.Tx, p *Post, retired bool) error {
	n, err := tx.Exec(ctx, `UPDATE alert_duty_post SET name = $1, purpose = $2, region_path = $3, severities = $4, minutes = $5, retired = $6, revision = revision + 1
		WHERE id = $7 AND revision = $8`, p.Name, string(p.Purpose), p.RegionPath, store.JSON(p.Severities), p.Minutes, retired, p.ID, p.Revision)
	return store.Touched(n, err)
}

// renameOpen has what is open go on under the name that a post has now.
func renameOpen(ctx context.Context, tx *store.Tx, p *Post) error {
	if _, err := tx.Exec(ctx, `UPDATE alert_duty_shift SET post_name = $1 WHERE post = $2 AND ended_at IS NULL`, p.Name, p.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE alert_duty_report SET post_name = $1 WHERE post = $2 AND done_at IS NULL`, p.Name, p.ID)
	return err
}

// turnsBetween are the turns of a post that have a part between two times, the earliest first.
func turnsBetween(ctx context.Context, q store.Queryer, post string, from, to time.Time) ([]Turn, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (t Turn, err error) {
		return t, rows.Scan(&t.ID, &t.Post, &t.Person, &t.Name, store.ScanTime(&t.From), store.ScanTime(&t.To))
	}, `SELECT id, post, person, name, from_at, to_at FROM alert_duty_turn WHERE post = $1 AND to_at > $2 AND from_at < $3 ORDER BY from_at, id`,
		post, from.UnixMicro(), to.UnixMicro())
}

func insertTurn(ctx context.Context, tx *store.Tx, t Turn) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_duty_turn (id, post, person, name, from_at, to_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		t.ID, t.Post, t.Person, t.Name, t.From.UnixMicro(), t.To.UnixMicro())
	return err
}

// deleteTurns takes what begins in a time off the roster.
func deleteTurns(ctx context.Context, tx *store.Tx, post string, from, to time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM alert_duty_turn WHERE post = $1 AND from_at >= $2 AND from_at < $3`, post, from.UnixMicro(), to.UnixMicro())
	return err
}

// deleteComing takes all that has not begun off the roster, and returns how many turns that were.
func deleteComing(ctx context.Context, tx *store.Tx, post string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_duty_turn WHERE post = $1 AND from_at > $2`, post, tx.Now.UnixMicro())
}

func deleteTurn(ctx context.Context, tx *store.Tx, post, id string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_duty_turn WHERE post = $1 AND id = $2`, post, id)
}

const (
	shiftHead    = `id, post, post_name, region_path, person, name, began_at, since_at, offered_at, `
	shiftTail    = `, digest, ended_at, how, taker, taker_name, reason, certificate, signature, revision`
	shiftColumns = shiftHead + `content` + shiftTail
	shiftBrief   = shiftHead + `''` + shiftTail // without what is handed over, which may be long
)

func scanShift(rows scanner) (*Shift, error) {
	s := new(Shift)
	return s, rows.Scan(&s.ID, &s.Post, &s.PostName, &s.RegionPath, &s.By.ID, &s.By.Name, store.ScanTime(&s.BeganAt), store.ScanTime(&s.SinceAt), store.ScanTime(&s.OfferedAt),
		&s.Content, &s.Digest, store.ScanTime(&s.EndedAt), &s.How, &s.Taker.ID, &s.Taker.Name, &s.Reason, &s.Certificate, &s.Signature, &s.Revision)
}

func readShift(ctx context.Context, q store.Queryer, id string) (*Shift, error) {
	s, err := scanShift(q.QueryRow(ctx, `SELECT `+shiftColumns+` FROM alert_duty_shift WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoShift()
	}
	return s, err
}

// openShift is the shift that a post is kept in now, without its content; nil for none.
func openShift(ctx context.Context, q store.Queryer, post string) (*Shift, error) {
	s, err := scanShift(q.QueryRow(ctx, `SELECT `+shiftBrief+` FROM alert_duty_shift WHERE post = $1 AND ended_at IS NULL`, post))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return s, err
}

// lastSigned is until when the last handover of a post tells what happened; zero for none.
func lastSigned(ctx context.Context, q store.Queryer, post string) (t time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT max(coalesce(offered_at, ended_at)) FROM alert_duty_shift WHERE post = $1 AND ended_at IS NOT NULL`, post).Scan(store.ScanTime(&t))
	return t, err
}

func insertShift(ctx context.Context, tx *store.Tx, s *Shift) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_duty_shift (`+shiftColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, '', '', NULL, '', '', '', '', '', '', 1)`,
		s.ID, s.Post, s.PostName, s.RegionPath, s.By.ID, s.By.Name, s.BeganAt.UnixMicro(), s.SinceAt.UnixMicro())
	if store.Taken(err) {
		return fault.New(fault.Conflict, "alert.duty.kept", fault.Args{"name": "…"})
	}
	return err
}

func updateShift(ctx context.Context, tx *store.Tx, s *Shift) error {
	n, err := tx.Exec(ctx, `UPDATE alert_duty_shift SET offered_at = $1, content = $2, digest = $3, ended_at = $4, how = $5, taker = $6, taker_name = $7, reason = $8,
		certificate = $9, signature = $10, revision = revision + 1 WHERE id = $11 AND revision = $12`, store.Micros(s.OfferedAt), s.Content, s.Digest, store.Micros(s.EndedAt),
		s.How, s.Taker.ID, s.Taker.Name, s.Reason, s.Certificate, s.Signature, s.ID, s.Revision)
	return store.Touched(n, err)
}

// listShifts lists shifts without their content, the newest first.
func listShifts(ctx context.Context, q store.Queryer, post string, scope auth.Scope, page store.Page) (store.Listing[*Shift], error) {
	var w store.Where
	scope.Where(&w, "region_path")
	if post != "" {
		w.And("post = ?", post)
	}
	return store.List(ctx, q, store.ListQuery[*Shift]{Columns: shiftBrief, From: "alert_duty_shift", Where: &w, Key: "id", Descending: true, Page: page,
		Scan: func(rows *sql.Rows) (*Shift, error) { return scanShift(rows) }, KeyOf: func(s *Shift) string { return s.ID }})
}
