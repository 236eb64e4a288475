package docket

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Saved is a list that somebody keeps: a name and the part of the address that makes it.
type Saved struct {
	ID     string `json:"id"`
	Name   string `json:"name" minLength:"1" maxLength:"60"`
	Query  string `json:"query" maxLength:"1000"`
	Shared bool   `json:"shared" doc:"Everyone who works on cases has it"`
	Own    bool   `json:"own"`
}

// maxSaved is how many lists one person keeps.
const maxSaved = 50

// Saved lists the reader's saved lists and those that others share.
func (d *Desk) Saved(ctx context.Context) ([]Saved, error) {
	p := auth.From(ctx)
	return savedOf(ctx, d.DB, p.ID)
}

// Save keeps a list.
func (d *Desk) Save(ctx context.Context, s Saved) (*Saved, error) {
	p := auth.From(ctx)
	s.Name = strings.TrimSpace(s.Name)
	if s.Name == "" || i18n.Deceives(s.Name, "") || utf8.RuneCountInString(s.Name) > 60 {
		return nil, fault.Bad("name", "casework.view.name")
	}
	s.Own = true
	return &s, d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := countSaved(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if n >= maxSaved {
			return fault.New(fault.Conflict, "casework.view.many", fault.Args{"max": maxSaved})
		}
		s.ID = store.NewID(tx.Now)
		if err := insertSaved(ctx, tx, p.ID, &s); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.view.save", Object: "casework-view:" + s.ID, Detail: s})
	})
}

// Forget gives a saved list up.
func (d *Desk) Forget(ctx context.Context, id string) error {
	p := auth.From(ctx)
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := deleteSaved(ctx, tx, id, p.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "casework.view.unknown")
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.view.forget", Object: "casework-view:" + id})
	})
}
