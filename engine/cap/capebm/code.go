package capebm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/ebd"
)

// plain is a name without what people write differently: case, blanks and marks.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, name)
}

// EventKnown is how an event type was found.
type EventKnown int

// From sure to hardly more than a guess.
const (
	EventGiven    EventKnown = iota // by its code
	EventNamed                      // by the name of an event type in the event's text
	EventCategory                   // by the category alone
)

// Event finds the event type of an info.
func Event(n *cap.Info) (ebd.EventType, EventKnown) {
	for _, v := range n.EventCodes {
		if name := plain(v.Name); strings.HasPrefix(name, "GBT35561") || name == "EVENTTYPE" || name == "EBMEVENTTYPE" {
			if e, ok := eventCode(strings.TrimSpace(v.Value)); ok {
				return e, EventGiven
			}
		}
	}
	if e, ok := eventNamed(n.Event); ok {
		return e, EventNamed
	}
	if e, ok := eventNamed(n.Headline); ok {
		return e, EventNamed
	}
	return eventOfCategory(n.Categories), EventCategory
}

// oldEvent is the form of the classification of 2006, a letter for the class: 11B03 for 10203.
var oldEvent = regexp.MustCompile(`^1([1-9])([A-HJ-NP-X])(\d\d)$`)

func eventCode(s string) (ebd.EventType, bool) {
	if m := oldEvent.FindStringSubmatch(s); m != nil {
		n := strings.Index("ABCDEFGHJKLMNPQRSTUVWX", m[2]) + 1
		s = fmt.Sprintf("%s%02d%s", m[1], n, m[3])
	}
	e, err := ebd.ParseEventType(s)
	return e, err == nil
}

// eventNamed finds the event type whose name is, or else is the longest within, a text.
func eventNamed(text string) (best ebd.EventType, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	longest := 0
	for _, e := range ebd.Events() {
		if strings.HasSuffix(string(e.Code), "99") {
			continue
		}
		for _, name := range []string{strings.ToLower(e.Name.Zh), strings.ToLower(e.Name.En)} {
			if name == text {
				return e.Code, true
			}
			if len(name) >= len("暴雨") && len(name) > longest && within(text, name) {
				best, longest = e.Code, len(name)
			}
		}
	}
	return best, longest > 0
}

// within reports whether a name stands in a text, Latin names as whole words.
func within(text, name string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(name)
		latin := func(b byte) bool { return b >= 'a' && b <= 'z' }
		if (start == 0 || !latin(text[start-1]) || !latin(name[0])) && (end == len(text) || !latin(text[end]) || !latin(name[len(name)-1])) {
			return true
		}
		from = start + 1
	}
}

// byCategory is what stands for a CAP category when nothing more is known.
var byCategory = map[string]ebd.EventType{
	"Geo": "10400", "Met": "10200", "Safety": "20000", "Security": "40000", "Rescue": "20000", "Fire": "20700", "Health": "30000",
	"Env": "21500", "Transport": "20800", "Infra": "21400", "CBRNE": "21800", "Other": "90000",
}

func eventOfCategory(categories []string) ebd.EventType {
	for _, c := range categories {
		if e, ok := byCategory[c]; ok {
			return e
		}
	}
	return "90000"
}

// categories of CAP by the beginning of an event type; the longest that fits counts.
var categories = map[string]string{
	"1": "Geo", "101": "Met", "102": "Met", "105": "Met", "106": "Env", "107": "Fire",
	"2": "Safety", "204": "CBRNE", "207": "Fire", "208": "Transport", "209": "Transport", "210": "Transport", "211": "Transport", "212": "Transport", "214": "Infra",
	"215": "Env", "218": "CBRNE", "219": "Infra", "3": "Health", "4": "Security", "5": "Security",
}

// Category is the CAP category of an event type.
func Category(e ebd.EventType) string {
	for n := min(3, len(e)); n > 0; n-- {
		if c, ok := categories[string(e[:n])]; ok {
			return c
		}
	}
	return "Other"
}

// foreignCodes begin the names of systems of geocodes whose codes may look like ours.
var foreignCodes = []string{"SAME", "FIPS", "UGC", "EMMA", "NUTS", "WMO", "CLC", "PROFILE", "LAYER", "ISO", "ZIP", "POST", "AMT", "WARNCELL", "ISTAT", "LAU", "JIS", "JMA"}

// provinces are the first two digits that GB/T 2260 gives out; 10 is for the whole country.
var provinces = strings.Fields("10 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82")

// AreaCode is the region that a geocode names: six, nine or twelve digits of a system that is
// not known to be another's.
func AreaCode(v cap.Value) (ebd.AreaCode, bool) {
	name, code := plain(v.Name), strings.TrimSpace(v.Value)
	foreign := slices.ContainsFunc(foreignCodes, func(f string) bool { return strings.HasPrefix(name, f) })
	if foreign || len(code) != 6 && len(code) != 9 && len(code) != 12 || !slices.Contains(provinces, code[:2]) {
		return "", false
	}
	a, err := ebd.ParseAreaCode(code + "000000"[:12-len(code)])
	return a, err == nil
}

// Geocode is a region's code as CAP carries it: six digits down to the county, else twelve.
func Geocode(a ebd.AreaCode) cap.Value {
	if len(a) == 12 && a[6:] == "000000" {
		return cap.Value{Name: Counties, Value: string(a[:6])}
	}
	return cap.Value{Name: Townships, Value: string(a)}
}

// languageCode is the three letters (ISO 639-2/T) for a language by RFC 3066, and whether a
// part of it is lost. Without any it is en-US (CAP 1.2 §3.2.2).
func languageCode(tag string) (code string, exact bool) {
	switch strings.ToLower(tag) {
	case "":
		return "eng", true
	case "zh", "zh-cn", "zh-hans", "zh-hans-cn", "cmn":
		return "zho", true
	}
	t, err := language.Parse(tag)
	if err != nil {
		return "und", false
	}
	base, _ := t.Base()
	code = base.ISO3()
	return code, strings.EqualFold(tag, base.String()) || strings.EqualFold(tag, "en-US")
}

// languageTag is a language by RFC 3066 for three letters.
func languageTag(code string) string {
	switch code {
	case "", "zho", "chi":
		return "zh-CN"
	}
	if base, err := language.ParseBase(code); err == nil {
		return base.String()
	}
	return code
}

// mediaTypes of resources, by AuxiliaryType (082 table G.1).
var mediaTypes = []struct {
	aux  int
	mime string
	ext  string
}{
	{ebd.AuxMP3, "audio/mpeg", "mp3"}, {ebd.AuxMP2, "audio/mp2", "mp2"}, {ebd.AuxDRA, "audio/vnd.dra", "dra"}, {ebd.AuxDRAPlus, "audio/vnd.dra.plus", "dra"},
	{ebd.AuxPNG, "image/png", "png"}, {ebd.AuxJPEG, "image/jpeg", "jpg"}, {ebd.AuxGIF, "image/gif", "gif"}, {ebd.AuxStream, "video/mp2t", "ts"},
}

func auxiliaryOf(mime string) (aux int, ext string, ok bool) {
	mime, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(mime)), ";")
	switch mime {
	case "audio/mp3", "audio/x-mp3", "audio/mpeg3":
		mime = "audio/mpeg"
	case "image/jpg", "image/pjpeg":
		mime = "image/jpeg"
	case "application/vnd.apple.mpegurl", "application/x-mpegurl":
		mime = "video/mp2t"
	}
	for _, m := range mediaTypes {
		if m.mime == mime {
			return m.aux, m.ext, true
		}
	}
	return 0, "", false
}

func mimeOf(aux int) string {
	for _, m := range mediaTypes {
		if m.aux == aux {
			return m.mime
		}
	}
	return "application/octet-stream"
}
