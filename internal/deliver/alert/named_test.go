package alert

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// crowd puts as many terminals into a township that are not connected.
func (w *town) crowd(township string, many int) {
	for n := range many {
		s := w.stand(township, 1)
		delete(w.terminals, s.Code)
		s.Code, s.Online = ebd.ResourceCode(fmt.Sprintf("6%s0314%06d", township, 300_000+n)), false
		s.Place.Code = s.Code
		w.terminals[s.Code], w.order[len(w.order)-1] = s, s.Code
	}
}

// However many terminals a text finds, no page and no count loses one, whatever else is
// chosen beside it.
func TestATextThatFindsAlmostEverythingLosesNothing(t *testing.T) {
	each(t, func(b *bench) {
		const many = delivery.MaxListed + 50
		b.town.crowd(township1, many)
		heard, broken, begun := b.town.stand(township2, 1), b.town.stand(township2, 2), b.town.stand(township2, 3)
		broken.broken = true
		msg := b.issued(b.rain(chaoyang))
		b.look()
		heard.finish(-20)
		b.look()
		all := "q=" + url.QueryEscape("大喇叭")
		for _, c := range []struct {
			filters string
			want    int
			first   *speaker // nil for one of the crowd
		}{
			{all, many + 3, nil},
			{all + "&state=sent", many, nil},
			{all + "&state=played", 1, heard},
			{all + "&township=" + township2, 3, heard},
			{all + "&device=" + string(begun.Code), 1, begun},
			{all + "&heard=yes", 1, heard},
			{all + "&heard=no&township=" + township2, 2, broken},
			{all + "&problem=failed", 1, broken},
			{all + "&problem=silent", many, nil},
			{all + "&problem=silent&heard=yes", 0, nil},
			{"problem=silent&heard=no", many, nil},
			{"problem=failed&heard=yes", 0, nil},
			{"problem=silent&state=sent&township=" + township1, many, nil},
			{"q=" + url.QueryEscape(broken.Name) + "&state=failed", 1, broken},
		} {
			var got []string
			for after := ""; ; {
				var rows store.Listing[delivery.Delivery]
				b.call("viewer", "GET", "/api/alerts/"+msg.ID+"/deliveries?limit=400&"+c.filters+"&after="+after, nil, 200, &rows)
				for _, d := range rows.Items {
					got = append(got, d.Device)
				}
				if rows.Total != int64(c.want) || rows.Next != "" && len(rows.Items) != 400 {
					b.Errorf("%s: %d of %d, want %d", c.filters, len(rows.Items), rows.Total, c.want)
				}
				if after = rows.Next; after == "" {
					break
				}
			}
			if len(got) != c.want || !slices.IsSorted(got) || len(slices.Compact(got)) != c.want || c.first != nil && got[0] != string(c.first.Code) {
				b.Errorf("%s: %d rows, want %d", c.filters, len(got), c.want)
			}
		}
	})
}
