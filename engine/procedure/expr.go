package procedure

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// maxExpression is how long an expression may be, in bytes; maxNested is how many walks through lists
// may stand within one another. Lists are bounded, and with them what an expression can cost, which is
// not counted while it runs.
const (
	maxExpression = 2000
	maxNested     = 2
)

// expression is a compiled guard or value.
type expression struct {
	text     string
	prg      cel.Program
	asksForm bool // it hangs on what is being filled in
}

// What an expression may speak of:
//
//	data      what was filled in so far; a field that was not is "", 0, false or empty
//	form      what is being filled in now
//	it        the case: id, number, state, region, district, opener, subject, days (since it was opened), parent
//	actor     who acts: id, name, roles (here), parties
//	hands     by role, the ids of those who have it
//	children  of the case: list of {type, link, state, outcome, data}
//	now       the time; of what was done off line when it was done
//	each      in a spawn with each: the item
//	event     in what an event of the platform opens a case with: kind of thing, subject, name, words
var variables = sync.OnceValues(func() (*cel.Env, error) {
	object := cel.MapType(cel.StringType, cel.DynType)
	return cel.NewEnv(
		cel.Variable("data", object), cel.Variable("form", object), cel.Variable("it", object), cel.Variable("actor", object),
		cel.Variable("hands", cel.MapType(cel.StringType, cel.ListType(cel.StringType))),
		cel.Variable("children", cel.ListType(object)),
		cel.Variable("now", cel.TimestampType), cel.Variable("each", cel.DynType), cel.Variable("event", object),
		cel.CrossTypeNumericComparisons(true),
		cel.Function("sum", cel.Overload("sum_list", []*cel.Type{cel.ListType(cel.DynType)}, cel.DoubleType, cel.UnaryBinding(sum))),
		cel.Function("mean", cel.Overload("mean_list", []*cel.Type{cel.ListType(cel.DynType)}, cel.DoubleType, cel.UnaryBinding(mean))),
		cel.Function("days", cel.Overload("days_text_text", []*cel.Type{cel.DynType, cel.DynType}, cel.DoubleType, cel.BinaryBinding(days))),
		cel.Function("upto", cel.Overload("upto_number", []*cel.Type{cel.DynType}, cel.ListType(cel.DynType), cel.UnaryBinding(upto))),
		cel.Function("text", cel.Overload("text_any", []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(text))),
	)
})

func numbers(v ref.Val) ([]float64, error) {
	all, ok := native(v).([]any)
	if !ok {
		return nil, fmt.Errorf("%v is no list", v.Value())
	}
	var out []float64
	for _, item := range all {
		switch n := item.(type) {
		case float64:
			out = append(out, n)
		case nil:
		default:
			return nil, fmt.Errorf("%v is no number", item)
		}
	}
	return out, nil
}

func sum(v ref.Val) ref.Val {
	all, err := numbers(v)
	if err != nil {
		return types.NewErr("sum: %v", err)
	}
	total := 0.0
	for _, n := range all {
		total += n
	}
	return types.Double(total)
}

// mean of nothing is zero.
func mean(v ref.Val) ref.Val {
	all, err := numbers(v)
	if err != nil {
		return types.NewErr("mean: %v", err)
	}
	total := 0.0
	for _, n := range all {
		total += n
	}
	return types.Double(total / float64(max(len(all), 1)))
}

// days is how many days lie from one date or time to another; zero where one was not filled in.
func days(from, to ref.Val) ref.Val {
	a, okA := moment(from.Value())
	b, okB := moment(to.Value())
	if !okA || !okB {
		return types.Double(0)
	}
	return types.Double(b.Sub(a).Hours() / 24)
}

// upto is the whole numbers from one to another.
func upto(v ref.Val) ref.Val {
	most, ok := normal(v.Value()).(float64)
	if !ok || most < 0 || most > maxChildren {
		return types.NewErr("upto: %v is not from 0 to %d", v.Value(), maxChildren)
	}
	all := make([]float64, 0, int(most))
	for n := 1.0; n <= most; n++ {
		all = append(all, n)
	}
	return types.DefaultTypeAdapter.NativeToValue(all)
}

// text is a value as people write it, numbers without needless zeros.
func text(v ref.Val) ref.Val {
	switch n := v.Value().(type) {
	case float64:
		return types.String(strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.6f", n), "0"), "."))
	case string:
		return types.String(n)
	case time.Time:
		return types.String(n.UTC().Format(time.RFC3339))
	}
	return types.String(say(native(v)))
}

// compileExpression compiles an expression and refuses names of fields that no form has.
func compileExpression(text string, want *cel.Type, names func(scope, field string) bool, each bool) (*expression, map[string]any) {
	if len(text) > maxExpression {
		return nil, map[string]any{"why": fmt.Sprintf("longer than %d bytes", maxExpression)}
	}
	env, err := variables()
	if err != nil {
		panic(err) // the declarations above are wrong
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, map[string]any{"why": first.Message, "column": first.Location.Column() + 1}
	}
	if out := checked.OutputType(); want != nil && !want.IsAssignableType(out) && out != cel.DynType {
		return nil, map[string]any{"why": "gives " + out.String() + ", not " + want.String()}
	}
	var wrong string
	asksForm := false
	ast.PostOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind && e.AsIdent() == "each" && !each && wrong == "" {
			wrong = "each"
		}
		asksForm = asksForm || e.Kind() == ast.IdentKind && e.AsIdent() == "form"
		if e.Kind() != ast.SelectKind {
			return
		}
		s := e.AsSelect()
		if s.Operand().Kind() == ast.IdentKind && wrong == "" && !names(s.Operand().AsIdent(), s.FieldName()) {
			wrong = s.Operand().AsIdent() + "." + s.FieldName()
		}
	}))
	if wrong != "" {
		return nil, map[string]any{"why": "nothing is called " + wrong}
	}
	if nested(checked.NativeRep().Expr()) > maxNested {
		return nil, map[string]any{"why": fmt.Sprintf("more than %d walks through lists stand within one another", maxNested)}
	}
	prg, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, map[string]any{"why": err.Error()}
	}
	return &expression{text, prg, asksForm}, nil
}

// eval gives an expression's value as JSON knows it.
func (e *expression) eval(s cel.Activation) (any, error) {
	v, _, err := e.prg.Eval(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.text, err)
	}
	return native(v), nil
}

// native is a value of CEL as JSON knows it.
func native(v ref.Val) any {
	switch v := v.(type) {
	case traits.Mapper:
		m := map[string]any{}
		for i := v.Iterator(); i.HasNext() == types.True; {
			key := i.Next()
			m[fmt.Sprint(key.Value())] = native(v.Get(key))
		}
		return m
	case traits.Lister:
		l := []any{}
		for i := v.Iterator(); i.HasNext() == types.True; {
			l = append(l, native(i.Next()))
		}
		return l
	case types.Null:
		return nil
	}
	return normal(v.Value())
}

// holds reports whether a guard holds; none always does.
func (t *Type) holds(place, guard string, s cel.Activation) (bool, error) {
	if guard == "" {
		return true, nil
	}
	v, err := t.exprs[place].eval(s)
	if err != nil {
		return false, err
	}
	return v == true, nil
}

func (t *Type) value(place string, s cel.Activation) (any, error) { return t.exprs[place].eval(s) }

// list is a value as ids: one, many or none.
func list(v any) (out []string) {
	switch v := v.(type) {
	case string:
		if v != "" {
			out = append(out, v)
		}
	case []any:
		for _, item := range v {
			if s, ok := item.(string); ok && s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// nested is how many walks through lists stand within one another.
func nested(e ast.Expr) (deep int) {
	within := func(parts ...ast.Expr) {
		for _, p := range parts {
			deep = max(deep, nested(p))
		}
	}
	switch e.Kind() {
	case ast.CallKind:
		within(e.AsCall().Args()...)
		if e.AsCall().IsMemberFunction() {
			within(e.AsCall().Target())
		}
	case ast.ListKind:
		within(e.AsList().Elements()...)
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			within(entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
	case ast.SelectKind:
		within(e.AsSelect().Operand())
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		within(c.LoopCondition(), c.LoopStep(), c.Result())
		deep = max(deep+1, nested(c.IterRange()))
	}
	return deep
}
