package measure_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Go does not say whether `return x, f(&x)` gives x as it was before the call or after, nor where a
// function that the call runs sets x.
func TestNoReturnSetsWhatItGives(t *testing.T) {
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok {
				for _, result := range r.Results {
					if x, ok := result.(*ast.Ident); ok && slices.ContainsFunc(r.Results, func(other ast.Expr) bool { return sets(other, x.Name) }) {
						t.Errorf("%s: it gives %s and sets it", files.Position(r.Pos()), x.Name)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sets reports whether an expression sets a variable, or gives away its address.
func sets(e ast.Expr, name string) (found bool) {
	is := func(e ast.Expr) bool {
		x, ok := e.(*ast.Ident)
		return ok && x.Name == name
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && is(n.X)
		case *ast.AssignStmt:
			found = found || n.Tok != token.DEFINE && slices.ContainsFunc(n.Lhs, is)
		}
		return !found
	})
	return found
}
