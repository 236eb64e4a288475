package survey_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// What takes long is done outside the writer's transaction and kept part by part. These tests end
// the work, or change what it stands on, between two steps.

func (b *bench) count(query string, args ...any) (n int) {
	b.Helper()
	b.ok(b.db.QueryRow(context.Background(), query, args...).Scan(&n))
	return n
}

// abandoned runs some work and ends it once part of what it writes is there, before all is.
func (b *bench) abandoned(who context.Context, all int, there func() int, work func(context.Context) error) {
	b.Helper()
	ctx, stop := context.WithCancel(who)
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	for there() == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-done; err == nil || !store.Stopped(err) && !errors.Is(err, context.Canceled) {
		b.Fatalf("it was not ended in the middle: %v", err)
	}
	if n := there(); n == 0 || n >= all {
		b.Fatalf("%d of %d were there when it was ended", n, all)
	}
}

func TestAFileOfContactsThatWasBrokenOffIsTakenWithTheNext(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		const all = 8000
		var file strings.Builder
		file.WriteString("name,phone,district,area\n")
		for i := range all {
			fmt.Fprintf(&file, "住户%d,139%08d,east,urban\n", i, i)
		}
		contacts := func() int {
			return b.count(`SELECT count(*) FROM measure_survey_contact WHERE survey_id = $1`, s.ID)
		}
		b.abandoned(sender, all, contacts, func(ctx context.Context) error {
			_, err := b.desk.BringContacts(ctx, s.ID, []byte(file.String()), false)
			return err
		})
		had := contacts()
		if tickets := b.count(`SELECT count(*) FROM measure_survey_ticket WHERE survey_id = $1`, s.ID); tickets != had {
			t.Errorf("%d contacts have %d links", had, tickets)
		}
		v, err := b.desk.Sending(sender, s.ID)
		b.ok(err)
		if len(v.Batches) != 1 || v.Batches[0].Took != had || v.Batches[0].Left != had {
			t.Errorf("%d are there, the batch says %+v", had, v.Batches)
		}
		got, err := b.desk.BringContacts(sender, s.ID, []byte(file.String()), false)
		b.ok(err)
		if got.Counts["same"] != had || got.Counts["taken"] != all-had || contacts() != all {
			t.Errorf("%+v after %d, now %d", got.Counts, had, contacts())
		}
		b.ok(b.desk.UndoContacts(sender, s.ID, v.Batches[0].ID))
		if contacts() != all-had {
			t.Errorf("%d left of %d after %d were taken back", contacts(), all, had)
		}
		var told int
		for _, row := range b.dump("platform_audit") {
			if strings.Contains(row, "measure.survey.contacts ") {
				told++
			}
		}
		if told < all/500 {
			t.Errorf("%d records of %d parts", told, all/500)
		}
	})
}

// Contacts are judged by the strata of the plan; one that is made meanwhile refuses them.
func TestContactsOfAnotherPlanAreNotKept(t *testing.T) {
	each(t, func(b *bench) {
		v, err := b.desk.Create(author, settings(), form())
		b.ok(err)
		_, err = b.desk.PutPlan(author, v.ID, v.Revision, goal)
		b.ok(err)
		s, err := b.desk.Approve(leader, v.ID, v.Revision+1)
		b.ok(err)
		_, err = b.desk.BringContacts(sender, s.ID, []byte("name,phone,district,area\n甲,13800001111,east,urban\n"), true) // makes the key that is opened below
		b.ok(err)
		b.onOpen = func() {
			_, err := b.desk.PutPlan(author, s.ID, s.Revision, byAge())
			b.ok(err)
		}
		_, err = b.desk.BringContacts(sender, s.ID, []byte("name,phone,district,area\n甲,13800001111,east,urban\n"), false)
		b.refused(err, "stale")
		if n := b.count(`SELECT count(*) FROM measure_survey_contact`) + b.count(`SELECT count(*) FROM measure_survey_batch`); n != 0 {
			t.Errorf("%d rows are there", n)
		}
	})
}

func TestAFileOfAnswersThatWasBrokenOffCountsOnce(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		const all = 3000
		var file strings.Builder
		file.WriteString("place,age,happy\n")
		for i := range all {
			fmt.Fprintf(&file, "eaststreet%02d,%s,%s\n", i%20, []string{"young", "old"}[i%2], []string{"yes", "no"}[i%3%2])
		}
		answers := func() int {
			return b.count(`SELECT count(*) FROM measure_survey_answer WHERE survey_id = $1`, s.ID)
		}
		b.abandoned(agency, all, answers, func(ctx context.Context) error {
			_, err := b.desk.Import(ctx, s.ID, []byte(file.String()), false)
			return err
		})
		had := answers()
		got, err := b.desk.Import(agency, s.ID, []byte(file.String()), false)
		b.ok(err)
		if got.Counts["same"] != had || got.Counts["taken"] != all-had || answers() != all {
			t.Errorf("%+v after %d, now %d", got.Counts, had, answers())
		}
	})
}

// Who is on a list is counted when the list is given out, or not at all.
func TestAListThatIsNotGivenOutCountsNobody(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		_, err := b.desk.BringContacts(sender, s.ID, people(12, "east", "城镇"), false)
		b.ok(err)
		asked := func() int {
			return b.count(`SELECT count(*) FROM measure_survey_contact WHERE asked > 0`)
		}
		letters := survey.Letters{To: "first", Format: "csv"}
		ctx, stop := context.WithCancel(sender)
		b.onOpen = stop
		if f, err := b.desk.Write(ctx, s.ID, letters); err == nil || f != nil || asked() != 0 {
			t.Errorf("broken off: %v, %d counted", err, asked())
		}
		number := strings.Split(strings.Split(string(people(12, "east", "城镇")), "\n")[3], ",")[1]
		b.onOpen = func() { b.ok(b.desk.RemoveContact(sender, s.ID, number)) }
		f, err := b.desk.Write(sender, s.ID, letters)
		b.refused(err, "measure.survey.contact.meanwhile")
		if f != nil || asked() != 0 {
			t.Errorf("a list with somebody who is gone was given out; %d counted", asked())
		}
		// Two who write at once write to nobody twice.
		var done sync.WaitGroup
		var given, refused int
		var lock sync.Mutex
		for range 2 {
			done.Go(func() {
				_, err := b.desk.Write(sender, s.ID, letters)
				lock.Lock()
				defer lock.Unlock()
				if err == nil {
					given++
				} else if fault.Is(err, "measure.survey.contact.meanwhile") || fault.Is(err, "measure.survey.contact.none") {
					refused++
				}
			})
		}
		done.Wait()
		if twice := b.count(`SELECT count(*) FROM measure_survey_contact WHERE asked > 1`); given != 1 || refused != 1 || asked() != 11 || twice != 0 {
			t.Errorf("%d given out, %d refused, %d counted, %d twice", given, refused, asked(), twice)
		}
	})
}

// Contacts that were brought and a survey that was closed while a list is made are marked as
// nothing that they are not.
func TestWhoHasNotAnsweredIsNotMarked(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		_, err := b.desk.BringContacts(sender, s.ID, people(12, "east", "城镇"), false)
		b.ok(err)
		answered := func() int { return b.count(`SELECT count(*) FROM measure_survey_contact WHERE answered`) }
		b.onOpen = func() {
			_, err := b.desk.BringContacts(sender, s.ID, people(15, "west", "乡村"), false)
			b.ok(err)
		}
		b.lettersTo(s.ID, "first")
		if answered() != 0 {
			t.Errorf("%d are marked", answered())
		}
		b.onOpen = func() {
			_, err := b.desk.Close(author, s.ID, s.Revision)
			b.ok(err)
		}
		_, err = b.desk.Write(sender, s.ID, survey.Letters{To: "first", Format: "csv"})
		b.refused(err, "measure.survey.state.closed")
		if answered() != 0 {
			t.Errorf("%d are marked as the survey ends", answered())
		}
	})
}

// Results are of the survey as it was when they were reckoned, or are not published.
func TestASurveyThatChangesIsNotPublished(t *testing.T) {
	each(t, func(b *bench) {
		s := b.wished()
		b.onJudge = func() {
			_, err := b.desk.Name(author, s.ID, s.Revision, map[string][]survey.Pin{})
			b.ok(err)
		}
		_, err := b.desk.Publish(leader, s.ID, s.Revision)
		b.refused(err, "stale")
		s, err = b.desk.Get(author, s.ID)
		b.ok(err)
		ctx, stop := context.WithCancel(leader)
		b.onJudge = stop
		if _, err := b.desk.Publish(ctx, s.ID, s.Revision); err == nil {
			t.Error("published when it was broken off")
		}
		if n := b.count(`SELECT count(*) FROM measure_fact WHERE origin = $1`, "survey:"+s.ID) + b.count(`SELECT count(*) FROM measure_survey WHERE id = $1 AND (state <> 'closed' OR results <> '')`, s.ID); n != 0 {
			t.Error("something of it is there")
		}
		_, err = b.desk.Publish(leader, s.ID, s.Revision)
		b.ok(err)
	})
}

// Of two steps that begin from the same, one is taken.
func TestTwoWhoSortAtOnceDoNotUndoEachOther(t *testing.T) {
	each(t, func(b *bench) {
		s := b.wished()
		k, _ := b.counts(s.ID)
		var done sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			done.Go(func() {
				_, errs[i] = b.desk.Sort(author, s.ID, "wish", s.Revision, survey.SortStep{Act: "rename", Topic: k.Topics[0].ID, Name: fmt.Sprint("名", i)})
			})
		}
		done.Wait()
		taken := 0
		for _, err := range errs {
			if err == nil {
				taken++
			} else {
				b.refused(err, "stale")
			}
		}
		after, _ := b.counts(s.ID)
		if taken != 1 || after.Undo != 1 {
			t.Errorf("%d taken, %d to undo", taken, after.Undo)
		}
	})
}

// An interviewer's batch leaves a record of how many became what, and of nobody who answered.
func TestABatchOfInterviewsIsRecorded(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		b.ok(b.desk.Assign(agency, s.ID, "asker", []string{"eaststreet03"}))
		id := strings.Repeat("e", 32)
		batch := []survey.Brought{{ID: id, Version: 1, Place: "eaststreet03", Answers: said("old", "yes")}, {ID: strings.Repeat("f", 32), Version: 1, Place: "weststreet03", Answers: said("old", "yes")}}
		for range 2 {
			_, err := b.desk.Bring(asker, s.ID, batch)
			b.ok(err)
		}
		var told []string
		for _, row := range b.dump("platform_audit") {
			if strings.Contains(row, "measure.survey.bring") {
				told = append(told, row)
			}
		}
		if len(told) != 2 || !strings.Contains(told[0], `"taken":1`) || !strings.Contains(told[0], `"refused":1`) || !strings.Contains(told[1], `"same":1`) {
			t.Fatalf("%v", told)
		}
		for _, row := range told {
			if strings.Contains(row, id) || strings.Contains(row, "eaststreet") || strings.Contains(row, "happy") {
				t.Errorf("the record tells of an answer: %s", row)
			}
		}
	})
}

func TestAllSurveysAreListedPageByPage(t *testing.T) {
	each(t, func(b *bench) {
		s, err := b.desk.Create(author, settings(), nil)
		b.ok(err)
		b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
			for i := range 600 {
				if _, err := tx.Exec(context.Background(), `INSERT INTO measure_survey (id, region_path, state, agency, body, salt, results, closed_at, revision)
					SELECT $1, region_path, 'open', agency, body, salt, results, closed_at, revision FROM measure_survey WHERE id = $2`, fmt.Sprintf("many-%03d", i), s.ID); err != nil {
					return err
				}
			}
			return nil
		}))
		seen := map[string]bool{}
		for page := (store.Page{Limit: 250}); ; {
			l, err := b.desk.List(author, page)
			b.ok(err)
			if l.Total != 601 {
				t.Fatalf("%d in all", l.Total)
			}
			for _, s := range l.Items {
				seen[s.ID] = true
			}
			if page.After = l.Next; l.Next == "" {
				break
			}
		}
		runs, err := b.desk.Running(agency)
		b.ok(err)
		if len(seen) != 601 || len(runs) != 600 {
			t.Errorf("%d listed, %d to run", len(seen), len(runs))
		}
	})
}
