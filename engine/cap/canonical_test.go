package cap

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// canonicalDocs are documents with what the methods of canonicalisation differ in.
var canonicalDocs = []string{
	`<a/>`, `<a></a>`, `<?xml version="1.0" encoding="UTF-8"?>  <a>x</a>  `,
	`<!-- 1 --><?p  q r ?><a><!-- 2 --><?p?>x<!-- 3 --></a><!-- 4 --><?p q?>` + "\n",
	"<?p a\r\nb?><a b=' x\r\ny\tz '>1\r\n2\r3&#13;&#10;</a>",
	`<a b="&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;">&lt;&gt;&amp;&quot;&apos;<![CDATA[<&>]]></a>`,
	`<a xmlns="urn:u" xmlns:p="urn:v" xmlns:q="urn:w"><b xmlns="urn:u"><p:c q:d="1"/></b><c xmlns=""><d xmlns="urn:u"/></c></a>`,
	`<p:a xmlns:p="urn:v" xmlns:q="urn:w" xmlns:unused="urn:x"><q:b/><q:b xmlns:q="urn:v" q:c="1" p:d="2" e="3"/><b/></p:a>`,
	`<a xmlns:z="urn:1" xmlns:y="urn:2" z:b="1" y:a="2" y:b="3" c="4" a="5" xml:lang="en" xml:space="preserve"/>`,
	`<a xmlns="urn:u"><b xmlns="" xmlns:p="urn:v"><c p:d="1"><d xmlns="urn:u" xmlns:p="urn:w"><p:e/></d></c></b></a>`,
	`<中 文="好">暖</中>`,
}

// Documents in canonical form are what libxml2 makes of them.
func TestCanonicalFormAgreesWithXmllint(t *testing.T) {
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("SKIPPED: xmllint is not installed, so nothing independent was asked (Debian: libxml2-utils)")
	}
	docs := canonicalDocs
	for _, file := range sampleFiles(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, string(raw))
	}
	path, compared := filepath.Join(t.TempDir(), "doc.xml"), 0
	for _, doc := range docs {
		d := new(document)
		if d.parse([]byte(doc)) != nil {
			continue // not well-formed
		}
		if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		for flag, how := range map[string]canon{"--c14n": {comments: true}, "--c14n11": {comments: true}, "--exc-c14n": {exclusive: true, comments: true}} {
			want, err := exec.Command(program, flag, path).Output()
			if err != nil {
				t.Fatalf("%s: %v", doc, err)
			}
			var got bytes.Buffer
			if d.canonical(&got, how, 0, len(d.tokens), nil); got.String() != string(want) {
				t.Errorf("%s %s\n got %s\nwant %s", flag, doc, got.String(), want)
			}
			compared++
		}
	}
	if compared < 150 {
		t.Errorf("only %d were compared", compared)
	}
}
