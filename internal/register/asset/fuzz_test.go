package asset

import (
	"context"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/register/asset/sheet"
)

// oneDistrict is a tree of one region.
type oneDistrict struct{}

func (oneDistrict) Region(_ context.Context, code string) (path, name string, err error) {
	if code != "110105001000" {
		return "", "", fault.New(fault.NotFound, "region.not_found")
	}
	return "cn.11.110105.110105001.", "北京市朝阳区建外街道", nil
}

// A row becomes a device that is sound, or says at which columns it is not.
func FuzzImportRow(f *testing.F) {
	const head = "资源编码,种类,名称,区域代码,经度,纬度,监听麦克风,安装日期\n"
	for _, row := range []string{",大喇叭,建外一号,110105001000,116.45,39.91,是,2024年5月1日", "51101050010000314010499,loudspeaker,x,110105001000,,,否,2024-05-01",
		",飞船,,990000000000,NaN,1e400,也许,昨天", "\"a\nb\",大喇叭,\x00,110105001000,,,,", "短,大喇叭,x,110105001000,,,,"} {
		f.Add(row)
	}
	clk := clock.NewManual(time.Date(2026, 7, 21, 12, 0, 0, 0, time.UTC))
	m := &Module{clock: clk, regions: newRegionBook(oneDistrict{}, nil, clk)}
	ctx := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "x"}, map[auth.Permission][]string{PermImport: {"cn.11."}}))
	f.Fuzz(func(t *testing.T, row string) {
		table, err := sheet.Read(context.Background(), "x.csv", []byte(head+row+"\n"), 100)
		if err != nil {
			return
		}
		r := &importer{m: m, imp: &Import{}, seen: map[string]int{}}
		for _, cells := range table.Rows {
			d, bad := r.read(ctx, sheet.Row{Row: cells})
			if (d == nil) != (len(bad) > 0) {
				t.Fatalf("%q: %+v and %v", row, d, bad)
			}
			for _, f := range bad {
				if f.Code == "" || f.Kind == fault.Internal {
					t.Errorf("%q: %v", row, f)
				}
			}
			if d != nil && (d.Name == "" || d.RegionPath == "" || d.Position != nil && !d.Position.point().Valid()) {
				t.Errorf("%q became %+v", row, d.Device)
			}
		}
	})
}
