package indicator

import (
	"regexp"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// How says in words how an indicator is reckoned: its formula with names instead of codes, and how
// it comes up the tree of regions.
func (b *Book) How(d *Definition, lang i18n.Lang) string {
	say := func(key string, args map[string]any) string { return i18n.T(lang, "measure.how."+key, args) }
	var formula string
	if d.Aggregate == Union {
		parts := make([]string, len(d.Parts))
		for i, p := range d.Parts {
			parts[i] = b.named(p, lang)
		}
		return say("union", map[string]any{"parts": strings.Join(parts, say("join", nil)), "level": say("level."+d.Base, nil)})
	}
	formula = b.named(d.Numerator, lang)
	switch over := b.named(d.Denominator, lang); {
	case d.Formula != "":
		formula = strings.NewReplacer("\x00", bracketed(formula), "\x01", bracketed(over)).Replace(
			signs.Replace(strings.NewReplacer(numeratorName, "\x00", denominatorName, "\x01").Replace(d.Formula)))
	case d.Denominator != "":
		formula = bracketed(formula) + " ÷ " + bracketed(over)
	}
	args := map[string]any{"formula": formula}
	if d.Aggregate != Formula {
		args["level"] = say("level."+d.Base, nil)
	}
	if d.Aggregate == Weighted {
		args["weight"] = b.named((&compiled{Definition: *d}).weight(), lang)
	}
	return say(string(d.Aggregate), args)
}

var (
	codes = regexp.MustCompile(`[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*`)
	signs = strings.NewReplacer("*", "×", "/", "÷", "-", "−")
)

// named is a formula with the names of what its codes stand for.
func (b *Book) named(formula string, lang i18n.Lang) string {
	return codes.ReplaceAllStringFunc(signs.Replace(formula), func(code string) string {
		zh, en := code, code
		if e, err := b.Ledger.Element(code); err == nil {
			zh, en = e.NameZh, e.NameEn
		} else if d, err := b.Definition(code); err == nil {
			zh, en = d.NameZh, d.NameEn
		}
		if lang == i18n.English {
			return en
		}
		return zh
	})
}

// bracketed keeps what is reckoned first together.
func bracketed(formula string) string {
	if strings.ContainsAny(formula, "+−×÷?") {
		return "(" + formula + ")"
	}
	return formula
}
