package standard_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// said is a comparison of texts as one line: [-earlier-]{+later+}.
func said(pieces []standard.Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(map[string]string{"both": p.Text, "earlier": "[-" + p.Text + "-]", "later": "{+" + p.Text + "+}"}[p.In])
	}
	return b.String()
}

func TestTwoVersionsItemByItem(t *testing.T) {
	each(t, func(b *bench) {
		with := func(it standard.Item, text string) standard.Item { it.TextZh = text; return it }
		s := b.published(b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{
			with(item("radio", "worst_programmes", limit("all", 15)), "通过地面无线提供不少于15套广播节目。"),
			with(item("news", ""), "每月播出手语新闻不少于4期。"),
			item("same", ""), item("gone", ""), item("faults", "fault_count", limit("all", 9)),
			item("often", ""), item("abroad", "")}}))
		s, err := b.desk.Begin(b.as("officer"), s.ID, s.Revision, 1)
		b.do(err)
		few := item("faults", "fault_count", limit("all", 5))
		few.Comparison = standard.AtMost
		often, abroad := item("often", ""), item("abroad", "")
		often.Period, often.Groups, abroad.NoteEn = "quarter", []string{"elderly"}, "Said in English only."
		s, err = b.desk.Edit(b.as("officer"), s.ID, 2, s.Revision, standard.Content{Items: []standard.Item{
			with(item("radio", "worst_programmes", limit("all", 18), limit("zone:inner", 20)), "提供不少于18套广播节目。"),
			with(item("news", ""), "每周播出手语新闻不少于1期，配字幕。"),
			item("same", ""), item("new", ""), few, often, abroad}})
		b.do(err)
		c, err := b.desk.Compare(b.as("reader"), s.ID, 1, "2")
		b.do(err)
		if got := fmt.Sprint(c.Added, c.Removed, c.Changed, c.Same); got != "1 1 5 1" {
			b.Errorf("added, removed, changed, same: %s", got)
		}
		radio := c.Items[0]
		if got := said(radio.Texts[0].Pieces); got != "[-通过地面无线-]提供不少于[-15-]{+18+}套广播节目。" {
			b.Error(got)
		}
		if got := said(c.Items[1].Texts[0].Pieces); got != "每[-月-]{+周+}播出手语新闻不少于[-4期-]{+1期，配字幕+}。" {
			b.Error(got)
		}
		if th := radio.Thresholds; len(th) != 2 || *th[0].Earlier != 15 || *th[0].Later != 18 || !*th[0].Stricter || th[1].Earlier != nil || *th[1].Later != 20 {
			b.Errorf("%+v", th)
		}
		if texts := c.Items[5].Texts; len(texts) != 2 || texts[0].Field != "period" || texts[1].Field != "groups" {
			b.Errorf("%+v", texts)
		}
		if f := c.Items[6]; f.What != "changed" || len(f.Texts) != 0 {
			b.Errorf("what changed in the other language only: %+v", f)
		}
		if f := c.Items[4]; f.Thresholds[0].Stricter != nil || f.Texts[0].Field != "comparison" {
			b.Errorf("what is judged the other way round is neither stricter nor laxer: %+v", f)
		}
		if last := c.Items[7]; last.What != "removed" || last.Key != "gone" {
			b.Errorf("%+v", last)
		}
		other := b.draft(standard.Content{Items: []standard.Item{item("radio", "")}})
		c, err = b.desk.Compare(b.as("reader"), s.ID, 1, other.ID+":1")
		if b.do(err); c.Later.Standard != other.ID || c.Removed != 6 || c.Changed != 1 {
			b.Errorf("two standards: %+v", c)
		}
	})
}

// Documents are made of a version, its impact and its comments, in every format.
func TestDocuments(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		s := b.draft(standard.Content{From: "2026-07-01", Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15), limit("zone:inner", 18)), item("conduct", "")}})
		s, err := b.desk.Hear(b.as("officer"), s.ID, 1, s.Revision, standard.Hearing{Closes: "2026-06-02", Parties: []string{"残联"}})
		b.do(err)
		_, err = b.desk.Remark(b.as("officer"), s.ID, 1, standard.NewRemark{Item: "radio", Party: "残联", Stance: "change", Reason: "=HYPERLINK(1)", Source: "letter", SourceNote: "1号"})
		b.do(err)
		router := chi.NewRouter()
		router.Use(httpapi.Languages)
		b.desk.Register(httpapi.New(router, "test", []string{standard.OpPublic}))
		get := func(query string) (string, []byte) {
			b.Helper()
			r := httptest.NewRequest(http.MethodGet, "/api/measure/standards/"+s.ID+"/versions/1/document?"+query, nil)
			w := httptest.NewRecorder()
			router.ServeHTTP(w, r.WithContext(auth.With(r.Context(), auth.From(b.as("reader")))))
			if w.Code != http.StatusOK {
				b.Fatalf("%s: %d %s", query, w.Code, w.Body)
			}
			return w.Header().Get("Content-Disposition"), w.Body.Bytes()
		}
		for _, what := range []string{"text", "impact", "comments"} {
			if _, body := get("format=pdf&what=" + what); !bytes.HasPrefix(body, []byte("%PDF")) {
				b.Errorf("%s is no PDF", what)
			}
			if _, body := get("format=xlsx&what=" + what); !bytes.HasPrefix(body, []byte("PK")) {
				b.Errorf("%s is no XLSX", what)
			}
		}
		table := func(query string) [][]string {
			b.Helper()
			_, body := get(query)
			rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff")))).ReadAll()
			b.do(err)
			return rows
		}
		if rows := table("format=csv&what=impact"); len(rows) != 4 || strings.Join(rows[1], "|") != "radio|d1|4000|20|18||达标|2026-03" || strings.Join(rows[2], "|") != "radio|d2|6000|14|18|4|未达标|2026-03" || rows[3][6] != "没有数据" {
			b.Errorf("%q", rows)
		}
		if rows := table("format=csv&what=comments"); rows[1][1] != "残联" || rows[1][4] != "'=HYPERLINK(1)" || rows[1][6] != "未答复" {
			b.Errorf("%q", rows)
		}
		if rows := table("format=csv&what=text"); !strings.Contains(rows[1][4], "内城 ≥ 18") || rows[2][4] != "不按指标计算" {
			b.Errorf("%q", rows)
		}
	})
}
