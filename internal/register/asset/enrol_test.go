package asset_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

func request(t *testing.T, r *rig, token string, code ebd.ResourceCode) *wire.EnrolRequest {
	t.Helper()
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	req, err := wire.NewEnrolRequest(key, token, code, "TS-1", "SN", "1.0", r.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestEnrolment(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		ctx := context.Background()
		d := r.add("110105001000", 116.45, 39.91)
		old, err := r.IssueToken(everywhere, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		token, err := r.IssueToken(everywhere, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Enrol(ctx, request(t, r, old.Token, d.Code))
		wantCode(t, err, "asset.enrol.token_revoked") // the newest piece of paper is the only good one
		_, err = r.Enrol(ctx, request(t, r, "no-such-token", d.Code))
		wantCode(t, err, "asset.enrol.token_unknown")
		other := r.add("110105002000", 116.45, 39.91)
		_, err = r.Enrol(ctx, request(t, r, token.Token, other.Code))
		wantCode(t, err, "asset.enrol.other_code")

		req := request(t, r, token.Token, d.Code)
		res, err := r.Enrol(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Code != d.Code || string(res.Region) != "110105001000" || *res.Position != wire.At(116.45, 39.91) {
			t.Errorf("answer %+v", res)
		}
		if _, err := r.Enrol(ctx, req); err != nil {
			t.Errorf("a device whose answer was lost could not ask again: %v", err)
		}
		_, err = r.Enrol(ctx, request(t, r, token.Token, d.Code))
		wantCode(t, err, "asset.enrol.taken")
		_, err = r.IssueToken(everywhere, d.ID)
		wantCode(t, err, "asset.token.not_planned")

		// One key cannot stand for two devices.
		second, err := r.IssueToken(everywhere, other.ID)
		if err != nil {
			t.Fatal(err)
		}
		stolen := *req
		stolen.Token, stolen.Code = second.Token, other.Code
		_, err = r.Enrol(ctx, &stolen)
		wantCode(t, err, "asset.enrol.key_used")

		clk.Advance(15 * 24 * time.Hour)
		_, err = r.Enrol(ctx, request(t, r, second.Token, other.Code))
		wantCode(t, err, "asset.enrol.token_expired")
	})
}

func TestBatchToken(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		ctx := context.Background()
		a, b, c := r.add("110105001000", 116, 40), r.add("110105002000", 116, 40), r.add("110108001000", 116, 40)
		g, err := r.IssueBatch(everywhere, asset.Batch{RegionCode: "110105000000", Kind: "loudspeaker", Count: 1, ExpiresAt: clk.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Enrol(ctx, request(t, r, g.Token, c.Code))
		wantCode(t, err, "asset.enrol.not_in_batch")
		r.present(a, g.Token)
		_, err = r.Enrol(ctx, request(t, r, g.Token, b.Code))
		wantCode(t, err, "asset.enrol.token_used")
		_, err = r.IssueBatch(officer("cn.11.110108."), asset.Batch{RegionCode: "110105000000", Count: 1, ExpiresAt: clk.Now().Add(time.Hour)})
		wantCode(t, err, "auth.no_grant")
		_, err = r.IssueBatch(everywhere, asset.Batch{RegionCode: "110105000000", Count: 1, ExpiresAt: clk.Now()})
		wantCode(t, err, "asset.token.expiry")
	})
}

// asScreen is what a screen sends whose address has a token, put together as a browser does it.
func asScreen(t *testing.T, key *ebd.PrivateKey, token string, at time.Time) map[string]any {
	t.Helper()
	public := key.Public()
	serial, micros := hex.EncodeToString(public[:])[:16], at.UnixMicro()
	proof, err := key.Sign([]byte(strings.Join([]string{"tongsheng-enrol-1", token, "", hex.EncodeToString(public[:]), "Chrome 140 X11", serial, "web 1", fmt.Sprint(micros)}, "\x00")))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"token": token, "key": base64.RawURLEncoding.EncodeToString(public[:]), "model": "Chrome 140 X11", "serial": serial, "firmware": "web 1", "at": micros, "proof": hex.EncodeToString(proof[:])}
}

// Whoever puts up many screens opens the same address on each: /screen/#token=…
func TestScreensJoinByTheTokenOfABatch(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		d := newDesk(r)
		for _, name := range []string{"一号屏", "二号屏", "三号屏"} {
			if _, err := r.RegisterDevice(everywhere, asset.NewDevice{Kind: "screen", Facts: asset.Facts{Name: name},
				Whereabouts: asset.Whereabouts{RegionCode: "110105001000", Position: &asset.Position{Lon: 116.45, Lat: 39.91}}}); err != nil {
				t.Fatal(err)
			}
		}
		r.add("110105001000", 116, 40) // a loudspeaker, which the batch is not for
		g, err := r.IssueBatch(everywhere, asset.Batch{RegionCode: "110105000000", Kind: "screen", Count: 2, ExpiresAt: clk.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		keys, codes := [3]*ebd.PrivateKey{}, map[string]bool{}
		for i := range keys {
			if keys[i], err = ebd.GenerateKey(); err != nil {
				t.Fatal(err)
			}
		}
		enrol := func(key *ebd.PrivateKey, change func(map[string]any)) *httptest.ResponseRecorder {
			body := asScreen(t, key, g.Token, clk.Now())
			if change != nil {
				change(body)
			}
			return d.as(t.Context()).call(http.MethodPost, "/api/terminal/enrol", body)
		}
		for what, change := range map[string]func(map[string]any){
			"of another key":   func(b map[string]any) { b["key"] = asScreen(t, keys[1], g.Token, clk.Now())["key"] },
			"with a lost word": func(b map[string]any) { delete(b, "firmware") },
			"another token":    func(b map[string]any) { maps.Copy(b, asScreen(t, keys[0], "x"+g.Token[1:], clk.Now())) },
		} {
			if rec := enrol(keys[0], change); rec.Code < 400 || rec.Code >= 500 {
				t.Errorf("%s: %d %s", what, rec.Code, rec.Body)
			}
		}
		for _, key := range keys[:2] {
			var got wire.EnrolResponse
			d.want(http.StatusOK, enrol(key, nil), &got)
			codes[string(got.Code)] = true
			if len(got.Issuers) == 0 || got.Region != "110105001000" {
				t.Errorf("%+v", got)
			}
		}
		if len(codes) != 2 {
			t.Errorf("two screens are %v", codes)
		}
		var again wire.EnrolResponse // the answer was lost on the way
		d.want(http.StatusOK, enrol(keys[1], nil), &again)
		if !codes[string(again.Code)] {
			t.Errorf("asked again it is another: %s", again.Code)
		}
		if rec := enrol(keys[2], nil); !strings.Contains(rec.Body.String(), "asset.enrol.token_used") {
			t.Errorf("a third joined: %d %s", rec.Code, rec.Body)
		}
	})
}
