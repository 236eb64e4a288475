package ebd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// verdict is what decoding a file must give; warnings are its kinds in order of letters.
type verdict struct {
	kind, id, source, destination, time string
	items                               int
	warnings                            string
}

func judge(file any, warnings []Warning) (v verdict) {
	switch f := file.(type) {
	case *Document:
		v = verdict{f.EBDType, string(f.EBDID), string(f.Source()), string(f.Destination()), string(f.EBDTime), f.Items(), ""}
	case *SignatureFile:
		v.kind, v.id = "Signature", f.ID()
	case *EBI:
		v.kind, v.id = "EBI", string(f.ID())
	}
	var kinds []string
	for _, w := range warnings {
		kinds = append(kinds, w.Code)
	}
	slices.Sort(kinds)
	v.warnings = strings.Join(slices.Compact(kinds), " ")
	return v
}

// verdicts are by the beginning of the sample's name.
var verdicts = map[string]verdict{
	"real_ChongQingJia_ConnectionCheck_e56daf":  {"ConnectionCheck", "01450011600000003140102010000000000000000", "45001160000000314010201", "45001160000000101010101", "2018-08-24 10:56:12", 0, "version"},
	"real_ChongQingJia_EBMStateResponse_fd907e": {"EBMStateResponse", "10450011600000001010101010000000000000000", "45001160000000314010201", "", "2018-08-26 21:00:05", 0, "length mismatch version"},
	"real_ChongQingJia_Signature_0b1318":        {"Signature", "10450011600000003140102010000000000000020", "", "", "", 0, "dialect missing nul value version"},
	"real_DockingRewri_ConnectionCheck_147021":  {"ConnectionCheck", "01450011600000003140102010000000000000000", "45001160000000314010201", "010232000000000001", "2018-11-29 11:01:00", 0, "length version"},
	"real_DockingRewri_EBMStateResponse_19aa07": {"EBMStateResponse", "10450011600000001010101010000000000000001", "45001160000000314010201", "", "2018-12-29 14:34:00", 0, "length mismatch version"},
	"real_DockingRewri_EBRDTInfo_623e81":        {"EBRDTInfo", "10450011600000003140102010000000000000008", "45001160000000314010201", "45001160000000101010101", "2019-01-09 15:24:50", 1, "empty version"},
	"real_DockingRewri_Signature_9b5f2c":        {"Signature", "01450011600000003140102010000000000000000", "", "", "", 0, "dialect missing nul value version"},
	"real_GRPlatForm_ConnectionCheck_d6a7d7":    {"ConnectionCheck", "01450011600000003140102010000000000000000", "45001160000000314010201", "45001160000000101010101", "2018-08-23 14:03:27", 0, "version"},
	"real_GRPlatForm_EBMBrdLog_4b6fff":          {"EBMBrdLog", "10450011600000003140102010000000000000011", "45001160000000314010201", "", "2018-08-22 14:20:45", 2, "length version"},
	"real_GRPlatForm_EBMStateResponse_b873d0":   {"EBMStateResponse", "10450011600000001010101010000000000000009", "45001160000000314010201", "", "2018-08-22 14:19:00", 0, "mismatch version"},
	"real_GRPlatForm_EBMStateResponse_ff6aea":   {"EBMStateResponse", "01450011600000003140102010000000000000000", "45001160000000314010201", "", "2018-08-23 13:40:33", 0, "length mismatch version"},
	"real_GRPlatForm_EBRDTState_dcab64":         {"EBRDTState", "10450011600000003140102010000000000000006", "45001160000000314010201", "", "2018-08-23 13:40:33", 29, "version"},
	"real_GRPlatForm_Signature_29eb83":          {"Signature", "10450011600000003140102010000000000000009", "", "", "", 0, "dialect missing nul value version"},
	"real_GRPlatForm_Signature_916dea":          {"Signature", "10450011600000003140102010000000000000006", "", "", "", 0, "dialect missing nul value version"},
	"real_GRPlatForm_Signature_ef3987":          {"Signature", "10450011600000003140102010000000000000005", "", "", "", 0, "dialect missing nul value version"},
	"real_Integration-_EBM_8691c8":              {"EBM", "100102320000000000010000000000097264", "010232000000000001", "010332058200000001", "2017-11-03 11:06:32", 0, "length missing name unknown version"},
	"real_Integration-_Signature_47dc66":        {"Signature", "100102320000000000010000000000097264", "", "", "", 0, "dialect length missing value version"},
	"spec_GDJ_081_02_Signature":                 {"Signature", "100102320000000000010000000000000943", "", "", "", 0, "length mismatch"},
	"spec_GDJ_081_04_Signature":                 {"Signature", "11A0120150415001", "", "", "", 0, "length mismatch repeated"},
	"spec_GDJ_082_02_EBI":                       {"EBI", "111000000000001021020120150624001", "", "", "", 0, "length"},
	"spec_GDJ_082_03_EBI":                       {"EBI", "111000000000001021010120140618001", "", "", "", 0, "length markup name"},
	"spec_GDJ_082_04_EBI":                       {"EBI", "111000000000001021030020150417001", "", "", "", 0, "length markup mismatch value"},
	"spec_GDJ_082_05_EBI":                       {"EBI", "1110000000000010212Q0220151225003", "", "", "", 0, "length value"},
	"spec_GDJ_082_07_EBM":                       {"EBM", "10234000000000001010101010000000000000001", "23400000000000101010101", "33415000000000101010101", "2017-06-07 13:40:36", 0, ""},
	"spec_GDJ_083_01_EBMStateRequest":           {"EBMStateRequest", "10234000000000001010101010000000000000001", "23400000000000101010101", "33415000000000101010101", "2017-06-07 13:40:36", 0, "misplaced repeated"},
	"spec_GDJ_083_02_EBMStateResponse":          {"EBMStateResponse", "10234150000000001010101010000000000000001", "33415000000000101010101", "23400000000000101010101", "2017-06-07 13:40:36", 1, "mismatch missing name"},
}

func TestEverySampleIsReadAsItShould(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples(t), "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for name := range verdicts {
		left[name] = true
	}
	for _, path := range files {
		name, known := "", false
		for n := range verdicts {
			if strings.HasPrefix(filepath.Base(path), n) {
				name, known = n, true
			}
		}
		if !known {
			t.Errorf("%s: no verdict is written down", filepath.Base(path))
			continue
		}
		delete(left, name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, warnings, err := DecodeFile(raw)
		if got := judge(file, warnings); err != nil || got != verdicts[name] {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, err, got, verdicts[name])
		}
		for _, w := range warnings {
			if w.Path == "" || w.Code == "" {
				t.Errorf("%s: %+v names no place", name, w)
			}
		}
		// However it was written, what was read is told the same from other encodings.
		text := strings.Replace(string(raw), `encoding="utf-8"`, "", 1)
		text = strings.Replace(text, `encoding="UTF-8"`, "", 1)
		gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		for how, other := range map[string]string{"BOM": "\uFEFF" + text, "GBK": gbk, "UTF-16": utf16, "CRLF": strings.ReplaceAll(text, "\n", "\r\n")} {
			again, _, err := DecodeFile([]byte(other))
			want := verdicts[name]
			if got := judge(again, nil); err != nil || got.kind != want.kind || got.id != want.id || got.items != want.items || got.time != want.time {
				t.Errorf("%s in %s: %v %+v", name, how, err, got)
			}
		}
		for _, tail := range []string{"\x00\x00\x00", "\r\n\x1a", "</EBD>", "<EBD/>"} { // bytes behind the end change nothing
			again, more, err := DecodeFile(append(bytes.Clone(raw), tail...))
			if got := judge(again, more); err != nil || got.id != verdicts[name].id || !strings.Contains(got.warnings, "trailing") {
				t.Errorf("%s with %q behind: %v %+v", name, tail, err, got)
			}
		}
	}
	for name := range left {
		t.Errorf("%s: the sample is gone", name)
	}
}

// A correct state report, in which the cases below change one thing each.
const report = `<?xml version="1.0" encoding="UTF-8"?>
<EBD><EBDVersion>1</EBDVersion><EBDID>10411010500000001010101010000000000000007</EBDID><EBDType>EBRDTState</EBDType>
<SRC><EBRID>41101050000000101010101</EBRID></SRC><DEST><EBRID>31100000000000101010101</EBRID></DEST><EBDTime>2026-07-21 16:00:00</EBDTime>
<EBRDTState><EBRDT><RptTime>2026-07-21 16:00:00</RptTime><EBRID>61101050010010314010401</EBRID><StateCode>1</StateCode><StateDesc>正常</StateDesc></EBRDT>
<EBRDT><RptTime>2026-07-21 16:00:00</RptTime><EBRID>61101050010010314010402</EBRID><StateCode>3</StateCode><StateDesc>故障</StateDesc></EBRDT></EBRDTState></EBD>`

func TestDeviationsAreGotOverAndTold(t *testing.T) {
	right := verdict{"EBRDTState", "10411010500000001010101010000000000000007", string(platform), string(upper1), "2026-07-21 16:00:00", 2, ""}
	with := func(change func(*verdict)) verdict { v := right; change(&v); return v }
	told := func(kinds string) verdict { return with(func(v *verdict) { v.warnings = kinds }) }
	for _, c := range []struct {
		what, old, new string
		want           verdict
	}{
		{"nothing", "", "", right},
		{"comments, CDATA and a namespace", "<EBD>", `<!-- x --><EBD xmlns="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><!-- y -->`, right},
		{"CDATA", "故障", "<![CDATA[<故障>]]>", right},
		{"a prefix", "<EBD>", "<e:EBD xmlns:e='urn:x'>", right},
		{"no description (table 29)", "<StateDesc>正常</StateDesc>", "", right},
		{"version", "<EBDVersion>1<", "<EBDVersion>1.0<", told("version")},
		{"case", "<EBRDTState>", "<ebrdtstate>", told("case")},
		{"case of a leaf", "<EBDTime>2026-07-21 16:00:00</EBDTime>", "<EbdTime>2026-07-21 16:00:00</EbdTime>", told("case")},
		{"case of the root", "<EBD>", "<ebd>", told("case")},
		{"case of the type", "<EBDType>EBRDTState", "<EBDType>ebrdtstate", told("case")},
		{"another type than the body", "<EBDType>EBRDTState", "<EBDType>EBRDTInfo", with(func(v *verdict) { v.kind, v.warnings = "EBRDTInfo", "mismatch" })},
		{"a type of no standard", "<EBDType>EBRDTState", "<EBDType>State", told("type")},
		{"no type", "<EBDType>EBRDTState</EBDType>", "", told("missing type")},
		{"unknown element", "<DEST>", "<SysTask>0</SysTask><DEST>", told("unknown")},
		{"unknown element with parts", "<DEST>", "<X><EBDID>1</EBDID></X><DEST>", told("unknown")},
		{"no destination", "<DEST><EBRID>31100000000000101010101</EBRID></DEST>", "", with(func(v *verdict) { v.destination = "" })},
		{"two destinations", "<DEST>", "<DEST><EBRID>31100000000000101010101</EBRID></DEST><DEST>", told("repeated")},
		{"two destinations in one", "</DEST>", "<EBRID>21100000000000101010101</EBRID></DEST>", told("repeated")},
		{"order", "<EBDVersion>1</EBDVersion><EBDID>10411010500000001010101010000000000000007</EBDID>", "<EBDID>10411010500000001010101010000000000000007</EBDID><EBDVersion>1</EBDVersion>", told("order")},
		{"old code", "31100000000000101010101", "010332058200000001", with(func(v *verdict) { v.destination, v.warnings = "010332058200000001", "length" })},
		{"code of 17 digits in an entry", "61101050010010314010402", "61101050010010314", told("length")},
		{"another source in the id", "<SRC><EBRID>41101050000000101010101", "<SRC><EBRID>41101060000000101010101", with(func(v *verdict) { v.source, v.warnings = "41101060000000101010101", "mismatch" })},
		{"time", "<EBDTime>2026-07-21 16:00:00", "<EBDTime>2026/7/21 16:00", with(func(v *verdict) { v.time, v.warnings = "2026/7/21 16:00", "time" })},
		{"a day that is none", "<EBDTime>2026-07-21 16:00:00", "<EBDTime>2026-02-30 16:00:00", with(func(v *verdict) { v.time, v.warnings = "2026-02-30 16:00:00", "time" })},
		{"state out of its list", "<StateCode>3", "<StateCode>9", told("value")},
		{"state that is no number", "<StateCode>3", "<StateCode>ok", told("value")},
		{"an empty entry", "</EBRDTState>", "<EBRDT/></EBRDTState>", with(func(v *verdict) { v.items, v.warnings = 3, "empty" })},
		{"an entry with a part missing", "<StateCode>3</StateCode>", "", told("missing")},
		{"no body", "<EBRDTState>", "<Nothing>", with(func(v *verdict) { v.items, v.warnings = 0, "missing stray unclosed unknown" })},
		{"two bodies", "</EBD>", "<EBRPSState/></EBD>", told("repeated")},
		{"text between elements", "<EBRDTState>", "<EBRDTState>x", told("text")},
		{"attribute", "<EBRDTState>", `<EBRDTState n="2">`, told("attribute")},
		{"NUL reference", "正常", "正&#0;常&#x0;", told("nul")},
		{"NUL", "正常", "正\x00常", told("nul")},
		{"control character", "正常", "正\x07常&#1;", told("control")},
		{"entity", "正常", "&nbsp;", told("entity")},
		{"bare &", "正常", "A & B", told("entity")},
		{"bare <", "正常", "1 < 2", told("markup")},
		{"a comment that is none", "<EBRDTState>", "<!—状态-->\n<EBRDTState>", told("markup")},
		{"forgotten end tag", "<StateDesc>故障</StateDesc></EBRDT>", "<StateDesc>故障</EBRDT>", told("unclosed")},
		{"stray end tag", "<EBRDTState>", "</X><EBRDTState>", told("stray")},
		{"cut off", "</EBRDT></EBRDTState></EBD>", "", told("truncated")},
		{"cut off in a tag", "<StateDesc>故障</StateDesc></EBRDT></EBRDTState></EBD>", "<StateD", told("truncated unknown")},
		{"bytes before", "<?xml", "\x00\x00x<?xml", told("leading")},
		{"says GBK and is UTF-8", `encoding="UTF-8"`, `encoding="GBK"`, told("encoding")},
	} {
		text := strings.Replace(report, c.old, c.new, 1)
		if c.new != c.old && text == report {
			t.Fatalf("%s: nothing changed", c.what)
		}
		text = endTags(c.what, text)
		file, warnings, err := DecodeFile([]byte(text))
		if got := judge(file, warnings); err != nil || got != c.want {
			t.Errorf("%s: %v\n got %+v\nwant %+v\n%v", c.what, err, got, c.want, warnings)
		}
	}
}

// endTags makes end tags fit where a case above changed the start.
func endTags(what, text string) string {
	switch what {
	case "case":
		return strings.Replace(text, "</EBRDTState>", "</ebrdtstate>", 1)
	case "case of the root":
		return strings.Replace(text, "</EBD>", "</ebd>", 1)
	case "a prefix":
		return strings.Replace(text, "</EBD>", "</e:EBD>", 1)
	}
	return text
}

func TestWhatIsNoDocumentIsRefused(t *testing.T) {
	for what, text := range map[string]string{
		"nothing":        "",
		"blanks":         " \n ",
		"no XML":         "hello",
		"another root":   "<alert/>",
		"a DTD":          `<!DOCTYPE EBD [<!ENTITY a "b">]><EBD/>`,
		"a DTD inside":   `<EBD><!DOCTYPE x></EBD>`,
		"a lone body":    "<EBM/>",
		"deep":           "<EBD>" + strings.Repeat("<Params>", 1000),
		"a declaration":  `<?xml version="1.0"?>`,
		"NULs":           strings.Repeat("\x00", 600),
		"an odd UTF-16":  "\xFF\xFE<",
		"a bare <":       "<",
		"an end tag":     "</EBD>",
		"an open markup": "<EBD><!-- ",
	} {
		file, warnings, err := DecodeFile([]byte(text))
		if what == "an open markup" { // the root was there
			if file == nil || err != nil {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: read as %+v, %v", what, file, warnings)
		}
	}
	if _, _, err := Decode(make([]byte, MaxDocument+1)); err == nil {
		t.Error("33 MB were read")
	}
	if _, _, err := Decode([]byte("<Signature/>")); err == nil {
		t.Error("a signature file read as a document")
	}
}

// One deviation in every entry is one warning, and many kinds end at a limit.
func TestWarningsAreBounded(t *testing.T) {
	doc := envelope(t, terminals(3000))
	text := strings.ReplaceAll(string(encoded(t, doc)), "<StateCode>5", "<StateCode>77")
	_, warnings, err := Decode([]byte(text))
	if err != nil || len(warnings) != 1 || warnings[0].Count != 3000 || warnings[0].Path != "EBD/EBRDTState/EBRDT[1]/StateCode" {
		t.Error(err, warnings)
	}
	_, warnings, err = Decode([]byte("<EBD><" + strings.Repeat("x", 1<<20) + "/></EBD>"))
	if said := fmt.Sprint(warnings); err != nil || len(said) > 1000 {
		t.Errorf("%v, and warnings of %d bytes", err, len(said))
	}
	var many strings.Builder
	for i := range 5000 {
		many.WriteString("<X" + strings.Repeat("a", i%40) + string(rune('A'+i%26)) + "/>")
	}
	_, warnings, _ = Decode([]byte("<EBD>" + many.String() + "</EBD>"))
	if len(warnings) != maxWarnings+1 || warnings[maxWarnings].Code != WarnMore {
		t.Errorf("%d warnings, the last %v", len(warnings), warnings[len(warnings)-1])
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(report))
	f.Add([]byte("<Signature><SignatureValue>&#x0;</SignatureValue></Signature>"))
	f.Add([]byte("<EBI><EBMainInfo/><ExtendInfo><a><b/></a></ExtendInfo></EBI>"))
	f.Add([]byte("\xFF\xFE<\x00E\x00B\x00D\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, _, err := DecodeFile(b)
		if err != nil {
			return
		}
		// What was read is refused by the writer, or written as it was read.
		out, err := file.(interface {
			Encode(*Edition) ([]byte, error)
		}).Encode(GDJ2018)
		if err != nil {
			return
		}
		again, warnings, err := DecodeFile(out)
		if err != nil || len(warnings) > 0 || judge(again, nil) != judge(file, nil) {
			t.Errorf("read otherwise the second time: %v %v\n%s", err, warnings, out)
		}
	})
}
