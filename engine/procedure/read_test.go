package procedure_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

// lending is the example of the guide.
func lending(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("../../docs/examples/procedure-lend.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// change changes text that stands in a source once or more, and refuses what does not stand there.
func change(t testing.TB, src string, pairs ...string) string {
	t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(src, pairs[i]) {
			t.Fatalf("%q does not stand in the source", pairs[i])
		}
		src = strings.Replace(src, pairs[i], pairs[i+1], 1)
	}
	return src
}

func sound(t testing.TB, src string) *procedure.Type {
	t.Helper()
	typ, err := procedure.Read([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// Whatever is wrong is refused by its name, at its place and on its line.
func TestFaultsOfFilesAreNamedWithTheirLines(t *testing.T) {
	const addStep = "deadlines:\n  answer:"
	for _, c := range []struct {
		name  string
		edit  []string
		code  string
		place string
		at    string // what stands on the line that is named; not judged if empty
	}{
		{"a state that nothing leads to", []string{"  refused: {name", "  lost: {name: {zh: 丢, en: Lost}}\n  refused: {name"}, "state.unreachable", "states.lost", "  lost: {"},
		{"no end that is sure", []string{"    form: back\n    offline", "    form: back\n    if: form.whole == \"yes\"\n    offline"}, "state.endless", "states.lent", "  lent: {"},
		{"nothing that is sure to go on", []string{"    form: back\n    offline", "    form: back\n    if: form.whole == \"yes\"\n    offline"}, "state.nobody", "states.lent", "  lent: {"},
		{"no deadline", []string{"    in: [lent]", "    in: [asked]"}, "state.waits", "states.lent", "  lent: {"},
		{"a deadline that is over when a case comes back", []string{addStep, "  again:\n    name: {zh: 再, en: Again}\n    from: [lent]\n    to: asked\n    by: [dispatcher]\n" + addStep}, "state.waits", "states.asked", "  asked: {"},
		{"a role that nobody gets", []string{"      - assign: {role: keeper, to: form.keeper}\n", ""}, "role.never", "roles.keeper", "  keeper: {name"},
		{"a role that is not sure to be there", []string{"      - assign: {role: keeper, to: form.keeper}\n", "      - if: form.item != \"x\"\n        assign: {role: keeper, to: form.keeper}\n"}, "state.nobody", "states.lent", ""},
		{"a guard that names no field", []string{"    if: form.from <= form.until", "    if: form.frm <= form.until"}, "expression", "start.ask.if", "    if: form.frm"},
		{"a field of another form", []string{"    if: form.from <= form.until", "    if: form.item == \"\""}, "expression", "start.ask.if", "    if: form.item"},
		{"a guard that is no yes or no", []string{"    if: form.from <= form.until", "    if: '\"yes\"'"}, "expression", "start.ask.if", ""},
		{"an expression that is none", []string{"    if: form.from <= form.until", "    if: form.from <="}, "expression", "start.ask.if", ""},
		{"an item where there is none", []string{"    if: form.from <= form.until", "    if: each == \"\""}, "expression", "start.ask.if", ""},
		{"steps that go round by themselves", []string{addStep, "  on_a:\n    name: {zh: 甲, en: A}\n    from: [asked]\n    to: lent\n    on: {entry: true}\n    if: data.item != \"\"\n  on_b:\n    name: {zh: 乙, en: B}\n    from: [lent]\n    to: asked\n    on: {entry: true}\n    if: data.item == \"\"\n" + addStep}, "state.round", "states.asked", "  asked: {"},
		{"an unknown key", []string{"prefix: JY", "prefix: JY\nprefx: X"}, "file.unknown", "prefx", "prefx: X"},
		{"an unknown key of a field", []string{"maxLength: 60}", "maxLenght: 60}"}, "file.unknown", "forms.lend.properties.item.maxLenght", "maxLenght"},
		{"a key twice", []string{"prefix: JY", "prefix: JY\nprefix: JX"}, "file.twice", "prefix", "prefix: JX"},
		{"an alias", []string{"  - 期限为示例", "  - &a 期限\n  - *a"}, "file.alias", "", "  - *a"},
		{"no YAML", []string{"prefix: JY", "prefix: [JY"}, "file.yaml", "", ""},
		{"two documents", []string{"type: lend", "---\na: 1\n---\ntype: lend"}, "file.documents", "", ""},
		{"a list for a mapping", []string{"states:\n  asked: {name: {zh: 待答复, en: Asked}}", "states:\n  asked: [1]"}, "file.mapping", "states.asked", "  asked: [1]"},
		{"a mapping for a value", []string{"prefix: JY", "prefix: {a: b}"}, "file.scalar", "prefix", "prefix: {"},
		{"a word for a number", []string{"version: 1", "version: one"}, "file.int", "version", "version: one"},
		{"a word for yes or no", []string{"    offline: true", "    offline: maybe"}, "file.bool", "steps.back.offline", "maybe"},
		{"a bad id", []string{"  lent: {name", "  Lent: {name"}, "file.id", "states.Lent", "  Lent: {"},
		{"one language", []string{"{zh: 借出, en: Lent}", "{zh: 借出}"}, "words.missing", "states.lent.name", "  lent: {"},
		{"a version that is none", []string{"version: 1", "version: 0"}, "version", "version", "version: 0"},
		{"a prefix that is none", []string{"prefix: JY", "prefix: jy1"}, "prefix", "prefix", "prefix: jy1"},
		{"a subject that is none", []string{"prefix: JY", "prefix: JY\nsubject: weather"}, "choice", "subject", "subject:"},
		{"a state that is not there", []string{"    to: lent\n", "    to: lend\n"}, "missing.state", "steps.lend.to", "    to: lend"},
		{"a role that is not there", []string{"    by: [keeper]", "    by: [keepr]"}, "missing.role", "steps.back.by[0]", "    by: [keepr]"},
		{"a form that is not there", []string{"    form: back", "    form: bck"}, "missing.form", "steps.back.form", "    form: bck"},
		{"a deadline that is not there", []string{addStep, "  late:\n    name: {zh: 晚, en: Late}\n    from: [lent]\n    on: {deadline: retrn}\n" + addStep}, "missing.deadline", "steps.late.on.deadline", "retrn"},
		{"an opening that is not there", []string{"  start: ask", "  start: demand"}, "missing.start", "public.start", "  start: demand"},
		{"children that are not there", []string{addStep, "  all:\n    name: {zh: 齐, en: All}\n    from: [lent]\n    to: back\n    on: {children: {link: parts, need: all}}\n" + addStep}, "missing.link", "steps.all.on.children.link", "link: parts"},
		{"a step out of an end", []string{"    from: [asked]\n    to: refused", "    from: [asked, back]\n    to: refused"}, "step.end", "steps.refuse.from[1]", "from: [asked, back]"},
		{"an opening at an end", []string{"    to: asked\n", "    to: back\n"}, "start.end", "start.ask.to", ""},
		{"an opening by somebody assigned", []string{"    by: [public, borrower, dispatcher]", "    by: [keeper]"}, "start.role", "start.ask.by[0]", ""},
		{"a step of nobody", []string{"    by: [keeper]\n", ""}, "step.who", "steps.back", ""},
		{"a trigger of two kinds", []string{addStep, "  late:\n    name: {zh: 晚, en: Late}\n    from: [lent]\n    on: {deadline: return, entry: true}\n    to: back\n" + addStep}, "step.on", "steps.late.on", ""},
		{"a form that nobody fills in", []string{addStep, "  late:\n    name: {zh: 晚, en: Late}\n    from: [lent]\n    to: back\n    on: {deadline: return}\n    form: back\n" + addStep}, "step.form", "steps.late.form", ""},
		{"a deadline elsewhere", []string{addStep, "  late:\n    name: {zh: 晚, en: Late}\n    from: [lent]\n    to: back\n    on: {deadline: answer}\n" + addStep}, "step.deadline", "steps.late.on.deadline", ""},
		{"a term that is none", []string{"    take: 2wd", "    take: soon"}, "deadline.term", "deadlines.answer.take[0].term", "    take: soon"},
		{"a term and an end", []string{"    take: 2wd", "    take: 2wd\n    until: data.until"}, "deadline.take", "deadlines.answer", ""},
		{"terms without a last", []string{"    take: 2wd", "    take: [{if: data.power, term: 1d}]"}, "deadline.else", "deadlines.answer.take[0]", ""},
		{"a reminder in working days", []string{"{before: 1d, tell", "{before: 1wd, tell"}, "deadline.remind", "deadlines.return.remind[0].before", ""},
		{"reminders out of order", []string{"      - {before: 1d, tell: [borrower, keeper]}", "      - {before: 1h, tell: [keeper]}\n      - {before: 1d, tell: [keeper]}"}, "deadline.order", "deadlines.return.remind[1].before", "before: 1d"},
		{"running and standing still", []string{"    in: [lent]", "    in: [lent]\n    pause: [lent]"}, "deadline.pause", "deadlines.return.pause", ""},
		{"a role of two kinds", []string{"filled: {opener: true}", "filled: {opener: true, grant: operator}"}, "role.filled", "roles.borrower.filled", ""},
		{"a reserved role", []string{"  borrower: {name", "  public: {name: {zh: 谁, en: Who}, filled: {grant: operator}}\n  borrower: {name"}, "role.reserved", "roles.public", ""},
		{"an effect of two kinds", []string{"      - assign: {role: keeper, to: form.keeper}", "      - assign: {role: keeper, to: form.keeper}\n        release: keeper"}, "effect.kinds", "steps.lend.effects[0]", ""},
		{"a role that cannot be assigned", []string{"assign: {role: keeper,", "assign: {role: dispatcher,"}, "effect.assign", "steps.lend.effects[0].assign.role", ""},
		{"nothing said", []string{"notify: {to: [dispatcher], say: {zh: 有人想借设备, en: Somebody would like to borrow something}}", "notify: {to: [dispatcher]}"}, "effect.notify", "start.ask.effects[0].notify", ""},
		{"a draw without a commitment", []string{"      - assign: {role: keeper, to: form.keeper}", "      - draw: {name: who, from: experts, count: \"1\", salt: form.item, role: keeper}"}, "effect.commit", "steps.lend.effects[0].draw", ""},
		{"a draw from nowhere", []string{"      - assign: {role: keeper, to: form.keeper}", "      - draw: {name: who, count: \"1\", salt: form.item, role: keeper}"}, "effect.urn", "steps.lend.effects[0].draw", ""},
		{"personal data laid open", []string{"      - assign: {role: keeper, to: form.keeper}", "      - assign: {role: keeper, to: form.keeper}\n      - publish: {title: data.what, fields: [phone]}"}, "effect.personal", "steps.lend.effects[1].publish.fields", ""},
		{"an open field unsealed", []string{"      - assign: {role: keeper, to: form.keeper}", "      - assign: {role: keeper, to: form.keeper}\n      - unseal: [item]"}, "effect.unseal", "steps.lend.effects[1].unseal", ""},
		{"sealed for nobody", []string{"maxLength: 60}", "maxLength: 60, sealed: true}"}, "form.sealed", "forms.lend.properties.item.sealed", ""},
		{"a field without its English", []string{", title-en: Which one,", ","}, "form.title", "forms.lend.properties.item", ""},
		{"a type that is none", []string{"title-en: Which one, type: string", "title-en: Which one, type: text"}, "form.type", "forms.lend.properties.item", ""},
		{"a format that is none", []string{"format: account", "format: acount"}, "form.format", "forms.lend.properties.keeper", ""},
		{"a pattern without an example", []string{"maxLength: 60}", "pattern: '^a$'}"}, "form.example", "forms.lend.properties.item", ""},
		{"a condition on what comes later", []string{"when: {what: [microphone, projector]}", "when: {until: x}"}, "form.when", "forms.ask.properties.power.when", ""},
		{"required and not there", []string{"required: [keeper, item]", "required: [keeper, thing]"}, "form.required", "forms.lend.required", ""},
		{"a field that differs", []string{"      item: {title: 哪一件", "      what: {title: 什么, title-en: What, type: integer}\n      item: {title: 哪一件"}, "form.differs", "forms.lend.properties.what", ""},
		{"a limit that is no number", []string{"maxLength: 60}", "maxLength: long}"}, "form.schema", "forms.lend", ""},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			src := change(t, lending(t), c.edit...)
			_, err := procedure.Read([]byte(src))
			var faults procedure.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("it was taken: %v", err)
			}
			for _, f := range faults {
				if f.Code != "procedure."+c.code || f.Place != c.place {
					continue
				}
				lines := strings.Split(src, "\n")
				if c.code != "file.yaml" && (f.Line < 1 || f.Line > len(lines)) {
					t.Fatalf("%v has no line", f)
				}
				if c.at != "" && !strings.Contains(lines[f.Line-1], c.at) {
					t.Errorf("%v: the line reads %q", f, lines[f.Line-1])
				}
				return
			}
			t.Errorf("no fault %s at %s:\n%v", c.code, c.place, err)
		})
	}
}

func TestFilesAreBounded(t *testing.T) {
	for name, c := range map[string]struct{ src, code string }{
		"empty":    {"", "procedure.file.empty"},
		"comments": {"# nothing\n", "procedure.file.empty"},
		"large":    {"a: " + strings.Repeat("x", procedure.MaxFile), "procedure.file.large"},
		"deep":     {strings.Repeat("[", 60) + strings.Repeat("]", 60), "procedure.file.deep"},
		"wide":     {"[" + strings.Repeat("1,", 30_000) + "1]", "procedure.file.deep"},
		// The bomb that made parsers famous: nine lines that mean a billion laughs.
		"bomb": {"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n", "procedure.file.alias"},
	} {
		_, err := procedure.Read([]byte(c.src))
		var faults procedure.Faults
		if !errors.As(err, &faults) || faults[0].Code != c.code {
			t.Errorf("%s: %v, not %s", name, err, c.code)
		}
	}
}

// What a type asks of the product and of other types is judged apart, since it hangs on them.
func TestFitsNamesWhatIsNotThere(t *testing.T) {
	types := shipped(t)
	read := func(name string, edit ...string) *procedure.Type {
		src, err := os.ReadFile("../../city/beijing/procedures/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		return sound(t, change(t, string(src), edit...))
	}
	for name, c := range map[string]struct {
		typ         *procedure.Type
		code, place string
	}{
		"post":           {read("repair", "grant: dispatcher", "grant: dispatchr"), "platform.grant", "roles.dispatcher.filled.grant"},
		"element":        {read("repair", "case.repair.reported", "case.repair.reprted"), "platform.element", "start.report.effects[0].record.element"},
		"event":          {read("repair", "on: device.faulty", "on: device.gone"), "platform.event", "start.alarm.on"},
		"urn":            {read("inspection", "from: hotels", "from: hostels"), "platform.urn", "steps.draw.effects[0].draw.from"},
		"licence":        {read("approval", "licence: production", "licence: poetry"), "platform.licence", "steps.grant.effects[0].issue.licence"},
		"purpose":        {read("settlement", "purpose: repair", "purpose: fun"), "platform.purpose", "steps.pay.effects[0].pay.purpose"},
		"type":           {read("whistle", "type: report_duty, start: called", "type: report_dty, start: called"), "platform.type", "start.whistle.effects[0].spawn.type"},
		"opening":        {read("whistle", "type: report_duty, start: called", "type: report_duty, start: cald"), "missing.start", "start.whistle.effects[0].spawn.start"},
		"child's field":  {read("whistle", "with: {duty: form.what", "with: {dty: form.what"), "missing.field", "start.whistle.effects[0].spawn.with.dty"},
		"not filled in":  {read("whistle", "with: {duty: form.what, tier", "with: {tier"), "effect.with", "start.whistle.effects[0].spawn.with"},
		"child's role":   {read("whistle", "give: {department: each}", "give: {departmnt: each}"), "missing.role", "start.whistle.effects[0].spawn.give.departmnt"},
		"role not given": {read("whistle", ", give: {department: each}", ""), "effect.give", "start.whistle.effects[0].spawn.give"},
		"child's state":  {read("whistle", "in: [arrived,", "in: [arived,"), "missing.state", "steps.all_here.on.children.in"},
		"signal":         {read("whistle", "name: cancelled}", "name: canceled}"), "platform.signal", "steps.cancel.effects[0].signal.name"},
		"sealed field":   {read("application", "unseal: [total,", "unseal: [totl,"), "missing.field", "steps.judged.effects[0].unseal"},
		"intake":         {read("selection", "type: application, start: apply", "type: repair, start: report"), "platform.under", "takes.applications.start"},
		"under":          {read("application", "under: selection", "under: repair"), "platform.takes", "start.apply.under"},
		// A whistle may also end cancelled or unsolved: then a ticket would wait for ever.
		"join": {read("hotline", "link: whistle, need: all}", "link: whistle, need: all, in: [closed]}"), "platform.join", "steps.together.on.children"},
	} {
		on := platform(t, types)
		err := c.typ.Fits(on)
		var faults procedure.Faults
		if !errors.As(err, &faults) {
			t.Errorf("%s: it fits: %v", name, err)
			continue
		}
		found := false
		for _, f := range faults {
			found = found || f.Code == "procedure."+c.code && f.Place == c.place && f.Line > 0
		}
		if !found {
			t.Errorf("%s: no fault %s at %s:\n%v", name, c.code, c.place, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(lending(f)))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		typ, err := procedure.Read(src)
		if (typ == nil) == (err == nil) {
			t.Errorf("%v %v", typ, err)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}
