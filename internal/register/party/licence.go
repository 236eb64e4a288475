package party

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// LicenceState is what was decided of a licence.
type LicenceState string

// States. That a licence is over, or does not run yet, follows from its days.
const (
	Valid     LicenceState = "valid"
	Suspended LicenceState = "suspended"
	Revoked   LicenceState = "revoked"
	Cancelled LicenceState = "cancelled" // given back, or struck off
)

// How a licence stands on a day: as decided, or these.
const (
	standsExpired = "expired"
	standsFuture  = "future"
)

// LicenceFacts is what people say of a licence.
type LicenceFacts struct {
	Kind      string `json:"kind" minLength:"1" maxLength:"60" doc:"Of the list of kinds"`
	Number    string `json:"number" minLength:"1" maxLength:"80" text:"name"`
	ScopeZH   string `json:"scopeZh,omitempty" maxLength:"500" text:"bared" doc:"What it allows"`
	ScopeEN   string `json:"scopeEn,omitempty" maxLength:"500" text:"bared"`
	IssuedOn  string `json:"issuedOn,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"`
	ValidFrom string `json:"validFrom" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`
	ValidTo   string `json:"validTo,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Last day; empty: without end"`
	Issuer    string `json:"issuer,omitempty" maxLength:"120" text:"bared"`
	Document  string `json:"document,omitempty" pattern:"^([0-9a-f]{64})?$" doc:"SM3 of a document of its party"`
}

// Licence is a permission that a party holds.
type Licence struct {
	ID    string `json:"id"`
	Party string `json:"party"`
	LicenceFacts
	State     LicenceState `json:"state" enum:"valid,suspended,revoked,cancelled"`
	Reason    string       `json:"reason,omitempty" doc:"Why it does not run"`
	Stands    string       `json:"stands" enum:"valid,suspended,revoked,cancelled,expired,future" doc:"How it stands today"`
	DaysLeft  *int         `json:"daysLeft,omitempty" doc:"Of one that runs and ends: days until after its last"`
	Warned    int          `json:"warned" doc:"The last step of days before its end that was told of; 0 once its end was; -1: none"`
	Sample    bool         `json:"sample"`
	Revision  int64        `json:"revision"`
	UpdatedAt time.Time    `json:"updatedAt"`
}

// notWarned is that nothing was told of a licence's end yet.
const notWarned = -1

func (f *LicenceFacts) check() (bad fault.List) {
	f.Number, f.Kind = strings.TrimSpace(f.Number), strings.TrimSpace(f.Kind)
	if i18n.Blank(f.Number) || i18n.Deceives(f.Number, "") {
		bad.Add(fault.Bad("number", "validate.name"))
	}
	for place, day := range map[string]string{"issuedOn": f.IssuedOn, "validFrom": f.ValidFrom, "validTo": f.ValidTo} {
		if day != "" && !isDay(day) || day == "" && place == "validFrom" {
			bad.Add(fault.Bad(place, "party.day"))
		}
	}
	if f.ValidTo != "" && f.ValidTo < f.ValidFrom {
		bad.Add(fault.Bad("validTo", "party.entry.order"))
	}
	return bad
}

// settle says how a licence stands on a day.
func (l *Licence) settle(today string) {
	l.DaysLeft, l.Stands = nil, string(l.State)
	switch {
	case l.State != Valid:
	case l.ValidFrom > today:
		l.Stands = standsFuture
	case l.ValidTo != "" && l.ValidTo < today:
		l.Stands = standsExpired
	}
	if (l.State == Valid || l.State == Suspended) && l.ValidTo != "" {
		n := daysBetween(today, l.ValidTo)
		l.DaysLeft = &n
	}
}

func daysBetween(from, to string) int {
	a, _ := time.Parse(time.DateOnly, from)
	b, _ := time.Parse(time.DateOnly, to)
	return int(b.Sub(a).Hours() / 24)
}

// settleLicence checks a licence against what else stands in the register.
func settleLicence(ctx context.Context, q store.Queryer, l *Licence) error {
	bad := l.check()
	_, f, err := term(ctx, q, listLicence, l.Kind, "kind")
	if err != nil {
		return err
	}
	bad.Add(f)
	if l.Document != "" {
		if d, err := readDocument(ctx, q, l.Party, l.Document); err != nil {
			return err
		} else if d == nil {
			bad.Add(fault.Bad("document", "party.document.not_found"))
		}
	}
	holder, err := holderOf(ctx, q, l.Kind, l.Number, l.Party)
	if err != nil {
		return err
	}
	if holder != "" { // a number is given once
		bad.Add(fault.New(fault.Conflict, "party.licence.taken", fault.Args{"name": holder}).At("number"))
	}
	return bad.OrNil()
}

// maxLicences is how many licences a party has at most, those of the past among them.
const maxLicences = 200

// AddLicence enters a licence of a party.
func (m *Module) AddLicence(ctx context.Context, id string, f LicenceFacts) (*Licence, error) {
	var l *Licence
	_, err := m.amend(ctx, PermWrite, id, anyRevision, "party.licence.add", func(tx *store.Tx, p *Party) (any, error) {
		l = &Licence{Party: p.ID, LicenceFacts: f, State: Valid}
		err := m.enterLicence(ctx, tx, l)
		return licenceDetail(p, l), err
	})
	return l, err
}

// licenceDetail is what the record says of a licence; of a person's not its number, for records are for
// ever.
func licenceDetail(p *Party, l *Licence) map[string]any {
	detail := map[string]any{"kind": l.Kind, "validTo": l.ValidTo, "state": l.State, "licence": l.ID}
	if p.Kind == Organisation {
		detail["number"] = l.Number
	}
	return detail
}

func (m *Module) enterLicence(ctx context.Context, tx *store.Tx, l *Licence) error {
	if err := settleLicence(ctx, tx, l); err != nil {
		return err
	}
	if n, err := countLicences(ctx, tx, l.Party); err != nil || n >= maxLicences {
		return orElse(err, fault.New(fault.TooLarge, "party.licence.many", fault.Args{"limit": maxLicences}))
	}
	l.ID, l.Warned, l.Revision, l.UpdatedAt = store.NewID(tx.Now), notWarned, 1, tx.Now
	l.settle(m.today())
	return insertLicence(ctx, tx, l)
}

// ChangeLicence corrects a licence, or renews it: another end makes its warnings begin anew.
func (m *Module) ChangeLicence(ctx context.Context, id, licence string, revision int64, f LicenceFacts) (*Licence, error) {
	var l *Licence
	_, err := m.amend(ctx, PermWrite, id, anyRevision, "party.licence.change", func(tx *store.Tx, p *Party) (any, error) {
		var err error
		if l, err = licenceOf(ctx, tx, p.ID, licence); err != nil {
			return nil, err
		}
		if l.Revision != revision {
			return nil, fault.New(fault.Stale, "stale")
		}
		if l.ValidTo != f.ValidTo {
			l.Warned = notWarned
		}
		l.LicenceFacts = f
		return licenceDetail(p, l), m.keepLicence(ctx, tx, l)
	})
	return l, err
}

func (m *Module) keepLicence(ctx context.Context, tx *store.Tx, l *Licence) error {
	if err := settleLicence(ctx, tx, l); err != nil {
		return err
	}
	l.settle(m.today())
	return updateLicence(ctx, tx, l)
}

// DecideLicence suspends, revokes, strikes off or restores a licence, with a reason.
func (m *Module) DecideLicence(ctx context.Context, id, licence string, revision int64, to LicenceState, reason string) (*Licence, error) {
	var l *Licence
	_, err := m.amend(ctx, PermWrite, id, anyRevision, "party.licence.state", func(tx *store.Tx, p *Party) (any, error) {
		var err error
		if l, err = licenceOf(ctx, tx, p.ID, licence); err != nil {
			return nil, err
		}
		if l.Revision != revision {
			return nil, fault.New(fault.Stale, "stale")
		}
		was := l.State
		if err := m.decide(ctx, tx, l, to, reason); err != nil {
			return nil, err
		}
		return decided(p, l, was, reason), nil
	})
	return l, err
}

func decided(p *Party, l *Licence, was LicenceState, reason string) map[string]any {
	detail := licenceDetail(p, l)
	detail["from"], detail["reason"] = was, reason
	return detail
}

func (m *Module) decide(ctx context.Context, tx *store.Tx, l *Licence, to LicenceState, reason string) error {
	reason = strings.TrimSpace(reason)
	switch {
	case l.State == to:
		return fault.New(fault.Conflict, "party.licence.same")
	case l.State == Revoked || l.State == Cancelled: // what is gone is issued anew
		return fault.New(fault.Conflict, "party.licence.gone")
	case i18n.Blank(reason) || i18n.Deceives(reason, "\n"):
		return fault.Bad("reason", "party.reason")
	}
	l.State, l.Reason = to, reason
	if to == Valid {
		l.Reason = ""
	}
	l.settle(m.today())
	return updateLicence(ctx, tx, l)
}

func licenceOf(ctx context.Context, q store.Queryer, party, id string) (*Licence, error) {
	l, err := readLicence(ctx, q, id)
	if err == nil && (l == nil || party != "" && l.Party != party) {
		err = fault.New(fault.NotFound, "party.licence.not_found")
	}
	return l, err
}

// PutLicence enters the licence that a procedure issued, or renews the one of its party with the same
// kind and number, within the transaction of the caller, who decided that it may be. It gives the
// licence's id.
func (m *Module) PutLicence(ctx context.Context, tx *store.Tx, l Licence) (id string, err error) {
	p, err := resolve(ctx, tx, l.Party)
	if err != nil {
		return "", err
	}
	l.Party, l.State = p.ID, cmp.Or(l.State, Valid)
	was, err := sameLicence(ctx, tx, l.Party, l.Kind, l.Number)
	switch {
	case err != nil:
	case was == nil:
		err = m.enterLicence(ctx, tx, &l)
	default:
		if was.ValidTo != l.ValidTo {
			was.Warned = notWarned
		}
		was.LicenceFacts, was.State, was.Reason = l.LicenceFacts, l.State, l.Reason
		err, l.ID = m.keepLicence(ctx, tx, was), was.ID
	}
	if err != nil {
		return "", err
	}
	return l.ID, m.touched(ctx, tx, p, "party.licence.put", licenceDetail(p, &l))
}

// SetLicenceState decides of a licence within the transaction of the caller, who decided that it may be.
func (m *Module) SetLicenceState(ctx context.Context, tx *store.Tx, id string, to LicenceState, reason string) error {
	l, err := licenceOf(ctx, tx, "", id)
	if err != nil {
		return err
	}
	if !slices.Contains([]LicenceState{Valid, Suspended, Revoked, Cancelled}, to) {
		return fault.Bad("state", "party.licence.state")
	}
	p, err := resolve(ctx, tx, l.Party)
	if err != nil {
		return err
	}
	was := l.State
	if err := m.decide(ctx, tx, l, to, reason); err != nil {
		return err
	}
	return m.touched(ctx, tx, p, "party.licence.state", decided(p, l, was, reason))
}

// touched counts a party's revision up for what changed beside it, and records it.
func (m *Module) touched(ctx context.Context, tx *store.Tx, p *Party, action string, detail any) error {
	if err := updateParty(ctx, tx, p); err != nil {
		return err
	}
	if err := m.record(ctx, tx, action, p, detail); err != nil {
		return err
	}
	return tx.Emit(ctx, changed(p, strings.TrimPrefix(action, "party.")))
}

func changed(p *Party, what string) event.PartyChanged {
	return event.PartyChanged{ID: p.ID, Kind: string(p.Kind), What: what, RegionPath: p.RegionPath, Version: p.Revision}
}
