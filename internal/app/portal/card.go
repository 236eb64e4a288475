package portal

import (
	"html/template"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// card is a message in the words of one page.
type card struct {
	ID         string
	Severity   string // red … blue, or none
	Level      string // the severity in words
	Drill      bool
	Over       bool
	Lang       string // of the text, where it is not the page's
	Title      string // of a drill, marked as one
	Bare       string // the title without that mark
	Original   string // the title as it was written, where Title names the event in the page's language instead
	Advice     []string
	AdviceHead string // what stands above the advice
	Body       []string
	Where      string   // in a few names
	Places     []string // all of them, where those are not all
	Issuer     string
	When       template.HTML // from when, until when
	Left       string        // how much longer
	Ended      template.HTML // how and when it ended
	EndWord    string        // how it ended, in a word
	EndAt      template.HTML
	Spoken     speech
	Sound      *Sound
}

// card puts a message into words.
func (w words) card(m *Message) card {
	text := m.text(w.lang)
	c := card{ID: m.ID, Severity: "none", Level: w.t("level.none"), Drill: m.Drill, AdviceHead: w.adviceHead(m), Advice: sentences(text.Advice),
		Body: paragraphs(text.Body), Issuer: m.Issuer.In(w.lang), Sound: m.sound(w.lang)}
	c.Title, c.Bare = m.title(text)
	if text.Lang != w.lang {
		c.Lang = htmlLang(text.Lang)
		if event := m.Event.only(w.lang); event != "" {
			c.Original = c.Title
			c.Title, c.Bare = m.title(Text{Lang: w.lang, Title: event})
		}
	}
	var folded bool
	if c.Where, folded = w.places(m.Places); folded {
		c.Places = w.placeNames(m.Places)
	}
	if rank(m.Severity) < len(severities) {
		c.Severity, c.Level = m.Severity, w.t("level."+m.Severity)
	}
	switch m.phaseAt(w.now) {
	case inForce:
		c.When = w.html("when.now", m.StartsAt, m.EndsAt)
		c.Left = w.t("left", "span", w.span(m.EndsAt.Sub(w.now)))
	case coming:
		c.When = w.html("when.coming", m.StartsAt, m.EndsAt)
	case over:
		c.Over = true
		c.When = w.html("when.over", m.StartsAt, m.endedAt())
		c.EndWord, c.EndAt = w.t("ended."+string(m.ending())), w.time(m.endedAt())
		c.Ended = w.html("end."+string(m.ending()), m.StartsAt, m.endedAt())
	}
	c.Spoken = w.speech(m, text, c)
	return c
}

// title is the title of a text, of a drill begun with the mark of one, and without it.
func (m *Message) title(text Text) (marked, bare string) {
	mark := t(text.Lang, "drill.mark")
	bare = strings.TrimSpace(strings.TrimPrefix(text.Title, strings.TrimSpace(mark)))
	if !m.Drill || bare == "" {
		return text.Title, text.Title
	}
	return mark + bare, bare
}

// adviceHead heads the advice: nobody may take that of a drill, or of what is over, for real.
func (w words) adviceHead(m *Message) string {
	ended := m.phaseAt(w.now) == over
	switch {
	case m.Drill && ended:
		return w.t("message.advice_drill_then")
	case m.Drill:
		return w.t("message.advice_drill")
	case ended:
		return w.t("message.advice_then")
	}
	return w.t("message.advice")
}

// text is the message in a language; the Chinese stands in for a missing English one.
func (m *Message) text(lang i18n.Lang) Text {
	var first Text
	for i, t := range m.Texts {
		if t.Lang == lang {
			return t
		}
		if i == 0 || t.Lang == i18n.Chinese {
			first = t
		}
	}
	return first
}

func (m *Message) sound(lang i18n.Lang) *Sound {
	for i := range m.Sounds {
		if m.Sounds[i].Lang == m.text(lang).Lang {
			return &m.Sounds[i]
		}
	}
	return nil
}

// html says a sentence that names the times {from} and {to}, as people and machines read
// them.
func (w words) html(key string, from, to time.Time) template.HTML {
	sentence := template.HTMLEscapeString(w.t(key))
	return template.HTML(strings.NewReplacer("{from}", string(w.time(from)), "{to}", string(w.time(to))).Replace(sentence))
}

// plain says the same without markup.
func (w words) plain(key string, from, to time.Time) string {
	return strings.NewReplacer("{from}", w.at(from), "{to}", w.at(to)).Replace(w.t(key))
}

func htmlLang(l i18n.Lang) string {
	if l == i18n.Chinese {
		return "zh-CN"
	}
	return string(l)
}
