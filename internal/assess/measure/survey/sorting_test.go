package survey_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
)

// wished is a closed survey with forty wishes, one of which names somebody.
func (b *bench) wished() *survey.Survey {
	b.Helper()
	s := b.fielded(settings())
	p, err := b.desk.Plan(author, s.ID)
	b.ok(err)
	table := "place,age,happy,wish\n"
	for i := range 40 {
		wish := []string{"喇叭声音太小听不清", "设备坏了没有人维修"}[i%2]
		if i == 3 {
			wish = "请王主任打 13800001111 叫人维修设备"
		}
		table += fmt.Sprintf("%s,%s,yes,%s\n", p.Drawn[i%len(p.Drawn)].Code, []string{"young", "old"}[i%2], wish)
	}
	_, err = b.desk.Import(agency, s.ID, []byte(table), false)
	b.ok(err)
	_, err = b.desk.Sorted(author, s.ID, "wish")
	b.refused(err, "measure.survey.state.open")
	s, err = b.desk.Get(author, s.ID)
	b.ok(err)
	s, err = b.desk.Close(author, s.ID, s.Revision)
	b.ok(err)
	return s
}

// counts are the answers of a sorting by topic.
func (b *bench) counts(id string) (k *survey.Sorted, n map[string]int) {
	b.Helper()
	k, err := b.desk.Sorted(author, id, "wish")
	b.ok(err)
	n = map[string]int{}
	for _, t := range k.Topics {
		n[t.ID] = t.Answers
		if len(t.Quotes) != t.Answers {
			b.Errorf("%d quotes of %d answers", len(t.Quotes), t.Answers)
		}
	}
	return k, n
}

func TestTopicsAreSortedByHandAndKept(t *testing.T) {
	each(t, func(b *bench) {
		s := b.wished()
		k, n := b.counts(s.ID)
		if len(k.Topics) != 3 || k.Topics[2].ID != "other" || k.Kept || k.Undo != 0 {
			t.Fatalf("%+v", n)
		}
		whole := fmt.Sprintf("%+v", k)
		if strings.Contains(whole, "13800001111") || strings.Contains(whole, "王主任") || !strings.Contains(whole, "▇主任打 ▇ 叫人") {
			t.Error("a quote tells of somebody")
		}
		step := func(do survey.SortStep) {
			t.Helper()
			var err error
			s, err = b.desk.Sort(author, s.ID, "wish", s.Revision, do)
			b.ok(err)
		}
		first, second := k.Topics[0].ID, k.Topics[1].ID
		moved := []string{k.Topics[0].Quotes[0].ID, k.Topics[0].Quotes[1].ID}
		step(survey.SortStep{Act: "move", Answers: moved, To: second})
		step(survey.SortStep{Act: "rename", Topic: second, Name: "维修"})
		k, n = b.counts(s.ID)
		if n[first] != 18 || n[second] != 22 || !k.Kept || k.Topics[1].Name != "维修" || k.Undo != 2 {
			t.Errorf("%v %+v", n, k.Topics[1].Topic)
		}
		apart := []string{}
		for _, q := range k.Topics[1].Quotes[:4] {
			apart = append(apart, q.ID)
		}
		step(survey.SortStep{Act: "split", Answers: apart, Name: "找不到人"})
		r, err := b.desk.Results(author, s.ID)
		b.ok(err)
		for _, table := range r.Result.Tables { // moving one answer tells neither its weight nor its groups
			if c := table.Whole.Cells; table.Question == "wish" && (len(table.By) != 0 || c[0].Share != float64(c[0].N)/float64(table.Whole.N)) {
				t.Errorf("%+v", table)
			} else if table.Question == "happy" && len(table.By) != 2 {
				t.Errorf("%d groups of %s", len(table.By), table.Question)
			}
		}
		if topics := r.Topics["wish"]; len(topics) != 2 || topics[1].Name != "维修" { // four are too few to be told of
			t.Errorf("%+v", topics)
		}
		if _, n = b.counts(s.ID); n["t3"] != 4 || n[second] != 18 {
			t.Error(n)
		}
		step(survey.SortStep{Act: "merge", Topic: "t3", To: first})
		if _, n = b.counts(s.ID); n[first] != 22 || len(n) != 3 {
			t.Error(n)
		}
		_, err = b.desk.Name(author, s.ID, s.Revision, map[string][]survey.Pin{"wish": {{Name: "声音", Words: []string{"声音"}}}})
		b.refused(err, "measure.survey.topics_kept")
		for range 4 {
			step(survey.SortStep{Act: "undo"})
		}
		k, n = b.counts(s.ID)
		if n[first] != 20 || n[second] != 20 || k.Topics[1].Name == "维修" || k.Undo != 0 || !k.Kept {
			t.Errorf("not undone: %v", n)
		}
		done, err := b.desk.Publish(leader, s.ID, s.Revision)
		b.ok(err)
		r, err = b.desk.Results(author, s.ID)
		b.ok(err)
		for _, table := range r.Result.Tables {
			if table.Question == "wish" && len(table.By) != 2 {
				t.Errorf("published by %d groups", len(table.By))
			}
		}
		_, err = b.desk.Sort(author, s.ID, "wish", done.Revision, survey.SortStep{Act: "undo"})
		b.refused(err, "measure.survey.state.published")
	})
}

func TestSortingIsBegunAnew(t *testing.T) {
	each(t, func(b *bench) {
		s := b.wished()
		k, n := b.counts(s.ID)
		first := k.Topics[0].ID
		step := func(do survey.SortStep) {
			t.Helper()
			var err error
			s, err = b.desk.Sort(author, s.ID, "wish", s.Revision, do)
			b.ok(err)
		}
		step(survey.SortStep{Act: "merge", Topic: first, To: "other"})
		step(survey.SortStep{Act: "restart"})
		if k, n = b.counts(s.ID); k.Kept || n[first] != 20 {
			t.Errorf("not begun anew: %v", n)
		}
	})
}

func TestAStepThatMakesNoSenseIsRefused(t *testing.T) {
	each(t, func(b *bench) {
		s := b.wished()
		k, _ := b.counts(s.ID)
		one := k.Topics[0].Quotes[0].ID
		for code, do := range map[string]survey.SortStep{
			"measure.survey.topic":         {Act: "move", Answers: []string{one}, To: "t99"},
			"measure.survey.topic_answers": {Act: "move", To: "other"},
			"measure.survey.no_answer":     {Act: "move", Answers: []string{"nobody"}, To: "other"},
			"measure.survey.topic_name":    {Act: "split", Answers: []string{one}, Name: " "},
			"measure.survey.topic_undo":    {Act: "undo"},
		} {
			_, err := b.desk.Sort(author, s.ID, "wish", s.Revision, do)
			b.refused(err, code)
		}
		_, err := b.desk.Sort(author, s.ID, "wish", s.Revision, survey.SortStep{Act: "merge", Topic: "t1", To: "t1"})
		b.refused(err, "measure.survey.topic")
		_, err = b.desk.Sort(author, s.ID, "age", s.Revision, survey.SortStep{Act: "undo"})
		b.refused(err, "measure.survey.text")
		_, err = b.desk.Sort(author, s.ID, "wish", s.Revision-1, survey.SortStep{Act: "undo"})
		b.refused(err, "stale")
		_, err = b.desk.Sorted(agency, s.ID, "wish")
		b.refused(err, "measure.survey.not_found")
		_, err = b.desk.Sorted(sender, s.ID, "wish")
		b.refused(err, "measure.survey.not_found")
	})
}
