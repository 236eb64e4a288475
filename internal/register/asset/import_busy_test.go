package asset

import (
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestOneFileIsTakenApartAtATime(t *testing.T) {
	i := newImports()
	file := []byte("kind,name,region\nloudspeaker,村口,110105001000\n")
	if table, err := i.read("a.csv", file); err != nil || len(table.Rows) != 1 {
		t.Fatalf("%+v, %v", table, err)
	}
	i.reading.Lock()
	if _, err := i.read("a.csv", file); !fault.Is(err, "asset.import.busy") {
		t.Errorf("while another is read: %v", err)
	}
	i.reading.Unlock()
	i.cancels["job"] = func() {}
	if _, err := i.read("a.csv", file); !fault.Is(err, "asset.import.busy") {
		t.Errorf("while another is worked through: %v", err)
	}
}
