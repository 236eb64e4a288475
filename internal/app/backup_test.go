package app

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// counts is how many rows each of these tables holds.
func counts(t *testing.T, db *store.DB, tables []string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, name := range tables {
		var n int
		if err := db.QueryRow(context.Background(), "SELECT count(*) FROM "+name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	return out
}

// A whole node, with what every module keeps, is backed up while it is written to and
// restored into each kind of database. There nothing is missing, its keys open and are
// the same, and the audit chain still verifies.
func TestAWholeNodeIsRestored(t *testing.T) {
	a, ctx := openTest(t), context.Background()
	serial := 0
	s := &scene{home, a, t, &serial, map[string]request{}}
	device, message := s.device(), s.alert(true)
	s.site()
	s.token()
	s.grant(s.person())
	recording := s.recording(device)
	s.attachment(s.alert(false))
	s.handoff(message)
	s.stop()
	var order string
	var version int
	if err := a.db.QueryRow(ctx, "SELECT thread_id, version FROM alert_order ORDER BY thread LIMIT 1").Scan(&order, &version); err != nil {
		t.Fatal(err)
	}
	entry := s.entry(device)
	if err := a.alerts.TakeReceipts(ctx, []delivery.Receipt{{Code: ebd.ResourceCode(entry.Code), RegionPath: entry.RegionPath,
		Receipt: wire.Receipt{Order: order, Version: version, Phase: wire.Played, At: a.clock.Now().UnixMicro(), Source: wire.FromAudio}}}); err != nil {
		t.Fatal(err)
	}
	if err := a.ring.Rotate(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Seal(ctx, a.db); err != nil {
		t.Fatal(err)
	}
	tables := []string{"account_user", "account_grant", "region_region", "asset_device", "asset_site", "asset_token", "asset_sample", "asset_event",
		"alert_message", "alert_version", "alert_order", "alert_receipt", "alert_handoff", "alert_stop", "platform_key", "platform_outbox",
		"platform_audit", "platform_audit_seal"}
	before, chain := counts(t, a.db, tables), mustVerify(t, a.db, "")
	for name, n := range before {
		if n == 0 {
			t.Errorf("the test has put nothing into %s", name)
		}
	}

	stop, written := make(chan struct{}), 0
	var writing sync.WaitGroup
	writing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.device()
				s.alert(false)
				written++
				if _, err := audit.Seal(ctx, a.db); err != nil {
					t.Error(err)
				}
			}
		}
	})
	var file bytes.Buffer
	err := backup.Write(ctx, &file, "test", a.db, a.objects, nil)
	close(stop)
	writing.Wait()
	if err != nil || written == 0 {
		t.Fatal(err, written)
	}

	for name, empty := range map[string]func(testing.TB) *store.DB{"sqlite": storetest.EmptySQLite, "postgres": storetest.EmptyPostgres} {
		t.Run("into "+name, func(t *testing.T) {
			into := empty(t)
			to, err := blob.OpenFolder(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := backup.Restore(ctx, bytes.NewReader(file.Bytes()), into, to, Migrations(), nil); err != nil {
				t.Fatal(err)
			}
			after := counts(t, into, tables)
			for name, n := range before {
				if after[name] < n {
					t.Errorf("%s has %d rows, had %d", name, after[name], n)
				}
			}
			if after["alert_version"] < after["alert_message"] {
				t.Errorf("%d messages have %d versions: not of one moment", after["alert_message"], after["alert_version"])
			}
			restored := mustVerify(t, into, chain.Head)
			if len(restored.Broken) > 0 || restored.Records < chain.Records {
				t.Errorf("the chain does not hold: %+v", restored)
			}
			ring, err := keyring.Open(ctx, into, a.sealer)
			if err != nil {
				t.Fatal(err)
			}
			if ring.SigningCertificate().Number != a.ring.SigningCertificate().Number || ring.Receipt().Public() != a.ring.Receipt().Public() {
				t.Error("the keys are not those that were backed up")
			}
			kept, err := to.Open(ctx, "heard/"+recording[:2]+"/"+recording)
			if err != nil {
				t.Fatal(err)
			}
			defer kept.Close()
			if raw, err := io.ReadAll(kept); err != nil || !strings.HasPrefix(string(raw), "recording ") {
				t.Errorf("%q, %v", raw, err)
			}
		})
	}
}

func mustVerify(t *testing.T, db *store.DB, head string) audit.Verdict {
	t.Helper()
	v, err := audit.Verify(context.Background(), db, audit.Against{Head: head})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
