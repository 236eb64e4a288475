package archtest

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Every act that the code writes to the audit record has a sentence, and every sentence
// an act, so that auditors read words; a report says the same of a message as the console.
func TestAuditedActsHaveSentences(t *testing.T) {
	written := auditedActs(t)
	if len(written) < 50 {
		t.Fatalf("only %d audited acts were found", len(written))
	}
	for _, lang := range []string{"zh", "en"} {
		console, server := webCatalogue(t, lang), i18n.Catalogue(i18n.Lang(lang))
		const act = ":act."
		said := map[string]string{}
		for key, text := range console {
			if i := strings.Index(key, act); i >= 0 && !slices.Contains(notActs, strings.Split(key[i+len(act):], ".")[0]) {
				said[key[i+len(act):]] = text
			}
		}
		for _, action := range slices.Sorted(maps.Keys(written)) {
			a := written[action]
			if said[action] == "" {
				t.Errorf("%s: %q has no sentence act.%s in web/shared/locales/%s", a.at, action, action, lang)
			}
			if server["audit.act."+action] != said[action] {
				t.Errorf("%s: an exported record says %q of %s, the console %q", lang, server["audit.act."+action], action, said[action])
			}
			for _, o := range a.objects {
				if kind, _, _ := strings.Cut(o, ":"); console["shared/system.json:object."+kind] == "" {
					t.Errorf("%s: %q has no word object.%s in web/shared/locales/%s", a.at, o, kind, lang)
				}
			}
			if verb, _ := strings.CutPrefix(action, "alert."); slices.Contains(a.objects, "alert:") && server["alert.act."+verb] == "" {
				t.Errorf("%s: %q stands in reports and has no sentence alert.act.%s in internal/platform/i18n, %s", a.at, action, verb, lang)
			}
		}
		for action, text := range said {
			if written[action].at == "" {
				t.Errorf("web/shared/locales/%s: nothing writes act.%s", lang, action)
			}
			verb, ofAlert := strings.CutPrefix(action, "alert.")
			if other := server["alert.act."+verb]; ofAlert && other != "" && other != text {
				t.Errorf("%s: a report says %q of %s, the console %q", lang, other, action, text)
			}
		}
		for key := range server {
			if action, ok := strings.CutPrefix(key, "audit.act."); ok && written[action].at == "" {
				t.Errorf("internal/platform/i18n, %s: nothing writes %s", lang, key)
			}
			if verb, ok := strings.CutPrefix(key, "alert.act."); ok && written["alert."+verb].at == "" {
				t.Errorf("internal/platform/i18n, %s: nothing writes %s", lang, key)
			}
		}
	}
}

// notActs begin keys beside the audited acts: buttons, words to type, what will happen.
var notActs = []string{"do", "done", "word", "says", "reason"}

// auditedAct is where an act is written and to what kinds of things, as "alert:".
type auditedAct struct {
	at      string
	objects []string
}

// auditedActs are the actions of audit entries in the source.
func auditedActs(t *testing.T) map[string]auditedAct {
	found := map[string]auditedAct{}
	packages := map[string][]goFile{}
	for _, f := range goFiles(t) {
		if !f.test() {
			packages[f.dir] = append(packages[f.dir], f)
		}
	}
	for _, files := range packages {
		for _, f := range files {
			for _, decl := range f.ast.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				ast.Inspect(fn, func(n ast.Node) bool {
					lit, ok := n.(*ast.CompositeLit)
					if !ok || !isEntry(f, lit.Type) {
						return true
					}
					acts := (&reader{files: files}).texts(fn, field(lit, "Action"))
					if len(acts) == 0 {
						t.Errorf("%s: write the action so that this test can read it: a constant text, or one handed on by a caller of this package", f.at(lit))
					}
					object := field(lit, "Object")
					if sum, ok := object.(*ast.BinaryExpr); ok {
						object = sum.X // before it the kind of thing, after it which one
					}
					objects := (&reader{files: files}).texts(fn, object)
					for _, a := range acts {
						found[a] = auditedAct{f.at(lit), objects}
					}
					return true
				})
			}
		}
	}
	return found
}

// field is what a literal gives to a field.
func field(lit *ast.CompositeLit, name string) ast.Expr {
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if key, named := keyOf(kv, ok); named && key == name {
			return kv.Value
		}
	}
	return nil
}

func isEntry(f goFile, typ ast.Expr) bool {
	switch x := typ.(type) {
	case *ast.SelectorExpr:
		pkg, ok := x.X.(*ast.Ident)
		return ok && pkg.Name == "audit" && x.Sel.Name == "Entry"
	case *ast.Ident:
		return f.dir == "internal/platform/audit" && x.Name == "Entry"
	}
	return false
}

// reader finds the texts an expression can have: it follows constants, variables,
// parameters to their callers, sums and the values of maps, all within one package.
type reader struct {
	files []goFile
	seen  []string // functions whose parameters are being followed
}

func (r *reader) texts(fn *ast.FuncDecl, e ast.Expr) []string {
	switch x := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(x.Value); err == nil && x.Kind == token.STRING {
			return []string{text}
		}
	case *ast.ParenExpr:
		return r.texts(fn, x.X)
	case *ast.BinaryExpr:
		var sums []string
		for _, a := range r.texts(fn, x.X) {
			for _, b := range r.texts(fn, x.Y) {
				sums = append(sums, a+b)
			}
		}
		return sums
	case *ast.CallExpr: // a conversion: string(kind)
		if id, ok := x.Fun.(*ast.Ident); ok && id.Name == "string" && len(x.Args) == 1 {
			return r.texts(fn, x.Args[0])
		}
	case *ast.IndexExpr:
		return r.values(fn, x.X)
	case *ast.Ident:
		if fn != nil {
			if place, ok := parameter(fn, x.Name); ok {
				return r.handed(fn, place)
			}
			if own := r.assigned(fn, fn.Body, x.Name); len(own) > 0 {
				return own
			}
		}
		if v := r.global(x.Name); v != nil {
			return r.texts(nil, v)
		}
	}
	return nil
}

// values are those of a map of this package.
func (r *reader) values(fn *ast.FuncDecl, e ast.Expr) (all []string) {
	id, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	if lit, ok := r.global(id.Name).(*ast.CompositeLit); ok {
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				all = append(all, r.texts(fn, kv.Value)...)
			}
		}
	}
	return all
}

// global is the value of a constant or variable of the package.
func (r *reader) global(name string) ast.Expr {
	for _, f := range r.files {
		for _, decl := range f.ast.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				v, ok := spec.(*ast.ValueSpec)
				if !ok {
					continue
				}
				if i := slices.IndexFunc(v.Names, func(id *ast.Ident) bool { return id.Name == name }); i >= 0 && i < len(v.Values) {
					return v.Values[i]
				}
			}
		}
	}
	return nil
}

// assigned are the texts that a function gives to one of its variables.
func (r *reader) assigned(fn *ast.FuncDecl, within ast.Node, name string) (all []string) {
	ast.Inspect(within, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, left := range a.Lhs {
			if id, ok := left.(*ast.Ident); ok && id.Name == name {
				all = append(all, r.texts(fn, a.Rhs[i])...)
			}
		}
		return true
	})
	return all
}

func parameter(fn *ast.FuncDecl, name string) (place int, ok bool) {
	for _, field := range fn.Type.Params.List {
		for _, id := range field.Names {
			if id.Name == name {
				return place, true
			}
			place++
		}
	}
	return 0, false
}

// handed are the texts that callers of a function hand it at a place.
func (r *reader) handed(fn *ast.FuncDecl, place int) (all []string) {
	if slices.Contains(r.seen, fn.Name.Name) {
		return nil
	}
	r.seen = append(r.seen, fn.Name.Name)
	defer func() { r.seen = r.seen[:len(r.seen)-1] }()
	for _, f := range r.files {
		for _, decl := range f.ast.Decls {
			caller, ok := decl.(*ast.FuncDecl)
			if !ok || caller.Body == nil {
				continue
			}
			ast.Inspect(caller, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && called(call) == fn.Name.Name && place < len(call.Args) {
					all = append(all, r.texts(caller, call.Args[place])...)
				}
				return true
			})
		}
	}
	return all
}

func called(call *ast.CallExpr) string {
	fun := call.Fun
	if generic, ok := fun.(*ast.IndexExpr); ok {
		fun = generic.X
	}
	switch x := fun.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}
