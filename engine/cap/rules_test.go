package cap

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

const goodAlert = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>id-1</identifier><sender>duty@example.org</sender><sent>2026-07-20T08:00:00+08:00</sent><status>Actual</status><msgType>Update</msgType>
<scope>Public</scope><references>duty@example.org,id-0,2026-07-20T07:00:00+08:00</references><incidents>a "b c"</incidents>
<info><language>zh-CN</language><category>Met</category><event>暴雨</event><responseType>Shelter</responseType><urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>
<eventCode><valueName>GB</valueName><value>10203</value></eventCode><effective>2026-07-20T08:00:00+08:00</effective><expires>2026-07-20T12:00:00+08:00</expires>
<web>https://example.org/1</web><parameter><valueName>a</valueName><value>1</value></parameter>
<resource><resourceDesc>text</resourceDesc><mimeType>text/plain</mimeType><size>5</size><uri>a.txt</uri><derefUri>aGVsbG8=</derefUri><digest>aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d</digest></resource>
<area><areaDesc>东城区</areaDesc><polygon>39.9,116.3 39.9,116.4 40.0,116.4 39.9,116.3</polygon><circle>39.9,116.4 1.5</circle><geocode><valueName>GB</valueName><value>110101</value></geocode><altitude>0</altitude><ceiling>100</ceiling></area>
</info></alert>`

const goodFeed = `<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x</id><title>t</title><updated>2026-07-20T08:00:00Z</updated><author><name>n</name></author>
<entry><id>urn:y</id><title>t</title><updated>2026-07-20T08:00:00Z</updated><link href="https://example.org/1"/><content type="application/cap+xml">ALERT1</content></entry>
<entry><id>urn:z</id><title>t</title><updated>2026-07-20T08:00:00Z</updated><content type="application/cap+xml">ALERT2</content></entry></feed>`

const goodDistribution = `<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0"><distributionID>d</distributionID><senderID>s@example.org</senderID>
<dateTimeSent>2026-07-20T08:00:00+08:00</dateTimeSent><distributionStatus>Actual</distributionStatus><distributionType>Report</distributionType><combinedConfidentiality>none</combinedConfidentiality>
<targetArea><circle>39.9,116.4 1</circle></targetArea><contentObject><xmlContent><embeddedXMLContent>ALERT1</embeddedXMLContent></xmlContent></contentObject></EDXLDistribution>`

// inner is goodAlert as it stands within a container, with another identifier.
func inner(identifier string) string {
	_, alert, _ := strings.Cut(goodAlert, "?>\n")
	return strings.Replace(alert, "id-1", identifier, 1)
}

func filled(container string) string {
	return strings.NewReplacer("ALERT1", inner("id-1"), "ALERT2", inner("id-2")).Replace(container)
}

func TestGoodDocumentsHaveNoErrors(t *testing.T) {
	for _, doc := range []string{goodAlert, filled(goodFeed), filled(goodDistribution)} {
		if r := Check([]byte(doc)); !r.Valid {
			t.Errorf("%+v", r)
		}
	}
	if r := Check([]byte(goodAlert)); len(r.Findings) != 0 {
		t.Errorf("%+v", r)
	}
}

// Each rule, broken once or more: what stands in a good document and what is put in its
// place. A severity that is left open is the rule's own.
var breaches = []struct{ rule, in, old, new, severity string }{
	{RuleXML, goodAlert, "</alert>", "", ""},
	{RuleXML, goodAlert, "暴雨", "&nbsp;", ""},
	{RuleDoctype, goodAlert, "<alert ", "<!DOCTYPE alert><alert ", ""},
	{RuleDoctype, goodAlert, "<alert ", `<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert `, ""},
	{RuleNamespace, goodAlert, "<event>暴雨</event>", "<p:event>暴雨</p:event>", ""},
	{RuleRoot, goodAlert, "cap:1.2", "cap:1.3", ""},
	{RuleSchema, goodAlert, "Shelter", "Hide", ""},
	{RuleSchema, goodAlert, "<category>Met</category>", "", ""},
	{RuleSchema, goodAlert, "2026-07-20T12:00:00+08:00", "2026-07-20T12:00:00Z", ""},
	{RuleToken, goodAlert, "id-1", "id 1", ""},
	{RuleToken, goodAlert, "id-1", "", ""},
	{RuleToken, goodAlert, "<sender>duty@", "<sender>a,duty@", ""},
	{RuleToken, goodAlert, "<sender>duty@", "<sender>a&amp;duty@", ""},
	{RuleTime, goodAlert, "2026-07-20T12:00", "2026-02-30T12:00", ""},
	{RuleZone, goodAlert, "12:00:00+08:00", "12:00:00Z", ""},
	{RuleZone, goodAlert, "12:00:00+08:00", "12:00:00", ""},
	{RuleUTC, goodAlert, "12:00:00+08:00", "12:00:00+00:00", ""},
	{RuleOrder, goodAlert, "2026-07-20T12:00", "2026-07-19T12:00", ""},
	{RuleOrder, goodAlert, "<effective>2026-07-20", "<effective>2026-07-21", ""},
	{RuleOnset, goodAlert, "<expires>", "<onset>2026-07-20T13:00:00+08:00</onset><expires>", ""},
	{RuleRestriction, goodAlert, "Public", "Restricted", ""},
	{RuleAddresses, goodAlert, "Public", "Private", ""},
	{RuleUnscoped, goodAlert, "</scope>", "</scope><restriction>x</restriction>", ""},
	{RuleRefers, goodAlert, "<references>duty@example.org,id-0,2026-07-20T07:00:00+08:00</references>", "", ""},
	{RuleReference, goodAlert, "duty@example.org,id-0,", "id-0,", ""},
	{RuleReference, goodAlert, "id-0,2026-07-20T07:00:00", "id-0,yesterday", ""},
	{RuleEarlier, goodAlert, "id-0,2026-07-20", "id-0,2026-07-21", ""},
	{RuleEarlier, goodAlert, ",id-0,", ",id-1,", ""},
	{RuleQuotes, goodAlert, `"b c"`, `"b c`, ""},
	{RuleNote, goodAlert, "Actual", "Exercise", ""},
	{RuleEmpty, goodAlert, "<event>暴雨</event>", "<event/>", ""},
	{RuleEmpty, goodAlert, "<polygon>39.9,116.3 39.9,116.4 40.0,116.4 39.9,116.3</polygon>", "<polygon></polygon>", ""},
	{RuleLanguage, goodAlert, "zh-CN", "chinese", ""},
	{RuleWeb, goodAlert, "https://example.org/1", "example.org/1", ""},
	{RuleMIME, goodAlert, "text/plain", "text", ""},
	{RuleURI, goodAlert, "<derefUri>aGVsbG8=</derefUri>", "", ""},
	{RuleDeref, goodAlert, "aGVsbG8=", "aGVsbG8", ""},
	{RuleDeref, goodAlert, "<mimeType>text/plain", "<mimeType>", ""},
	{RuleResourceSz, goodAlert, "<size>5", "<size>-5", ""},
	{RuleDigest, goodAlert, "aGVsbG8=", "aGVsbG9v", ""},
	{RuleDigestForm, goodAlert, "aaf4c61d", "md5", ""},
	{RulePolygon, goodAlert, "39.9,116.3 39.9,116.4 40.0,116.4 39.9,116.3", "39.9,116.3 39.9,116.4 39.9,116.3", ""},
	{RulePolygon, goodAlert, "40.0,116.4 39.9,116.3<", "40.0,116.4 39.9,116.2<", ""},
	{RulePolygon, goodAlert, "40.0,116.4", "40.0, 116.4", ""},
	{RuleShape, goodAlert, "40.0,116.4 39.9,116.3<", "39.9,116.5 39.9,116.3<", ""},
	{RuleShape, goodAlert, "39.9,116.3 39.9,116.4 40.0,116.4", "39.9,116.3 40,116.4 40,116.3 39.9,116.4", ""},
	{RuleCircle, goodAlert, "116.4 1.5", "116.4 -1.5", ""},
	{RuleCircle, goodAlert, "116.4 1.5", "116.4", ""},
	{RuleCircle, goodAlert, "116.4 1.5", "116.4 30000", ""},
	{RulePoint, goodAlert, "<circle>39.9", "<circle>93.9", ""},
	{RulePoint, goodAlert, "40.0,116.4", "40.0,196.4", ""},
	{RuleHeight, strings.ReplaceAll(goodAlert, "cap:1.2", "cap:1.1"), "<altitude>0", "<altitude>high", ""},
	{RuleCeiling, goodAlert, "<altitude>0</altitude>", "", ""},
	{RuleCeiling, goodAlert, "<altitude>0", "<altitude>200", ""},
	{RuleUnplaced, goodAlert, "<polygon>39.9,116.3 39.9,116.4 40.0,116.4 39.9,116.3</polygon><circle>39.9,116.4 1.5</circle>", "", ""},
	{RuleDangling, filled(goodFeed), ",id-0,2026", ",id-2,2025", ""},
	{RuleUnresolved, filled(goodFeed), ",id-0,", ",id-9,", ""},
	{RuleDuplicate, filled(goodFeed), "id-2", "id-1", ""},
	{RuleFeed, filled(goodFeed), "<id>urn:y</id>", "", ""},
	{RuleFeed, filled(goodFeed), "<title>t</title>", "<title>t</title><title>u</title>", ""},
	{RuleFeed, filled(goodFeed), "2026-07-20T08:00:00Z", "yesterday", ""},
	{RuleFeedShould, filled(goodFeed), "<author><name>n</name></author>", "", ""},
	{RuleDistributed, filled(goodDistribution), ">Report<", ">Cancel<", ""},
	{RulePoint, filled(goodDistribution), "<circle>39.9", "<circle>-99.9", ""},
	{RuleNothing, `<rss version="2.0"><channel><title>a</title><link>b</link><description>c</description></channel></rss>`, "a", "a", ""},
	{RuleNoInfo, strings.ReplaceAll(noInfo, "Ack", "Update"), "Update", "Update", ""},
	{RuleNoArea, goodAlert[:strings.Index(goodAlert, "<area>")] + "</info></alert>", "暴雨", "暴雨", ""},
	{RuleUnverified, goodAlert, "</alert>", `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></alert>`, ""},
	// What CAP 1.0 did not say yet is a warning there.
	{RuleZone, oldAlert, "08:00:00+08:00", "08:00:00Z", SeverityWarning},
	{RuleReference, oldAlert, "</scope>", "</scope><references>id-0/duty</references>", SeverityWarning},
}

const noInfo = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>id-1</identifier><sender>d</sender><sent>2026-07-20T08:00:00-00:00</sent><status>Actual</status><msgType>Ack</msgType><scope>Public</scope><references>d,id-0,2026-07-20T07:00:00-00:00</references></alert>`

const oldAlert = `<alert xmlns="http://www.incident.com/cap/1.0"><identifier>id-1</identifier><sender>d</sender><sent>2026-07-20T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><event>x</event><urgency>Past</urgency><severity>Minor</severity><certainty>Very Likely</certainty><area><areaDesc>a</areaDesc><geocode>FIPS=1</geocode></area></info></alert>`

func TestEveryRuleIsKept(t *testing.T) {
	broken := map[string]bool{
		RuleRead: true, RuleSize: true, RuleMore: true, RuleSignature: true, RuleWeak: true, // in tests of their own
	}
	for i, b := range breaches {
		if !strings.Contains(b.in, b.old) {
			t.Fatalf("breach %d of %s: %q is not there", i, b.rule, b.old)
		}
		broken[b.rule] = true
		severity := b.severity
		if severity == "" {
			severity = ruleOf(b.rule).Severity
		}
		report := Check([]byte(strings.Replace(b.in, b.old, b.new, 1)))
		found := false
		for _, f := range report.Findings {
			found = found || f.Rule == b.rule && f.Severity == severity
		}
		if !found || severity == SeverityError && report.Valid {
			t.Errorf("%s is not told of %q: %+v", b.rule, b.new, report)
		}
		if severity == SeverityWarning && b.severity == "" && b.rule != RuleNothing && !report.Valid {
			t.Errorf("%s: only a warning was due: %+v", b.rule, report)
		}
	}
	for _, r := range Rules {
		if !broken[r.ID] {
			t.Errorf("no test breaks %s", r.ID)
		}
	}
}

func TestPathsNameThePlace(t *testing.T) {
	for doc, want := range map[string]string{
		strings.Replace(goodAlert, "<circle>39.9", "<circle>99.9", 1): "/alert/info[1]/area[1]/circle[1]",
		strings.Replace(filled(goodFeed), "id-2", "id 2", 1):          "alert[2]/identifier",
		strings.Replace(goodAlert, "Severe", "Bad", 1):                "/alert/info[1]/severity",
	} {
		if r := Check([]byte(doc)); len(r.Findings) == 0 || r.Findings[0].Path != want {
			t.Errorf("%+v, want %s", r, want)
		}
	}
}

// Hostile documents cost no more than others.
func TestLimits(t *testing.T) {
	lol := `<!DOCTYPE alert [<!ENTITY a0 "lollollol">`
	for i := 1; i < 12; i++ {
		lol += fmt.Sprintf(`<!ENTITY a%d "%s">`, i, strings.Repeat(fmt.Sprintf("&a%d;", i-1), 10))
	}
	many := `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">` + strings.Repeat("<code/>", maxElements) + "</alert>"
	for name, c := range map[string]struct{ doc, rule string }{
		"size":     {strings.Repeat(" ", MaxSize+1), RuleSize},
		"elements": {many, RuleSize},
		"findings": {`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">` + strings.Repeat("<x/>", 1000) + "</alert>", RuleMore},
		"depth":    {strings.Repeat("<a>", 1000), RuleXML},
		"entities": {lol + "]>" + strings.Replace(inner("id-1"), "暴雨", "&a11;", 1), RuleXML},
		"empty":    {"", RuleXML},
		"words":    {strings.Replace(goodAlert, `a "b c"`, strings.Repeat("a ", maxParts/wordSize+1), 1), RuleSize},
		"points":   {strings.Replace(goodAlert, "40.0,116.4", strings.Repeat("0,0 ", maxParts/pointSize), 1), RuleSize},
		"commas":   {strings.Replace(goodAlert, "40.0,116.4", strings.Repeat(",", maxParts/pointSize), 1), RuleSize},
		"refers":   {strings.Replace(goodAlert, "duty@example.org,id-0,", strings.Repeat("d,i,2026-07-20T07:00:00+05:30 ", maxReferences)+"duty@example.org,id-0,", 1), RuleSize},
		"alerts":   {strings.NewReplacer("ALERT1", strings.Repeat(`<a:alert xmlns:a="urn:oasis:names:tc:emergency:cap:1.2"/>`, maxAlerts+1), "ALERT2", "").Replace(goodFeed), RuleSize},
		"labels":   {strings.Replace(goodAlert, "text/plain", strings.Repeat("a", maxLabel)+"/plain", 1), RuleMIME},
		"circle":   {strings.Replace(goodAlert, "39.9,116.4 1.5", strings.Repeat("1 ", 1000), 1), RuleCircle},
	} {
		r := Check([]byte(c.doc))
		found := false
		for _, f := range r.Findings {
			found = found || f.Rule == c.rule
		}
		if !found || r.Valid != (name == "labels") || len(r.Findings) > maxFindings+4 {
			t.Errorf("%s: %d findings, valid %v", name, len(r.Findings), r.Valid)
		}
	}
}

// However many warnings there are, what is wrong is told: to people among the findings, to
// programs for each alert, in which they look no further.
func TestWarningsHideNoError(t *testing.T) {
	area := `<area><areaDesc>a</areaDesc><geocode><valueName>x</valueName><value>1</value></geocode></area>`
	many := strings.Replace(inner("id-5"), "<area>", strings.Repeat(area, 2*maxFindings)+"<area>", 1)
	late := strings.Replace(inner("id-2"), "2026-07-20T12:00", "2026-07-19T12:00", 1)
	feed := strings.NewReplacer("ALERT1", many+inner("id-1")+late, "ALERT2", inner("id-1")).Replace(goodFeed)
	doc := Read([]byte(feed))
	errors := 0
	for _, f := range doc.Findings {
		if f.Severity == SeverityError {
			errors++
		}
	}
	if doc.Valid || errors != 2 || doc.Findings[len(doc.Findings)-1].Rule != RuleMore || len(doc.Alerts) != 4 {
		t.Errorf("%d errors are told: %+v", errors, doc.Findings[maxWarnings:])
	}
	if w := doc.Wrong; len(w) != 4 || w[0] != nil || w[1] != nil || w[2] == nil || w[2].Rule != RuleOrder || w[2].Path != "alert[3]/info[1]/expires" || w[3] == nil || w[3].Rule != RuleDuplicate {
		t.Errorf("%+v", w)
	}
	// Errors, too, are too many to be told; which alerts they are in is known.
	bad := strings.Replace(inner("id-5"), "</info>", "</info>"+strings.Repeat("<x/>", 2*maxFindings), 1)
	doc = Read([]byte(strings.NewReplacer("ALERT1", bad+late+inner("id-1"), "ALERT2", "").Replace(goodFeed)))
	if w := doc.Wrong; len(w) != 3 || w[0] == nil || w[1] == nil || w[1].Rule != RuleOrder || w[2] != nil {
		t.Errorf("%+v", w)
	}
}

var update = flag.Bool("update", false, "write the table of rules into docs/cap.md")

//go:generate go test -run TestTheManualListsEveryRule -update .

func TestTheManualListsEveryRule(t *testing.T) {
	const manual, begin, end = "../../docs/cap.md", "<!-- rules -->\n", "<!-- end of rules -->\n"
	raw, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), begin)
	old, after, okEnd := strings.Cut(rest, end)
	if !ok || !okEnd {
		t.Fatal("docs/cap.md has no place for the rules")
	}
	var b strings.Builder
	b.WriteString("| rule | severity | clause | what must hold |\n|---|---|---|---|\n")
	for _, r := range Rules {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.ID, r.Severity, r.Clause, strings.ReplaceAll(r.Text, "<", "&lt;"))
	}
	if *update {
		if err := os.WriteFile(manual, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != b.String() {
		t.Error("docs/cap.md does not list the rules as they are: run go generate ./engine/cap")
	}
}
