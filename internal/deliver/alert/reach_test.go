package alert

import (
	"slices"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// A message of the city that plays in a district is read there, and followed up at the
// terminals there and at no others. What does not reach the district does not exist for it,
// and neither does what is only being written.
func TestADistrictFollowsUpWhatTheCitySends(t *testing.T) {
	each(t, func(b *bench) {
		mine, lost, other, away := b.town.stand(township1, 1), b.town.stand(township1, 2), b.town.stand("110108001000", 1), b.town.stand("110108002000", 1)
		lost.Online, away.Online = false, false
		city := b.issued(b.rain("110000000000"))
		d := b.rain(chaoyang, haidian)
		d.Texts[0].Title = "两区预警"
		two := b.issued(d)
		elsewhere := b.issued(b.rain(haidian))
		writing := b.rain("110000000000")
		writing.Texts[0].Title = "未发的"
		draft := b.checked(writing)
		b.look()
		at := "/api/alerts/" + city.ID

		var found store.Listing[summary]
		b.call("chaoyang", "GET", "/api/alerts", nil, 200, &found)
		var ids []string
		for _, s := range found.Items {
			ids = append(ids, s.ID)
		}
		if !slices.Equal(ids, []string{two.ID, city.ID}) || found.Total != 2 {
			b.Errorf("chaoyang lists %v", ids)
		}
		b.call("chaoyang", "GET", "/api/alerts/"+elsewhere.ID, nil, 404, nil)
		b.call("chaoyang", "GET", "/api/alerts/"+draft.ID, nil, 404, nil)

		var v messageView
		b.call("li", "POST", at+"/update", nil, 200, &v)
		b.call("chaoyang", "GET", at, nil, 200, &v)
		if v.Open != nil || v.Figures.Targets != 2 || v.Figures.Offline != 1 || !slices.Equal(v.May, []string{"handle", "retry"}) {
			b.Errorf("%+v %+v %v", v.Open, v.Figures, v.May)
		}
		var versions store.Listing[versionView]
		b.call("chaoyang", "GET", at+"/versions", nil, 200, &versions)
		if len(versions.Items) != 1 {
			b.Errorf("%d versions", len(versions.Items))
		}
		var p standing
		b.call("chaoyang", "GET", at+"/progress", nil, 200, &p)
		for _, codes := range p.States {
			for _, c := range codes {
				if !strings.HasPrefix(c, "6110105") {
					b.Errorf("progress tells of %s", c)
				}
			}
		}
		var towns store.Listing[delivery.Township]
		b.call("chaoyang", "GET", at+"/townships", nil, 200, &towns)
		if len(towns.Items) != 1 || towns.Items[0].Code != township1 || p.Figures.Targets != 2 {
			b.Errorf("%+v", towns.Items)
		}
		var curve delivery.Curve
		b.call("chaoyang", "GET", at+"/curve", nil, 200, &curve)
		if curve.Targets != 2 {
			b.Errorf("%+v", curve)
		}
		var rows store.Listing[delivery.Delivery]
		b.call("chaoyang", "GET", at+"/deliveries", nil, 200, &rows)
		if rows.Total != 2 {
			b.Errorf("%d deliveries", rows.Total)
		}
		var log store.Listing[delivery.Logged]
		b.call("chaoyang", "GET", at+"/deliveries/"+string(other.Code)+"/receipts", nil, 200, &log)
		if len(log.Items) != 0 {
			b.Errorf("receipts of another district: %+v", log.Items)
		}
		b.call("chaoyang", "GET", at+"/deliveries/"+string(mine.Code)+"/receipts", nil, 200, &log)
		if len(log.Items) == 0 {
			b.Error("no receipts of one's own")
		}
		var troubled store.Listing[delivery.Troubled]
		b.call("chaoyang", "GET", at+"/troubled", nil, 200, &troubled)
		if len(troubled.Items) != 1 || troubled.Items[0].Device != string(lost.Code) {
			b.Errorf("%+v", troubled.Items)
		}

		// Acts reach one's own terminals, even where others are named.
		sent := map[string]int{}
		b.call("chaoyang", "POST", at+"/retry", Chosen{Devices: []string{string(lost.Code), string(away.Code)}}, 200, &sent)
		if sent["sent"] != 1 {
			b.Errorf("sent again to %v", sent)
		}
		var h handoff
		b.call("chaoyang", "POST", at+"/handoffs", map[string]any{"party": "维修三班", "note": "请上门检查"}, 201, &h)
		if !slices.Equal(h.Devices, []string{string(lost.Code)}) {
			b.Errorf("%+v", h)
		}
		b.call("chaoyang", "POST", at+"/handoffs", map[string]any{"devices": []string{string(away.Code)}, "party": "x", "note": "x"}, 422, nil)
		var theirs handoff
		b.call("haidian", "POST", at+"/handoffs", map[string]any{"party": "海淀", "note": "请上门检查"}, 201, &theirs)
		for who, want := range map[string]int{"chaoyang": 1, "haidian": 1, "viewer": 2} {
			var hs store.Listing[handoff]
			b.call(who, "GET", at+"/handoffs", nil, 200, &hs)
			if len(hs.Items) != want {
				b.Errorf("%s sees %d follow-ups", who, len(hs.Items))
			}
			var trail store.Listing[struct{ RegionPath string }]
			b.call(who, "GET", at+"/audit", nil, 200, &trail)
			for _, r := range trail.Items {
				if !auth.NewScope(people[who].path).Allows(r.RegionPath) {
					b.Errorf("%s sees an act at %s", who, r.RegionPath)
				}
			}
		}
		b.call("chaoyang", "POST", at+"/handoffs/"+theirs.ID+"/close", map[string]string{"outcome": "x"}, 409, nil)
		b.call("chaoyang", "POST", at+"/handoffs/"+h.ID+"/close", map[string]string{"outcome": "已修"}, 204, nil)

		// Everything else stays with those who hold the whole message.
		reason := map[string]string{"reason": "测试一下"}
		for _, c := range []struct {
			method, path string
			body         any
		}{{"POST", "/cancel", reason}, {"POST", "/update", nil}, {"GET", "/report", nil}, {"POST", "/reject", reason}, {"POST", "/check", submission{}}} {
			b.call("chaoyang", c.method, at+c.path, c.body, 403, nil)
		}

		// Figures of a part are of the part also when it is over.
		_, err := b.m.cancel(b.as("li"), city.ID, "误报了")
		b.do(err)
		b.look()
		b.clk.Advance(2 * settle)
		b.look()
		b.call("chaoyang", "GET", at, nil, 200, &v)
		if v.State != message.Ended || v.Figures.Targets != 2 {
			b.Errorf("%s %+v", v.State, v.Figures)
		}
		b.call("chaoyang", "GET", "/api/alerts?state=ended", nil, 200, &found)
		if len(found.Items) != 1 || found.Items[0].Figures != nil {
			b.Errorf("%+v", found.Items)
		}
	})
}
