package asset_test

import (
	"context"
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
