package archtest

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var bannedPackages = []string{"util", "utils", "common", "helpers", "helper", "models", "model", "types", "misc", "shared"}

func TestNoPackageIsCalledAfterNothing(t *testing.T) {
	for _, f := range goFiles(t) {
		if slices.Contains(bannedPackages, f.ast.Name.Name) {
			t.Errorf("%s: a package is named after what it holds, not %q", f.path, f.ast.Name.Name)
		}
	}
}

// The clock is the only place that reads the time of day; commands, benchmarks, tests and
// what stands in for a test's surroundings may.
func TestNobodyReadsTheTimeButTheClock(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test() || under(f.dir, "internal/platform/clock") || under(f.dir, "cmd") || under(f.dir, "bench") ||
			under(f.dir, "internal/platform/store/storetest") || under(f.dir, "city/derive") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && (sel.Sel.Name == "Now" || sel.Sel.Name == "Since") {
					t.Errorf("%s: time.%s; ask the clock", f.at(n), sel.Sel.Name)
				}
			}
			return true
		})
	}
}

const longest = 800

// notWritten are files that programs make, and the city's data.
var notWritten = []string{"docs/openapi.json", "web/package-lock.json", "web/shared/api/schema.d.ts", "city/beijing/"}

func TestNoFileIsTooLong(t *testing.T) {
	written := []string{".go", ".ts", ".vue", ".sql", ".css", ".sh", ".mjs", ".js", ".json", ".html", ".gohtml", ".md", ".py"}
	err := walk(func(path string) error {
		made := slices.ContainsFunc(notWritten, func(p string) bool { return strings.HasPrefix(path, p) })
		if made || !slices.Contains(written, filepath.Ext(path)) || strings.Contains(path, "/testdata/") {
			return nil
		}
		raw, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		if n := strings.Count(string(raw), "\n"); n > longest {
			t.Errorf("%s: %d lines, over %d: split it by thing", path, n, longest)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A statement begins with one of these words in capitals; prose does not.
var (
	statement = regexp.MustCompile(`(?s)^\s*(SELECT\s|INSERT INTO\s|UPDATE\s+\w+\s+SET\s|DELETE FROM\s|CREATE TABLE\s|ALTER TABLE\s|WITH\s+\w+.*AS \()`)
	table     = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE|TABLE(?: IF (?:NOT )?EXISTS)?)\s+([a-z][a-z0-9_]*)`)
	cte       = regexp.MustCompile(`(?i)(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)([a-z][a-z0-9_]*)\s*(?:\([^)]*\)\s*)?AS\s*\(`)
)

// notTables are words that follow FROM, UPDATE or INTO without naming a table.
var notTables = []string{"set", "select", "excluded", "only", "unnest", "lateral", "pragma_page_count", "pragma_page_size", "sqlite_master", "information_schema", "pg_database", "json_each", "generate_series"}

// fragment is a part of a statement that is put together elsewhere.
var fragment = regexp.MustCompile(`\b(FROM|JOIN|INTO|UPDATE)\s+[a-z]+_[a-z0-9_]+`)

// tablesOf is what the tables of a package's statements begin with; "" where the package
// may name any, or is not looked at. Modules and account keep their SQL in store files;
// the rest of the platform has a table or two for each package and no such file.
func tablesOf(dir string) (prefix string, storeFiles bool) {
	if mod := moduleOf(dir); mod != "" {
		return filepath.Base(mod) + "_", true
	}
	switch {
	case under(dir, "internal/platform/store"), under(dir, "internal/platform/backup"):
		return "", false // they treat every table alike
	case under(dir, "internal/platform/account"):
		return "account_", true
	case under(dir, "internal/platform"):
		return "platform_", false
	}
	return "", false
}

func TestPackagesTouchOnlyTheirOwnTables(t *testing.T) {
	froms := fromValues(t)
	for _, f := range goFiles(t) {
		prefix, storeFiles := tablesOf(f.dir)
		if prefix == "" || f.test() {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text := strings.Trim(lit.Value, "`\"")
			if froms[lit] {
				text = "FROM " + text
			} else if !statement.MatchString(text) && !fragment.MatchString(text) {
				return true
			}
			if name := filepath.Base(f.path); storeFiles && !strings.HasPrefix(name, "store") {
				t.Errorf("%s: SQL outside a store file", f.at(n))
			}
			for _, name := range foreignTables(text, prefix) {
				t.Errorf("%s: table %s belongs to somebody else", f.at(n), name)
			}
			return true
		})
	}
	checkMigrations(t)
}

// fromValues are the literals that stand, themselves or by the name of a constant, in
// the From of a list query: tables without the word before them.
func fromValues(t *testing.T) map[*ast.BasicLit]bool {
	found, names := map[*ast.BasicLit]bool{}, map[[2]string]bool{}
	for _, f := range goFiles(t) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			field, ok := n.(*ast.KeyValueExpr)
			if key, named := keyOf(field, ok); !named || key != "From" {
				return true
			}
			switch v := field.Value.(type) {
			case *ast.BasicLit:
				found[v] = v.Kind == token.STRING
			case *ast.Ident:
				names[[2]string{f.dir, v.Name}] = true
			}
			return true
		})
	}
	for _, f := range goFiles(t) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range spec.Names {
				if names[[2]string{f.dir, name.Name}] && i < len(spec.Values) {
					if v, ok := spec.Values[i].(*ast.BasicLit); ok {
						found[v] = v.Kind == token.STRING
					}
				}
			}
			return true
		})
	}
	if len(found) < 10 {
		t.Errorf("only %d list queries were found", len(found))
	}
	return found
}

func keyOf(field *ast.KeyValueExpr, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	id, named := field.Key.(*ast.Ident)
	if !named {
		return "", false
	}
	return id.Name, true
}

// foreignTables lists the tables a statement names that do not begin with prefix.
func foreignTables(sql, prefix string) (foreign []string) {
	sql = regexp.MustCompile(`'[^']*'|--[^\n]*`).ReplaceAllString(sql, "''")
	local := map[string]bool{}
	for _, m := range cte.FindAllStringSubmatch(sql, -1) {
		local[strings.ToLower(m[1])] = true
	}
	for _, m := range table.FindAllStringSubmatch(sql, -1) {
		name := strings.ToLower(m[1])
		if !strings.HasPrefix(name, prefix) && !local[name] && !slices.Contains(notTables, name) {
			foreign = append(foreign, name)
		}
	}
	return foreign
}

func checkMigrations(t *testing.T) {
	err := walk(func(path string) error {
		mod := moduleOf(filepath.ToSlash(filepath.Dir(filepath.Dir(path))))
		if !strings.HasSuffix(path, ".sql") || !strings.Contains(path, "/migrations/") || mod == "" {
			return nil
		}
		raw, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		for _, name := range foreignTables(string(raw), filepath.Base(mod)+"_") {
			t.Errorf("%s: table %s does not begin with the module's name", path, name)
		}
		if strings.Contains(string(raw), "+goose Down") {
			t.Errorf("%s: migrations go forward only", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestForeignTablesAreFound(t *testing.T) {
	for sql, want := range map[string][]string{
		`SELECT a FROM alert_message m JOIN asset_device d ON d.id = m.x`:                       {"asset_device"},
		`UPDATE alert_message SET text = 'from nowhere' WHERE id = $1`:                          nil,
		`WITH late AS (SELECT 1 FROM alert_delivery) SELECT * FROM late`:                        nil,
		`FROM asset_device d LEFT JOIN alert_message m ON m.id = d.x`:                           {"asset_device"},
		`INSERT INTO region_region (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a`: {"region_region"},
	} {
		if got := foreignTables(sql, "alert_"); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", sql, got, want)
		}
	}
}
