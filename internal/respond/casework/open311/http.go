package open311

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tongsheng/tongsheng/engine/georeport"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Operations that need no session.
const (
	OpDiscovery  = "open311-discovery"
	OpServices   = "open311-services"
	OpDefinition = "open311-definition"
	OpSubmit     = "open311-submit"
	OpFind       = "open311-requests"
	OpOne        = "open311-request"
	OpToken      = "open311-token"
)

// Operations are those that need no session.
var Operations = []string{OpDiscovery, OpServices, OpDefinition, OpSubmit, OpFind, OpOne, OpToken}

// What a report may hold, in bytes: its arguments, and a file. All that are under way together take
// no more than room.
const (
	maxForm = 256 << 10
	maxFile = 8 << 20
	room    = 64 << 20
)

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	read := func(id, path, summary string, handle func(r *http.Request, name string) (*answer, error)) {
		api.Guard(httpapi.Op{ID: id, Method: http.MethodGet, Path: "/open311/" + path, Summary: summary, Tag: "open311", Access: httpapi.Public}, "text/xml", func(w http.ResponseWriter, r *http.Request) error {
			file := chi.URLParam(r, "format")
			if file == "" {
				file = chi.URLParam(r, "file")
			} else {
				file = "." + file
			}
			name, format, known := georeport.SplitFormat(file)
			d.answer(w, r, format, func() (*answer, error) {
				if err := d.admit(w, r, r.URL.Query().Get("api_key"), false); err != nil {
					return nil, err
				}
				if !known {
					return nil, fault.New(fault.NotFound, "request.not_found")
				}
				return handle(r, name)
			})
			return nil
		})
	}
	read(OpDiscovery, "discovery.{format}", "Open311: where the interface is", func(r *http.Request, _ string) (*answer, error) { return d.discovery(r.Context()) })
	read(OpServices, "v2/services.{format}", "Open311: what may be reported", func(r *http.Request, _ string) (*answer, error) { return d.services(r) })
	read(OpDefinition, "v2/services/{file}", "Open311: what a service asks", d.definition)
	read(OpFind, "v2/requests.{format}", "Open311: reports and what became of them", func(r *http.Request, _ string) (*answer, error) { return d.find(r) })
	read(OpOne, "v2/requests/{file}", "Open311: a report and what became of it", d.one)
	read(OpToken, "v2/tokens/{file}", "Open311: the number of a report", d.token)
	submit := httpapi.Op{ID: OpSubmit, Method: http.MethodPost, Path: "/open311/v2/requests.{format}", Summary: "Open311: report something", Tag: "open311", Access: httpapi.Public, MaxBody: maxForm + maxFile, Room: room, AtOnce: 4}
	api.Guard(submit, "text/xml", func(w http.ResponseWriter, r *http.Request) error {
		_, format, known := georeport.SplitFormat("." + chi.URLParam(r, "format"))
		d.answer(w, r, format, func() (*answer, error) {
			if !known {
				return nil, fault.New(fault.NotFound, "request.not_found")
			}
			form, err := decode(r)
			if err != nil {
				return nil, err
			}
			if err := d.admit(w, r, form.values.Get("api_key"), true); err != nil {
				return nil, err
			}
			return d.submit(r, form)
		})
		return nil
	})
	d.registerKeys(api)
}

func (d *Desk) registerKeys(api *httpapi.API) {
	op := func(id, method, path, summary string) httpapi.Op {
		return httpapi.Op{ID: "casework-" + id, Method: method, Path: "/api/casework/api-keys" + path, Summary: summary, Tag: "casework", Access: httpapi.Needs(docket.PermDesign)}
	}
	httpapi.Register(api, op("keys", http.MethodGet, "", "Keys of programs that open cases by Open311"), func(ctx context.Context, _ *struct{}) (*httpapi.List[Key], error) {
		return httpapi.All(d.Keys(ctx))
	})
	create := op("key-make", http.MethodPost, "", "Make a key for a program; it is told once")
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct {
		Body struct {
			Name      string `json:"name" minLength:"1" maxLength:"80"`
			PerMinute int    `json:"perMinute" minimum:"1" maximum:"6000"`
		}
	}) (*httpapi.Body[*Key], error) {
		k, err := d.MakeKey(ctx, in.Body.Name, in.Body.PerMinute)
		return httpapi.Of(k), err
	})
	httpapi.Register(api, op("key-revoke", http.MethodDelete, "/{id}", "Let a key hold no longer"), func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"26"`
	}) (*httpapi.Empty, error) {
		return nil, d.RevokeKey(ctx, in.ID)
	})
}

func (d *Desk) services(r *http.Request) (*answer, error) {
	if _, err := d.cities.Find(r.URL.Query().Get("jurisdiction_id")); err != nil {
		return nil, said{err}
	}
	list := georeport.Services{}
	for _, t := range d.Docket.Types() {
		if o, ok := offerOf(t); ok {
			list = append(list, o.service(httpapi.LangOf(r.Context())))
		}
	}
	return found(list)
}

func (d *Desk) definition(r *http.Request, code string) (*answer, error) {
	if _, err := d.cities.Find(r.URL.Query().Get("jurisdiction_id")); err != nil {
		return nil, said{err}
	}
	o, err := d.offer(code)
	if err != nil {
		return nil, err
	}
	return found(o.definition(httpapi.LangOf(r.Context())))
}

func (d *Desk) discovery(ctx context.Context) (*answer, error) {
	at, err := typesChanged(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = d.Clock.Now()
	}
	changeset, lang := at.In(d.Zone).Format(time.RFC3339), httpapi.LangOf(ctx)
	return found(&georeport.Discovery{Changeset: changeset, Contact: i18n.T(lang, "casework.open311.contact", map[string]any{"site": d.Public}), KeyService: i18n.T(lang, "casework.open311.keys", nil),
		Endpoints: []georeport.Endpoint{{Specification: georeport.Specification, URL: strings.TrimSuffix(d.Public, "/") + "/open311/v2", Changeset: changeset, Type: "production", Formats: []georeport.Format{georeport.XML, georeport.JSON}}}})
}

// submitted are the arguments of a report and the file that came with it.
type submitted struct {
	values   url.Values
	file     []byte
	fileName string
}

// decode reads the body of a report, however it was encoded, within its bounds.
func decode(r *http.Request) (*submitted, error) {
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	s := &submitted{values: r.URL.Query()}
	if !strings.HasPrefix(media, "multipart/") || params["boundary"] == "" {
		raw, err := within(r.Body, maxForm)
		if err != nil {
			return nil, err
		}
		values, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, fault.New(fault.Invalid, "request.unreadable")
		}
		for name, v := range values {
			s.values[name] = append(s.values[name], v...)
		}
		return s, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, fault.New(fault.Invalid, "request.unreadable")
	}
	return s, s.read(parts.NextPart)
}

// namedPart is a part of a multipart body.
type namedPart interface {
	io.Reader
	FormName() string
	FileName() string
}

func (s *submitted) read(next func() (*multipart.Part, error)) error {
	left := maxForm
	for {
		p, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
		if err := s.take(p, &left); err != nil {
			return err
		}
	}
}

func (s *submitted) take(p namedPart, left *int) error {
	if p.FileName() != "" {
		raw, err := within(p, maxFile)
		if err != nil || len(raw) == 0 || s.file != nil { // one file; the others are passed over
			return err
		}
		s.file, s.fileName = raw, p.FileName()
		return nil
	}
	raw, err := within(p, *left)
	if err != nil {
		return err
	}
	*left -= len(raw) + len(p.FormName()) + 1
	if *left <= 0 {
		return fault.New(fault.TooLarge, "request.too_large", fault.Args{"limit": maxForm})
	}
	s.values[p.FormName()] = append(s.values[p.FormName()], string(raw))
	return nil
}

func within(r io.Reader, limit int) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(raw) > limit {
		return nil, fault.New(fault.TooLarge, "request.too_large", fault.Args{"limit": limit})
	}
	return raw, nil
}

func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fault.New(fault.TooLarge, "request.too_large", fault.Args{"limit": tooLarge.Limit})
	}
	return fault.New(fault.Invalid, "request.unreadable")
}

// said is what is wrong with a request, as the engine says it.
type said []*georeport.Error

func (s said) Error() string { return s[0].Error() }

var badKey = said{georeport.BadKey()}

// placed is a refusal of a report whose places are called as its sender called them.
type placed struct {
	*offer
	err error
}

func (p placed) Error() string { return p.err.Error() }

// statuses of refusals; the specification knows 400, 403 and 404.
var statuses = map[fault.Kind]int{fault.NotFound: http.StatusNotFound, fault.Forbidden: http.StatusForbidden, fault.Limited: http.StatusTooManyRequests, fault.TooLarge: http.StatusRequestEntityTooLarge,
	fault.Unavailable: http.StatusServiceUnavailable, fault.Full: http.StatusInsufficientStorage, fault.Internal: http.StatusInternalServerError}

// answer writes what came of a request, in the format that was asked for.
func (d *Desk) answer(w http.ResponseWriter, r *http.Request, f georeport.Format, ask func() (*answer, error)) {
	out, err := ask()
	if err != nil {
		out = d.refuse(w, r, err)
	}
	h := w.Header()
	h.Set("Content-Type", f.ContentType())
	h.Set("Access-Control-Allow-Origin", "*") // what is told is for everybody
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(out.status)
	_, _ = w.Write(georeport.Encode(f, out.doc)) // a client that is gone reads nothing
}

func (d *Desk) refuse(w http.ResponseWriter, r *http.Request, err error) *answer {
	lang := httpapi.LangOf(r.Context())
	var own said
	if errors.As(err, &own) {
		status, list := georeport.Status(own), georeport.Faults{}
		for _, e := range own {
			list = append(list, georeport.Fault{Code: e.Status, Description: sentence(lang, e.Place, e.Code, e.Args)})
		}
		return &answer{status, list}
	}
	call := func(place string) string { return place }
	if p := (placed{}); errors.As(err, &p) {
		call, err = p.argumentOf, p.err
	}
	var list fault.List
	if !errors.As(err, &list) {
		list = fault.List{fault.Of(err)}
	}
	status, known := statuses[list[0].Kind]
	if !known {
		status = http.StatusBadRequest
	}
	request := middleware.GetReqID(r.Context())
	if status >= http.StatusInternalServerError {
		slog.ErrorContext(r.Context(), "a request by Open311 failed", "request", request, "error", err)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	faults := georeport.Faults{}
	for _, e := range list {
		args := map[string]any{"request": request}
		for name, v := range e.Args {
			args[name] = v
		}
		faults = append(faults, georeport.Fault{Code: status, Description: sentence(lang, call(e.Place), e.Code, args)})
	}
	return &answer{status, faults}
}

func sentence(lang i18n.Lang, place, code string, args map[string]any) string {
	text := i18n.T(lang, code, args)
	if place == "" {
		return text
	}
	return place + ": " + text
}
