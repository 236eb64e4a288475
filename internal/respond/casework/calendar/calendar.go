// Package calendar gives people an address at which their calendar program finds the deadlines of
// the cases that wait for them (RFC 5545). The address is a secret; whoever has it reads numbers,
// kinds, places and times, and no more.
package calendar

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Deps is what calendars stand on.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Docket *docket.Desk
	People People
	Public string // address of the node's pages
	Host   string
}

// People answers for accounts.
type People interface {
	// Principal is somebody with what they may do; nil if nobody has that id or the account is closed.
	Principal(ctx context.Context, id string) (*auth.Principal, error)
}

// Desk makes calendars.
type Desk struct{ Deps }

// New makes the desk.
func New(d Deps) *Desk { return &Desk{d} }

// Address is where somebody's calendar is.
type Address struct {
	At  time.Time `json:"at,omitzero" doc:"Since when there is one; absent where there is none"`
	URL string    `json:"url,omitempty" doc:"Told once, when it is made"`
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Make makes a new address; an earlier one ends.
func (d *Desk) Make(ctx context.Context) (*Address, error) {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails
	token, who := base64.RawURLEncoding.EncodeToString(raw), auth.Who(ctx).ID
	a := &Address{URL: strings.TrimSuffix(d.Public, "/") + "/api/casework/calendar/" + token + ".ics"}
	return a, d.DB.Update(ctx, func(tx *store.Tx) error {
		a.At = tx.Now
		if err := putToken(ctx, tx, who, digest(token)); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.calendar.make", Object: "casework-calendar:" + who})
	})
}

// End ends one's address.
func (d *Desk) End(ctx context.Context) error {
	who := auth.Who(ctx).ID
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := deleteToken(ctx, tx, who)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "casework.calendar.unknown")
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.calendar.end", Object: "casework-calendar:" + who})
	})
}

// maxEvents is how many deadlines a calendar holds; the next come first.
const maxEvents = 500

// Read is the calendar at an address.
func (d *Desk) Read(ctx context.Context, token string) (string, error) {
	account, err := accountOf(ctx, d.DB, digest(token))
	if err != nil {
		return "", err
	}
	var p *auth.Principal
	if account != "" {
		if p, err = d.People.Principal(ctx, account); err != nil {
			return "", err
		}
	}
	if p == nil || p.Scope(docket.PermWork).Empty() {
		return "", fault.New(fault.NotFound, "casework.calendar.unknown")
	}
	found, err := d.Docket.List(auth.With(ctx, p), docket.Filter{Mine: true, ByDue: true, Page: store.Page{Limit: maxEvents}})
	if err != nil {
		return "", err
	}
	lang := i18n.Match(p.Lang)
	c := &writer{}
	c.begin(i18n.T(lang, "casework.calendar.name", nil))
	for i := range found.Items {
		d.event(c, &found.Items[i], lang)
	}
	return c.end(), nil
}

func pick(lang i18n.Lang, w procedure.Words) string {
	if lang == i18n.English && w.En != "" {
		return w.En
	}
	return w.Zh
}

// event writes the deadline of a case.
func (d *Desk) event(c *writer, r *docket.Row, lang i18n.Lang) {
	title := i18n.T(lang, "casework.calendar.due", map[string]any{"deadline": pick(lang, r.DueName), "type": pick(lang, r.TypeName), "number": r.Number})
	page := strings.TrimSuffix(d.Public, "/") + "/console/response/cases/" + r.ID
	c.line("BEGIN", "VEVENT")
	c.line("UID", r.ID+"-due@"+d.Host)
	c.line("DTSTAMP", instant(r.ChangedAt))
	c.line("LAST-MODIFIED", instant(r.ChangedAt))
	c.line("SEQUENCE", r.Entries)
	c.line("DTSTART", instant(r.DueAt))
	c.text("SUMMARY", title)
	c.text("LOCATION", pick(lang, r.Region.Name))
	c.text("DESCRIPTION", i18n.T(lang, "casework.calendar.says", map[string]any{"state": pick(lang, r.StateName), "page": page}))
	c.line("URL", page)
	c.line("TRANSP", "TRANSPARENT")
	c.line("BEGIN", "VALARM")
	c.line("ACTION", "DISPLAY")
	c.text("DESCRIPTION", title)
	c.line("TRIGGER", "-PT30M")
	c.line("END", "VALARM")
	c.line("END", "VEVENT")
}

// OpRead needs no session: who has the address may read.
const OpRead = "casework-calendar-read"

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	op := func(id, method, path, summary string, access httpapi.Access) httpapi.Op {
		return httpapi.Op{ID: id, Method: method, Path: "/api/casework/calendar" + path, Summary: summary, Tag: "casework", Access: access}
	}
	httpapi.Register(api, op("casework-calendar", http.MethodGet, "", "Whether your calendar of cases has an address", httpapi.Needs(docket.PermWork)), func(ctx context.Context, _ *struct{}) (*httpapi.Body[*Address], error) {
		at, err := madeAt(ctx, d.DB, auth.Who(ctx).ID)
		return httpapi.Of(&Address{At: at}), err
	})
	create := op("casework-calendar-make", http.MethodPost, "", "Make a new address for your calendar of cases; an earlier one ends", httpapi.Needs(docket.PermWork))
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, _ *struct{}) (*httpapi.Body[*Address], error) {
		a, err := d.Make(ctx)
		return httpapi.Of(a), err
	})
	httpapi.Register(api, op("casework-calendar-end", http.MethodDelete, "", "End the address of your calendar of cases", httpapi.Needs(docket.PermWork)), func(ctx context.Context, _ *struct{}) (*httpapi.Empty, error) {
		return nil, d.End(ctx)
	})
	read := op(OpRead, http.MethodGet, "/{token}.ics", "A calendar of cases, by its secret address", httpapi.Public)
	read.PerMinute = 60
	api.Guard(read, "text/calendar", func(w http.ResponseWriter, r *http.Request) error {
		text, err := d.Read(r.Context(), chi.URLParam(r, "token"))
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Type", "text/calendar; charset=utf-8")
		h.Set("Cache-Control", "private, no-store")
		h.Set("Referrer-Policy", "no-referrer")
		_, _ = w.Write([]byte(text)) // a client that is gone reads nothing
		return nil
	})
}
