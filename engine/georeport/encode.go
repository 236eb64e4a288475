package georeport

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math"
	"strconv"
	"time"
)

// Document is what Encode writes.
type Document interface{ write(*encoder) }

// Encode writes a document. Its JSON is its XML by the Spark convention: a list of
// elements is an array without their name, the outermost name falls away, and what is
// empty is null.
func Encode(f Format, d Document) []byte {
	e := &encoder{}
	if f == JSON {
		e.json = json.NewEncoder(e)
		e.json.SetEscapeHTML(false)
	} else {
		e.WriteString(xml.Header[:len(xml.Header)-1])
	}
	d.write(e)
	return e.Bytes()
}

// encoder writes the fields of a document, in either format.
type encoder struct {
	bytes.Buffer
	json  *json.Encoder // none for XML
	depth int
}

// open begins a field or, inside a list, a member without a name of its own in JSON.
func (e *encoder) open(name string, named bool) {
	if e.json == nil {
		e.WriteString("<" + name + ">")
		return
	}
	if b := e.Bytes(); len(b) > 0 && b[len(b)-1] != '{' && b[len(b)-1] != '[' {
		e.WriteByte(',')
	}
	if named && e.depth > 0 {
		e.WriteString(`"` + name + `":`)
	}
}

func (e *encoder) close(name string) {
	if e.json == nil {
		e.WriteString("</" + name + ">")
	}
}

// around writes what stands between two brackets of JSON.
func (e *encoder) around(brackets string, body func()) {
	if e.json != nil {
		e.WriteByte(brackets[0])
	}
	e.depth++
	body()
	e.depth--
	if e.json != nil {
		e.WriteByte(brackets[1])
	}
}

func (e *encoder) object(name string, body func()) {
	e.open(name, true)
	e.around("{}", body)
	e.close(name)
}

func (e *encoder) list(name, item string, n int, each func(i int)) {
	e.open(name, true)
	e.around("[]", func() {
		for i := range n {
			e.open(item, false)
			e.around("{}", func() { each(i) })
			e.close(item)
		}
	})
	e.close(name)
}

// words is a list of texts.
func (e *encoder) words(name, item string, n int, word func(i int) string) {
	e.open(name, true)
	e.around("[]", func() {
		for i := range n {
			e.open(item, false)
			e.value(word(i))
			e.close(item)
		}
	})
	e.close(name)
}

func (e *encoder) text(name, s string) {
	e.open(name, true)
	e.value(s)
	e.close(name)
}

func (e *encoder) value(s string) {
	switch {
	case e.json == nil:
		_ = xml.EscapeText(e, []byte(s)) // a buffer takes all
	case s == "":
		e.WriteString("null")
	default:
		_ = e.json.Encode(s)    // a string has always a form
		e.Truncate(e.Len() - 1) // and Encode ends it with a line
	}
}

// raw is a value that looks the same in both formats.
func (e *encoder) raw(name, s string) {
	e.open(name, true)
	e.WriteString(s)
	e.close(name)
}

func (e *encoder) flag(name string, v bool) { e.raw(name, strconv.FormatBool(v)) }

func (e *encoder) number(name string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		e.text(name, "")
		return
	}
	e.raw(name, strconv.FormatFloat(v, 'f', -1, 64))
}

func (e *encoder) time(name string, t time.Time) {
	if t.IsZero() {
		e.text(name, "")
		return
	}
	e.text(name, t.Format(time.RFC3339))
}
