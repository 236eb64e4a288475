package survey

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
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
	Where
	ID       string `json:"id"`
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
	slices.SortFunc(counted, func(a, b StratumSending) int {
		return cmp.Or(cmp.Compare(plan.order(a.ID), plan.order(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	for _, c := range counted {
		c.Where = d.where(plan, c.ID)
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

// answeredOf are those of a survey's contacts, by stratum, who have answered and are not marked. It
// finds out by the tickets that are gone, and tells of a stratum only when at least as many of it
// answered since the last time as a result tells of: whoever compares what came in meanwhile cannot
// tell theirs apart.
func (s *Survey) answeredOf(contacts []contact, people []identity, left map[string]bool) map[string][]string {
	fresh := map[string][]string{}
	for i, c := range contacts {
		if !c.answered && !left[ticketOf(people[i].Token)] {
			fresh[c.stratum] = append(fresh[c.stratum], c.id)
		}
	}
	maps.DeleteFunc(fresh, func(_ string, ids []string) bool { return len(ids) < s.Least })
	return fresh
}

// mark writes down who has answered, part by part: none is smaller than a result may tell of, so
// where the program ends between two the rest is still enough to be marked the next time. It says
// only what the tickets that are gone say already; what is done with it leaves the record.
func (d *Desk) mark(ctx context.Context, s *Survey, fresh map[string][]string) error {
	for _, stratum := range slices.Sorted(maps.Keys(fresh)) {
		slices.Sort(fresh[stratum]) // an order that tells nothing
		for part := range evenly(fresh[stratum], max(atOnce, 2*s.Least)) {
			err := d.DB.Housekeep(ctx, func(tx *store.Tx) error {
				now, err := readSurvey(ctx, tx, s.ID)
				if err != nil || now.State != Open { // tickets are gone with the field
					return err
				}
				return markAnswered(ctx, tx, part)
			})
			if err != nil {
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
	Stratum string `json:"stratum" maxLength:"100" doc:"Empty for all"`
	Format  string `json:"format" enum:"csv,xlsx,pdf" doc:"A list for mail merge or short messages, or letters to print"`
}

// maxLetters is how many letters one file holds.
const maxLetters = 500

// Write makes a list of contacts with their links, or letters to print, and counts them as
// written to. Who is chosen, and what is written, is made before the one transaction that counts
// them and records it: it is refused where one of them changed meanwhile. The file is given out
// after it; where the program ends before, nobody was counted.
func (d *Desk) Write(ctx context.Context, id string, what Letters) (*httpapi.File, error) {
	s, err := d.writing(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	found, people, err := d.choose(ctx, s, what)
	if err != nil {
		return nil, err
	}
	out, err := d.writeLetters(ctx, s, what, found, people)
	if err != nil {
		return nil, err
	}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if s, err = d.writing(ctx, tx, id); err != nil {
			return err
		}
		if err := countAsked(ctx, tx, found); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.letters", Object: "measure-survey:" + id, RegionPath: s.RegionPath,
			Detail: map[string]any{"to": what.To, "stratum": what.Stratum, "format": what.Format, "contacts": len(found)}})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// writing is a survey whose contacts the asker writes to, while it is in the field.
func (d *Desk) writing(ctx context.Context, q store.Queryer, id string) (*Survey, error) {
	s, err := d.sends(ctx, q, id)
	if err == nil && s.State != Open {
		err = s.wrong()
	}
	return s, err
}

// choose marks who has answered, and chooses whom to write to.
func (d *Desk) choose(ctx context.Context, s *Survey, what Letters) (found []contact, people []identity, err error) {
	all, err := contactsOf(ctx, d.DB, s.ID, "") // before the tickets: who is brought after this has one that is not read
	if err != nil {
		return nil, nil, err
	}
	left, err := ticketsOf(ctx, d.DB, s.ID)
	if err != nil {
		return nil, nil, err
	}
	every, err := d.identities(all)
	if err != nil {
		return nil, nil, err
	}
	answered := s.answeredOf(all, every, left)
	if err := d.mark(ctx, s, answered); err != nil {
		return nil, nil, err
	}
	full, err := d.fullStrata(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	for i, c := range all {
		_, now := slices.BinarySearch(answered[c.stratum], c.id)
		if c.answered || now || full(c.stratum) || what.Stratum != "" && c.stratum != what.Stratum || (c.asked > 0) != (what.To == "reminder") {
			continue
		}
		found, people = append(found, c), append(people, every[i])
	}
	switch {
	case len(found) == 0:
		return nil, nil, fault.New(fault.Conflict, "measure.survey.contact.none")
	case what.Format == "pdf" && len(found) > maxLetters:
		return nil, nil, fault.New(fault.TooLarge, "measure.survey.contact.letters", fault.Args{"limit": maxLetters, "count": len(found)})
	}
	return found, people, nil
}

// fullStrata tells the strata of which enough have answered: nobody there is written to any more.
func (d *Desk) fullStrata(ctx context.Context, s *Survey) (func(stratum string) bool, error) {
	v, err := readVersion(ctx, d.DB, s.ID, s.Version)
	if err != nil {
		return nil, err
	}
	plan, err := readPlan(ctx, d.DB, s.ID)
	if err != nil {
		return nil, err
	}
	counts, _, err := quotaCounts(ctx, d.DB, s.ID)
	return func(stratum string) bool { return v.Form.Full(base(stratum), plan.known(stratum), counts) }, err
}

func (d *Desk) writeLetters(ctx context.Context, s *Survey, what Letters, found []contact, people []identity) (*httpapi.File, error) {
	lang := httpapi.LangOf(ctx)
	say := func(key string, args map[string]any) string { return i18n.T(lang, "measure.survey.letter."+key, args) }
	link := func(who identity) string { return d.Public + "/s/" + who.Token }
	name := "survey-" + s.ID + "-" + what.To
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
		return httpapi.Save("pdf", name, "", func(w io.Writer) error { return document.WriteLetters(w, lang, letters) })
	}
	plan, err := readPlan(ctx, d.DB, s.ID)
	if err != nil {
		return nil, err
	}
	rows := [][]string{{say("name", nil), say("phone", nil), say("address", nil), say("stratum", nil), say("link", nil)}}
	for i, who := range people {
		rows = append(rows, []string{who.Name, who.Phone, who.Address, d.where(plan, found[i].stratum).in(lang), link(who)})
	}
	if what.Format == "xlsx" {
		return httpapi.Save("xlsx", name, "", func(w io.Writer) error {
			return document.WriteSheets(w, document.Sheet{Name: say("list", nil), Rows: rows})
		})
	}
	return httpapi.Save("csv", name, "", func(w io.Writer) error { return document.WriteCSV(w, slices.Values(rows)) })
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
		return d.silence(auth.As(ctx, system), tx, s, c)
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
	var failed []error // one survey keeps no other's people
	for id, brought := range held {
		s, err := readSurvey(ctx, d.DB, id)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		until := brought.Add(longest)
		if !s.ClosedAt.IsZero() {
			until = s.ClosedAt.AddDate(0, 0, s.keeps())
		}
		if d.Clock.Now().Before(until) {
			continue
		}
		failed = append(failed, d.forget(auth.As(ctx, system), s))
	}
	return errors.Join(failed...)
}
