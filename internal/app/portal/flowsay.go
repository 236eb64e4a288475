package portal

import (
	"fmt"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// answerSays is an answer as people read it, a line to each part.
func (r *request) answerSays(d *draft, f *procedure.Field, v any) []string {
	if isFile(f) {
		var names []string
		for i, one := range filesOf(v) {
			file, _ := one.(string)
			if names = append(names, d.Names[file]); names[i] == "" {
				names[i] = r.t("ask.file", "n", i+1)
			}
		}
		return names
	}
	for _, o := range f.Options {
		if o.Value == v {
			return []string{o.Title.In(string(r.lang))}
		}
	}
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
		return []string{r.yes(f, v)}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, strings.Join(r.answerSays(d, &f.Items[0], item), r.t("ask.comma")))
		}
		return all
	case map[string]any:
		if f.Format == "place" {
			return r.sayPlace(v)
		}
		var all []string
		for i := range f.Items {
			if part, ok := v[f.Items[i].ID]; ok {
				all = append(all, f.Items[i].Title.In(string(r.lang))+r.t("ask.colon")+strings.Join(r.answerSays(d, &f.Items[i], part), r.t("ask.comma")))
			}
		}
		return all
	case string:
		switch f.Format {
		case "date":
			if day, err := time.ParseInLocation(time.DateOnly, v, r.zone); err == nil {
				return []string{r.date(day)}
			}
		case "minute":
			if at, err := time.ParseInLocation("2006-01-02T15:04", v, r.zone); err == nil {
				return []string{r.date(at) + " " + at.Format("15:04")}
			}
		}
		return paragraphs(v)
	}
	return []string{valueOf(v)}
}

func (r *request) sayPlace(v map[string]any) (all []string) {
	if address, ok := v["address"].(string); ok {
		all = append(all, address)
	}
	if lon, ok := v["lon"].(float64); ok {
		lat, _ := v["lat"].(float64)
		all = append(all, r.t("ask.point", "lat", fmt.Sprintf("%.5f", lat), "lon", fmt.Sprintf("%.5f", lon)))
	}
	return all
}

// date is a day as people write it out: 2026年7月21日; 21 July 2026.
func (w words) date(day time.Time) string {
	day = day.In(w.zone)
	if w.lang == i18n.English {
		return day.Format("2 January 2006")
	}
	return fmt.Sprintf("%d年%d月%d日", day.Year(), day.Month(), day.Day())
}

// checkPage lays out the answers to look over.
func (r *request) checkPage(f *flow) askPage {
	page := askPage{Base: f.base, Post: f.check(), Back: f.before(""), Title: r.t("ask.check"), Send: r.t("ask.send")}
	steps := f.steps()
	page.Progress = r.t("ask.of", "n", len(steps)+1, "all", len(steps)+1)
	personal := false
	spoken := []string{page.Title}
	if f.draft.Subject != "" {
		page.Check = append(page.Check, checkLine{Title: r.t("report.device"), Says: []string{f.draft.About}})
	}
	for _, id := range steps {
		line := checkLine{Href: f.at(id)}
		switch field := f.field(id); {
		case id == askHelper:
			line.Title, line.Says = r.t("ask.helper_short"), []string{f.draft.Helper.Name, f.draft.Helper.Phone}
		case field == nil:
			line.Title, line.Says = r.t("ask.where"), []string{f.draft.Where}
		default:
			line.Title, line.Says = field.Title.In(string(r.lang)), r.answerSays(&f.draft, field, f.draft.Answers[id])
			if f.regional(id) {
				line.Says = append([]string{f.draft.Where}, line.Says...)
			}
			personal = personal || field.Personal && len(line.Says) > 0
		}
		spoken = append(spoken, line.Title+r.t("ask.colon")+strings.Join(line.Says, r.t("ask.comma")))
		page.Check = append(page.Check, line)
	}
	if personal {
		page.Agree = r.t("ask.personal")
	}
	page.Spoken = speech{Lead: breath(r.lang, spoken)}
	return page
}
