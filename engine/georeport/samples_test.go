package georeport

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// saved is the specification with its schemas, beside the repository.
const saved = "../../../shared/data/civic/open311/"

func open(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(saved + name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, NOTHING WAS PROVED: %s is not beside the repository", saved+name)
	} else if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func at(t interface {
	Helper()
	Fatal(...any)
}, s string) time.Time {
	t.Helper()
	when, ok := Moment(s)
	if !ok {
		t.Fatal(s)
	}
	return when
}

// example is a block of the specification: what follows its mark between two fences.
func example(t *testing.T, spec, mark string) string {
	t.Helper()
	_, rest, ok := strings.Cut(spec, "#"+mark+"}")
	parts := strings.SplitN(rest, "~~~~", 3)
	if !ok || len(parts) != 3 {
		t.Fatalf("the specification has no example %s", mark)
	}
	_, body, _ := strings.Cut(parts[1], "HTTP/1.1 403 Forbidden")
	if body == "" {
		body = parts[1]
	}
	return strings.TrimSpace(body)
}

// What the samples of the specification say, we say in the same elements.
func TestSamplesOfTheSpecification(t *testing.T) {
	spec := open(t, "GeoReport_v2.md")
	april := func(day string) time.Time { return at(t, "2010-04-"+day+"T06:37:38-08:00") }
	first := Request{ID: "638344", Status: Closed, StatusNotes: "Duplicate request.", ServiceName: "Sidewalk and Curb Issues", ServiceCode: "006",
		Requested: april("14"), Updated: april("14"), Expected: april("15"), Address: "8TH AVE and JUDAH ST", AddressID: "545483", Zipcode: "94122",
		Point: &Point{37.762221815, -122.4651145}, MediaURL: "http://city.gov.s3.amazonaws.com/requests/media/638344.jpg"}
	second := first
	second.ID, second.Status, second.StatusNotes, second.MediaURL = "638349", Open, "", strings.Replace(first.MediaURL, "638344", "638349", 1)
	second.Requested, second.Updated, second.Expected = april("19"), april("19"), april("19")
	keywords := []string{"lorem", "ipsum", "dolor"}
	for name, doc := range map[string]Document{
		"service-list": Services{
			{"001", "Cans left out 24x7", "Garbage or recycling cans that have been left out for more than 24 hours after collection. Violators will be cited.", true, Realtime, keywords, "sanitation"},
			{"002", "Construction plate shifted", "Metal construction plate covering the street or sidewalk has been moved.", true, Realtime, keywords, "street"},
			{"003", "Curb or curb ramp defect", "Sidewalk curb or ramp has problems such as cracking, missing pieces, holes, and/or chipped curb.", true, Realtime, keywords, "street"},
		},
		"service-definition": &Definition{"DMV66", []Attribute{{true, "WHISHETN", SingleValueList, true, "", 1, "What is the ticket/tag/DL number?", []Value{{"123", "Ford"}, {"124", "Chrysler"}}}}},
		"service-request-post": Receipts{{RequestID: "293944",
			Notice: "The City will inspect and require the responsible party to correct within 24 hours and/or issue a Correction Notice or Notice of Violation of the Public Works Code"}},
		"request-from-token": Tokens{{"638344", "12345"}},
		"service-requests":   Requests{first, second},
		"service-request":    Requests{first},
		"errors":             Faults{{403, "Invalid api_key received -- can't proceed with create_request."}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tree(t, example(t, spec, "xml-"+name)), tree(t, string(Encode(XML, doc)))); d != "" {
				t.Errorf("XML, - sample + ours: %s", d)
			}
			// The samples have identifiers as numbers, even 006, which is no JSON.
			sample := regexp.MustCompile(`":(0\d+)`).ReplaceAllString(example(t, spec, "json-"+name), `":"$1"`)
			if d := cmp.Diff(plain(t, sample), plain(t, string(Encode(JSON, doc)))); d != "" {
				t.Errorf("JSON, - sample + ours: %s", d)
			}
		})
	}
}

func TestSampleOfDiscovery(t *testing.T) {
	spec := open(t, "Service_Discovery.md")
	_, rest, _ := strings.Cut(spec, `<tab title="XML">`)
	asXML, rest, _ := strings.Cut(rest, "</tab>")
	_, rest, _ = strings.Cut(rest, `<tab title="JSON">`)
	asJSON, _, _ := strings.Cut(rest, "</tab>")
	doc := &Discovery{"2011-02-03 14:18", "You can email or call for assistance api@mycity.org +1 (555) 555-5555", "You can request a key here: http://api.mycity.gov/api_key/request", []Endpoint{
		{Specification, "http://open311.mycity.gov/v2", "2010-11-23 09:01", "production", []Format{XML}},
		{Specification, "http://open311.mycity.gov/test/v2", "2010-10-02 09:01", "test", []Format{XML, JSON}},
		{"http://wiki.open311.org/GeoReport_v3", "http://open311.mycity.gov/v3", "2011-02-03 14:18", "test", []Format{XML, JSON}},
	}}
	if d := cmp.Diff(tree(t, strings.TrimSpace(asXML)), tree(t, string(Encode(XML, doc)))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(plain(t, asJSON), plain(t, string(Encode(JSON, doc)))); d != "" {
		t.Error(d)
	}
}

// lists are the elements whose children are members and stand for themselves in JSON.
var lists = map[string]bool{"services": true, "attributes": true, "values": true, "service_requests": true, "endpoints": true, "formats": true, "errors": true}

// tree turns XML into what its JSON says, by the Spark convention, with scalars as text.
func tree(t testing.TB, source string) any {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(source))
	var value func(name string) any
	value = func(name string) any {
		var text strings.Builder
		members := []any{}
		fields := map[string]any{}
		for {
			token, err := dec.Token()
			if err != nil {
				t.Fatalf("%v in %s", err, source)
			}
			switch x := token.(type) {
			case xml.CharData:
				text.Write(x)
			case xml.StartElement:
				v := value(x.Name.Local)
				members = append(members, v)
				fields[x.Name.Local] = v
			case xml.EndElement:
				switch s := strings.TrimSpace(text.String()); {
				case lists[name]:
					return members
				case len(fields) > 0:
					return fields
				case s != "":
					return s
				}
				return nil
			}
		}
	}
	for {
		token, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		if x, ok := token.(xml.StartElement); ok {
			root := value(x.Name.Local)
			for {
				if _, err := dec.Token(); err == io.EOF {
					return root
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// plain is JSON with its scalars as trimmed text.
func plain(t testing.TB, source string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(source))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, source)
	}
	var walk func(any) any
	walk = func(v any) any {
		switch x := v.(type) {
		case []any:
			for i := range x {
				x[i] = walk(x[i])
			}
		case map[string]any:
			for k := range x {
				x[k] = walk(x[k])
			}
		case string:
			if x = strings.TrimSpace(x); x != "" {
				return x
			}
			return nil
		case json.Number:
			return x.String()
		case bool:
			return map[bool]string{true: "true", false: "false"}[x]
		}
		return v
	}
	return walk(v)
}

// schema compiles one of the saved schemas.
func schema(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	open(t, "schema/georeport-v2/"+name)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(saved + "schema/georeport-v2/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t testing.TB, s *jsonschema.Schema, doc []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	return s.Validate(v)
}
