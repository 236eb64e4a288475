package asset

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Changed lists the devices whose entry, or whose presence, changed since a time, in order of
// their codes, after a code, at most limit: what another platform is told of. Samples and what
// is only planned are left out. It asks no grants: who may be told is for the asker to know.
func (m *Module) Changed(ctx context.Context, since time.Time, presence bool, after ebd.ResourceCode, limit int) ([]Entry, error) {
	return changedSince(ctx, m.db, since, presence, after, limit)
}
