package httpapi

import (
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// PageInput is embedded in the input of a list.
type PageInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Items per page"`
	After string `query:"after" maxLength:"500" doc:"Cursor from the page before"`
}

// Page is the part of the list that is asked for.
func (p PageInput) Page() store.Page { return store.Page{Limit: p.Limit, After: p.After} }

// IfMatch is embedded in the input of an update: the version the caller read.
type IfMatch struct {
	Match string `header:"If-Match" doc:"Entity tag of the version that was read"`
}

// Version is the version the caller read. An update without one is refused, so that
// nobody overwrites what they have not seen.
func (m IfMatch) Version() (int64, error) {
	if m.Match == "" {
		return 0, fault.Bad("If-Match", "if_match.required")
	}
	v, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(m.Match, "W/"), `"`), 10, 64)
	if err != nil || v < 1 { // 0 would mean: whatever is there
		return 0, fault.Bad("If-Match", "if_match.invalid")
	}
	return v, nil
}

// ETag is the entity tag of a version.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// Item is the output of one thing with its entity tag.
type Item[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// One wraps a thing with its version.
func One[T any](v T, version int64) *Item[T] { return &Item[T]{ETag: ETag(version), Body: v} }

// Body is the output of something without a version.
type Body[T any] struct{ Body T }

// Of wraps a value as an output.
func Of[T any](v T) *Body[T] { return &Body[T]{v} }

// List is a list, or a page of one.
type List[T any] = Body[store.Listing[T]]

// All answers with a list that is never paged.
func All[T any](items []T, err error) (*List[T], error) {
	return Of(store.All(items)), err
}

// Empty is an output without a body.
type Empty struct{}
