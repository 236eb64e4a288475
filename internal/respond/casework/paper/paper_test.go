package paper_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket/dockettest"
	"github.com/tongsheng/tongsheng/internal/respond/casework/paper"
)

// keep writes a PDF where somebody wants to look at it: PAPERS names the folder.
func keep(t testing.TB, name string, write func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out.Bytes(), []byte("%PDF-")) || out.Len() < 5_000 {
		t.Fatalf("%s is no paper: %d bytes", name, out.Len())
	}
	if dir := os.Getenv("PAPERS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestCasesOnPaper(t *testing.T) {
	var types [][]byte
	for _, name := range []string{"testdata/permit.yaml", "../../../../city/beijing/procedures/repair.yaml"} {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, src)
	}
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		c := dockettest.New(t, db, clk, types...)
		d := paper.New(paper.Deps{Clock: clk, Zone: c.Zone, Docket: c.Docket, Public: "https://tongsheng.city.example", Issuer: i18n.Both{Zh: "北京市广播电视局", En: "Beijing Radio and Television Bureau"}})
		receipt, err := c.Docket.OpenPublic(c.Ctx, docket.NewCase{Type: "permit", Region: dockettest.East, Data: map[string]any{"what": "东一街道文化活动中心", "kind": "service", "days": []any{"work", "rest"}, "loud": true, "area": 42.5,
			"place": map[string]any{"lat": 39.9, "lon": 116.4, "address": "东一街 1 号南墙"}, "why": "播放公益宣传片、社区通知和应急信息。\n每日 8 时至 20 时。", "phone": "13800138000", "from": "2026-08-01"}}, "portal")
		c.OK(err)
		v := c.Do("disp", receipt.ID, "grant", map[string]any{"note": "每日 22 时至次日 7 时不得播放声音；画面亮度夜间不高于 400 尼特。"})
		for _, lang := range i18n.Langs {
			p, err := d.Case(c.As("disp"), v.ID, lang)
			c.OK(err)
			keep(t, "case-"+string(lang), p.As("pdf"))
			for i, name := range []string{"certificate-", "notice-"} {
				issued, err := c.Docket.Issued(c.As("disp"), v.ID, v.Papers[i].ID)
				c.OK(err)
				write, err := d.Document(c.Ctx, issued, lang)
				c.OK(err)
				keep(t, name+string(lang), write)
			}
			for _, form := range [][2]string{{"permit", "apply"}, {"repair", "report"}} {
				write, err := d.Blank(form[0], form[1], lang)
				c.OK(err)
				keep(t, "blank-"+form[0]+"-"+string(lang), write)
			}
		}
		_, err = c.Docket.IssuedTo(c.Ctx, receipt.Number, receipt.Code, v.Papers[0].ID)
		c.OK(err)
		_, err = c.Docket.IssuedTo(c.Ctx, receipt.Number, "WRONG", v.Papers[0].ID)
		c.Refused(err, "casework.case.number")
		_, err = c.Docket.Issued(c.As("dispw"), v.ID, v.Papers[0].ID)
		c.Refused(err, "casework.case.unknown")
		_, err = c.Docket.Issued(c.As("disp"), v.ID, "01ZZZZZZZZZZZZZZZZZZZZZZZZ")
		c.Refused(err, "casework.paper.unknown")
		_, err = d.Case(context.WithoutCancel(c.As("dispw")), v.ID, i18n.Chinese)
		c.Refused(err, "casework.case.unknown")
		_, err = d.Blank("permit", "moon", i18n.Chinese)
		c.Refused(err, "casework.form.unknown")
		repair := c.Open("citizen", dockettest.East, map[string]any{"kind": "speaker", "what": "村口的喇叭从昨天起不响", "phone": "13800138000"})
		c.Do("disp", repair.ID, "triage", map[string]any{"urgency": "urgent", "technician": dockettest.Account("tech")})
		p, err := d.Case(c.As("boss"), repair.ID, i18n.Chinese)
		c.OK(err)
		keep(t, "case-repair", p.As("pdf"))
	}, casework.Migrations())
}
