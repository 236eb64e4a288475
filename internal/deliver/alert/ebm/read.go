package ebm

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Doubts that a message from outside may raise.
const (
	DoubtShortened = "shortened" // the text was longer than terminals take
	DoubtTexts     = "texts"     // it says different things in different places
	DoubtLanguage  = "language"  // it is in no language that is spoken here
	DoubtTimes     = "times"     // it has no end, or one too far away
	DoubtRegion    = "region"    // a platform below speaks to places that are not its own
)

// Message types have no word for how often a message sounds: until it ends, by the standard.
// Three times is what people take in; a peer that wants more sends the message again.
var repeat = message.Repeat{Count: 3, IntervalSeconds: 5}

// MaxID is how long an id may be that is not as it should be, bytes; the standard's have 35.
const MaxID = 64

// Missing names the first mandatory part that a message lacks, empty for none (082 tables 2
// to 4).
func Missing(m *ebd.EBM) string {
	b := m.MsgBasicInfo
	switch {
	case m.EBMID == "" || len(m.EBMID) > MaxID:
		return "EBMID"
	case b == nil:
		return "MsgBasicInfo"
	case b.MsgType == 0:
		return "MsgBasicInfo/MsgType"
	case b.MsgType == ebd.MsgCancel:
		return "" // what it cancels says the rest
	case b.EventType == "":
		return "MsgBasicInfo/EventType"
	case b.EndTime == "":
		return "MsgBasicInfo/EndTime"
	case len(m.MsgContent) == 0:
		return "MsgContent"
	}
	for _, c := range m.MsgContent {
		switch {
		case strings.TrimSpace(c.MsgTitle)+strings.TrimSpace(c.MsgDesc) == "":
			return "MsgContent/MsgDesc"
		case strings.TrimSpace(c.AreaCode) == "":
			return "MsgContent/AreaCode"
		}
	}
	return ""
}

// Level is the level of a resource code.
func Level(c ebd.ResourceCode) rule.Level {
	return map[ebd.Level]rule.Level{ebd.Central: rule.Nation, ebd.Province: rule.Province, ebd.City: rule.City, ebd.County: rule.District,
		ebd.Town: rule.Township, ebd.Village: rule.Village}[c.Level()]
}

// Ref is what identifies a message at its source. A cancel that bears the id of what it
// cancels, as field systems write it, is another thing than that.
func Ref(m *ebd.EBM) string {
	if cancels(m) && (m.RelatedInfo == nil || m.RelatedInfo.EBMID == "" || m.RelatedInfo.EBMID == m.EBMID) {
		return "cancel:" + string(m.EBMID)
	}
	return string(m.EBMID)
}

func cancels(m *ebd.EBM) bool {
	return m.MsgBasicInfo != nil && m.MsgBasicInfo.MsgType == ebd.MsgCancel
}

// Read says a message in this house's words, as of now; its origin, sounds, pictures and
// original are the caller's to add. Missing must have found nothing.
func Read(m *ebd.EBM, now time.Time) message.Arrival {
	a := message.Arrival{Act: message.Begins, Ref: Ref(m)}
	if m.RelatedInfo != nil && m.RelatedInfo.EBMID != "" && m.RelatedInfo.EBMID != m.EBMID {
		a.Act, a.Earlier = message.Updates, []string{string(m.RelatedInfo.EBMID)}
	}
	if id, err := ebd.ParseEBMID(string(m.EBMID)); err == nil {
		a.EBMID = id
	}
	b := m.MsgBasicInfo
	if cancels(m) {
		a.Act, a.Kind, a.EBMID = message.Cancels, message.Real, ""
		if len(a.Earlier) == 0 {
			a.Earlier = []string{string(m.EBMID)}
		}
		for _, c := range m.MsgContent {
			if text := strings.TrimSpace(c.MsgDesc); text != "" && a.Reason == "" {
				a.Reason = message.Cut(clean(text, false), 200)
			}
		}
		return a
	}
	a.Kind = kinds[b.MsgType]
	if a.Kind == "" {
		a.Kind = message.Real
	}
	a.Class = wire.Emergency
	c := &a.Content
	c.Event, c.Severity, c.Repeat = b.EventType, severities[b.Severity], repeat
	if c.Severity == "" { // what has no colour is no warning
		a.Class, c.Severity = wire.Everyday, message.Unknown
	}
	doubt := func(why string) {
		if !slices.Contains(a.Doubts, why) {
			a.Doubts = append(a.Doubts, why)
		}
	}
	readTimes(b, c, now, doubt)
	for _, part := range m.MsgContent {
		readText(part, a.Kind, c, doubt)
		for _, code := range Areas(part.AreaCode) {
			if !slices.Contains(c.Area.Regions, code) {
				c.Area.Regions = append(c.Area.Regions, code)
			}
		}
	}
	if c.Text("zh").Lang != "zh" && len(c.Texts) > 0 { // shown and read out as it stands
		c.Texts[0].Lang = "zh"
		doubt(DoubtLanguage)
	}
	return a
}

var (
	kinds = map[ebd.MsgType]message.Kind{ebd.MsgReal: message.Real, ebd.MsgPlatformDrill: message.PlatformDrill,
		ebd.MsgHeadEndDrill: message.HeadEndDrill, ebd.MsgTerminalDrill: message.TerminalDrill}
	severities = map[ebd.Severity]message.Severity{ebd.SeverityRed: message.Red, ebd.SeverityOrange: message.Orange,
		ebd.SeverityYellow: message.Yellow, ebd.SeverityBlue: message.Blue}
)

func readTimes(b *ebd.MsgBasicInfo, c *message.Content, now time.Time, doubt func(string)) {
	if at, err := b.StartTime.Time(); err == nil && at.After(now) {
		c.StartsAt = at.UTC()
	}
	from := now
	if !c.StartsAt.IsZero() {
		from = c.StartsAt
	}
	end, err := b.EndTime.Time()
	switch {
	case err != nil:
		end = from.Add(time.Hour)
		doubt(DoubtTimes)
	case end.Sub(from) > message.MaxDuration:
		end = from.Add(message.MaxDuration)
		doubt(DoubtTimes)
	}
	c.EndsAt = end.UTC()
}

// readText adds one language. Words beyond the limits of a title lead the body, so that none
// is lost; only a body beyond its limit is shortened, which a person must look at.
func readText(part ebd.MsgContent, kind message.Kind, c *message.Content, doubt func(string)) {
	lang, known := language(part.LanguageCode)
	if !known {
		if len(c.Texts) > 0 {
			return
		}
		lang = "other"
	}
	title, body := unmark(clean(part.MsgTitle, false), kind), unmark(clean(part.MsgDesc, true), kind)
	if body == "" {
		body = title
	}
	if title == "" {
		title, _, _ = strings.Cut(body, "\n")
		title = message.Cut(title, message.MaxTitle)
	}
	if utf8.RuneCountInString(title) > message.MaxTitle {
		if !strings.HasPrefix(body, title) {
			body = title + "\n" + body
		}
		title = message.Cut(title, message.MaxTitle)
	}
	if utf8.RuneCountInString(body) > message.MaxText {
		body = message.Cut(body, message.MaxText)
		doubt(DoubtShortened)
	}
	for _, t := range c.Texts {
		if t.Lang == lang {
			if t.Title != title || t.Body != body {
				doubt(DoubtTexts)
			}
			return
		}
	}
	c.Texts = append(c.Texts, message.Text{Lang: lang, Title: title, Body: body})
}

// language reads a code of GB/T 4880.2, or of the forms that field systems write.
func language(code string) (lang string, known bool) {
	switch code = strings.ToLower(strings.TrimSpace(code)); {
	case code == "", code == "zho", code == "chi", code == "zh", strings.HasPrefix(code, "zh-"), code == "cmn":
		return "zh", true
	case code == "eng", code == "en", strings.HasPrefix(code, "en-"):
		return "en", true
	}
	return "", false
}

// Language is the code of GB/T 4880.2 of a language of this house.
func Language(lang string) string {
	if lang == "en" {
		return "eng"
	}
	return "zho"
}

// unmark takes off the mark of a drill that another node of this make put there.
func unmark(text string, kind message.Kind) string {
	if !kind.Drill() {
		return text
	}
	for _, lang := range []string{"zh", "en"} {
		mark := strings.TrimSuffix(message.Word(kind, message.Text{Lang: lang, Title: "x"}).Title, "x")
		text = strings.TrimPrefix(text, strings.TrimSpace(mark))
	}
	return strings.TrimSpace(text)
}

// clean leaves out what must not stand in a text that is shown and read out.
func clean(text string, lines bool) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ", "{", "｛", "}", "｝").Replace(strings.ToValidUTF8(text, ""))
	if !lines {
		text = strings.ReplaceAll(text, "\n", " ")
	}
	text = strings.Map(func(r rune) rune {
		if r != '\n' && i18n.Deceives(string(r), "") {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}

// Areas reads a list of area codes: twelve digits, or the six or nine that matter. What is no
// code is left out.
func Areas(list string) (codes []string) {
	for _, code := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",，;；、 \n\t", r) }) {
		if n := len(code); n == 2 || n == 4 || n == 6 || n == 9 {
			code += "000000000000"[n:]
		}
		if len(code) == 14 && strings.HasSuffix(code, "00") { // with a place for streets
			code = code[:12]
		}
		if _, err := ebd.ParseAreaCode(code); err == nil && len(codes) < message.MaxAreas {
			codes = append(codes, code)
		}
	}
	return codes
}
