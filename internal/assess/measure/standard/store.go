package standard

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const standardColumns = `id, code, kind, name_zh, name_en, region_code, region_path, sample, created_by, created_name, created_at, revision`

func scanStandard(rows interface{ Scan(...any) error }) (*Standard, error) {
	s := new(Standard)
	return s, rows.Scan(&s.ID, &s.Code, &s.Kind, &s.NameZh, &s.NameEn, &s.RegionCode, &s.RegionPath, &s.Sample, &s.CreatedBy.ID, &s.CreatedBy.Name, store.ScanTime(&s.CreatedAt), &s.Revision)
}

func notFound() error { return fault.New(fault.NotFound, "measure.standard.not_found") }

// readStandard is a standard with its versions; a fault NotFound if there is none.
func readStandard(ctx context.Context, q store.Queryer, id string) (*Standard, error) {
	s, err := scanStandard(q.QueryRow(ctx, `SELECT `+standardColumns+` FROM measure_standard WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	return s, readVersions(ctx, q, map[string]*Standard{id: s}, `WHERE standard_id = $1`, id)
}

// readAll are all standards with their versions, by their regions and codes. They are few: each
// is argued for months.
func readAll(ctx context.Context, q store.Queryer) ([]*Standard, error) {
	list, err := store.Collect(ctx, q, func(rows *sql.Rows) (*Standard, error) { return scanStandard(rows) },
		`SELECT `+standardColumns+` FROM measure_standard ORDER BY region_path, code`)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*Standard, len(list))
	for _, s := range list {
		byID[s.ID] = s
	}
	return list, readVersions(ctx, q, byID, "")
}

func readVersions(ctx context.Context, q store.Queryer, of map[string]*Standard, where string, args ...any) error {
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id string
		v := new(Version)
		err := rows.Scan(&id, store.ScanJSON(v))
		if s := of[id]; s != nil {
			s.Versions = append(s.Versions, v)
		}
		return struct{}{}, err
	}, `SELECT standard_id, body FROM measure_standard_version `+where+` ORDER BY standard_id, number DESC`, args...)
	return err
}

func insertStandard(ctx context.Context, tx *store.Tx, s *Standard) error {
	var taken bool
	if err := tx.QueryRow(ctx, `SELECT count(*) > 0 FROM measure_standard WHERE region_code = $1 AND code = $2`, s.RegionCode, s.Code).Scan(&taken); err != nil {
		return err
	}
	if taken {
		return fault.New(fault.Conflict, "measure.standard.taken", fault.Args{"code": s.Code}).At("code")
	}
	_, err := tx.Exec(ctx, `INSERT INTO measure_standard (`+standardColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		s.ID, s.Code, string(s.Kind), s.NameZh, s.NameEn, s.RegionCode, s.RegionPath, s.Sample, s.CreatedBy.ID, s.CreatedBy.Name, s.CreatedAt.UnixMicro(), s.Revision)
	if err != nil {
		return err
	}
	for _, v := range s.Versions {
		if err := putVersion(ctx, tx, s.ID, v); err != nil {
			return err
		}
	}
	return nil
}

// updateStandard keeps a change of a standard and one of its versions; refused as stale when it
// changed meanwhile.
func updateStandard(ctx context.Context, tx *store.Tx, s *Standard, v *Version) error {
	n, err := tx.Exec(ctx, `UPDATE measure_standard SET kind = $1, name_zh = $2, name_en = $3, revision = revision + 1 WHERE id = $4 AND revision = $5`,
		string(s.Kind), s.NameZh, s.NameEn, s.ID, s.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	s.Revision++
	if v == nil {
		return nil
	}
	return putVersion(ctx, tx, s.ID, v)
}

func putVersion(ctx context.Context, tx *store.Tx, id string, v *Version) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_standard_version (standard_id, number, state, body, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (standard_id, number) DO UPDATE SET state = excluded.state, body = excluded.body`, id, v.Number, string(v.State), store.JSON(v), v.CreatedAt.UnixMicro())
	return err
}

func putImpact(ctx context.Context, tx *store.Tx, id string, number int, sm3 string, body []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_standard_impact (sm3, standard_id, number, body, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (standard_id, number, sm3) DO NOTHING`,
		sm3, id, number, string(body), tx.Now.UnixMicro())
	return err
}

// readImpact is an impact that was kept.
func readImpact(ctx context.Context, q store.Queryer, id string, number int, sm3 string) (*Impact, error) {
	var body string
	err := q.QueryRow(ctx, `SELECT body FROM measure_standard_impact WHERE standard_id = $1 AND number = $2 AND sm3 = $3`, id, number, sm3).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	i := new(Impact)
	return i, json.Unmarshal([]byte(body), i)
}

const commentColumns = `id, number, item, party, stance, reason, source, source_note, received, by_id, by_name, at, verdict, answer, answer_id, answer_name, answered_at, revision`

func scanComment(rows interface{ Scan(...any) error }) (c Remark, err error) {
	var answered time.Time
	err = rows.Scan(&c.ID, &c.Number, &c.Item, &c.Party, &c.Stance, &c.Reason, &c.Source, &c.SourceNote, &c.Received, &c.By.ID, &c.By.Name, store.ScanTime(&c.At),
		&c.Verdict, &c.Answer, &c.AnsweredBy.ID, &c.AnsweredBy.Name, store.ScanTime(&answered), &c.Revision)
	if !answered.IsZero() {
		c.AnsweredAt = &answered
	}
	return c, err
}

// maxRemarks is how many comments a version takes, so that all can be read and answered.
const maxRemarks = 2000

func insertRemark(ctx context.Context, tx *store.Tx, standard string, c *Remark) error {
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM measure_standard_comment WHERE standard_id = $1 AND number = $2`, standard, c.Number).Scan(&n); err != nil {
		return err
	}
	if n >= maxRemarks {
		return fault.New(fault.Conflict, "measure.standard.comments_full", fault.Args{"limit": maxRemarks})
	}
	_, err := tx.Exec(ctx, `INSERT INTO measure_standard_comment (standard_id, `+commentColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '', '', '', NULL, 1)`,
		standard, c.ID, c.Number, c.Item, c.Party, string(c.Stance), c.Reason, string(c.Source), c.SourceNote, c.Received, c.By.ID, c.By.Name, c.At.UnixMicro())
	return err
}

// updateRemark keeps the answer to a comment; refused as stale when it was answered meanwhile.
func updateRemark(ctx context.Context, tx *store.Tx, c *Remark) error {
	n, err := tx.Exec(ctx, `UPDATE measure_standard_comment SET verdict = $1, answer = $2, answer_id = $3, answer_name = $4, answered_at = $5, revision = revision + 1 WHERE id = $6 AND revision = $7`,
		string(c.Verdict), c.Answer, c.AnsweredBy.ID, c.AnsweredBy.Name, c.AnsweredAt.UnixMicro(), c.ID, c.Revision)
	c.Revision++
	return store.Touched(n, err)
}

// readRemarks are the comments on a version, the first first.
func readRemarks(ctx context.Context, q store.Queryer, standard string, number int) ([]Remark, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (Remark, error) { return scanComment(rows) },
		`SELECT `+commentColumns+` FROM measure_standard_comment WHERE standard_id = $1 AND number = $2 ORDER BY id`, standard, number)
}

func readRemark(ctx context.Context, q store.Queryer, standard, id string) (Remark, error) {
	c, err := scanComment(q.QueryRow(ctx, `SELECT `+commentColumns+` FROM measure_standard_comment WHERE standard_id = $1 AND id = $2`, standard, id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.New(fault.NotFound, "measure.standard.no_comment")
	}
	return c, err
}

// unanswered counts the comments on a version that nobody answered.
func unanswered(ctx context.Context, q store.Queryer, standard string, number int) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM measure_standard_comment WHERE standard_id = $1 AND number = $2 AND verdict = ''`, standard, number).Scan(&n)
	return n, err
}
