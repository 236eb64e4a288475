package app

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// The matrix asks every operation of the OpenAPI document as everybody: a visitor, a
// person without grants, and each role, over the whole city and over one district.

const (
	cityPath  = "cn.11."
	homeCode  = "110105000000"
	asHeader  = "X-Test-Role"
	pathOf    = "X-Test-Path"
	noSuchKey = "01ZZZZZZZZZZZZZZZZZZZZZZZZ"
)

func openTest(t *testing.T) *App {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Listen = t.TempDir(), ""
	a, err := Open(context.Background(), cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	a.handler = a.routes(func(r *http.Request) (*auth.Principal, error) { return principal(a, r), nil })
	return a
}

// principal is whom the test's headers name: "" nobody, "none" without grants, or a role.
func principal(a *App, r *http.Request) *auth.Principal {
	name := r.Header.Get(asHeader)
	if name == "" {
		return nil
	}
	granted := map[auth.Permission][]string{}
	for _, role := range builtinRoles() {
		if role.ID == name {
			for _, p := range role.Permissions {
				granted[p] = []string{r.Header.Get(pathOf)}
			}
		}
	}
	p := auth.NewPrincipal(auth.Actor{ID: "user:" + name, Name: name}, granted)
	p.Fresh = a.clock.Now()
	return p
}

// unbegun is the version of what nobody began: none.
const unbegun = "none"

type operation struct {
	id, method, path string
	access           httpapi.Access
	body             *huma.Schema // of JSON; nil for none or a file
}

func operations(t *testing.T, a *App) (all []operation) {
	t.Helper()
	for path, item := range a.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put,
			http.MethodPatch: item.Patch, http.MethodDelete: item.Delete} {
			if op == nil {
				continue
			}
			access, _ := op.Extensions["x-access"].(string)
			if access == "" {
				t.Errorf("%s %s declares no access", method, path)
			}
			found := operation{op.OperationID, method, path, httpapi.Access(access), nil}
			if op.RequestBody != nil && op.RequestBody.Content["application/json"] != nil {
				found.body = op.RequestBody.Content["application/json"].Schema
			}
			all = append(all, found)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].id < all[j].id })
	if len(all) < 100 {
		t.Fatalf("only %d operations were found", len(all))
	}
	return all
}

type answer struct {
	status int
	code   string
	body   string
	etag   string
}

// request is what an operation is asked with.
type request struct {
	fill  map[string]string // of the path
	query string
	body  string
	raw   bool // the body is a file
	match string
}

func (a *App) ask(op operation, in request, role, path string) answer {
	target := op.path
	for name, value := range in.fill {
		target = strings.ReplaceAll(target, "{"+name+"}", url.PathEscape(value))
	}
	if in.query != "" {
		target += "?" + in.query
	}
	r := httptest.NewRequest(op.method, target, strings.NewReader(in.body))
	r.Header.Set("Content-Type", "application/json")
	if in.raw {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	if op.method != http.MethodGet && in.match != unbegun {
		r.Header.Set("If-Match", cmp.Or(in.match, `"1"`))
	}
	if role != "" {
		r.Header.Set(asHeader, role)
		r.Header.Set(pathOf, path)
	}
	if op.id == "live" || op.id == door.OpStream { // a stream: the answer's head is enough
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		r = r.WithContext(ctx)
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	var p httpapi.Problem
	_ = json.Unmarshal(w.Body.Bytes(), &p)
	return answer{w.Code, p.Code, w.Body.String(), w.Header().Get("ETag")}
}

// anything stands in a path where the matrix asks only whether the door opens.
var anything = map[string]string{"id": noSuchKey, "code": homeCode, "key": "none", "word": "none", "sm3": strings.Repeat("0", 64), "lang": "zh",
	"pairing": "none", "licence": noSuchKey, "entry": noSuchKey, "account": noSuchKey, "device": "61101050010010314010401", "handoff": noSuchKey, "grant": noSuchKey}

func TestEveryOperationRefusesWhoHasNoGrant(t *testing.T) {
	a := openTest(t)
	for _, op := range operations(t, a) {
		anything := request{fill: anything}
		if op.method != http.MethodGet && op.method != http.MethodDelete {
			anything.body = "{}"
		}
		open := op.access == httpapi.Public || op.access == httpapi.Device
		if open != slices.Contains(publicOperations, op.id) {
			t.Errorf("%s is %s, which the written list of public operations does not say", op.id, op.access)
		}
		if got := a.ask(op, anything, "", ""); !open && (got.status != http.StatusUnauthorized || got.code != "auth.sign_in_required") {
			t.Errorf("%s as a visitor: %d %s", op.id, got.status, got.body)
		} else if open && got.code == "auth.sign_in_required" {
			t.Errorf("%s is public and asks a visitor to sign in", op.id)
		}
		if got := a.ask(op, anything, "none", ""); !open && op.access != httpapi.SignedIn && got.status != http.StatusForbidden {
			t.Errorf("%s without grants: %d %s", op.id, got.status, got.body)
		}
		for _, role := range builtinRoles() {
			holds := slices.Contains(role.Permissions, auth.Permission(op.access))
			got := a.ask(op, anything, role.ID, cityPath)
			switch {
			case open || op.access == httpapi.SignedIn:
			case !holds && (got.status != http.StatusForbidden || got.code != "auth.no_grant"):
				t.Errorf("%s as %s, who lacks %s: %d %s", op.id, role.ID, op.access, got.status, got.body)
			case holds && got.status == http.StatusUnauthorized:
				t.Errorf("%s as %s, who holds %s: %d %s", op.id, role.ID, op.access, got.status, got.body)
			case got.status >= 500:
				t.Errorf("%s as %s: %d %s", op.id, role.ID, got.status, got.body)
			}
		}
	}
}
