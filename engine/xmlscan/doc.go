// Package xmlscan reads XML 1.0 as a stream of elements and text, strictly: it
// accepts what a conformant non-validating parser accepts, refuses the rest with the
// place, and never expands an entity, opens a file or recurses. A document costs time
// in proportion to its bytes and memory in proportion to its depth.
//
// It serves engines that must judge documents from outside: well-formedness is decided
// for the whole document, comments and processing instructions are checked and passed
// over, names come with their namespace, and text and attribute values come decoded
// and with line ends normalised.
//
// A name whose prefix nobody declared does not end the reading: well-formedness and
// conformance to Namespaces in XML are two things, so it is remembered and told by
// Scanner.NamespaceError. A document type declaration is read for its form and for
// the names of its entities, and no more; Scanner.Doctype tells that there was one.
package xmlscan

import "fmt"

// Error is the first thing that is not well-formed, or the limit that was reached.
type Error struct {
	Code    string // one of the Code constants
	Message string // what is wrong, in English
	Offset  int    // bytes from the beginning, after decoding to UTF-8
	Line    int    // 1-based
}

// Reasons an Error gives.
const (
	CodeSyntax   = "syntax"   // not well-formed
	CodeEncoding = "encoding" // not in the encoding it says, or one that is not known
	CodeLimit    = "limit"    // deeper, longer or more than the limits allow
)

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// Limits that every document must keep. They are those of libxml2 without its option
// for huge documents, so that both judge the same.
const (
	MaxDepth = 256        // elements around another
	MaxText  = 10_000_000 // bytes of one run of text, attribute value or comment
	MaxName  = 50_000     // bytes of one name
	maxAttrs = 10_000     // attributes of one element

	maxBindings = 200 // prefixes in force at one place; libxml2 has no such limit
)
