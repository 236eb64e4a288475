package ebd

import (
	"strconv"
	"strings"
)

// Warning is one deviation from the standard's form that reading got over. Deviations
// of one kind at one place, item numbers aside, are one Warning with their count.
type Warning struct {
	Code   string `json:"code"`            // one of the Warn constants
	Path   string `json:"path"`            // the first place, "EBD/EBRDTState/EBRDT[3]/EBRID"
	Detail string `json:"detail"`          // what stood there or what is missing, shortened
	Count  int    `json:"count,omitempty"` // how often, from 2
}

// Codes of warnings. Those of the XML layer are named by package loose: nul, control,
// entity, markup, unclosed, stray, truncated, leading, trailing, attribute, case.
const (
	WarnEncoding  = "encoding"  // not UTF-8, or not what was declared
	WarnVersion   = "version"   // the format version is not the edition's
	WarnCase      = "case"      // a name in other letter case
	WarnName      = "name"      // a name of an older dialect or a misprint of the standard
	WarnDialect   = "dialect"   // an element of an older dialect, kept
	WarnUnknown   = "unknown"   // an element the standard does not have, dropped
	WarnMissing   = CodeMissing // a mandatory element is not there
	WarnEmpty     = "empty"     // an element with mandatory parts has none
	WarnRepeated  = "repeated"  // a single element stands there again; the first counts
	WarnOrder     = "order"     // not the standard's order
	WarnMisplaced = "misplaced" // taken from one level too high
	WarnText      = "text"      // text between elements, dropped
	WarnLength    = CodeLength  // an identifier or a code of another width
	WarnValue     = "value"     // a value outside its form or list
	WarnTime      = "time"      // not YYYY-MM-DD HH:MM:SS
	WarnType      = "type"      // EBDType is not one the standard names
	WarnMismatch  = CodeMismatch
	WarnFile      = "file"     // a file's name is not the one its content asks for
	WarnArchive   = "archive"  // a package's container is not as it should be
	WarnResource  = "resource" // a resource is missing, unasked for, or not as described
	WarnMore      = "more"     // further kinds of warnings were left out
)

// String is the warning in one line: place, code, detail, how often.
func (w Warning) String() string {
	s := w.Code
	if w.Path != "" {
		s = w.Path + ": " + s
	}
	if w.Detail != "" {
		s += ": " + w.Detail
	}
	if w.Count > 1 {
		s += " (" + strconv.Itoa(w.Count) + " times)"
	}
	return s
}

// maxWarnings is how many kinds at how many places are told apart.
const maxWarnings = 200

// findings collects warnings.
type findings struct {
	list []Warning
	at   map[key]int
}

type key struct{ code, place string }

// add notes a deviation, place being path without item numbers, and gives its number.
func (f *findings) add(code, place, path, detail string) int {
	k := key{code, place}
	if _, ok := f.at[k]; !ok && len(f.list) >= maxWarnings {
		k, code, path, detail = key{code: WarnMore}, WarnMore, "", "further warnings were left out"
	}
	if i, ok := f.at[k]; ok {
		f.again(i)
		return i
	}
	if f.at == nil {
		f.at = map[key]int{}
	}
	f.at[k] = len(f.list)
	f.list = append(f.list, Warning{Code: code, Path: path, Detail: detail})
	return len(f.list) - 1
}

// again notes one more of a deviation.
func (f *findings) again(i int) { f.list[i].Count = max(f.list[i].Count, 1) + 1 }

// quote is a value as it is shown in a detail, shortened.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
