package docket

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// rowsAtOnce is how many rows a statement writes: SQLite takes 32,766 parameters.
const rowsAtOnce = 200

var fullChunks sync.Map // texts of the values of a full statement, by the number of columns

func fullChunk(columns int) string {
	if text, ok := fullChunks.Load(columns); ok {
		return text.(string)
	}
	text := " VALUES " + store.Values(rowsAtOnce, columns)
	fullChunks.Store(columns, text)
	return text
}

// insert writes rows with one statement for many of them.
func insert(ctx context.Context, tx *store.Tx, head, tail string, columns int, rows [][]any) error {
	for chunk := range slices.Chunk(rows, rowsAtOnce) {
		args := make([]any, 0, len(chunk)*columns)
		for _, r := range chunk {
			args = append(args, r...)
		}
		if len(chunk) == rowsAtOnce { // as in every full chunk: worth keeping
			stmt, err := tx.Prepare(ctx, head+fullChunk(columns)+tail)
			if err == nil {
				_, err = stmt.ExecContext(ctx, args...)
			}
			if err != nil {
				return err
			}
			continue
		}
		if _, err := tx.Exec(ctx, head+" VALUES "+store.Values(len(chunk), columns)+tail, args...); err != nil {
			return err
		}
	}
	return nil
}

// nextN numbers cases in the order in which they are opened.
func (b *batch) nextN() (int64, error) {
	if b.lastN == 0 {
		var last sql.NullInt64
		if err := b.tx.QueryRow(b.ctx, `SELECT max(n) FROM casework_case`).Scan(&last); err != nil {
			return 0, err
		}
		b.lastN = last.Int64
	}
	b.lastN++
	b.undo = append(b.undo, func() { b.lastN-- })
	return b.lastN, nil
}

// number gives the next number of a series, "WX2026-000123".
func (b *batch) number(prefix string, at time.Time) (string, error) {
	series := fmt.Sprint(prefix, at.In(b.d.Zone).Year())
	last, known := b.numbers[series]
	if !known {
		err := b.tx.QueryRow(b.ctx, `SELECT last FROM casework_number WHERE series = $1`, series).Scan(&last)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return "", err
		}
	}
	b.numbers[series] = last + 1
	b.undo = append(b.undo, func() { b.numbers[series] = last })
	return fmt.Sprintf("%s-%06d", series, last+1), nil
}

// write brings everything that the jobs did to the tables.
func (b *batch) write(ctx context.Context) error {
	for _, step := range []func(context.Context) error{b.writeCases, b.writeEntries, b.writeHands, b.writeKeys, b.writeNumbers, b.writeTallies, b.writeTold, b.writePapers, b.writeNotices, b.writeFiles, b.writeStale, b.writeTrail, b.emit} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeCases(ctx context.Context) error {
	var rows [][]any
	for _, k := range b.changedCases() {
		doc, err := k.doc, error(nil)
		if doc == nil {
			doc, err = json.Marshal(k.Case)
		}
		if err != nil {
			return err
		}
		dueName, due, past := b.d.dueOf(k)
		k.overdue = past
		var next any
		if !k.Closed() {
			next = store.Micros(k.typ.Next(b.d.Calendar, k.Case).At)
		}
		rows = append(rows, []any{k.n, k.ID, k.Number, k.Type, k.Version, k.State, k.Outcome, k.path, k.Subject, k.Opener, k.Parent, k.title,
			k.OpenedAt.UnixMicro(), k.ChangedAt.UnixMicro(), store.Micros(k.ClosedAt), store.Micros(due), dueName, past, next, string(doc), k.Seq, k.Hash})
	}
	return insert(ctx, b.tx, `INSERT INTO casework_case (n, id, number, type, version, state, outcome, region_path, subject, opener, parent, title, opened_at, changed_at, closed_at, due_at, due_name, overdue, next_at, doc, entries, head)`,
		` ON CONFLICT (n) DO UPDATE SET state = excluded.state, outcome = excluded.outcome, region_path = excluded.region_path, title = excluded.title, changed_at = excluded.changed_at, closed_at = excluded.closed_at,
		due_at = excluded.due_at, due_name = excluded.due_name, overdue = excluded.overdue, next_at = excluded.next_at, doc = excluded.doc, entries = excluded.entries, head = excluded.head`, 22, rows)
}

// dueOf is the deadline of an open case that ends first, and whether one fell due.
func (d *Desk) dueOf(k *kept) (name string, due time.Time, past bool) {
	if k.Closed() {
		return "", due, false
	}
	for _, id := range slices.Sorted(maps.Keys(k.Clocks)) {
		r := k.Clocks[id]
		if r.Done || r.Paused() {
			continue
		}
		past = past || r.Past
		if due.IsZero() || r.Due.Before(due) {
			name, due = id, r.Due
		}
	}
	return name, due, past
}

func (b *batch) writeEntries(ctx context.Context) error {
	rows := make([][]any, len(b.entries))
	for i, e := range b.entries {
		rows[i] = []any{e.id, e.seq, e.at.UnixMicro(), e.body, e.hash}
	}
	return insert(ctx, b.tx, `INSERT INTO casework_entry (case_id, seq, at, body, hash)`, "", 5, rows)
}

// writeHands keeps who has which role of the changed cases, where that is not as it was.
func (b *batch) writeHands(ctx context.Context) error {
	var rows [][]any
	for _, k := range b.changedCases() {
		now := handsOf(k.Case)
		if now == k.hands && !k.fresh || k.fresh && len(k.Hands) == 0 {
			continue
		}
		if !k.fresh {
			if _, err := b.tx.Exec(ctx, `DELETE FROM casework_hand WHERE n = $1`, k.n); err != nil {
				return err
			}
		}
		for _, role := range slices.Sorted(maps.Keys(k.Hands)) {
			ids := slices.Clone(k.Hands[role])
			slices.Sort(ids)
			for _, id := range slices.Compact(ids) {
				rows = append(rows, []any{id, k.n, role, k.Closed()})
			}
		}
	}
	return insert(ctx, b.tx, `INSERT INTO casework_hand (holder, n, role, closed)`, "", 4, rows)
}

// handsOf is a text that differs where the hands of a case do.
func handsOf(c *procedure.Case) string {
	if len(c.Hands) == 0 {
		return ""
	}
	return fmt.Sprint(c.Hands, c.Closed()) // maps are printed in order of their keys
}

func (b *batch) writeKeys(ctx context.Context) error {
	var rows [][]any
	for _, key := range slices.Sorted(maps.Keys(b.known)) {
		if k := b.known[key]; k.fresh {
			rows = append(rows, []any{key, k.id, k.digest, b.now.UnixMicro()})
		}
	}
	return insert(ctx, b.tx, `INSERT INTO casework_key (key, case_id, digest, at)`, "", 4, rows)
}

func (b *batch) writeNumbers(ctx context.Context) error {
	var rows [][]any
	for _, series := range slices.Sorted(maps.Keys(b.numbers)) {
		rows = append(rows, []any{series, b.numbers[series]})
	}
	return insert(ctx, b.tx, `INSERT INTO casework_number (series, last)`, ` ON CONFLICT (series) DO UPDATE SET last = excluded.last`, 2, rows)
}

func (b *batch) writeTallies(ctx context.Context) error {
	var rows [][]any
	for _, k := range slices.SortedFunc(maps.Keys(b.tallies), func(x, y tallyKey) int {
		return strings.Compare(x.element+" "+x.of+" "+x.day, y.element+" "+y.of+" "+y.day)
	}) {
		if n := b.tallies[k]; n != 0 {
			rows = append(rows, []any{k.element, k.unit, k.of, k.day, n, false})
		}
	}
	return insert(ctx, b.tx, `INSERT INTO casework_tally (element, unit, of_id, day, value, stated)`,
		` ON CONFLICT (element, of_id, day) DO UPDATE SET value = casework_tally.value + excluded.value, stated = excluded.stated`, 6, rows)
}

func (b *batch) writeTold(ctx context.Context) error {
	rows := make([][]any, len(b.told))
	for i, t := range b.told {
		rows[i] = []any{t.id, t.holder, t.caseID, t.n, t.say.Zh, t.say.En, t.note, b.now.UnixMicro()}
	}
	return insert(ctx, b.tx, `INSERT INTO casework_told (id, holder, case_id, n, zh, en, note, at)`, "", 8, rows)
}

func (b *batch) writePapers(ctx context.Context) error {
	rows := make([][]any, len(b.papers))
	for i, p := range b.papers {
		signed, err := b.d.Signer.Sign(ctx, p.body)
		if err != nil {
			return err
		}
		rows[i] = []any{p.id, p.code, p.caseID, string(p.body), procedure.Digest(string(p.body)), signed, b.now.UnixMicro()}
	}
	return insert(ctx, b.tx, `INSERT INTO casework_paper (id, code, case_id, body, digest, signed, at)`, "", 7, rows)
}

func (b *batch) writeNotices(ctx context.Context) error {
	for _, n := range b.notices {
		if n.down {
			if _, err := b.tx.Exec(ctx, `DELETE FROM casework_notice WHERE case_id = $1`, n.k.ID); err != nil {
				return err
			}
			continue
		}
		shown := map[string]any{}
		for _, field := range n.event.Fields {
			if v, ok := n.k.Data[field]; ok {
				shown[field] = v
			}
		}
		body, err := json.Marshal(shown)
		if err != nil {
			return err
		}
		if err := insert(ctx, b.tx, `INSERT INTO casework_notice (case_id, type, region_path, title, body, ask, at)`,
			` ON CONFLICT (case_id) DO UPDATE SET title = excluded.title, body = excluded.body, ask = excluded.ask, at = excluded.at`, 7,
			[][]any{{n.k.ID, n.k.Type, n.k.path, n.event.Title, string(body), n.event.Ask, b.now.UnixMicro()}}); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeFiles(ctx context.Context) error {
	for _, f := range b.files {
		if _, err := b.tx.Exec(ctx, `UPDATE casework_file SET case_id = $2 WHERE id = $1`, f.id, f.caseID); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeStale(ctx context.Context) error {
	rows := make([][]any, len(b.stale))
	for i, n := range b.stale {
		rows[i] = []any{n}
	}
	return insert(ctx, b.tx, `INSERT INTO casework_stale (n)`, ` ON CONFLICT (n) DO NOTHING`, 1, rows)
}

func (b *batch) writeTrail(ctx context.Context) error {
	return audit.WriteAll(ctx, b.tx, b.trail)
}

// emit tells the other modules what became of cases, all of a batch at once.
func (b *batch) emit(ctx context.Context) error {
	if b.brought { // the past is no news
		return nil
	}
	changed, news := b.changedCases(), b.newsOfBatch()
	for chunk := range slices.Chunk(changed, 500) {
		e := event.CasesChanged{Batch: store.NewID(b.now)}
		for _, k := range chunk {
			e.Cases = append(e.Cases, event.CaseRef{ID: k.ID, Version: k.Seq, Type: k.Type, Number: k.Number, State: k.State, Outcome: k.Outcome, Closed: k.Closed(), Subject: k.Subject, RegionPath: k.path, News: news[k.ID]})
		}
		if err := b.tx.Emit(ctx, e); err != nil {
			return err
		}
	}
	for _, p := range b.paid {
		if err := b.tx.Emit(ctx, event.CasePaid{ID: p.payment.ID, CaseID: p.k.ID, Number: p.k.Number, Amount: p.payment.Amount, Party: p.payment.To, Purpose: p.payment.Purpose, Contract: p.payment.Contract, RegionPath: p.k.path, At: b.now.UnixMicro()}); err != nil {
			return err
		}
	}
	return nil
}

// tell lets open browsers look again.
func (d *Desk) tell(b *batch) {
	byPath := map[string][]string{}
	for _, k := range b.changedCases() {
		byPath[k.path] = append(byPath[k.path], k.ID)
	}
	for path, ids := range byPath {
		d.Live.Tell("casework.changed", PermWork, path, map[string]any{"cases": ids})
	}
}
