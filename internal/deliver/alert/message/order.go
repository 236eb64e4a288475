package message

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm3"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// Wording is a text as it leaves the house: a drill says so in every line that can be
// read or heard by itself.
type Wording struct {
	Title  string
	Body   string
	Advice string
	Spoken string // what the loudspeaker says
}

// drillMarks are what makes a drill unmistakable, in print and in speech.
var drillMarks = map[string]struct{ mark, before, after string }{
	"zh": {"【演练】", "演练，演练。以下是应急广播演练，请勿惊慌。", "以上是演练。演练，演练。"},
	"en": {"[DRILL] ", "This is a drill. This is a drill.", "This was a drill."},
}

// sentBy is how the sender of a message from elsewhere is named below its text, where all else
// names the platform that passes it on.
var sentBy = map[string]string{"zh": "发布单位：", "en": "Issued by: "}

// Word makes the wording of a text for a kind of message.
func Word(k Kind, t Text) Wording {
	w := Wording{Title: t.Title, Body: t.Body, Advice: t.Advice}
	w.Spoken = spoken(t.Lang, t.Title, t.Body, t.Advice)
	if m, ok := drillMarks[t.Lang]; ok && k.Drill() {
		w.Title, w.Body = m.mark+t.Title, m.mark+t.Body
		if t.Advice != "" {
			w.Advice = m.mark + t.Advice
		}
		w.Spoken = spoken(t.Lang, m.before, t.Title, t.Body, t.Advice, m.after)
	}
	return w
}

// SpokenMarks are what is said before and after a person's recording in a language, empty
// unless the kind is a drill.
func SpokenMarks(k Kind, lang string) (before, after string) {
	if !k.Drill() {
		return "", ""
	}
	return drillMarks[lang].before, drillMarks[lang].after
}

// spoken joins parts of a text into sentences, each ended and, but for Chinese, a space from
// the next.
func spoken(lang string, parts ...string) string {
	stop, gap := ".", " "
	if lang == "zh" {
		stop, gap = "。", ""
	}
	var said []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(p, "”’」』）)\"'"))
		if !strings.ContainsRune(".!?…。！？", last) {
			p += stop
		}
		said = append(said, p)
	}
	return strings.Join(said, gap)
}

// Digest is what an approver signs: SM3 over the message's identity, kind, version and
// whole content, sounds and attachments by their own digests; of a content that stands for so long
// from its issue on, when that is, is nobody's to know before.
func Digest(m *Message, v *Version) string {
	c := v.Content
	if c.Lasts > 0 {
		c.EndsAt = time.Time{}
	}
	return digest(struct {
		ID      string
		Kind    Kind
		Class   wire.Class
		Version int
		Content Content
	}{m.ID, m.Kind, m.Class, v.Number, c})
}

// Sameness is equal for two messages that tell the same people the same thing; when,
// how often and how loud does not matter.
func Sameness(k Kind, class wire.Class, c Content) string {
	return digest(struct {
		Kind     Kind
		Class    wire.Class
		Event    ebd.EventType
		Severity Severity
		Texts    []Text
		Area     Area
	}{k, class, c.Event, c.Severity, c.Texts, c.Area})
}

func digest(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs always marshal
	}
	sum := sm3.Sum(raw)
	return hex.EncodeToString(sum[:])
}

// Numbers are what an order needs beside the message itself.
type Numbers struct {
	From ebd.ResourceCode // the issuing platform
	Seq  uint64
	Rank uint32
}

// MediaPath is where terminals and browsers fetch an object.
func MediaPath(digest string) string { return "/media/" + digest }

// WireVersion is the version that terminals are told for version number of a message. The
// odd number before it is kept for a cancel that goes to those whom an update leaves out.
func WireVersion(number int) int { return 2 * number }

// NumberOf is the message's version number of a terminal's version.
func NumberOf(wireVersion int) int { return (wireVersion + 1) / 2 }

// PlayOrder is the order that plays the current version.
func PlayOrder(m *Message, n Numbers, at time.Time) *wire.Order {
	v := m.Current
	o := orderHead(m, n, at)
	o.Kind, o.Version, o.ValidFrom, o.ValidUntil = wire.Play, WireVersion(v.Number), m.StartsAt.UnixMicro(), v.Content.EndsAt.UnixMicro()
	o.Repeat, o.GapMillis, o.Volume = v.Content.Repeat.Count, v.Content.Repeat.IntervalSeconds*1000, v.Content.Volume
	for _, t := range v.Content.Texts {
		w := Word(m.Kind, t)
		body := w.Body
		if w.Advice != "" {
			body += "\n" + w.Advice
		}
		if by := m.Origin.Sender(); by != "" {
			body += "\n" + sentBy[t.Lang] + by
		}
		o.Texts = append(o.Texts, wire.Text{Lang: wireLang(t.Lang), Title: w.Title, Body: body})
	}
	for _, s := range v.Content.Sounds {
		o.Audio = append(o.Audio, wire.Audio{Lang: wireLang(s.Lang), SM3: s.SM3, Bytes: s.Bytes, MIME: s.MIME, Path: MediaPath(s.SM3), Millis: s.Millis})
	}
	o.Relay = v.Content.Relay
	for _, a := range v.Content.Attachments {
		o.Attachments = append(o.Attachments, wire.Attachment{SM3: a.SM3, Bytes: a.Bytes, MIME: a.MIME, Path: MediaPath(a.SM3)})
	}
	return o
}

// aloud is how long a terminal takes to say one character of a text without sound: the pace
// of a Chinese announcer.
const aloud = 250 * time.Millisecond

// Lasts is how long a terminal sounds an order, repeats and the silence between them
// included.
func Lasts(o *wire.Order) time.Duration {
	once := time.Duration(0)
	for _, a := range o.Audio {
		once += time.Duration(a.Millis) * time.Millisecond
	}
	if once == 0 {
		for _, t := range o.Texts {
			once += time.Duration(utf8.RuneCountInString(t.Title)+utf8.RuneCountInString(t.Body)) * aloud
		}
	}
	switch {
	case o.Kind != wire.Play:
		return 0
	case o.Relay != "":
		return time.Duration(o.ValidUntil-o.ValidFrom) * time.Microsecond
	}
	n := time.Duration(o.Plays())
	return n*once + (n-1)*time.Duration(o.GapMillis)*time.Millisecond
}

// CancelOrder is the order that ends the message in an area and keeps those who missed
// it from ever playing it. It lasts as long as any version of the message would have.
// version is the terminals': see WireVersion.
func CancelOrder(m *Message, area Area, version int, n Numbers, at time.Time) *wire.Order {
	o := orderHead(m, n, at)
	o.Kind, o.Version, o.ValidFrom, o.ValidUntil, o.Area = wire.Cancel, version, at.UnixMicro(), m.LastEnd.UnixMicro(), area.Wire()
	return o
}

func orderHead(m *Message, n Numbers, at time.Time) *wire.Order {
	return &wire.Order{ID: m.ID, EBMID: m.EBMID, From: n.From, Seq: n.Seq, Rank: n.Rank, Class: m.Class, Drill: m.Kind.Drill(),
		Severity: m.Current.Content.Severity.EBD(), Event: m.Current.Content.Event, Issued: at.UnixMicro(), Area: m.Current.Content.Area.Wire()}
}

func wireLang(lang string) string {
	if lang == "zh" {
		return "zh-CN"
	}
	return lang
}
