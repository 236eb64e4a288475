package alert

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
)

// box is a rectangle on the map of the test's town: townships are a tenth of a degree wide
// from 116.1 on, the second district lies north of the first.
func box(west, south, east, north float64) message.Polygon {
	return message.Polygon{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}
}

// What an area is called is the same for those who write, approve and read a message.
func TestAnAreaInWords(t *testing.T) {
	each(t, func(b *bench) {
		one, both := box(116.15, 39.52, 116.25, 39.58), box(116.15, 39.52, 116.25, 39.65)
		there := b.town.stand(township2, 1)
		for name, c := range map[string]struct {
			area   message.Area
			zh, en string
		}{
			"a district":           {message.Area{Regions: []string{chaoyang}}, "区110105", "区110105 (en)"},
			"a township":           {message.Area{Regions: []string{township1}}, "区110105乡110105001", "乡110105001 (en), 区110105 (en)"},
			"one within another":   {message.Area{Regions: []string{chaoyang, township1}}, "区110105", "区110105 (en)"},
			"drawn in a district":  {message.Area{Polygons: []message.Polygon{one}}, "区110105乡110105001部分地区、区110105乡110105002部分地区", "parts of 乡110105001 (en), 区110105 (en) and parts of 乡110105002 (en), 区110105 (en)"},
			"drawn over two":       {message.Area{Polygons: []message.Polygon{both}}, "区110105部分地区、区110108部分地区", "parts of 区110105 (en) and parts of 区110108 (en)"},
			"drawn and named":      {message.Area{Regions: []string{township1, haidian}, Polygons: []message.Polygon{both}}, "区110105乡110105001、区110108、区110105乡110105002部分地区", "乡110105001 (en), 区110105 (en), 区110108 (en) and parts of 乡110105002 (en), 区110105 (en)"},
			"the city and a shape": {message.Area{Regions: []string{"110000000000"}, Polygons: []message.Polygon{both}}, "北京市", "北京市 (en)"},
			"a terminal":           {message.Area{Devices: []string{string(there.Code)}}, "区110105乡110105002部分地区", "parts of 乡110105002 (en), 区110105 (en)"},
			"a zone":               {message.Area{Zones: []string{"pilot"}}, "区110105乡110105001、区110105乡110105002", "乡110105001 (en), 区110105 (en) and 乡110105002 (en), 区110105 (en)"},
		} {
			var p previewed
			b.call("li", "POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": c.area}, 200, &p)
			if p.Where != (spelt{c.zh, c.en}) {
				b.Errorf("%s is called %q and %q", name, p.Where.Zh, p.Where.En)
			}
			d := b.rain()
			d.Area, d.Texts[0].Title = c.area, name
			msg := b.checked(d)
			var v messageView
			b.call("wang", "GET", "/api/alerts/"+msg.ID, nil, 200, &v)
			if v.Open.Where != p.Where {
				b.Errorf("%s: who approves it reads %+v", name, v.Open.Where)
			}
		}
	})
}

// However many places have no terminal, all are counted; the first two hundred are named.
func TestPlacesWithoutATerminalAreAllCounted(t *testing.T) {
	each(t, func(b *bench) {
		for n := range 250 {
			code := fmt.Sprintf("110108%03d", 100+n)
			b.town.regions = append(b.town.regions, Region{Code: code + "000", Path: home + "110108." + code + ".", NameZh: "小乡", Level: rule.Township, Population: 10})
		}
		var p previewed
		b.call("li", "POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": message.Area{Regions: []string{haidian}}}, 200, &p)
		if p.GapCount != 253 || len(p.Gaps) != maxGaps || p.GapPeople != 6000+2500 || p.Gaps[0].People != 3000 {
			b.Errorf("%d places, %d named, %d people, the largest %+v", p.GapCount, len(p.Gaps), p.GapPeople, p.Gaps[0])
		}
	})
}

// Villages and townships have no English names of their own; a hundred districts are told by
// their cities, and no city stands beside a district of its own.
func TestNamesOfWhatHasNoEnglishAndOfVeryLargeAreas(t *testing.T) {
	w := &town{}
	w.regions = []Region{{Code: "1", Path: "cn.11.110105.", NameZh: "朝阳区", NameEn: "Chaoyang District", Level: rule.District},
		{Code: "2", Path: "cn.11.110105.110105001.", NameZh: "建外街道"}, {Code: "3", Path: "cn.11.110105.110105002.", NameZh: "朝外街道"}}
	m := &Module{Deps: Deps{Regions: w}}
	places, err := m.gather(context.Background(), w.regions[1:2], []string{"cn.11.110105.110105002.110105002001."})
	if err != nil || spell(places) != (spelt{"朝阳区建外街道、朝阳区朝外街道部分地区", "parts of Chaoyang District"}) {
		t.Errorf("%+v %v", spell(places), err)
	}
	if places[0].Shown != "建外街道, Chaoyang District" || places[1].Shown != "朝外街道, Chaoyang District" {
		t.Errorf("shown in English: %+v", places)
	}
	var touched []string
	for city := range 3 {
		for district := range 10 {
			touched = append(touched, fmt.Sprintf("cn.1%d.1%d01%02d.", city, city, district))
		}
	}
	if got := told(nil, touched); len(got) != 3 || got[0] != "cn.10." {
		t.Errorf("%v", got)
	}
	if got := told([]Place{{Path: "cn.11.110105."}}, touched); len(got) != 1+9+1 || got[1] == "cn.11." {
		t.Errorf("%v", got)
	}
}

// patientRegions answer when they are let.
type patientRegions struct {
	known
	asked  chan struct{} // one for each question
	answer chan struct{}
}

func (r patientRegions) Covered(ctx context.Context, codes []string, shapes []geo.MultiPolygon) ([]Covered, error) {
	r.asked <- struct{}{}
	select {
	case <-r.answer:
		return r.known.Covered(ctx, codes, shapes)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestPlacesOfWhatIsPublishedAreWorkedOutThoughNobodyWaits(t *testing.T) {
	each(t, func(b *bench) {
		d := b.rain()
		d.Area = message.Area{Polygons: []message.Polygon{box(116.1, 39.5, 116.25, 39.6)}}
		msg := b.issued(d)
		slow := patientRegions{b.deps.Regions, make(chan struct{}, 10), make(chan struct{})}
		b.deps.Regions = slow
		b.restart()
		ctx, leave := context.WithCancel(context.Background())
		first := make(chan error, 1)
		go func() { _, err := b.m.PublishedOne(ctx, msg.ID); first <- err }()
		<-slow.asked
		leave()
		if err := <-first; !errors.Is(err, context.Canceled) {
			b.Fatalf("who left was told %v", err)
		}
		close(slow.answer)
		got, err := b.m.PublishedOne(context.Background(), msg.ID)
		if err != nil || len(got.Places) == 0 || len(slow.asked) > 0 {
			b.Fatalf("who asked next: %+v %v, after %d more questions", got, err, len(slow.asked))
		}
	})
}
