package survey

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const answerColumns = `id, survey_id, version, stratum, cluster, mode, lang, weight, started_at, finished_at, answers, standing, held`

func scanAnswer(rows interface{ Scan(...any) error }) (*Answer, error) {
	a := new(Answer)
	var mode, standing string
	err := rows.Scan(&a.ID, &a.survey, &a.Version, &a.Stratum, &a.cluster, &mode, &a.Lang, &a.Weight, store.ScanTime(&a.Started), store.ScanTime(&a.Finished), store.ScanJSON(&a.Answers), &standing, &a.held)
	a.Mode, a.Standing = Mode(mode), Standing(standing)
	return a, err
}

// insertAnswer keeps an answer; false where its id is known.
func insertAnswer(ctx context.Context, tx *store.Tx, a *Answer) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO measure_survey_answer (`+answerColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (id) DO NOTHING`,
		a.ID, a.survey, a.Version, a.Stratum, a.cluster, string(a.Mode), a.Lang, a.Weight, store.Micros(a.Started), store.Micros(a.Finished), store.JSON(a.Answers), string(a.Standing), a.held)
	return n == 1, err
}

func readAnswer(ctx context.Context, q store.Queryer, survey, id string) (*Answer, error) {
	a, err := scanAnswer(q.QueryRow(ctx, `SELECT `+answerColumns+` FROM measure_survey_answer WHERE id = $1 AND survey_id = $2`, id, survey))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "measure.survey.no_answer")
	}
	return a, err
}

func setStanding(ctx context.Context, tx *store.Tx, id string, s Standing) error {
	_, err := tx.Exec(ctx, `UPDATE measure_survey_answer SET standing = $1 WHERE id = $2`, string(s), id)
	return err
}

// answersOf are a survey's answers of a standing, in the order of their ids, which tells nothing.
func answersOf(ctx context.Context, q store.Queryer, survey string, standing Standing) ([]*Answer, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Answer, error) { return scanAnswer(rows) },
		`SELECT `+answerColumns+` FROM measure_survey_answer WHERE survey_id = $1 AND standing = $2 ORDER BY id`, survey, string(standing))
}

// heldOf are a stratum's answers that who runs the survey does not see yet, in the order of their ids.
func heldOf(ctx context.Context, q store.Queryer, survey, stratum string) ([]*Answer, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Answer, error) { return scanAnswer(rows) },
		`SELECT `+answerColumns+` FROM measure_survey_answer WHERE survey_id = $1 AND stratum = $2 AND held ORDER BY id`, survey, stratum)
}

func deleteAnswer(ctx context.Context, tx *store.Tx, id string) error {
	return store.Touched(tx.Exec(ctx, `DELETE FROM measure_survey_answer WHERE id = $1`, id))
}

// pageOfAnswers is a page of those that are shown.
func pageOfAnswers(ctx context.Context, q store.Queryer, survey string, standing Standing, page store.Page) (store.Listing[*Answer], error) {
	w := new(store.Where)
	w.And("survey_id = ? AND held = ?", survey, false)
	if standing != "" {
		w.And("standing = ?", string(standing))
	}
	return store.List(ctx, q, store.ListQuery[*Answer]{Columns: answerColumns, From: "measure_survey_answer", Where: w, Key: "id", Page: page,
		Scan: func(rows *sql.Rows) (*Answer, error) { return scanAnswer(rows) }, KeyOf: func(a *Answer) string { return a.ID }})
}

// taken counts answers by stratum, mode and hour; of those in doubt, the shown ones.
func taken(ctx context.Context, q store.Queryer, survey string) ([]count, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (c count, err error) {
		err = rows.Scan(&c.stratum, &c.mode, &c.standing, store.ScanTime(&c.hour), &c.n)
		return c, err
	}, `SELECT stratum, mode, standing, finished_at, count(*) FROM measure_survey_answer WHERE survey_id = $1 AND (standing <> 'doubt' OR NOT held) GROUP BY stratum, mode, standing, finished_at`, survey)
}

type count struct {
	stratum, mode, standing string
	hour                    time.Time
	n                       int
}

// quotaCounts are how many answers each quota has; the shown ones among them, for who runs the survey.
func quotaCounts(ctx context.Context, q store.Queryer, survey string) (all, shown map[string]int, err error) {
	all, shown = map[string]int{}, map[string]int{}
	_, err = store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var n, seen int
		err := rows.Scan(&id, &n, &seen)
		all[id], shown[id] = n, seen
		return struct{}{}, err
	}, `SELECT quota, n, shown FROM measure_survey_quota WHERE survey_id = $1`, survey)
	return all, shown, err
}

func countQuota(ctx context.Context, tx *store.Tx, survey, quota string, by, shown int) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_quota (survey_id, quota, n, shown) VALUES ($1, $2, $3, $4)
		ON CONFLICT (survey_id, quota) DO UPDATE SET n = measure_survey_quota.n + excluded.n, shown = measure_survey_quota.shown + excluded.shown`, survey, quota, by, shown)
	return err
}

// invited is what an invitation leads to.
type invited struct {
	survey, stratum, place string
	used                   bool
	ticket                 string // hash of a contact's, which the answer spends; empty for others
}

// readToken is an invitation by the hash of its token; nil for none.
func readToken(ctx context.Context, q store.Queryer, hash string) (*invited, error) {
	i := new(invited)
	err := q.QueryRow(ctx, `SELECT survey_id, stratum, place, used FROM measure_survey_token WHERE hash = $1`, hash).Scan(&i.survey, &i.stratum, &i.place, &i.used)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return i, err
}

func insertToken(ctx context.Context, tx *store.Tx, hash string, i invited) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_token (hash, survey_id, stratum, place, used) VALUES ($1, $2, $3, $4, $5)`, hash, i.survey, i.stratum, i.place, i.used)
	return err
}

// useToken marks an invitation as used; false where it was already.
func useToken(ctx context.Context, tx *store.Tx, hash string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE measure_survey_token SET used = $1 WHERE hash = $2 AND used = $3`, true, hash, false)
	return n == 1, err
}

func dropTokens(ctx context.Context, tx *store.Tx, survey string) error {
	_, err := tx.Exec(ctx, `DELETE FROM measure_survey_token WHERE survey_id = $1`, survey)
	return err
}

// invitations counts a survey's invitations by stratum, and those that were used.
func invitations(ctx context.Context, q store.Queryer, survey string) (made, used map[string]int, err error) {
	made, used = map[string]int{}, map[string]int{}
	_, err = store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var stratum string
		var was bool
		var n int
		err := rows.Scan(&stratum, &was, &n)
		if made[stratum] += n; was {
			used[stratum] += n
		}
		return struct{}{}, err
	}, `SELECT stratum, used, count(*) FROM measure_survey_token WHERE survey_id = $1 GROUP BY stratum, used`, survey)
	return made, used, err
}

// readProgress is what a device began, sealed; empty for nothing.
func readProgress(ctx context.Context, q store.Queryer, key string) (sealed string, err error) {
	err = q.QueryRow(ctx, `SELECT sealed FROM measure_survey_progress WHERE key = $1`, key).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return sealed, err
}

// insertProgress keeps what a device begins, with nothing answered yet or with something.
func insertProgress(ctx context.Context, tx *store.Tx, key, sealed string, used bool) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_progress (key, sealed, touched_at, used) VALUES ($1, $2, $3, $4)`, key, sealed, tx.Now.UnixMicro(), used)
	return err
}

// updateProgress keeps what a device answered since; false where what it began is forgotten.
func updateProgress(ctx context.Context, tx *store.Tx, key, sealed string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE measure_survey_progress SET sealed = $1, touched_at = $2, used = $3 WHERE key = $4`, sealed, tx.Now.UnixMicro(), true, key)
	return n == 1, err
}

// dropProgress forgets what a device began; false where there was nothing.
func dropProgress(ctx context.Context, tx *store.Tx, key string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM measure_survey_progress WHERE key = $1`, key)
	return n == 1, err
}

// forgetProgress forgets what was begun and not touched since one time, or never used since another.
func forgetProgress(ctx context.Context, tx *store.Tx, before, unused time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM measure_survey_progress WHERE touched_at < $1 OR NOT used AND touched_at < $2`, before.UnixMicro(), unused.UnixMicro())
	return err
}

func countProgress(ctx context.Context, q store.Queryer) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM measure_survey_progress`).Scan(&n)
	return n, err
}

func scanAssignment(rows *sql.Rows) (Assignment, error) {
	var a Assignment
	err := rows.Scan(store.ScanJSON(&a), &a.Done)
	return a, err
}

func assignmentsOf(ctx context.Context, q store.Queryer, survey string) ([]Assignment, error) {
	return store.Collect(ctx, q, scanAssignment, `SELECT body, done FROM measure_survey_assignment WHERE survey_id = $1 ORDER BY user_id`, survey)
}

// assignmentsTo are the surveys and places that somebody interviews in.
func assignmentsTo(ctx context.Context, q store.Queryer, user string) ([]Assignment, error) {
	return store.Collect(ctx, q, scanAssignment, `SELECT body, done FROM measure_survey_assignment WHERE user_id = $1 ORDER BY survey_id DESC`, user)
}

func writeAssignment(ctx context.Context, tx *store.Tx, a Assignment) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_assignment (survey_id, user_id, body, done) VALUES ($1, $2, $3, 0) ON CONFLICT (survey_id, user_id) DO UPDATE SET body = excluded.body`, a.Survey, a.Who.ID, store.JSON(a))
	return err
}

func addDone(ctx context.Context, tx *store.Tx, survey, user string, n int) error {
	_, err := tx.Exec(ctx, `UPDATE measure_survey_assignment SET done = done + $1 WHERE survey_id = $2 AND user_id = $3`, n, survey, user)
	return err
}

// placesInvited counts the used invitations of a stratum by place, and says whether there are any
// at all.
func placesInvited(ctx context.Context, q store.Queryer, survey, stratum string) (used map[string]int, had bool, err error) {
	used = map[string]int{}
	_, err = store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var place string
		var was bool
		var n int
		err := rows.Scan(&place, &was, &n)
		if had = true; was {
			used[place] = n
		}
		return struct{}{}, err
	}, `SELECT place, used, count(*) FROM measure_survey_token WHERE survey_id = $1 AND stratum = $2 GROUP BY place, used`, survey, stratum)
	return used, had, err
}

// voidTokens takes back the invitations of a stratum that nobody used.
func voidTokens(ctx context.Context, tx *store.Tx, survey, stratum string) error {
	_, err := tx.Exec(ctx, `DELETE FROM measure_survey_token WHERE survey_id = $1 AND stratum = $2 AND used = $3`, survey, stratum, false)
	return err
}
