package portal

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Cases takes what people ask for without an account, and says what became of it.
type Cases interface {
	Services() []docket.Service
	Service(code string) (*docket.Service, error)
	// OpenPublic opens a case; what is sent again with the same key gets the same receipt.
	OpenPublic(ctx context.Context, n docket.NewCase, via string) (*docket.Receipt, error)
	Upload(ctx context.Context, name string, content []byte) (*docket.File, error)
	// Track, DoPublic and WritePublic are for who knows a number and its code; fault.NotFound for others.
	Track(ctx context.Context, number, code string) (*docket.PublicCase, error)
	DoPublic(ctx context.Context, number, code string, deed docket.Deed) (*docket.PublicCase, error)
	WritePublic(ctx context.Context, number, code, text string, inner bool, key string) error
	PastOf(ctx context.Context, subject string) ([]docket.Past, error)
	Notices(ctx context.Context, page store.Page) (store.Listing[docket.Notice], error)
	Notice(ctx context.Context, id string) (*docket.Notice, error)
	Object(ctx context.Context, id string, o docket.Objection) error
	VerifyPaper(ctx context.Context, code string) (*docket.Verified, error)
}

// Sites are places where people can go and ask.
type Sites interface {
	// Near lists sites of a region that have somebody to ring.
	Near(ctx context.Context, region string, most int) ([]Site, error)
}

// Site is one of them.
type Site struct{ Name, Address, Contact, Where string }

// draft is what somebody has filled in of a form so far. It is replaced, never changed.
type draft struct {
	Key     string // by which what is sent twice counts once
	Type    string
	Subject string // device that it is about
	About   string // what that is called
	Region  string
	Where   string // what the region is called
	Answers map[string]any
	Names   map[string]string // of files, by id
	Helped  bool              // somebody fills it in for another
	Helper  helper
	Seen    map[string]bool // questions that were answered or passed over
	Checked bool            // the answers were looked over
	Receipt *docket.Receipt // once it was sent
}

// helper is who fills something in for somebody else.
type helper struct {
	Name, Phone string
	Agreed      bool // the other wants it
}

func newDraft(of string) draft {
	return draft{Key: newKey(), Type: of, Answers: map[string]any{}, Names: map[string]string{}, Seen: map[string]bool{}}
}

// with is a copy that may be changed.
func (d draft) with() draft {
	d.Answers, d.Names, d.Seen = maps.Clone(d.Answers), maps.Clone(d.Names), maps.Clone(d.Seen)
	return d
}

// size is about how much a draft takes, in bytes.
func (d *draft) size() int { return sizeOf(d.Answers) + 64*len(d.Names) + 24*len(d.Seen) }

func sizeOf(v any) (n int) {
	switch v := v.(type) {
	case string:
		return len(v) + 16
	case []any:
		for _, item := range v {
			n += sizeOf(item) + 16
		}
	case map[string]any:
		for key, item := range v {
			n += len(key) + sizeOf(item) + 32
		}
	}
	return n + 16
}

// pass is that somebody proved to know a case's code, and what they are about to do.
type pass struct {
	Number, Code string
	Do           string // step or form that is being filled in
	Draft        draft
}

// Limits of what people are in the middle of.
const (
	draftFor  = 2 * time.Hour
	passFor   = 30 * time.Minute
	draftRoom = 48 << 20
	passRoom  = 16 << 20
	// maxDraft is how much one form may hold, in bytes.
	maxDraft = 64 << 10
)

// limits are how often somebody may do what costs much, by address.
type limits struct {
	begin, send, upload, track, verify, object func(http.ResponseWriter, *http.Request) error
}

func newLimits() limits {
	return limits{httpapi.AtMost(20), httpapi.AtMost(10), httpapi.AtMost(30), httpapi.AtMost(20), httpapi.AtMost(30), httpapi.AtMost(5)}
}

const (
	draftCookie = "tongsheng_report"
	passCookie  = "tongsheng_case"
)

// own sets or forgets the cookie that leads a device to what it is in the middle of. It ends with
// the browser, since the device may be another's.
func (p *Portal) own(w http.ResponseWriter, name, path, key string) {
	c := &http.Cookie{Name: name, Value: key, Path: path, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.deps.Secure}
	if key == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func keyIn(r *http.Request, name string) string {
	if c, err := r.Cookie(name); err == nil && len(c.Value) == len(newKey()) {
		return c.Value
	}
	return ""
}

// cases guards pages that ask the docket: without one there are none.
func (p *Portal) cases(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.deps.Cases == nil {
			p.page("problem", p.nothing)(w, r)
			return
		}
		h(w, r)
	}
}

// limited answers who comes too often, and reports whether it did.
func (p *Portal) limited(w http.ResponseWriter, r *http.Request, often func(http.ResponseWriter, *http.Request) error) bool {
	if often(w, r) == nil {
		return false
	}
	p.told(w, r, "too_many")
	return true
}

// told serves a page that says why something could not be done, and what to do instead.
func (p *Portal) told(w http.ResponseWriter, r *http.Request, why string) {
	p.fresh("told", func(_ context.Context, r *request) (string, any, bool, error) {
		return r.t("told." + why + ".title"), toldPage{r.t("told." + why + ".text")}, false, nil
	})(w, r)
}

// toldPage is a sentence and whom to ring.
type toldPage struct{ Says string }

// why names a refusal by what people can do about it.
func why(err error) string {
	switch e := fault.Of(err); {
	case e.Kind == fault.Limited:
		return "too_many"
	case e.Kind == fault.NotFound:
		return "gone"
	case e.Kind == fault.Conflict || e.Kind == fault.Stale || e.Kind == fault.Forbidden:
		return "changed"
	case e.Kind == fault.Invalid:
		return "refused"
	}
	return "trouble"
}

// outside reports whether a form asks for what only those with an account can give: an organisation,
// an account, another case.
func outside(f *procedure.Form) bool {
	return f != nil && slices.ContainsFunc(f.Fields, func(f procedure.Field) bool { return f.Required && needsAccount(&f) })
}

func needsAccount(f *procedure.Field) bool {
	return slices.Contains([]string{"party", "account", "case", "site", "signature"}, f.Format)
}
