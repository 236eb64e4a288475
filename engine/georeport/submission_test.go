package georeport

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func form(t testing.TB, body string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(body)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func told(errs []*Error) string {
	var list []string
	for _, e := range errs {
		list = append(list, strings.TrimPrefix(fmt.Sprintf("%d %s: %s", e.Status, e.Place, e.Code), " "))
	}
	return strings.Join(list, "\n")
}

// The request that the specification shows.
const sample = "api_key=xyz&jurisdiction_id=city.gov&service_code=001&lat=37.76524078&long=-122.4212043&address_string=1234+5th+street&email=smit333%40sfgov.edu&device_id=tt222111" +
	"&account_id=123456&first_name=john&last_name=smith&phone=111111111&description=A+large+sinkhole+is+destroying+the+street&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg" +
	"&attribute[WHISPAWN]=123456&attribute[WHISDORN]=COISL001"

func TestSampleOfASubmission(t *testing.T) {
	s, errs := DecodeSubmission(form(t, sample), Jurisdictions{"city.gov", "other.gov"})
	if len(errs) > 0 {
		t.Fatal(told(errs))
	}
	want := &Submission{"city.gov", "xyz", "001", &Point{37.76524078, -122.4212043}, "1234 5th street", "", []Answer{{"WHISDORN", []string{"COISL001"}}, {"WHISPAWN", []string{"123456"}}},
		"smit333@sfgov.edu", "tt222111", "123456", "john", "smith", "111111111", "A large sinkhole is destroying the street", "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg"}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	if spec := open(t, "GeoReport_v2.md"); !strings.Contains(spec, sample) {
		t.Error("the specification does not show that request")
	}
}

func TestSubmissions(t *testing.T) {
	one, two := Jurisdictions{"city.gov"}, Jurisdictions{"city.gov", "other.gov"}
	for _, c := range []struct {
		name string
		j    Jurisdictions
		body string
		want string // what is wrong, empty where nothing is
	}{
		{"address", nil, "service_code=1&address_string=x", ""},
		{"address of a register", nil, "service_code=1&address_id=x", ""},
		{"nothing", nil, "", "400 service_code: georeport.service.missing\n400 : georeport.location.missing"},
		{"empty is not there", nil, "service_code=&lat=&long=&address_string=", "400 service_code: georeport.service.missing\n400 : georeport.location.missing"},
		{"half a place", nil, "service_code=1&lat=1&address_string=x", "400 long: georeport.location.half"},
		{"other half", nil, "service_code=1&long=1", "400 lat: georeport.location.half"},
		{"beyond the pole", nil, "service_code=1&lat=90.1&long=1", "400 lat: georeport.coordinate.bad"},
		{"no number", nil, "service_code=1&lat=NaN&long=0x1p3", "400 lat: georeport.coordinate.bad\n400 long: georeport.coordinate.bad"},
		{"endless", nil, "service_code=1&lat=1e999&long=Inf", "400 lat: georeport.coordinate.bad\n400 long: georeport.coordinate.bad"},
		{"twice", nil, "service_code=1&service_code=2&address_id=x", "400 service_code: georeport.argument.twice"},
		{"twice, once empty", nil, "service_code=1&service_code=&address_id=x", ""},
		{"jurisdiction left out", one, "service_code=1&address_id=x", ""},
		{"jurisdiction of no matter", nil, "service_code=1&address_id=x&jurisdiction_id=y", ""},
		{"jurisdiction missing", two, "service_code=1&address_id=x", "400 jurisdiction_id: georeport.jurisdiction.missing"},
		{"jurisdiction unknown", two, "service_code=1&address_id=x&jurisdiction_id=y", "404 jurisdiction_id: georeport.jurisdiction.unknown"},
		{"the one unknown", one, "service_code=1&address_id=x&jurisdiction_id=y", "404 jurisdiction_id: georeport.jurisdiction.unknown"},
		{"email", nil, "service_code=1&address_id=x&email=a%40b%40c", "400 email: georeport.email.bad"},
		{"email without a domain", nil, "service_code=1&address_id=x&email=a%40", "400 email: georeport.email.bad"},
		{"email with a name", nil, "service_code=1&address_id=x&email=Ann+%3Ca%40b%3E", "400 email: georeport.email.bad"},
		{"media by another way", nil, "service_code=1&address_id=x&media_url=javascript:alert(1)", "400 media_url: georeport.url.bad"},
		{"media without a host", nil, "service_code=1&address_id=x&media_url=https:///1.jpg", "400 media_url: georeport.url.bad"},
		{"media with a password", nil, "service_code=1&address_id=x&media_url=https://u:p@h/1.jpg", "400 media_url: georeport.url.bad"},
		{"description of 4000", nil, "service_code=1&address_id=x&description=" + strings.Repeat("字", 4000), ""},
		{"description of 4001", nil, "service_code=1&address_id=x&description=" + strings.Repeat("字", 4001), "400 description: georeport.text.long"},
		{"lines in a name", nil, "service_code=1&address_id=x&first_name=a%0Ab", "400 first_name: georeport.text.control"},
		{"no text", nil, "service_code=1&address_id=x&description=%00", "400 description: georeport.text.control"},
		{"no UTF-8", nil, "service_code=1&address_id=x&description=%ff", "400 description: georeport.text.encoding"},
		{"attribute without a code", nil, "service_code=1&address_id=x&attribute[]=1", "400 attribute[]: georeport.attribute.form"},
		{"attribute not closed", nil, "service_code=1&address_id=x&attribute[a=1", "400 attribute[a: georeport.attribute.form"},
		{"attribute deeper", nil, "service_code=1&address_id=x&attribute[a][b]=1", "400 attribute[a][b]: georeport.attribute.form"},
		{"what is not known", nil, "service_code=1&address_id=x&attribute=1&foo=bar", ""},
		{"key with more wrong", nil, "api_key=" + strings.Repeat("k", 200), "400 api_key: georeport.text.long\n400 service_code: georeport.service.missing\n400 : georeport.location.missing"},
	} {
		s, errs := DecodeSubmission(form(t, c.body), c.j)
		if got := told(errs); got != c.want || (s == nil) != (c.want != "") {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
	s, _ := DecodeSubmission(form(t, "service_code=+1+&address_id=x&description=a%0D%0Ab%0Dc&attribute[m][]=1&attribute[m][]=&attribute[m][]=2&attribute[m]=2&attribute[n]="), one)
	if s == nil || s.ServiceCode != "1" || s.Jurisdiction != "city.gov" || s.Description != "a\nb\nc" || len(s.Answers) != 1 || !slices.Equal(slices.Sorted(slices.Values(s.Answers[0].Values)), []string{"1", "2"}) {
		t.Errorf("%+v", s)
	}
}

func TestSubmissionsAreBounded(t *testing.T) {
	many := form(t, "service_code=1&address_id=x")
	for i := range maxArguments {
		many.Set(fmt.Sprintf("attribute[a%d]", i), "1")
	}
	if _, errs := DecodeSubmission(many, nil); !strings.Contains(told(errs), "georeport.arguments.many") {
		t.Error(told(errs))
	}
	for i := range maxArguments - maxAttributes - 1 {
		many.Del(fmt.Sprintf("attribute[a%d]", i))
	}
	if _, errs := DecodeSubmission(many, nil); told(errs) != "400 attribute: georeport.list.many" {
		t.Error(told(errs))
	}
	chosen := form(t, "service_code=1&address_id=x")
	for i := range maxChosen + 1 {
		chosen.Add("attribute[a][]", fmt.Sprint(i))
	}
	if _, errs := DecodeSubmission(chosen, nil); told(errs) != "400 attribute[a]: georeport.list.many" {
		t.Error(told(errs))
	}
}

var asked = &Definition{"speaker", []Attribute{
	{true, "LINE", String, true, "", 1, "where", nil}, {true, "COUNT", Number, false, "", 2, "how many", nil}, {true, "SINCE", Datetime, false, "", 3, "since", nil},
	{true, "STORY", Text, false, "", 4, "what", nil}, {true, "ONE", SingleValueList, false, "", 5, "which", []Value{{"1", "a"}, {"2", "b"}}},
	{true, "MANY", MultiValueList, false, "", 6, "which", []Value{{"1", "a"}, {"2", "b"}}}, {false, "NOTE", String, false, "", 7, "thanks", nil},
}}

func TestAnswers(t *testing.T) {
	if errs := asked.Validate(); len(errs) > 0 {
		t.Fatal(told(errs))
	}
	for body, want := range map[string]string{
		"attribute[LINE]=x": "",
		"":                  "400 attribute[LINE]: georeport.attribute.required",
		"attribute[LINE]=x&attribute[COUNT]=12.5&attribute[SINCE]=2025-01-02&attribute[STORY]=a%0Ab&attribute[ONE]=1&attribute[MANY][]=1&attribute[MANY][]=2": "",
		"attribute[LINE]=x&attribute[SINCE]=2025-01-02T03:04:05%2B08:00":                                                                                      "",
		"attribute[LINE]=x&attribute[SINCE]=yesterday":                                                                                                        "400 attribute[SINCE]: georeport.attribute.datetime",
		"attribute[LINE]=a%0Ab":                                     "400 attribute[LINE]: georeport.attribute.line",
		"attribute[LINE]=" + strings.Repeat("x", 501):               "400 attribute[LINE]: georeport.attribute.long",
		"attribute[LINE]=x&attribute[COUNT]=NaN":                    "400 attribute[COUNT]: georeport.attribute.number",
		"attribute[LINE]=x&attribute[ONE][]=1&attribute[ONE][]=2":   "400 attribute[ONE]: georeport.attribute.several",
		"attribute[LINE]=x&attribute[ONE]=a":                        "400 attribute[ONE]: georeport.attribute.value",
		"attribute[LINE]=x&attribute[MANY][]=1&attribute[MANY][]=3": "400 attribute[MANY]: georeport.attribute.value",
		"attribute[LINE]=x&attribute[NOTE]=y":                       "400 attribute[NOTE]: georeport.attribute.unknown",
		"attribute[LINE]=x&attribute[OTHER]=y":                      "400 attribute[OTHER]: georeport.attribute.unknown",
	} {
		s, errs := DecodeSubmission(form(t, "service_code=1&address_id=x&"+body), nil)
		if len(errs) > 0 {
			t.Fatal(told(errs))
		}
		if got := told(asked.Check(s.Answers)); got != want {
			t.Errorf("%s: %q, not %q", body, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	bad := &Definition{"", []Attribute{
		{true, "A", String, false, "", 1, "x", []Value{{"1", "a"}}}, {true, "A", "colour", false, "", 1, "", nil}, {true, "a]", SingleValueList, false, "", 0, "x", nil},
		{true, "B", MultiValueList, false, "", 5, "x", []Value{{"1", "a"}, {"1", "b"}, {"", "c"}}},
	}}
	want := `400 service_code: georeport.definition.code
400 attributes[0].values: georeport.definition.values
400 attributes[1].code: georeport.definition.twice
400 attributes[1].order: georeport.definition.order
400 attributes[1].datatype: georeport.definition.datatype
400 attributes[1].description: georeport.definition.missing
400 attributes[2].code: georeport.definition.code
400 attributes[2].order: georeport.definition.order
400 attributes[2].values: georeport.definition.values
400 attributes[3].values[1]: georeport.definition.twice
400 attributes[3].values[2]: georeport.definition.code`
	if got := told(bad.Validate()); got != want {
		t.Error(cmp.Diff(want, got))
	}
	if got := told((&Definition{ServiceCode: "a"}).Validate()); got != "400 attributes: georeport.definition.count" {
		t.Error(got)
	}
	s := Service{Code: "a", Name: "b", Type: Batch, Keywords: []string{"c"}}
	if errs := s.Validate(); len(errs) > 0 {
		t.Error(told(errs))
	}
	s = Service{Type: "slow", Keywords: []string{"c,d"}}
	if got := told(s.Validate()); strings.Count(got, "\n") != 3 {
		t.Error(got)
	}
}

func TestStatus(t *testing.T) {
	for want, errs := range map[int][]*Error{403: {NoService("1"), BadKey()}, 404: {NoRequest("1"), NoToken("2")}, 400: {NoService("1"), bad("lat", "x", nil)}} {
		if got := Status(errs); got != want {
			t.Errorf("%s: %d", told(errs), got)
		}
	}
	if Status(nil) != 400 {
		t.Error("an answer of no fault at all is a client's fault")
	}
}

// A submission written as arguments is read as it was.
func TestSubmissionsRoundTrip(t *testing.T) {
	line := rapid.StringMatching(`[\p{Han}a-zA-Z0-9<>&=+%\]\[,;.]{0,12}`)
	rapid.Check(t, func(rt *rapid.T) {
		s := &Submission{ServiceCode: code().Draw(rt, "service"), APIKey: line.Draw(rt, "key"), Point: point().Draw(rt, "point"), AddressString: "路" + line.Draw(rt, "address"),
			DeviceID: line.Draw(rt, "device"), AccountID: line.Draw(rt, "account"), FirstName: line.Draw(rt, "first"), LastName: line.Draw(rt, "last"), Phone: line.Draw(rt, "phone"),
			Description: rapid.StringMatching(`([a\n 字]{0,9}x)?`).Draw(rt, "description"), Email: rapid.SampledFrom([]string{"", "a@b.example"}).Draw(rt, "email"),
			Jurisdiction: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "jurisdiction")}
		codes := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z0-9_]{1,6}`), 0, 4, rapid.ID[string]).Draw(rt, "codes")
		slices.Sort(codes)
		for _, c := range codes {
			s.Answers = append(s.Answers, Answer{c, rapid.SliceOfNDistinct(rapid.StringMatching(`[ \na-z字&=]{1,9}`), 1, 4, rapid.ID[string]).Draw(rt, "values")})
		}
		body := s.Values().Encode()
		got, errs := DecodeSubmission(form(t, body), Jurisdictions{"a", "b"})
		if len(errs) > 0 {
			rt.Fatalf("%s: %s", body, told(errs))
		}
		if d := cmp.Diff(s, got); d != "" {
			rt.Fatalf("%s: %s", body, d)
		}
	})
}

func FuzzDecodeSubmission(f *testing.F) {
	f.Add(sample)
	f.Add("service_code=1&address_id=x&attribute[a][]=1&attribute[a][]=2&attribute[b=")
	f.Fuzz(func(t *testing.T, body string) {
		v, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		s, errs := DecodeSubmission(v, Jurisdictions{"city.gov"})
		if (s == nil) != (len(errs) > 0) {
			t.Fatalf("%v %s", s, told(errs))
		}
		if s == nil {
			return
		}
		_ = asked.Check(s.Answers)
		again, errs := DecodeSubmission(s.Values(), Jurisdictions{"city.gov"})
		if d := cmp.Diff(s, again); d != "" {
			t.Fatalf("%s %s", d, told(errs))
		}
	})
}
