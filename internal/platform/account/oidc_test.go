package account

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// outside is an OpenID provider that checks what a provider must: redirect URI, PKCE,
// client. Its person is whoever the test says.
type outside struct {
	t       *testing.T
	server  *httptest.Server
	key     *rsa.PrivateKey
	now     func() time.Time
	claims  map[string]any // of the next token
	signer  *rsa.PrivateKey
	flights map[string]url.Values // by code
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o := &outside{t: t, key: key, signer: key, flights: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		o.say(w, map[string]any{"issuer": o.server.URL, "authorization_endpoint": o.server.URL + "/authorize", "token_endpoint": o.server.URL + "/token",
			"jwks_uri": o.server.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		o.say(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &o.key.PublicKey, KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", o.token)
	o.server = httptest.NewServer(mux)
	t.Cleanup(o.server.Close)
	return o
}

func (o *outside) say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// authorize is the person consenting: it returns where the browser is sent back to.
func (o *outside) authorize(to string) *url.URL {
	o.t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		o.t.Fatal(err)
	}
	q := u.Query()
	if q.Get("client_id") != "tongsheng" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || len(q.Get("state")) < 26 ||
		!strings.HasPrefix(to, o.server.URL+"/authorize?") {
		o.t.Fatalf("sent to %s", to)
	}
	code := rand.Text()
	o.flights[code] = q
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Path != callbackPath {
		o.t.Fatalf("sent back to %s", q.Get("redirect_uri"))
	}
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	return back
}

func (o *outside) token(w http.ResponseWriter, r *http.Request) {
	f, ok := o.flights[r.FormValue("code")]
	delete(o.flights, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || f.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || f.Get("redirect_uri") != r.FormValue("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		o.say(w, map[string]any{"error": "invalid_grant"})
		return
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: o.signer, KeyID: "1"}}, nil)
	if err != nil {
		o.t.Error(err)
	}
	claims := map[string]any{"iss": o.server.URL, "aud": "tongsheng", "nonce": f.Get("nonce"), "iat": o.now().Unix(), "exp": o.now().Add(time.Minute).Unix()}
	for k, v := range o.claims {
		claims[k] = v
	}
	raw, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		o.t.Error(err)
	}
	o.say(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": raw})
}

// eachOutside runs a test on a house with an outside sign-in service.
func eachOutside(t *testing.T, fn func(h *house, o *outside), change ...func(*OIDC)) {
	t.Helper()
	each(t, func(h *house) {
		o := newOutside(t)
		o.now = h.clk.Now
		cfg := OIDC{Issuer: o.server.URL, ClientID: "tongsheng", Secret: "s", Name: "City"}
		for _, c := range change {
			c(&cfg)
		}
		var err error
		if h.Module.oidc, err = newProvider(cfg, h.origin); err != nil {
			t.Fatal(err)
		}
		fn(h, o)
	})
}

// fly goes to the outside service and comes back; it returns the sign-in page's query.
func (o *outside) fly(b *browser, claims map[string]any) url.Values {
	o.t.Helper()
	o.claims = claims
	to := b.do("GET", "/api/session/oidc", nil).want(302).header.Get("Location")
	return b.land(o.authorize(to).RequestURI())
}

func (b *browser) land(path string) url.Values {
	b.h.t.Helper()
	u, err := url.Parse(b.do("GET", path, nil).want(302).header.Get("Location"))
	if err != nil || u.Path != signInPage {
		b.h.t.Fatalf("landed on %v", u)
	}
	return u.Query()
}

func TestOutsideSignInTakesThePlaceOfThePasswordOnly(t *testing.T) {
	eachOutside(t, func(h *house, o *outside) {
		b := h.browser()
		if m := as[SignInMethods](b.do("GET", "/api/session/methods", nil).want(200)); m.OIDC != "City" {
			t.Errorf("methods %+v", m)
		}
		if q := o.fly(b, map[string]any{"sub": "77", "preferred_username": "amy"}); q.Get("step") != "second_factor" {
			t.Fatalf("landed with %v", q)
		}
		b.do("GET", "/api/session", nil).want(401)
		h.next()
		b.do("POST", "/api/session/totp", object{"code": h.code(h.welcomes["amy"].TOTP.Secret)}).want(200)
		// The subject counts from now on: the name may change, and nobody else may come by it.
		if q := o.fly(h.browser(), map[string]any{"sub": "77", "preferred_username": "renamed"}); q.Get("step") != "second_factor" {
			t.Errorf("landed with %v", q)
		}
		if q := o.fly(h.browser(), map[string]any{"sub": "78", "preferred_username": "amy"}); q.Get("problem") != "account.oidc.unknown" {
			t.Errorf("another subject landed with %v", q)
		}
		if n := len(h.records("account.identity_link")); n != 1 {
			t.Errorf("%d links recorded", n)
		}
	})
}

func TestOutsideSignInRefuses(t *testing.T) {
	eachOutside(t, func(h *house, o *outside) {
		amy := map[string]any{"sub": "77", "preferred_username": "amy"}
		with := func(k string, v any) map[string]any {
			return map[string]any{"sub": "77", "preferred_username": "amy", k: v}
		}
		for name, claims := range map[string]map[string]any{
			"another audience": with("aud", "somebody"), "another issuer": with("iss", "http://evil.example"), "an old nonce": with("nonce", "n"),
			"an expired token": with("exp", h.clk.Now().Add(-time.Hour).Unix()),
		} {
			if q := o.fly(h.browser(), claims); q.Get("problem") != "account.oidc.refused" {
				t.Errorf("%s landed with %v", name, q)
			}
		}
		for _, claims := range []map[string]any{{"sub": "1", "preferred_username": "nobody"}, {"sub": "1"}} {
			if q := o.fly(h.browser(), claims); q.Get("problem") != "account.oidc.unknown" {
				t.Errorf("%v landed with %v", claims, q)
			}
		}
		forger, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		o.signer = forger
		if q := o.fly(h.browser(), amy); q.Get("problem") != "account.oidc.refused" {
			t.Errorf("a forged token landed with %v", q)
		}
		o.signer = o.key

		// Somebody else's browser cannot finish the flight, nor can it be finished late or twice.
		b := h.browser()
		o.claims = amy
		back := o.authorize(b.do("GET", "/api/session/oidc", nil).want(302).header.Get("Location")).RequestURI()
		if q := h.browser().land(back); q.Get("problem") != "account.oidc.refused" {
			t.Errorf("another browser landed with %v", q)
		}
		if q := b.land(back + "x"); q.Get("problem") != "account.oidc.refused" {
			t.Errorf("another state landed with %v", q)
		}
		late := h.browser()
		back = o.authorize(late.do("GET", "/api/session/oidc", nil).want(302).header.Get("Location")).RequestURI()
		h.clk.Advance(flightLife + time.Second)
		if q := late.land(back); q.Get("problem") != "account.oidc.refused" {
			t.Errorf("a late flight landed with %v", q)
		}
	})
}

func TestOutsideSignInMakesAccountsOnlyWhenTold(t *testing.T) {
	eachOutside(t, func(h *house, o *outside) {
		b := h.browser()
		if q := o.fly(b, map[string]any{"sub": "9", "preferred_username": "New.Officer", "name": "新人"}); q.Get("step") != "enrol_second_factor" {
			t.Fatalf("landed with %v", q)
		}
		e := as[Enrolment](b.do("POST", "/api/session/totp/enrol", nil).want(200))
		s := as[Session](b.do("POST", "/api/session/totp", object{"code": h.code(e.Secret)}).want(200))
		if s.State != "signed_in" || s.User.Username != "new.officer" || s.User.Name != "新人" || len(s.User.Permissions) != 0 {
			t.Errorf("signed in as %+v", s.User)
		}
		// There is no password to guess.
		h.browser().do("POST", "/api/session", object{"username": "new.officer", "password": "decoy"}).want(401, "account.credentials_wrong")
	}, func(c *OIDC) { c.Provision = true })
}

func TestAnUnreachableServiceIsSaidSoAndTriedAgain(t *testing.T) {
	eachOutside(t, func(h *house, o *outside) {
		issuer := h.Module.oidc.Issuer
		h.Module.oidc.Issuer = "http://127.0.0.1:1"
		if q := h.browser().land("/api/session/oidc"); q.Get("problem") != "account.oidc.unreachable" {
			t.Errorf("landed with %v", q)
		}
		h.Module.oidc.Issuer = issuer
		if _, _, err := h.BeginOIDC(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
