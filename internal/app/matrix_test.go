package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// The matrix asks every operation of the OpenAPI document as everybody: a visitor, a
// person without grants, and each role, over the whole city and over one district.

const (
	cityPath  = "cn.11."
	homePath  = "cn.11.110105." // Chaoyang, where the district's people work
	awayCode  = "110108000000"  // Haidian, where they do not
	awayPath  = "cn.11.110108."
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

type operation struct {
	id, method, path string
	access           httpapi.Access
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
			all = append(all, operation{op.OperationID, method, path, httpapi.Access(access)})
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
}

func (a *App) ask(op operation, fill map[string]string, role, path string) answer {
	target := op.path
	for name, value := range fill {
		target = strings.ReplaceAll(target, "{"+name+"}", value)
	}
	var body string
	if op.method != http.MethodGet && op.method != http.MethodDelete {
		body = "{}"
	}
	r := httptest.NewRequest(op.method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("If-Match", `"1"`)
	if role != "" {
		r.Header.Set(asHeader, role)
		r.Header.Set(pathOf, path)
	}
	if op.id == "live" { // a stream: the answer's head is enough
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		r = r.WithContext(ctx)
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	var p httpapi.Problem
	_ = json.Unmarshal(w.Body.Bytes(), &p)
	return answer{w.Code, p.Code, w.Body.String()}
}

// anything stands in a path where the matrix asks only whether the door opens.
var anything = map[string]string{"id": noSuchKey, "code": homeCode, "key": "none", "word": "none", "sm3": strings.Repeat("0", 64), "lang": "zh",
	"device": "61101050010010314010401", "handoff": noSuchKey, "grant": noSuchKey}

func TestEveryOperationRefusesWhoHasNoGrant(t *testing.T) {
	a := openTest(t)
	for _, op := range operations(t, a) {
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

// What lies in one district is out of reach, and out of sight, for those whose grants
// are in another.
func TestGrantsEndAtTheirRegion(t *testing.T) {
	a := openTest(t)
	ctx := auth.With(context.Background(), func() *auth.Principal {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set(asHeader, engineer)
		r.Header.Set(pathOf, cityPath)
		return principal(a, r)
	}())
	device, err := a.assets.RegisterDevice(ctx, asset.NewDevice{Kind: "loudspeaker", Facts: asset.Facts{Name: "海淀喇叭"},
		Whereabouts: asset.Whereabouts{RegionCode: "110108001000", Position: &asset.Position{Lon: 116.29, Lat: 39.91}}})
	if err != nil {
		t.Fatal(err)
	}
	message := a.draftIn(t, awayCode)
	person := a.personIn(t, awayPath)
	fills := map[string]string{"asset": device.ID, "alert": message, "account": person}
	for _, op := range operations(t, a) {
		kind, _, _ := strings.Cut(op.id, "-")
		id := fills[kind]
		perm := auth.Permission(op.access)
		if id == "" || !strings.Contains(op.path, "{id}") || !strings.HasPrefix(op.path, map[string]string{"asset": "/api/assets/",
			"alert": "/api/alerts/", "account": "/api/accounts/"}[kind]) {
			continue
		}
		fill := map[string]string{}
		for k, v := range anything {
			fill[k] = v
		}
		fill["id"] = id
		for _, role := range builtinRoles() {
			if !slices.Contains(role.Permissions, perm) {
				continue
			}
			got := a.ask(op, fill, role.ID, homePath)
			if got.status < 300 {
				t.Errorf("%s as %s of another district: %d %s", op.id, role.ID, got.status, got.body)
			}
			if got.status >= 500 {
				t.Errorf("%s as %s of another district: %d %s", op.id, role.ID, got.status, got.body)
			}
		}
	}
	for list, role := range map[string]string{"/api/assets": engineer, "/api/alerts": dutyOfficer, "/api/accounts": account.SystemAdministrator} {
		for path, want := range map[string]int{homePath: 0, cityPath: 1} {
			got := a.ask(operation{method: http.MethodGet, path: list}, nil, role, path)
			var l struct{ Items []any }
			if err := json.Unmarshal([]byte(got.body), &l); err != nil || got.status != 200 || len(l.Items) != want {
				t.Errorf("%s as %s at %s: %d %s", list, role, path, got.status, got.body)
			}
		}
	}
}

// draftIn writes a draft for a region as a city's duty officer and returns its id.
func (a *App) draftIn(t *testing.T, region string) string {
	t.Helper()
	body := fmt.Sprintf(`{"kind":"real","class":"emergency","event":"10203","severity":"blue","texts":[{"lang":"zh","title":"暴雨蓝色预警","body":"今夜有雨。"}],
		"area":{"regions":["%s"]},"endsAt":"%s","repeat":{"count":1,"intervalSeconds":0}}`, region, a.clock.Now().Add(time.Hour).Format(time.RFC3339))
	r := httptest.NewRequest(http.MethodPost, "/api/alerts", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(asHeader, dutyOfficer)
	r.Header.Set(pathOf, cityPath)
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	var m struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code >= 300 {
		t.Fatalf("draft: %d %s", w.Code, w.Body)
	}
	return m.ID
}

// personIn makes somebody who belongs to a region and returns their id.
func (a *App) personIn(t *testing.T, path string) string {
	t.Helper()
	if _, err := a.accounts.Bootstrap(context.Background(), []account.Officer{{NewUser: account.NewUser{Username: "haidian", Name: "海淀", RegionPath: path}}}); err != nil {
		t.Fatal(err)
	}
	var id string
	if err := a.db.QueryRow(context.Background(), `SELECT id FROM account_user WHERE username = 'haidian'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}
