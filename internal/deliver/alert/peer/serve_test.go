package peer

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Bodies take room as they arrive, and one address leaves half of it to others.
func TestOneAddressLeavesRoomForOthers(t *testing.T) {
	h := &hall{by: map[string]int64{}}
	var took []int64
	for {
		b, n, err := h.read("a", bytes.NewReader(make([]byte, maxPackage/2)))
		took = append(took, n)
		b.close()
		if err != nil {
			break
		}
	}
	if h.used > bodyRoom/2 || h.used < bodyRoom/4 {
		t.Errorf("one address took %d", h.used)
	}
	if b, n, err := h.read("b", bytes.NewReader(make([]byte, 100))); err != nil || b.size != 100 || n != bodyStep {
		t.Errorf("another's: %d bytes for %d, %v", n, b.size, err)
	} else {
		h.leave("b", n)
	}
	for _, n := range took {
		h.leave("a", n)
	}
	if h.used != 0 || len(h.by) != 0 {
		t.Errorf("%d taken by nobody: %v", h.used, h.by)
	}
	b, _, err := h.read("a", io.LimitReader(endless{}, maxPackage+bodyStep))
	if !fault.IsKind(err, fault.TooLarge) {
		t.Errorf("without end: %v", err)
	}
	b.close()
	if _, err := os.Stat(b.file.Name()); !os.IsNotExist(err) {
		t.Errorf("its file was left: %v", err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }
