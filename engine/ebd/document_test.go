package ebd

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// samples is the folder of field documents and of those cut from the standards.
func samples(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "alert", "ebd")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NO SAMPLES: %s is not here, so field documents are not tested", dir)
	}
	return dir
}

// drawValid draws a value that the standard allows, by the same table that reader and
// writer use. What it draws for each rule is written here a second time, by hand.
func drawValid(t *rapid.T, p *plan, v reflect.Value) {
	for i := range p.fields {
		f := &p.fields[i]
		if f.old || f.need == optional && rapid.Bool().Draw(t, f.name+"?") {
			continue
		}
		fv := v.Field(f.index)
		switch f.kind {
		case leaf:
			fv.SetString(text(t, f))
		case whole:
			fv.SetInt(int64(rapid.IntRange(f.low, f.high).Draw(t, f.name)))
		case parts:
			fv.Set(reflect.New(fv.Type().Elem()))
			drawValid(t, f.sub, fv.Elem())
		case list:
			for range rapid.IntRange(1, 3).Draw(t, f.name+"s") {
				item := reflect.New(fv.Type().Elem()).Elem()
				if f.sub != nil {
					drawValid(t, f.sub, item)
				} else {
					item.SetString(text(t, f))
				}
				fv.Set(reflect.Append(fv, item))
			}
		case free:
			fv.Set(reflect.ValueOf([]Element{{Name: "IP", Text: "10.0.0.8"}, {Name: "厂商", Elements: []Element{{Name: "Model-1", Text: "a<b&c"}}}}))
		}
	}
}

var (
	somePlatform = rapid.SampledFrom([]string{"23400000000000101010101", "11000000000000103010101", "63415231002000314010401", "41101050000000399990200"})
	someTime     = rapid.Map(rapid.Int64Range(0, 4e9), func(s int64) string { return string(At(time.Unix(s, 0))) })
	someText     = rapid.Map(rapid.StringOf(rapid.RuneFrom([]rune("ab<>&\"'\t\n\r 广播站。𠮷"))), strings.TrimSpace)
	someArea     = rapid.SampledFrom([]string{"340000000000", "110105001000", "100000000000"})
)

func text(t *rapid.T, f *field) string {
	draw := func(g *rapid.Generator[string]) string { return g.Draw(t, f.name) }
	digits := func(n int) string { return draw(rapid.StringMatching(fmt.Sprintf(`[0-9]{%d}`, n))) }
	for name, r := range rules {
		if r != f.rule {
			continue
		}
		switch name {
		case "":
			return draw(someText)
		case "v1", "ev1":
			return "1"
		case "code":
			return draw(somePlatform)
		case "ebdid":
			return "10" + draw(somePlatform) + digits(16)
		case "ebmid":
			return draw(somePlatform) + "20260731" + digits(4)
		case "info":
			return draw(somePlatform) + "10203" + "20260731" + digits(4)
		case "time":
			return draw(someTime)
		case "end":
			return draw(rapid.OneOf(someTime, rapid.Just("")))
		case "event":
			return draw(rapid.SampledFrom([]string{"10203", "11B06", "60000"}))
		case "areas":
			return strings.Join(rapid.SliceOfN(someArea, 1, 3).Draw(t, f.name), ",")
		case "lang":
			return draw(rapid.SampledFrom([]string{"zho", "uig"}))
		case "dec":
			return draw(rapid.SampledFrom([]string{"0.99", "1", "-0.5", "120"}))
		case "sm3":
			return Digest([]byte(draw(someText)))
		case "stat":
			return "5,10," + digits(2) + ",1000"
		case "sys":
			return draw(rapid.SampledFrom([]string{"(23400000000000301010301,3,97400)", "(23400000000000301010301,1,新闻),(23400000000000301010302,,)"}))
		case "types":
			return draw(rapid.SampledFrom([]string{"0301", "0301,0314"}))
		case "sn":
			return "000000000102"
		case "sig":
			return (&Signature{Time: 7, Cert: SerialNumber{4: 1, 5: 2}}).String()
		}
		t.Fatalf("no values for rule %q", name)
	}
	return draw(rapid.SampledFrom(f.rule.values)) // in:
}

// validDocument draws a document of a type; its id and its parts agree as they must.
func validDocument(t *rapid.T, m Message) *Document {
	doc := &Document{}
	v := reflect.ValueOf(doc).Elem()
	drawValid(t, planOf(v.Type()), v)
	doc.Body, doc.EBDType, doc.EBDVersion = m.New(), m.Type, "1"
	body := reflect.ValueOf(doc.Body).Elem()
	drawValid(t, planOf(body.Type()), body)
	doc.EBDID = EBDID("10" + string(doc.SRC.EBRID) + string(doc.EBDID[25:]))
	switch b := doc.Body.(type) {
	case *ConnectionCheck:
		doc.EBDID = EBDID("01" + string(doc.SRC.EBRID) + strings.Repeat("0", 16))
	case *EBM:
		if b.MsgBasicInfo == nil {
			b.EBMID = b.EBMID[:31] + "0000"
		}
	case *EBMStateResponse:
		if b.ResBrdInfo == nil { // written in any case
			b.ResBrdInfo = &ResBrdInfo{}
		}
	}
	return doc
}

func validInfo(t *rapid.T) *EBI {
	i := &EBI{}
	v := reflect.ValueOf(i).Elem()
	drawValid(t, planOf(v.Type()), v)
	i.EBMainInfo.EBIID = i.EBMainInfo.InfoID
	return i
}

func TestEveryMessageRoundTrips(t *testing.T) {
	for _, name := range GDJ2018.MessageTypes() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				doc := validDocument(t, GDJ2018.Messages[name])
				b, err := doc.Encode(GDJ2018)
				if err != nil {
					t.Fatal(err)
				}
				back, warnings, err := Decode(b)
				if err != nil || len(warnings) > 0 {
					t.Fatal(err, warnings, string(b))
				}
				if d := cmp.Diff(doc, back); d != "" {
					t.Fatal(d)
				}
				again, err := back.Encode(GDJ2018)
				if err != nil || string(again) != string(b) {
					t.Fatal("written otherwise the second time", err)
				}
				j, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				var fromJSON Document
				if err := json.Unmarshal(j, &fromJSON); err != nil {
					t.Fatal(err, string(j))
				}
				if again, err = fromJSON.Encode(GDJ2018); err != nil || string(again) != string(b) {
					t.Fatal("JSON loses something", err, string(j))
				}
			})
		})
	}
}

func TestSourceInformationAndSignatureFilesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		info := validInfo(t)
		sig := &SignatureFile{Version: "1", CertSN: "000000000102", SignatureAlgorithm: "SM2-SM3", RelatedEBInfo: &RelatedEBInfo{[]InfoID{info.ID()}},
			SignatureValue: (&Signature{Time: 7, Cert: SerialNumber{4: 1, 5: 2}}).String()}
		for _, file := range []interface {
			Encode(*Edition) ([]byte, error)
		}{info, sig} {
			b, err := file.Encode(GDJ2018)
			if err != nil {
				t.Fatal(err)
			}
			back, warnings, err := DecodeFile(b)
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings, string(b))
			}
			if d := cmp.Diff(any(file), back); d != "" {
				t.Fatal(d)
			}
		}
	})
}

func TestSchemaIsMadeFromTheTable(t *testing.T) {
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("ebd2018.xsd", GDJ2018.schema(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(GDJ2018.schema()) != string(Schema2018) {
		t.Error("ebd2018.xsd is stale: UPDATE=1 go test ./engine/ebd")
	}
}

// What is written is valid by our schema, and EBMs by the standard's own.
func TestWrittenFilesAreValidByTheSchemas(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("NO XMLLINT: install libxml2-utils, so that what is written is checked against the schemas")
	}
	dir := t.TempDir()
	var all, messages []string
	save := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, name := range GDJ2018.MessageTypes() {
		for i := range 8 {
			doc := rapid.Custom(func(t *rapid.T) *Document { return validDocument(t, GDJ2018.Messages[name]) }).Example(i)
			b, err := doc.Encode(GDJ2018)
			if err != nil {
				t.Fatal(err)
			}
			path := save(fmt.Sprintf("%s%d.xml", name, i), b)
			if all = append(all, path); name == "EBM" {
				messages = append(messages, path)
			}
		}
	}
	sig := &SignatureFile{CertSN: "000000000102", SignatureAlgorithm: "SM2-SM3", RelatedEBD: &Related{"01234000000000001010101010000000000000000"},
		SignatureValue: (&Signature{}).String()}
	sig.CertSN = "000000000000"
	b, err := sig.Encode(GDJ2018)
	if err != nil {
		t.Fatal(err)
	}
	signature := save("Signature.xml", b)
	for i := range 8 {
		b, err := rapid.Custom(validInfo).Example(i).Encode(GDJ2018)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, save(fmt.Sprintf("EBI%d.xml", i), b))
	}
	validate := func(schema string, files ...string) {
		t.Helper()
		if out, err := exec.Command(lint, append([]string{"--noout", "--schema", schema}, files...)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %.2000s", schema, out)
		}
	}
	validate(save("ours.xsd", Schema2018), append(all, signature)...)
	theirs := samples(t)
	validate(filepath.Join(theirs, "spec_GDJ_082_06_xs_schema.xsd"), messages...)
	validate(filepath.Join(theirs, "spec_GDJ_081_01_xs_schema.xsd"), signature)
}
