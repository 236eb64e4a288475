package ebd

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var sound = File{"EBDR_rain.mp3", []byte("not really a sound")}

// signedPackage is a package whose EBM names a sound, and the way to trust its signer.
func signedPackage(t testing.TB, cov Coverage) (*Package, Lookup) {
	t.Helper()
	k, number := newKey(t), SerialNumber{4: 1, 5: 2}
	p, err := NewPackage(GDJ2018, envelope(t, rainstorm()), sound)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Sign(GDJ2018, Signer{k, number, cov}, signedAt); err != nil {
		t.Fatal(err)
	}
	cert, err := IssueCertificate(k, number, number, k.Public(), signedAt.AddDate(0, 2, 0))
	if err != nil {
		t.Fatal(err)
	}
	return p, func(n SerialNumber) (Trusted, bool) { return cert.Trusted(), n == number }
}

func written(t testing.TB, p *Package) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackageRoundTrips(t *testing.T) {
	p, trust := signedPackage(t, DefaultCoverage)
	raw := written(t, p)
	if !bytes.Equal(raw, written(t, p)) {
		t.Error("written otherwise the second time")
	}
	back, warnings, err := ReadPackage(bytes.NewReader(raw), Limits{})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if d := cmp.Diff(p, back); d != "" {
		t.Error(d)
	}
	if got, want := back.FileName(GDJ2018), "EBDT_10411010500000001010101010000000000000007.tar"; got != want {
		t.Error(got)
	}
	aux := back.Document.Body.(*EBM).MsgContent[0].Auxiliary[0]
	if sum := sm3.Sum(sound.Data); aux.Size != len(sound.Data) || !DigestIs(sound.Data, aux.Digest) ||
		!DigestIs(sound.Data, base64.StdEncoding.EncodeToString(sum[:])) || DigestIs(sound.Data[1:], aux.Digest) {
		t.Errorf("%+v", aux)
	}
	if v := back.Verify(trust, signedAt); v.Outcome != Verified || !v.SignedAt.Equal(signedAt) {
		t.Errorf("%+v", v)
	}
}

func TestAnyPackageRoundTrips(t *testing.T) {
	k := newKey(t)
	trust := func(SerialNumber) (Trusted, bool) { return Trusted{Key: k.Public()}, true }
	rapid.Check(t, func(t *rapid.T) {
		m := GDJ2018.Messages[rapid.SampledFrom(GDJ2018.MessageTypes()).Draw(t, "type")]
		doc := validDocument(t, m)
		cov := Coverage(rapid.IntRange(0, 2).Draw(t, "coverage"))
		if b, ok := doc.Body.(*EBM); ok {
			for i := range b.MsgContent {
				b.MsgContent[i].Auxiliary = nil
			}
		}
		p, err := NewPackage(GDJ2018, doc)
		if err != nil {
			t.Fatal(err)
		}
		info := validInfo(t)
		b, err := info.Encode(GDJ2018)
		if err != nil {
			t.Fatal(err)
		}
		p.Info = &File{"EBDI_" + string(info.ID()) + ".xml", b}
		f, err := Signer{k, SerialNumber{3: 9}, cov}.SignInfo(GDJ2018, b, info.ID(), signedAt)
		if err != nil {
			t.Fatal(err)
		}
		if b, err = f.Encode(GDJ2018); err != nil {
			t.Fatal(err)
		}
		p.InfoSignature = &File{"EBDS_EBDI_" + string(info.ID()) + ".xml", b}
		if err := p.Sign(GDJ2018, Signer{k, SerialNumber{3: 9}, cov}, signedAt); err != nil {
			t.Fatal(err)
		}
		var raw bytes.Buffer
		if err := p.Write(&raw); err != nil {
			t.Fatal(err)
		}
		back, warnings, err := ReadPackage(&raw, Limits{})
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
		if d := cmp.Diff(p, back); d != "" {
			t.Fatal(d)
		}
		if v := back.Verify(trust, signedAt); v.Outcome != Verified || v.Coverage != cov {
			t.Fatalf("%+v", v)
		}
		if v := back.VerifyInfo(trust, signedAt, cov); v.Outcome != Verified {
			t.Fatalf("%+v", v)
		}
		if v := back.Verify(trust, signedAt, (cov+1)%3); v.Outcome != Forged {
			t.Fatalf("taken under another coverage: %+v", v)
		}
	})
}

func TestEverySignatureGetsItsVerdict(t *testing.T) {
	nobody := func(SerialNumber) (Trusted, bool) { return Trusted{}, false }
	for _, c := range []struct {
		what   string
		change func(p *Package)
		trust  Lookup
		at     time.Time
		want   Outcome
	}{
		{"right", nil, nil, signedAt, Verified},
		{"right, long before the clock's time", nil, nil, signedAt.AddDate(-20, 0, 0), Verified}, // SigTime is never judged
		{"no signature", func(p *Package) { p.Signature = nil }, nil, signedAt, Unsigned},
		{"unknown certificate", nil, nobody, signedAt, UnknownKey},
		{"expired certificate", nil, nil, signedAt.AddDate(1, 0, 0), Expired},
		{"changed document", func(p *Package) { p.Body.Data = bytes.Replace(p.Body.Data, []byte("暴雨"), []byte("晴天"), 1) }, nil, signedAt, Forged},
		{"a byte more", func(p *Package) { p.Body.Data = append(p.Body.Data, '\n') }, nil, signedAt, Forged},
		{"no XML", func(p *Package) { p.Signature.Data = []byte("x") }, nil, signedAt, Unreadable},
		{"NULs for a value", func(p *Package) {
			p.Signature.Data = []byte("<Signature><RelatedEBD><EBDID>" + string(p.Document.EBDID) + "</EBDID></RelatedEBD><SignatureValue>&#x0;&#x0;</SignatureValue></Signature>")
		}, nil, signedAt, Unreadable},
		{"of another document", func(p *Package) {
			p.Signature.Data = bytes.Replace(p.Signature.Data, []byte("0007</EBDID>"), []byte("0008</EBDID>"), 1)
		}, nil, signedAt, Unreadable},
		{"a document for a signature", func(p *Package) { p.Signature = p.Body }, nil, signedAt, Unreadable},
	} {
		p, trust := signedPackage(t, DefaultCoverage)
		if c.trust != nil {
			trust = c.trust
		}
		if c.change != nil {
			c.change(p)
		}
		if v := p.Verify(trust, c.at); v.Outcome != c.want {
			t.Errorf("%s: %+v, want %s", c.what, v, c.want)
		}
	}
	if v := (*SignatureFile)(nil).Verify(nil, nobody, signedAt); v.Outcome != Unsigned {
		t.Error(v)
	}
}

// A field signature's data names a certificate that nobody has, its CertSN the right one.
func TestCertSNCountsWhereTheDataNamesNoKnownCertificate(t *testing.T) {
	k, doc := newKey(t), []byte("<EBD/>")
	sig, err := Sign(k, SerialNumber{5: 0x42}, doc, time.Unix(2525, 0), CoverContentTime)
	if err != nil {
		t.Fatal(err)
	}
	f := &SignatureFile{CertSN: "0001230000000001", SignatureValue: sig.String()}
	trust := func(n SerialNumber) (Trusted, bool) { return Trusted{Key: k.Public()}, n.String() == "230000000001" }
	if v := f.Verify(doc, trust, signedAt); v.Outcome != Verified || v.Coverage != CoverContentTime || v.Cert.String() != "230000000001" {
		t.Errorf("%+v", v)
	}
}

// archive writes entries by hand; a name that ends in / is a folder.
func archive(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		body := []byte(report)
		if h.Typeflag != tar.TypeReg {
			body = nil
		}
		h.Size, h.Mode = int64(len(body)), 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// holes is the header of a file of size zeros, none of which are there (the old GNU format).
func holes(name string, size int) []byte {
	b := make([]byte, 512)
	for at, text := range map[int]string{0: name, 100: "0000644", 108: "0000000", 116: "0000000", 124: "00000000000", 136: "00000000000", 148: "        ", 156: "S", 257: "ustar  ",
		386: fmt.Sprintf("%011o", size), 398: "00000000000", 483: fmt.Sprintf("%011o", size)} {
		copy(b[at:], text)
	}
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00", sum))
	return b
}

func TestOddArchivesAreReadWithWarnings(t *testing.T) {
	const id = "10411010500000001010101010000000000000007"
	body := tar.Header{Typeflag: tar.TypeReg, Name: "EBDB_" + id + ".xml"}
	named := func(name string) tar.Header { return tar.Header{Typeflag: tar.TypeReg, Name: name} }
	whole := archive(t, body, named("EBDR_b.mp3"))
	for _, c := range []struct {
		what string
		raw  []byte
		want string
	}{
		{"right", archive(t, body), ""},
		{"in a folder", archive(t, tar.Header{Typeflag: tar.TypeDir, Name: "x/"}, named("x/"+body.Name)), "archive"},
		{"a Windows path", archive(t, named(`C:\tmp\`+body.Name)), "archive"},
		{"a way out", archive(t, named("../../etc/"+body.Name)), "archive"},
		{"dot", archive(t, named("./"+body.Name)), ""},
		{"a link", archive(t, body, tar.Header{Typeflag: tar.TypeSymlink, Name: "EBDR_a.mp3", Linkname: "/etc/passwd"}), "archive"},
		{"a device", archive(t, body, tar.Header{Typeflag: tar.TypeChar, Name: "EBDR_a.mp3"}), "archive"},
		{"a file of holes", slices.Concat(holes("EBDR_a.mp3", 200<<20), archive(t, body)), "archive"},
		{"a name of a megabyte", archive(t, body, named("EBDR_"+strings.Repeat("a", 1<<20-100))), "archive"},
		{"twice", archive(t, body, body), "archive"},
		{"another name", archive(t, named("EBDB_1.xml")), "file"},
		{"no name of the standard", archive(t, named("message.xml")), "file"},
		{"a resource nobody asked for", archive(t, body, named("EBDR_a.mp3")), "resource"},
		{"another file", archive(t, body, named("readme.txt")), "resource"},
		{"two documents", archive(t, body, named("EBDB_2.xml")), "resource"},
		{"cut off in a resource", whole[:len(whole)-1800], "archive resource"},
		{"without an end", whole[:len(whole)-1024], "resource"},
	} {
		p, warnings, err := ReadPackage(bytes.NewReader(c.raw), Limits{})
		if err != nil || !IsArchive(c.raw) {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		got := judge(p.Document, warnings)
		kinds := strings.Fields(got.warnings)
		if i := slices.Index(kinds, WarnMissing); i >= 0 { // none is signed, which is told each time
			kinds = slices.Delete(kinds, i, i+1)
		} else {
			t.Errorf("%s: no word on the signature", c.what)
		}
		if len(p.Resources) > 1 || len(fmt.Sprint(warnings)) > 1<<14 {
			t.Errorf("%s: %d resources, and warnings of %d bytes", c.what, len(p.Resources), len(fmt.Sprint(warnings)))
		}
		if got.id != id || strings.Join(kinds, " ") != c.want {
			t.Errorf("%s: %s, want %s: %v", c.what, kinds, c.want, warnings)
		}
	}
	for what, raw := range map[string][]byte{
		"nothing": nil, "XML": []byte(report), "no document": archive(t, named("EBDR_a.mp3")),
		"a document that is none": func() []byte {
			b := archive(t, body)
			copy(b[512:], "hello "+strings.Repeat(" ", len(report)-6))
			return b
		}(),
	} {
		if _, _, err := ReadPackage(bytes.NewReader(raw), Limits{}); err == nil {
			t.Errorf("%s was read", what)
		}
	}
	for what, limits := range map[string]Limits{"entries": {Entries: 1}, "document": {Document: 100}, "resource": {Resource: 100}, "total": {Total: int64(len(report)) + 10}} {
		if _, _, err := ReadPackage(bytes.NewReader(whole), limits); err == nil {
			t.Errorf("over its limit of %s", what)
		}
	}
}

func TestResourcesAreHeldAgainstTheMessage(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(p *Package)
		want   string
	}{
		{"right", func(*Package) {}, ""},
		{"missing", func(p *Package) { p.Resources = nil }, "resource"},
		{"another", func(p *Package) { p.Resources[0].Name = "EBDR_sun.mp3" }, "resource"},
		{"longer", func(p *Package) { p.Resources[0].Data = append(bytes.Clone(sound.Data), 0) }, "mismatch resource"},
		{"changed", func(p *Package) { p.Resources[0].Data = bytes.ToUpper(sound.Data) }, "mismatch"},
	} {
		p, _ := signedPackage(t, DefaultCoverage)
		c.change(p)
		_, warnings, err := ReadPackage(bytes.NewReader(written(t, p)), Limits{})
		if got := judge(nil, warnings); err != nil || got.warnings != c.want {
			t.Errorf("%s: %v %v", c.what, err, warnings)
		}
	}
	if _, err := NewPackage(GDJ2018, envelope(t, rainstorm()), File{"rain.mp3", nil}); err == nil {
		t.Error("a resource of no name was packed")
	}
}

func TestWhatTheStandardDoesNotAllowIsNotWritten(t *testing.T) {
	for place, change := range map[string]func(d *Document, m *EBM){
		"EBD/EBDID":                          func(d *Document, _ *EBM) { d.EBDID = d.EBDID[:36] },
		"EBD/SRC":                            func(d *Document, _ *EBM) { d.SRC = nil },
		"EBD/DEST/EBRID":                     func(d *Document, _ *EBM) { d.DEST = &Ref{"010332058200000001"} },
		"EBD/EBDTime":                        func(d *Document, _ *EBM) { d.EBDTime = "2026/7/21 16:00" },
		"EBD/EBDType":                        func(d *Document, _ *EBM) { d.EBDType = "EBMBrdLog" },
		"EBD":                                func(d *Document, _ *EBM) { d.Body = nil },
		"EBD/EBM/EBMID":                      func(_ *Document, m *EBM) { m.EBMID = "1" },
		"EBD/EBM/MsgBasicInfo":               func(_ *Document, m *EBM) { m.MsgBasicInfo = nil },
		"EBD/EBM/MsgContent":                 func(_ *Document, m *EBM) { m.MsgContent = nil },
		"EBD/EBM/MsgBasicInfo/MsgType":       func(_ *Document, m *EBM) { m.MsgBasicInfo.MsgType = 0 },
		"EBD/EBM/MsgBasicInfo/Severity":      func(_ *Document, m *EBM) { m.MsgBasicInfo.Severity = Absent },
		"EBD/EBM/MsgBasicInfo/EventType":     func(_ *Document, m *EBM) { m.MsgBasicInfo.EventType = "" },
		"EBD/EBM/MsgContent[1]/AreaCode":     func(_ *Document, m *EBM) { m.MsgContent[0].AreaCode = "110105000000, 110101000000" },
		"EBD/EBM/MsgContent[1]/MsgDesc":      func(_ *Document, m *EBM) { m.MsgContent[0].MsgDesc = "a\x00b" },
		"EBD/EBM/MsgContent[1]/MsgTitle":     func(_ *Document, m *EBM) { m.MsgContent[0].MsgTitle = "\xff" },
		"EBD/EBM/MsgContent[1]/LanguageCode": func(_ *Document, m *EBM) { m.MsgContent[0].LanguageCode = "zh-CN" },
		"EBD/EBM/Dispatch[2]/EBRBS[1]/BrdSysInfo": func(_ *Document, m *EBM) {
			m.Dispatch = []Dispatch{{LanguageCode: "zho"}, {LanguageCode: "zho", EBRBS: []Transmitter{{BrdSysInfo: "97400"}}}}
		},
	} {
		m := rainstorm()
		doc := envelope(t, m)
		change(doc, m)
		_, err := doc.Encode(GDJ2018)
		if err == nil || !strings.Contains(err.Error(), "ebd: document: "+place+": ") {
			t.Errorf("%s: %v", place, err)
		}
	}
	for _, body := range []any{nil, (*EBM)(nil), EBM{}, "EBM", new(string)} {
		doc := envelope(t, body)
		if _, err := doc.Encode(GDJ2018); err == nil || doc.Items() != 0 {
			t.Errorf("a body of type %T was written", body)
		}
	}
	old := &SignatureFile{RelatedEBD: &Related{envelope(t, rainstorm()).EBDID}, CertSN: "000000000000", SignatureAlgorithm: "SM2-SM3",
		SignatureValue: (&Signature{}).String(), SignatureTime: "15f7fd82671"}
	if _, err := old.Encode(GDJ2018); err == nil {
		t.Error("a field of an older dialect was written")
	}
}

// JSON that does not fit is refused with its place; what fits is kept as it stands, so
// that a document of an older dialect survives being stored.
func TestJSON(t *testing.T) {
	for text, place := range map[string]string{
		`{"EBDID":7}`:                                "EBD/EBDID: value",
		`{"Nonsense":""}`:                            "EBD/Nonsense: unknown",
		`{"SRC":{"EBRID":"1","X":1}}`:                "EBD/SRC/X: unknown",
		`{"EBM":{"MsgBasicInfo":{"MsgType":"1"}}}`:   "EBD/EBM/MsgBasicInfo/MsgType: value",
		`{"EBM":{"MsgContent":{}}}`:                  "EBD/EBM/MsgContent: value",
		`{"EBM":{"MsgContent":[{},{"AreaCode":1}]}}`: "EBD/EBM/MsgContent[2]/AreaCode: value",
		`{"EBM":{},"EBDNotify":{}}`:                  "a second body",
		`[]`:                                         "json",
	} {
		var d Document
		if err := json.Unmarshal([]byte(text), &d); err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%s: %v", text, err)
		}
	}
	old, _, err := Decode([]byte(strings.ReplaceAll(report, "31100000000000101010101", "010332058200000001")))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	var back Document
	if err := json.Unmarshal(b, &back); err != nil || !cmp.Equal(old, &back) {
		t.Errorf("%v %s", err, b)
	}
}

func TestReceipts(t *testing.T) {
	doc := envelope(t, &ConnectionCheck{At(signedAt)})
	r, err := Respond(doc, upper1, 12, ResultGood, "已接收", signedAt)
	if err != nil {
		t.Fatal(err)
	}
	if _, w, err := Decode(encoded(t, r)); err != nil || len(w) > 0 {
		t.Fatal(err, w)
	}
	if r.Destination() != platform || r.Source() != upper1 || r.RelatedEBD.EBDID != doc.EBDID || r.MustBeSigned() || doc.MustBeSigned() {
		t.Errorf("%+v", r)
	}
	if n, err := Notify(envelope(t, rainstorm()), upper1, 13, ResultBadSignature, "", signedAt); err != nil || !n.MustBeSigned() {
		t.Error(err)
	}
	old := &Document{EBDID: "100102320000000000010000000000097264", SRC: &Source{EBRID: "010232000000000001"}}
	r, err = Respond(old, upper1, 14, ResultIncomplete, "", signedAt)
	if err != nil || r.DEST != nil || r.RelatedEBD != nil {
		t.Errorf("%+v %v", r, err)
	}
	encoded(t, r)
	if _, err := Respond(doc, "1", 1, ResultGood, "", signedAt); err == nil {
		t.Error("answered as nobody")
	}
}

// A second edition stands beside the first: another version, another type of resource,
// a message that the first does not have, other file names.
func TestASecondEditionStandsBesideTheFirst(t *testing.T) {
	type EBDGreeting struct {
		Words string   `ebd:"in:hello|goodbye"`
		Times int      `ebd:"int:1-3"`
		To    []string `ebd:"code,opt,record"`
	}
	second := &Edition{ID: "test 2", Version: "2", Types: map[string]Name{"0777": {"测试", "test"}}, Subtypes: GDJ2018.Subtypes,
		Messages: map[string]Message{"EBDGreeting": {"EBDGreeting", Name{"问候", "greeting"}, func() any { return new(EBDGreeting) }}},
		Files:    FileNames{Package: "P_", Document: "D_", Info: "I_", Signature: "S_", Resource: "R_"}}
	code := ResourceCode("41101050000000777010101")
	doc := &Document{EBDID: EBDID("10" + string(code) + "0000000000000001"), SRC: &Source{EBRID: code}, EBDTime: At(signedAt),
		Body: &EBDGreeting{"hello", 2, []string{string(code)}}}
	if _, err := doc.Encode(GDJ2018); err == nil {
		t.Error("the first edition wrote a message of the second")
	}
	p, err := NewPackage(second, doc)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(p.Body.Data), "<EBDVersion>2<") || p.FileName(second) != "P_"+string(doc.EBDID)+".tar" || !strings.HasPrefix(p.Body.Name, "D_") {
		t.Errorf("%s %s\n%s", p.FileName(second), p.Body.Name, p.Body.Data)
	}
	back, warnings, err := Decode(p.Body.Data, GDJ2018, second)
	if err != nil || len(warnings) > 0 || !cmp.Equal(back, p.Document) || back.Items() != 1 {
		t.Errorf("%v %v %+v", err, warnings, back)
	}
	if _, warnings, err = Decode(encoded(t, envelope(t, rainstorm())), GDJ2018, second); err != nil || len(warnings) > 0 {
		t.Errorf("the first edition beside the second: %v %v", err, warnings)
	}
	_, warnings, err = Decode(p.Body.Data)
	if got := judge(nil, warnings).warnings; err != nil || got != "missing type unknown value version" {
		t.Errorf("the second edition read as the first: %v %s", err, got)
	}
	if s := string(second.schema()); !strings.Contains(s, `<xs:element name="EBDGreeting">`) || strings.Contains(s, "EBRDTState") {
		t.Error("its schema is not its own")
	}
}

func TestSeventeenMessages(t *testing.T) {
	types := GDJ2018.MessageTypes()
	want := strings.Fields("ConnectionCheck EBDNotify EBDResponse EBM EBMBrdLog EBMStateRequest EBMStateResponse EBRASInfo EBRASState " +
		"EBRBSInfo EBRBSState EBRDTInfo EBRDTState EBRPSInfo EBRPSState EBRSTInfo OMDRequest")
	if !slices.Equal(types, want) {
		t.Error(types)
	}
	for _, name := range types {
		if m := GDJ2018.Messages[name]; m.Name.Zh == "" || m.Name.En == "" || fmt.Sprintf("%T", m.New()) != "*ebd."+name {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func FuzzReadPackage(f *testing.F) {
	p, trust := signedPackage(f, DefaultCoverage)
	f.Add(written(f, p))
	f.Add(archive(f, tar.Header{Typeflag: tar.TypeSymlink, Name: "EBDB_.xml", Linkname: "/"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		limits := Limits{Entries: 8, Document: 1 << 20, Resource: 1 << 20, Total: 2 << 20}
		p, _, err := ReadPackage(bytes.NewReader(b), limits)
		if err != nil {
			return
		}
		_ = p.Verify(trust, signedAt)
		again, _, err := ReadPackage(bytes.NewReader(written(t, p)), Limits{})
		if err != nil || !cmp.Equal(again.Document, p.Document) || len(again.Files()) != len(p.Files()) {
			t.Errorf("read otherwise the second time: %v", err)
		}
	})
}

// Whose a package is can be told without what else is in it, wherever that stands.
func TestABarePackageIsReadWithoutResources(t *testing.T) {
	p, trust := signedPackage(t, DefaultCoverage)
	large := File{"EBDR_large.mp3", make([]byte, 1<<20)}
	p.Signature.Name = strings.TrimSuffix(p.Signature.Name, ".xml")
	var raw bytes.Buffer
	if err := WriteArchive(&raw, append([]File{large, {"notes.txt", make([]byte, 1<<20)}}, p.Files()...)); err != nil {
		t.Fatal(err)
	}
	back, _, err := ReadPackage(&raw, Limits{Document: 64 << 10, Resource: 1 << 10, Total: 128 << 10, Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	if back.Verify(trust, signedAt).Outcome != Verified || len(back.Resources) != 0 || len(back.Others) != 0 || !bytes.Equal(back.Body.Data, p.Body.Data) {
		t.Errorf("%+v", back)
	}
}
