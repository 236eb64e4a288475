package portal

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// show serves a question with what is wrong with its answer.
func (p *Portal) show(w http.ResponseWriter, r *http.Request, f *flow, of, id string, faults []procedure.Fault, looked string) {
	p.fresh("ask", func(ctx context.Context, r *request) (string, any, bool, error) {
		page, err := p.ask(ctx, r, f, id, faults, looked)
		if err != nil {
			return "", nil, false, err
		}
		page.Of = of
		title := page.Title
		if len(page.Faults) > 0 {
			title = r.t("ask.wrong_title", "title", title)
		}
		return title, *page, false, nil
	})(w, r)
}

// take takes the answer to a question and leads on, or shows what is wrong with it.
func (p *Portal) take(w http.ResponseWriter, r *http.Request, f *flow, of string) {
	w.Header().Set("Cache-Control", "no-store")
	id := r.PathValue("q")
	if !slices.Contains(f.steps(), id) {
		http.Redirect(w, r, f.base, http.StatusSeeOther)
		return
	}
	f.draft = f.draft.with()
	field := f.field(id)
	files := func(string, []byte) error { return errLong }
	if field != nil && isFile(field) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") && p.limited(w, r, p.limits.upload) {
			return
		}
		files = p.upload(r.Context(), &f.draft, field)
	}
	form, err := posted(w, r, files)
	if err != nil {
		p.show(w, r, f, of, id, []procedure.Fault{unread(err)}, "")
		return
	}
	if field != nil && isFile(field) {
		drop(&f.draft, field, form.Get("drop"))
	} else {
		p.answer(r, f, id, form)
	}
	faults := f.wrong(id)
	switch {
	case form.Get("go") == "find" || f.regional(id) && f.draft.Region == "" && strings.TrimSpace(form.Get("where")) != "":
		p.find(w, r, f, of, id, form)
		return
	case form.Has("drop"), form.Get("go") == "more" && len(faults) == 0:
		if p.store(w, r, f) {
			http.Redirect(w, r, f.at(id), http.StatusSeeOther)
		}
		return
	case len(faults) > 0:
		p.show(w, r, f, of, id, faults, "")
		return
	}
	f.draft.Seen[id] = true
	if p.store(w, r, f) {
		http.Redirect(w, r, f.after(id), http.StatusSeeOther)
	}
}

// answer puts what a form says into the draft.
func (p *Portal) answer(r *http.Request, f *flow, id string, form url.Values) {
	d := &f.draft
	if f.regional(id) {
		if code := form.Get("r"); regionCode.MatchString(code) && code != d.Region {
			if region, err := p.deps.Regions.Region(r.Context(), code); err == nil {
				d.Region, d.Where = code, fullName(*region, readPrefs(r).language(r))
			}
		}
	}
	if id == askHelper {
		d.Helper = helper{clipped(form.Get("name"), 60), clipped(form.Get("phone"), 30), form.Get("agreed") == "yes"}
		return
	}
	if field := f.field(id); field != nil {
		delete(d.Answers, id)
		if v := answered(field, form, "a"); v != nil {
			d.Answers[id] = v
		}
	}
}

// clipped is the first characters of a line, without what cannot be shown.
func clipped(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " "))
	return string(runes[:min(len(runes), most)])
}

func drop(d *draft, f *procedure.Field, file string) {
	if file == "" {
		return
	}
	left := slices.DeleteFunc(slices.Clone(filesOf(d.Answers[f.ID])), func(v any) bool { return v == file })
	if delete(d.Answers, f.ID); len(left) > 0 {
		d.Answers[f.ID] = left
	}
	delete(d.Names, file)
}

// find shows the townships that people looked for; one alone is taken.
func (p *Portal) find(w http.ResponseWriter, r *http.Request, f *flow, of, id string, form url.Values) {
	looked := clipped(form.Get("where"), 40)
	if lon, ok := number(form.Get("a.lon")); ok && looked == "" && p.deps.Located != nil {
		if lat, ok := number(form.Get("a.lat")); ok {
			if region, err := p.deps.Located(r.Context(), lon, lat); err == nil {
				f.draft.Region, f.draft.Where = region.Code, fullName(*region, readPrefs(r).language(r))
			}
		}
	}
	var faults []procedure.Fault
	if looked == "" && f.draft.Region == "" {
		faults = append(faults, procedure.Fault{Code: "region.empty", Place: "r"})
	} else if looked != "" {
		found, err := p.deps.Regions.Search(r.Context(), looked, 2)
		if err == nil && len(found) == 0 {
			faults = append(faults, procedure.Fault{Code: "region.none", Place: "r", Args: map[string]any{"query": looked}})
		}
	}
	if !p.store(w, r, f) {
		return
	}
	p.show(w, r, f, of, id, faults, looked)
}

// unread says why a page's form could not be taken.
func unread(err error) procedure.Fault {
	var said *procedure.Fault
	if errors.As(err, &said) {
		return *said
	}
	e := fault.Of(err)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), e.Kind == fault.TooLarge:
		return procedure.Fault{Code: "files.large", Place: "a", Args: map[string]any{"max": maxUpload >> 20}}
	case e.Code == "casework.file.kind", e.Code == "casework.file.name":
		return procedure.Fault{Code: "files.kind", Place: "a"}
	case errors.Is(err, errLong):
		return procedure.Fault{Code: "long_page", Place: "a"}
	}
	return procedure.Fault{Code: "files.failed", Place: "a"}
}
