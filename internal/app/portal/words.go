package portal

import (
	"fmt"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// words says things in one language at one moment.
type words struct {
	lang i18n.Lang
	now  time.Time
	zone *time.Location
}

// t says a key of this package's catalogue; pairs are names and values.
func t(lang i18n.Lang, key string, pairs ...any) string {
	args := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return i18n.T(lang, "portal."+key, args)
}

func (w words) t(key string, pairs ...any) string { return t(w.lang, key, pairs...) }

// at is a moment as people say it: today 10:05, 21 July 10:05.
func (w words) at(when time.Time) string {
	when, now := when.In(w.zone), w.now.In(w.zone)
	hour := when.Format("15:04")
	switch days := int(math.Round(midnight(when).Sub(midnight(now)).Hours() / 24)); {
	case days == 0:
		return w.t("time.today", "time", hour)
	case days == -1:
		return w.t("time.yesterday", "time", hour)
	case days == 1:
		return w.t("time.tomorrow", "time", hour)
	}
	date := fmt.Sprintf("%d月%d日", when.Month(), when.Day())
	if w.lang == i18n.English {
		date = when.Format("2 January")
	}
	if when.Year() != now.Year() {
		if w.lang == i18n.English {
			date += when.Format(" 2006")
		} else {
			date = fmt.Sprintf("%d年", when.Year()) + date
		}
	}
	return w.t("time.date", "date", date, "time", hour)
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// time is a moment as people and machines read it.
func (w words) time(when time.Time) template.HTML {
	return template.HTML(`<time datetime="` + when.In(w.zone).Format(time.RFC3339) + `">` + template.HTMLEscapeString(w.at(when)) + `</time>`)
}

// span is a length of time, rounded as people would.
func (w words) span(d time.Duration) string {
	minutes := int(d.Minutes())
	switch {
	case minutes < 10:
		return w.t("span.short")
	case minutes < 55:
		return w.t("span.minutes", "n", (minutes+5)/10*10)
	case minutes < 90:
		return w.t("span.hour")
	case minutes < 36*60:
		return w.t("span.hours", "n", (minutes+30)/60)
	}
	return w.t("span.days", "n", (minutes+12*60)/(24*60))
}

// list joins names: 甲、乙; A, B and C.
func (w words) list(names []string) string {
	if w.lang != i18n.English || len(names) < 2 {
		return strings.Join(names, "、")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// few is how many places a sentence names before it only counts the rest.
const few = 3

// places says where a message is for, in a few names; folded reports that there are more.
func (w words) places(places []Place) (said string, folded bool) {
	names := w.placeNames(places)
	if len(names) <= few+1 {
		return w.list(names), false
	}
	said = strings.Join(names[:few], w.t("place.join"))
	return w.t("place.folded", "places", said, "all", len(names)), true
}

// placeNames are the places by name, each once.
func (w words) placeNames(places []Place) (names []string) {
	for _, p := range places {
		name := p.Name.In(w.lang)
		if p.Part {
			name = i18n.T(w.lang, "alert.place.part", map[string]any{"place": name})
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// fullName is a region after those around it: 朝阳区 建外街道; Jianwai, Chaoyang.
func fullName(r Region, lang i18n.Lang) string {
	names := make([]string, 0, len(r.Within)+1)
	for _, n := range r.Within {
		names = append(names, n.In(lang))
	}
	names = append(names, r.Name.In(lang))
	if lang != i18n.English {
		return strings.Join(names, " ")
	}
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return strings.Join(names, ", ")
}

// sentences are a text's sentences, each to stand on a line of its own: what to do is
// easier to follow one step at a time.
func sentences(text string) (out []string) {
	return paragraphs(sentenceEnd.ReplaceAllString(text, "$1\n$2"))
}

var sentenceEnd = regexp.MustCompile(`([。！？]|[.!?] )([^”’）」])`)

// paragraphs are the lines of a text that hold something.
func paragraphs(text string) (out []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
