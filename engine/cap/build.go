package cap

import "unsafe"

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

func last[T any](s *[]T) *T {
	if len(*s) == 0 {
		var zero T
		*s = append(*s, zero)
	}
	return &(*s)[len(*s)-1]
}

// enter adds the part of the alert that an element at p begins.
func (b *builder) enter(p place) {
	if p >= inInfo && p <= inGeocode {
		if b.over() {
			return
		}
		b.bytes += partSize[p]
	}
	switch p {
	case inInfo:
		n := next(&b.alert.Infos)
		*n = Info{Categories: n.Categories[:0], ResponseTypes: n.ResponseTypes[:0], EventCodes: n.EventCodes[:0],
			Parameters: n.Parameters[:0], Resources: n.Resources[:0], Areas: n.Areas[:0]}
	case inResource:
		*next(&last(&b.alert.Infos).Resources) = Resource{}
	case inArea:
		a := next(&last(&b.alert.Infos).Areas)
		*a = Area{Polygons: a.Polygons[:0], Circles: a.Circles[:0], Geocodes: a.Geocodes[:0]}
	case inEventCode:
		*next(&last(&b.alert.Infos).EventCodes) = Value{}
	case inParameter:
		*next(&last(&b.alert.Infos).Parameters) = Value{}
	case inGeocode:
		*next(&last(&last(&b.alert.Infos).Areas).Geocodes) = Value{}
	}
}

// next adds one to a list and gives it as it was when the list was longer before, with the
// memory that it had.
func next[T any](s *[]T) *T {
	if n := len(*s); n < cap(*s) {
		*s = (*s)[:n+1]
	} else {
		var zero T
		*s = append(*s, zero)
	}
	return &(*s)[len(*s)-1]
}

// set puts a text where the element called name within parent belongs.
func (b *builder) set(v *values, parent place, name, text string) {
	switch parent {
	case inAlert:
		b.setAlert(v, name, text)
	case inInfo:
		b.setInfo(v, last(&b.alert.Infos), name, text)
	case inResource:
		b.setResource(v, last(&last(&b.alert.Infos).Resources), name, text)
	case inArea:
		b.setArea(v, last(&last(&b.alert.Infos).Areas), name, text)
	case inEventCode:
		setValue(last(&last(&b.alert.Infos).EventCodes), name, text)
	case inParameter:
		setValue(last(&last(&b.alert.Infos).Parameters), name, text)
	case inGeocode:
		setValue(last(&last(&last(&b.alert.Infos).Areas).Geocodes), name, text)
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
			a.Codes = append(a.Codes, text)
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
			n.Categories = append(n.Categories, text)
		}
	case "event":
		n.Event = text
	case "responseType":
		if v.room(wordSize) {
			n.ResponseTypes = append(n.ResponseTypes, text)
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

func (b *builder) setResource(v *values, r *Resource, name, text string) {
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
		if ring := v.polygon(text); ring != nil {
			area.Polygons = append(area.Polygons, ring)
		}
	case "circle":
		if c, ok := v.circle(text); ok {
			area.Circles = append(area.Circles, c)
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
