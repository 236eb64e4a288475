package main

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/geo"
)

func TestApportionKeepsEverybody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(0, 30_000_000).Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000), 1, 60).Draw(t, "weights")
		var sum int64
		big64 := make([]*big.Int, len(weights))
		for i, w := range weights {
			big64[i] = big.NewInt(w)
			sum += w
		}
		got := int64(0)
		for i, n := range apportion(total, big64) {
			if exact := float64(total) * float64(weights[i]) / float64(sum); math.Abs(float64(n)-exact) >= 1.0001 {
				t.Fatalf("share %d is %d, exactly %f", i, n, exact)
			}
			got += n
		}
		if got != total {
			t.Fatalf("%d of %d people are left", got, total)
		}
	})
}

func TestTidyVillage(t *testing.T) {
	for in, want := range map[string][2]string{
		"多福巷社区居委会":     {"多福巷社区", "community"},
		"大北家园社区居民委员会":  {"大北家园社区", "community"},
		"芍药居五社区居民居委会":  {"芍药居五社区", "community"},
		"四道口居民委员会":     {"四道口社区", "community"},
		"桃条沟村委会":       {"桃条沟村", "village"},
		"三间房东村村委会":     {"三间房东村", "village"},
		"新宫村":          {"新宫村", "village"},
		"文景街道虚拟社区":     {"文景街道虚拟社区", "statistical"},
		"小营股份经济合作社生活区": {"小营股份经济合作社生活区", "village"},
	} {
		if name, kind := tidyVillage(in); name != want[0] || kind != want[1] {
			t.Errorf("%s became %s (%s), want %v", in, name, kind, want)
		}
	}
}

func TestPinyin(t *testing.T) {
	for name, want := range map[string]string{
		"朝阳区": "chaoyangqu cyq", "长辛店街道": "changxindianjiedao cxdjd", "大栅栏街道": "dashilanjiedao dsljd",
		"长子营镇": "zhangziyingzhen zzyz", "什刹海街道": "shichahaijiedao schjd", "复兴路24号社区": "fuxinglu24haoshequ fxl2hsq",
	} {
		if got := pinyinOf(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Two squares from two sources, one border drawn with a vertex more: joined, they share
// it exactly, and cells carved from one of them fill it.
func TestJoinAndCarve(t *testing.T) {
	v := func(x, y int32) vertex { return vertex{300000 + x, 400000 + y} }
	g := join([]shape{
		{code: "110101000000", rings: [][]vertex{{v(0, 0), v(9000, 0), v(9000, 9000), v(0, 9000), v(0, 0)}}},
		{code: "110102000000", rings: [][]vertex{{v(9000, 0), v(18000, 0), v(18000, 9000), v(9000, 9000), v(8960, 4500), v(9000, 0)}}},
	})
	of := func(code string) geo.MultiPolygon { return g.polygons(func(c string) bool { return c == code }) }
	left, right := of("110101000000"), of("110102000000")
	if len(left) != 1 || len(right) != 1 || geo.Overlap(left, right) != 0 {
		t.Fatalf("%d and %d polygons, overlap %g", len(left), len(right), geo.Overlap(left, right))
	}
	whole := left.Area()
	var sites []site
	for i, p := range []geo.Point{v(2000, 2000).point(), v(7000, 2500).point(), v(4000, 7000).point()} {
		sites = append(sites, site{code: []string{"110101001000", "110101002000", "110101003000"}[i], at: plane(p), mass: float64(i + 1)})
	}
	g.carve("110101000000", left, balance(left, sites, func(geo.Point) float64 { return 1 }))
	sum := 0.0
	for i, s := range sites {
		cell := of(s.code)
		if err := cell.Check(s.code); err != nil {
			t.Error(err)
		}
		if share := cell.Area() / whole; math.Abs(share-float64(i+1)/6) > 0.05 {
			t.Errorf("%s has %.3f of the surface, wanted %.3f", s.code, share, float64(i+1)/6)
		}
		sum += cell.Area()
	}
	if math.Abs(sum/whole-1) > 1e-9 || len(of("110101000000")) != 0 {
		t.Errorf("the cells fill %.6f of the district", sum/whole)
	}
}
