package cap

// Rule is one thing that a document is checked for. Severity is what it weighs in CAP
// 1.1 and 1.2; Clause is where it comes from, in CAP 1.2 unless another text is named.
type Rule struct {
	ID       string
	Severity string
	Clause   string
	Text     string
}

// The rules by name.
const (
	RuleRead        = "read"
	RuleSize        = "size"
	RuleMore        = "more"
	RuleXML         = "xml"
	RuleDoctype     = "xml.doctype"
	RuleNamespace   = "xml.namespace"
	RuleRoot        = "root"
	RuleSchema      = "schema"
	RuleToken       = "token"
	RuleZone        = "time.zone"
	RuleUTC         = "time.utc"
	RuleTime        = "time"
	RuleOrder       = "time.order"
	RuleOnset       = "time.onset"
	RuleRestriction = "scope.restriction"
	RuleAddresses   = "scope.addresses"
	RuleUnscoped    = "scope.unused"
	RuleRefers      = "references.required"
	RuleReference   = "references.form"
	RuleEarlier     = "references.earlier"
	RuleDangling    = "references.dangling"
	RuleUnresolved  = "references.unresolved"
	RuleQuotes      = "quotes"
	RuleNote        = "note"
	RuleNoInfo      = "info.missing"
	RuleNoArea      = "area.missing"
	RuleUnplaced    = "area.unplaced"
	RuleEmpty       = "empty"
	RuleLanguage    = "language"
	RuleWeb         = "web"
	RuleMIME        = "resource.mime"
	RuleURI         = "resource.uri"
	RuleDeref       = "resource.deref"
	RuleResourceSz  = "resource.size"
	RuleDigest      = "resource.digest"
	RuleDigestForm  = "resource.digest_form"
	RulePolygon     = "area.polygon"
	RuleShape       = "area.polygon_shape"
	RuleCircle      = "area.circle"
	RulePoint       = "area.point"
	RuleHeight      = "area.altitude"
	RuleCeiling     = "area.ceiling"
	RuleDuplicate   = "container.duplicate"
	RuleFeed        = "container.feed"
	RuleFeedShould  = "container.feed_should"
	RuleNothing     = "container.empty"
	RuleDistributed = "container.reference"
	RuleSignature   = "signature"
	RuleUnverified  = "signature.unverified"
	RuleWeak        = "signature.weak"
)

const (
	errs  = SeverityError
	warns = SeverityWarning
)

// Rules is everything that Check looks for, in the order of the document.
var Rules = []Rule{
	{RuleRead, errs, "", "The file can be read."},
	{RuleSize, errs, "", "The document keeps the limits on bytes and elements."},
	{RuleMore, warns, "", "No more than 200 findings are told of one document, 150 of them warnings."},
	{RuleXML, errs, "§5.2, XML 1.0", "The document is well-formed."},
	{RuleDoctype, errs, "§3.3.3", "There is no document type declaration: entities are never expanded and nothing is fetched."},
	{RuleNamespace, errs, "Namespaces in XML", "Every prefix is declared."},
	{RuleRoot, errs, "§5.2", "The root is a CAP alert of a known version, an Atom feed or entry, an RSS channel, or an EDXL distribution."},
	{RuleSchema, errs, "§3.4, §5.2", "The document is valid by the schema of its own version."},
	{RuleToken, errs, "§3.2.1", "identifier and sender are there and hold no space, comma, < or &."},
	{RuleTime, errs, "§3.3.2", "A time is a date and time that exists."},
	{RuleZone, errs, "§3.3.2", "A time has its zone in digits, neither Z nor none. CAP 1.0 does not ask for it: a warning there."},
	{RuleUTC, warns, "§3.3.2", "UTC is written -00:00. +00:00 cannot be told from the local time of a country at that offset, so it is not refused."},
	{RuleOrder, errs, "§3.2.2", "expires is not before sent or effective."},
	{RuleOnset, warns, "§3.2.2", "onset is not after expires. Weather services let a message expire, for a newer one to follow, before what it warns of begins."},
	{RuleRestriction, errs, "§3.2.1", "The scope Restricted comes with a restriction."},
	{RuleAddresses, errs, "§3.2.1", "The scope Private comes with addresses."},
	{RuleUnscoped, warns, "§3.2.1", "A restriction is used with the scope Restricted only."},
	{RuleRefers, errs, "§3.2.1", "Update, Cancel, Ack and Error name the message they are about."},
	{RuleReference, errs, "§3.2.1", "A reference has the form sender,identifier,sent; several are parted by blanks. CAP 1.0 has another form: a warning there."},
	{RuleEarlier, errs, "§3.2.1", "A reference is to an earlier message, not to the message itself or a later one."},
	{RuleDangling, errs, "§3.2.1", "A reference to a message of the same container gives the time at which that message was sent."},
	{RuleUnresolved, warns, "§3.2.1", "A reference is to a message of the same container; it may also be to one that left it."},
	{RuleQuotes, errs, "§3.2.1", "Addresses and incidents with blanks stand in double quotes, which are closed."},
	{RuleNote, warns, "§3.2.1", "An Exercise names the exercise, and an Error its reason, in the note."},
	{RuleNoInfo, warns, "§1.4", "An Alert or Update has an info."},
	{RuleNoArea, warns, "§3.2.2", "The info of an Alert or Update has an area."},
	{RuleUnplaced, warns, "§3.2.4", "An area has a polygon, a circle or a geocode, and a geocode comes with a polygon or circle where possible."},
	{RuleEmpty, warns, "§3.2", "A text that is there is not empty: event, areaDesc, resourceDesc, valueName, polygon, circle."},
	{RuleLanguage, warns, "§3.2.2, RFC 3066", "A language begins with a code of two or three letters, i or x."},
	{RuleWeb, warns, "§3.2.2", "web is a full, absolute URI."},
	{RuleMIME, warns, "§3.2.3, RFC 2046", "mimeType is a type and a subtype."},
	{RuleURI, errs, "§3.2.3", "A relative uri names the content of a derefUri in the same resource; any other is absolute."},
	{RuleDeref, errs, "§3.2.3", "derefUri is base 64 and comes with a mimeType."},
	{RuleResourceSz, errs, "§3.2.3", "size is not negative."},
	{RuleDigest, errs, "§3.2.3", "digest is the SHA-1 of the content where the content is in the message."},
	{RuleDigestForm, warns, "§3.2.3", "digest has the form of a SHA-1 value in hexadecimal digits."},
	{RulePolygon, errs, "§3.2.4", "A polygon is pairs latitude,longitude parted by blanks, four or more, the first and last the same."},
	{RuleShape, warns, "§3.2.4", "A polygon has an area and does not cross itself."},
	{RuleCircle, errs, "§3.2.4", "A circle is a pair latitude,longitude, a space, and a radius in kilometres from 0 to half the Earth's circumference."},
	{RulePoint, errs, "§3.3.1", "A latitude lies within ±90 degrees and a longitude within ±180."},
	{RuleHeight, errs, "§3.2.4", "altitude and ceiling are numbers of feet."},
	{RuleCeiling, errs, "§3.2.4", "ceiling comes with an altitude and is not below it."},
	{RuleDuplicate, errs, "§3.2.1", "No two alerts of a container have the same sender and identifier."},
	{RuleFeed, errs, "RFC 4287 §4; RSS 2.0", "A feed and its entries have what their format requires, and nothing of its namespace that it does not know."},
	{RuleFeedShould, warns, "RFC 4287 §4; RSS 2.0", "A feed has an author, and its times are in their format."},
	{RuleNothing, warns, "", "A container holds an alert or leads to one."},
	{RuleDistributed, errs, "EDXL-DE 1.0 §3.2.1", "A distribution of the type Update, Cancel or Error names the one it is about, and its areas are possible."},
	{RuleSignature, errs, "§3.3.4.1, XML-Signature", "An enveloped signature covers the alert, and its digest and value are right."},
	{RuleUnverified, warns, "§3.3.4.1", "A signature can be verified; a message is not refused because it cannot."},
	{RuleWeak, warns, "", "A signature does not rest on SHA-1."},
}

var ruleByID = func() map[string]Rule {
	m := make(map[string]Rule, len(Rules))
	for _, r := range Rules {
		m[r.ID] = r
	}
	return m
}()

func ruleOf(id string) Rule { return ruleByID[id] }
