package survey

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// contact is somebody whom a survey writes to, as it is stored.
type contact struct {
	id, survey, batch, stratum, door, finger, sealed string
	asked                                            int
	answered                                         bool
}

// identity is what is sealed of a contact.
type identity struct {
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Address string `json:"address"`
	Token   string `json:"token"` // of the link
}

// A link's token leads to two places by two hashes, which nobody can tell to be of one token
// without having it: to the contact, and to the right to answer.
func doorOf(token string) string   { return hash("contact\n" + token) }
func ticketOf(token string) string { return hash("answer\n" + token) }

// seal binds what is sealed to its row, so that rows cannot be exchanged.
func (d *Desk) seal(c *contact, who identity) error {
	plain, err := json.Marshal(who)
	if err != nil {
		return err
	}
	sealed, err := d.Sealer.Seal(plain, "survey.contact."+c.id)
	c.sealed, c.door = base64.StdEncoding.EncodeToString(sealed), doorOf(who.Token)
	return err
}

func (d *Desk) unseal(c *contact) (who identity, err error) {
	raw, err := base64.StdEncoding.DecodeString(c.sealed)
	if err != nil {
		return who, err
	}
	plain, err := d.Sealer.Open(raw, "survey.contact."+c.id)
	if err != nil {
		return who, err
	}
	return who, json.Unmarshal(plain, &who)
}

// fingers makes keyed hashes of people: telephone numbers are so few that an unkeyed hash of one
// would tell it. The key is made once and kept sealed.
type fingers []byte

func (d *Desk) fingers(ctx context.Context, tx *store.Tx) (fingers, error) {
	const name = "finger"
	sealed, err := readSecret(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	if sealed == "" {
		key := []byte(random(32))
		raw, err := d.Sealer.Seal(key, "survey."+name)
		if err != nil {
			return nil, err
		}
		return key, writeSecret(ctx, tx, name, base64.StdEncoding.EncodeToString(raw))
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	return d.Sealer.Open(raw, "survey."+name)
}

// of is somebody's finger: by the telephone, or without one by name and address.
func (f fingers) of(who identity) string {
	text := who.Phone
	if text == "" {
		text = strings.Join(strings.Fields(who.Name+" "+who.Address), "")
	}
	m := hmac.New(sha256.New, f)
	_, _ = m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// phoneOf is a telephone number in one form: its digits, of a number abroad with a plus; empty
// for what is none.
func phoneOf(text string) string {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r >= '0' && r <= '9' || r == '+':
			return r
		case strings.ContainsRune(" -‐–—()（）.\u00a0", r):
			return -1
		}
		return 'x'
	}, strings.TrimSpace(text))
	digits = strings.TrimPrefix(strings.TrimPrefix(digits, "+86"), "0086")
	bare := strings.TrimPrefix(digits, "+")
	if len(bare) < 7 || len(bare) > 15 || strings.Trim(bare, "0123456789") != "" {
		return ""
	}
	return digits
}

// sends gives a survey to who writes to its contacts. Nobody who sees answers may do so.
func (d *Desk) sends(ctx context.Context, q store.Queryer, id string) (*Survey, error) {
	s, err := readSurvey(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if auth.Check(ctx, d.Send, s.RegionPath) != nil {
		return nil, fault.New(fault.NotFound, "measure.survey.not_found")
	}
	return s, d.apart(ctx, s.RegionPath)
}

// apart refuses whoever has a hand in the answers of a region.
func (d *Desk) apart(ctx context.Context, path string) error {
	for _, perm := range []auth.Permission{d.Build, d.Run, d.Interview, d.Agree} {
		if auth.Check(ctx, perm, path) == nil {
			return fault.New(fault.Forbidden, "measure.survey.contact.apart")
		}
	}
	return nil
}

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
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	By   Person    `json:"by"`
	Took int       `json:"took"`
	Left int       `json:"left" doc:"Of them still here"`
}

// BringContacts takes contacts from a table with the columns name, phone, address, and district
// and area, or stratum; each row has a result. Who asked not to be written to is refused.
func (d *Desk) BringContacts(ctx context.Context, id string, raw []byte, dry bool) (out ContactsTaken, err error) {
	s, err := d.sends(ctx, d.DB, id)
	if err != nil {
		return out, err
	}
	lines, unknown, err := d.readContacts(ctx, s, raw)
	if err != nil {
		return out, err
	}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		out = ContactsTaken{FileResult: FileResult{Rows: []ImportedRow{}, Counts: map[string]int{}, Unknown: unknown, DryRun: dry}}
		if s, err = d.sends(ctx, tx, id); err != nil {
			return err
		}
		if s.State != Approved && s.State != Open {
			return s.wrong()
		}
		key, err := d.fingers(ctx, tx)
		if err != nil {
			return err
		}
		had, err := countContacts(ctx, tx, id)
		if err != nil {
			return err
		}
		batch := store.NewID(tx.Now)
		var tickets []ticket
		for _, l := range lines {
			became, err := d.takeContact(ctx, tx, key, batch, l, &tickets)
			if err != nil {
				if fault.IsKind(err, fault.Internal) {
					return err
				}
				became = "refused"
			}
			if out.Counts[became]++; had+out.Counts[Taken] > maxContacts {
				return fault.New(fault.TooLarge, "measure.survey.contact.many", fault.Args{"limit": maxContacts})
			}
			if became == Taken || len(out.Rows) == 500 {
				continue
			}
			row := ImportedRow{Line: l.n, Became: became}
			if e := fault.Of(err); e != nil {
				row.Place, row.Text = e.Place, i18n.T(httpapi.LangOf(ctx), e.Code, e.Args)
			}
			out.Rows = append(out.Rows, row)
		}
		if err := insertTickets(ctx, tx, tickets); err != nil {
			return err
		}
		if dry {
			return errDry
		}
		if n := out.Counts[Taken]; n > 0 {
			out.Batch = batch
			if err := insertBatch(ctx, tx, id, Batch{ID: batch, By: me(ctx), Took: n}); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.contacts", Object: "measure-survey:" + id, RegionPath: s.RegionPath, Detail: out.Counts})
	})
	if err == errDry {
		err = nil
	}
	return out, err
}

// contactLine is a row of a file of contacts.
type contactLine struct {
	n       int
	survey  string
	stratum string
	who     identity
	place   string // of what tells the person
	bad     *fault.Error
}

func (d *Desk) takeContact(ctx context.Context, tx *store.Tx, key fingers, batch string, l contactLine, tickets *[]ticket) (string, error) {
	if l.bad != nil {
		return "", l.bad
	}
	c := contact{id: random(16), survey: l.survey, batch: batch, stratum: l.stratum, finger: key.of(l.who)}
	silent, err := isSilent(ctx, tx, c.finger)
	if err != nil {
		return "", err
	}
	if silent {
		return "", fault.New(fault.Conflict, "measure.survey.contact.silent").At(l.place)
	}
	l.who.Token = strings.ToUpper(random(10))
	if err := d.seal(&c, l.who); err != nil {
		return "", err
	}
	fresh, err := insertContact(ctx, tx, c)
	if err != nil || !fresh {
		return Same, err
	}
	*tickets = append(*tickets, ticket{ticketOf(l.who.Token), c.survey, c.stratum})
	return Taken, nil
}

// readContacts reads a table of contacts and judges each row.
func (d *Desk) readContacts(ctx context.Context, s *Survey, raw []byte) (lines []contactLine, unknown []string, err error) {
	plan, err := readPlan(ctx, d.DB, s.ID)
	if err != nil {
		return nil, nil, err
	}
	wants := []document.Want{{Key: "name", Names: []string{"name", "姓名", "名字"}, Required: true}, {Key: "phone", Names: []string{"phone", "telephone", "mobile", "电话", "手机", "手机号", "联系电话"}},
		{Key: "address", Names: []string{"address", "地址", "住址"}}, {Key: "district", Names: []string{"district", "区", "区县", "所在区"}},
		{Key: "area", Names: []string{"area", "城乡", "城镇或乡村"}}, {Key: "stratum", Names: []string{"stratum", "层", "抽样层"}}}
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
			if l.who.Phone = phoneOf(text); l.who.Phone == "" {
				wrong("phone", "measure.survey.contact.phone", nil)
			}
		} else if l.who.Address == "" {
			wrong("phone", "measure.survey.contact.reach", nil)
		}
		var at, code string
		if l.stratum, at, code = d.stratumIn(s, row); code == "" && plan != nil && !slices.ContainsFunc(plan.Strata, func(p Stratum) bool { return p.ID == l.stratum }) {
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

// stratumIn is the stratum of a row, or the column and code of what is wrong with it.
func (d *Desk) stratumIn(s *Survey, row document.Row) (stratum, column, code string) {
	district, area := row.Text("district"), areaNames[strings.ToLower(row.Text("area"))]
	column = "district"
	if text := row.Text("stratum"); text != "" {
		district, area = split(text)
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
			return r.Code + "." + area, column, ""
		}
	}
	return "", column, "measure.survey.contact.district"
}

// UndoContacts takes a file of contacts back: those of it who are still here, with their links.
func (d *Desk) UndoContacts(ctx context.Context, id, batch string) error {
	return d.removeContacts(ctx, id, "measure.survey.contacts_undo", func(tx *store.Tx) ([]contact, error) {
		found, err := contactsOf(ctx, tx, id, batch)
		if err == nil && len(found) == 0 {
			return nil, fault.New(fault.NotFound, "measure.survey.contact.batch")
		}
		return found, err
	}, false)
}

// RemoveContact takes out whoever has a telephone number and asked the sender for it; they are
// not written to again.
func (d *Desk) RemoveContact(ctx context.Context, id, phone string) error {
	number := phoneOf(phone)
	if number == "" {
		return fault.Bad("phone", "measure.survey.contact.phone")
	}
	return d.removeContacts(ctx, id, "measure.survey.contact_silent", func(tx *store.Tx) ([]contact, error) {
		key, err := d.fingers(ctx, tx)
		if err != nil {
			return nil, err
		}
		c, err := contactByFinger(ctx, tx, id, key.of(identity{Phone: number}))
		if err == nil && c == nil {
			return nil, fault.New(fault.NotFound, "measure.survey.contact.nobody")
		}
		if err != nil {
			return nil, err
		}
		return []contact{*c}, nil
	}, true)
}

// removeContacts deletes contacts and what is left of their right to answer. The record tells how
// many, not who.
func (d *Desk) removeContacts(ctx context.Context, id, action string, find func(*store.Tx) ([]contact, error), silent bool) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		s, err := d.sends(ctx, tx, id)
		if err != nil {
			return err
		}
		found, err := find(tx)
		if err != nil {
			return err
		}
		return d.dropContacts(ctx, tx, s, found, silent, action)
	})
}

func (d *Desk) dropContacts(ctx context.Context, tx *store.Tx, s *Survey, found []contact, silent bool, action string) error {
	for i := range found {
		who, err := d.unseal(&found[i])
		if err != nil {
			return err
		}
		if _, err := spendTicket(ctx, tx, ticketOf(who.Token)); err != nil {
			return err
		}
		if silent {
			if err := addSilent(ctx, tx, found[i].finger); err != nil {
				return err
			}
		}
		if err := deleteContact(ctx, tx, found[i].id); err != nil {
			return err
		}
	}
	return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "measure-survey:" + s.ID, RegionPath: s.RegionPath, Detail: map[string]int{"contacts": len(found)}})
}
