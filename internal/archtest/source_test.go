package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/tongsheng/tongsheng/"

// goFile is one parsed source file; its path is relative to the root, with slashes.
type goFile struct {
	path  string
	dir   string
	fset  *token.FileSet
	ast   *ast.File
	lines int
}

func (f goFile) test() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f goFile) at(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(n.Pos()).Line)
}

// imports lists the file's imports of this module, relative to the root, and others as they are.
func (f goFile) imports() (own, others []*ast.ImportSpec) {
	for _, spec := range f.ast.Imports {
		if strings.HasPrefix(importPath(spec), module) {
			own = append(own, spec)
		} else {
			others = append(others, spec)
		}
	}
	return own, others
}

func importPath(spec *ast.ImportSpec) string {
	path, _ := strconv.Unquote(spec.Path.Value)
	return path
}

func ownPath(spec *ast.ImportSpec) string { return strings.TrimPrefix(importPath(spec), module) }

const root = "../.."

var sources = sync.OnceValues(func() ([]goFile, error) {
	var files []goFile
	err := walk(func(path string) error {
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		raw, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, path, raw, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, goFile{path, filepath.ToSlash(filepath.Dir(path)), fset, parsed, strings.Count(string(raw), "\n")})
		return nil
	})
	return files, err
})

// walk visits every file of the project that people wrote or committed.
func walk(visit func(path string) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case ".git", "node_modules", "dist", "bin", "data":
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(rel))
	})
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	files, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d source files were found: the walk is wrong", len(files))
	}
	return files
}
