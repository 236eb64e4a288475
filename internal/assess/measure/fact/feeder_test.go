package fact_test

import (
	"context"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// Another system states what it may, where it may, until it is revoked; its secret is not kept.
func TestAnotherSystemStatesWhatItMay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		const define auth.Permission = "define"
		regions := []fact.Region{{Code: "110000000000", Path: "c.", Level: "city"}, {Code: "110101000000", Parent: "110000000000", Path: "c.d1.", Level: "district"}, {Code: "110102000000", Parent: "110000000000", Path: "c.d2.", Level: "district"}}
		l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Define: define}, regions)
		must(t, err)
		must(t, l.Seed(context.Background(), []fact.Element{{Code: "mine", NameZh: "x", NameEn: "x", Combine: fact.Sum, Period: period.Month}, {Code: "other", NameZh: "x", NameEn: "x", Combine: fact.Sum, Period: period.Month}}))
		ctx := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "a"}, map[auth.Permission][]string{define: {"c."}}))
		f, err := l.MakeFeeder(ctx, fact.NewFeeder{Name: "网管系统", RegionCode: "110101000000", Elements: []string{"mine"}})
		must(t, err)
		five := 5.0
		july, _ := period.Parse("2026-07")
		stated := func(element, unit string) []fact.Stated {
			return []fact.Stated{{Element: element, Unit: unit, Period: july, Value: &five}}
		}
		out, err := l.Feed(context.Background(), f.Secret, stated("mine", "110101000000"))
		if err != nil || out.New != 1 {
			t.Fatal(out, err)
		}
		for want, in := range map[string][]fact.Stated{"measure.feeder.element": stated("other", "110101000000"), "measure.import.away": stated("mine", "110102000000")} {
			if _, err := l.Feed(context.Background(), f.Secret, in); !fault.Is(err, want) {
				t.Errorf("%s: %v", want, err)
			}
		}
		for _, wrong := range []string{"", "tsf_", f.Secret + "x", f.ID} {
			if _, err := l.Feed(context.Background(), wrong, stated("mine", "110101000000")); fault.Of(err).Kind != fault.Unauthenticated {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		renewed, err := l.RenewFeeder(ctx, f.ID)
		must(t, err)
		if _, err := l.Feed(context.Background(), f.Secret, stated("mine", "110101000000")); fault.Of(err).Kind != fault.Unauthenticated {
			t.Errorf("the secret of before: %v", err)
		}
		if _, err := l.Feed(context.Background(), renewed.Secret, stated("mine", "110101000000")); err != nil || renewed.Name != "网管系统" {
			t.Errorf("the new secret: %v", err)
		}
		elsewhere := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "b"}, map[auth.Permission][]string{define: {"c.d2."}}))
		if _, err := l.RenewFeeder(elsewhere, f.ID); !fault.Is(err, "measure.feeder.not_found") {
			t.Errorf("renewed from another region: %v", err)
		}
		must(t, l.RevokeFeeder(ctx, f.ID))
		if _, err := l.Feed(context.Background(), renewed.Secret, stated("mine", "110101000000")); fault.Of(err).Kind != fault.Unauthenticated {
			t.Errorf("a revoked system: %v", err)
		}
		if _, err := l.RenewFeeder(ctx, f.ID); !fault.Is(err, "measure.feeder.revoked") {
			t.Errorf("a revoked system renewed: %v", err)
		}
	}, measure.Migrations())
}
