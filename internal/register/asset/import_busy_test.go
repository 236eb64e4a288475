package asset

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestOneFileIsTakenApartAtATime(t *testing.T) {
	i := newImports()
	file := []byte("kind,name,region\nloudspeaker,村口,110105001000\n")
	if table, err := i.read(t.Context(), "a.csv", file); err != nil || len(table.Rows) != 1 {
		t.Fatalf("%+v, %v", table, err)
	}
	i.reading.Lock()
	if _, err := i.read(t.Context(), "a.csv", file); !fault.Is(err, "asset.import.busy") {
		t.Errorf("while another is read: %v", err)
	}
	i.reading.Unlock()
	i.cancels["job"] = func() {}
	if _, err := i.read(t.Context(), "a.csv", file); !fault.Is(err, "asset.import.busy") {
		t.Errorf("while another is worked through: %v", err)
	}
}

// Nobody waits for the answer any more: the file is put away at once, and the next may come.
func TestAFileIsPutAwayWhenWhoeverSentItIsGone(t *testing.T) {
	file := []byte("kind,name,region\n" + strings.Repeat("loudspeaker,村口,110105001000\n", 50_000))
	i := newImports()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := i.read(ctx, "a.csv", file); !errors.Is(err, context.Canceled) {
		t.Errorf("it was read all the same: %v", err)
	}
	if _, err := i.read(t.Context(), "a.csv", file[:100]); fault.Is(err, "asset.import.busy") {
		t.Error(err)
	}
}
