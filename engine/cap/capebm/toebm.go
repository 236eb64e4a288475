package capebm

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Lasts is how long a message holds that does not say when it expires.
const Lasts = 24 * time.Hour

// To says what CAP cannot say of an EBM.
type To struct {
	Platform ebd.ResourceCode // that sends the message on; part of ids that are made
	Area     ebd.AreaCode     // for infos without a region's code; empty refuses them
}

// EBM makes the message that an alert stands for, with the resources that it holds. An
// alert that is no message for the public (Ack, Error, Draft, System), or that names no
// region, is refused with an *Error.
func (to To) EBM(a *cap.Alert) (*ebd.EBM, []ebd.File, []Note, error) {
	c := &toEBM{To: to, alert: a}
	kind, err := c.kind()
	if err != nil {
		return nil, nil, nil, err
	}
	if a.Sent.IsZero() {
		return nil, nil, nil, refuse("alert/sent", "a message needs the time at which it was sent")
	}
	m := &ebd.EBM{EBMVersion: "1"}
	if m.EBMID, err = to.ID(a.Reference()); err != nil {
		return nil, nil, nil, err
	}
	if string(m.EBMID) != a.Identifier {
		c.add("alert/identifier", "%s is no EBMID; %s was made from it, the same each time", short(a.Identifier), m.EBMID)
	}
	if err := c.related(m); err != nil {
		return nil, nil, nil, err
	}
	m.MsgBasicInfo = c.basic(kind)
	if m.MsgContent, err = c.contents(kind); err != nil {
		return nil, nil, nil, err
	}
	c.lostOfAlert()
	return m, c.files, c.notes, nil
}

type toEBM struct {
	To
	notes
	alert *cap.Alert
	files []ebd.File
}

// ID is the EBMID of the alert that a reference names: its identifier where that is one, else
// one made of the platform, the day it was sent and a number that follows from sender and
// identifier.
func (to To) ID(r cap.Reference) (ebd.EBMID, error) {
	if id, err := ebd.ParseEBMID(r.Identifier); err == nil {
		return id, nil
	}
	sum := sha256.Sum256([]byte(r.Sender + "," + r.Identifier))
	return ebd.NewEBMID(to.Platform, r.Sent, 1+int(binary.BigEndian.Uint32(sum[:])%9999))
}

func (c *toEBM) kind() (ebd.MsgType, error) {
	a := c.alert
	switch a.MsgType {
	case "Alert", "Update", "Cancel":
	default:
		return 0, refuse("alert/msgType", "%s is no message for the public", a.MsgType)
	}
	drill := ebd.MsgPlatformDrill
	switch a.Status {
	case "Actual", "Exercise":
	case "Test":
		c.add("alert/status", "Test becomes a drill")
	default:
		return 0, refuse("alert/status", "%s is no message for the public", a.Status)
	}
	switch {
	case a.MsgType == "Cancel":
		if a.Status != "Actual" {
			c.add("alert/status", "that a drill is cancelled cannot be said")
		}
		return ebd.MsgCancel, nil
	case a.Status == "Actual":
		return ebd.MsgReal, nil
	}
	for i := range a.Infos {
		if n, err := strconv.Atoi(value(a.Infos[i].Parameters, MsgType)); err == nil && ebd.MsgType(n).Valid() && n >= int(drill) {
			return ebd.MsgType(n), nil
		}
	}
	return drill, nil
}

// related is the newest message that the alert refers to.
func (c *toEBM) related(m *ebd.EBM) error {
	info := ebd.RelatedInfo{}
	for i := range c.alert.Infos {
		if id, err := ebd.ParseInfoID(value(c.alert.Infos[i].Parameters, InfoID)); err == nil {
			info.EBIID = id
		}
	}
	refs := slices.SortedStableFunc(slices.Values(c.alert.References), func(a, b cap.Reference) int { return b.Sent.Compare(a.Sent) })
	for i, r := range refs {
		if i > 0 || r.Sent.IsZero() {
			c.lost("alert/references", r.String())
			continue
		}
		id, err := c.ID(r)
		if err != nil {
			return err
		}
		info.EBMID = id
		if string(id) == r.Identifier && (r.Sender != c.alert.Sender || !r.Sent.Equal(id.Date())) {
			c.add("alert/references", "of %s only the identifier was kept", r)
		}
	}
	if info != (ebd.RelatedInfo{}) {
		m.RelatedInfo = &info
	}
	return nil
}

// Main is the info that speaks for the message as a whole: the gravest, of those in Chinese
// if there are any.
func Main(a *cap.Alert) *cap.Info {
	var best *cap.Info
	weight := func(n *cap.Info) int {
		w := int(Severity(n.Severity))
		if w == 0 {
			w = len(severities)
		}
		if code, _ := languageCode(n.Language); code != "zho" {
			w += 10
		}
		return w
	}
	for i := range a.Infos {
		if n := &a.Infos[i]; best == nil || weight(n) < weight(best) {
			best = n
		}
	}
	return best
}

func (c *toEBM) basic(kind ebd.MsgType) *ebd.MsgBasicInfo {
	a, n := c.alert, Main(c.alert)
	b := &ebd.MsgBasicInfo{MsgType: kind, SenderName: a.Sender, SenderCode: a.Sender, SendTime: ebd.At(a.Sent), EventType: "90000"}
	if n == nil {
		c.add("alert", "there is no info: event and severity are unknown")
		b.StartTime, b.EndTime = b.SendTime, ebd.At(a.Sent.Add(Lasts))
		return b
	}
	if name := strings.TrimSpace(n.SenderName); name != "" {
		b.SenderName = name
	}
	var known EventKnown
	b.EventType, known = Event(n)
	switch known {
	case EventNamed:
		c.add("alert/info/event", "%s was taken for event type %s", short(n.Event), b.EventType)
	case EventCategory:
		c.add("alert/info/event", "%s is no known event type; %s was taken by its category", short(n.Event), b.EventType)
	}
	b.Severity = Severity(n.Severity)
	start, end := Starts(a, n), n.Expires
	if end.IsZero() {
		end = start.Add(Lasts)
		c.add("alert/info/expires", "is not told; %d hours were taken", int(Lasts.Hours()))
	}
	b.StartTime, b.EndTime = ebd.At(start), ebd.At(end)
	for i := range a.Infos {
		o, place := &a.Infos[i], at("alert", "info", i)
		if e, _ := Event(o); e != b.EventType || Severity(o.Severity) != b.Severity {
			c.add(place, "has another event or severity than the message as a whole: %s, %s", short(o.Event), o.Severity)
		}
		if !Starts(a, o).Equal(start) || !o.Expires.Equal(n.Expires) {
			c.add(place, "has other times than the message as a whole")
		}
		if o.SenderName != n.SenderName {
			c.lost(place+"/senderName", o.SenderName)
		}
	}
	return b
}

// Starts is when an info begins to hold.
func Starts(a *cap.Alert, n *cap.Info) time.Time {
	switch {
	case !n.Onset.IsZero():
		return n.Onset
	case !n.Effective.IsZero():
		return n.Effective
	}
	return a.Sent
}

func (c *toEBM) contents(kind ebd.MsgType) ([]ebd.MsgContent, error) {
	a := c.alert
	if len(a.Infos) == 0 {
		if kind != ebd.MsgCancel {
			return nil, refuse("alert", "there is no info, and so nothing to tell")
		}
		if c.Area == "" {
			return nil, refuse("alert", "a cancel without an info names no region; one must be given")
		}
		text := strings.TrimSpace(a.Note)
		if text == "" {
			text = ebd.MsgCancel.Name().Zh
		}
		return []ebd.MsgContent{{LanguageCode: "zho", MsgTitle: ebd.MsgCancel.Name().Zh, MsgDesc: text, AreaCode: string(c.Area)}}, nil
	}
	var out []ebd.MsgContent
	for i := range a.Infos {
		m, err := c.content(&a.Infos[i], at("alert", "info", i))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (c *toEBM) content(n *cap.Info, place string) (m ebd.MsgContent, err error) {
	var exact bool
	if m.LanguageCode, exact = languageCode(n.Language); !exact {
		c.add(place+"/language", "%s becomes %s", n.Language, m.LanguageCode)
	}
	m.MsgTitle, m.MsgDesc = strings.TrimSpace(n.Headline), strings.TrimSpace(n.Description)
	if m.MsgTitle == "" {
		m.MsgTitle = strings.TrimSpace(n.Event)
	} else if n.Event != "" && !strings.Contains(m.MsgTitle, n.Event) {
		e, _ := Event(n)
		if name, exact := e.Name(); !exact || !strings.EqualFold(n.Event, name.Zh) && !strings.EqualFold(n.Event, name.En) {
			c.lost(place+"/event", n.Event)
		}
	}
	if advice := strings.TrimSpace(n.Instruction); advice != "" {
		m.MsgDesc = strings.TrimSpace(m.MsgDesc + "\n" + advice)
	}
	if m.MsgDesc == "" {
		m.MsgDesc = m.MsgTitle
	}
	if m.MsgTitle == "" {
		return m, refuse(place, "there is neither a headline nor an event")
	}
	if m.AreaCode, err = c.areas(n, place); err != nil {
		return m, err
	}
	for i := range n.Resources {
		c.resource(&m, &n.Resources[i], at(place, "resource", i))
	}
	c.lostOfInfo(&m, n, place)
	return m, nil
}

func (c *toEBM) areas(n *cap.Info, place string) (string, error) {
	var codes []string
	for i := range n.Areas {
		area, place := &n.Areas[i], at(place, "area", i)
		found := false
		for _, g := range area.Geocodes {
			code, ok := AreaCode(g)
			if !ok {
				c.lost(place+"/geocode", g.Name+" "+g.Value)
				continue
			}
			found = true
			if !slices.Contains(codes, string(code)) {
				codes = append(codes, string(code))
			}
		}
		if shapes := len(area.Polygons) + len(area.Circles); shapes > 0 {
			c.add(place, "%d polygons and circles have no place on the other side and were left out", shapes)
		}
		if area.Altitude != nil || area.Ceiling != nil {
			c.add(place, "altitude and ceiling have no place on the other side and were left out")
		}
		if !found && c.Area != "" {
			c.add(place, "%s has no region's code; %s was taken", short(area.Description), c.Area)
		} else if !found {
			return "", refuse(place, "%s has no code of a region (%s or %s), and none was given to take instead", short(area.Description), Counties, Townships)
		}
		if !found && !slices.Contains(codes, string(c.Area)) {
			codes = append(codes, string(c.Area))
		}
	}
	if len(n.Areas) == 0 {
		if c.Area == "" {
			return "", refuse(place, "there is no area, and no region was given to take instead")
		}
		c.add(place, "there is no area; %s was taken", c.Area)
		codes = append(codes, string(c.Area))
	}
	return strings.Join(codes, ","), nil
}

func (c *toEBM) resource(m *ebd.MsgContent, r *cap.Resource, place string) {
	aux, ext, ok := auxiliaryOf(r.MIMEType)
	if !ok {
		c.add(place, "a resource of the type %s has no place on the other side and was left out: %s", short(r.MIMEType), short(r.Description+" "+r.URI))
		return
	}
	x := ebd.Auxiliary{AuxiliaryType: aux, AuxiliaryDesc: strings.TrimSpace(r.URI), Size: int(max(0, min(r.Size, 1<<31-1)))}
	if r.DerefURI != "" {
		content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(r.DerefURI), ""))
		if err != nil {
			c.add(place+"/derefUri", "cannot be read and was left out: %v", err)
			return
		}
		f := ebd.File{Name: ebd.GDJ2018.Files.Resource + strconv.Itoa(len(c.files)+1) + "." + ext, Data: content}
		c.files = append(c.files, f)
		x.AuxiliaryDesc, x.Size, x.Digest = f.Name, len(content), ebd.Digest(content)
		c.lost(place+"/resourceDesc", r.Description)
		m.Auxiliary = append(m.Auxiliary, x)
		return
	}
	if x.AuxiliaryDesc == "" {
		x.AuxiliaryDesc = strings.TrimSpace(r.Description)
	} else {
		c.lost(place+"/resourceDesc", r.Description)
	}
	c.lost(place+"/digest", r.Digest)
	if x.AuxiliaryDesc == "" {
		c.add(place, "a resource without a name or an address was left out")
		return
	}
	m.Auxiliary = append(m.Auxiliary, x)
}

func (c *toEBM) lostOfInfo(m *ebd.MsgContent, n *cap.Info, place string) {
	for _, f := range []struct{ name, text string }{{"audience", n.Audience}, {"web", n.Web}, {"contact", n.Contact}, {"responseType", strings.Join(n.ResponseTypes, " ")},
		{"urgency", told(n.Urgency)}, {"certainty", told(n.Certainty)}} {
		c.lost(place+"/"+f.name, f.text)
	}
	for _, v := range n.EventCodes {
		if _, ok := eventCode(strings.TrimSpace(v.Value)); !ok || v.Name != Events {
			c.lost(place+"/eventCode", v.Name+" "+v.Value)
		}
	}
	for _, v := range n.Parameters {
		if p, err := strconv.Atoi(v.Value); v.Name == Programme && err == nil && p > 0 && p < 1<<16 {
			m.ProgramNum = p
			continue
		}
		if v.Name != MsgType && v.Name != InfoID {
			c.lost(place+"/parameter", v.Name+" "+v.Value)
		}
	}
}

// told is a code that says something.
func told(code string) string {
	if code == "Unknown" {
		return ""
	}
	return code
}

func (c *toEBM) lostOfAlert() {
	a := c.alert
	for _, f := range []struct{ name, text string }{{"source", a.Source}, {"restriction", a.Restriction}, {"addresses", strings.Join(a.Addresses, " ")},
		{"code", strings.Join(a.Codes, " ")}, {"incidents", strings.Join(a.Incidents, " ")}} {
		c.lost("alert/"+f.name, f.text)
	}
	if len(a.Infos) > 0 {
		c.lost("alert/note", a.Note)
	}
	if a.Scope == "Restricted" || a.Scope == "Private" {
		c.add("alert/scope", "the alert is %s; an EBM is public", a.Scope)
	}
}
