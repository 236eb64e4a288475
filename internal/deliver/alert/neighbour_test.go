package alert

import (
	"slices"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// A zone or a shape that crosses the border is sent to what lies on this side of it, by
// those who hold this side; what lies beyond is named, and never sent to.
func TestAnAreaAcrossTheBorderIsSentToThisSide(t *testing.T) {
	each(t, func(b *bench) {
		here, there := b.town.stand(township1, 1), b.town.stand(neighbour, 1)
		east := b.town.stand("110105003000", 1)
		shape := []message.Polygon{{{116.3, 39.5}, {116.48, 39.5}, {116.48, 39.6}, {116.3, 39.6}, {116.3, 39.5}}}
		for name, c := range map[string]struct {
			area  message.Area
			hears *speaker
		}{
			"zone":    {message.Area{Zones: []string{"across"}}, here},
			"polygon": {message.Area{Polygons: shape}, east},
			"regions": {message.Area{Regions: []string{township1, neighbour}}, here},
			"devices": {message.Area{Devices: []string{string(here.Code), string(there.Code)}}, here},
		} {
			d := b.rain()
			d.Area, d.Texts[0].Title = c.area, name
			var p previewed
			b.call("chaoyang", "POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": c.area}, 200, &p)
			if p.Terminals != 1 || len(p.Neighbours) != 1 || !strings.HasPrefix(p.Neighbours[0].Code, "131024") || p.Neighbours[0].Zh == "" || p.People > 3000 {
				b.Errorf("%s: %+v", name, p)
			}
			plays := c.hears.plays
			msg := b.issued(d)
			b.look()
			if c.hears.plays != plays+1 || there.plays != 0 {
				b.Errorf("%s: played %d here, %d beyond the border", name, c.hears.plays-plays, there.plays)
			}
			if !strings.HasPrefix(msg.RegionPath, home+"110105.") {
				b.Errorf("%s belongs to %s", name, msg.RegionPath)
			}
			public, err := b.m.PublishedOne(b.as("li"), msg.ID)
			b.do(err)
			if slices.ContainsFunc(public.Places, func(p Place) bool { return !strings.HasPrefix(p.Path, home) }) {
				b.Errorf("%s: citizens are told %+v", name, public.Places)
			}
			b.hello(there)
			if there.plays != 0 {
				b.Errorf("%s: a terminal beyond the border was sent it when it came back", name)
			}
		}
		for _, area := range []message.Area{{Regions: []string{"131024000000"}}, {Devices: []string{string(there.Code)}},
			{Polygons: []message.Polygon{{{116.42, 39.52}, {116.48, 39.52}, {116.48, 39.58}, {116.42, 39.52}}}}} {
			d := b.rain()
			d.Area = area
			var p httpapi.Problem
			b.call("li", "POST", "/api/alerts", d, 422, &p)
			if len(p.Errors) != 1 || p.Errors[0].Code != "alert.area.neighbour" || !strings.Contains(p.Errors[0].Message, "邻") {
				b.Errorf("%+v: %+v", area, p)
			}
		}
	})
}
