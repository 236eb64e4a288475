package portal

import (
	"context"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

// Limits of one page's form.
const (
	maxPage    = 64 << 10
	maxUpload  = 8 << 20 // a file
	maxUploads = 20      // files of one page
	maxRows    = 20      // of a list of groups
)

// posted reads a page's form; files are handed to upload one after another and never lie in memory
// together.
func posted(w http.ResponseWriter, r *http.Request, upload func(name string, content []byte) error) (url.Values, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		r.Body = http.MaxBytesReader(w, r.Body, maxPage)
		err := r.ParseForm()
		return r.PostForm, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUploads*maxUpload+maxPage)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	form, room := url.Values{}, maxPage
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			if err := sent(part, upload); err != nil {
				return form, err
			}
			continue
		}
		raw, err := io.ReadAll(io.LimitReader(part, int64(room)+1))
		if room -= len(raw) + len(part.FormName()); err != nil || room < 0 {
			return nil, errors.Join(err, errLong)
		}
		if part.FormName() != "" && !strings.HasPrefix(part.FormName(), "f") { // an empty file field has no file
			form.Add(part.FormName(), string(raw))
		}
	}
}

var errLong = errors.New("the form is too long")

func sent(part *multipart.Part, upload func(name string, content []byte) error) error {
	content, err := io.ReadAll(io.LimitReader(part, maxUpload+1))
	switch {
	case err != nil:
		return err
	case len(content) == 0:
		return nil
	case len(content) > maxUpload:
		return &procedure.Fault{Code: "files.large", Place: "a", Args: map[string]any{"max": maxUpload >> 20}}
	}
	return upload(part.FileName(), content)
}

// upload keeps files that a page sends for a field of the draft, up to as many as it takes.
func (p *Portal) upload(ctx context.Context, d *draft, f *procedure.Field) func(string, []byte) error {
	return func(name string, content []byte) error {
		ids, most := filesOf(d.Answers[f.ID]), maxFiles(f)
		if len(ids) >= most {
			return &procedure.Fault{Code: "files.many", Place: "a", Args: map[string]any{"max": most}}
		}
		select {
		case p.uploads <- struct{}{}:
			defer func() { <-p.uploads }()
		case <-ctx.Done():
			return ctx.Err()
		}
		kept, err := p.deps.Cases.Upload(ctx, name, content)
		if err != nil {
			return err
		}
		d.Names[kept.ID] = kept.Name
		if f.Type == "array" {
			d.Answers[f.ID] = append(ids[:len(ids):len(ids)], kept.ID)
		} else {
			d.Answers[f.ID] = kept.ID
		}
		return nil
	}
}

func isFile(f *procedure.Field) bool {
	return f.Format == "file" || f.Type == "array" && len(f.Items) == 1 && f.Items[0].Format == "file"
}

func filesOf(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case string:
		return []any{v}
	}
	return nil
}

func maxFiles(f *procedure.Field) int {
	if f.Type != "array" {
		return 1
	}
	most, ok := f.Schema["maxItems"].(float64)
	if n, whole := f.Schema["maxItems"].(int); whole {
		most, ok = float64(n), true
	}
	if !ok || most > maxUploads {
		return maxUploads
	}
	return int(most)
}

// answered is what a form says to a field; what cannot be read as its kind stays as it was written,
// so that the fault can be shown beside it. Nil is no answer.
func answered(f *procedure.Field, form url.Values, name string) any {
	switch f.Type {
	case "array":
		if len(f.Items) != 1 {
			return nil
		}
		return listed(&f.Items[0], form, name)
	case "object":
		return grouped(f, form, name)
	}
	text := strings.TrimSpace(form.Get(name))
	if text == "" {
		return nil
	}
	if len(f.Options) > 0 {
		return option(f, text)
	}
	switch f.Type {
	case "boolean":
		return text == "yes"
	case "number", "integer":
		if n, ok := number(strings.NewReplacer(",", "", " ", "").Replace(narrow(text))); ok {
			return n
		}
		return text
	}
	switch f.Format {
	case "phone":
		return strings.Trim(notPhone.ReplaceAllString(narrow(text), " "), " ")
	case "date", "minute":
		return dated(f.Format, narrow(text))
	case "email", "time", "device", "region":
		return narrow(text)
	}
	return strings.ReplaceAll(text, "\r\n", "\n")
}

// number reads a number; words that only programs write, such as infinity, are none.
func number(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// option is the value of the option that a form chose; anything else is shown as a fault.
func option(f *procedure.Field, text string) any {
	for _, o := range f.Options {
		if valueOf(o.Value) == text {
			return o.Value
		}
	}
	return text
}

// valueOf is a value as a form's field holds it.
func valueOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	return ""
}

func listed(item *procedure.Field, form url.Values, name string) any {
	list := []any{}
	switch {
	case item.Type == "object":
		for i := range maxRows {
			if row := grouped(item, form, name+"."+strconv.Itoa(i)); row != nil {
				list = append(list, row)
			}
		}
	case len(item.Options) > 0:
		for _, text := range form[name] {
			list = append(list, option(item, text))
		}
	default: // one to a line
		for _, line := range paragraphs(form.Get(name)) {
			list = append(list, answered(item, url.Values{"a": {line}}, "a"))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

func grouped(f *procedure.Field, form url.Values, name string) any {
	group := map[string]any{}
	if f.Format == "place" {
		if address := strings.TrimSpace(form.Get(name + ".address")); address != "" {
			group["address"] = address
		}
		lon, known := number(form.Get(name + ".lon"))
		lat, too := number(form.Get(name + ".lat"))
		if known && too {
			group["lon"], group["lat"] = lon, lat
		}
	}
	for i := range f.Items {
		if v := answered(&f.Items[i], form, name+"."+f.Items[i].ID); v != nil {
			group[f.Items[i].ID] = v
		}
	}
	if len(group) == 0 {
		return nil
	}
	return group
}

var (
	notPhone = regexp.MustCompile(`[^0-9+\-]+`)
	dateLike = regexp.MustCompile(`^([0-9]{4})\D+([0-9]{1,2})\D+([0-9]{1,2})\D*(?:([0-9]{1,2})\D+([0-9]{1,2})\D*)?$`)
)

// dated reads days as people write them: 2026年7月1日, 2026/7/1 8:05.
func dated(format, text string) string {
	m := dateLike.FindStringSubmatch(text)
	if m == nil || format == "minute" && m[4] == "" {
		return text
	}
	two := func(s string) string {
		if len(s) == 1 {
			return "0" + s
		}
		return s
	}
	day := m[1] + "-" + two(m[2]) + "-" + two(m[3])
	if format == "date" {
		return day
	}
	return day + "T" + two(m[4]) + ":" + two(m[5])
}

// narrow turns the wide digits and signs of Chinese keyboards into plain ones.
func narrow(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		}
		return r
	}, text)
}
