package ebm

import (
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
)

// Outgoing is what a message needs besides itself to leave the house.
type Outgoing struct {
	EBMID      ebd.EBMID
	Earlier    ebd.EBMID // what it updates or cancels; empty for nothing
	SenderName string
	SenderCode ebd.ResourceCode
	Areas      []string // codes of twelve digits
	At         time.Time
	Cancel     bool
}

// Write says a message in the words of the standard. Each language names its own sound, and
// the first every picture besides.
func Write(msg *message.Message, o Outgoing) *ebd.EBM {
	c := &msg.Current.Content
	starts := msg.StartsAt
	if starts.IsZero() {
		starts = msg.IssuedAt
	}
	basic := &ebd.MsgBasicInfo{MsgType: msg.Kind.MsgType(), SenderName: o.SenderName, SenderCode: string(o.SenderCode), SendTime: ebd.At(o.At),
		EventType: c.Event, Severity: c.Severity.EBD(), StartTime: ebd.At(starts), EndTime: ebd.At(c.EndsAt)}
	m := &ebd.EBM{EBMID: o.EBMID, MsgBasicInfo: basic}
	if o.Earlier != "" {
		m.RelatedInfo = &ebd.RelatedInfo{EBMID: o.Earlier}
	}
	if o.Cancel {
		basic.MsgType = ebd.MsgCancel
	}
	for i, t := range c.Texts {
		w := message.Word(msg.Kind, t)
		body := w.Body
		if w.Advice != "" {
			body += "\n" + w.Advice
		}
		if o.Cancel && msg.EndNote != "" {
			body = msg.EndNote
		}
		part := ebd.MsgContent{LanguageCode: Language(t.Lang), MsgTitle: strings.TrimSpace(w.Title), MsgDesc: strings.TrimSpace(body), AreaCode: strings.Join(o.Areas, ",")}
		if !o.Cancel {
			for _, r := range Resources(c) {
				if r.Lang == t.Lang || r.Lang == "" && i == 0 {
					part.Auxiliary = append(part.Auxiliary, ebd.Auxiliary{AuxiliaryType: r.Type, AuxiliaryDesc: r.Name, Size: int(r.Bytes), Digest: r.SM3})
				}
			}
		}
		m.MsgContent = append(m.MsgContent, part)
	}
	return m
}

// Resource is a file that goes with a message.
type Resource struct {
	Name  string `json:"name"`
	SM3   string `json:"sm3"`
	Type  int    `json:"type"`           // of 082 table G.1
	Lang  string `json:"lang,omitempty"` // of a sound
	Bytes int64  `json:"bytes"`
}

// Resources are the files of a message that the standard has a type for.
func Resources(c *message.Content) (list []Resource) {
	add := func(digest, mime, lang string, bytes int64) {
		kind, ok := auxiliaries[mime]
		if !ok || len(digest) < 16 {
			return
		}
		list = append(list, Resource{Name: "EBDR_" + digest[:16] + kind.suffix, SM3: digest, Type: kind.number, Lang: lang, Bytes: bytes})
	}
	for _, s := range c.Sounds {
		add(s.SM3, s.MIME, s.Lang, s.Bytes)
	}
	for _, a := range c.Attachments {
		add(a.SM3, a.MIME, "", a.Bytes)
	}
	return list
}

var auxiliaries = map[string]struct {
	number int
	suffix string
}{
	"audio/mpeg": {ebd.AuxMP3, ".mp3"}, "image/png": {ebd.AuxPNG, ".png"}, "image/jpeg": {ebd.AuxJPEG, ".jpg"}, "image/gif": {ebd.AuxGIF, ".gif"},
}
