package party

import (
	"context"
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Term is an entry of a list that is data: a kind of licence, a qualification, a course, a field, a
// purpose of consent. Its code begins with the list it stands in: licence.programme_production.
type Term struct {
	Code    string `json:"code" maxLength:"60" pattern:"^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$"`
	NameZH  string `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEN  string `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	Basis   string `json:"basis,omitempty" maxLength:"200" text:"bared" doc:"The rule it comes from"`
	Warn    []int  `json:"warn,omitempty" maxItems:"6" doc:"Of a licence: how many days before its end to warn; empty: 90, 30 and 7"`
	Public  bool   `json:"public,omitempty" doc:"Of a licence: its holders stand in the public register"`
	Single  bool   `json:"single,omitempty" doc:"Of a licence: a holder has one at a time, so that a later one takes the place of an earlier under another number"`
	Retired bool   `json:"retired,omitempty" doc:"Kept for what names it, offered no more"`

	Revision int64 `json:"revision" readOnly:"true"`
}

// The lists.
const (
	listLicence       = "licence"
	listQualification = "qualification"
	listCourse        = "course"
	listField         = "field"
	listPurpose       = "purpose"
)

var lists = []string{listLicence, listQualification, listCourse, listField, listPurpose}

// of is the list that a term stands in.
func (t *Term) of() string { list, _, _ := strings.Cut(t.Code, "."); return list }

// warnDays are the steps before its end at which a licence's end is told of, the furthest first.
func (t *Term) warnDays() []int {
	if t == nil || len(t.Warn) == 0 {
		return []int{90, 30, 7}
	}
	days := slices.Clone(t.Warn)
	slices.SortFunc(days, func(a, b int) int { return b - a })
	return days
}

//go:embed terms.json
var builtinTerms []byte

// seedTerms keeps the terms that come with the program and are not there yet; what somebody changed
// or retired stays so.
func (m *Module) seedTerms(ctx context.Context) error {
	var terms []Term
	if err := json.Unmarshal(builtinTerms, &terms); err != nil {
		return err
	}
	return m.db.Housekeep(ctx, func(tx *store.Tx) error {
		known, err := store.Defined(ctx, tx, "party_term")
		if err != nil {
			return err
		}
		for _, t := range terms {
			if t.Revision = 1; known[t.Code] {
				continue
			}
			if err := store.Define(ctx, tx, "party_term", t.Code, t, nil, t.Revision); err != nil {
				return err
			}
		}
		return nil
	})
}

// Terms are all terms, in the order of their codes.
func (m *Module) Terms(ctx context.Context) ([]Term, error) { return readTerms(ctx, m.db) }

var termCode = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$`)

// PutTerm adds a term to a list or changes it; revision 0 begins one. The lists are one for the whole
// city, so that a grant in a part of it is not enough.
func (m *Module) PutTerm(ctx context.Context, t Term, revision int64) (Term, error) {
	if err := auth.Check(ctx, PermWrite, m.home); err != nil {
		return t, err
	}
	if !termCode.MatchString(t.Code) || !slices.Contains(lists, t.of()) {
		return t, fault.Bad("code", "party.term.code", fault.Args{"lists": strings.Join(lists, ", ")})
	}
	for _, d := range t.Warn {
		if d < 1 || d > 3650 {
			return t, fault.Bad("warn", "party.term.warn")
		}
	}
	t.Revision = revision + 1
	err := m.db.Update(ctx, func(tx *store.Tx) error {
		if err := store.Define(ctx, tx, "party_term", t.Code, t, nil, t.Revision); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "party.term.put", Object: "party-term:" + t.Code, RegionPath: m.home, Detail: t})
	})
	return t, err
}

// singles are the kinds of licences of which a holder has one at a time.
func singles(terms []Term) (kinds []string) {
	for _, t := range terms {
		if t.of() == listLicence && t.Single {
			kinds = append(kinds, strings.TrimPrefix(t.Code, listLicence+"."))
		}
	}
	return kinds
}

// term finds one of a list; a fault at a place where there is none.
func term(ctx context.Context, q store.Queryer, list, code, place string) (*Term, *fault.Error, error) {
	t, err := readTerm(ctx, q, list+"."+code)
	if err != nil {
		return nil, nil, err
	}
	if t == nil {
		return nil, fault.Bad(place, "party.term.unknown", fault.Args{"code": code}), nil
	}
	return t, nil, nil
}
