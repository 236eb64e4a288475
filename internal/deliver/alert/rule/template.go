package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Template is a message with blanks, in both languages.
type Template struct {
	Key      string           `json:"key" minLength:"1" maxLength:"60" pattern:"^[a-z0-9-]+$"`
	Class    wire.Class       `json:"class" enum:"emergency,everyday"`
	Event    string           `json:"event" pattern:"^[1-9][0-9]{4}$"`
	Severity message.Severity `json:"severity" enum:"red,orange,yellow,blue,unknown"`
	NameZh   string           `json:"nameZh" minLength:"1" maxLength:"60" text:"name"`
	NameEn   string           `json:"nameEn" minLength:"1" maxLength:"60" text:"name"`
	Texts    []message.Text   `json:"texts" minItems:"1" maxItems:"2"`
	Hours    int              `json:"hours" minimum:"1" maximum:"744" doc:"How long such a message usually lasts"`
	Plays    int              `json:"plays" minimum:"1" maximum:"100" doc:"How often it is usually played"`
}

var blank = regexp.MustCompile(`\{([a-z]+)\}`)

// Blanks are the names of what must be filled in, in order of appearance.
func (t *Template) Blanks() (names []string) {
	for _, text := range t.Texts {
		for _, m := range blank.FindAllStringSubmatch(text.Title+text.Body+text.Advice, -1) {
			if !slices.Contains(names, m[1]) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

// Fill puts values into the blanks; blanks without a value stay, and are listed. Values
// that differ by language are given as "name.en" beside "name".
func (t *Template) Fill(values map[string]string) (texts []message.Text, missing []string) {
	for _, text := range t.Texts {
		put := func(s string) string {
			return blank.ReplaceAllStringFunc(s, func(b string) string {
				name := strings.Trim(b, "{}")
				for _, key := range []string{name + "." + text.Lang, name} {
					if v := strings.TrimSpace(values[key]); v != "" {
						return v
					}
				}
				if !slices.Contains(missing, name) {
					missing = append(missing, name)
				}
				return b
			})
		}
		texts = append(texts, message.Text{Lang: text.Lang, Title: put(text.Title), Body: put(text.Body), Advice: put(text.Advice)})
	}
	return texts, missing
}

// Check says what is wrong with a template.
func (t *Template) Check() error {
	var list fault.List
	if _, err := ebd.ParseEventType(t.Event); err != nil {
		list.Add(fault.Bad("event", "alert.event.form"))
	}
	seen := map[string]bool{}
	for i, text := range t.Texts {
		at := fmt.Sprintf("texts[%d]", i)
		if text.Lang != "zh" && text.Lang != "en" || seen[text.Lang] {
			list.Add(fault.Bad(at+".lang", "alert.text.lang"))
		}
		seen[text.Lang] = true
		for _, part := range []struct{ name, text string }{{"title", text.Title}, {"body", text.Body}, {"advice", text.Advice}} {
			if part.text == "" && part.name != "advice" {
				list.Add(fault.Bad(at+"."+part.name, "alert.text.missing"))
			}
			if strings.ContainsAny(blank.ReplaceAllString(part.text, ""), "{}") {
				list.Add(fault.Bad(at+"."+part.name, "alert.template.blank"))
			}
		}
	}
	if !seen["zh"] {
		list.Add(fault.Bad("texts", "alert.text.chinese_needed"))
	}
	return list.OrNil()
}

// Pronunciation tells the speech engine how a Chinese word is said.
type Pronunciation struct {
	Word   string `json:"word" minLength:"1" maxLength:"16"`
	Pinyin string `json:"pinyin" minLength:"1" maxLength:"120" doc:"A syllable with its tone for each character: hui2 long2 guan1"`
	Note   string `json:"note,omitempty" maxLength:"200"`
}
