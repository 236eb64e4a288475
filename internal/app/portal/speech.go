package portal

import (
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// speech is what the page reads aloud, in two breaths, since each may need a voice of its own.
type speech struct {
	Lead string // how the message stands, in the reader's language
	Text string // what it says, in the language it was written in
}

// speech says first what the page says first: that a message is over, that it is a drill,
// how grave it is; then where, what to do, what is happening.
func (w words) speech(m *Message, text Text, c card) speech {
	var lead, said []string
	if c.Over {
		lead = append(lead, w.plain("end."+string(m.ending()), m.StartsAt, m.endedAt()))
	}
	if m.Drill {
		lead = append(lead, w.t("drill.sentence"))
	}
	if c.Over {
		lead = append(lead, w.t("spoken.then"))
	}
	if c.Severity != "none" {
		lead = append(lead, strings.ReplaceAll(c.Level, " · ", w.t("brief.join")))
	}
	in := words{text.Lang, w.now, w.zone}
	where, _ := in.places(m.Places)
	if c.Lang != "" { // what is known in the reader's language, then the original
		if c.Original != "" {
			lead = append(lead, c.Bare)
		}
		lead = append(lead, c.Where, w.t("message.no_text"))
		_, title := m.title(text)
		said = append(said, title)
	} else {
		said = append(said, c.Bare, where)
	}
	advice := paragraphs(text.Advice)
	if len(advice) > 0 && (c.Over || m.Drill) {
		said = append(said, in.adviceHead(m))
	}
	said = append(said, advice...)
	said = append(said, paragraphs(text.Body)...)
	if m.Drill {
		said = append(said, in.t("drill.sentence"))
	}
	return speech{breath(w.lang, lead), breath(in.lang, said)}
}

// breath is sentences as one text, each ended once.
func breath(lang i18n.Lang, sentences []string) string {
	stop := "。"
	if lang == i18n.English {
		stop = ". "
	}
	var out strings.Builder
	for _, s := range sentences {
		if s = strings.TrimRight(strings.TrimSpace(s), "。.!！"); s != "" {
			out.WriteString(s + stop)
		}
	}
	return strings.TrimSpace(out.String())
}
