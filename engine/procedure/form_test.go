package procedure_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

const allFields = `
type: trial
version: 1
name: {zh: 试, en: Trial}
prefix: T
roles:
  clerk: {name: {zh: 员, en: Clerk}, filled: {grant: operator}}
  writer: {name: {zh: 写的人, en: Writer}, filled: {opener: true}}
forms:
  all:
    type: object
    required: [text, kind]
    properties:
      text: {title: 文, title-en: Text, type: string, minLength: 2, maxLength: 5}
      kind: {title: 类, title-en: Kind, type: string, oneOf: [{const: a, title: 甲, title-en: A}, {const: b, title: 乙, title-en: B}]}
      many: {title: 多, title-en: Many, type: array, maxItems: 2, uniqueItems: true, items: {type: string, enum: [x, y, z]}}
      deep: {title: 深, title-en: Deep, type: string, when: {kind: b, many: [x, y]}}
      deeper: {title: 更深, title-en: Deeper, type: string, when: {deep: "yes"}}
      n: {title: 数, title-en: Number, type: integer, minimum: 1, maximum: 9}
      yes: {title: 是, title-en: "Yes", type: boolean}
      unless: {title: 否则, title-en: Unless, type: string, when: {"yes": false}}
      day: {title: 日, title-en: Day, type: string, format: date}
      minute: {title: 分, title-en: Minute, type: string, format: minute}
      phone: {title: 电话, title-en: Telephone, type: string, format: phone, personal: true, see: [clerk]}
      who: {title: 谁, title-en: Who, type: string, format: party}
      place: {title: 地, title-en: Place, type: object, format: place}
      code: {title: 码, title-en: Code, type: string, pattern: '^[A-Z]{2}$', examples: [AB]}
      rows: {title: 行, title-en: Rows, type: array, items: {type: object, required: [part], properties: {part: {title: 件, title-en: Part, type: string}, count: {title: 数, title-en: Count, type: integer, minimum: 1}}}}
      secret: {title: 密, title-en: Secret, type: string, sealed: true, see: [writer]}
start:
  open: {name: {zh: 开, en: Open}, by: [clerk, writer], form: all, to: here}
states:
  here: {name: {zh: 此, en: Here}}
  gone: {name: {zh: 去, en: Gone}, end: true}
steps:
  unseal: {name: {zh: 拆, en: Unseal}, from: [here], by: [clerk], effects: [{unseal: secret}]}
  go: {name: {zh: 走, en: Go}, from: [here], to: gone, by: [clerk]}
deadlines:
  stay: {name: {zh: 留, en: Stay}, in: [here], take: 1d}
`

func TestWhatIsFilledInIsJudged(t *testing.T) {
	form := sound(t, allFields).Form("all")
	good := `"text":"文字","kind":"a"`
	for name, c := range map[string]struct {
		filled string
		want   []string // faults as "field code", nil where it is taken
	}{
		"least":               {`{` + good + `}`, nil},
		"nothing":             {`{}`, []string{"kind required", "text required"}},
		"blank":               {`{"text":"  ","kind":"a"}`, []string{"text required"}},
		"null":                {`{"text":null,"kind":"a"}`, []string{"text required"}},
		"unknown":             {`{` + good + `,"other":1}`, []string{"other unknown"}},
		"too long":            {`{"text":"一二三四五六","kind":"a"}`, []string{"text long"}},
		"too short":           {`{"text":"一","kind":"a"}`, []string{"text short"}},
		"as long as it may":   {`{"text":"一二三四五","kind":"a"}`, nil},
		"no choice":           {`{"text":"文字","kind":"c"}`, []string{"kind choice"}},
		"wrong type":          {`{"text":7,"kind":"a"}`, []string{"text type"}},
		"too small":           {`{` + good + `,"n":0}`, []string{"n small"}},
		"too big":             {`{` + good + `,"n":10}`, []string{"n big"}},
		"no whole number":     {`{` + good + `,"n":1.5}`, []string{"n type"}},
		"too many":            {`{` + good + `,"many":["x","y","z"]}`, []string{"many many"}},
		"the same twice":      {`{` + good + `,"many":["x","x"]}`, []string{"many same"}},
		"no choice of a list": {`{` + good + `,"many":["w"]}`, []string{"many.0 choice"}},
		"no day":              {`{` + good + `,"day":"2026-02-30"}`, []string{"day format.date"}},
		"a day":               {`{` + good + `,"day":"2028-02-29"}`, nil},
		"no minute":           {`{` + good + `,"minute":"2026-02-03 10:00"}`, []string{"minute format.minute"}},
		"no telephone":        {`{` + good + `,"phone":"call me"}`, []string{"phone format.phone"}},
		"a telephone":         {`{` + good + `,"phone":"+86 10 8888-8888"}`, nil},
		"no party":            {`{` + good + `,"who":"歌华"}`, []string{"who format.party"}},
		"no place":            {`{` + good + `,"place":{"lon":200,"lat":0}}`, []string{"place.lon big"}},
		"a place and more":    {`{` + good + `,"place":{"lon":1,"lat":0,"height":3}}`, []string{"place invalid"}},
		"another pattern":     {`{` + good + `,"code":"a1"}`, []string{"code pattern"}},
		"a row without":       {`{` + good + `,"rows":[{"count":1}]}`, []string{"rows.0 required"}},
		"a row too small":     {`{` + good + `,"rows":[{"part":"a","count":0}]}`, []string{"rows.0.count small"}},
		"a row with more":     {`{` + good + `,"rows":[{"part":"a","price":1}]}`, []string{"rows.0 invalid"}},
		"a zero byte":         {`{"text":"a\u0000b","kind":"a"}`, []string{"text text"}},
		"two faults":          {`{"text":"一","kind":"c"}`, []string{"kind choice", "text short"}},
	} {
		var filled map[string]any
		if err := json.Unmarshal([]byte(c.filled), &filled); err != nil {
			t.Fatal(name, err)
		}
		_, err := form.Take(filled, nil)
		var got []string
		var faults procedure.Faults
		if errors.As(err, &faults) {
			for _, f := range faults {
				got = append(got, f.Place+" "+strings.TrimPrefix(f.Code, "procedure.fill."))
			}
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// What is not asked under these answers does not count, whatever was filled in there.
func TestHiddenFieldsAreDropped(t *testing.T) {
	form := sound(t, allFields).Form("all")
	for name, c := range map[string]struct{ filled, before, want map[string]any }{
		"shown":                     {map[string]any{"kind": "b", "many": []any{"x"}, "deep": "yes", "deeper": "d"}, nil, map[string]any{"kind": "b", "many": []any{"x"}, "deep": "yes", "deeper": "d"}},
		"hidden by one":             {map[string]any{"kind": "a", "many": []any{"x"}, "deep": "yes"}, nil, map[string]any{"kind": "a", "many": []any{"x"}}},
		"hidden by a list":          {map[string]any{"kind": "b", "many": []any{"z"}, "deep": "yes"}, nil, map[string]any{"kind": "b", "many": []any{"z"}}},
		"hidden by what is hidden":  {map[string]any{"kind": "a", "deep": "yes", "deeper": "d"}, nil, map[string]any{"kind": "a"}},
		"an old answer does not do": {map[string]any{"kind": "a", "deeper": "d"}, map[string]any{"deep": "yes"}, map[string]any{"kind": "a"}},
		"not answered is no":        {map[string]any{"kind": "a", "unless": "u"}, nil, map[string]any{"kind": "a", "unless": "u"}},
		"yes hides":                 {map[string]any{"kind": "a", "yes": true, "unless": "u"}, nil, map[string]any{"kind": "a", "yes": true}},
		"blanks go":                 {map[string]any{"kind": "a", "unless": "  u  "}, nil, map[string]any{"kind": "a", "unless": "u"}},
	} {
		c.filled["text"], c.want["text"] = "文字", "文字"
		got, err := form.Take(c.filled, c.before)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v %v, not %v", name, got, err, c.want)
		}
	}
}

// A field that was not shown is not required either.
func TestRequiredHoldsForWhatIsShown(t *testing.T) {
	src := change(t, allFields, "required: [text, kind]", "required: [text, kind, deep]")
	form := sound(t, src).Form("all")
	if _, err := form.Take(map[string]any{"text": "文字", "kind": "a"}, nil); err != nil {
		t.Error(err)
	}
	if _, err := form.Take(map[string]any{"text": "文字", "kind": "b", "many": []any{"x"}}, nil); err == nil {
		t.Error("what is shown and required was not filled in")
	}
}

func TestMasksAndSeals(t *testing.T) {
	typ := sound(t, allFields)
	d := newDesk(t, typ)
	c := d.open("open", map[string]any{"text": "文字", "kind": "a", "phone": "010 8888", "secret": "s"})
	for _, s := range []struct {
		roles  []string
		phone  bool
		secret bool
	}{{nil, false, false}, {[]string{"clerk"}, true, false}, {[]string{"writer"}, false, true}, {[]string{"clerk", "writer"}, true, true}} {
		data, hidden := typ.Seen(c, s.roles)
		if (data["phone"] != nil) != s.phone || (data["secret"] != nil) != s.secret || len(data)+len(hidden) != len(c.Data) {
			t.Errorf("%v see %v and not %v", s.roles, data, hidden)
		}
	}
	if k := typ.Report(c); k.With["secret"] != nil || k.With["phone"] != nil || k.With["text"] != "文字" {
		t.Errorf("a parent learns %v", k.With)
	}
	c = d.do(c, "unseal", nil)
	if data, hidden := typ.Seen(c, nil); data["secret"] != "s" || !slices.Equal(hidden, []string{"phone"}) {
		t.Errorf("once unsealed all see %v and not %v", data, hidden)
	}
	if k := typ.Report(c); k.With["secret"] != "s" || k.With["phone"] != nil {
		t.Errorf("a parent learns %v", k.With)
	}
}

func FuzzTake(f *testing.F) {
	f.Add([]byte(`{"text":"文字","kind":"b","many":["x"],"deep":"yes","deeper":"d","rows":[{"part":"p","count":2}]}`))
	f.Add([]byte(`{"text":1e999}`))
	form := sound(f, allFields).Form("all")
	f.Fuzz(func(t *testing.T, raw []byte) {
		var filled map[string]any
		if json.Unmarshal(raw, &filled) != nil {
			return
		}
		taken, err := form.Take(filled, nil)
		if err != nil {
			return
		}
		// What was taken is taken again as it is: nothing in it is hidden, blank or wrong.
		again, err := form.Take(taken, nil)
		if err != nil || !reflect.DeepEqual(again, taken) {
			t.Errorf("%v was taken, then %v %v", taken, again, err)
		}
		if _, err := json.Marshal(taken); err != nil {
			t.Error(err)
		}
	})
}
