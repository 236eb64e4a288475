package capebm

import (
	"crypto/sha1" // as CAP has it (CAP 1.2 §3.2.3)
	"encoding/base64"
	"encoding/hex"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Alert makes the alert that a message stands for. Resources are files that came with it.
// Without basic information there is nothing to tell when, what or how grave; such a message
// is refused with an *Error.
func Alert(m *ebd.EBM, resources ...ebd.File) (*cap.Alert, []Note, error) {
	b := m.MsgBasicInfo
	switch {
	case b == nil:
		return nil, nil, refuse("EBM/MsgBasicInfo", "is missing")
	case !b.MsgType.Valid():
		return nil, nil, refuse("EBM/MsgBasicInfo/MsgType", "%d is no type of message", b.MsgType)
	case m.EBMID == "":
		return nil, nil, refuse("EBM/EBMID", "is missing")
	}
	sent, err := b.SendTime.Time()
	if err != nil {
		return nil, nil, refuse("EBM/MsgBasicInfo/SendTime", "%v", err)
	}
	c := &fromEBM{message: m, files: resources}
	a := &cap.Alert{Version: "1.2", Identifier: token(string(m.EBMID)), Sender: token(b.SenderCode), Sent: sent, Status: "Actual", MsgType: "Alert", Scope: "Public"}
	if a.Sender == "" || a.Sender != b.SenderCode {
		c.lost("EBM/MsgBasicInfo/SenderCode", b.SenderCode)
		if a.Sender = token(string(m.EBMID.Platform())); a.Sender == "" {
			return nil, nil, refuse("EBM/MsgBasicInfo/SenderCode", "is missing")
		}
	}
	if b.MsgType >= ebd.MsgPlatformDrill {
		a.Status, a.Note = "Exercise", b.MsgType.Name().Zh
	}
	c.related(a)
	if b.MsgType == ebd.MsgCancel {
		a.MsgType = "Cancel"
		if len(a.References) == 0 {
			return nil, nil, refuse("EBM/RelatedInfo/EBMID", "a cancel names what it cancels")
		}
	} else if len(a.References) > 0 {
		a.MsgType = "Update"
	}
	for i := range m.MsgContent {
		n, err := c.info(&m.MsgContent[i], at("EBM", "MsgContent", i), a)
		if err != nil {
			return nil, nil, err
		}
		a.Infos = append(a.Infos, n)
	}
	if len(m.Dispatch) > 0 {
		c.add("EBM/Dispatch", "%d lists of equipment have no place on the other side and were left out", len(m.Dispatch))
	}
	return a, c.notes, nil
}

type fromEBM struct {
	notes
	message *ebd.EBM
	files   []ebd.File
}

// token is a text without what identifiers and senders may not hold.
func token(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ,<&\t\r\n", r) {
			return -1
		}
		return r
	}, s)
}

func (c *fromEBM) related(a *cap.Alert) {
	r := c.message.RelatedInfo
	if r == nil || r.EBMID == "" {
		return
	}
	sent := r.EBMID.Date() // all that is known of when it was sent
	if sent.IsZero() || !sent.Before(a.Sent) {
		sent = a.Sent.AddDate(0, 0, -1)
	}
	c.add("EBM/RelatedInfo/EBMID", "when %s was sent is not told; %s was taken", r.EBMID, ebd.At(sent))
	a.References = []cap.Reference{{Sender: a.Sender, Identifier: token(string(r.EBMID)), Sent: sent.In(ebd.China)}}
}

func (c *fromEBM) info(m *ebd.MsgContent, place string, a *cap.Alert) (n cap.Info, err error) {
	b := c.message.MsgBasicInfo
	name, _ := b.EventType.Name()
	n = cap.Info{Language: languageTag(m.LanguageCode), Categories: []string{Category(b.EventType)}, Event: name.Zh, Urgency: "Unknown", Severity: CAPSeverity(b.Severity), Certainty: "Unknown",
		EventCodes: []cap.Value{{Name: Events, Value: string(b.EventType)}}, SenderName: b.SenderName, Headline: m.MsgTitle, Description: m.MsgDesc}
	if n.Language != "zh-CN" {
		n.Event = name.En
	}
	if n.Event == "" {
		n.Event = string(b.EventType)
	}
	start, err := b.StartTime.Time()
	if err != nil {
		return n, refuse("EBM/MsgBasicInfo/StartTime", "%v", err)
	}
	end, err := b.EndTime.Time()
	if err != nil {
		return n, refuse("EBM/MsgBasicInfo/EndTime", "%v", err)
	}
	n.Onset, n.Expires = start, end
	if end.Before(a.Sent) {
		c.add("EBM/MsgBasicInfo/EndTime", "%s is before the message was sent and was left out", b.EndTime)
		n.Expires = time.Time{}
	}
	if b.MsgType >= ebd.MsgPlatformDrill {
		n.Parameters = append(n.Parameters, cap.Value{Name: MsgType, Value: strconv.Itoa(int(b.MsgType))})
	}
	if r := c.message.RelatedInfo; r != nil && r.EBIID != "" {
		n.Parameters = append(n.Parameters, cap.Value{Name: InfoID, Value: string(r.EBIID)})
	}
	if m.ProgramNum != 0 {
		n.Parameters = append(n.Parameters, cap.Value{Name: Programme, Value: strconv.Itoa(m.ProgramNum)})
	}
	area := cap.Area{Description: m.AreaCode}
	for _, code := range strings.Split(m.AreaCode, ",") {
		code, err := ebd.ParseAreaCode(strings.TrimSpace(code))
		if err != nil {
			c.lost(place+"/AreaCode", err.Error())
			continue
		}
		area.Geocodes = append(area.Geocodes, Geocode(code))
	}
	if area.Description != "" {
		n.Areas = []cap.Area{area}
	}
	for i, x := range m.Auxiliary {
		n.Resources = append(n.Resources, c.resource(x, at(place, "Auxiliary", i)))
	}
	return n, nil
}

func (c *fromEBM) resource(x ebd.Auxiliary, place string) cap.Resource {
	r := cap.Resource{Description: x.AuxiliaryDesc, MIMEType: mimeOf(x.AuxiliaryType), Size: int64(x.Size)}
	if r.MIMEType == mimeOf(-1) {
		c.add(place+"/AuxiliaryType", "%d is of no known kind of content", x.AuxiliaryType)
	}
	if strings.Contains(x.AuxiliaryDesc, "://") {
		r.URI = x.AuxiliaryDesc
		c.lost(place+"/Digest", x.Digest)
		return r
	}
	name := path.Base(strings.ReplaceAll(x.AuxiliaryDesc, `\`, "/"))
	at := slices.IndexFunc(c.files, func(f ebd.File) bool { return f.Name == name })
	if at < 0 {
		c.add(place, "the file %s is not here, so that the alert only names it", short(x.AuxiliaryDesc))
		c.lost(place+"/Digest", x.Digest)
		return r
	}
	content := c.files[at].Data
	if x.Digest != "" && !ebd.DigestIs(content, x.Digest) {
		c.add(place+"/Digest", "is not that of the file %s, which was left out", name)
		return r
	}
	sum := sha1.Sum(content)
	r.Size, r.URI, r.DerefURI, r.Digest = int64(len(content)), name, base64.StdEncoding.EncodeToString(content), hex.EncodeToString(sum[:])
	return r
}
