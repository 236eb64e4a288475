package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Page asks for a part of a list: at most Limit items after the one whose key a cursor holds.
type Page struct {
	Limit int
	After string // an opaque cursor from Listing.Next
}

// Limits of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// Listing is a part of a list.
type Listing[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
	Total int64  `json:"total" doc:"How many items match in all; -1 when not counted"`
}

// All is a whole list as a listing, for those that are never paged.
func All[T any](items []T) Listing[T] {
	if items == nil {
		items = []T{}
	}
	return Listing[T]{Items: items, Total: int64(len(items))}
}

// ListQuery describes a list once; List makes the page and the total from it.
type ListQuery[T any] struct {
	Columns    string
	From       string // table or joined tables
	Where      *Where
	Key        string // unique column or expression to order by; its text is the cursor
	Descending bool
	Page       Page
	Scan       func(*sql.Rows) (T, error)
	KeyOf      func(T) string
	SkipTotal  bool
	CountTo    int // beyond so many the total is not counted; 0 counts all
}

// List runs a list query: keyset pages, so that the last page costs what the first does.
func List[T any](ctx context.Context, q Queryer, l ListQuery[T]) (Listing[T], error) {
	out := Listing[T]{Total: -1}
	limit := l.Page.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	if !l.SkipTotal {
		count := "SELECT count(*) FROM " + l.From + l.Where.SQL()
		if l.CountTo > 0 {
			count = fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s%s LIMIT %d) AS counted", l.From, l.Where.SQL(), l.CountTo+1)
		}
		if err := q.QueryRow(ctx, count, l.Where.Args()...).Scan(&out.Total); err != nil {
			return out, fmt.Errorf("store: count %s: %w", l.From, err)
		}
		if l.CountTo > 0 && out.Total > int64(l.CountTo) {
			out.Total = -1
		}
	}
	w, order, compare := l.Where.Clone(), "", ">"
	if l.Descending {
		order, compare = " DESC", "<"
	}
	if l.Page.After != "" {
		key, err := cursor(l.Page.After)
		if err != nil {
			return out, err
		}
		w.And(l.Key+" "+compare+" ?", key)
	}
	var query strings.Builder
	fmt.Fprintf(&query, "SELECT %s FROM %s%s ORDER BY %s%s LIMIT %d", l.Columns, l.From, w.SQL(), l.Key, order, limit+1)
	items, err := Collect(ctx, q, l.Scan, query.String(), w.Args()...)
	if err != nil {
		return out, fmt.Errorf("store: list %s: %w", l.From, err)
	}
	if len(items) > limit {
		items = items[:limit]
		out.Next = base64.RawURLEncoding.EncodeToString([]byte(l.KeyOf(items[limit-1])))
	}
	out.Items = items
	return out, nil
}

// Cut makes a page of a list in memory, which is in order of its keys.
func Cut[T any](all []T, p Page, keyOf func(T) string) (Listing[T], error) {
	out := Listing[T]{Items: []T{}, Total: int64(len(all))}
	limit := p.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	if p.After != "" {
		key, err := cursor(p.After)
		if err != nil {
			return out, err
		}
		all = all[sort.Search(len(all), func(i int) bool { return keyOf(all[i]) > key }):]
	}
	if n := min(limit, MaxLimit); len(all) > n {
		all, out.Next = all[:n], base64.RawURLEncoding.EncodeToString([]byte(keyOf(all[n-1])))
	}
	out.Items = append(out.Items, all...)
	return out, nil
}

// cursor reads the key after which a page begins. It is text that came from outside:
// PostgreSQL takes neither broken UTF-8 nor a zero byte.
func cursor(after string) (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil || !utf8.Valid(key) || bytes.IndexByte(key, 0) >= 0 {
		return "", fault.Bad("after", "page.cursor_invalid")
	}
	return string(key), nil
}
