package httpapi

import (
	"strconv"
	"strings"
)

// Form is the form in which an asker gets an answer that was written before, plain and
// with gzip.
type Form struct {
	Packed bool   // with gzip
	Known  bool   // the asker has it already, in either form
	ETag   string // of this form
}

// FormOf reads off Accept-Encoding and If-None-Match which form of an answer an asker
// gets; tag stands for what the answer says.
func FormOf(acceptEncoding, ifNoneMatch, tag string) Form {
	plain, packed := `"`+tag+`"`, `"`+tag+`-gz"`
	f := Form{Packed: Accepts(acceptEncoding, "gzip"), ETag: plain}
	if f.Packed {
		f.ETag = packed
	}
	for part := range strings.SplitSeq(ifNoneMatch, ",") { // compared weakly (RFC 9110, 13.1.2)
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		f.Known = f.Known || part == "*" || part == plain || part == packed
	}
	return f
}

// Accepts reports whether an Accept-Encoding header (RFC 9110, 12.5.3) names a coding; one
// with weight zero is refused.
func Accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		if q, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q="); ok {
			weight, err := strconv.ParseFloat(q, 64)
			return err == nil && weight > 0
		}
		return true
	}
	return false
}
