package store

import (
	"context"
	"database/sql"
	"fmt"
	"sort"
	"strings"
)

// Snapshot lets fn read everything as it stood at one moment, while others go on writing.
func (db *DB) Snapshot(ctx context.Context, fn func(Queryer) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.dialect == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.read.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("store: snapshot: %w", err)
	}
	defer tx.Rollback()
	return fn(&Tx{tx: tx, db: db})
}

const versionPrefix = "migration_"

// Tables lists the modules' tables, a referenced table before those that refer to it.
func (db *DB) Tables(ctx context.Context, q Queryer) ([]string, error) {
	names, err := db.tableNames(ctx, q)
	if err != nil {
		return nil, err
	}
	edges := `SELECT m.name, f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	if db.dialect == Postgres {
		edges = `SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c WHERE c.contype = 'f'`
	}
	pairs, err := Collect(ctx, q, func(r *sql.Rows) (p [2]string, err error) { return p, r.Scan(&p[0], &p[1]) }, edges)
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	for _, p := range pairs {
		needs[p[0]] = append(needs[p[0]], p[1])
	}
	var ordered []string
	placed := map[string]bool{}
	var place func(string)
	place = func(name string) {
		if placed[name] {
			return
		}
		placed[name] = true // before its needs, so that a table that refers to itself ends
		for _, n := range needs[name] {
			place(n)
		}
		ordered = append(ordered, name)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, versionPrefix) {
			place(name)
		}
	}
	return ordered, nil
}

func (db *DB) tableNames(ctx context.Context, q Queryer) ([]string, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if db.dialect == Postgres {
		query = `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()`
	}
	names, err := Collect(ctx, q, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }, query)
	sort.Strings(names)
	return names, err
}

// Versions tells how far each module's migrations have gone.
func (db *DB) Versions(ctx context.Context, q Queryer) (map[string]int64, error) {
	names, err := db.tableNames(ctx, q)
	if err != nil {
		return nil, err
	}
	versions := map[string]int64{}
	for _, name := range names {
		module, ok := strings.CutPrefix(name, versionPrefix)
		if !ok {
			continue
		}
		var v int64
		if err := q.QueryRow(ctx, `SELECT max(version_id) FROM `+name).Scan(&v); err != nil {
			return nil, err
		}
		versions[module] = v
	}
	return versions, nil
}

// Columns lists a table's columns.
func (db *DB) Columns(ctx context.Context, q Queryer, table string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT * FROM `+table+` WHERE 1 = 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Columns()
}
