package cap

import (
	"unsafe"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// place is where in an alert an element stands.
type place uint8

const (
	nowhere place = iota
	inAlert
	inInfo
	inResource
	inArea
	inEventCode
	inParameter
	inGeocode
	inLeaf
)

// child is the place of an element of that name within p.
func (p place) child(name string) place {
	switch {
	case p == inAlert && name == "info":
		return inInfo
	case p == inInfo && name == "resource":
		return inResource
	case p == inInfo && name == "area":
		return inArea
	case p == inInfo && name == "eventCode":
		return inEventCode
	case p == inInfo && name == "parameter":
		return inParameter
	case p == inArea && name == "geocode":
		return inGeocode
	}
	return inLeaf
}

// repeats reports whether an element is one of many, so that its number is told.
func (p place) repeats(name string) bool {
	switch p {
	case inInfo, inResource, inArea, inEventCode, inParameter, inGeocode:
		return true
	case inLeaf:
		return name == "polygon" || name == "circle" || name == "code" || name == "category" || name == "responseType"
	}
	return false
}

// builder fills an alert with the texts of its elements.
type builder struct {
	alert *Alert
	bytes int // that its parts take so far
	parts parts
}

// parts are the lists of alerts, in memory that may be used again when nobody has those.
type parts struct {
	infos                            pool[Info]
	resources                        pool[Resource]
	areas                            pool[Area]
	eventCodes, parameters, geocodes pool[Value]
	codes, categories, responseTypes pool[string]
	rings                            pool[geo.Ring]
	points                           pool[geo.Point]
	circles                          pool[Circle]
}

// reset takes the memory of all lists for the next.
func (p *parts) reset() {
	p.infos, p.resources, p.areas = p.infos[:0], p.resources[:0], p.areas[:0]
	p.eventCodes, p.parameters, p.geocodes = p.eventCodes[:0], p.parameters[:0], p.geocodes[:0]
	p.codes, p.categories, p.responseTypes = p.codes[:0], p.categories[:0], p.responseTypes[:0]
	p.rings, p.points, p.circles = p.rings[:0], p.points[:0], p.circles[:0]
}

// pool is memory in which lists lie one behind the other.
type pool[T any] []T

// add puts v at the end of a list, which is empty or was the last that something was added to.
func (p *pool[T]) add(list *[]T, v T) {
	if len(*p) == cap(*p) {
		bigger := make([]T, len(*list), max(4, len(*list)+1, 2*cap(*p)))
		copy(bigger, *list)
		*p = bigger
	}
	from := len(*p) - len(*list)
	*p = append(*p, v)
	*list = (*p)[from:len(*p):len(*p)]
}

// maxParts bounds the memory, in bytes, that the parts of an alert take, points of
// polygons, references and words among them; what is beyond is judged by the schema and
// not kept.
const maxParts = 6 << 20

// maxKept bounds them for all alerts of a document that are kept until its end.
const maxKept = 4 * maxParts

// over reports whether there is no more room for parts.
func (b *builder) over() bool { return b.bytes > maxParts }

// partSize is about what a part takes, in bytes.
var partSize = [...]int{inInfo: int(unsafe.Sizeof(Info{})), inResource: int(unsafe.Sizeof(Resource{})), inArea: int(unsafe.Sizeof(Area{})), inEventCode: 32, inParameter: 32, inGeocode: 32}

// enter adds the part of the alert that an element at p begins.
func (b *builder) enter(p place) {
	if p < inInfo || p > inGeocode || b.over() {
		return
	}
	b.bytes += partSize[p]
	switch p {
	case inInfo:
		b.parts.infos.add(&b.alert.Infos, Info{})
	case inResource:
		b.parts.resources.add(&b.info().Resources, Resource{})
	case inArea:
		b.parts.areas.add(&b.info().Areas, Area{})
	case inEventCode:
		b.parts.eventCodes.add(&b.info().EventCodes, Value{})
	case inParameter:
		b.parts.parameters.add(&b.info().Parameters, Value{})
	case inGeocode:
		b.parts.geocodes.add(&b.area().Geocodes, Value{})
	}
}

// info and area are those that are open.
func (b *builder) info() *Info { return last(&b.parts.infos, &b.alert.Infos) }
func (b *builder) area() *Area { return last(&b.parts.areas, &b.info().Areas) }

// last is the last of a list, which had no room for it where it is empty.
func last[T any](p *pool[T], list *[]T) *T {
	if len(*list) == 0 {
		var zero T
		p.add(list, zero)
	}
	return &(*list)[len(*list)-1]
}

// set puts a text where the element called name within parent belongs.
func (b *builder) set(v *values, parent place, name, text string) {
	switch parent {
	case inAlert:
		b.setAlert(v, name, text)
	case inInfo:
		b.setInfo(v, b.info(), name, text)
	case inResource:
		setResource(v, last(&b.parts.resources, &b.info().Resources), name, text)
	case inArea:
		b.setArea(v, b.area(), name, text)
	case inEventCode:
		setValue(last(&b.parts.eventCodes, &b.info().EventCodes), name, text)
	case inParameter:
		setValue(last(&b.parts.parameters, &b.info().Parameters), name, text)
	case inGeocode:
		setValue(last(&b.parts.geocodes, &b.area().Geocodes), name, text)
	}
}

func setValue(to *Value, name, text string) {
	switch name {
	case "valueName":
		to.Name = text
	case "value":
		to.Value = text
	}
}

func (b *builder) setAlert(v *values, name, text string) {
	a := b.alert
	switch name {
	case "identifier":
		a.Identifier = text
		v.token(text)
	case "sender":
		a.Sender = text
		v.token(text)
	case "sent":
		a.Sent = v.time(text)
	case "status":
		a.Status = text
	case "msgType":
		a.MsgType = text
	case "source":
		a.Source = text
	case "scope":
		a.Scope = text
	case "restriction":
		a.Restriction = text
	case "addresses":
		a.Addresses = v.quoted(text)
	case "code":
		if v.room(wordSize) {
			b.parts.codes.add(&a.Codes, text)
		}
	case "note":
		a.Note = text
	case "references":
		a.References = v.references(text)
	case "incidents":
		a.Incidents = v.quoted(text)
	}
}

func (b *builder) setInfo(v *values, n *Info, name, text string) {
	switch name {
	case "language":
		n.Language = collapse(text)
	case "category":
		if v.room(wordSize) {
			b.parts.categories.add(&n.Categories, text)
		}
	case "event":
		n.Event = text
	case "responseType":
		if v.room(wordSize) {
			b.parts.responseTypes.add(&n.ResponseTypes, text)
		}
	case "urgency":
		n.Urgency = text
	case "severity":
		n.Severity = text
	case "certainty":
		n.Certainty = text
	case "audience":
		n.Audience = text
	case "effective":
		n.Effective = v.time(text)
	case "onset":
		n.Onset = v.time(text)
	case "expires":
		n.Expires = v.time(text)
	case "senderName":
		n.SenderName = text
	case "headline":
		n.Headline = text
	case "description":
		n.Description = text
	case "instruction":
		n.Instruction = text
	case "web":
		n.Web = text
	case "contact":
		n.Contact = text
	case "eventCode":
		n.EventCodes[len(n.EventCodes)-1] = oldValue(text)
	case "parameter":
		n.Parameters[len(n.Parameters)-1] = oldValue(text)
	}
}

func setResource(v *values, r *Resource, name, text string) {
	switch name {
	case "resourceDesc":
		r.Description = text
	case "mimeType":
		r.MIMEType = text
	case "size":
		r.Size = v.size(text)
	case "uri":
		r.URI = text
	case "derefUri":
		r.DerefURI = text
	case "digest":
		r.Digest = text
	}
}

func (b *builder) setArea(v *values, area *Area, name, text string) {
	switch name {
	case "areaDesc":
		area.Description = text
	case "polygon":
		if ring := v.polygon(&b.parts.points, text); ring != nil {
			b.parts.rings.add(&area.Polygons, ring)
		}
	case "circle":
		if c, ok := v.circle(text); ok {
			b.parts.circles.add(&area.Circles, c)
		}
	case "geocode":
		area.Geocodes[len(area.Geocodes)-1] = oldValue(text)
	case "altitude":
		area.Altitude = v.height(text)
	case "ceiling":
		area.Ceiling = v.height(text)
	}
}

// oldValue reads name=value, as CAP 1.0 writes event codes, parameters and geocodes.
func oldValue(text string) Value {
	for i := range len(text) {
		if text[i] == '=' {
			return Value{trim(text[:i]), trim(text[i+1:])}
		}
	}
	return Value{Value: text}
}
