package standard

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Zones answers for named sets of regions.
type Zones interface {
	Zones(ctx context.Context) ([]Zone, error)
}

// Zone is a named set of regions; what lies below them belongs to it too.
type Zone struct {
	Code   string   `json:"code"`
	NameZh string   `json:"nameZh"`
	NameEn string   `json:"nameEn"`
	Codes  []string `json:"regions" nullable:"false" doc:"Region codes"`
}

// Staff answers for people.
type Staff interface {
	// Independent reports whether two accounts belong to two people, as far as is known.
	Independent(ctx context.Context, q store.Queryer, a, b string) (bool, error)
}

// Deps are what standards stand on.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Live   *live.Hub
	Zone   *time.Location
	Home   string // path of the region that this node serves
	Ledger *fact.Ledger
	Book   *indicator.Book
	Zones  Zones
	Staff  Staff

	Read  auth.Permission // see standards, and comment on them
	Write auth.Permission // draft, gather comments, submit, publish
	Agree auth.Permission // approve what others wrote
}

// Desk is where standards are kept.
type Desk struct {
	Deps
	refs   atomic.Pointer[map[string][]fact.User] // standards by the codes of indicators that their versions refer to
	public public
}

// Open makes a desk.
func Open(ctx context.Context, d Deps) (*Desk, error) {
	s := &Desk{Deps: d}
	return s, s.readRefs(ctx)
}

// readRefs notes which indicators may not be retired: those of versions that bind, may yet bind
// or did.
func (d *Desk) readRefs(ctx context.Context) error {
	all, err := readAll(ctx, d.DB)
	if err != nil {
		return err
	}
	refs := map[string][]fact.User{}
	for _, s := range all {
		for _, v := range s.Versions {
			for _, code := range v.Content.codesOf() {
				if user := (fact.User{Kind: "standard", ID: s.ID, NameZh: s.NameZh, NameEn: s.NameEn}); v.State != Withdrawn && !slices.Contains(refs[code], user) {
					refs[code] = append(refs[code], user)
				}
			}
		}
	}
	d.refs.Store(&refs)
	return nil
}

// UsersOf are the standards that refer to an indicator.
func (d *Desk) UsersOf(indicator string) []fact.User { return (*d.refs.Load())[indicator] }

func (d *Desk) today() string { return d.Clock.Now().In(d.Zone).Format(time.DateOnly) }

// bound reports whether a standard of a region binds any region of a scope: it lies within it, or
// above.
func bound(scope auth.Scope, path string) bool {
	return scope.Allows(path) || slices.ContainsFunc(scope.Paths(), func(own string) bool { return strings.HasPrefix(own, path) })
}

// see reads a standard that binds the asker's regions.
func (d *Desk) see(ctx context.Context, q store.Queryer, id string) (*Standard, error) {
	s, err := readStandard(ctx, q, id)
	if err == nil && !bound(auth.ScopeOf(ctx, d.Read), s.RegionPath) {
		return nil, notFound()
	}
	return s, err
}

// seeVersion reads one version of it too.
func (d *Desk) seeVersion(ctx context.Context, q store.Queryer, id string, number int) (*Standard, *Version, error) {
	s, err := d.see(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	v := s.version(number)
	if v == nil {
		return nil, nil, notFound()
	}
	return s, v, nil
}

func record(ctx context.Context, tx *store.Tx, verb string, s *Standard, detail any) error {
	return audit.Write(ctx, tx, audit.Entry{Action: "measure.standard." + verb, Object: "measure-standard:" + s.ID, RegionPath: s.RegionPath, Detail: detail})
}

// change alters a version of a standard that the asker sees and holds perm for, as it was read
// at a revision.
func (d *Desk) change(ctx context.Context, id string, number int, revision int64, perm auth.Permission, verb string, do func(tx *store.Tx, s *Standard, v *Version) (any, error)) (s *Standard, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		var v *Version
		if s, v, err = d.seeVersion(ctx, tx, id, number); err != nil {
			return err
		}
		if err := auth.Check(ctx, perm, s.RegionPath); err != nil {
			return err
		}
		if s.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		detail, err := do(tx, s, v)
		if err != nil {
			return err
		}
		if err := updateStandard(ctx, tx, s, v); err != nil {
			return err
		}
		return record(ctx, tx, verb, s, detail)
	})
	if err != nil {
		return nil, err
	}
	return s, d.told(ctx, s)
}

// told lets those who look at a standard know that it changed.
func (d *Desk) told(ctx context.Context, s *Standard) error {
	if d.Live != nil {
		d.Live.Tell("standard.changed", d.Read, s.RegionPath, map[string]any{"id": s.ID})
	}
	return d.readRefs(ctx)
}

// Facts name a standard.
type Facts struct {
	Code   string `json:"code" pattern:"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$" doc:"What it is cited by; once in a region"`
	Kind   Kind   `json:"kind" enum:"service,outlet,screen,hotel,station,other"`
	NameZh string `json:"nameZh" minLength:"1" maxLength:"120" text:"name"`
	NameEn string `json:"nameEn" minLength:"1" maxLength:"200" text:"name"`
}

// NewStandard begins one for a region.
type NewStandard struct {
	Facts
	RegionCode string `json:"regionCode" pattern:"^[0-9]{12}$" doc:"Whom it binds: this region and all below"`
	CopyOf     string `json:"copyOf,omitempty" maxLength:"40" doc:"id:number of a version to begin from"`
}

// Create begins a standard with its first draft.
func (d *Desk) Create(ctx context.Context, in NewStandard) (*Standard, error) {
	r, err := d.Ledger.Tree().Region(in.RegionCode)
	if err != nil {
		return nil, fault.Of(err).At("regionCode")
	}
	if err := auth.Check(ctx, d.Write, r.Path); err != nil {
		return nil, err
	}
	content := Content{Items: []Item{}}
	if in.CopyOf != "" {
		_, v, err := d.named(ctx, in.CopyOf)
		if err != nil {
			return nil, fault.Of(err).At("copyOf")
		}
		content = v.Content.anew()
	}
	s := &Standard{Code: strings.TrimSpace(in.Code), Kind: in.Kind, NameZh: in.NameZh, NameEn: in.NameEn, RegionCode: r.Code, RegionPath: r.Path, CreatedBy: auth.Who(ctx).Person(), Revision: 1}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		s.ID, s.CreatedAt = store.NewID(tx.Now), tx.Now
		if _, err := s.begin(content, 0, auth.Who(ctx).Person(), tx.Now); err != nil {
			return err
		}
		if err := insertStandard(ctx, tx, s); err != nil {
			return err
		}
		return record(ctx, tx, "create", s, in)
	})
	if err != nil {
		return nil, err
	}
	return s, d.told(ctx, s)
}

// anew is what a version says, without its dates and its pilot.
func (c Content) anew() Content {
	c.From, c.Until, c.Pilot, c.NoteZh, c.NoteEn = "", "", nil, "", ""
	return c
}

// named finds a version by "id:number".
func (d *Desk) named(ctx context.Context, ref string) (*Standard, *Version, error) {
	id, number, ok := cutRef(ref)
	if !ok {
		return nil, nil, notFound()
	}
	return d.seeVersion(ctx, d.DB, id, number)
}

// Rename says what a standard is called and what it is for, until somebody is asked to approve it.
// Its code stays.
func (d *Desk) Rename(ctx context.Context, id string, revision int64, f Facts) (s *Standard, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if s, err = d.see(ctx, tx, id); err != nil {
			return err
		}
		if err := auth.Check(ctx, d.Write, s.RegionPath); err != nil {
			return err
		}
		if s.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		if f.Code != s.Code {
			return fault.Bad("code", "measure.standard.code")
		}
		if slices.ContainsFunc(s.Versions, func(v *Version) bool { return v.State != Draft && v.State != Rejected && v.State != Withdrawn }) {
			return fault.New(fault.Conflict, "measure.standard.named")
		}
		s.Kind, s.NameZh, s.NameEn = f.Kind, f.NameZh, f.NameEn
		if err := updateStandard(ctx, tx, s, nil); err != nil {
			return err
		}
		return record(ctx, tx, "rename", s, f)
	})
	if err != nil {
		return nil, err
	}
	return s, d.told(ctx, s)
}

// Begin opens a version of a standard that says what a former one says.
func (d *Desk) Begin(ctx context.Context, id string, revision int64, from int) (s *Standard, err error) {
	return d.change(ctx, id, from, revision, d.Write, "begin", func(tx *store.Tx, s *Standard, was *Version) (any, error) {
		v, err := s.begin(was.Content.anew(), from, auth.Who(ctx).Person(), tx.Now)
		if err != nil {
			return nil, err
		}
		return map[string]any{"version": v.Number, "from": from}, putVersion(ctx, tx, s.ID, v)
	})
}

// Edit writes what a draft says.
func (d *Desk) Edit(ctx context.Context, id string, number int, revision int64, c Content) (*Standard, error) {
	c.tidy()
	zones, err := d.Zones.Zones(ctx)
	if err != nil {
		return nil, err
	}
	return d.change(ctx, id, number, revision, d.Write, "edit", func(_ *store.Tx, s *Standard, v *Version) (any, error) {
		if err := c.check(d.knownTo(s, zones)); err != nil {
			return nil, err
		}
		return map[string]any{"version": v.Number, "items": len(c.Items)}, v.edit(c, auth.Who(ctx).Person())
	})
}

// knownTo is what the content of a standard may refer to.
func (d *Desk) knownTo(s *Standard, zones []Zone) known {
	tree := d.Ledger.Tree()
	return known{
		indicator: func(code string) bool { _, err := d.Book.Definition(code); return err == nil },
		single: func(code string) bool {
			def, err := d.Book.Definition(code)
			return err == nil && def.Aggregate == indicator.Formula
		},
		zone: func(code string) bool { return slices.ContainsFunc(zones, func(z Zone) bool { return z.Code == code }) },
		region: func(code string) bool {
			r, err := tree.Region(code)
			return err == nil && strings.HasPrefix(r.Path, s.RegionPath)
		},
	}
}

// Hear asks for comments on a draft.
func (d *Desk) Hear(ctx context.Context, id string, number int, revision int64, h Hearing) (*Standard, error) {
	return d.change(ctx, id, number, revision, d.Write, "hear", func(_ *store.Tx, _ *Standard, v *Version) (any, error) {
		h.OpenBy = auth.Who(ctx).Person()
		if err := v.Content.ready(); err != nil {
			return nil, err
		}
		if err := v.Content.ahead(d.today(), false); err != nil {
			return nil, err
		}
		return map[string]any{"version": number, "closes": h.Closes, "parties": h.Parties}, v.hear(h, d.today())
	})
}

// Close ends the time for comments.
func (d *Desk) Close(ctx context.Context, id string, number int, revision int64) (*Standard, error) {
	return d.change(ctx, id, number, revision, d.Write, "close", func(_ *store.Tx, _ *Standard, v *Version) (any, error) {
		return map[string]any{"version": number}, v.close(d.today())
	})
}

// Submit asks for approval of a draft, or of a pilot that is to bind all from a day on. The
// impact on all whom it would bind is reckoned and kept with it: beforehand, since others could not
// write meanwhile, and anew if facts under it change in between.
func (d *Desk) Submit(ctx context.Context, id string, number int, revision int64, from string) (*Standard, error) {
	overtaken := fault.New(fault.Stale, "stale")
	for try := 1; ; try++ {
		s, v, err := d.seeVersion(ctx, d.DB, id, number)
		if err != nil {
			return nil, err
		}
		if err := auth.Check(ctx, d.Write, s.RegionPath); err != nil {
			return nil, err
		}
		if s.Revision != revision {
			return nil, overtaken
		}
		book := d.Book.Edition()
		impact, err := d.foresee(ctx, s, v)
		if err != nil {
			return nil, err
		}
		s, err = d.submit(ctx, id, number, revision, from, impact, func(tx *store.Tx) error {
			changed, err := fact.ChangedSince(ctx, tx, impact.Facts)
			if err == nil && (d.Book.Edition() != book || changed[indicator.Population] || slices.ContainsFunc(v.Content.codesOf(), func(code string) bool {
				return slices.ContainsFunc(d.Book.Elements(code), func(e string) bool { return changed[e] })
			})) {
				return overtaken
			}
			return err
		})
		if err != error(overtaken) || try == 3 {
			return s, err
		}
	}
}

// submit asks for approval with an impact, unless it is overtaken.
func (d *Desk) submit(ctx context.Context, id string, number int, revision int64, from string, impact *Impact, overtaken func(tx *store.Tx) error) (*Standard, error) {
	body, err := json.Marshal(impact)
	if err != nil {
		return nil, err
	}
	return d.change(ctx, id, number, revision, d.Write, "submit", func(tx *store.Tx, s *Standard, v *Version) (any, error) {
		if from != "" {
			if !isDay(from) {
				return nil, fault.Bad("from", "measure.standard.day", fault.Args{"text": from})
			}
			v.Content.From = from
		}
		if err := v.Content.ready(); err != nil {
			return nil, err
		}
		if err := v.Content.dated(); err != nil {
			return nil, err
		}
		if err := v.Content.ahead(d.today(), v.PilotedAt != nil); err != nil {
			return nil, err
		}
		waiting, err := unanswered(ctx, tx, id, number)
		if err != nil {
			return nil, err
		}
		if waiting > 0 {
			return nil, fault.New(fault.Conflict, "measure.standard.unanswered", fault.Args{"count": waiting})
		}
		if err := overtaken(tx); err != nil {
			return nil, err
		}
		e := Evidence{At: impact.At, Facts: impact.Facts, SM3: blob.Digest(body)}
		if err := s.submit(v, e, auth.Who(ctx).Person(), tx.Now); err != nil {
			return nil, err
		}
		return map[string]any{"version": number, "digest": v.Digest, "impact": e.SM3}, putImpact(ctx, tx, id, number, e.SM3, body)
	})
}

// Approve is a second person's word for exactly what has a digest.
func (d *Desk) Approve(ctx context.Context, id string, number int, revision int64, digest string) (*Standard, error) {
	return d.change(ctx, id, number, revision, d.Agree, "approve", func(tx *store.Tx, _ *Standard, v *Version) (any, error) {
		if err := v.approve(digest, auth.Who(ctx).Person(), tx.Now); err != nil {
			return nil, err
		}
		for _, maker := range v.makers() {
			apart, err := d.Staff.Independent(ctx, tx, auth.Who(ctx).Person().ID, maker.ID)
			if err != nil {
				return nil, err
			}
			if !apart {
				return nil, fault.New(fault.Forbidden, "measure.standard.not_independent", fault.Args{"name": maker.Name})
			}
		}
		return map[string]any{"version": number, "digest": digest}, nil
	})
}

// Reject sends what was submitted back.
func (d *Desk) Reject(ctx context.Context, id string, number int, revision int64, reason string) (*Standard, error) {
	return d.change(ctx, id, number, revision, d.Agree, "reject", func(tx *store.Tx, _ *Standard, v *Version) (any, error) {
		return map[string]any{"version": number, "reason": reason}, v.reject(Act{auth.Who(ctx).Person(), tx.Now, reason})
	})
}

// Publish puts what was approved in force from its day on, or to its pilot.
func (d *Desk) Publish(ctx context.Context, id string, number int, revision int64) (*Standard, error) {
	return d.change(ctx, id, number, revision, d.Write, "publish", func(tx *store.Tx, s *Standard, v *Version) (any, error) {
		err := s.publish(v, auth.Who(ctx).Person(), tx.Now, d.today())
		return map[string]any{"version": number, "state": v.State, "from": v.Content.From, "digest": v.Digest}, err
	})
}

// Withdraw gives up a version that does not bind all.
func (d *Desk) Withdraw(ctx context.Context, id string, number int, revision int64, reason string) (*Standard, error) {
	return d.change(ctx, id, number, revision, d.Write, "withdraw", func(tx *store.Tx, _ *Standard, v *Version) (any, error) {
		return map[string]any{"version": number, "reason": reason}, v.withdraw(Act{auth.Who(ctx).Person(), tx.Now, reason})
	})
}

// Repeal ends a version that was published, on a day.
func (d *Desk) Repeal(ctx context.Context, id string, number int, revision int64, on, reason string) (*Standard, error) {
	return d.change(ctx, id, number, revision, d.Agree, "repeal", func(tx *store.Tx, s *Standard, v *Version) (any, error) {
		if !isDay(on) || on < d.today() {
			return nil, fault.Bad("on", "measure.standard.repeal_day")
		}
		return map[string]any{"version": number, "on": on, "reason": reason}, s.repeal(v, on, Act{auth.Who(ctx).Person(), tx.Now, reason})
	})
}
