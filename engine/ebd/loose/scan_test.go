package loose

import (
	"errors"
	"strings"
	"testing"
)

// trace walks through a document and writes down what the scanner gives.
func trace(src string) (tokens, repairs string, err error) {
	s := NewScanner([]byte(src))
	var seen, fixed []string
	s.Report = func(repair string, what []byte) { fixed = append(fixed, repair+":"+Excerpt(what)) }
	for {
		switch s.Next() {
		case Start:
			seen = append(seen, "<"+string(s.Name))
		case End:
			seen = append(seen, string(s.Name)+">")
		case Text:
			seen = append(seen, string(s.Chars))
		case EOF:
			return strings.Join(seen, " "), strings.Join(fixed, " "), s.Err
		}
	}
}

func TestScanner(t *testing.T) {
	for _, c := range []struct {
		src, tokens, repairs string
		err                  error
	}{
		{`<?xml version="1.0"?><!-- a --><p:a xmlns:p="u"><b/>x&amp;&#x4E2D;<![CDATA[<y>]]></p:a> <!-- b --> <?c?>`, "<a <b b> x&中 <y> a>", "", nil},
		{"<a><b>1<c>2</a>", "<a <b 1 <c 2 c> b> a>", "unclosed:c", nil},
		{"<a></b></a>", "<a a>", "stray:b", nil},
		{"<a></A>", "<a a>", "case:A", nil},
		{"<a><b>x", "<a <b x b> a>", "truncated:b", nil},
		{"<a>1 < 2</a>", "<a 1  <  2 a>", "markup:< 2</a>", nil},
		{"<a><!—x-->y</a>", "<a y a>", "markup:<!—x-->y</a>", nil},
		{"<a b='c>d' e>x</a>", "<a x a>", "attribute:b attribute:e", nil},
		{"<a &#0;>x</a>", "<a x a>", "attribute:&#0;", nil},
		{"<a>&#0;&#1;&x;&</a>", "<a &x;& a>", "nul:&#0; control:&#1; entity:&x; entity:&", nil},
		{"<a>&#xD800;&#x110000;</a>", "<a &#xD800;&#x110000; a>", "entity:&#xD800; entity:&#x110000;", nil},
		{"x<a/>y<b/>", "<a a>", "leading:x trailing:y<b/>", nil},
		{"<a/>\x00\x00", "<a a>", "trailing:", nil},
		{"", "", "", ErrEmpty},
		{"<!doctype a><a/>", "", "", ErrDTD},
		{"<a><!DOCTYPE a></a>", "<a", "", ErrDTD},
		{strings.Repeat("<a>", MaxDepth+1), strings.TrimSpace(strings.Repeat("<a ", MaxDepth)), "", ErrDepth},
	} {
		tokens, repairs, err := trace(c.src)
		if tokens != c.tokens || repairs != c.repairs || !errors.Is(err, c.err) {
			t.Errorf("%.40q:\n got %s | %s | %v\nwant %s | %s | %v", c.src, tokens, repairs, err, c.tokens, c.repairs, c.err)
		}
	}
}

func TestCharset(t *testing.T) {
	for _, c := range []struct{ what, src, text, said string }{
		{"UTF-8", "<a>中</a>", "<a>中</a>", ""},
		{"UTF-8 with a mark", "\uFEFF<a>中</a>", "<a>中</a>", ""},
		{"UTF-8 with a mark that says GBK", "\uFEFF<?xml encoding=\"gbk\"?><a>中</a>", "<?xml encoding=\"gbk\"?><a>中</a>", "declared as gbk, read as UTF-8"},
		{"UTF-16 without a mark", "<\x00a\x00/\x00>\x00", "<a/>", "UTF-16"},
		{"UTF-16, big end first", "\xFE\xFF\x00<\x00a\x00/\x00>\x4E\x2D", "<a/>中", "UTF-16"},
		{"GBK, declared", "<?xml version='1.0' encoding='GBK'?><a>\xD6\xD0</a>", "<?xml version='1.0' encoding='GBK'?><a>中</a>", "GBK"},
		{"GBK that is UTF-8 by chance", "<?xml encoding=\"gb2312\"?><a>\xC4\xA3</a>", "<?xml encoding=\"gb2312\"?><a>模</a>", "gb2312"},
		{"GBK, undeclared", "<a>\xD6\xD0</a>", "<a>中</a>", "declared as nothing, read as GB18030"},
		{"UTF-8 that says GBK", "<?xml encoding=\"gbk\"?><a>中</a>", "<?xml encoding=\"gbk\"?><a>中</a>", "declared as gbk, read as UTF-8"},
		{"GBK that says UTF-8", "<?xml encoding=\"utf-8\"?><a>\xD6\xD0</a>", "<?xml encoding=\"utf-8\"?><a>中</a>", "declared as utf-8, read as GB18030"},
		{"neither", "<a>\xFF\xFF</a>", "<a>\uFFFD</a>", "declared as nothing, with bytes that are no characters"},
		{"of no known name", "<?xml encoding=\"x-y\"?><a/>", "<?xml encoding=\"x-y\"?><a/>", "declared as x-y, read as UTF-8"},
	} {
		text, said, err := Charset([]byte(c.src))
		if err != nil || string(text) != c.text || said != c.said {
			t.Errorf("%s: %q %q %v", c.what, text, said, err)
		}
	}
}

func FuzzScanner(f *testing.F) {
	f.Add("<a b='c'><!-- d --><e/>&#0;&amp;<![CDATA[f]]></a>")
	f.Fuzz(func(t *testing.T, src string) {
		s := NewScanner([]byte(src))
		for open := 0; ; {
			switch s.Next() {
			case Start:
				open++
			case End:
				if open--; open < 0 {
					t.Fatal("an end without a start")
				}
			case Text:
				if open == 0 {
					t.Fatal("text outside the root")
				}
			case EOF:
				if s.Err == nil && open != 0 {
					t.Fatal("a start without an end")
				}
				return
			}
		}
	})
}
