package duty

import (
	"context"
	"crypto/rand"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// PostSetup is what a planner says of a post.
type PostSetup struct {
	Name       string             `json:"name" minLength:"1" maxLength:"60" text:"name"`
	Purpose    Purpose            `json:"purpose" enum:"desk,leader,newsroom"`
	RegionCode string             `json:"regionCode" pattern:"^[0-9]{12}$"`
	Severities []message.Severity `json:"severities,omitempty" maxItems:"5" doc:"Of messages that a newsroom is told of; absent: red and orange"`
	Minutes    int                `json:"minutes,omitempty" minimum:"0" maximum:"1440" doc:"Within which a newsroom should have reported; 0: 30"`
}

const defaultMinutes = 30

// post is a post that the asker may do something with.
func (d *Desk) post(ctx context.Context, q store.Queryer, perm auth.Permission, id string) (*Post, error) {
	p, err := readPost(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if !auth.ScopeOf(ctx, d.Keep).Allows(p.RegionPath) && !auth.ScopeOf(ctx, d.Plan).Allows(p.RegionPath) {
		return nil, errNoPost()
	}
	return p, auth.Check(ctx, perm, p.RegionPath)
}

func errNoPost() error { return fault.New(fault.NotFound, "alert.duty.post_not_found") }

// set takes what a planner says into a post.
func (d *Desk) set(ctx context.Context, p *Post, s PostSetup) error {
	for _, v := range s.Severities {
		if !slices.Contains(message.Severities, v) {
			return fault.Bad("severities", "alert.rule.severity")
		}
	}
	path, err := d.Alerts.RegionPath(ctx, s.RegionCode)
	if err != nil {
		return err
	}
	if err := auth.Check(ctx, d.Plan, path); err != nil {
		return err
	}
	p.Name, p.Purpose, p.RegionPath, p.Severities, p.Minutes = strings.TrimSpace(s.Name), s.Purpose, path, s.Severities, s.Minutes
	if p.Minutes == 0 {
		p.Minutes = defaultMinutes
	}
	return nil
}

// createPost sets up a post.
func (d *Desk) createPost(ctx context.Context, s PostSetup) (*Post, error) {
	p := &Post{Revision: 1}
	if err := d.set(ctx, p, s); err != nil {
		return nil, err
	}
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		p.ID = store.NewID(tx.Now)
		if err := insertPost(ctx, tx, p); err != nil {
			return err
		}
		return d.auditPost(ctx, tx, "create", p, nil)
	})
	if err == nil {
		d.told(p.RegionPath, "post", p.ID)
	}
	return p, err
}

// changePost sets a post up anew. What is open goes on under its new name; what is over keeps the
// name that it had.
func (d *Desk) changePost(ctx context.Context, id string, revision int64, s PostSetup) (*Post, error) {
	return d.alterPost(ctx, id, revision, "change", func(tx *store.Tx, p *Post) (map[string]any, error) {
		was := p.Name
		if err := d.set(ctx, p, s); err != nil {
			return nil, err
		}
		if err := updatePost(ctx, tx, p, false); err != nil {
			return nil, err
		}
		return map[string]any{"was": was}, renameOpen(ctx, tx, p)
	})
}

// retirePost gives up a post that nobody keeps, with what its roster says of times to come.
func (d *Desk) retirePost(ctx context.Context, id string, revision int64) error {
	_, err := d.alterPost(ctx, id, revision, "retire", func(tx *store.Tx, p *Post) (map[string]any, error) {
		open, err := openShift(ctx, tx, p.ID)
		if err != nil {
			return nil, err
		}
		if open != nil {
			return nil, fault.New(fault.Conflict, "alert.duty.retire_kept", fault.Args{"name": open.By.Name})
		}
		turns, err := deleteComing(ctx, tx, p.ID)
		if err != nil {
			return nil, err
		}
		return map[string]any{"turns": turns}, updatePost(ctx, tx, p, true)
	})
	return err
}

// alterPost has something done with a post as it was read, and says so.
func (d *Desk) alterPost(ctx context.Context, id string, revision int64, verb string, do func(*store.Tx, *Post) (map[string]any, error)) (p *Post, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if p, err = d.post(ctx, tx, d.Plan, id); err != nil {
			return err
		}
		if p.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		detail, err := do(tx, p)
		if err != nil {
			return err
		}
		p.Revision++
		return d.auditPost(ctx, tx, verb, p, detail)
	})
	if err == nil {
		d.told(p.RegionPath, "post", p.ID)
	}
	return p, err
}

// auditPost says what was done with a post, and what besides it is worth knowing of that.
func (d *Desk) auditPost(ctx context.Context, tx *store.Tx, verb string, p *Post, detail map[string]any) error {
	all := map[string]any{"name": p.Name, "purpose": p.Purpose, "severities": p.Severities, "minutes": p.Minutes}
	maps.Copy(all, detail)
	return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.post." + verb, Object: "alert-duty-post:" + p.ID, RegionPath: p.RegionPath, Detail: all})
}

// people are those who may be put on a post's roster: who may keep duty there.
func (d *Desk) people(ctx context.Context, p *Post) ([]Person, error) {
	return d.Staff.Holders(ctx, d.Keep, p.RegionPath)
}

// plan puts the turns of a pattern on the roster.
func (d *Desk) plan(ctx context.Context, id string, pattern Pattern) (turns []Turn, err error) {
	p, err := d.post(ctx, d.DB, d.Plan, id)
	if err != nil {
		return nil, err
	}
	people, err := d.people(ctx, p)
	if err != nil {
		return nil, err
	}
	if turns, err = pattern.Turns(d.Zone); err != nil {
		return nil, err
	}
	for i := range turns {
		at := slices.IndexFunc(people, func(who Person) bool { return who.ID == turns[i].Person })
		if at < 0 {
			return nil, fault.Bad("people", "alert.duty.not_staff")
		}
		turns[i].Post, turns[i].Name = p.ID, people[at].Name
	}
	from, to := turns[0].From, turns[len(turns)-1].To
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if pattern.Replace {
			if err := deleteTurns(ctx, tx, p.ID, later(from, tx.Now), to); err != nil {
				return err
			}
			turns = slices.DeleteFunc(turns, func(t Turn) bool { return t.From.Before(tx.Now) && !t.To.After(tx.Now) })
		}
		there, err := turnsBetween(ctx, tx, p.ID, from, to)
		if err != nil {
			return err
		}
		if o := overlap(turns, there); o != nil {
			return fault.New(fault.Conflict, "alert.duty.overlap", fault.Args{"at": o.From.In(d.Zone).Format("2006-01-02 15:04")})
		}
		for i := range turns {
			turns[i].ID = store.NewID(tx.Now)
			if err := insertTurn(ctx, tx, turns[i]); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.plan", Object: "alert-duty-post:" + p.ID, RegionPath: p.RegionPath,
			Detail: map[string]any{"turns": len(turns), "from": from.UTC(), "to": to.UTC(), "replace": pattern.Replace}})
	})
	if err == nil {
		d.told(p.RegionPath, "roster", p.ID)
	}
	return turns, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// unplan takes one turn off the roster.
func (d *Desk) unplan(ctx context.Context, id, turn string) error {
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		p, err := d.post(ctx, tx, d.Plan, id)
		if err != nil {
			return err
		}
		n, err := deleteTurn(ctx, tx, p.ID, turn)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "alert.duty.turn_not_found")
		}
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.unplan", Object: "alert-duty-post:" + p.ID, RegionPath: p.RegionPath, Detail: map[string]any{"turn": turn}})
	})
	return err
}

// setNumber keeps how a person is reached; an empty number forgets it.
func (d *Desk) setNumber(ctx context.Context, id, who, number string) error {
	p, err := d.post(ctx, d.DB, d.Plan, id)
	if err != nil {
		return err
	}
	people, err := d.people(ctx, p)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people, func(o Person) bool { return o.ID == who }) {
		return fault.New(fault.NotFound, "alert.duty.not_staff")
	}
	plain := plainNumber(number)
	if number != "" && (len(plain) < 3 || len(plain) > 20) {
		return fault.Bad("number", "alert.duty.number")
	}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if err := setNumber(ctx, tx, who, plain); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.contact", Object: "account:" + who, RegionPath: p.RegionPath, Detail: map[string]any{"number": plain}})
	})
	if store.Taken(err) {
		return fault.Bad("number", "alert.duty.number_taken")
	}
	return err
}

// Kinds of gateway.
const (
	staffGateway = "staff"
	phoneGateway = "phone"
)

// gateway is a gateway outside.
type gateway struct {
	ID         string
	Kind       string
	Name       string
	RegionPath string
	URL        string
	Secret     []byte
	UsedAt     time.Time
	FailedAt   time.Time
	Failure    string
}

// createGateway sets up a gateway; its secret is told once. Who may speak to all, and who is told
// what staff are, is said by somebody who is surely there.
func (d *Desk) createGateway(ctx context.Context, kind, name, regionCode, address string) (g *gateway, secret string, err error) {
	if err := auth.RequireFresh(ctx, d.Clock.Now(), freshFor); err != nil {
		return nil, "", err
	}
	u, err := url.Parse(address)
	if kind == staffGateway && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil) {
		return nil, "", fault.Bad("url", "alert.output.url")
	}
	path, err := d.Alerts.RegionPath(ctx, regionCode)
	if err != nil {
		return nil, "", err
	}
	if err := auth.Check(ctx, d.Edit, path); err != nil {
		return nil, "", err
	}
	secret = rand.Text()
	g = &gateway{Kind: kind, Name: strings.TrimSpace(name), RegionPath: path, URL: address}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		g.ID = store.NewID(tx.Now)
		if g.Secret, err = d.Sealer.Seal([]byte(secret), "duty-gateway:"+g.ID); err != nil {
			return err
		}
		if err := insertGateway(ctx, tx, g); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.gateway.create", Object: "alert-duty-gateway:" + g.ID, RegionPath: path,
			Detail: map[string]any{"kind": kind, "name": g.Name, "url": address}})
	})
	return g, secret, err
}

// retireGateway gives a gateway up: nothing comes from it and goes to it any more.
func (d *Desk) retireGateway(ctx context.Context, id string) error {
	if err := auth.RequireFresh(ctx, d.Clock.Now(), freshFor); err != nil {
		return err
	}
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		g, err := readGateway(ctx, tx, id)
		if err != nil {
			return err
		}
		if g == nil || !auth.ScopeOf(ctx, d.Edit).Allows(g.RegionPath) {
			return fault.New(fault.NotFound, "alert.duty.gateway_not_found")
		}
		if err := retireGateway(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.gateway.retire", Object: "alert-duty-gateway:" + g.ID, RegionPath: g.RegionPath, Detail: map[string]any{"name": g.Name}})
	})
}
