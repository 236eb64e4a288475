package fact

import (
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Check says whether an entry from somewhere makes sense, as Take would, without what is known of its chain. It
// fills in the entry's region.
func (l *Ledger) Check(from Source, in *Entry) error {
	if _, err := l.settle(from, in, l.Tree()); err != nil {
		return fault.Of(err)
	}
	return nil
}
