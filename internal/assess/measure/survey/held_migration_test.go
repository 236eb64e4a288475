package survey_test

import (
	"context"
	"slices"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// Answers from before they were held back are shown, as quotas said, and no longer lie in the order in
// which they came.
func TestAnswersThatWereThereStay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		b, ctx := &bench{T: t, db: db, clk: clk}, context.Background()
		b.ok(db.MigrateTo(ctx, map[string]int64{"measure": 22}, measure.Migrations()))
		b.ok(db.Housekeep(ctx, func(tx *store.Tx) error {
			for _, id := range []string{"c", "a", "b"} {
				if _, err := tx.Exec(ctx, `INSERT INTO measure_survey_answer (id, survey_id, version, stratum, cluster, mode, lang, weight, started_at, finished_at, answers, standing)
					VALUES ($1, 's', 1, 'east.urban', '', 'phone', 'zh', 1.5, 1, 2, '{}', 'counts')`, id); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `INSERT INTO measure_survey_quota (survey_id, quota, n) VALUES ('s', 'old', 3)`)
			return err
		}))
		b.ok(db.Migrate(ctx, measure.Migrations()))
		rows := b.dump("measure_survey_answer")
		if len(rows) != 3 || !slices.IsSorted(rows) || b.count(`SELECT count(*) FROM measure_survey_answer WHERE held OR weight <> 1.5`) != 0 || b.count(`SELECT shown FROM measure_survey_quota`) != 3 {
			t.Errorf("%q", rows)
		}
	})
}
