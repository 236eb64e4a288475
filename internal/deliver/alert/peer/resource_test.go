package peer

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// However many resources a platform names, no more of it are kept than there is room for; what is
// known is kept up to date all the same, and the report says what was left out.
func TestAPlatformFillsNoMoreThanItsRoom(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := t.Context()
		w := &worker{desk: &Desk{Deps: Deps{DB: db, Clock: clk}, most: 3}, peer: &Peer{ID: "p", RegionPath: "cn."}}
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO alert_peer (id, direction, name, code, url, region_code, region_path, trust, lax, edition, enabled, retired, created_at, changed_at, failure, refusal, told, revision)
				VALUES ('p', 'lower', '', '', '', '', 'cn.', '', $1, '', $1, $1, 0, 0, '', '', '', 1)`, false)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		says := func(want int, codes ...int) {
			t.Helper()
			clk.Advance(time.Second)
			body := &ebd.EBRDTState{}
			for _, n := range codes {
				body.EBRDT = append(body.EBRDT, ebd.TerminalState{EBRID: ebd.ResourceCode(fmt.Sprint(n)), StateCode: 2})
			}
			err := db.Telemetry(ctx, func(tx *store.Tx) error {
				left, err := w.keepReport(ctx, tx, &ebd.Document{Body: body}, clk.Now(), new(bool))
				if left != want {
					t.Errorf("of %v %d are left out, want %d", codes, left, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		says(0, 1, 2)
		says(0, 1, 2)
		says(2, 3, 4, 5)
		says(1, 1, 5, 3)
		if n, err := countResources(ctx, db, "p"); err != nil || n != 3 {
			t.Errorf("%d are kept, %v", n, err)
		}
		var at int64
		if err := db.QueryRow(ctx, `SELECT state_at FROM alert_peer_resource WHERE code = '3'`).Scan(&at); err != nil || at != clk.Now().UnixMicro() {
			t.Errorf("what is known is not kept up to date: %v, %v", at, err)
		}
	}, store.Migrations{Module: "alert", FS: os.DirFS("../migrations")})
}
