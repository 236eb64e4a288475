package portal_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// licensed are holders of licences, made up.
type licensed []portal.Licence

func (l licensed) Licences(_ context.Context, text string) (out []portal.Licence, err error) {
	for _, x := range l {
		if strings.Contains(x.Holder.ZH+x.Number, text) {
			out = append(out, x)
		}
	}
	return out, nil
}

// Anybody finds whether a company holds a licence, and for what; a long register is cut, and says so.
func TestWhoHoldsALicence(t *testing.T) {
	list := licensed{{Kind: portal.Name{ZH: "节目制作", EN: "Production"}, Holder: portal.Name{ZH: "<甲>公司"}, Scope: portal.Name{ZH: "制作动画片", EN: "Animation"}, Number: "字第1号", Region: "北区", From: "2026-01-01", To: "2027-01-01", Sample: true},
		{Kind: portal.Name{ZH: "节目制作", EN: "Production"}, Holder: portal.Name{ZH: "乙公司", EN: "Second Ltd"}, Number: "字第2号", From: "2026-01-01"}}
	show := func(l licensed, query string, cookies ...string) string {
		c := everything()
		p := portal.New(portal.Deps{Clock: clock.NewManual(noon), Zone: time.UTC, Log: slog.New(slog.DiscardHandler), Messages: c, Devices: c, Regions: c, Standards: c, Figures: c, Licences: l, City: cityCode})
		w := get(p.Handler(), "/licences?q="+url.QueryEscape(query), cookies...)
		wants(t, w, 200)
		return w.Body.String()
	}
	for query, want := range map[string][]string{
		"":   {"&lt;甲&gt;公司", "制作动画片", "有效期2026年1月1日至2027年1月1日", "有效期自2026年1月1日起，长期", "都是编造的", "/api/public/licences.csv"},
		"乙":  {"乙公司", "找到 1 个许可证"},
		"没有": {"没有找到“没有”的有效许可证"},
	} {
		body := show(list, query)
		for _, text := range want {
			if !strings.Contains(body, text) {
				t.Errorf("%q lacks %q", query, text)
			}
		}
	}
	if body := show(list, "乙"); strings.Contains(body, "甲") || strings.Contains(body, "编造") {
		t.Error("a search shows what it did not find")
	}
	var many licensed
	for i := range 250 {
		many = append(many, portal.Licence{Kind: portal.Name{ZH: "节目制作"}, Holder: portal.Name{ZH: fmt.Sprintf("第%d公司", i)}, From: "2026-01-01"})
	}
	if body := show(many, ""); strings.Count(body, "<h3>") != 200 || !strings.Contains(body, "只显示前一部分") {
		t.Errorf("of 250 are shown %d", strings.Count(body, "<h3>"))
	}
}
