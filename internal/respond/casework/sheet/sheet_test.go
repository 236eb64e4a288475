package sheet_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket/dockettest"
	"github.com/tongsheng/tongsheng/internal/respond/casework/sheet"
)

// office is a desk behind HTTP.
type office struct {
	*dockettest.City
	desk *sheet.Desk
	url  string
}

func each(t *testing.T, fn func(o *office)) {
	src, err := os.ReadFile("../../../../city/beijing/procedures/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		c := dockettest.New(t, db, clk, src)
		d := sheet.New(sheet.Deps{DB: db, Zone: c.Zone, Docket: c.Docket})
		r := chi.NewRouter()
		r.Use(httpapi.Languages, httpapi.Identify(func(r *http.Request) (*auth.Principal, error) { return dockettest.Person(r.Header.Get("Who")), nil }))
		d.Register(httpapi.New(r, "test", nil))
		srv := httptest.NewServer(r)
		t.Cleanup(srv.Close)
		fn(&office{c, d, srv.URL + "/api/casework/"})
	}, casework.Migrations())
}

func (o *office) get(who, path string) (int, []byte) {
	r, err := http.NewRequest(http.MethodGet, o.url+path, nil)
	o.OK(err)
	r.Header.Set("Who", who)
	answer, err := http.DefaultClient.Do(r)
	o.OK(err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	o.OK(err)
	return answer.StatusCode, raw
}

func (o *office) table(who, path string) [][]string {
	status, raw := o.get(who, path)
	if status != http.StatusOK {
		o.Fatalf("%s: %d %s", path, status, raw)
	}
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	o.OK(err)
	return lines
}

func TestListsAreTakenAway(t *testing.T) {
	each(t, func(o *office) {
		for range 3 {
			o.Open("citizen", dockettest.East, map[string]any{"kind": "speaker", "what": "=HYPERLINK(\"http://evil\")", "phone": "13800138000", "affected": 12.0})
		}
		o.Open("citizen", dockettest.West, map[string]any{"kind": "cable", "what": "没有信号"})
		all := o.table("boss", "export")
		if len(all) != 5 || len(all[0]) != 12 || all[0][0] != "编号" || all[1][2] != "没有信号" {
			o.Fatalf("%v", all)
		}
		mine := o.table("disp", "export?type=repair")
		text := func(line int, title string) string {
			for i, t := range mine[0] {
				if t == title {
					return mine[line][i]
				}
			}
			o.Fatalf("no column %s in %v", title, mine[0])
			return ""
		}
		if len(mine) != 4 || text(1, "标题")[:2] != "'=" || text(1, "怎么坏了")[:2] != "'=" || text(1, "哪一类设备") != "大喇叭、音柱" || text(1, "影响多少户") != "12" || text(1, "联系电话") != "13800138000" {
			o.Errorf("%v", mine)
		}
		mine = o.table("boss", "export?type=repair&lang=en&region=c.e.") // the supervisor does not see the telephone
		if len(mine) != 4 || text(1, "Telephone") != "" || text(1, "What kind of equipment") != "Loudspeaker" {
			o.Errorf("%v", mine)
		}
		if status, _ := o.get("tech", "export"); status != http.StatusForbidden {
			o.Errorf("who may not export: %d", status)
		}
		status, book := o.get("boss", "export?format=xlsx&type=repair")
		if status != http.StatusOK {
			o.Fatalf("%d %s", status, book)
		}
		sheets, err := document.ReadSheets(o.Ctx, bytes.NewReader(book), "事项清单")
		o.OK(err)
		if len(sheets[0].Rows) != 5 {
			o.Errorf("%v", sheets)
		}
		day := o.Clock.Now().In(o.Zone).Format("2006-01-02")
		if tallies := o.table("boss", "tallies?from="+day+"&to="+day); len(tallies) != 3 || tallies[1][1] != "case.repair.reported" || tallies[1][4] != "东区" || tallies[1][5] != "3" {
			o.Errorf("%v", tallies)
		}
		if tallies := o.table("disp", "tallies?from="+day+"&to="+day); len(tallies) != 2 {
			o.Errorf("%v", tallies)
		}
	})
}

func TestCasesAreBrought(t *testing.T) {
	each(t, func(o *office) {
		status, template := o.get("op", "types/repair/openings/report/template")
		if status != http.StatusOK {
			o.Fatalf("%d %s", status, template)
		}
		sheets, err := document.ReadSheets(o.Ctx, bytes.NewReader(template), "事项清单", "填写说明")
		o.OK(err)
		if head := strings.Join(sheets[0].Rows[0], " "); head != "区域代码 对象编码 唯一标识 哪一类设备 怎么坏了 有没有危险（要掉下来、漏电） 影响多少户 地点 怎么称呼您 联系电话" {
			o.Error(head)
		}
		bad := "区域代码,唯一标识,哪一类设备,怎么坏了,影响多少户,联系电话,闲话\n" +
			"110101000000,a,大喇叭、音柱,不响,12,,x\n" +
			"999,b,飞船,不响,many,call,\n" +
			"110101000000,c,有线电视,,,,\n"
		b, err := o.desk.Bring(o.As("op"), "repair", "report", []byte(bad), true, i18n.Chinese)
		o.OK(err)
		var said []string
		for _, f := range b.Faults {
			said = append(said, f.Column)
		}
		if b.Rows != 3 || b.Good != 1 || b.Opened != 0 || strings.Join(b.Unknown, "") != "闲话" || strings.Join(said, " ") != "区域代码 哪一类设备 影响多少户 哪一类设备 联系电话 怎么坏了" || b.Faults[0].Line != 3 {
			o.Errorf("%+v %v", b, said)
		}
		good := "区域代码,唯一标识,哪一类设备,怎么坏了,影响多少户,有没有危险\n" + strings.Repeat("东区,,cable,没有信号,1,否\n", 3) + "110101000000,热线-1,Loudspeaker,不响,\"1,200\",是\n"
		good = strings.ReplaceAll(good, "东区", "110101001000")
		for range 2 { // the second time opens nothing
			b, err = o.desk.Bring(o.As("op"), "repair", "report", []byte(good), false, i18n.Chinese)
			o.OK(err)
			if b.Rows != 4 || b.Opened != 4 || len(b.Faults) != 0 {
				o.Fatalf("%+v", b)
			}
		}
		found, err := o.Docket.List(o.As("boss"), docket.Filter{})
		o.OK(err)
		if len(found.Items) != 4 {
			o.Fatalf("%d cases", len(found.Items))
		}
		other := strings.ReplaceAll(good, "不响", "响了")
		b, err = o.desk.Bring(o.As("op"), "repair", "report", []byte(other), false, i18n.Chinese)
		o.OK(err)
		if b.Opened != 3 || len(b.Faults) != 1 || b.Faults[0].Code != "casework.key.other" || b.Faults[0].Line != 5 {
			o.Errorf("%+v", b)
		}
		_, err = o.desk.Bring(o.As("op"), "repair", "alarm", []byte(good), false, i18n.Chinese)
		o.Refused(err, "casework.sheet.start")
		_, err = o.desk.Bring(o.As("op"), "moon", "report", []byte(good), false, i18n.Chinese)
		o.Refused(err, "casework.type.unknown")
		_, err = o.desk.Bring(o.As("op"), "repair", "report", []byte("\x00\x01"), false, i18n.Chinese)
		if err == nil {
			o.Error("what is no table was taken")
		}
	})
}
