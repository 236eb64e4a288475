package calendar

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// writer writes iCalendar, as RFC 5545 has it: lines end with CR LF and are folded at 75 octets,
// never within a character.
type writer struct{ strings.Builder }

const foldAt = 75

func (w *writer) line(name string, value any) {
	text := fmt.Sprint(name, ":", value)
	for limit := foldAt; len(text) > limit; limit = foldAt - 1 {
		cut := limit
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		w.WriteString(text[:cut] + "\r\n ")
		text = text[cut:]
	}
	w.WriteString(text + "\r\n")
}

var escape = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`)

// text writes a value that people read.
func (w *writer) text(name, value string) {
	value = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(value, ""))
	w.line(name, escape.Replace(value))
}

func (w *writer) begin(name string) {
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", "-//Tongsheng//Cases//ZH")
	w.line("CALSCALE", "GREGORIAN")
	w.line("METHOD", "PUBLISH")
	w.text("NAME", name)
	w.text("X-WR-CALNAME", name)
	w.line("REFRESH-INTERVAL;VALUE=DURATION", "PT15M")
	w.line("X-PUBLISHED-TTL", "PT15M")
}

func (w *writer) end() string {
	w.line("END", "VCALENDAR")
	return w.String()
}

// instant is a moment, the same in every zone.
func instant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
