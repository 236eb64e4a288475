// Package formula compiles and evaluates what people write to reckon with facts: expressions
// of CEL (the Common Expression Language) over the codes of elements and indicators.
//
//	alert.reached / alert.targets * 100
//	known(survey.satisfied) ? survey.satisfied : 0
//
// Every number is a decimal. A value that was not stated makes what is reckoned with it unknown,
// but for known(x), which asks, and coalesce(x, y), which falls back. There are no loops and no
// macros, so an expression costs what it is long.
package formula

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// MaxLength is how long an expression may be, in bytes.
const MaxLength = 2000

// Expression is a compiled expression. It may be used by several at once.
type Expression struct {
	Text   string
	Names  []string // what it refers to, sorted
	single string   // the one name that it consists of, if so
	prg    cel.Program
}

// Kind is what an expression gives.
type Kind string

// Kinds.
const (
	Number Kind = "number"
	Truth  Kind = "truth"
)

var typeOf = map[Kind]*cel.Type{Number: cel.DoubleType, Truth: cel.BoolType}

// signs are those of arithmetic as people write them, character for character, so that what is said
// about a column holds.
var signs = strings.NewReplacer("−", "-", "×", "*", "÷", "/", "＋", "+", "－", "-", "（", "(", "）", ")", "，", ",")

// typeWords name what an expression gives in place of a number or a truth.
var typeWords = map[string]i18n.Both{"double": {Zh: "数", En: "a number"}, "string": {Zh: "文字", En: "text"}, "bool": {Zh: "“是”或“否”", En: "yes or no"}}

func typeWord(t *cel.Type) any {
	if word, ok := typeWords[t.String()]; ok {
		return word
	}
	return t.String()
}

// Compile compiles an expression that gives a kind. Faults have place, a line and a column:
// "numerator:1:14". Names that known does not report are refused.
func Compile(place, text string, gives Kind, known func(name string) bool) (*Expression, error) {
	if strings.TrimSpace(text) == "" {
		return nil, fault.Bad(place, "measure.formula.empty")
	}
	if len(text) > MaxLength {
		return nil, fault.Bad(place, "measure.formula.long", fault.Args{"limit": MaxLength})
	}
	env, err := language()
	if err != nil {
		return nil, err
	}
	parsed, issues := env.Parse(signs.Replace(text))
	if issues.Err() != nil {
		return nil, told(place, issues)
	}
	tree := parsed.NativeRep()
	decimals(tree.Expr())
	names := namesIn(tree)
	var list fault.List
	vars := make([]cel.EnvOption, 0, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !known(name) {
			at := tree.SourceInfo().GetStartLocation(names[name])
			list.Add(fault.Bad(located(place, at.Line(), at.Column()), "measure.formula.unknown", fault.Args{"name": name}))
			continue
		}
		vars = append(vars, cel.Variable(name, cel.DoubleType))
	}
	if err := list.OrNil(); err != nil {
		return nil, err
	}
	if env, err = env.Extend(vars...); err != nil {
		return nil, fault.Bad(place, "measure.formula.bad", fault.Args{"what": err.Error()})
	}
	checked, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, told(place, issues)
	}
	if !checked.OutputType().IsExactType(typeOf[gives]) {
		return nil, fault.Bad(located(place, 1, 0), "measure.formula."+string(gives), fault.Args{"type": typeWord(checked.OutputType())})
	}
	prg, err := env.Program(checked)
	if err != nil {
		return nil, fault.Bad(place, "measure.formula.bad", fault.Args{"what": err.Error()})
	}
	e := &Expression{Text: text, Names: slices.Sorted(maps.Keys(names)), prg: prg}
	if len(e.Names) == 1 && strings.TrimSpace(text) == e.Names[0] {
		e.single = e.Names[0]
	}
	return e, nil
}

func located(place string, line, column int) string {
	if line < 1 { // of the expression as a whole
		return place
	}
	return fmt.Sprintf("%s:%d:%d", place, line, column+1)
}

// told makes faults of what the compiler says, in the words of people who write formulas and no
// programs.
func told(place string, issues *cel.Issues) error {
	var list fault.List
	strange, after := "", common.NewLocation(-1, -1) // a run of characters that mean nothing, told as one
	var named fault.List                             // of those runs that are words: names that there are not
	tell := func() {
		at := located(place, after.Line(), after.Column()-utf8.RuneCountInString(strange))
		switch first, _ := utf8.DecodeRuneInString(strange); {
		case strange == "":
		case unicode.IsLetter(first):
			named.Add(fault.Bad(at, "measure.formula.unknown", fault.Args{"name": strange}))
		default:
			list.Add(fault.Bad(at, "measure.formula.unexpected", fault.Args{"what": strange}))
		}
		strange = ""
	}
	for _, e := range issues.Errors() {
		if m := unreadable.FindStringSubmatch(e.Message); m != nil {
			if e.Location.Line() != after.Line() || e.Location.Column() != after.Column() {
				tell()
			}
			strange, after = strange+m[1], common.NewLocation(e.Location.Line(), e.Location.Column()+1)
			continue
		}
		tell()
		code, args := "measure.formula.bad", fault.Args{"what": e.Message}
		for _, k := range complaints {
			if m := k.like.FindStringSubmatch(e.Message); m != nil {
				code, args = k.code, fault.Args{"what": m[len(m)-1]}
				break
			}
		}
		list.Add(fault.Bad(located(place, e.Location.Line(), e.Location.Column()), code, args))
	}
	tell()
	if len(named) > 0 {
		return named.OrNil() // what else the compiler says is said of the expression without them
	}
	return list.OrNil()
}

var unreadable = regexp.MustCompile(`^Syntax error: token recognition error at: '(.*)'`)

// complaints are those of the compiler that people meet; the last group is what it stumbled over.
var complaints = []struct {
	like *regexp.Regexp
	code string
}{
	{regexp.MustCompile(`^Syntax error: .*(?:at|input):? '(<EOF>)'`), "measure.formula.unfinished"},
	{regexp.MustCompile(`^Syntax error: (?:mismatched|extraneous) input '(.*?)' expecting`), "measure.formula.unexpected"},
	{regexp.MustCompile(`^Syntax error: .*(?:at|input):? '(.*)'`), "measure.formula.unexpected"},
	{regexp.MustCompile(`^undeclared reference to '(\w+)'`), "measure.formula.no_function"},
	{regexp.MustCompile(`^found no matching overload for '[^']*' applied to '(.*)'`), "measure.formula.mixed"},
}

// decimals makes every whole number in an expression a decimal, so that 100 * x needs no point.
func decimals(e ast.Expr) {
	factory := ast.NewExprFactory()
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.LiteralKind {
			return
		}
		switch v := e.AsLiteral().(type) {
		case types.Int:
			e.SetKindCase(factory.NewLiteral(e.ID(), types.Double(v)))
		case types.Uint:
			e.SetKindCase(factory.NewLiteral(e.ID(), types.Double(v)))
		}
	}))
}

// namesIn are the names that an expression refers to, each with where it does first. What is
// selected from a name belongs to the name: alert.reached is one.
func namesIn(tree *ast.AST) map[string]int64 {
	names := map[string]int64{}
	inner := map[int64]bool{}
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if inner[e.ID()] || e.Kind() != ast.IdentKind && e.Kind() != ast.SelectKind {
			return
		}
		var parts []string
		at := e
		for at.Kind() == ast.SelectKind {
			parts = append(parts, at.AsSelect().FieldName())
			at = at.AsSelect().Operand()
			inner[at.ID()] = true
		}
		if at.Kind() != ast.IdentKind {
			return
		}
		parts = append(parts, at.AsIdent())
		slices.Reverse(parts)
		if name := strings.Join(parts, "."); names[name] == 0 {
			names[name] = at.ID()
		}
	}))
	return names
}

// language is CEL without macros and with functions of its own.
var language = sync.OnceValues(func() (*cel.Env, error) {
	d := cel.DoubleType
	one := func(name string, fn func(float64) float64) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_double", []*cel.Type{d}, d, cel.UnaryBinding(func(x ref.Val) ref.Val { return types.Double(fn(float64(x.(types.Double)))) })))
	}
	two := func(name string, fn func(a, b float64) float64) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_double_double", []*cel.Type{d, d}, d, cel.BinaryBinding(func(x, y ref.Val) ref.Val {
			return types.Double(fn(float64(x.(types.Double)), float64(y.(types.Double))))
		})))
	}
	most := func(name string, fn func(a, b float64) float64) cel.EnvOption {
		var overloads []cel.FunctionOpt
		for n := 2; n <= 8; n++ {
			args := slices.Repeat([]*cel.Type{d}, n)
			overloads = append(overloads, cel.Overload(fmt.Sprintf("%s_%d", name, n), args, d, cel.FunctionBinding(func(vals ...ref.Val) ref.Val {
				v := float64(vals[0].(types.Double))
				for _, other := range vals[1:] {
					v = fn(v, float64(other.(types.Double)))
				}
				return types.Double(v)
			})))
		}
		return cel.Function(name, overloads...)
	}
	return cel.NewEnv(cel.ClearMacros(),
		one("abs", math.Abs), one("sqrt", math.Sqrt), one("ln", math.Log), one("exp", math.Exp), one("round", math.Round), one("floor", math.Floor), one("ceil", math.Ceil),
		two("pow", math.Pow), most("min", math.Min), most("max", math.Max),
		cel.Function("known", cel.Overload("known_double", []*cel.Type{d}, cel.BoolType, cel.OverloadIsNonStrict(),
			cel.UnaryBinding(func(x ref.Val) ref.Val { _, ok := x.(types.Double); return types.Bool(ok) }))),
		cel.Function("coalesce", cel.Overload("coalesce_double_double", []*cel.Type{d, d}, d, cel.OverloadIsNonStrict(), cel.BinaryBinding(func(x, y ref.Val) ref.Val {
			if _, ok := x.(types.Double); ok {
				return x
			}
			return y
		}))))
})

// Missing is why a value is not known.
type Missing string

// Reasons.
const (
	Known     Missing = ""
	Unstated  Missing = "unstated"  // something that it is made of was not stated
	Undefined Missing = "undefined" // division by zero, a root of a negative number, an overflow
)

// unstated stands for a value that was not stated. It spreads through whatever is done with it.
var unstated = types.NewErr("unstated")

// vars answers names while an expression is evaluated.
type vars func(name string) float64

// ResolveName implements cel.Activation.
func (v vars) ResolveName(name string) (any, bool) {
	x := v(name)
	if math.IsNaN(x) {
		return unstated, true
	}
	return types.Double(x), true
}

// Parent implements cel.Activation.
func (vars) Parent() cel.Activation { return nil }

// Number evaluates an expression that gives a number; of answers NaN for what was not stated.
func (e *Expression) Number(of func(name string) float64) (float64, Missing) {
	if e.single != "" {
		if v := of(e.single); !math.IsNaN(v) {
			return v, Known
		}
		return math.NaN(), Unstated
	}
	out, _, err := e.prg.Eval(vars(of))
	v, ok := out.(types.Double)
	switch {
	case err != nil || !ok:
		return math.NaN(), Unstated
	case math.IsNaN(float64(v)), math.IsInf(float64(v), 0):
		return math.NaN(), Undefined
	}
	return float64(v), Known
}

// True evaluates an expression that gives a truth; known is false where that cannot be said.
func (e *Expression) True(of func(name string) float64) (truth, known bool) {
	out, _, err := e.prg.Eval(vars(of))
	v, ok := out.(types.Bool)
	return bool(v), ok && err == nil
}
