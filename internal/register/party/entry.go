package party

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Class is what a dated entry of a person states.
type Class string

// Classes. Each has a first day and, if it is over or will be, a last one.
const (
	Membership    Class = "membership"    // of an organisation, with a position
	Qualification Class = "qualification" // proved by a certificate
	Training      Class = "training"      // taken, with a result
	Conflict      Class = "conflict"      // of interest, with another party
	Absence       Class = "absence"       // days on which the person cannot be asked
	Consent       Class = "consent"       // to a purpose, by the person or a guardian
)

// Statement is what is stated of a person; which parts matter follows from the class.
type Statement struct {
	Class    Class   `json:"class" enum:"membership,qualification,training,conflict,absence,consent"`
	Term     string  `json:"term,omitempty" maxLength:"60" doc:"Which qualification, course or purpose; of a conflict employment, share, kinship or other"`
	Other    string  `json:"other,omitempty" maxLength:"26" doc:"Id of the organisation of a membership, of the other side of a conflict"`
	From     string  `json:"from" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"First day; of training, the day it ended; of consent, when it was given"`
	Until    string  `json:"until,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Last day; of training, until when it counts; of consent, when it was withdrawn"`
	Position string  `json:"position,omitempty" maxLength:"60" text:"bared"`
	Level    string  `json:"level,omitempty" maxLength:"60" text:"bared"`
	Number   string  `json:"number,omitempty" maxLength:"60" text:"bared" doc:"Of a certificate"`
	Issuer   string  `json:"issuer,omitempty" maxLength:"120" text:"bared"`
	Hours    float64 `json:"hours,omitempty" minimum:"0" maximum:"2000"`
	Result   string  `json:"result,omitempty" enum:",passed,failed,attended"`
	By       string  `json:"by,omitempty" enum:",self,guardian" doc:"Of consent: who gave it"`
	Private          // sealed
}

// Private is what of a statement is sealed and masked.
type Private struct {
	Note     string `json:"note,omitempty" maxLength:"500"`
	Guardian string `json:"guardian,omitempty" maxLength:"60" text:"bared" doc:"Of a guardian's consent: who"`
	Relation string `json:"relation,omitempty" maxLength:"30" text:"bared" doc:"What the guardian is to the child"`
	Evidence string `json:"evidence,omitempty" maxLength:"200" text:"bared" doc:"Of consent: how it is proved, such as the number of a signed form"`
}

func (p Private) masked() Private {
	return Private{Note: maskText(p.Note, 0), Guardian: maskText(p.Guardian, 1), Relation: p.Relation, Evidence: maskText(p.Evidence, 2)}
}

// Entry is a statement as it stands in the register.
type Entry struct {
	ID    string `json:"id"`
	Party string `json:"party"`
	Statement
	EnteredBy auth.Person `json:"enteredBy"`
	EnteredAt time.Time   `json:"enteredAt"`
	Revision  int64       `json:"revision"`

	sealed string
}

// ConflictKinds are why somebody may not judge a party.
var ConflictKinds = []string{"employment", "share", "kinship", "other"}

// lists of the classes whose term is data.
var termLists = map[Class]string{Qualification: listQualification, Training: listCourse, Consent: listPurpose}

// check finds what is wrong with a statement by itself, and drops what has no place in its class.
func (s *Statement) check(today string) (bad fault.List) {
	need := func(place, text string) {
		if strings.TrimSpace(text) == "" {
			bad.Add(fault.Bad(place, "party.entry.needed"))
		}
	}
	keep := Statement{Class: s.Class, From: s.From, Until: s.Until, Private: Private{Note: s.Note}}
	switch s.Class {
	case Membership:
		need("other", s.Other)
		keep.Other, keep.Position = s.Other, s.Position
	case Qualification:
		need("term", s.Term)
		keep.Term, keep.Level, keep.Number, keep.Issuer = s.Term, s.Level, s.Number, s.Issuer
	case Training:
		need("term", s.Term)
		need("result", s.Result)
		keep.Term, keep.Hours, keep.Result, keep.Issuer = s.Term, s.Hours, s.Result, s.Issuer
		if s.From > today {
			bad.Add(fault.Bad("from", "party.entry.future"))
		}
	case Conflict:
		need("other", s.Other)
		if !contains(ConflictKinds, s.Term) {
			bad.Add(fault.Bad("term", "party.conflict.kind", fault.Args{"kinds": strings.Join(ConflictKinds, ", ")}))
		}
		keep.Term, keep.Other = s.Term, s.Other
	case Absence:
		need("until", s.Until)
	case Consent:
		need("term", s.Term)
		need("by", s.By)
		need("evidence", s.Evidence)
		keep.Term, keep.By, keep.Evidence = s.Term, s.By, s.Evidence
		if s.By == "guardian" {
			need("guardian", s.Guardian)
			need("relation", s.Relation)
			keep.Guardian, keep.Relation = s.Guardian, s.Relation
		}
		if s.From > today || s.Until > today {
			bad.Add(fault.Bad("from", "party.entry.future"))
		}
	default:
		bad.Add(fault.Bad("class", "party.entry.class"))
	}
	if !isDay(s.From) || s.Until != "" && !isDay(s.Until) {
		bad.Add(fault.Bad("from", "party.day"))
	} else if s.Until != "" && s.Until < s.From {
		bad.Add(fault.Bad("until", "party.entry.order"))
	}
	if i18n.Deceives(s.Note, "\n") {
		bad.Add(fault.Bad("note", "validate.hidden"))
	}
	*s = keep
	return bad
}

func contains(list []string, text string) bool {
	for _, t := range list {
		if t == text {
			return true
		}
	}
	return false
}

// settleEntry checks a statement against what else stands in the register.
func (m *Module) settleEntry(ctx context.Context, q store.Queryer, p *Party, s *Statement) error {
	bad := s.check(m.today())
	if p.Kind != Person {
		bad.Add(fault.Bad("class", "party.entry.person"))
	}
	if list := termLists[s.Class]; list != "" && s.Term != "" {
		_, f, err := term(ctx, q, list, s.Term, "term")
		if err != nil {
			return err
		}
		bad.Add(f)
	}
	if s.Other != "" {
		other, err := resolve(ctx, q, s.Other)
		switch {
		case fault.IsKind(err, fault.NotFound):
			bad.Add(fault.Bad("other", "party.other"))
		case err != nil:
			return err
		case s.Class == Membership && other.Kind != Organisation:
			bad.Add(fault.Bad("other", "party.membership.organisation"))
		case other.ID == p.ID:
			bad.Add(fault.Bad("other", "party.other.self"))
		default:
			s.Other = other.ID
		}
	}
	return bad.OrNil()
}

// maxEntries is how many entries a person has at most.
const maxEntries = 500

// AddEntry states something of a person.
func (m *Module) AddEntry(ctx context.Context, id string, s Statement) (*Entry, error) {
	var e *Entry
	_, err := m.amend(ctx, PermWrite, id, anyRevision, "party.entry.add", func(tx *store.Tx, p *Party) (any, error) {
		if err := m.settleEntry(ctx, tx, p, &s); err != nil {
			return nil, err
		}
		if n, err := countEntries(ctx, tx, p.ID); err != nil || n >= maxEntries {
			return nil, orElse(err, fault.New(fault.TooLarge, "party.entry.many", fault.Args{"limit": maxEntries}))
		}
		var err error
		e, err = m.enterEntry(ctx, tx, p, s)
		return entryDetail(e), err
	})
	return e, err
}

func orElse(err error, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (m *Module) enterEntry(ctx context.Context, tx *store.Tx, p *Party, s Statement) (e *Entry, err error) {
	e = &Entry{ID: store.NewID(tx.Now), Party: p.ID, Statement: s, EnteredBy: auth.Who(ctx).Person(), EnteredAt: tx.Now, Revision: 1}
	if e.sealed, err = m.sealEntry(e); err != nil {
		return nil, err
	}
	return e, insertEntry(ctx, tx, e)
}

func (m *Module) sealEntry(e *Entry) (string, error) {
	if e.Private == (Private{}) {
		return "", nil
	}
	return m.vault.seal(e.Private, ofEntry(e.ID))
}

// entryDetail is what the record says of an entry: nothing that is sealed.
func entryDetail(e *Entry) map[string]any {
	if e == nil {
		return nil
	}
	return map[string]any{"class": e.Class, "term": e.Term, "other": e.Other, "from": e.From, "until": e.Until, "entry": e.ID}
}

// ChangeEntry corrects what was stated. What is sealed and comes back masked, or not at all, stays as
// it was: who may not read it must not have to write it anew.
func (m *Module) ChangeEntry(ctx context.Context, id, entry string, revision int64, s Statement) (*Entry, error) {
	var e *Entry
	_, err := m.amend(ctx, PermWrite, id, anyRevision, "party.entry.change", func(tx *store.Tx, p *Party) (any, error) {
		var err error
		if e, err = m.entryOf(ctx, tx, p, entry, revision); err != nil {
			return nil, err
		}
		var was Private
		if err := m.vault.open(e.sealed, ofEntry(e.ID), &was); err != nil {
			return nil, err
		}
		s.Class = e.Class
		s.Private = s.Private.or(was)
		if s.Number == maskNumber(e.Number, 2, 2) {
			s.Number = e.Number
		}
		if err := m.settleEntry(ctx, tx, p, &s); err != nil {
			return nil, err
		}
		e.Statement = s
		if err := m.keepEntry(ctx, tx, e); err != nil {
			return nil, err
		}
		return entryDetail(e), m.afterConsent(ctx, tx, p, e)
	})
	return e, err
}

// or fills in what is empty, or masked, with what was.
func (p Private) or(was Private) Private {
	hidden := was.masked()
	pick := func(a, mask, b string) string {
		if a == "" || a == mask {
			return b
		}
		return a
	}
	return Private{pick(p.Note, hidden.Note, was.Note), pick(p.Guardian, hidden.Guardian, was.Guardian), pick(p.Relation, hidden.Relation, was.Relation), pick(p.Evidence, hidden.Evidence, was.Evidence)}
}

func (m *Module) keepEntry(ctx context.Context, tx *store.Tx, e *Entry) (err error) {
	if e.sealed, err = m.sealEntry(e); err != nil {
		return err
	}
	return updateEntry(ctx, tx, e)
}

// EndEntry says that what was stated ends on a day: a membership, a conflict; a consent is withdrawn.
func (m *Module) EndEntry(ctx context.Context, id, entry string, revision int64, day string) (*Entry, error) {
	var e *Entry
	_, err := m.amend(ctx, PermWrite, id, anyRevision, "party.entry.end", func(tx *store.Tx, p *Party) (any, error) {
		var err error
		if e, err = m.entryOf(ctx, tx, p, entry, revision); err != nil {
			return nil, err
		}
		if !isDay(day) || day < e.From || e.Class == Consent && day > m.today() {
			return nil, fault.Bad("day", "party.entry.order")
		}
		e.Until = day
		if err := updateEntry(ctx, tx, e); err != nil {
			return nil, err
		}
		return entryDetail(e), m.afterConsent(ctx, tx, p, e)
	})
	return e, err
}

// RemoveEntry takes back what was entered in error.
func (m *Module) RemoveEntry(ctx context.Context, id, entry string, revision int64) error {
	_, err := m.amend(ctx, PermWrite, id, anyRevision, "party.entry.remove", func(tx *store.Tx, p *Party) (any, error) {
		e, err := m.entryOf(ctx, tx, p, entry, revision)
		if err != nil {
			return nil, err
		}
		if e.Class == Consent { // what was agreed to is ended, never unsaid
			return nil, fault.New(fault.Conflict, "party.consent.remove")
		}
		return entryDetail(e), deleteEntry(ctx, tx, e.ID)
	})
	return err
}

func (m *Module) entryOf(ctx context.Context, q store.Queryer, p *Party, id string, revision int64) (*Entry, error) {
	e, err := readEntry(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if e == nil || e.Party != p.ID {
		return nil, fault.New(fault.NotFound, "party.entry.not_found")
	}
	if e.Revision != revision {
		return nil, fault.New(fault.Stale, "stale")
	}
	return e, nil
}

// record writes what was done to a party, and tells others of it.
func (m *Module) record(ctx context.Context, tx *store.Tx, action string, p *Party, detail any) error {
	if err := audit.Write(ctx, tx, audit.Entry{Action: action, Object: "party:" + p.ID, RegionPath: p.RegionPath, Detail: detail}); err != nil {
		return fmt.Errorf("party: record of %s: %w", action, err)
	}
	return nil
}
