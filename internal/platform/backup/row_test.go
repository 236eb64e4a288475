package backup_test

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// A row that no machine has the memory for is not read to its end.
func TestARowIsBounded(t *testing.T) {
	ctx := context.Background()
	source, _ := storetest.SQLite(t)
	var file bytes.Buffer
	if err := backup.Write(ctx, &file, "test", source, objects(t), nil); err != nil {
		t.Fatal(err)
	}
	good := unpack(t, file.Bytes())
	i := slices.IndexFunc(good, func(e entry) bool { return strings.HasPrefix(e.name, "tables/") })
	for name, row := range map[string]string{
		"one long value": `["` + strings.Repeat("0", 160<<20) + `"]` + "\n", "many values": `[[` + strings.Repeat("[],", 16<<20) + `[]]]` + "\n",
	} {
		good[i].body = []byte(row)
		packed := pack(t, good)
		good[i].body = nil
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := backup.Restore(ctx, bytes.NewReader(packed), storetest.EmptySQLite(t), objects(t), nil, nil)
		runtime.ReadMemStats(&after)
		if err == nil || name == "one long value" && !fault.Is(err, "backup.row") {
			t.Errorf("%s: %v", name, err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 512 {
			t.Errorf("%s: %d MB were allocated", name, took)
		}
	}
}
