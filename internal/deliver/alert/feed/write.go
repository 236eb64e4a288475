package feed

import (
	"fmt"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/cap/capebm"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Identity is who publishes.
type Identity struct {
	Sender string // stays the same for as long as the platform is; holds no blank or comma
	Zh, En string // who sends, as people are told
	Base   string // where the platform is reached, without a slash at the end
	Zone   *time.Location
}

// Public is a message that was sent to the public.
type Public struct {
	*message.Message
	Zh, En   string             // its places in words
	Versions []*message.Version // that were issued, the oldest first
}

// documents are everything that was ever said of a message, as CAP, the oldest first: each
// version that was issued, and its end where it was taken off the air.
func (id Identity) documents(p *Public) (out []*cap.Alert) {
	after := func(t time.Time) time.Time { // CAP knows seconds, and a reference is to an earlier one
		t = t.Truncate(time.Second)
		if len(out) > 0 && !t.After(out[len(out)-1].Sent) {
			t = out[len(out)-1].Sent.Add(time.Second)
		}
		return t.In(id.Zone)
	}
	for _, v := range p.Versions {
		a := id.alert(p, v, fmt.Sprintf("%s.%d", p.ID, v.Number), after(v.IssuedAt))
		if len(out) > 0 {
			a.MsgType = "Update"
		}
		for _, earlier := range out {
			a.References = append(a.References, earlier.Reference())
		}
		out = append(out, a)
	}
	if p.State == message.Ended && p.EndReason != message.Expired && len(out) > 0 {
		last := p.Versions[len(p.Versions)-1]
		a := id.alert(p, last, p.ID+".end", after(p.EndedAt))
		a.MsgType = "Cancel"
		a.Note = strings.TrimSpace(a.Note + " " + p.EndNote)
		for i := range a.Infos {
			n := &a.Infos[i]
			n.Headline = i18n.T(i18n.Lang(n.Language[:2]), "alert.cap.cancelled", map[string]any{"title": n.Headline})
			n.Onset = time.Time{}
			if n.Expires.Before(a.Sent) {
				n.Expires = time.Time{}
			}
		}
		for _, earlier := range out {
			a.References = append(a.References, earlier.Reference())
		}
		out = append(out, a)
	}
	return out
}

func (id Identity) alert(p *Public, v *message.Version, identifier string, sent time.Time) *cap.Alert {
	a := &cap.Alert{Version: "1.2", Identifier: identifier, Sender: id.Sender, Sent: sent, Status: "Actual", MsgType: "Alert", Scope: "Public", Source: p.Origin.Name}
	if p.Kind.Drill() {
		a.Status, a.Note = "Exercise", message.Word(p.Kind, message.Text{Lang: "zh", Title: v.Content.Text("zh").Title}).Title
	}
	for _, t := range v.Content.Texts {
		a.Infos = append(a.Infos, id.info(p, v, t, sent))
	}
	return a
}

func (id Identity) info(p *Public, v *message.Version, t message.Text, sent time.Time) cap.Info {
	c := &v.Content
	w := message.Word(p.Kind, t)
	name, _ := c.Event.Name()
	n := cap.Info{Language: "zh-CN", Categories: []string{capebm.Category(c.Event)}, Event: name.Zh, Urgency: "Immediate", Severity: capebm.CAPSeverity(c.Severity.EBD()), Certainty: "Unknown",
		EventCodes: []cap.Value{{Name: capebm.Events, Value: string(c.Event)}}, Expires: c.EndsAt.In(id.Zone), SenderName: id.Zh, Headline: w.Title, Description: w.Body, Instruction: w.Advice,
		Web: id.Base + "/m/" + p.ID}
	where := p.Zh
	if t.Lang == "en" {
		n.Language, n.Event, n.SenderName, where = "en", name.En, id.En, p.En
	}
	if n.Event == "" {
		n.Event = string(c.Event)
	}
	if c.StartsAt.After(sent) {
		n.Onset, n.Urgency = c.StartsAt.In(id.Zone), "Future"
		if c.StartsAt.Sub(sent) <= time.Hour {
			n.Urgency = "Expected"
		}
	}
	if p.Kind.Drill() {
		n.Parameters = []cap.Value{{Name: capebm.MsgType, Value: fmt.Sprint(int(p.Kind.MsgType()))}}
	}
	for _, s := range c.Sounds {
		if s.Lang == t.Lang {
			n.Resources = append(n.Resources, id.resource(w.Title, s.MIME, s.Bytes, s.SM3))
		}
	}
	for _, x := range c.Attachments {
		n.Resources = append(n.Resources, id.resource(x.Name, x.MIME, x.Bytes, x.SM3))
	}
	n.Areas = []cap.Area{areaOf(&c.Area, where)}
	return n
}

func (id Identity) resource(name, mime string, size int64, sm3 string) cap.Resource {
	if name == "" {
		name = sm3
	}
	return cap.Resource{Description: name, MIMEType: mime, Size: size, URI: id.Base + message.MediaPath(sm3)}
}

func areaOf(from *message.Area, where string) cap.Area {
	if where == "" {
		where = "—"
	}
	to := cap.Area{Description: where}
	for _, code := range from.Codes() {
		to.Geocodes = append(to.Geocodes, capebm.Geocode(ebd.AreaCode(code)))
	}
	for _, p := range from.Polygons {
		ring := make(geo.Ring, len(p))
		for i, c := range p {
			ring[i] = geo.Point{Lon: c[0], Lat: c[1]}
		}
		to.Polygons = append(to.Polygons, ring)
	}
	for _, c := range from.Circles {
		to.Circles = append(to.Circles, cap.Circle{Centre: geo.Point{Lon: c.Center[0], Lat: c.Center[1]}, Radius: c.Radius / 1000})
	}
	return to
}
