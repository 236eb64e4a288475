package survey_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// people is a file of n contacts of a stratum.
func people(n int, district, area string) []byte {
	var b strings.Builder
	b.WriteString("姓名,手机,住址,区,城乡\n")
	for i := range n {
		fmt.Fprintf(&b, "住户%s%02d,138%04d%04d,幸福路%d号,%s,%s\n", district, i, len(district)*100+int(district[0]), i, i, district, area)
	}
	return []byte(b.String())
}

// lettersTo are the links of a list by name.
func (b *bench) lettersTo(id, to string) map[string]string {
	b.Helper()
	f, err := b.desk.Write(sender, id, survey.Letters{To: to, Format: "csv"})
	if fault.Is(err, "measure.survey.contact.none") {
		return nil
	}
	b.ok(err)
	links := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(f.Body)), "\n")[1:] {
		cells := strings.Split(line, ",")
		links[cells[0]] = cells[4][strings.LastIndex(cells[4], "/")+1:]
	}
	return links
}

// answers lets a link be answered.
func (b *bench) answers(token, happy string) string {
	b.Helper()
	a, err := b.desk.Ask(nobody, "", token)
	b.ok(err)
	b.clk.Advance(5 * time.Second)
	became, err := b.desk.Answer(nobody, a.ID, token, a.Pass, survey.Given{Version: a.Version, Mode: survey.Phone, Answers: said("old", happy)})
	b.ok(err)
	return became
}

// dump is every row of a table as the database holds it, in the order in which it lies there.
func (b *bench) dump(table string) (rows []string) {
	b.Helper()
	ctx := context.Background()
	columns, err := b.db.Columns(ctx, b.db, table)
	b.ok(err)
	place := "rowid"
	if b.db.Dialect() == store.Postgres {
		place = "ctid"
	}
	found, err := b.db.Query(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table+` ORDER BY `+place)
	b.ok(err)
	defer found.Close()
	for found.Next() {
		cells, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		b.ok(found.Scan(to...))
		rows = append(rows, strings.TrimSpace(fmt.Sprintln(cells...)))
	}
	b.ok(found.Err())
	return rows
}

func TestContactsAreJudgedRowByRowAndTakenBack(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		table := "姓名,手机,住址,区,城乡,生日\n甲,13800001111,路1号,east,城镇,x\n乙,138-0000-1111,路2号,east,城镇,\n,13800002222,,east,城镇,\n丙,abc,,east,城镇,\n丁,,,east,城镇,\n戊,13800003333,,north,城镇,\n己,13800004444,,west,,\n庚,,路9号,west,rural,\n"
		dry, err := b.desk.BringContacts(sender, s.ID, []byte(table), true)
		b.ok(err)
		v, err := b.desk.Sending(sender, s.ID)
		b.ok(err)
		if dry.Counts["taken"] != 2 || dry.Batch != "" || v.Contacts != 0 {
			t.Fatalf("%+v, then %d contacts", dry, v.Contacts)
		}
		got, err := b.desk.BringContacts(sender, s.ID, []byte(table), false)
		b.ok(err)
		var where []string
		for _, r := range got.Rows {
			where = append(where, fmt.Sprintf("%d %s %s", r.Line, r.Became, r.Place))
		}
		if want := "3 same |4 refused A4|5 refused B5|6 refused B6|7 refused D7|8 refused E8"; strings.Join(where, "|") != want || got.Unknown[0] != "生日" {
			t.Errorf("%v %v", where, got.Unknown)
		}
		again, err := b.desk.BringContacts(sender, s.ID, []byte(table), false)
		b.ok(err)
		if again.Counts["same"] != 3 || again.Batch != "" {
			t.Errorf("brought twice: %+v", again)
		}
		v, err = b.desk.Sending(sender, s.ID)
		b.ok(err)
		if v.Contacts != 2 || len(v.Batches) != 1 || v.Batches[0].Left != 2 || v.Batches[0].By.ID != "sender" || len(v.Strata) != 4 {
			t.Errorf("%+v", v)
		}
		links := b.lettersTo(s.ID, "first")
		b.ok(b.desk.UndoContacts(sender, s.ID, got.Batch))
		_, err = b.desk.Ask(nobody, "", links["甲"])
		b.refused(err, "measure.survey.link")
		b.refused(b.desk.UndoContacts(sender, s.ID, got.Batch), "measure.survey.contact.batch")
	})
}

func TestContactsAreReadByTheirSenderAlone(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		_, err := b.desk.BringContacts(sender, s.ID, people(12, "east", "城镇"), false)
		b.ok(err)
		for _, table := range []string{"measure_survey_contact", "measure_survey_ticket", "measure_survey_batch", "measure_survey_silent", "measure_survey_secret", "platform_audit"} {
			for _, row := range b.dump(table) {
				if strings.Contains(row, "住户") || strings.Contains(row, "幸福路") || strings.Contains(row, "1380501") {
					t.Errorf("%s tells of a contact: %s", table, row)
				}
			}
		}
		both := as("both", "c.", send, run)
		for name, ctx := range map[string]context.Context{"author": author, "leader": leader, "agency": agency, "asker": asker, "elsewhere": as("far", "x.", send)} {
			_, err := b.desk.Write(ctx, s.ID, survey.Letters{To: "first", Format: "csv"})
			b.refused(err, "measure.survey.not_found")
			_, err = b.desk.Sending(ctx, s.ID)
			b.refused(err, "measure.survey.not_found")
			b.refused(b.desk.Forget(ctx, s.ID), "measure.survey.not_found")
			if list, err := b.desk.Sends(ctx); err != nil || len(list) > 0 {
				t.Errorf("%s lists %d, %v", name, len(list), err)
			}
		}
		_, err = b.desk.Write(both, s.ID, survey.Letters{To: "first", Format: "csv"})
		b.refused(err, "measure.survey.contact.apart")
		_, err = b.desk.Field(sender, s.ID)
		b.refused(err, "measure.survey.not_found")
		_, err = b.desk.Answers(sender, s.ID, "", store.Page{})
		b.refused(err, "measure.survey.not_found")
		f, err := b.desk.Field(agency, s.ID)
		b.ok(err)
		i := slices.IndexFunc(f.Progress.Strata, func(p survey.StratumProgress) bool { return p.ID == "east.urban" })
		if i < 0 || f.Progress.Strata[i].Contacts != 12 {
			t.Errorf("%+v", f.Progress.Strata)
		}
	})
}

// What the database holds after twenty contacts answered, in an order that is known here, leads
// from no answer to a contact: the contacts are as they were, byte for byte and in their order,
// and what is left of a link is gone.
func TestNoAnswerLeadsToAContact(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		_, err := b.desk.BringContacts(sender, s.ID, people(20, "east", "城镇"), false)
		b.ok(err)
		links := b.lettersTo(s.ID, "first")
		before, rights := b.dump("measure_survey_contact"), len(b.dump("measure_survey_ticket"))
		if rights != 20 || len(before) != 20 {
			t.Fatalf("%d contacts with %d tickets", len(before), rights)
		}
		tokens := []string{}
		for n := range 12 {
			token := links[fmt.Sprintf("住户east%02d", n)]
			tokens = append(tokens, token)
			if became := b.answers(token, []string{"yes", "no"}[n%2]); became != survey.Taken {
				t.Fatal(became)
			}
			_, err := b.desk.Ask(nobody, "", token)
			b.refused(err, "measure.survey.used")
			b.clk.Advance(7 * time.Minute)
		}
		if after := b.dump("measure_survey_contact"); !slices.Equal(after, before) {
			t.Error("answering changed contacts")
		}
		left := b.dump("measure_survey_ticket")
		if len(left) != 8 {
			t.Errorf("%d tickets left", len(left))
		}
		answers := b.dump("measure_survey_answer")
		if len(answers) != 12 {
			t.Fatalf("%d answers", len(answers))
		}
		// No value of an answer stands anywhere in what is kept of contacts, but for the survey and
		// the stratum.
		held := strings.Join(append(append(before, left...), b.dump("measure_survey_batch")...), "\n")
		for _, a := range answers {
			for _, word := range strings.FieldsFunc(a, func(r rune) bool { return strings.ContainsRune(" {}\":,~", r) }) {
				if len(word) >= 8 && word != s.ID && word != "east.urban" && strings.Contains(held, word) {
					t.Errorf("an answer and what is kept of contacts share %q", word)
				}
			}
			for _, token := range tokens {
				if strings.Contains(a, token) {
					t.Error("an answer holds its link")
				}
			}
		}
		l, err := b.desk.Answers(agency, s.ID, "", store.Page{})
		b.ok(err)
		for _, a := range l.Items {
			if a.Stratum != "east.urban" || a.Finished.Minute() != 0 || a.Weight <= 1 {
				t.Errorf("%+v", a)
			}
		}
		// Whoever answered is left out of reminders, all at once.
		reminded := b.lettersTo(s.ID, "reminder")
		if len(reminded) != 8 || reminded["住户east00"] != "" || reminded["住户east12"] == "" {
			t.Errorf("%d are reminded: %v", len(reminded), reminded)
		}
		if b.db.Dialect() == store.Postgres { // every row tells which transaction wrote it
			var shared, marks int
			b.ok(b.db.QueryRow(context.Background(), `SELECT count(*) FROM measure_survey_contact c JOIN measure_survey_answer a ON a.xmin::text = c.xmin::text`).Scan(&shared))
			b.ok(b.db.QueryRow(context.Background(), `SELECT count(DISTINCT xmin::text) FROM measure_survey_contact WHERE answered`).Scan(&marks))
			if shared != 0 || marks != 1 {
				t.Errorf("%d contacts share a transaction with an answer; %d transactions marked who answered", shared, marks)
			}
		}
		// Fewer than a result tells of are not marked.
		b.answers(links["住户east13"], "yes")
		if again := b.lettersTo(s.ID, "reminder"); len(again) != 8 {
			t.Errorf("%d are reminded after one more answered", len(again))
		}
	})
}

// What somebody began opens with what their device holds and with nothing that the node has.
func TestWhatWasBegunOpensOnItsDeviceOnly(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		key := survey.NewKey()
		b.ok(b.desk.Begin(nobody, key, &survey.Begun{Survey: s.ID, Token: "SECRET", Version: 1, Answers: said("old", "yes")}))
		got, err := b.desk.Resume(nobody, key)
		b.ok(err)
		if got == nil || got.Token != "SECRET" || got.Answers["happy"] != "yes" {
			t.Fatalf("%+v", got)
		}
		rows := b.dump("measure_survey_progress")
		if len(rows) != 1 || strings.Contains(rows[0], key) {
			t.Fatal(rows)
		}
		sealed := strings.Fields(rows[0])[1]
		if plain := b.opens(sealed, "survey.progress"); strings.Contains(plain, "SECRET") || strings.Contains(plain, "happy") {
			t.Error("the node's key opens what a device began")
		}
	})
}

func TestWhoAsksIsNotWrittenToAgain(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		file := people(6, "east", "城镇")
		_, err := b.desk.BringContacts(sender, s.ID, file, false)
		b.ok(err)
		links := b.lettersTo(s.ID, "first")
		a, err := b.desk.Ask(nobody, "", links["住户east02"])
		b.ok(err)
		if !a.Contact || !a.Invited || a.Stratum != "east.urban" {
			t.Errorf("%+v", a)
		}
		b.ok(b.desk.Stop(nobody, links["住户east02"]))
		_, err = b.desk.Ask(nobody, "", links["住户east02"])
		b.refused(err, "measure.survey.link")
		b.refused(b.desk.Stop(nobody, links["住户east02"]), "measure.survey.link")
		row := strings.Split(string(file), "\n")[4]
		b.ok(b.desk.RemoveContact(sender, s.ID, strings.Split(row, ",")[1]))
		b.refused(b.desk.RemoveContact(sender, s.ID, "13000000000"), "measure.survey.contact.nobody")
		b.refused(b.desk.RemoveContact(sender, s.ID, "nobody"), "measure.survey.contact.phone")
		got, err := b.desk.BringContacts(sender, s.ID, file, false)
		b.ok(err)
		if got.Counts["same"] != 4 || got.Counts["refused"] != 2 || got.Rows[2].Place != "B4" {
			t.Errorf("%+v", got)
		}
		other := b.fielded(settings()) // in another survey, too
		got, err = b.desk.BringContacts(sender, other.ID, file, false)
		b.ok(err)
		if got.Counts["taken"] != 4 || got.Counts["refused"] != 2 {
			t.Errorf("%+v", got)
		}
		var told int
		b.ok(b.db.QueryRow(context.Background(), `SELECT count(*) FROM platform_audit WHERE address = '192.0.2.7'`).Scan(&told))
		if told != 0 {
			t.Error("the record says from where somebody asked")
		}
	})
}

func TestContactsAreDeletedWhenTheirTimeIsOver(t *testing.T) {
	each(t, func(b *bench) {
		short := settings()
		short.KeepContacts = 7
		s, at := b.fielded(short), b.fielded(settings())
		for _, id := range []string{s.ID, at.ID} {
			_, err := b.desk.BringContacts(sender, id, people(3, "east", "城镇"), false)
			b.ok(err)
		}
		links := b.lettersTo(s.ID, "first")
		longer := short
		longer.KeepContacts = 60
		_, err := b.desk.Put(author, s.ID, s.Revision, longer)
		b.refused(err, "measure.survey.promised")
		_, err = b.desk.Close(author, s.ID, s.Revision)
		b.ok(err)
		if n := len(b.dump("measure_survey_ticket")); n != 3 {
			t.Errorf("%d tickets after one of two surveys ended", n)
		}
		_, err = b.desk.Ask(nobody, "", links["住户east01"])
		b.refused(err, "measure.survey.used")
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- b.desk.Work(ctx) }()
		left := func(id string) int {
			var n int
			b.ok(b.db.QueryRow(context.Background(), `SELECT count(*) FROM measure_survey_contact WHERE survey_id = $1`, id).Scan(&n))
			return n
		}
		until := func(id string, want int) {
			for range 300 {
				if left(id) == want {
					return
				}
				b.clk.Advance(time.Minute)
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("%d contacts left, want %d", left(id), want)
		}
		b.clk.Advance(6*24*time.Hour + 12*time.Hour)
		time.Sleep(50 * time.Millisecond)
		if left(s.ID) != 3 {
			t.Error("deleted before their time")
		}
		b.clk.Advance(13 * time.Hour)
		until(s.ID, 0)
		if left(at.ID) != 3 {
			t.Error("those of a survey that goes on are gone")
		}
		stop()
		<-done
		b.ok(b.desk.Forget(sender, at.ID))
		if left(at.ID) != 0 || len(b.dump("measure_survey_ticket")) != 0 {
			t.Error("not deleted at once")
		}
		for _, row := range b.dump("platform_audit") {
			if strings.Contains(row, "measure.survey.forget") && !strings.Contains(row, `"contacts":3`) {
				t.Error(row)
			}
		}
	})
}

// A letter is a page with a code that opens its link.
func TestLettersArePrinted(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		_, err := b.desk.BringContacts(sender, s.ID, append(people(2, "east", "城镇"), people(1, "west", "rural")[len("姓名,手机,住址,区,城乡\n"):]...), false)
		b.ok(err)
		f, err := b.desk.Write(sender, s.ID, survey.Letters{To: "first", Stratum: "east.urban", Format: "pdf"})
		b.ok(err)
		path := filepath.Join(t.TempDir(), "letters.pdf")
		b.ok(os.WriteFile(path, f.Body, 0o600))
		text, err := exec.Command("pdftotext", "-layout", path, "-").Output()
		if err != nil {
			t.Skip("pdftotext is not installed")
		}
		if pages := strings.Count(string(text), "\f"); pages != 2 || !strings.Contains(string(text), "住户east01") || !strings.Contains(string(text), "http://city/s/") || strings.Contains(string(text), "west") {
			t.Errorf("%d pages: %s", pages, text)
		}
		x, err := b.desk.Write(sender, s.ID, survey.Letters{To: "first", Format: "xlsx"}) // who is left
		b.ok(err)
		if !strings.HasPrefix(string(x.Body), "PK") {
			t.Error("no XLSX")
		}
		_, err = b.desk.Write(sender, s.ID, survey.Letters{To: "first", Format: "csv"})
		b.refused(err, "measure.survey.contact.none")
	})
}

// A stratum of which enough have answered closes at every door.
func TestAFullStratumClosesAtEveryDoor(t *testing.T) {
	each(t, func(b *bench) {
		f := form()
		f.Quotas = []engine.Quota{{ID: "east", Strata: []string{"east.urban"}, Wanted: 1}}
		s := b.fieldedWith(settings(), f)
		_, err := b.desk.BringContacts(sender, s.ID, people(3, "east", "城镇"), false)
		b.ok(err)
		links := b.lettersTo(s.ID, "first")
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		at := p.Drawn[slices.IndexFunc(p.Drawn, func(at survey.Drawn) bool { return at.Stratum == "east.urban" })]
		b.ok(b.desk.Assign(agency, s.ID, "asker", []string{at.Code, "westtown00"}))
		work, err := b.desk.Assigned(asker)
		b.ok(err)
		if work[0].Places[0].Full {
			t.Error("full before anybody answered")
		}
		late, err := b.desk.Ask(nobody, "", links["住户east01"])
		b.ok(err)
		printed, err := b.desk.Invite(agency, s.ID, "east.urban", false)
		b.ok(err)
		if became := b.answers(links["住户east00"], "yes"); became != survey.Taken {
			t.Fatal(became)
		}
		full := (*survey.Asked).Closed
		for door, token := range map[string]string{"a contact's link": links["住户east02"], "a printed link": printed[0].Address[strings.LastIndex(printed[0].Address, "/")+1:]} {
			if a, err := b.desk.Ask(nobody, "", token); err != nil || !full(a) {
				t.Errorf("%s is open: %v", door, err)
			}
		}
		if a, err := b.desk.Questions(nobody, &survey.Begun{Survey: s.ID, Version: 1, Place: "eaststreet03"}); err != nil || !full(a) {
			t.Errorf("the portal is open: %v", err)
		}
		if a, err := b.desk.Questions(nobody, &survey.Begun{Survey: s.ID, Version: 1, Place: "weststreet03"}); err != nil || full(a) {
			t.Errorf("the portal is closed elsewhere: %v", err)
		}
		became, err := b.desk.Answer(nobody, s.ID, links["住户east01"], late.Pass, survey.Given{Version: 1, Mode: survey.Phone, Answers: said("old", "yes")})
		if err != nil || became != survey.Full {
			t.Errorf("who had begun: %s, %v", became, err)
		}
		if again := b.lettersTo(s.ID, "reminder"); len(again) != 0 {
			t.Errorf("%d are reminded where enough have answered", len(again))
		}
		work, err = b.desk.Assigned(asker)
		b.ok(err)
		if places := work[0].Places; !places[0].Full || places[0].Stratum != "east.urban" || places[1].Full {
			t.Errorf("the interviewer's list: %+v", places)
		}
	})
}
