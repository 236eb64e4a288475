package cap

// Namespaces of the documents that are read.
const (
	Space10    = "http://www.incident.com/cap/1.0"
	Space11    = "urn:oasis:names:tc:emergency:cap:1.1"
	Space12    = "urn:oasis:names:tc:emergency:cap:1.2"
	SpaceEDXL  = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"
	SpaceAtom  = "http://www.w3.org/2005/Atom"
	spaceDSig  = "http://www.w3.org/2000/09/xmldsig#"
	spaceXSI   = "http://www.w3.org/2001/XMLSchema-instance"
	spaceXSD   = "http://www.w3.org/2001/XMLSchema"
	unbounded  = 1 << 30
	versionOld = "1.0"
)

// kind is a type of a schema: a simple one, or a sequence of elements that may end in
// elements of other namespaces.
type kind struct {
	simple   simple
	builtin  string // the name in XML Schema, where it is nothing more
	fallback bool   // an empty element takes a default value
	sequence []particle
	any      *wildcard
	open     bool // attributes of other namespaces are allowed
}

// particle is one step of a sequence; or is the other element of a choice.
type particle struct {
	name     string
	min, max int
	kind     *kind
	or       *particle
}

// wildcard allows elements of the namespace only, or of any but the schema's own.
type wildcard struct {
	only string
	min  int
}

func (w *wildcard) allows(space, own string) bool {
	if w.only != "" {
		return space == w.only
	}
	return space != "" && space != own
}

// schema is one published schema: its namespace and its global elements.
type schema struct {
	version string
	space   string
	global  map[string]*kind
}

var (
	text        = &kind{simple: anyText, builtin: "string"}
	list        = &kind{simple: anyText}
	lang        = &kind{simple: language, builtin: "language", fallback: true}
	uri         = &kind{simple: anyURI, builtin: "anyURI"}
	whole       = &kind{simple: integer, builtin: "integer"}
	number      = &kind{simple: decimal, builtin: "decimal"}
	instant     = &kind{simple: dateTime, builtin: "dateTime"}
	instant12   = &kind{simple: dateTime12}
	pair        = &kind{sequence: []particle{one("valueName", text), one("value", text)}}
	msgTypes    = codes("Alert", "Update", "Cancel", "Ack", "Error")
	scopes      = codes("Public", "Restricted", "Private")
	urgencies   = codes("Immediate", "Expected", "Future", "Past", "Unknown")
	severities  = codes("Extreme", "Severe", "Moderate", "Minor", "Unknown")
	certainties = codes("Observed", "Likely", "Possible", "Unlikely", "Unknown")
	categories  = codes("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other")
)

func one(name string, k *kind) particle      { return particle{name: name, min: 1, max: 1, kind: k} }
func optional(name string, k *kind) particle { return particle{name: name, max: 1, kind: k} }
func some(name string, k *kind) particle {
	return particle{name: name, min: 1, max: unbounded, kind: k}
}
func many(name string, k *kind) particle { return particle{name: name, max: unbounded, kind: k} }
func codes(values ...string) *kind       { return &kind{simple: oneOf(values...)} }

// The four schemas, as published by OASIS.
var (
	schema12 = capSchema("1.2", Space12)
	schema11 = capSchema("1.1", Space11)
	schema10 = capSchema(versionOld, Space10)
	schemaDE = edxl()
)

// schemaOf finds the schema of a namespace.
func schemaOf(space string) *schema {
	switch space {
	case Space12:
		return schema12
	case Space11:
		return schema11
	case Space10:
		return schema10
	case SpaceEDXL:
		return schemaDE
	}
	return nil
}

// capSchema is the schema of a version of CAP; what the versions share is said once.
func capSchema(version, space string) *schema {
	old, new := version == versionOld, version == "1.2"
	when, valued, tokens, required := instant, pair, text, one
	if new {
		when = instant12
	}
	if old {
		valued, tokens, required = text, list, optional
	}
	statuses, categories, certainties := codes("Actual", "Exercise", "System", "Test"), categories, certainties
	responses := codes("Shelter", "Evacuate", "Prepare", "Execute", "Monitor", "Assess", "None")
	height, mime := text, optional
	switch {
	case old:
		categories = codes("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "Other")
		certainties = codes("Very Likely", "Likely", "Possible", "Unlikely", "Unknown")
	case new:
		responses = codes("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
		height, mime = number, one
	}
	if !old {
		statuses = codes("Actual", "Exercise", "System", "Test", "Draft")
	}
	resource := &kind{sequence: []particle{one("resourceDesc", text), mime("mimeType", text),
		optional("size", whole), optional("uri", uri), optional("derefUri", text), optional("digest", text)}}
	area := &kind{sequence: []particle{one("areaDesc", text), many("polygon", tokens), many("circle", tokens),
		many("geocode", valued), optional("altitude", height), optional("ceiling", height)}}
	info := &kind{sequence: []particle{optional("language", lang), some("category", categories), one("event", text),
		many("responseType", responses), one("urgency", urgencies), one("severity", severities), one("certainty", certainties),
		optional("audience", text), many("eventCode", valued), optional("effective", when), optional("onset", when), optional("expires", when),
		optional("senderName", text), optional("headline", text), optional("description", text), optional("instruction", text),
		optional("web", uri), optional("contact", text), many("parameter", valued), many("resource", resource), many("area", area)}}
	alert := &kind{sequence: []particle{one("identifier", text), one("sender", text), one("sent", when), one("status", statuses), one("msgType", msgTypes),
		optional("password", text), optional("source", text), required("scope", scopes), optional("restriction", text), optional("addresses", text),
		many("code", text), optional("note", text), optional("references", tokens), optional("incidents", tokens), many("info", info)}}
	if old {
		drop(resource, "derefUri")
		drop(info, "responseType")
		info.sequence[1].min = 0 // category
	} else {
		drop(alert, "password")
	}
	if new {
		alert.any = &wildcard{only: spaceDSig}
	}
	s := &schema{version, space, map[string]*kind{"alert": alert}}
	if !old {
		s.global["valueName"], s.global["value"] = text, text
	}
	return s
}

func drop(k *kind, name string) {
	for i, p := range k.sequence {
		if p.name == name {
			k.sequence = append(k.sequence[:i:i], k.sequence[i+1:]...)
			return
		}
	}
}

// edxl is the schema of EDXL-DE 1.0.
func edxl() *schema {
	other := &wildcard{}
	status := &kind{simple: oneToken("Actual", "Exercise", "System", "Test")}
	purpose := &kind{simple: oneToken("Report", "Update", "Cancel", "Request", "Response", "Dispatch", "Ack", "Error",
		"SensorConfiguration", "SensorControl", "SensorStatus", "SensorDetection")}
	values := &kind{sequence: []particle{one("valueListUrn", text), some("value", text)}}
	address := &kind{sequence: []particle{one("explicitAddressScheme", text), some("explicitAddressValue", text)}}
	target := &kind{sequence: []particle{many("circle", text), many("polygon", text), many("country", text), many("subdivision", text), many("locCodeUN", text)}}
	embedded := &kind{any: &wildcard{min: 1}, open: true}
	xml := &kind{sequence: []particle{many("keyXMLContent", embedded), many("embeddedXMLContent", embedded)}}
	data := &kind{sequence: []particle{one("mimeType", text), optional("size", whole), optional("digest", text), optional("uri", uri),
		optional("contentData", &kind{simple: base64Binary, builtin: "base64Binary"})}}
	xmlChoice := one("xmlContent", xml)
	choice := one("nonXMLContent", data)
	choice.or = &xmlChoice
	content := &kind{any: other, sequence: []particle{optional("contentDescription", text), many("contentKeyword", values), optional("incidentID", text),
		optional("incidentDescription", text), many("originatorRole", values), many("consumerRole", values), optional("confidentiality", text), choice}}
	root := &kind{sequence: []particle{one("distributionID", text), one("senderID", text), one("dateTimeSent", instant), one("distributionStatus", status),
		one("distributionType", purpose), one("combinedConfidentiality", text), optional("language", text), many("senderRole", values),
		many("recipientRole", values), many("keyword", values), many("distributionReference", text), many("explicitAddress", address),
		many("targetArea", target), many("contentObject", content)}}
	return &schema{"edxl", SpaceEDXL, map[string]*kind{"EDXLDistribution": root}}
}
