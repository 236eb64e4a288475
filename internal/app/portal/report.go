package portal

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// reportPage answers: what can you help me with?
type reportPage struct {
	Query  string
	Groups []serviceGroup
	None   bool
	For    bool // for somebody else
	Device string
	Spoken speech
	Lang   string
}

type serviceGroup struct {
	Name     string
	Services []serviceLine
}

type serviceLine struct {
	Code, Name, About string
	SignIn            bool // only organisations with an account
}

// report lists what anybody may ask for, or leads on from a QR code that names one.
func (p *Portal) report(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if code := q.Get("type"); typeCode.MatchString(code) {
		to := "/report/" + code
		if device := q.Get("device"); deviceCode.MatchString(device) {
			to += "?device=" + device
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	p.fresh("report", p.reportList)(w, r)
}

func (p *Portal) reportList(_ context.Context, r *request) (string, any, bool, error) {
	page := reportPage{Query: query(r.URL), For: r.URL.Query().Get("for") == "other"}
	if device := r.URL.Query().Get("device"); deviceCode.MatchString(device) {
		page.Device = device
	}
	spoken := []string{r.t("report.title")}
	for _, s := range p.deps.Cases.Services() {
		if !matches(&s, page.Query) || page.Device != "" && s.Subject != "device" {
			continue
		}
		line := serviceLine{s.Code, r.serviceName(&s), s.About.In(string(r.lang)), outside(s.Form)}
		if line.SignIn && r.prefs.Simple {
			continue
		}
		group := s.Group.In(string(r.lang))
		i := slices.IndexFunc(page.Groups, func(g serviceGroup) bool { return g.Name == group })
		if i < 0 {
			i, page.Groups = len(page.Groups), append(page.Groups, serviceGroup{Name: group})
		}
		page.Groups[i].Services = append(page.Groups[i].Services, line)
		spoken = append(spoken, line.Name+r.t("ask.colon")+line.About)
	}
	slices.SortStableFunc(page.Groups, func(a, b serviceGroup) int { return a.rank() - b.rank() })
	page.None = len(page.Groups) == 0
	page.Spoken = speech{Lead: breath(r.lang, spoken)}
	return r.t("report.title"), page, false, nil
}

// rank puts what anybody may ask for before what only organisations may.
func (g *serviceGroup) rank() int {
	if slices.ContainsFunc(g.Services, func(s serviceLine) bool { return !s.SignIn }) {
		return 0
	}
	return 1
}

// serviceName is what a service is called by those who want it: as its form is headed.
func (r *request) serviceName(s *docket.Service) string {
	if s.Form != nil && s.Form.Title.Zh != "" {
		return s.Form.Title.In(string(r.lang))
	}
	return s.Name.In(string(r.lang))
}

// matches reports whether a service is what somebody looks for in words of their own: it has one of
// their words, or they name one of its keywords.
func matches(s *docket.Service, text string) bool {
	text = strings.ToLower(narrow(strings.TrimSpace(text)))
	if text == "" {
		return true
	}
	all := strings.ToLower(strings.Join(append([]string{s.Name.Zh, s.Name.En, s.About.Zh, s.About.En, s.Group.Zh, s.Group.En}, s.Keywords...), "\n"))
	for _, word := range strings.Fields(text) {
		if strings.Contains(all, word) {
			return true
		}
	}
	return slices.ContainsFunc(s.Keywords, func(k string) bool { return k != "" && strings.Contains(text, strings.ToLower(k)) })
}

// startPage tells what will be asked and what follows.
type startPage struct {
	Code, Name, About string
	Asked             int
	Device, DeviceIs  string
	For               bool
	SignIn            bool
	Begun             bool
	Keywords          []string
	Spoken            speech
	Lang              string
}

func (p *Portal) reportStart(ctx context.Context, r *request) (string, any, bool, error) {
	s, err := p.deps.Cases.Service(r.PathValue("type"))
	if err != nil {
		return "", nil, false, err
	}
	page := startPage{Code: s.Code, Name: r.serviceName(s), About: s.About.In(string(r.lang)), For: r.URL.Query().Get("for") == "other", SignIn: outside(s.Form)}
	d, found := p.drafts.get(keyIn(r.Request, draftCookie))
	page.Begun = found && d.Type == s.Code && d.Receipt == nil && len(d.Seen) > 0
	fresh := newDraft(s.Code)
	if s.Subject == "device" {
		if fresh.Subject, fresh.About = p.subject(ctx, r.URL.Query().Get("device")); fresh.Subject != "" {
			page.Device, page.DeviceIs = fresh.Subject, fresh.About
		}
	}
	f := flow{form: s.Form, where: true, draft: fresh}
	page.Asked = len(f.steps())
	page.Spoken = speech{Lead: breath(r.lang, []string{page.Name, page.About, r.t("report.asked", "n", page.Asked), r.t("report.after")})}
	return page.Name, page, false, nil
}

// subject is a device by its code, as far as it is known.
func (p *Portal) subject(ctx context.Context, code string) (subject, name string) {
	if !deviceCode.MatchString(code) {
		return "", ""
	}
	d, err := p.deps.Devices.Device(ctx, code)
	if err != nil {
		return "", ""
	}
	return d.Code, d.Name
}

// reportBegin begins to fill a form in.
func (p *Portal) reportBegin(w http.ResponseWriter, r *http.Request) {
	s, err := p.deps.Cases.Service(r.PathValue("type"))
	if err != nil || outside(s.Form) {
		http.Redirect(w, r, "/report", http.StatusSeeOther)
		return
	}
	if p.limited(w, r, p.limits.begin) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	_ = r.ParseForm() // a form that cannot be read names no device
	d := newDraft(s.Code)
	d.Helped = r.PostForm.Get("for") == "other"
	if s.Subject == "device" {
		d.Subject, d.About = p.subject(r.Context(), r.PostForm.Get("device"))
	}
	key := newKey()
	f := p.reportFlow(s, key, d)
	if !p.store(w, r, f) {
		return
	}
	p.own(w, draftCookie, "/report/"+s.Code, key)
	to := f.check()
	if steps := f.steps(); len(steps) > 0 {
		to = f.at(steps[0])
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (p *Portal) reportFlow(s *docket.Service, key string, d draft) *flow {
	return &flow{base: "/report/" + url.PathEscape(s.Code), form: s.Form, where: true, draft: d, keep: func(d draft) bool { return p.drafts.put(key, d, d.size()) }}
}

// reporting is the form that a device is in the middle of; without one it is led to the beginning.
func (p *Portal) reporting(w http.ResponseWriter, r *http.Request) (*flow, *docket.Service) {
	s, err := p.deps.Cases.Service(r.PathValue("type"))
	if err != nil {
		http.Redirect(w, r, "/report", http.StatusSeeOther)
		return nil, nil
	}
	key := keyIn(r, draftCookie)
	d, found := p.drafts.get(key)
	if !found || d.Type != s.Code {
		p.told(w, r, "lost")
		return nil, nil
	}
	return p.reportFlow(s, key, d), s
}
