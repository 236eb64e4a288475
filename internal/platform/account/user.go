package account

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// User is a person who may sign in.
type User struct {
	ID             string    `json:"id"`
	Username       string    `json:"username"`
	Name           string    `json:"name"`
	RegionPath     string    `json:"regionPath" doc:"Where the person belongs; who administers them"`
	Lang           string    `json:"lang" enum:"zh,en"`
	Theme          string    `json:"theme" enum:"system,light,dark"`
	Disabled       bool      `json:"disabled"`
	CreatedAt      time.Time `json:"createdAt"`
	SignedInAt     time.Time `json:"signedInAt,omitzero" doc:"Last time signed in"`
	SignedInFrom   string    `json:"signedInFrom,omitempty" doc:"Network address of the last sign-in"`
	PasswordAt     time.Time `json:"passwordAt,omitzero" doc:"When the password was last changed"`
	ChangePassword bool      `json:"changePassword" doc:"The password must be changed at the next sign-in"`
	LockedUntil    time.Time `json:"lockedUntil,omitzero" doc:"After too many failures: no sign-in before from where they came"`
	Version        int64     `json:"version"`

	Grants []Grant `json:"grants,omitempty" doc:"Roles and where they hold; only in a list"`

	Handled []Handling `json:"handled,omitempty" doc:"What administrators did to the account of late and no other administrator vouched for; until then the person and others whom the same administrator handled do not countersign each other"`

	password string
}

// object is how the audit record names the person.
func (u User) object() string { return "account:" + u.ID }

// actor is the person as somebody who acts, from where the context's visitor came.
func (u User) actor(ctx context.Context) context.Context {
	who := auth.Who(ctx)
	return auth.As(ctx, auth.Actor{ID: u.ID, Name: u.Name, Request: who.Request, Address: who.Address})
}

// fold is the form in which user names are kept and compared.
func fold(username string) string { return strings.ToLower(composed(strings.TrimSpace(username))) }

var (
	usernameForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@-]+$`) // counted by hand: {1,63} of so many letters takes longer to compile than all else
	pathForm     = regexp.MustCompile(`^([a-z0-9]+\.)*$`)
)

const maxUsername = 64

func checkUsername(username string) *fault.Error {
	if !usernameForm.MatchString(username) || utf8.RuneCountInString(username) > maxUsername {
		return fault.Bad("username", "account.username.invalid")
	}
	return nil
}

func checkName(name string) *fault.Error {
	if i18n.Blank(name) || i18n.Deceives(name, "") {
		return fault.Bad("name", "account.name.invalid")
	}
	return nil
}

// checkPath refuses a region path that has not the form of one, or that no region has.
func (m *Module) checkPath(ctx context.Context, path string) error {
	if !pathForm.MatchString(path) {
		return fault.Bad("regionPath", "account.region.invalid")
	}
	if m.Regions == nil || path == auth.Root {
		return nil
	}
	exists, err := m.Regions.HasPath(ctx, path)
	if err != nil {
		return err
	}
	if !exists {
		return fault.Bad("regionPath", "account.region.unknown")
	}
	return nil
}
