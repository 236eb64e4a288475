package asset_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

func pairRequest(t *testing.T, key *ebd.PrivateKey) *wire.PairRequest {
	t.Helper()
	req := &wire.PairRequest{Model: "Chromium 140", Serial: "screen-1", Firmware: "web"}
	if err := req.Sign(key); err != nil {
		t.Fatal(err)
	}
	return req
}

func TestPairing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		ctx := context.Background()
		screen, err := r.RegisterDevice(everywhere, asset.NewDevice{Kind: "screen", Facts: asset.Facts{Name: "站前广场大屏"},
			Whereabouts: asset.Whereabouts{RegionCode: "110105001000", Position: &asset.Position{Lon: 116.45, Lat: 39.91}}})
		if err != nil {
			t.Fatal(err)
		}
		key, err := ebd.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		req := pairRequest(t, key)
		shown, err := r.Pair(ctx, req)
		if err != nil || len(shown.Pairing) != 8 || !strings.HasSuffix(shown.Link, shown.Pairing) || !strings.HasPrefix(shown.QR, "<svg") || shown.Enrolment != nil {
			t.Fatalf("%+v %v", shown, err)
		}
		if again, _ := r.Pair(ctx, req); again.Pairing != shown.Pairing {
			t.Error("the word changes while somebody reads it")
		}
		spoken := strings.ToLower(shown.Pairing[:4]) + " - " + shown.Pairing[4:]
		p, err := r.Pairing(spoken)
		if err != nil || p.Model != "Chromium 140" || p.Serial != "screen-1" {
			t.Fatalf("%+v %v", p, err)
		}
		_, err = r.ConfirmPairing(officer("cn.11.110108."), screen.ID, shown.Pairing)
		wantCode(t, err, "asset.device.not_found") // another district's
		_, err = r.ConfirmPairing(everywhere, screen.ID, "ABCDEFGH")
		wantCode(t, err, "asset.pair.unknown")
		if _, err := r.ConfirmPairing(everywhere, screen.ID, spoken); err != nil {
			t.Fatal(err)
		}
		_, err = r.Pairing(shown.Pairing)
		wantCode(t, err, "asset.pair.unknown") // it is good once
		told, err := r.Pair(ctx, req)
		if err != nil || told.Enrolment == nil || told.Enrolment.Code != screen.Code || told.Pairing != "" {
			t.Fatalf("%+v %v", told, err)
		}
		x := &terminal{rig: r, code: screen.Code, key: key, at: "192.0.2.1:1024"}
		x.connect()

		// A device that has its key takes no other, and the same key no other device.
		other, _ := ebd.GenerateKey()
		stranger, _ := r.Pair(ctx, pairRequest(t, other))
		_, err = r.ConfirmPairing(everywhere, screen.ID, stranger.Pairing)
		wantCode(t, err, "asset.token.not_planned")

		// Who stops asking, and a word that is old, are forgotten.
		clk.Advance(3 * time.Minute)
		_, err = r.Pairing(stranger.Pairing)
		wantCode(t, err, "asset.pair.unknown")
		again, _ := r.Pair(ctx, pairRequest(t, other))
		if again.Pairing == stranger.Pairing {
			t.Error("a forgotten word came back")
		}
		for range 61 {
			clk.Advance(time.Minute)
			_, _ = r.Pair(ctx, pairRequest(t, other))
		}
		_, err = r.Pairing(again.Pairing)
		wantCode(t, err, "asset.pair.unknown")
	})
}

// Whoever asks with key after key pushes out no device that goes on asking.
func TestPairingsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		if db.Dialect() != store.SQLite {
			return
		}
		r := newRig(t, db, clk)
		honest, _ := ebd.GenerateKey()
		req := pairRequest(t, honest)
		shown, err := r.Pair(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2100 {
			var k wire.KeyText
			k[0], k[1] = byte(i), byte(i>>8)
			if _, err := r.Pair(context.Background(), &wire.PairRequest{Key: k, Model: "m", Serial: "s", Firmware: "f"}); err != nil {
				t.Fatal(err)
			}
			clk.Advance(time.Millisecond)
			if i%500 == 0 {
				_, _ = r.Pair(context.Background(), req)
			}
		}
		if again, _ := r.Pair(context.Background(), req); again.Pairing != shown.Pairing {
			t.Error("a device that goes on asking lost its word")
		}
	})
}
