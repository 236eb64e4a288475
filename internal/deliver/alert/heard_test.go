package alert

import (
	"testing"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Of ten loudspeakers six are heard and three play without being heard: their microphones
// show −71 dB, as those of the simulator's silent share do. The tenth has no microphone.
// The figures, the townships, the curve, the list and what needs hands agree, also after
// everything was read again from the database.
func TestASilentLoudspeakerIsNotHeard(t *testing.T) {
	each(t, func(b *bench) {
		const silent = -71
		for n := range 10 {
			b.town.stand(township1, n+1)
		}
		msg := b.issued(b.rain(township1))
		b.look()
		for n, code := range b.town.order[:9] {
			level := -25.0
			if n < 3 {
				level = silent
			}
			b.town.terminals[code].finish(level)
		}
		b.look()
		at := "/api/alerts/" + msg.ID
		for range 2 {
			if f := b.figures(msg.ID); f.Played != 9 || f.Heard != 6 {
				b.Errorf("%+v", f)
			}
			var towns store.Listing[delivery.Township]
			b.call("viewer", "GET", at+"/townships", nil, 200, &towns)
			if f := towns.Items[0].Figures; f.Heard != 6 {
				b.Errorf("%+v", f)
			}
			var curve delivery.Curve
			b.call("viewer", "GET", at+"/curve", nil, 200, &curve)
			if n := len(curve.Heard); curve.Heard[n-1] != 6 || curve.Played[n-1] != 9 {
				b.Errorf("%+v", curve)
			}
			for filter, want := range map[string]int64{"yes": 6, "no": 4} {
				var rows store.Listing[delivery.Delivery]
				b.call("viewer", "GET", at+"/deliveries?heard="+filter, nil, 200, &rows)
				if rows.Total != want {
					b.Errorf("heard=%s lists %d", filter, rows.Total)
				}
				for _, d := range rows.Items {
					if heard := d.Heard != nil && d.Heard.Audible; heard != (filter == "yes") {
						b.Errorf("heard=%s lists one with %+v", filter, d.Heard)
					}
				}
			}
			var troubled store.Listing[delivery.Troubled]
			b.call("viewer", "GET", at+"/troubled", nil, 200, &troubled)
			if len(troubled.Items) != 3 || troubled.Items[0].Problem != delivery.ProblemUnheard {
				b.Errorf("%+v", troubled.Items)
			}
			var rows store.Listing[delivery.Delivery]
			b.call("viewer", "GET", at+"/deliveries?problem=unheard&limit=2", nil, 200, &rows)
			if rows.Total != 3 || len(rows.Items) != 2 || rows.Items[0].Name == "" {
				b.Errorf("%+v", rows)
			}
			b.call("viewer", "GET", at+"/deliveries?problem=unheard&limit=2&after="+rows.Next, nil, 200, &rows)
			if len(rows.Items) != 1 || rows.Next != "" || rows.Items[0].Heard == nil || rows.Items[0].Heard.DBFS != silent {
				b.Errorf("%+v", rows)
			}
			b.call("viewer", "GET", at+"/deliveries?problem=failed", nil, 200, &rows)
			if rows.Total != 0 || len(rows.Items) != 0 {
				b.Errorf("%+v", rows)
			}
			if f := b.figures(msg.ID); f.Unheard != 3 || f.Unmeasured != 0 {
				b.Errorf("%+v", f)
			}
			b.restart()
		}
	})
}
