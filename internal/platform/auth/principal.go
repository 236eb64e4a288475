package auth

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Permission names an act, "alert.issue". Modules declare theirs; roles are sets of them.
type Permission string

// Actor is who does something: a person, a device, or the system itself.
type Actor struct {
	ID      string // user id, "device:<code>" or "system:<module>"
	Name    string
	Request string // request id
	Address string // network address it came from
}

// Person is somebody who acted, as it is kept with what they did.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Person is who acts.
func (a Actor) Person() Person { return Person{a.ID, a.Name} }

// Principal is a signed-in person with what they may do where.
type Principal struct {
	Actor
	SessionID string
	Username  string
	Lang      string
	Fresh     time.Time // when the person last proved a second factor in this session
	grants    map[Permission]Scope
}

// NewPrincipal makes a principal from permissions and the paths each is granted in.
func NewPrincipal(actor Actor, granted map[Permission][]string) *Principal {
	p := &Principal{Actor: actor, grants: map[Permission]Scope{}}
	for perm, paths := range granted {
		p.grants[perm] = NewScope(paths...)
	}
	return p
}

// Scope is where the principal has a permission.
func (p *Principal) Scope(perm Permission) Scope {
	if p == nil {
		return Scope{}
	}
	return p.grants[perm]
}

// Grants lists every permission with its scope.
func (p *Principal) Grants() map[Permission]Scope { return p.grants }

type principalKey struct{}
type actorKey struct{}

// With puts the principal into the context of a request.
func With(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(context.WithValue(ctx, principalKey{}, p), actorKey{}, p.Actor)
}

// As puts an actor without a session, a device or the system, into the context.
func As(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// From is the request's principal, nil when nobody is signed in.
func From(ctx context.Context) *Principal {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p
}

// Who is the actor of the context; work that nobody started is the system's.
func Who(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Actor{ID: "system", Name: "system"}
}

// ScopeOf is where the request's principal has perm; nobody has nothing.
func ScopeOf(ctx context.Context, perm Permission) Scope { return From(ctx).Scope(perm) }

// Check is the guard: it refuses unless the principal has perm at path.
func Check(ctx context.Context, perm Permission, path string) error {
	p := From(ctx)
	if p == nil {
		return fault.New(fault.Unauthenticated, "auth.sign_in_required")
	}
	if !p.Scope(perm).Allows(path) {
		return fault.New(fault.Forbidden, "auth.no_grant", fault.Args{"permission": perm})
	}
	return nil
}

// RequireFresh guards a dangerous act: it refuses unless the person proved a second
// factor at most max ago, so that a console left open cannot be used by whoever passes.
func RequireFresh(ctx context.Context, now time.Time, max time.Duration) error {
	p := From(ctx)
	if p == nil {
		return fault.New(fault.Unauthenticated, "auth.sign_in_required")
	}
	if now.Sub(p.Fresh) > max {
		return fault.New(fault.Forbidden, "auth.confirm_required", fault.Args{"minutes": int(max.Minutes())})
	}
	return nil
}
