package standard

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Comparing is two versions side by side, item by item.
type Comparing struct {
	Earlier Side         `json:"earlier"`
	Later   Side         `json:"later"`
	Texts   []TextChange `json:"texts" nullable:"false" doc:"What changed outside the items"`
	Items   []ItemChange `json:"items" nullable:"false" doc:"In the order of the later version; those that were removed stand last"`
	Added   int          `json:"added"`
	Removed int          `json:"removed"`
	Changed int          `json:"changed"`
	Same    int          `json:"same"`
}

// Side names a version that is compared.
type Side struct {
	Standard string `json:"standard" doc:"Id"`
	Code     string `json:"code"`
	NameZh   string `json:"nameZh"`
	NameEn   string `json:"nameEn"`
	Number   int    `json:"number"`
	State    State  `json:"state" enum:"draft,comment,submitted,approved,rejected,pilot,published,withdrawn"`
	From     string `json:"from"`
	Until    string `json:"until"`
}

// ItemChange is what became of an item.
type ItemChange struct {
	Key        string            `json:"key"`
	What       string            `json:"what" enum:"added,removed,changed,same"`
	Earlier    *Item             `json:"earlier,omitempty"`
	Later      *Item             `json:"later,omitempty"`
	Texts      []TextChange      `json:"texts" nullable:"false"`
	Thresholds []ThresholdChange `json:"thresholds" nullable:"false" doc:"Those that changed"`
}

// TextChange is a field that reads otherwise.
type TextChange struct {
	Field  string  `json:"field"`
	Pieces []Piece `json:"pieces" nullable:"false"`
}

// ThresholdChange is a threshold that changed.
type ThresholdChange struct {
	For      string   `json:"for"`
	Earlier  *float64 `json:"earlier,omitempty"`
	Later    *float64 `json:"later,omitempty"`
	Stricter *bool    `json:"stricter,omitempty" doc:"Absent where the two are not judged alike"`
}

// cutRef reads "id:number".
func cutRef(ref string) (id string, number int, ok bool) {
	id, text, ok := strings.Cut(ref, ":")
	number, err := strconv.Atoi(text)
	return id, number, ok && err == nil
}

// Compare puts two versions side by side, of one standard or of two: later is a number, or
// "id:number" of another standard's.
func (d *Desk) Compare(ctx context.Context, id string, earlier int, later string) (c Comparing, err error) {
	a, v, err := d.seeVersion(ctx, d.DB, id, earlier)
	if err != nil {
		return c, err
	}
	if !strings.Contains(later, ":") {
		later = id + ":" + later
	}
	b, w, err := d.named(ctx, later)
	if err != nil {
		return c, err
	}
	return compare(a, v, b, w, httpapi.LangOf(ctx)), nil
}

func compare(a *Standard, v *Version, b *Standard, w *Version, lang i18n.Lang) Comparing {
	side := func(s *Standard, v *Version) Side {
		return Side{s.ID, s.Code, s.NameZh, s.NameEn, v.Number, v.State, v.Content.From, s.until(v)}
	}
	c := Comparing{Earlier: side(a, v), Later: side(b, w), Items: []ItemChange{}, Texts: []TextChange{}}
	for _, f := range [][3]string{{"basis", either(lang, v.Content.BasisZh, v.Content.BasisEn), either(lang, w.Content.BasisZh, w.Content.BasisEn)}} {
		if f[1] != f[2] {
			c.Texts = append(c.Texts, TextChange{f[0], diff(f[1], f[2])})
		}
	}
	for i := range w.Content.Items {
		now := &w.Content.Items[i]
		one := ItemChange{Key: now.Key, What: "added", Later: now, Texts: []TextChange{}, Thresholds: []ThresholdChange{}}
		if was := v.Content.item(now.Key); was != nil {
			one.Earlier = was
			one.beside(was, now, lang)
		}
		c.count(one)
	}
	for i := range v.Content.Items {
		if was := &v.Content.Items[i]; w.Content.item(was.Key) == nil {
			c.count(ItemChange{Key: was.Key, What: "removed", Earlier: was, Texts: []TextChange{}, Thresholds: []ThresholdChange{}})
		}
	}
	return c
}

func (c *Comparing) count(one ItemChange) {
	c.Items = append(c.Items, one)
	switch one.What {
	case "added":
		c.Added++
	case "removed":
		c.Removed++
	case "changed":
		c.Changed++
	default:
		c.Same++
	}
}

// either is a text in a language; the Chinese stands in for a missing English one.
func either(lang i18n.Lang, zh, en string) string {
	if lang == i18n.English && en != "" {
		return en
	}
	return zh
}

// beside finds what changed of an item, in the reader's language. What changed in the other
// language only makes it changed too.
func (c *ItemChange) beside(was, now *Item, lang i18n.Lang) {
	for _, f := range []struct{ field, was, now string }{
		{"heading", either(lang, was.HeadingZh, was.HeadingEn), either(lang, now.HeadingZh, now.HeadingEn)},
		{"text", either(lang, was.TextZh, was.TextEn), either(lang, now.TextZh, now.TextEn)},
		{"owedBy", either(lang, was.OwedByZh, was.OwedByEn), either(lang, now.OwedByZh, now.OwedByEn)},
		{"owedTo", either(lang, was.OwedToZh, was.OwedToEn), either(lang, now.OwedToZh, now.OwedToEn)},
		{"legal", either(lang, was.LegalZh, was.LegalEn), either(lang, now.LegalZh, now.LegalEn)},
		{"medium", was.Medium, now.Medium}, {"period", string(was.Period), string(now.Period)}, {"groups", strings.Join(was.Groups, " "), strings.Join(now.Groups, " ")}, {"indicator", was.Indicator, now.Indicator}, {"level", was.level(), now.level()}, {"things", was.Things, now.Things},
		{"comparison", string(was.Comparison), string(now.Comparison)}, {"note", either(lang, was.NoteZh, was.NoteEn), either(lang, now.NoteZh, now.NoteEn)},
	} {
		if f.was == f.now {
			continue
		}
		pieces := []Piece{{inEarlier, f.was}, {inLater, f.now}} // codes are not read word by word
		if slices.Contains([]string{"heading", "text", "owedBy", "owedTo", "legal", "note"}, f.field) {
			pieces = diff(f.was, f.now)
		}
		c.Texts = append(c.Texts, TextChange{f.field, slices.DeleteFunc(pieces, func(p Piece) bool { return p.Text == "" })})
	}
	c.thresholds(was, now)
	if c.What = "changed"; reflect.DeepEqual(was, now) {
		c.What = "same"
	}
}

func (c *ItemChange) thresholds(was, now *Item) {
	alike := was.Indicator == now.Indicator && was.Comparison == now.Comparison
	var whom []string
	for _, th := range slices.Concat(now.Thresholds, was.Thresholds) {
		if !slices.Contains(whom, th.For) {
			whom = append(whom, th.For)
		}
	}
	for _, of := range whom {
		x := ThresholdChange{For: of, Earlier: was.limit(of), Later: now.limit(of)}
		if x.Earlier != nil && x.Later != nil {
			if *x.Earlier == *x.Later && alike {
				continue
			}
			if alike {
				stricter := (*x.Later > *x.Earlier) == (now.Comparison == AtLeast)
				x.Stricter = &stricter
			}
		}
		c.Thresholds = append(c.Thresholds, x)
	}
}

// limit is the threshold that an item names for somebody; nil if it names none.
func (it *Item) limit(whom string) *float64 {
	for _, th := range it.Thresholds {
		if th.For == whom {
			return &th.Value
		}
	}
	return nil
}
