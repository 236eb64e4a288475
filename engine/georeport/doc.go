// Package georeport reads and writes the documents of Open311 GeoReport v2, by which
// programs of citizens list a city's services, report what needs putting right, and
// follow what becomes of it. The specification is frozen: open311.org, GeoReport v2 and
// Service Discovery.
//
//   - Documents (Services, Definition, Receipts, Tokens, Requests, Discovery, Faults) are
//     written by Encode in XML and JSON from one description of each. Identifiers are
//     text in JSON, as its schemas have it; what is not known is an empty element or null,
//     as its samples have it.
//   - DecodeSubmission reads the arguments of a report, Definition.Check what it answers to
//     the service's own questions.
//   - DecodeQuery reads the arguments of a search. The extensions page, page_size, lat,
//     long and radius, which servers commonly have, are taken too.
//
// The caller keeps the HTTP: it parses the form within its own bounds, looks up keys and
// codes, stores a media file that came along, and turns each Error into a Fault in its
// reader's language. Arguments that are not known are passed over, as the specification
// leaves room for them; an argument that is empty is as one that is not there.
package georeport

import (
	"fmt"
	"strings"
)

// Error is something that a client did wrong, or that it asked for and is not there.
type Error struct {
	Status int            // of HTTP: 400, 403 or 404
	Code   string         // machine code and message key, e.g. "georeport.location.missing"
	Place  string         // the argument it is about, e.g. "attribute[WHISPAWN]"
	Args   map[string]any // values the message names
}

func (e *Error) Error() string {
	s := e.Code
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if len(e.Args) > 0 {
		s += fmt.Sprint(" ", e.Args)
	}
	return s
}

func bad(place, code string, args map[string]any) *Error { return &Error{400, code, place, args} }

// BadKey is the answer to a missing or wrong api_key.
func BadKey() *Error { return &Error{403, "georeport.key.bad", "api_key", nil} }

// NoService is the answer to a service_code that is not there.
func NoService(code string) *Error {
	return &Error{404, "georeport.service.unknown", "service_code", map[string]any{"value": clip(code)}}
}

// NoRequest is the answer to a service_request_id that is not there.
func NoRequest(id string) *Error {
	return &Error{404, "georeport.request.unknown", "service_request_id", map[string]any{"value": clip(id)}}
}

// NoToken is the answer to a token that is not there.
func NoToken(token string) *Error {
	return &Error{404, "georeport.token.unknown", "token", map[string]any{"value": clip(token)}}
}

// Status is the HTTP status of an answer that names all of errs: 403 where the key is
// wrong, 404 where nothing but what is not there stands against it, else 400.
func Status(errs []*Error) int {
	status := 404
	for _, e := range errs {
		switch {
		case e.Status == 403:
			return 403
		case e.Status != 404:
			status = 400
		}
	}
	if len(errs) == 0 {
		return 400
	}
	return status
}

// Jurisdictions are those that an endpoint serves. Where it is one, jurisdiction_id may be
// left out; where there is none, it is not looked at.
type Jurisdictions []string

// Find is the jurisdiction that a request's jurisdiction_id names.
func (j Jurisdictions) Find(id string) (string, *Error) {
	switch {
	case len(j) == 0:
		return "", nil
	case id == "" && len(j) == 1:
		return j[0], nil
	case id == "":
		return "", bad("jurisdiction_id", "georeport.jurisdiction.missing", nil)
	}
	for _, known := range j {
		if known == id {
			return id, nil
		}
	}
	return "", &Error{404, "georeport.jurisdiction.unknown", "jurisdiction_id", map[string]any{"value": clip(id)}}
}

// Format is what a document is written in.
type Format int

// The formats. XML is the one that every endpoint has, and so the one of an answer to
// whoever asked for neither.
const (
	XML Format = iota
	JSON
)

// SplitFormat parts the last segment of a path, "001.json", from its format. Where that is
// not known, ok is false.
func SplitFormat(segment string) (name string, f Format, ok bool) {
	if name, ok = strings.CutSuffix(segment, ".xml"); ok {
		return name, XML, true
	}
	if name, ok = strings.CutSuffix(segment, ".json"); ok {
		return name, JSON, true
	}
	return segment, XML, false
}

// MIME is the format as Discovery names it.
func (f Format) MIME() string {
	if f == JSON {
		return "application/json"
	}
	return "text/xml"
}

// ContentType is the header of an answer in the format.
func (f Format) ContentType() string { return f.MIME() + "; charset=utf-8" }

// clip keeps a hostile value from filling a message.
func clip(s string) string {
	const limit = 60
	runes := 0
	for i := range s {
		if runes++; runes > limit {
			return s[:i] + "…"
		}
	}
	return s
}
