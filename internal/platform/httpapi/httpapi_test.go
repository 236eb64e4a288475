package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

type thing struct {
	Name  string   `json:"name" minLength:"2" maxLength:"5"`
	Kind  string   `json:"kind,omitempty" enum:"a,b"`
	Count int      `json:"count,omitempty" minimum:"1" maximum:"9"`
	Tags  []string `json:"tags,omitempty" maxItems:"2" uniqueItems:"true"`
}

type thingInput struct{ Body thing }

// site is an API whose operations the tests call; its caller is whom the header says.
type site struct {
	http.Handler
	api  *httpapi.API
	fail error // what "fail" answers with
}

func newSite(t *testing.T) *site {
	t.Helper()
	quiet := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	t.Cleanup(func() { slog.SetDefault(quiet) })
	router := chi.NewRouter()
	router.Use(middleware.RequestID, httpapi.Languages, httpapi.Recover, httpapi.Harden(true), httpapi.SameOrigin, httpapi.Identify(identify))
	s := &site{Handler: router, api: httpapi.New(router, "test", []string{"thing-public", "thing-rare", "thing-fail", "thing-panic", "thing-update", "thing-rare-file"})}
	op := func(id, method string, access httpapi.Access) httpapi.Op {
		return httpapi.Op{ID: "thing-" + id, Method: method, Path: "/api/" + id, Summary: id, Tag: "thing", Access: access, MaxBody: 200}
	}
	echo := func(_ context.Context, in *thingInput) (*httpapi.Body[thing], error) { return httpapi.Of(in.Body), nil }
	httpapi.Register(s.api, op("public", "POST", httpapi.Public), echo)
	httpapi.Register(s.api, op("own", "POST", httpapi.SignedIn), echo)
	httpapi.Register(s.api, op("make", "POST", httpapi.Needs("thing.make")), echo)
	rare := op("rare", "POST", httpapi.Public)
	rare.PerMinute = 3
	httpapi.Register(s.api, rare, echo)
	httpapi.Register(s.api, op("fail", "GET", httpapi.Public), func(context.Context, *struct{}) (*httpapi.Empty, error) { return nil, s.fail })
	httpapi.Register(s.api, op("panic", "GET", httpapi.Public), func(context.Context, *struct{}) (*httpapi.Empty, error) { panic("secret detail") })
	httpapi.Register(s.api, op("update", "PUT", httpapi.Public), func(_ context.Context, in *struct{ httpapi.IfMatch }) (*httpapi.Item[int64], error) {
		v, err := in.Version()
		return httpapi.One(v, v+1), err
	})
	s.api.Guard(op("file", "GET", httpapi.Needs("thing.make")), "text/plain", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, "file for "+auth.Who(r.Context()).ID)
		return err
	})
	upload := op("upload", "POST", httpapi.SignedIn)
	s.api.Guard(upload, "text/plain", func(_ http.ResponseWriter, r *http.Request) error {
		_, err := io.Copy(io.Discard, r.Body)
		return err
	})
	return s
}

func identify(r *http.Request) (*auth.Principal, error) {
	switch who := r.Header.Get("Who"); who {
	case "":
		return nil, nil
	case "broken":
		return nil, errors.New("the database is away")
	case "maker":
		return auth.NewPrincipal(auth.Actor{ID: who}, map[auth.Permission][]string{"thing.make": {"cn."}}), nil
	default:
		return auth.NewPrincipal(auth.Actor{ID: who}, nil), nil
	}
}

// call answers a request with its status and problem.
func (s *site) call(t *testing.T, method, path, body string, header ...string) (*httptest.ResponseRecorder, httpapi.Problem) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Language", "en")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var p httpapi.Problem
	if w.Code >= 400 {
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: content type %q of a problem", method, path, got)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
		if p.Status != w.Code || p.Type != "urn:tongsheng:"+p.Code {
			t.Errorf("%s %s: problem %+v with status %d", method, path, p, w.Code)
		}
	}
	return w, p
}

func TestEveryKindOfFaultHasItsStatusInBothLanguages(t *testing.T) {
	s := newSite(t)
	for kind, status := range map[fault.Kind]int{fault.Internal: 500, fault.Invalid: 422, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.Conflict: 409, fault.Stale: 412, fault.TooLarge: 413, fault.Limited: 429, fault.Unavailable: 503, fault.Full: 507} {
		s.fail = fault.New(kind, "auth.no_grant", fault.Args{"permission": "alert.issue"})
		w, p := s.call(t, "GET", "/api/fail", "")
		if w.Code != status || p.Detail != "You do not hold the permission alert.issue. Ask the security administrator." {
			t.Errorf("kind %d: %d %+v", kind, w.Code, p)
		}
		if _, p = s.call(t, "GET", "/api/fail", "", "Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8"); p.Detail != "您没有这项权限（alert.issue），请联系安全管理员。" {
			t.Errorf("in Chinese: %s", p.Detail)
		}
		if _, p = s.call(t, "GET", "/api/fail?lang=zh", ""); !strings.HasPrefix(p.Detail, "您") {
			t.Errorf("asked for Chinese by the address: %s", p.Detail)
		}
	}
}

func TestErrorsBecomeProblemsOnce(t *testing.T) {
	s := newSite(t)
	s.fail = errors.New("password=hunter2 leaked by a driver")
	w, p := s.call(t, "GET", "/api/fail", "", "X-Request-Id", "req-7")
	if w.Code != 500 || p.Code != "internal" || strings.Contains(w.Body.String(), "hunter2") || !strings.Contains(p.Detail, "req-7") {
		t.Errorf("a plain error: %s", w.Body)
	}
	s.fail = fault.List{fault.Bad("areas[0].code", "page.cursor_invalid"), fault.Bad("text", "validate.min_length", fault.Args{"value": 3})}
	_, p = s.call(t, "GET", "/api/fail", "")
	want := []httpapi.ProblemPlace{
		{Location: "areas[0].code", Message: "That place in the list is not valid. Go back to the first page.", Code: "page.cursor_invalid"},
		{Location: "text", Message: "needs at least 3 characters", Code: "validate.min_length"},
	}
	if d := cmp.Diff(want, p.Errors); d != "" || p.Detail != "2 things need correcting." || p.Status != 422 {
		t.Errorf("a list: %+v %s", p, d)
	}
	s.fail = context.Canceled
	if _, p = s.call(t, "GET", "/api/fail", ""); p.Status != 503 || p.Code != "request.cancelled" {
		t.Errorf("a cancelled request: %+v", p)
	}
	s.fail = fmt.Errorf("blob: %w", &os.PathError{Op: "write", Path: "/data/secret", Err: syscall.ENOSPC})
	if w, p = s.call(t, "GET", "/api/fail", ""); p.Status != 507 || p.Code != "store.full" || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("a file that found no room: %+v", p)
	}
}

func TestInputIsCheckedAgainstItsSchema(t *testing.T) {
	s := newSite(t)
	for body, want := range map[string]httpapi.ProblemPlace{
		`{"name":"x"}`:                        {Location: "name", Code: "validate.min_length", Message: "needs at least 2 characters"},
		`{"name":"abcdef"}`:                   {Location: "name", Code: "validate.max_length", Message: "can have at most 5 characters"},
		`{"name":3}`:                          {Location: "name", Code: "validate.string", Message: "must be text"},
		`{}`:                                  {Location: "", Code: "validate.required", Message: "is required: name"},
		`{"name":"abc","other":1}`:            {Location: "other", Code: "validate.unexpected_property", Message: "unknown field"},
		`{"name":"abc","kind":"c"}`:           {Location: "kind", Code: "validate.one_of"},
		`{"name":"abc","count":10}`:           {Location: "count", Code: "validate.maximum", Message: "must be at most 9"},
		`{"name":"abc","count":1.5}`:          {Location: "count", Code: "validate.integer", Message: "must be a whole number"},
		`{"name":"abc","tags":["a","b","c"]}`: {Location: "tags", Code: "validate.max_items", Message: "can have at most 2 items"},
		`{"name":"abc","tags":["a","a"]}`:     {Location: "tags", Code: "validate.unique", Message: "must not repeat"},
		`[]`:                                  {Location: "", Code: "validate.object", Message: "must be an object"},
	} {
		w, p := s.call(t, "POST", "/api/public", body)
		if w.Code != 422 || p.Code != "request.invalid" || len(p.Errors) != 1 {
			t.Errorf("%s: %d %+v", body, w.Code, p)
			continue
		}
		got := p.Errors[0]
		if want.Message == "" {
			want.Message = got.Message
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
		if _, zh := s.call(t, "POST", "/api/public", body, "Accept-Language", "zh"); zh.Errors[0].Message == got.Message || strings.Contains(zh.Errors[0].Message, "validate.") {
			t.Errorf("%s in Chinese: %s", body, zh.Errors[0].Message)
		}
	}
	if _, p := s.call(t, "POST", "/api/public", `{"name":"x","count":0,"kind":"z"}`); len(p.Errors) != 3 {
		t.Errorf("not every mistake is told: %+v", p.Errors)
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		body, media, code string
		status            int
	}{
		{`{"name":`, "application/json", "request.unreadable", 400},
		{``, "application/json", "request.empty", 400},
		{`{"name":"abc"}`, "text/plain", "request.media_type", 415},
		{`{"name":"` + strings.Repeat("a", 300) + `"}`, "application/json", "request.too_large", 413},
	} {
		if w, p := s.call(t, "POST", "/api/public", c.body, "Content-Type", c.media); w.Code != c.status || p.Code != c.code {
			t.Errorf("%.20q as %s: %d %s", c.body, c.media, w.Code, p.Code)
		}
	}
	if w, p := s.call(t, "POST", "/api/upload", strings.Repeat("a", 300), "Who", "bob"); w.Code != 413 || p.Code != "request.too_large" {
		t.Errorf("a raw body over the limit: %d %+v", w.Code, p)
	}
	if w, p := s.call(t, "POST", "/api/public", ""); w.Code != 400 || len(p.Errors) != 1 || p.Errors[0].Location != "body" {
		t.Errorf("nothing sent: %d %+v", w.Code, p)
	}
	if w, _ := s.call(t, "POST", "/api/upload", strings.Repeat("a", 200), "Who", "bob"); w.Code != 200 {
		t.Errorf("a raw body at the limit: %d", w.Code)
	}
}

// A body that breaks off, or is no HTTP, is the sender's fault, not the platform's.
func TestABodyThatCannotBeReadIsRefused(t *testing.T) {
	s := newSite(t)
	var log bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil))) // newSite puts it back
	server := httptest.NewServer(s)
	defer server.Close()
	for name, body := range map[string]string{
		"no chunk":  "Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
		"cut chunk": "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a",
		"cut off":   "Content-Length: 50\r\n\r\n{\"name\"",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(conn, "POST /api/public HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+body); err != nil {
			t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var p httpapi.Problem
		if err := json.NewDecoder(answer.Body).Decode(&p); err != nil || answer.StatusCode != 400 || p.Status != 400 || p.Code != "request.unreadable" {
			t.Errorf("%s: %d %+v, %v", name, answer.StatusCode, p, err)
		}
		conn.Close()
	}
	if strings.Contains(log.String(), "level=ERROR") || strings.Contains(log.String(), "level=WARN") {
		t.Errorf("it is logged as the platform's fault: %s", &log)
	}
}

func TestAccess(t *testing.T) {
	s := newSite(t)
	const good = `{"name":"abc"}`
	for _, c := range []struct {
		path, who string
		status    int
	}{
		{"/api/public", "", 200}, {"/api/public", "bob", 200},
		{"/api/own", "", 401}, {"/api/own", "bob", 200},
		{"/api/make", "", 401}, {"/api/make", "bob", 403}, {"/api/make", "maker", 200},
		{"/api/make", "broken", 500},
	} {
		if w, _ := s.call(t, "POST", c.path, good, "Who", c.who); w.Code != c.status {
			t.Errorf("%s as %q: %d, want %d", c.path, c.who, w.Code, c.status)
		}
		// Who may not call learns nothing about the input either.
		if w, _ := s.call(t, "POST", c.path, `{"name":"x"}`, "Who", c.who); c.status != 200 && w.Code != c.status {
			t.Errorf("%s as %q with bad input: %d, want %d", c.path, c.who, w.Code, c.status)
		}
	}
	for who, status := range map[string]int{"": 401, "bob": 403, "maker": 200} {
		w, _ := s.call(t, "GET", "/api/file", "", "Who", who)
		if w.Code != status || status == 200 && w.Body.String() != "file for maker" {
			t.Errorf("file as %q: %d %s", who, w.Code, w.Body)
		}
	}
	open := httpapi.Op{ID: "thing-open", Method: "GET", Path: "/x", Access: httpapi.Public}
	silent := httpapi.Op{ID: "thing-silent", Method: "GET", Path: "/y"}
	for _, op := range []httpapi.Op{open, silent} {
		for name, register := range map[string]func(){
			"operation": func() {
				httpapi.Register(s.api, op, func(context.Context, *struct{}) (*httpapi.Empty, error) { return nil, nil })
			},
			"plain": func() { s.api.Guard(op, "text/plain", nil) },
		} {
			if !panics(register) {
				t.Errorf("%s %s started without valid access", name, op.ID)
			}
		}
	}
}

func panics(fn func()) (did bool) {
	defer func() { did = recover() != nil }()
	fn()
	return false
}

func TestOneAddressIsLimitedAndOthersAreNot(t *testing.T) {
	s := newSite(t)
	from := func(address string) int {
		r := httptest.NewRequest("POST", "/api/rare", strings.NewReader(`{"name":"abc"}`))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	for range 3 {
		if got := from("192.0.2.1:5"); got != 200 {
			t.Fatalf("status %d", got)
		}
	}
	if got := from("192.0.2.1:6"); got != 429 {
		t.Errorf("the fourth call: %d", got)
	}
	if got := from("192.0.2.2:5"); got != 200 {
		t.Errorf("another address: %d", got)
	}
	for _, address := range []string{"[2001:db8::1]:5", "[2001:db8::2]:5", "[2001:db8::3]:5"} {
		if got := from(address); got != 200 {
			t.Fatalf("%s: %d", address, got)
		}
	}
	if got := from("[2001:db8::4]:5"); got != 429 {
		t.Errorf("one household with many addresses: %d", got)
	}
}

func TestAPageOfAnotherSiteCannotChangeAnything(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		method, path, site, origin string
		status                     int
	}{
		{"POST", "/api/public", "cross-site", "https://evil.example", 403}, {"POST", "/api/public", "same-site", "", 403},
		{"POST", "/api/public", "same-origin", "http://example.com", 200}, {"POST", "/api/public", "", "https://evil.example", 403},
		{"POST", "/api/public", "", "", 200}, {"GET", "/api/fail", "cross-site", "", 204},
	} {
		header := []string{}
		if c.site != "" {
			header = append(header, "Sec-Fetch-Site", c.site)
		}
		if c.origin != "" {
			header = append(header, "Origin", c.origin)
		}
		if w, p := s.call(t, c.method, c.path, `{"name":"abc"}`, header...); w.Code != c.status || c.status == 403 && p.Code != "request.cross_origin" {
			t.Errorf("%+v: %d %s", c, w.Code, p.Code)
		}
	}
}

func TestAPanicIsOneFailedRequest(t *testing.T) {
	s := newSite(t)
	w, p := s.call(t, "GET", "/api/panic", "")
	if w.Code != 500 || p.Code != "internal" || strings.Contains(w.Body.String(), "secret detail") {
		t.Errorf("panic: %d %s", w.Code, w.Body)
	}
	abort := httpapi.Recover(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	if !panics(func() { abort.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) }) {
		t.Error("a handler could not cut the connection")
	}
}

func TestUpdatesNameTheVersionTheyRead(t *testing.T) {
	s := newSite(t)
	for match, want := range map[string]string{"": "if_match.required", "*": "if_match.invalid", `"x"`: "if_match.invalid", `"7"`: "", `W/"7"`: "", "7": ""} {
		w, p := s.call(t, "PUT", "/api/update", "", "If-Match", match)
		if p.Code != want || want == "" && (w.Header().Get("ETag") != `"8"` || strings.TrimSpace(w.Body.String()) != "7") {
			t.Errorf("If-Match %s: %d %s %s", match, w.Code, p.Code, w.Header().Get("ETag"))
		}
	}
}

func TestHardening(t *testing.T) {
	s := newSite(t)
	w, _ := s.call(t, "GET", "/api/fail", "")
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
	} {
		if got := w.Header().Get(name); !strings.Contains(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "script-src 'self' 'unsafe") || !strings.Contains(csp, "object-src 'none'") {
		t.Errorf("policy %q", csp)
	}
}

func TestTheDocumentStatesEveryAccess(t *testing.T) {
	s := newSite(t)
	raw, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"x-access":"public"`, `"x-access":"signed-in"`, `"x-access":"thing.make"`, `"operationId":"thing-file"`, `"openapi":"3.1`} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("the document lacks %s", want)
		}
	}
}

func TestLanguageOfARequest(t *testing.T) {
	for header, want := range map[string]i18n.Lang{"": i18n.Chinese, "fr": i18n.Chinese, "en-GB": i18n.English, "fr, en;q=0.5, zh;q=0.1": i18n.English, "zh-TW,en": i18n.Chinese} {
		var got i18n.Lang
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", header)
		httpapi.Languages(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = httpapi.LangOf(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
		if got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	if httpapi.LangOf(context.Background()) != i18n.Chinese {
		t.Error("without a request the language is not Chinese")
	}
}
