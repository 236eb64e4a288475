// Package httpapi is the HTTP surface that modules register operations on: OpenAPI 3.1
// from Go types, problem details (RFC 9457) in the reader's language, access declared
// per operation, paging, entity tags. A module's http.go decodes, calls and encodes.
package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/semaphore"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// API is where operations are registered.
type API struct {
	huma   huma.API
	router chi.Router
	public []string
	room   *semaphore.Weighted // for large bodies
}

// New makes an API on a router. Only operations named in public may be called by
// somebody who is not signed in.
func New(router chi.Router, version string, public []string) *API {
	cfg := huma.DefaultConfig("Tongsheng", version)
	cfg.Info.Description = "The interface of Tongsheng 同声. Every operation states its access in x-access: public, signed-in, device, or the permission it needs."
	cfg.DocsPath, cfg.OpenAPIPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil // no $schema links in bodies
	cfg.Components = &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName)}
	cfg.FieldsOptionalByDefault = false
	return &API{huma: humachi.New(router, cfg), router: router, public: public, room: room()}
}

// schemaName puts the module before the type, so that two modules may each have an
// Enrolment: "AssetEnrolment", and "AssetListingDevice" for a list of one's own things.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	owner := t.PkgPath()
	if i := strings.LastIndexByte(t.Name(), '['); i >= 0 { // of what a generic type holds
		inner := strings.Trim(t.Name()[i:], "[]*")
		if dot := strings.LastIndexByte(inner, '.'); dot >= 0 {
			owner = inner[:dot]
		}
	}
	module := owner[strings.LastIndexByte(owner, '/')+1:]
	if module == "" || module == "httpapi" || module == "time" || module == "json" {
		return name
	}
	module = strings.ToUpper(module[:1]) + module[1:]
	if strings.HasPrefix(name, module) {
		return name
	}
	return module + name
}

// OpenAPI is the document that describes every registered operation.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// Router serves what is not an operation: files, streams, pages.
func (a *API) Router() chi.Router { return a.router }

// Access says who may call an operation.
type Access string

// Access that is not a permission.
const (
	Public   Access = "public"    // anybody; the operation must be on the written list
	SignedIn Access = "signed-in" // any person with a session, for their own things
	Device   Access = "device"    // an enrolled terminal, which proves itself in the request
)

// Needs is the access of those who hold a permission somewhere. Where, the operation
// itself decides: auth.ScopeOf for lists, auth.Check for one thing.
func Needs(p auth.Permission) Access { return Access(p) }

// Op describes an operation.
type Op struct {
	ID      string // "alert-countersign": module and verb
	Method  string
	Path    string
	Summary string
	Tag     string
	Access  Access
	Status  int   // default 200, or 204 when the output has no body
	MaxBody int64 // bytes; default 1 MiB

	// PerMinute is how often one session, or one address that is not signed in, may call it
	// in a minute; 0 is without limit. It is for what costs much or is worth guessing at:
	// signing in, public submissions.
	PerMinute int

	// AtOnce is how many calls one person may have under way; 0 is without limit. More are
	// refused before their body is read. It is for what takes long or holds much memory.
	AtOnce int

	// Room is how many bytes the bodies of its calls may take in all; 0 is without limit for
	// small ones, and large ones share a room. More are refused, with Retry-After, before
	// their body is read. It is for what many send at once, and for large ones of anybody.
	Room int64

	// Streams says that the body is passed on as it comes and not held in memory, so that a
	// large one takes no room. It is for handlers behind Guard.
	Streams bool

	// Vital is what must go on when the disk is full: signing in, sending, cancelling and
	// stopping may use up all of the reserve.
	Vital bool
}

// check panics on a mistake in op.
func (a *API) check(op Op) {
	switch {
	case op.Access == "":
		panic("httpapi: " + op.ID + " declares no access")
	case large(op) && (op.AtOnce == 0 || op.MaxBody*int64(op.AtOnce) > bodyRoom/2):
		panic("httpapi: " + op.ID + " lets one person fill the room for large bodies")
	case large(op) && op.Access == Public && op.Room == 0:
		panic("httpapi: " + op.ID + " lets anybody fill the room for large bodies")
	case op.Room > 0 && (op.MaxBody == 0 || op.MaxBody > op.Room):
		panic("httpapi: " + op.ID + " has no room for one body")
	case (op.Access == Public || op.Access == Device) && !slices.Contains(a.public, op.ID):
		panic("httpapi: " + op.ID + " is open without a session but not on the written list")
	}
}

// Register adds an operation. It panics on a mistake in op: an operation without
// access must not start.
func Register[I, O any](a *API, op Op, handler func(context.Context, *I) (*O, error)) {
	a.check(op)
	// An operation that takes the body as it came reads and checks it itself.
	_, raw := reflect.TypeFor[I]().FieldByName("RawBody")
	huma.Register(a.huma, huma.Operation{
		SkipValidateBody: raw,
		OperationID:      op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Tags: []string{op.Tag},
		DefaultStatus: op.Status, MaxBodyBytes: op.MaxBody, Errors: errorStatuses(op),
		Extensions: map[string]any{"x-access": string(op.Access)}, Middlewares: huma.Middlewares{a.gate(op)},
	}, func(ctx context.Context, in *I) (*O, error) {
		if err := checkTexts(in); err != nil {
			return nil, problem(ctx, err)
		}
		if op.Vital {
			ctx = store.Vital(ctx)
		}
		out, err := handler(ctx, in)
		if err != nil {
			return nil, problem(ctx, err)
		}
		return out, nil
	})
	if kept, ok := any(*new(O)).(interface{ written() reflect.Type }); ok {
		a.describe(op, kept.written())
	}
}

// describe says what the bytes are that an operation answers with.
func (a *API) describe(op Op, t reflect.Type) {
	for _, content := range a.operation(op).Responses["200"].Content {
		content.Schema = a.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
	}
}

func (a *API) operation(op Op) *huma.Operation {
	path := a.OpenAPI().Paths[op.Path]
	return map[string]*huma.Operation{http.MethodGet: path.Get, http.MethodPost: path.Post, http.MethodPut: path.Put, http.MethodDelete: path.Delete}[op.Method]
}

func errorStatuses(op Op) []int {
	statuses := []int{http.StatusUnprocessableEntity, http.StatusInternalServerError}
	if op.Access != Public {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
	}
	if op.PerMinute > 0 || op.AtOnce > 0 {
		statuses = append(statuses, http.StatusTooManyRequests)
	}
	if large(op) || op.Room > 0 {
		statuses = append(statuses, http.StatusServiceUnavailable)
	}
	return statuses
}

// gate refuses before the body is read: who may not call learns nothing about the input.
func (a *API) gate(op Op) func(huma.Context, func(huma.Context)) {
	limit, enter := limiter(op), a.admission(op)
	return func(hctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(hctx)
		err := admit(hctx.Context(), op.Access)
		if err == nil {
			err = limit(w, r)
		}
		leave := func() {}
		if err == nil {
			leave, err = enter(w, r)
		}
		if err != nil {
			WriteProblem(w, r, err)
			return
		}
		defer leave()
		next(hctx)
	}
}

func admit(ctx context.Context, access Access) error {
	if access == Public || access == Device {
		return nil
	}
	p := auth.From(ctx)
	if p == nil {
		return fault.New(fault.Unauthenticated, "auth.sign_in_required")
	}
	if access == SignedIn || !p.Scope(auth.Permission(access)).Empty() {
		return nil
	}
	return fault.New(fault.Forbidden, "auth.no_grant", fault.Args{"permission": string(access)})
}

// Guard wraps a plain handler (a stream, a download) with the same access rule and
// lists it in the OpenAPI document. Like Register it panics on a mistake in op.
func (a *API) Guard(op Op, contentType string, handler func(http.ResponseWriter, *http.Request) error) {
	a.check(op)
	a.OpenAPI().AddOperation(&huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Tags: []string{op.Tag},
		Responses:  map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: "string"}}}}},
		Extensions: map[string]any{"x-access": string(op.Access)},
		Parameters: pathParameters(op.Path),
	})
	limit, enter := limiter(op), a.admission(op)
	a.router.Method(op.Method, op.Path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := admit(r.Context(), op.Access)
		if err == nil {
			err = limit(w, r)
		}
		leave := func() {}
		if err == nil {
			leave, err = enter(w, r)
		}
		if err == nil {
			defer leave()
			if op.MaxBody > 0 {
				r.Body = http.MaxBytesReader(w, r.Body, op.MaxBody)
			}
			if op.Vital {
				r = r.WithContext(store.Vital(r.Context()))
			}
			err = handler(w, r)
		}
		if err != nil {
			WriteProblem(w, r, err)
		}
	}))
}

func pathParameters(path string) (params []*huma.Param) {
	for i := 0; i < len(path); i++ {
		if path[i] != '{' {
			continue
		}
		end := i
		for path[end] != '}' {
			end++
		}
		params = append(params, &huma.Param{Name: path[i+1 : end], In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
		i = end
	}
	return params
}

// SchemaOf lets a module describe a payload that no operation mentions, such as a live event.
func (a *API) SchemaOf(name string, v any) {
	a.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, name)
}

// String names the access in messages.
func (o Op) String() string { return fmt.Sprintf("%s %s (%s)", o.Method, o.Path, o.Access) }
