package docket

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Told is something that the reader was told about a case.
type Told struct {
	ID     string          `json:"id"`
	CaseID string          `json:"caseId"`
	Say    procedure.Words `json:"say"`
	Note   string          `json:"note" doc:"What the case is called"`
	At     time.Time       `json:"at"`
	Read   bool            `json:"read"`
}

// toldFor is how long what was told is listed.
const toldFor = 30 * 24 * time.Hour

// News lists what the reader was told of late, the latest first.
func (d *Desk) News(ctx context.Context, page store.Page) (store.Listing[Told], error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return store.Listing[Told]{}, err
	}
	read, err := readUntil(ctx, d.DB, who.ID)
	if err != nil {
		return store.Listing[Told]{}, err
	}
	return d.toldTo(ctx, who, read, page)
}

// Read notes up to where the reader has read what they were told.
func (d *Desk) Read(ctx context.Context, until string) error {
	p := auth.From(ctx)
	if p == nil {
		return fault.New(fault.Unauthenticated, "auth.sign_in_required")
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error { return setRead(ctx, tx, p.ID, until) }) // nobody's business but the reader's
}
