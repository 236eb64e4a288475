// Package backup copies everything a node keeps into one file while it runs, and makes a
// node from such a file. The file is a zstd-compressed tar: manifest.json first, the parts
// tables/<name>.<part>.jsonl of each table, then blobs/<key>, and ending.json, which tells
// whether all of it is there. It does not depend on the database it came from, so a city
// moves from SQLite to PostgreSQL by a backup and a restore.
//
// The key that seals private keys is not part of it: keep it apart from the backups.
package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Format is the version of the file's layout.
const Format = 2

// Manifest is the first entry: what the rest holds.
type Manifest struct {
	Format   int              `json:"format"`
	Made     time.Time        `json:"made"`
	Site     string           `json:"site"`
	Versions map[string]int64 `json:"versions"` // module → migration
	Tables   []Table          `json:"tables"`   // in the order in which they can be filled
}

// Table is one table's columns, in the order of each line's values.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// Progress is told what has been done: rows and objects so far.
type Progress func(rows, objects int64)

// A part of a table or an object is held in memory before it is written, because a tar
// entry begins with its size.
const chunk = 8 << 20

// Write makes a backup. Rows are read in one snapshot; objects never change once written,
// and none is deleted meanwhile.
func Write(ctx context.Context, w io.Writer, site string, db *store.DB, objects blob.Store, progress Progress) error {
	release, err := db.HoldObjects(ctx)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer release()
	packed, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	out := &writer{tar: tar.NewWriter(packed), tally: newTally(), made: db.Clock().Now(), progress: progress}
	if err := db.Snapshot(ctx, func(q store.Queryer) error { return out.tables(ctx, site, db, q) }); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := out.objects(ctx, objects); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := out.end(); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return errors.Join(out.tar.Close(), packed.Close())
}

type writer struct {
	tar      *tar.Writer
	tally    *tally
	made     time.Time
	progress Progress
}

func (w *writer) entry(name string, size int64, body io.Reader) error {
	err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: w.made, Typeflag: tar.TypeReg})
	if err != nil {
		return err
	}
	_, err = io.Copy(w.tar, w.tally.entry(name, size, body))
	return err
}

func (w *writer) end() error {
	raw, err := json.MarshalIndent(w.tally.ending(), "", " ")
	if err != nil {
		return err
	}
	return w.entry(endName, int64(len(raw)), bytes.NewReader(raw))
}

func (w *writer) tables(ctx context.Context, site string, db *store.DB, q store.Queryer) error {
	m := Manifest{Format: Format, Made: w.made, Site: site}
	var err error
	if m.Versions, err = db.Versions(ctx, q); err != nil {
		return err
	}
	names, err := db.Tables(ctx, q)
	if err != nil {
		return err
	}
	for _, name := range names {
		columns, err := db.Columns(ctx, q, name)
		if err != nil {
			return err
		}
		m.Tables = append(m.Tables, Table{name, columns})
	}
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	if err := w.entry("manifest.json", int64(len(raw)), bytes.NewReader(raw)); err != nil {
		return err
	}
	for _, t := range m.Tables {
		if err := w.table(ctx, q, t); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return nil
}

// table writes a table's rows as JSON arrays, one a line, in parts of about a chunk.
func (w *writer) table(ctx context.Context, q store.Queryer, t Table) error {
	rows, err := q.Query(ctx, "SELECT "+strings.Join(t.Columns, ", ")+" FROM "+t.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	w.tally.Rows[t.Name] = 0
	var buf bytes.Buffer
	part := 0
	flush := func() error {
		part++
		name := fmt.Sprintf("tables/%s.%06d.jsonl", t.Name, part)
		err := w.entry(name, int64(buf.Len()), bytes.NewReader(buf.Bytes()))
		buf.Reset()
		return err
	}
	kinds, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	values := make([]any, len(t.Columns))
	into := make([]any, len(t.Columns))
	for i := range values {
		into[i] = &values[i]
	}
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := encodable(values, kinds); err != nil {
			return err
		}
		before := buf.Len()
		if err := enc.Encode(values); err != nil {
			return err
		}
		if buf.Len()-before > rowLimit {
			return errRow(t.Name) // here, and not when the backup is needed
		}
		w.tally.Rows[t.Name]++
		if buf.Len() >= chunk {
			if err := flush(); err != nil {
				return err
			}
			w.report()
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	w.report()
	return flush()
}

// encodable turns what a driver returns into what JSON keeps without loss. SQLite keeps
// a boolean as 0 or 1 and remembers its type only in the column.
func encodable(values []any, kinds []*sql.ColumnType) error {
	for i, v := range values {
		switch v := v.(type) {
		case int64:
			if strings.EqualFold(kinds[i].DatabaseTypeName(), "boolean") {
				values[i] = v != 0
			}
		case nil, string, bool, float64:
		case []byte:
			values[i] = string(v)
		case int32:
			values[i] = int64(v)
		default:
			return fmt.Errorf("a column holds %T, which the store does not use", v)
		}
	}
	return nil
}

func (w *writer) objects(ctx context.Context, objects blob.Store) error {
	return objects.List(ctx, "", func(info blob.Info) error {
		r, err := objects.Open(ctx, info.Key)
		if err != nil {
			return err
		}
		defer r.Close()
		body, err := named(info.Key, info.Size, r)
		if err != nil {
			return err
		}
		if err := w.entry("blobs/"+info.Key, info.Size, body); err != nil {
			return err
		}
		w.tally.Objects++
		w.report()
		return nil
	})
}

func (w *writer) report() {
	w.tally.report(w.progress)
}

// ErrNotEmpty says that a backup was to be restored over what is there; nothing was changed.
var ErrNotEmpty = fault.New(fault.Conflict, "backup.not_empty")

// Restore fills an empty database and object store from a backup, then brings the tables
// up to date. Rows are put in one transaction. One that fails says whether it had begun to
// make tables: before that it changes nothing.
func Restore(ctx context.Context, r io.Reader, db *store.DB, objects blob.Store, sets []store.Migrations, progress Progress) (m Manifest, begun bool, err error) {
	unpacked, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return m, begun, fmt.Errorf("restore: %w", err)
	}
	defer unpacked.Close()
	in := tar.NewReader(packedReader{unpacked})
	all := newTally()
	if m, err = manifest(in, all); err != nil {
		return m, begun, fmt.Errorf("restore: %w", err)
	}
	others, err := empty(ctx, db, m, sets)
	if err != nil {
		return m, begun, fmt.Errorf("restore: %w", err)
	}
	begun = true
	if err := makeTables(ctx, db, m, sets, others); err != nil {
		return m, begun, fmt.Errorf("restore: %w", err)
	}
	tried := false
	err = db.Housekeep(ctx, func(tx *store.Tx) error {
		if tried { // what the first try has read does not come again
			return errors.New("the database gave up the transaction; restore again")
		}
		tried = true
		for {
			h, err := in.Next()
			if err != nil {
				return errNotWhole(err)
			}
			if h.Typeflag != tar.TypeReg {
				return fault.New(fault.Invalid, "backup.entry", fault.Args{"entry": h.Name})
			}
			if h.Name == endName {
				return all.check(in, m)
			}
			body := all.entry(h.Name, h.Size, in)
			switch {
			case strings.HasPrefix(h.Name, "tables/"):
				err = fill(ctx, tx, m, h.Name, body, all)
			case strings.HasPrefix(h.Name, "blobs/"):
				err = put(ctx, objects, strings.TrimPrefix(h.Name, "blobs/"), body, h.Size)
				all.Objects++
			default:
				return fault.New(fault.Invalid, "backup.entry", fault.Args{"entry": h.Name})
			}
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return errNotWhole(err)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", h.Name, err)
			}
			all.report(progress)
		}
	})
	if err != nil {
		return m, begun, fmt.Errorf("restore: %w", err)
	}
	if err := db.Migrate(ctx, sets...); err != nil {
		return m, begun, fmt.Errorf("restore: %w", err)
	}
	return m, begun, nil
}

func manifest(in *tar.Reader, all *tally) (m Manifest, err error) {
	h, err := in.Next()
	if err != nil || h.Name != "manifest.json" || h.Typeflag != tar.TypeReg || h.Size > smallEntry {
		return m, fault.New(fault.Invalid, "backup.not_one").Because(err)
	}
	raw, err := io.ReadAll(all.entry(h.Name, h.Size, in))
	if err != nil {
		return m, errNotWhole(err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, errNotWhole(err)
	}
	if m.Format != Format {
		return m, fault.New(fault.Invalid, "backup.format", fault.Args{"has": m.Format, "reads": Format})
	}
	if m.Versions["platform"] == 0 {
		return m, errNotWhole(errors.New("the manifest names no version of the platform"))
	}
	return m, nil
}

// empty refuses a database that already holds something, and a backup of what this release
// does not know. It lists the tables of others, such as those of a server's extensions.
func empty(ctx context.Context, db *store.DB, m Manifest, sets []store.Migrations) (others []string, err error) {
	present, err := db.Versions(ctx, db)
	if err != nil {
		return nil, err
	}
	if len(present) > 0 {
		return nil, ErrNotEmpty
	}
	known := map[string]bool{"platform": true}
	for _, s := range sets {
		known[s.Module] = true
	}
	for module := range m.Versions {
		if !known[module] {
			return nil, fmt.Errorf("the backup holds module %s, which this release does not have", module)
		}
	}
	return db.Tables(ctx, db)
}

// makeTables makes the tables as they were when the backup was made.
func makeTables(ctx context.Context, db *store.DB, m Manifest, sets []store.Migrations, others []string) error {
	if err := db.MigrateTo(ctx, m.Versions, sets...); err != nil {
		return err
	}
	tables, err := db.Tables(ctx, db)
	if err != nil {
		return err
	}
	for _, name := range tables {
		if !slices.Contains(others, name) && !slices.ContainsFunc(m.Tables, func(t Table) bool { return t.Name == name }) {
			return errNotWhole(fmt.Errorf("the manifest does not name the table %s", name))
		}
	}
	made, err := db.Versions(ctx, db)
	if err != nil {
		return err
	}
	for module, v := range m.Versions {
		if made[module] != v {
			return fmt.Errorf("the backup's module %s is at step %d, newer than this release knows (%d)", module, v, made[module])
		}
	}
	return nil
}

func fill(ctx context.Context, tx *store.Tx, m Manifest, entry string, body io.Reader, all *tally) error {
	name, _, _ := strings.Cut(path.Base(entry), ".")
	var t *Table
	for i := range m.Tables {
		if m.Tables[i].Name == name {
			t = &m.Tables[i]
		}
	}
	if t == nil {
		return errors.New("the manifest does not name this table")
	}
	for _, word := range append([]string{t.Name}, t.Columns...) {
		if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return fmt.Errorf("%q is not a name", word)
		}
	}
	marks := make([]string, len(t.Columns))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	insert, err := tx.Prepare(ctx, "INSERT INTO "+t.Name+" ("+strings.Join(t.Columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	rows := newRowReader(t.Name, body)
	all.Rows[t.Name] += 0
	for n := 1; ; n++ {
		values, err := rows.next(len(t.Columns))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = decodable(values)
		}
		if err == nil {
			_, err = insert.ExecContext(ctx, values...)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
		all.Rows[t.Name]++
	}
}

func decodable(values []any) error {
	for i, v := range values {
		number, ok := v.(json.Number)
		if !ok {
			continue
		}
		if whole, err := number.Int64(); err == nil {
			values[i] = whole
			continue
		}
		f, err := number.Float64()
		if err != nil {
			return err
		}
		values[i] = f
	}
	return nil
}
