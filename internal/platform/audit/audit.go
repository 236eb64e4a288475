// Package audit keeps who did what to which thing, and proves that the record was not
// changed afterwards. A record is written in the transaction of the change itself; a
// sealer links committed records into a hash chain in batches, so that the chain never
// makes commits wait for each other.
package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Entry is what a change says of itself.
type Entry struct {
	Action     string // "alert.countersign": module and verb
	Object     string // "alert:01J…": what was changed
	RegionPath string // whose region it lies in, empty for the platform's own things
	Detail     any    // what changed, as JSON; never a secret
}

// Record is a stored entry with who, when and from where.
type Record struct {
	ID         string          `json:"id"`
	At         time.Time       `json:"at"`
	Actor      string          `json:"actor"`
	ActorName  string          `json:"actorName"`
	Action     string          `json:"action"`
	Object     string          `json:"object"`
	RegionPath string          `json:"regionPath"`
	Detail     json.RawMessage `json:"detail"`
	Request    string          `json:"request"`
	Address    string          `json:"address"`
	Sealed     bool            `json:"sealed"`
}

// Write records an entry in the transaction that makes the change. Who did it comes
// from the context (auth.Who).
func Write(ctx context.Context, tx *store.Tx, e Entry) error {
	who := auth.Who(ctx)
	detail := json.RawMessage("{}")
	if e.Detail != nil {
		raw, err := json.Marshal(e.Detail)
		if err != nil {
			return err
		}
		detail = raw
	}
	tx.Audited()
	_, err := tx.Exec(ctx, `INSERT INTO platform_audit (id, at, actor, actor_name, action, object, region_path, detail, request, address, done_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		store.NewID(tx.Now), tx.Now.UnixMicro(), who.ID, who.Name, e.Action, e.Object, e.RegionPath, string(detail), who.Request, who.Address, string(doneBy(who.ID)))
	return err
}

// Act is an entry with who did it: for acts of several people that are committed together.
type Act struct {
	Who auth.Actor
	Entry
}

// WriteAll records what several people did in one transaction.
func WriteAll(ctx context.Context, tx *store.Tx, acts []Act) error {
	const columns, atOnce = 11, 200
	for chunk := range slices.Chunk(acts, atOnce) {
		args := make([]any, 0, columns*len(chunk))
		for _, a := range chunk {
			detail, err := json.Marshal(a.Detail)
			if err != nil {
				return err
			}
			args = append(args, store.NewID(tx.Now), tx.Now.UnixMicro(), a.Who.ID, a.Who.Name, a.Action, a.Object, a.RegionPath, string(detail), a.Who.Request, a.Who.Address, string(doneBy(a.Who.ID)))
		}
		if _, err := tx.Exec(ctx, `INSERT INTO platform_audit (id, at, actor, actor_name, action, object, region_path, detail, request, address, done_by) VALUES `+store.Values(len(chunk), columns), args...); err != nil {
			return err
		}
		tx.Audited()
	}
	return nil
}

// By is whose acts a filter chooses.
type By string

// People act by name, and whoever runs the platform's machine; the platform acts by itself
// when it takes receipts, begins and ends messages.
const (
	ByPeople   By = "people"
	ByPlatform By = "platform"
)

// doneBy is whose act an actor's is. Actors are people's ids, "device:" and a code, and for
// the platform's own parts "system" or "system:" and their names.
func doneBy(actor string) By {
	switch {
	case actor == "system:operator":
		return ByPeople
	case actor == "", actor == "system", strings.HasPrefix(actor, "system:"), strings.HasPrefix(actor, "device:"):
		return ByPlatform
	}
	return ByPeople
}

// Filter chooses records; empty fields choose all.
type Filter struct {
	Object, Actor, Action string
	By                    By
	From, To              time.Time
	Scope                 auth.Scope
	Page                  store.Page
	SkipTotal             bool
}

const columns = `id, at, actor, actor_name, action, object, region_path, detail, request, address, sealed`

// countTo is how many matching records are counted for each page; the record grows for
// ever, and nobody needs to know whether there are a million or two.
const countTo = 10_000

// Find lists records, newest first.
func Find(ctx context.Context, q store.Queryer, f Filter) (store.Listing[Record], error) {
	var w store.Where
	if f.Object != "" {
		w.And("object = ?", f.Object)
	}
	if f.Actor != "" {
		w.And("actor = ?", f.Actor)
	}
	if f.Action != "" {
		w.And(`action LIKE ? ESCAPE '\'`, store.Like(f.Action)+"%")
	}
	if f.By != "" {
		by := func() { w.And("done_by = ?", string(f.By)) }
		if f.Object != "" || f.Actor != "" { // of which there are fewer
			w.Unindexed(by)
		} else {
			by()
		}
	}
	// Ids sort by time and are what the list goes along, so that a part of it is found at
	// once; at is finer.
	if !f.From.IsZero() {
		w.And("id >= ? AND at >= ?", store.FirstID(f.From), f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		w.And("id < ? AND at < ?", store.FirstID(f.To.Add(time.Millisecond)), f.To.UnixMicro())
	}
	f.Scope.Where(&w, "region_path")
	return store.List(ctx, q, store.ListQuery[Record]{
		Columns: columns, From: "platform_audit", Where: &w, Key: "id", Descending: true, Page: f.Page, SkipTotal: f.SkipTotal, CountTo: countTo,
		Scan: scan, KeyOf: func(r Record) string { return r.ID },
	})
}

func scan(rows *sql.Rows) (r Record, err error) {
	var detail string
	err = rows.Scan(&r.ID, store.ScanTime(&r.At), &r.Actor, &r.ActorName, &r.Action, &r.Object, &r.RegionPath, &detail,
		&r.Request, &r.Address, &r.Sealed)
	r.Detail = json.RawMessage(detail)
	return r, err
}
