package survey

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Limits on contacts.
const (
	maxContacts = 50_000 // of a survey
	maxName     = 60
	maxAddress  = 200
)

// ContactsTaken is what became of a file of contacts.
type ContactsTaken struct {
	FileResult
	Batch string `json:"batch" doc:"To take it back by; empty where nothing was taken"`
}

// Batch is a file of contacts that was brought.
type Batch struct {
	ID   string      `json:"id"`
	At   time.Time   `json:"at"`
	By   auth.Person `json:"by"`
	Took int         `json:"took"`
	Left int         `json:"left" doc:"Of them still here"`
}

// atOnce is how many contacts one transaction writes: everybody else waits for it.
const atOnce = 500

// evenly cuts a list into parts of the same size but for one, so that none is so small that what it
// holds tells of single people: where there are two or more, each has half the most at least.
func evenly[T any](list []T, most int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		parts := (len(list) + most - 1) / most
		for i := range parts {
			if !yield(list[i*len(list)/parts : (i+1)*len(list)/parts]) {
				return
			}
		}
	}
}

// BringContacts takes contacts from a table with the columns name, phone, address, and district
// and area (and group, where the sample tells groups apart), or stratum; each row has a result. Who
// asked not to be written to is refused.
//
// The table is read, judged and sealed before anything is written, and then kept part by part, each
// with its links and its record. Where the program ends between two parts, those that were kept are
// whole and can be taken back as a batch; brought again, the file adds the rest.
func (d *Desk) BringContacts(ctx context.Context, id string, raw []byte, dry bool) (out ContactsTaken, err error) {
	s, err := d.taking(ctx, d.DB, id)
	if err != nil {
		return out, err
	}
	lines, unknown, err := d.readContacts(ctx, s, raw)
	if err != nil {
		return out, err
	}
	out = ContactsTaken{FileResult: FileResult{Rows: []ImportedRow{}, Counts: map[string]int{}, Unknown: unknown, DryRun: dry}}
	fresh, err := d.judge(ctx, s, lines, &out)
	if err != nil || dry || len(fresh) == 0 {
		return out, err
	}
	b := Batch{ID: store.NewID(d.Clock.Now()), By: auth.Who(ctx).Person()}
	sealed := make([]newContact, len(fresh))
	for i, l := range fresh {
		if sealed[i], err = d.newContact(b.ID, l); err != nil {
			return out, err
		}
	}
	for part := range evenly(sealed, atOnce) {
		if b, err = d.keepContacts(ctx, s, b, part); err != nil {
			return out, err
		}
	}
	if out.Counts[Taken] = b.Took; b.Took > 0 {
		out.Batch = b.ID
	}
	out.Counts[Same] += len(fresh) - b.Took
	return out, nil
}

// taking is a survey whose contacts the asker brings, while it takes any.
func (d *Desk) taking(ctx context.Context, q store.Queryer, id string) (*Survey, error) {
	s, err := d.sends(ctx, q, id)
	if err == nil && s.State != Approved && s.State != Open {
		err = s.wrong()
	}
	return s, err
}

// contactLine is a row of a file of contacts.
type contactLine struct {
	n       int
	survey  string
	stratum string
	who     identity
	finger  string
	place   string // of what tells the person
	bad     *fault.Error
}

// judge says what becomes of each row, and gives those that are to be taken.
func (d *Desk) judge(ctx context.Context, s *Survey, lines []contactLine, out *ContactsTaken) (fresh []contactLine, err error) {
	key, err := d.fingers(ctx)
	if err != nil {
		return nil, err
	}
	var all []string
	for i := range lines {
		lines[i].finger = key.of(lines[i].who)
		all = append(all, lines[i].finger)
	}
	silent, err := silentOf(ctx, d.DB, all)
	if err != nil {
		return nil, err
	}
	had, err := fingersOf(ctx, d.DB, s.ID, all)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		if l.bad == nil && silent[l.finger] {
			l.bad = fault.New(fault.Conflict, "measure.survey.contact.silent").At(l.place)
		}
		row := ImportedRow{Line: l.n, Became: Same}
		switch {
		case l.bad != nil:
			row.Became, row.Place, row.Text = "refused", l.bad.Place, i18n.T(httpapi.LangOf(ctx), l.bad.Code, l.bad.Args)
		case !had[l.finger]:
			row.Became, had[l.finger] = Taken, true
			fresh = append(fresh, l)
		}
		if out.Counts[row.Became]++; row.Became != Taken && len(out.Rows) < 500 {
			out.Rows = append(out.Rows, row)
		}
	}
	there, err := countContacts(ctx, d.DB, s.ID)
	if err == nil && there+len(fresh) > maxContacts {
		err = tooMany()
	}
	return fresh, err
}

func tooMany() error {
	return fault.New(fault.TooLarge, "measure.survey.contact.many", fault.Args{"limit": maxContacts})
}

// newContact is a contact with the right to answer that its link gives.
type newContact struct {
	contact
	ticket ticket
}

func (d *Desk) newContact(batch string, l contactLine) (newContact, error) {
	c := contact{id: random(16), survey: l.survey, batch: batch, stratum: l.stratum, finger: l.finger}
	l.who.Token = strings.ToUpper(random(10))
	err := d.seal(&c, l.who)
	return newContact{c, ticket{ticketOf(l.who.Token), c.survey, c.stratum}}, err
}

// keepContacts keeps a part of a batch, and gives the batch with those that it took: not who was
// brought by another, or asked not to be written to, since they were judged. It is stale where the
// survey changed since, for its strata may be others.
func (d *Desk) keepContacts(ctx context.Context, judged *Survey, b Batch, part []newContact) (after Batch, err error) {
	id := judged.ID
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		s, err := d.taking(ctx, tx, id)
		if err != nil {
			return err
		}
		if s.Revision != judged.Revision {
			return fault.New(fault.Stale, "stale")
		}
		if there, err := countContacts(ctx, tx, id); err != nil || there+len(part) > maxContacts {
			return cmp.Or(err, tooMany())
		}
		var all []string
		for _, c := range part {
			all = append(all, c.finger)
		}
		silent, err := silentOf(ctx, tx, all)
		if err != nil {
			return err
		}
		var tickets []ticket
		for _, c := range part {
			if silent[c.finger] {
				continue
			}
			fresh, err := insertContact(ctx, tx, c.contact)
			if err != nil {
				return err
			}
			if fresh {
				tickets = append(tickets, c.ticket)
			}
		}
		if err := insertTickets(ctx, tx, tickets); err != nil {
			return err
		}
		after = b
		after.Took += len(tickets)
		if err := writeBatch(ctx, tx, id, after); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.contacts", Object: "measure-survey:" + id, RegionPath: s.RegionPath, Detail: map[string]any{"batch": b.ID, "contacts": len(tickets)}})
	})
	return after, err
}

// readContacts reads a table of contacts and judges each row.
func (d *Desk) readContacts(ctx context.Context, s *Survey, raw []byte) (lines []contactLine, unknown []string, err error) {
	plan, err := readPlan(ctx, d.DB, s.ID)
	if err != nil {
		return nil, nil, err
	}
	var groups *engine.Question
	if plan.question() != "" {
		v, err := readVersion(ctx, d.DB, s.ID, s.asks())
		if err != nil {
			return nil, nil, err
		}
		if groups, err = plan.Goal.Group.question(v.Form); err != nil {
			return nil, nil, err
		}
	}
	wants := []document.Want{{Key: "name", Names: []string{"name", "姓名", "名字"}, Required: true}, {Key: "phone", Names: []string{"phone", "telephone", "mobile", "电话", "手机", "手机号", "联系电话"}},
		{Key: "address", Names: []string{"address", "地址", "住址"}}, {Key: "district", Names: []string{"district", "区", "区县", "所在区"}},
		{Key: "area", Names: []string{"area", "城乡", "城镇或乡村"}}, {Key: "stratum", Names: []string{"stratum", "层", "抽样层"}}}
	if groups != nil {
		names := []string{"group", "人群", "组", groups.ID}
		for _, title := range groups.Title {
			names = append(names, title)
		}
		wants = append(wants, document.Want{Key: "group", Names: names})
	}
	read, err := document.ReadTable(ctx, bytes.NewReader(raw), wants, func(row document.Row) error {
		if len(lines) >= maxRows {
			return fault.New(fault.TooLarge, "document.table_too_long", fault.Args{"limit": maxRows})
		}
		l := contactLine{n: row.Line, survey: s.ID, place: row.Place("name"), who: identity{Name: row.Text("name"), Address: row.Text("address")}}
		wrong := func(key, code string, args fault.Args) {
			if l.bad == nil {
				l.bad = fault.Bad(row.Place(key), code, args)
			}
		}
		if n := utf8.RuneCountInString(l.who.Name); n == 0 || n > maxName {
			wrong("name", "measure.survey.contact.name", fault.Args{"limit": maxName})
		}
		if utf8.RuneCountInString(l.who.Address) > maxAddress {
			wrong("address", "measure.survey.contact.address", fault.Args{"limit": maxAddress})
		}
		if text := row.Text("phone"); text != "" {
			l.place = row.Place("phone")
			if l.who.Phone = i18n.Phone(text); l.who.Phone == "" {
				wrong("phone", "measure.survey.contact.phone", nil)
			}
		} else if l.who.Address == "" {
			wrong("phone", "measure.survey.contact.reach", nil)
		}
		var at, code string
		if l.stratum, at, code = d.stratumIn(s, groups, row); code == "" && plan != nil && !slices.ContainsFunc(plan.Strata, func(p Stratum) bool { return p.ID == l.stratum }) {
			code = "measure.survey.contact.stratum"
		}
		if code != "" {
			wrong(at, code, nil)
		}
		lines = append(lines, l)
		return nil
	})
	if read.Unknown == nil {
		read.Unknown = []string{}
	}
	return lines, read.Unknown, err
}

// areaNames are what files call the areas.
var areaNames = map[string]string{"urban": Urban, "城镇": Urban, "城市": Urban, "城": Urban, "rural": Rural, "乡村": Rural, "农村": Rural, "乡": Rural}

// stratumIn is the stratum of a row, or the column and code of what is wrong with it. Groups are
// those of a question, by id or by what it calls them; nil where the sample tells none apart.
func (d *Desk) stratumIn(s *Survey, groups *engine.Question, row document.Row) (stratum, column, code string) {
	district, area, group := row.Text("district"), areaNames[strings.ToLower(row.Text("area"))], row.Text("group")
	column = "district"
	if text := row.Text("stratum"); text != "" {
		district, area, group = split(text)
		column = "stratum"
	}
	for _, r := range d.Ledger.Tree().Within(s.RegionPath, "district") {
		if r.Code == district || r.NameZh == district || strings.EqualFold(r.NameEn, district) {
			if area != Urban && area != Rural {
				if column == "district" {
					column = "area"
				}
				return "", column, "measure.survey.contact.area"
			}
			if groups == nil {
				return r.Code + "." + area, column, ""
			}
			if group = choiceOf(groups.Choices, group); group == "" {
				if column == "district" {
					column = "group"
				}
				return "", column, "measure.survey.contact.group"
			}
			return r.Code + "." + area + "." + group, column, ""
		}
	}
	return "", column, "measure.survey.contact.district"
}
