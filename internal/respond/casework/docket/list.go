package docket

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Filter chooses cases; empty fields choose all.
type Filter struct {
	Text    string
	Types   []string
	State   string
	Open    string // "open", "closed"
	Region  string // path; its subtree
	Mine    bool   // those that wait for the reader
	Overdue bool
	Subject string
	Opened  bool // opened by the reader
	Parent  string
	From    string // day of opening
	To      string
	ByDue   bool // what is due first comes first; else the latest
	Page    store.Page
}

// Row is a case in a list.
type Row struct {
	ID        string          `json:"id"`
	Number    string          `json:"number"`
	Type      string          `json:"type"`
	TypeName  procedure.Words `json:"typeName"`
	Title     string          `json:"title"`
	State     string          `json:"state"`
	StateName procedure.Words `json:"stateName"`
	Outcome   string          `json:"outcome,omitempty"`
	Region    Place           `json:"region"`
	Subject   string          `json:"subject,omitempty"`
	OpenedAt  time.Time       `json:"openedAt"`
	ChangedAt time.Time       `json:"changedAt"`
	ClosedAt  time.Time       `json:"closedAt,omitzero"`
	DueAt     time.Time       `json:"dueAt,omitzero"`
	DueName   procedure.Words `json:"dueName,omitzero"`
	Overdue   bool            `json:"overdue"`
	Entries   int64           `json:"entries"`

	n    int64
	path string
}

// Listing is a part of a list of cases.
type Listing struct {
	store.Listing[Row]
	Overdue int64 `json:"overdue" doc:"Of those that match and are counted, how many are overdue; -1 when not counted"`
}

// countTo is how many matching cases are counted.
const countTo = 1000

// List lists the cases that the reader may see.
func (d *Desk) List(ctx context.Context, f Filter) (*Listing, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	limit := f.Page.Limit
	if limit <= 0 {
		limit = store.DefaultLimit
	}
	limit = min(limit, store.MaxLimit)
	c, err := cursorOf(f.Page.After)
	if err != nil {
		return nil, err
	}
	var rows []Row
	if f.ByDue {
		rows, err = d.listByDue(ctx, f, who, c, limit+1)
	} else {
		rows, err = d.listLatest(ctx, f, who, c, limit+1)
	}
	if err != nil {
		return nil, err
	}
	out := &Listing{Overdue: -1}
	out.Total = -1
	if c == (position{}) && len(rows) <= limit {
		out.Total, out.Overdue = int64(len(rows)), 0
		for _, r := range rows {
			if r.Overdue {
				out.Overdue++
			}
		}
	}
	if len(rows) > limit {
		rows = rows[:limit]
		out.Next = rows[limit-1].position(f.ByDue).cursor()
	}
	out.Items = rows
	return out, nil
}

// position is where a page of a list ends.
type position struct{ n, due int64 }

func (p position) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", p.n, p.due))
}

func (r *Row) position(byDue bool) position {
	if byDue {
		return position{r.n, r.DueAt.UnixMicro()}
	}
	return position{n: r.n}
}

func cursorOf(after string) (p position, err error) {
	if after == "" {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(after)
	n, due, found := strings.Cut(string(raw), ".")
	if err == nil && found {
		if p.n, err = strconv.ParseInt(n, 10, 64); err == nil {
			p.due, err = strconv.ParseInt(due, 10, 64)
		}
	}
	if err != nil || !found {
		return p, fault.Bad("after", "page.cursor_invalid")
	}
	return p, nil
}

// Counts are how many cases wait for the reader, by type.
type Counts struct {
	Mine    int64            `json:"mine"`
	Overdue int64            `json:"overdue" doc:"Of these, how many are overdue"`
	ByType  map[string]int64 `json:"byType"`
	Unread  int64            `json:"unread" doc:"Things told that were not read yet"`
}

// Count counts what waits for the reader.
func (d *Desk) Count(ctx context.Context) (*Counts, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	c, err := d.countMine(ctx, who)
	if err != nil {
		return nil, err
	}
	c.Unread, err = d.unread(ctx, who)
	return c, err
}

// startsFor are the ways to open a case of a type that somebody has.
func startsFor(t *procedure.Type, who *person) (starts []procedure.Start) {
	for _, s := range t.Start {
		if slices.ContainsFunc(s.By, func(by string) bool {
			switch by {
			case procedure.ByPublic:
				return true
			case procedure.BySystem, procedure.ByParent:
				return false
			}
			f := t.Role(by).Filled
			return f.Opener || !who.principal.Scope(PermOf(f.Grant)).Empty()
		}) {
			starts = append(starts, s)
		}
	}
	return starts
}
