package xmlscan

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// told writes what a scanner tells: <{space}name a=v>, text, </name>, with texts joined.
func told(doc []byte) (string, error) {
	s, err := New(doc)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	name := func(n Name) string {
		if n.Space == "" {
			return n.Local
		}
		return "{" + n.Space + "}" + n.Local
	}
	for {
		kind, err := s.Next()
		switch {
		case errors.Is(err, io.EOF):
			return b.String(), s.NamespaceError()
		case err != nil:
			return b.String(), err
		case kind == Start:
			b.WriteString("<" + name(s.Name()))
			for _, a := range s.Attrs() {
				fmt.Fprintf(&b, " %s=%q", name(a.Name), a.Value)
			}
			b.WriteString(">")
		case kind == End:
			b.WriteString("</" + s.Name().Local + ">")
		default:
			b.Write(s.Text())
		}
	}
}

func TestWhatIsTold(t *testing.T) {
	for doc, want := range map[string]string{
		`<a/>`: `<a></a>`,
		`<?xml version="1.0"?><!-- x --><a b = '1' c="&lt;&#65;"> t </a> <?pi?>`: `<a b="1" c="<A"> t </a>`,
		"<a>1\r\n2\r3&#13;</a>":                                                 "<a>1\n2\n3\r</a>",
		"<a b='1\r\n2\t3&#10;'/>":                                               `<a b="1 2 3` + `\n` + `"></a>`,
		`<a>x<![CDATA[<&]]]]>y<!-- z -->]]&gt;</a>`:                             `<a>x<&]]y]]></a>`,
		`<a xmlns="u" xmlns:p="v" p:b="1" b="2"><p:c/><d xmlns=""/></a>`:        `<{u}a {v}b="1" b="2"><{v}c></c><d></d></a>`,
		`<a xml:lang="en"/>`:                                                    `<a {http://www.w3.org/XML/1998/namespace}lang="en"></a>`,
		`<中 文="好"/>`:                                                            `<中 文="好"></中>`,
		`<!DOCTYPE a [<!ENTITY e "<b/>"><!ENTITY % p "x">]><a>1&e;2</a>`:        `<a>12</a>`,
		`<!DOCTYPE a SYSTEM "file:///etc/passwd" [<!ELEMENT a ANY>]><a>&x;</a>`: `<a></a>`,
	} {
		if got, err := told([]byte(doc)); err != nil || got != want {
			t.Errorf("%s\n got %s, %v\nwant %s", doc, got, err, want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, doc := range []string{
		"", " ", "x", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<a", "<a ", "<a b>", "<a b=>", "<a b=1/>", "<a b='1'c='2'/>",
		"<a b='1' b='2'/>", "<a b='<'/>", "<a b='&x;'/>", "<a>&x;</a>", "<a>&;</a>", "<a>& </a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>",
		"<a>&#X41;</a>", "<a>]]></a>", "<a><!-- -- --></a>", "<a><!-- ---></a>", "<a><!--", "<a><![CDATA[</a>", "<a><?xml?></a>", " <?xml version='1.0'?><a/>",
		"<?xml?><a/>", "<?xml version='2.0'?><a/>", "<?xml version='1.0' standalone='si'?><a/>", "<?xml encoding='UTF-8'?><a/>", "<?xml version='1.0' encoding='x-none'?><a/>",
		"<1a/>", "< a/>", "<a / >", "<a><!x></a>", "<a>\x00</a>", "<a>\x01</a>", "<a>\xff</a>", "<a>\xed\xa0\x80</a>", "<a>\xef\xbf\xbf</a>", "\x00<a/>", "<a/>\x00",
		"<![CDATA[x]]><a/>", "<a/><![CDATA[]]>", "<!DOCTYPE a><!DOCTYPE a><a/>", "<!DOCTYPE><a/>", "<!DOCTYPE a [<a/>", "<!DOCTYPE a [<!ENTITY e '&e;'>]><a>&e;</a>",
		"<!DOCTYPE a [<!ENTITY e '<b>'>]><a>&e;</a>", "<!DOCTYPE a [<!ENTITY e SYSTEM 'x'>]><a b='&e;'/>", "<!DOCTYPE a [<!ENTITY e '%p;'>]><a/>",
		"<?xml version='1.0' encoding='US-ASCII'?><a>\xc3\xa9</a>", "<?xml version='1.0' encoding='UTF-16'?><a/>", "\xff\xfe<\x00a\x00",
		strings.Repeat("<a>", MaxDepth+2) + strings.Repeat("</a>", MaxDepth+2), "<a>" + strings.Repeat("x", MaxText+1) + "</a>", "<" + strings.Repeat("a", MaxName+1) + "/>",
	} {
		var e *Error
		if got, err := told([]byte(doc)); !errors.As(err, &e) || e.Line < 1 || e.Message == "" {
			t.Errorf("%.60q was read as %.60s: %v", doc, got, err)
		}
	}
}

// What breaks Namespaces in XML is told, and does not end the reading.
func TestNamespaceFaultsAreRemembered(t *testing.T) {
	for _, doc := range []string{"<p:a/>", "<a p:b='1'/>", "<a:b:c xmlns:a='u'/>", "<:a/>", "<a:/>", "<a xmlns:p=''/>", "<a xmlns:xml='u'/>",
		"<a xmlns:xmlns='u'/>", "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>"} {
		s, err := New([]byte(doc))
		for err == nil {
			_, err = s.Next()
		}
		if !errors.Is(err, io.EOF) || s.NamespaceError() == nil {
			t.Errorf("%s: %v, %v", doc, err, s.NamespaceError())
		}
	}
}

func TestEncodings(t *testing.T) {
	const body = `<a>暖</a>`
	gbk, _ := simplifiedchinese.GBK.NewEncoder().String(body)
	gb18030, _ := simplifiedchinese.GB18030.NewEncoder().String(body)
	wide, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(`<?xml version="1.0" encoding="UTF-16"?>` + body)
	wideBE, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(body)
	for name, doc := range map[string]string{
		"mark": "\xef\xbb\xbf" + body, "UTF-8": `<?xml version="1.0" encoding="utf-8"?>` + body,
		"GB2312": `<?xml version="1.0" encoding="GB2312"?>` + gbk, "GBK": `<?xml version="1.0" encoding="GBK"?>` + gbk,
		"GB18030": `<?xml version='1.0' encoding='GB18030'?>` + gb18030, "UTF-16LE": wide, "UTF-16BE": wideBE,
	} {
		if got, err := told([]byte(doc)); err != nil || got != body {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for _, name := range []string{"ISO-8859-1", "windows-1252", "cp1252"} {
		if got, err := told([]byte("<?xml version='1.0' encoding='" + name + "'?><a>\xe9</a>")); err != nil || got != "<a>é</a>" {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func FuzzNext(f *testing.F) {
	for _, doc := range []string{`<?xml version="1.0" encoding="GBK"?><a b="&amp;">x<![CDATA[y]]></a>`, `<!DOCTYPE a [<!ENTITY e "&#60;b/>">]><a>&e;</a>`, "\xff\xfe<\x00a\x00/\x00>\x00"} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := New(b)
		depth := 0
		for err == nil {
			var kind Kind
			kind, err = s.Next()
			switch kind {
			case Start:
				depth++
			case End:
				depth--
			}
			if from, to := s.Offset(); err == nil && (from > to || to > len(s.Source()) || depth != s.Depth()) {
				t.Fatalf("from %d to %d at depth %d", from, to, s.Depth())
			}
		}
		if errors.Is(err, io.EOF) && depth != 0 {
			t.Error("well-formed, but not closed")
		}
	})
}

func BenchmarkNext(b *testing.B) {
	doc := []byte("<r>" + strings.Repeat(`<item id="1"><name>暴雨橙色预警</name><value>39.9,116.3 39.9,116.4 and so on</value></item>`, 2000) + "</r>")
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		s, err := New(doc)
		for err == nil {
			_, err = s.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}
