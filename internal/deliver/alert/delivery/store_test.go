package delivery

import (
	"os"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

var alertTables = store.Migrations{Module: "alert", FS: os.DirFS("../migrations")}

func eachDB(t *testing.T, fn func(t *testing.T, db *store.DB, clk *clock.Manual)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, fn, alertTables)
}
