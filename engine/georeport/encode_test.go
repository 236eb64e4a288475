package georeport

import (
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/xmlscan"
)

func word() *rapid.Generator[string] {
	return rapid.StringMatching(`[\p{Han}a-zA-Z0-9<>&"'\]./ -]{0,12}`)
}

func code() *rapid.Generator[string] { return rapid.StringMatching(`[A-Za-z0-9_.<&-]{1,8}`) }

func text() *rapid.Generator[string] {
	return rapid.OneOf(word(), rapid.StringN(0, 40, -1), rapid.Just("<b>]]>\n&amp;\x00\ufffe\xff"), rapid.Just(strings.Repeat("字", 4100)))
}

func point() *rapid.Generator[*Point] {
	return rapid.Custom(func(rt *rapid.T) *Point {
		if rapid.Bool().Draw(rt, "nowhere") {
			return nil
		}
		return &Point{rapid.Float64Range(-90, 90).Draw(rt, "lat"), rapid.Float64Range(-180, 180).Draw(rt, "long")}
	})
}

func when() *rapid.Generator[time.Time] {
	return rapid.Custom(func(rt *rapid.T) time.Time {
		if rapid.Bool().Draw(rt, "never") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(rt, "at"), 0).In(time.FixedZone("", rapid.IntRange(-48, 56).Draw(rt, "zone")*900))
	})
}

func service(rt *rapid.T) Service {
	return Service{code().Draw(rt, "code"), "名" + text().Draw(rt, "name"), text().Draw(rt, "description"), rapid.Bool().Draw(rt, "metadata"),
		rapid.SampledFrom([]Type{Realtime, Batch, Blackbox}).Draw(rt, "type"), rapid.SliceOfN(code(), 0, 3).Draw(rt, "keywords"), text().Draw(rt, "group")}
}

func attribute(rt *rapid.T) Attribute {
	a := Attribute{rapid.Bool().Draw(rt, "variable"), code().Draw(rt, "code"), rapid.SampledFrom([]Datatype{String, Number, Datetime, Text, SingleValueList, MultiValueList}).Draw(rt, "datatype"),
		rapid.Bool().Draw(rt, "required"), text().Draw(rt, "help"), rapid.IntRange(1, 99).Draw(rt, "order"), text().Draw(rt, "description"), nil}
	if a.Datatype.list() {
		a.Values = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Value { return Value{code().Draw(rt, "key"), "名" + text().Draw(rt, "name")} }), 1, 3).Draw(rt, "values")
	}
	return a
}

func request(rt *rapid.T) Request {
	r := Request{ID: code().Draw(rt, "id"), Status: rapid.SampledFrom([]State{Open, Closed}).Draw(rt, "status"), StatusNotes: text().Draw(rt, "notes"),
		ServiceName: text().Draw(rt, "name"), ServiceCode: code().Draw(rt, "code"), Description: text().Draw(rt, "description"), Agency: text().Draw(rt, "agency"),
		Notice: text().Draw(rt, "notice"), Requested: at(rt, "2025-01-02T03:04:05+08:00"), Updated: when().Draw(rt, "updated"), Expected: when().Draw(rt, "expected"),
		Address: text().Draw(rt, "address"), AddressID: text().Draw(rt, "address id"), Zipcode: text().Draw(rt, "zip"), Point: point().Draw(rt, "point")}
	if rapid.Bool().Draw(rt, "media") {
		r.MediaURL = "https://city.example/媒体/1.jpg?a=1&b=<2>"
		r.MediaURL = strings.NewReplacer("媒体", "%E5%AA%92", "<2>", "2").Replace(r.MediaURL)
	}
	return r
}

func some[T any](rt *rapid.T, one func(*rapid.T) T) []T {
	return rapid.SliceOfN(rapid.Custom(one), 0, 3).Draw(rt, "list")
}

// Whatever a document holds, its JSON keeps the schema, its XML is well-formed, and both
// say the same.
func TestDocuments(t *testing.T) {
	services, definition, requests := schema(t, "services.json"), schema(t, "service-definition.json"), schema(t, "requests.json")
	rapid.Check(t, func(rt *rapid.T) {
		list := some(rt, service)
		check := func(doc Document) []byte {
			inJSON, inXML := Encode(JSON, doc), Encode(XML, doc)
			if !strings.HasPrefix(string(inXML), `<?xml version="1.0" encoding="UTF-8"?><`) {
				rt.Fatalf("no declaration: %s", inXML)
			}
			wellFormed(rt, inXML)
			if d := cmp.Diff(unmarked(tree(t, string(inXML))), unmarked(plain(t, string(inJSON)))); d != "" {
				rt.Fatalf("XML and JSON differ: %s\n%s\n%s", d, inXML, inJSON)
			}
			return inJSON
		}
		if err := valid(t, services, check(Services(list))); err != nil {
			rt.Fatal(err)
		}
		if err := valid(t, definition, check(&Definition{code().Draw(rt, "code"), some(rt, attribute)})); err != nil {
			rt.Fatal(err)
		}
		if err := valid(t, requests, check(Requests(some(rt, request)))); err != nil {
			rt.Fatal(err)
		}
		check(Receipts{{code().Draw(rt, "id"), "", text().Draw(rt, "notice"), text().Draw(rt, "account")}, {}, {Token: "t"}})
		check(Tokens{{text().Draw(rt, "id"), code().Draw(rt, "token")}})
		check(Faults{{400, text().Draw(rt, "fault")}, {404, "x"}})
		check(&Discovery{"2026", text().Draw(rt, "contact"), "", []Endpoint{{Specification, "https://city.example/v2", "2026", "test", []Format{JSON}}, {}}})
	})
}

// unmarked drops what no XML can carry and so reads as a mark of replacement, the white
// space that the two readers treat differently, and what is left of an object of nothing.
func unmarked(v any) any {
	switch x := v.(type) {
	case []any:
		for i := range x {
			x[i] = unmarked(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = unmarked(x[k])
		}
	case string:
		x = strings.Join(strings.FieldsFunc(x, func(r rune) bool { return r < 0x20 || unicode.IsSpace(r) || r == 0xfffd || r == 0xfffe || r == 0xffff }), "")
		if x != "" {
			return x
		}
		return nil
	}
	return v
}

func wellFormed(rt *rapid.T, doc []byte) {
	s, err := xmlscan.New(doc)
	if err != nil {
		rt.Fatal(err)
	}
	for {
		if _, err := s.Next(); err == io.EOF {
			return
		} else if err != nil {
			rt.Fatalf("%v in %s", err, doc)
		}
	}
}

func TestReceiptsNeverHaveBoth(t *testing.T) {
	for _, f := range []Format{XML, JSON} {
		if got := string(Encode(f, Receipts{{RequestID: "1", Token: "2"}})); strings.Contains(got, "token") {
			t.Error(got)
		}
		if got := string(Encode(f, Receipts{{Token: "2"}})); strings.Contains(got, "service_request_id") {
			t.Error(got)
		}
	}
}

func TestEmptyDocuments(t *testing.T) {
	for want, doc := range map[string]Document{
		`<services></services>`:                 Services{},
		`<service_requests></service_requests>`: Requests(nil),
	} {
		if got := string(Encode(XML, doc)); !strings.HasSuffix(got, "?>\n"+want) && !strings.HasSuffix(got, "?>"+want) {
			t.Error(got)
		}
		if got := string(Encode(JSON, doc)); got != "[]" {
			t.Error(got)
		}
	}
}

func TestFormats(t *testing.T) {
	for segment, want := range map[string]struct {
		name string
		f    Format
		ok   bool
	}{"001.xml": {"001", XML, true}, "001.json": {"001", JSON, true}, "a.b.json": {"a.b", JSON, true}, "001": {"001", XML, false}, "001.JSON": {"001.JSON", XML, false}, ".xml": {"", XML, true}} {
		name, f, ok := SplitFormat(segment)
		if name != want.name || f != want.f || ok != want.ok {
			t.Errorf("%s: %q %v %t", segment, name, f, ok)
		}
	}
	if XML.ContentType() != "text/xml; charset=utf-8" || JSON.ContentType() != "application/json; charset=utf-8" {
		t.Error("the types of content are not those of the specification")
	}
}

func BenchmarkEncode(b *testing.B) {
	list := make(Requests, 1000)
	for i := range list {
		list[i] = Request{ID: "638344", Status: Open, ServiceName: "应急广播不响", ServiceCode: "006", Description: strings.Repeat("喇叭不响。", 20),
			Requested: time.Unix(1.7e9, 0), Point: &Point{39.9, 116.4}}
	}
	for f, name := range map[Format]string{XML: "xml", JSON: "json"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Encode(f, list)
			}
		})
	}
}
