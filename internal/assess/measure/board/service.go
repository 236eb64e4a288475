package board

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Deps is what the service stands on.
type Deps struct {
	DB    *store.DB
	Home  string // path of the region that this node serves
	Staff Staff
	Read  auth.Permission // see measures, and assemble boards of them

	Indicator func(code string) error // says that there is none
	Index     func(code string) error
}

// Staff answers for accounts.
type Staff interface {
	// RolesOf are the roles that somebody holds anywhere.
	RolesOf(ctx context.Context, user string) ([]string, error)
	// RolesWith are the roles that a permission belongs to.
	RolesWith(ctx context.Context, perm auth.Permission) ([]Reader, error)
}

// Service keeps boards.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// Readers are the roles that a board can be shared with.
func (s *Service) Readers(ctx context.Context) ([]Reader, error) {
	return s.Staff.RolesWith(ctx, s.Read)
}

// List are one's own boards and those that are shared with one, the last changed first.
func (s *Service) List(ctx context.Context) ([]*Board, error) {
	me := auth.Who(ctx).ID
	roles, err := s.Staff.RolesOf(ctx, me)
	if err != nil {
		return nil, err
	}
	found, err := listBoards(ctx, s.DB, me, append(roles, Everyone))
	for _, b := range found {
		b.Mine = b.Owner.ID == me
	}
	return found, err
}

// Get is a board that the asker may see.
func (s *Service) Get(ctx context.Context, id string) (*Board, error) { return s.see(ctx, s.DB, id) }

func (s *Service) see(ctx context.Context, q store.Queryer, id string) (*Board, error) {
	b, err := readBoard(ctx, q, id)
	if err != nil {
		return nil, err
	}
	me := auth.Who(ctx).ID
	if b.Mine = b.Owner.ID == me; b.Mine || b.Shared == Everyone {
		return b, nil
	}
	roles, err := s.Staff.RolesOf(ctx, me)
	if err != nil {
		return nil, err
	}
	if b.Shared == "" || !slices.Contains(roles, b.Shared) {
		return nil, errNone()
	}
	return b, nil
}

func errNone() error { return fault.New(fault.NotFound, "measure.board.not_found") }

// Make begins a board of one's own.
func (s *Service) Make(ctx context.Context, d Draft) (*Board, error) {
	if err := s.able(ctx, &d, nil); err != nil {
		return nil, err
	}
	return s.insert(ctx, "make", d)
}

// Copy makes a board of one's own like one that the asker sees.
func (s *Service) Copy(ctx context.Context, id string, lang i18n.Lang) (*Board, error) {
	b, err := s.see(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	d := Draft{Name: i18n.T(lang, "measure.board.copy", map[string]any{"name": b.Name}), Tiles: b.Tiles}
	if name := []rune(d.Name); len(name) > 80 {
		d.Name = string(name[len(name)-80:])
	}
	return s.insert(ctx, "copy", d)
}

func (s *Service) insert(ctx context.Context, verb string, d Draft) (*Board, error) {
	who := auth.Who(ctx)
	b := &Board{Draft: d, Owner: who.Person(), Revision: 1, Mine: true}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := countBoards(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if n >= MaxBoards {
			return fault.New(fault.Conflict, "measure.board.many", fault.Args{"limit": MaxBoards})
		}
		b.ID, b.ChangedAt = store.NewID(tx.Now), tx.Now
		if err := insertBoard(ctx, tx, b); err != nil {
			return err
		}
		return s.record(ctx, tx, verb, b)
	})
	return b, err
}

// Change says anew what a board of one's own is.
func (s *Service) Change(ctx context.Context, id string, revision int64, d Draft) (*Board, error) {
	return s.alter(ctx, id, revision, func(tx *store.Tx, b *Board) error {
		if err := s.able(ctx, &d, b.Tiles); err != nil {
			return err
		}
		b.Draft, b.ChangedAt = d, tx.Now
		if err := updateBoard(ctx, tx, b); err != nil {
			return err
		}
		return s.record(ctx, tx, "change", b)
	})
}

// Remove takes a board of one's own away.
func (s *Service) Remove(ctx context.Context, id string, revision int64) error {
	_, err := s.alter(ctx, id, revision, func(tx *store.Tx, b *Board) error {
		if err := deleteBoard(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, "remove", b)
	})
	return err
}

func (s *Service) alter(ctx context.Context, id string, revision int64, do func(*store.Tx, *Board) error) (b *Board, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if b, err = s.see(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case !b.Mine:
			return fault.New(fault.Forbidden, "measure.board.not_yours")
		case b.Revision != revision:
			return fault.New(fault.Stale, "stale")
		}
		return do(tx, b)
	})
	return b, err
}

// able refuses a draft that cannot be kept.
func (s *Service) able(ctx context.Context, d *Draft, had []Tile) error {
	readers, err := s.Readers(ctx)
	if err != nil {
		return err
	}
	if d.Tiles == nil {
		d.Tiles = []Tile{}
	}
	return d.check(s, readers, had)
}

func (s *Service) record(ctx context.Context, tx *store.Tx, verb string, b *Board) error {
	return audit.Write(ctx, tx, audit.Entry{Action: "measure.board." + verb, Object: "measure-board:" + b.ID, RegionPath: s.Home, Detail: b.Draft})
}
