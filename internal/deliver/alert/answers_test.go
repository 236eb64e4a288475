package alert

import (
	"testing"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// What was written while a receipt came in is given to who asked, and kept for nobody.
func TestAnAnswerThatIsOldWhenWrittenIsNotKept(t *testing.T) {
	a, err := newAnswers()
	if err != nil {
		t.Fatal(err)
	}
	receipts := func(order string) []delivery.Receipt {
		return []delivery.Receipt{{Receipt: wire.Receipt{Order: order}}}
	}
	written := 0
	ask := func(meanwhile func()) {
		t.Helper()
		if _, err := a.get("one progress zh", func() (*httpapi.Kept, error) {
			written++
			meanwhile()
			return httpapi.Keep(written)
		}); err != nil {
			t.Fatal(err)
		}
	}
	ask(func() { a.forget(receipts("one")) })
	ask(func() { a.forget(receipts("other")) }) // again, as the first was old
	ask(func() {})
	if written != 2 {
		t.Errorf("written %d times before the message changed", written)
	}
	a.forget(receipts("one"))
	ask(func() {})
	if written != 3 || len(a.writing) != 0 {
		t.Errorf("written %d times, %v", written, a.writing)
	}
}
