package portal

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// joined are sentences one after the other, between which Chinese has no space.
func (w words) joined(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), betweenSentences(w.lang))
}

// betweenSentences is what stands between two: Chinese full stops have their room.
func betweenSentences(lang i18n.Lang) string {
	if lang == i18n.English {
		return " "
	}
	return ""
}

// said is a sentence with its number apart, so that it can stand out.
type said struct{ Before, Number, After string }

func (s said) String() string { return s.Before + s.Number + s.After }

func (w words) name(zh, en string) string { return Name{zh, en}.In(w.lang) }

// figure puts an indicator of a place into words; false where it is not known there.
func (r *request) figure(o *indicator.Public, at figurePlace) (line figureLine, known bool) {
	here := at.of(o)
	v := here.Value
	if v == nil {
		return line, false
	}
	stated := statedIn(o, here)
	line = figureLine{Code: o.Code, Says: r.say(o, *v), When: r.soFar(stated)}
	if known := knownOf(o.Regions); at.City == "" && 0 < known && known < len(o.Regions) {
		line.When = r.t("figures.some", "when", line.When, "known", known, "all", len(o.Regions))
	}
	if line.Old = here.Stale == "" && o.Period != period.Day && !stated.Next(2).End(r.zone).After(r.now); line.Old {
		line.When = r.t("figures.last_of", "when", line.When)
	}
	if at.City != "" && o.Value != nil {
		line.All = r.t("figures.all", "city", at.City, "value", r.rounded(o, *o.Value))
	}
	if here.Stale != "" {
		if p, err := period.Parse(here.Stale); err == nil {
			line.Stale = r.t("figures.stale", "when", r.period(p))
		}
	}
	g := here.Target
	if g == nil || o.Direction == indicator.Neither || at.City != "" && !suits(o, []*float64{v}, g) {
		return line, true
	}
	line.Met = "missed"
	if o.Direction == indicator.Up && *v >= g.Value || o.Direction == indicator.Down && *v <= g.Value {
		line.Met = "met"
	}
	how := line.Met
	if how == "missed" && !g.By.End(r.zone).After(r.now) {
		how = "late"
	}
	line.Target = r.t("figures.target."+string(o.Direction)+"."+how, "by", r.period(g.By), "value", r.short(o, g.Value))
	return line, true
}

// knownOf counts the regions of which a value is known.
func knownOf(regions []indicator.OpenValue) (known int) {
	for _, v := range regions {
		known += b2i(v.Value != nil)
	}
	return known
}

// soFar is a period in words, with a word where it is not over.
func (r *request) soFar(p period.Period) string {
	if p.End(r.zone).After(r.now) {
		return r.t("figures.so_far", "when", r.period(p))
	}
	return r.period(p)
}

// statedIn is when a value is of: of a state that holds until the next, when it was stated.
func statedIn(o *indicator.Public, v indicator.OpenValue) period.Period {
	if v.Data.Kind != "" && !v.Data.End(time.UTC).After(o.At.Start(time.UTC)) {
		return v.Data
	}
	return o.At
}

// hundred reports whether an indicator is a share that is told as so many of a hundred.
func hundred(o *indicator.Public) bool { return strings.Contains(o.SayZh, indicator.SaidHundred) }

// say is an indicator's sentence with its value in it.
func (w words) say(o *indicator.Public, v float64) said {
	number := w.rounded(o, v)
	for _, mark := range []string{indicator.SaidValue, indicator.SaidHundred} {
		if before, after, ok := strings.Cut(w.name(o.SayZh, o.SayEn), mark); ok {
			return said{before, number, after}
		}
	}
	return said{w.t("figures.named", "name", w.name(o.NameZh, o.NameEn)), number, unitAfter(number, w.name(o.UnitZh, o.UnitEn)) + w.t("figures.stop")}
}

// unitAfter is a unit as it follows a number: after 万 without a space, in English one without an s.
func unitAfter(number, unit string) string {
	if unit == "" || unit == "%" || strings.HasSuffix(number, "万") {
		return unit
	}
	if one, many := strings.CutSuffix(unit, "s"); many && number == "1" && len(one) > 1 && !strings.HasSuffix(one, "s") {
		unit = one
	}
	return " " + unit
}

// rounded is a value as people repeat it: so many of a hundred are whole, and neither none nor
// all where that is not quite so.
func (w words) rounded(o *indicator.Public, v float64) string {
	if hundred(o) {
		v *= 100
	}
	if o.UnitZh != "%" && !hundred(o) {
		return w.number(v, o.Places)
	}
	switch whole := math.Round(v); {
	case whole >= 100 && v < 100:
		return w.t("figures.over", "n", 99)
	case whole == 0 && v > 0:
		return w.t("figures.under", "n", 1)
	default:
		return strconv.FormatFloat(whole, 'f', 0, 64)
	}
}

// exact is a value with its unit and the places that it is given with.
func (w words) exact(o *indicator.Public, v float64) string {
	if hundred(o) {
		return strconv.FormatFloat(v*100, 'f', 1, 64) + "%"
	}
	number := w.number(v, o.Places)
	return number + unitAfter(number, w.name(o.UnitZh, o.UnitEn))
}

// short is a round value with its unit and no more places than it has.
func (w words) short(o *indicator.Public, v float64) string {
	text := w.exact(o, v)
	end := strings.LastIndexAny(text, "0123456789") + 1
	if number := text[:end]; strings.Contains(number, ".") {
		return strings.TrimRight(strings.TrimRight(number, "0"), ".") + text[end:]
	}
	return text
}

// number is a number with so many places, fewer where it is large; tens of thousands in Chinese
// count in 万.
func (w words) number(v float64, places int) string {
	if w.lang != i18n.English && math.Abs(v) >= 1e5 {
		return strings.TrimSuffix(strconv.FormatFloat(v/1e4, 'f', 1, 64), ".0") + "万"
	}
	if math.Abs(v) >= 1000 {
		places = 0
	}
	if least := math.Pow10(-places); v > 0 && v < least/2 {
		return w.t("figures.under", "n", strconv.FormatFloat(least, 'f', places, 64))
	}
	text := strconv.FormatFloat(v, 'f', places, 64)
	whole, rest, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}

// period is a period as people say it.
func (w words) period(p period.Period) string { return p.Say(w.lang) }

// lastChange is when the last of some indicators changed.
func (w words) lastChange(list []indicator.Public) string {
	var last time.Time
	for i := range list {
		if list[i].ChangedAt.After(last) {
			last = list[i].ChangedAt
		}
	}
	if last.IsZero() {
		return ""
	}
	return w.at(last)
}
