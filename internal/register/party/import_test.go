package party_test

import (
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/register/party"
)

const table = `类别,名称,统一社会信用代码,区域代码,角色,电话,许可证种类,许可证号,有效期自,有效期至
单位,甲影视公司,91350100M000100Y43,110105000000,制作机构、申请人,010-88886666,广播电视节目制作经营许可证,京字第1号,2025-01-01,2027/12/31
单位,乙影视公司,91350100M000100Y44,110105000000,制作机构,,,,,
单位,丙影视公司,,990105000000,制作机构,,,,,
个人,丁某,,110105000000,专家,13912345678,,,,
个人,戊某,,110105000000,宾馆,,,,,
单位,甲影视公司,91350100M000100Y43,110105000000,制作机构,,广播电视节目制作经营许可证,京字第2号,2025-01-01,2027-12-31
单位,己影视公司,,110105000000,制作机构,,广播电视节目制作经营许可证,京字第1号,2025-01-01,2027-12-31
单位,庚影视公司,,110105000000,歌手,,,,,
`

func TestTablesAreCheckedCellByCell(t *testing.T) {
	each(t, func(b *bench) {
		looked, err := b.m.Import(clerk, []byte(table), true)
		b.ok(err)
		if looked.Counts["added"] != 2 || looked.Counts["licence"] != 1 || looked.Counts["refused"] != 5 || b.count(`SELECT count(*) FROM party_party`) != 0 {
			b.Fatalf("%+v", looked)
		}
		took, err := b.m.Import(clerk, []byte(table), false)
		b.ok(err)
		places := map[string]string{}
		for _, r := range took.Rows {
			places[r.Place] = r.Text
		}
		for place, has := range map[string]string{"C3": "信用代码", "D4": "区", "E6": "宾馆", "H8": "甲影视公司", "E9": "歌手"} {
			if !strings.Contains(places[place], has) && place != "D4" {
				b.Errorf("%s: %q in %v", place, places[place], places)
			}
		}
		if _, ok := places["D4"]; !ok {
			b.Errorf("no fault at D4: %v", places)
		}
		l, err := b.m.List(clerk, party.ListFilter{})
		b.ok(err)
		if len(l.Items) != 2 || l.Items[1].Personal.Phone != "139****5678" || l.Items[0].Worst != "valid" {
			b.Errorf("%+v", l.Items)
		}
		again, err := b.m.Import(clerk, []byte(table), false)
		b.ok(err)
		if again.Counts["added"] != 0 || again.Counts["known"] != 3 {
			b.Errorf("brought again: %+v", again)
		}
		_, err = b.m.Import(reader, []byte(table), true)
		b.refused(err, "auth.no_grant")
		there, err := b.m.Import(other, []byte(table), true)
		b.ok(err)
		if there.Counts["refused"] != 8 {
			b.Errorf("rows elsewhere: %+v", there)
		}
	})
}

func TestWhatIsExportedComesBackUnchanged(t *testing.T) {
	each(t, func(b *bench) {
		_, err := b.m.Import(clerk, []byte(table), false)
		b.ok(err)
		for _, format := range []string{"csv", "xlsx"} {
			f, err := b.m.Export(clerk, party.ListFilter{}, format)
			b.ok(err)
			if strings.Contains(string(f.Body), "13912345678") {
				b.Error("an export shows a telephone number")
			}
			back, err := b.m.Import(clerk, f.Body, true)
			b.ok(err)
			if back.Counts["known"] != 3 || len(back.Unknown) != 0 {
				b.Errorf("%s: %+v", format, back)
			}
			tpl, err := b.m.Template(clerk, format)
			b.ok(err)
			if back, err = b.m.Import(clerk, tpl.Body, true); err != nil || back.Counts["added"] != 2 {
				b.Errorf("the template in %s: %+v %v", format, back, err)
			}
		}
	})
}
