package survey

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Sending is a survey as who writes to its contacts sees it: nothing of what anybody answered.
type Sending struct {
	ID       string           `json:"id"`
	NameZh   string           `json:"nameZh"`
	NameEn   string           `json:"nameEn"`
	State    State            `json:"state" enum:"draft,approved,open,closed,published"`
	Closes   string           `json:"closes"`
	Least    int              `json:"least" doc:"As many of a stratum are marked as answered at once, at least"`
	Contacts int              `json:"contacts"`
	Keep     int              `json:"keep" doc:"Days that contacts are kept after the end"`
	Forgets  string           `json:"forgets" doc:"Day on which contacts are deleted; empty before the end"`
	Strata   []StratumSending `json:"strata" nullable:"false"`
	Batches  []Batch          `json:"batches" nullable:"false"`
	Sample   bool             `json:"sample"`
}

// StratumSending is how far letters have come in a stratum.
type StratumSending struct {
	ID       string `json:"id"`
	NameZh   string `json:"nameZh"`
	NameEn   string `json:"nameEn"`
	Area     string `json:"area"`
	Wanted   int    `json:"wanted" doc:"Answers that the sample wants; 0 without a plan"`
	Contacts int    `json:"contacts"`
	Asked    int    `json:"asked" doc:"Of them were on a list"`
	Answered int    `json:"answered" doc:"Of them are known to have answered"`
}

// Sends are the surveys whose contacts the asker writes to.
func (d *Desk) Sends(ctx context.Context) ([]*Sending, error) {
	found, err := listSurveys(ctx, d.DB, auth.ScopeOf(ctx, d.Send), []string{string(Approved), string(Open), string(Closed), string(Published)}, "")
	if err != nil {
		return nil, err
	}
	list := []*Sending{}
	for _, s := range found {
		if d.apart(ctx, s.RegionPath) != nil {
			continue
		}
		v, err := d.sending(ctx, s)
		if err != nil {
			return nil, err
		}
		if v.Contacts > 0 || s.State == Approved || s.State == Open {
			list = append(list, v)
		}
	}
	return list, nil
}

// Sending is a survey whose contacts the asker writes to.
func (d *Desk) Sending(ctx context.Context, id string) (*Sending, error) {
	s, err := d.sends(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	return d.sending(ctx, s)
}

func (d *Desk) sending(ctx context.Context, s *Survey) (*Sending, error) {
	v := &Sending{ID: s.ID, NameZh: s.NameZh, NameEn: s.NameEn, State: s.State, Closes: s.Closes, Least: s.Least, Keep: s.keeps(), Sample: s.Sample, Strata: []StratumSending{}}
	if !s.ClosedAt.IsZero() {
		v.Forgets = s.ClosedAt.AddDate(0, 0, s.keeps()).In(d.Zone).Format(time.DateOnly)
	}
	plan, err := readPlan(ctx, d.DB, s.ID)
	if err != nil {
		return nil, err
	}
	counted, err := contactCounts(ctx, d.DB, s.ID)
	if err != nil {
		return nil, err
	}
	if plan != nil {
		for _, p := range plan.Strata {
			i := slices.IndexFunc(counted, func(c StratumSending) bool { return c.ID == p.ID })
			if i < 0 {
				counted = append(counted, StratumSending{ID: p.ID})
				i = len(counted) - 1
			}
			counted[i].Wanted = p.N
		}
	}
	slices.SortFunc(counted, func(a, b StratumSending) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	for _, c := range counted {
		code, area := split(c.ID)
		c.Area = area
		if r, err := d.Ledger.Tree().Region(code); err == nil {
			c.NameZh, c.NameEn = r.NameZh, r.NameEn
		}
		v.Contacts += c.Contacts
		v.Strata = append(v.Strata, c)
	}
	v.Batches, err = batchesOf(ctx, d.DB, s.ID)
	return v, err
}

// keepDays is how many days after its end a survey keeps its contacts where nothing else was said.
const keepDays = 30

func (s *Settings) keeps() int {
	if s.KeepContacts > 0 {
		return s.KeepContacts
	}
	return keepDays
}

// mark marks who has answered, so that nobody is reminded in vain. It finds out by the tickets
// that are gone, and marks a stratum only when at least as many of it answered since the last
// time as a result tells of: whoever compares what came in meanwhile cannot tell theirs apart.
func (d *Desk) mark(ctx context.Context, tx *store.Tx, s *Survey) error {
	if s.State != Open {
		return nil // tickets are gone with the field
	}
	left, err := ticketsOf(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	waiting, err := contactsOf(ctx, tx, s.ID, "")
	if err != nil {
		return err
	}
	fresh := map[string][]string{}
	for i := range waiting {
		c := &waiting[i]
		who, err := d.unseal(c)
		if err != nil {
			return err
		}
		if !c.answered && !left[ticketOf(who.Token)] {
			fresh[c.stratum] = append(fresh[c.stratum], c.id)
		}
	}
	for _, ids := range fresh {
		if len(ids) >= s.Least {
			if err := markAnswered(ctx, tx, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

// Letters asks for invitations: to those who were not written to yet, or once more to those who
// are not known to have answered.
type Letters struct {
	To      string `json:"to" enum:"first,reminder"`
	Stratum string `json:"stratum" maxLength:"40" doc:"Empty for all"`
	Format  string `json:"format" enum:"csv,xlsx,pdf" doc:"A list for mail merge or short messages, or letters to print"`
}

// maxLetters is how many letters one file holds.
const maxLetters = 500

// Write makes a list of contacts with their links, or letters to print, and counts them as
// written to.
func (d *Desk) Write(ctx context.Context, id string, what Letters) (out *file, err error) {
	return out, d.DB.Update(ctx, func(tx *store.Tx) error {
		s, err := d.sends(ctx, tx, id)
		if err != nil {
			return err
		}
		if s.State != Open {
			return s.wrong()
		}
		if err := d.mark(ctx, tx, s); err != nil {
			return err
		}
		found, err := contactsOf(ctx, tx, id, "")
		if err != nil {
			return err
		}
		full, err := fullStrata(ctx, tx, s)
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(c contact) bool {
			return full(c.stratum) || what.Stratum != "" && c.stratum != what.Stratum || c.answered || (c.asked > 0) != (what.To == "reminder")
		})
		switch {
		case len(found) == 0:
			return fault.New(fault.Conflict, "measure.survey.contact.none")
		case what.Format == "pdf" && len(found) > maxLetters:
			return fault.New(fault.TooLarge, "measure.survey.contact.letters", fault.Args{"limit": maxLetters, "count": len(found)})
		}
		people := make([]identity, len(found))
		ids := make([]string, len(found))
		for i := range found {
			if people[i], err = d.unseal(&found[i]); err != nil {
				return err
			}
			ids[i] = found[i].id
		}
		if out, err = d.writeLetters(ctx, s, what, found, people); err != nil {
			return err
		}
		if err := countAsked(ctx, tx, ids); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.letters", Object: "measure-survey:" + id, RegionPath: s.RegionPath,
			Detail: map[string]any{"to": what.To, "stratum": what.Stratum, "format": what.Format, "contacts": len(ids)}})
	})
}

// fullStrata tells the strata of which enough have answered: nobody there is written to any more.
func fullStrata(ctx context.Context, q store.Queryer, s *Survey) (func(stratum string) bool, error) {
	v, err := readVersion(ctx, q, s.ID, s.Version)
	if err != nil {
		return nil, err
	}
	counts, err := quotaCounts(ctx, q, s.ID)
	return func(stratum string) bool { return v.Form.Full(stratum, counts) }, err
}

func (d *Desk) writeLetters(ctx context.Context, s *Survey, what Letters, found []contact, people []identity) (*file, error) {
	lang := httpapi.LangOf(ctx)
	say := func(key string, args map[string]any) string { return i18n.T(lang, "measure.survey.letter."+key, args) }
	link := func(who identity) string { return d.Public + "/s/" + who.Token }
	out := &file{Disposition: fmt.Sprintf(`attachment; filename="survey-%s-%s.%s"`, s.ID, what.To, what.Format)}
	var body bytes.Buffer
	if what.Format == "pdf" {
		letters := make([]document.Letter, len(people))
		for i, who := range people {
			code, err := qrcode.New(link(who), qrcode.Medium)
			if err != nil {
				return nil, err
			}
			code.DisableBorder = true
			letters[i] = document.Letter{To: []string{who.Address, say("to", map[string]any{"name": who.Name})}, Title: s.NameZh, Code: code.Bitmap(), Link: link(who), Below: say("scan", nil), Foot: say("stop", map[string]any{"link": link(who) + "/stop"})}
			if lang == i18n.English {
				letters[i].Title = s.NameEn
			}
			letters[i].Body = letterBody(s, lang, what.To, say)
		}
		out.ContentType = "application/pdf"
		err := document.WriteLetters(&body, lang, letters)
		out.Body = body.Bytes()
		return out, err
	}
	rows := [][]string{{say("name", nil), say("phone", nil), say("address", nil), say("stratum", nil), say("link", nil)}}
	for i, who := range people {
		rows = append(rows, []string{who.Name, who.Phone, who.Address, d.stratumName(found[i].stratum, lang), link(who)})
	}
	if what.Format == "xlsx" {
		out.ContentType = xlsx
		err := document.WriteSheets(&body, document.Sheet{Name: say("list", nil), Rows: rows})
		out.Body = body.Bytes()
		return out, err
	}
	out.ContentType = "text/csv; charset=utf-8"
	body.WriteString("\ufeff")
	w := csv.NewWriter(&body)
	for _, r := range rows {
		_ = w.Write(document.Harmless(r))
	}
	w.Flush()
	out.Body = body.Bytes()
	return out, w.Error()
}

func letterBody(s *Survey, lang i18n.Lang, to string, say func(string, map[string]any) string) (body []string) {
	notice := s.NoticeZh
	if lang == i18n.English {
		notice = s.NoticeEn
	}
	for _, p := range []string{say(to, nil), s.Purpose, notice} {
		if p != "" {
			body = append(body, p)
		}
	}
	if s.Closes != "" {
		body = append(body, say("until", map[string]any{"day": s.Closes}))
	}
	return body
}

func (d *Desk) stratumName(stratum string, lang i18n.Lang) string {
	code, area := split(stratum)
	name := code
	if r, err := d.Ledger.Tree().Region(code); err == nil {
		if name = r.NameZh; lang == i18n.English {
			name = r.NameEn
		}
	}
	return name + " · " + i18n.T(lang, "measure.survey.paper."+area, nil)
}

// Stop takes out whoever has a link and asks for it: they are deleted and not written to again.
// Nothing is recorded of who asked, nor from where.
func (d *Desk) Stop(ctx context.Context, token string) error {
	return d.DB.Update(auth.As(ctx, system), func(tx *store.Tx) error {
		c, err := contactByDoor(ctx, tx, doorOf(token))
		if err != nil {
			return err
		}
		if c == nil {
			return fault.New(fault.NotFound, "measure.survey.link")
		}
		s, err := readSurvey(ctx, tx, c.survey)
		if err != nil {
			return err
		}
		return d.dropContacts(auth.As(ctx, system), tx, s, []contact{*c}, true, "measure.survey.contact_silent")
	})
}

var system = auth.Actor{ID: "system:survey", Name: "survey"}

// Forget deletes all contacts of a survey at once.
func (d *Desk) Forget(ctx context.Context, id string) error {
	s, err := d.sends(ctx, d.DB, id)
	if err != nil {
		return err
	}
	return d.forget(ctx, s)
}

func (d *Desk) forget(ctx context.Context, s *Survey) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := deleteContacts(ctx, tx, s.ID)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.forget", Object: "measure-survey:" + s.ID, RegionPath: s.RegionPath, Detail: map[string]int64{"contacts": n}})
	})
}

// longest is how long contacts are kept of a survey that never came to an end.
const longest = 365 * 24 * time.Hour

// forgetDue deletes the contacts whose time is over.
func (d *Desk) forgetDue(ctx context.Context) error {
	held, err := contactsHeld(ctx, d.DB)
	if err != nil {
		return err
	}
	for id, brought := range held {
		s, err := readSurvey(ctx, d.DB, id)
		if err != nil {
			return err
		}
		until := brought.Add(longest)
		if !s.ClosedAt.IsZero() {
			until = s.ClosedAt.AddDate(0, 0, s.keeps())
		}
		if d.Clock.Now().Before(until) {
			continue
		}
		if err := d.forget(auth.As(ctx, system), s); err != nil {
			return err
		}
	}
	return nil
}
