package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// Who may see what is asked by ranges of paths: a database that sorts them otherwise is
// refused before anything is written to it.
func TestADatabaseThatSortsByLanguageIsRefused(t *testing.T) {
	ctx, home := context.Background(), storetest.PostgresAddress(t)
	admin, err := sql.Open("pgx", home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close() })
	var own string
	if err := admin.QueryRow(`SELECT current_database()`).Scan(&own); err != nil {
		t.Fatal(err)
	}
	name := own + "_zh"
	if _, err := admin.Exec(fmt.Sprintf(`CREATE DATABASE %s TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'zh' LOCALE 'C'`, name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = admin.Exec("DROP DATABASE " + name + " WITH (FORCE)") })
	at, err := url.Parse(home)
	if err != nil {
		t.Fatal(err)
	}
	at.Path = "/" + name
	db, err := store.Open(ctx, at.String(), clock.System{})
	if err == nil {
		db.Close()
	}
	if !fault.Is(err, "store.locale") {
		t.Errorf("it was opened: %v", err)
	}
}
