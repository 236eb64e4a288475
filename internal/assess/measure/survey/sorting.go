package survey

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/engine/text"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// sorting is how people sorted the answers to a text question. It begins as the program sorted
// them and changes step by step; each step can be undone.
type sorting struct {
	Topics []Topic           `json:"topics"`
	Of     map[string]string `json:"of"` // topic, or other, by answer
	Last   int               `json:"last"`
	Past   []sortingStep     `json:"past"`
}

// sortingStep is what a step changed, as it was before.
type sortingStep struct {
	Topics []Topic           `json:"topics"`
	Of     map[string]string `json:"of"`
}

// maxUndo is how many steps can be undone.
const maxUndo = 50

// Sorted is a text question's answers by topic, as who prepares results works on them.
type Sorted struct {
	Question string        `json:"question"`
	Topics   []SortedTopic `json:"topics" nullable:"false" doc:"The last is what belongs to none"`
	Kept     bool          `json:"kept" doc:"People sorted it; before, the program did"`
	Undo     int           `json:"undo" doc:"Steps that can be undone"`
	Least    int           `json:"least" doc:"Topics with fewer answers are told as 'other' in results"`
}

// SortedTopic is a topic with what was written of it. Quotes are masked and in an order that
// tells nothing.
type SortedTopic struct {
	Topic
	Answers int     `json:"answers"`
	Quotes  []Quote `json:"quotes" nullable:"false" doc:"At most 300"`
}

// Quote is an answer in somebody's words.
type Quote struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

const maxQuotes = 300

// SortStep changes how answers are sorted.
type SortStep struct {
	Act     string   `json:"act" enum:"move,split,rename,merge,undo,restart" doc:"move answers to a topic; split them off into a new one; rename a topic; merge it into another; undo the last step; let the program sort anew"`
	Answers []string `json:"answers,omitempty" nullable:"false" maxItems:"2000"`
	Topic   string   `json:"topic,omitempty" maxLength:"10" doc:"That is renamed or merged"`
	To      string   `json:"to,omitempty" maxLength:"10" doc:"Topic that answers go to, or 'other'"`
	Name    string   `json:"name,omitempty" maxLength:"60"`
}

// written are the ids and texts of the answers to a text question.
func written(form *engine.Form, question string, answers []*Answer) (ids, texts []string) {
	for _, a := range answers {
		if said, _ := form.Effective(a.Answers)[question].(string); said != "" {
			ids, texts = append(ids, a.ID), append(texts, said)
		}
	}
	return ids, texts
}

// begin is how the program sorts answers.
func begin(s *Survey, question string, ids, texts []string) *sorting {
	opt := text.Options{Seed: 1}
	for _, pin := range s.Pins[question] {
		opt.Pinned = append(opt.Pinned, text.Pin{Name: pin.Name, Words: pin.Words})
	}
	k := &sorting{Topics: []Topic{}, Of: map[string]string{}}
	for _, id := range ids {
		k.Of[id] = other
	}
	for _, t := range text.Topics(texts, opt).Topics {
		k.Last++
		words := slices.DeleteFunc(slices.Clone(t.Words), func(w string) bool { return using(texts, w) < s.Least })
		name := t.Name
		if !t.Pinned {
			name = strings.Join(words[:min(len(words), 3)], "、")
		}
		k.Topics = append(k.Topics, Topic{ID: "t" + version(k.Last), Name: name, Words: append([]string{}, words...), Pinned: t.Pinned})
		for _, i := range t.Answers {
			k.Of[ids[i]] = k.Topics[len(k.Topics)-1].ID
		}
	}
	return k
}

// sortable is a text question of a survey that is closed, with its answers and how they are sorted.
func (d *Desk) sortable(ctx context.Context, q store.Queryer, s *Survey, question string) (k *sorting, ids, texts []string, err error) {
	if s.State != Closed {
		return nil, nil, nil, s.wrong()
	}
	v, err := readVersion(ctx, q, s.ID, s.Version)
	if err != nil {
		return nil, nil, nil, err
	}
	if at, _ := v.Form.Question(question); at == nil || at.Kind != engine.Written {
		return nil, nil, nil, fault.Bad("question", "measure.survey.text", fault.Args{"question": question})
	}
	answers, err := answersOf(ctx, q, s.ID, Counts)
	if err != nil {
		return nil, nil, nil, err
	}
	if ids, texts = written(v.Form, question, answers); len(ids) < s.Least {
		return nil, nil, nil, fault.New(fault.Conflict, "survey.result.few", fault.Args{"least": s.Least})
	}
	if k, err = readSorting(ctx, q, s.ID, question); err == nil && k == nil {
		k = begin(s, question, ids, texts)
	}
	return k, ids, texts, err
}

// Sorted are the answers to a text question by topic.
func (d *Desk) Sorted(ctx context.Context, id, question string) (*Sorted, error) {
	s, err := d.may(ctx, d.DB, d.Build, id)
	if err != nil {
		return nil, err
	}
	return d.sortedOf(ctx, d.DB, s, question)
}

func (d *Desk) sortedOf(ctx context.Context, q store.Queryer, s *Survey, question string) (*Sorted, error) {
	k, ids, texts, err := d.sortable(ctx, q, s, question)
	if err != nil {
		return nil, err
	}
	out := &Sorted{Question: question, Undo: len(k.Past), Least: s.Least}
	kept, err := readSorting(ctx, q, s.ID, question)
	if err != nil {
		return nil, err
	}
	out.Kept = kept != nil
	place := map[string]int{}
	for i, t := range append(slices.Clone(k.Topics), Topic{ID: other, Words: []string{}}) {
		out.Topics, place[t.ID] = append(out.Topics, SortedTopic{Topic: t, Quotes: []Quote{}}), i
	}
	for i, id := range ids {
		t := &out.Topics[place[k.Of[id]]]
		if t.Answers++; len(t.Quotes) < maxQuotes {
			t.Quotes = append(t.Quotes, Quote{id, text.Mask(texts[i])})
		}
	}
	return out, nil
}

// Sort takes a step and keeps it. What it comes to is worked out before it is written: a survey of
// the same revision has the same answers, sorted in the same way.
func (d *Desk) Sort(ctx context.Context, id, question string, revision int64, step SortStep) (*Survey, error) {
	s, err := d.asRead(ctx, d.Build, id, revision)
	if err != nil {
		return nil, err
	}
	k, _, _, err := d.sortable(ctx, d.DB, s, question)
	if err == nil && step.Act != "restart" {
		err = k.take(step)
	}
	if err != nil {
		return nil, err
	}
	return d.change(ctx, d.Build, id, revision, "measure.survey.sort", func(tx *store.Tx, s *Survey) (any, error) {
		detail := map[string]any{"question": question, "act": step.Act, "answers": len(step.Answers)}
		if step.Act == "restart" {
			return detail, dropSorting(ctx, tx, id, question)
		}
		return detail, writeSorting(ctx, tx, id, question, k)
	})
}

// at is the place of a topic; −1 where there is none.
func (k *sorting) at(id string) int {
	return slices.IndexFunc(k.Topics, func(t Topic) bool { return t.ID == id })
}

func (k *sorting) take(step SortStep) error {
	if step.Act == "undo" {
		return k.undo()
	}
	was := sortingStep{Topics: slices.Clone(k.Topics), Of: map[string]string{}}
	put := func(answer, topic string) {
		if _, seen := was.Of[answer]; !seen {
			was.Of[answer] = k.Of[answer]
		}
		k.Of[answer] = topic
	}
	name := strings.TrimSpace(step.Name)
	switch step.Act {
	case "rename", "merge":
		if k.at(step.Topic) < 0 {
			return fault.Bad("topic", "measure.survey.topic")
		}
	case "split", "move":
		for i, id := range step.Answers {
			if _, ok := k.Of[id]; !ok {
				return fault.Bad(place("answers", i), "measure.survey.no_answer")
			}
		}
		if len(step.Answers) == 0 {
			return fault.Bad("answers", "measure.survey.topic_answers")
		}
	}
	if (step.Act == "rename" || step.Act == "split") && (name == "" || strings.ContainsFunc(name, unseen)) {
		return fault.Bad("name", "measure.survey.topic_name")
	}
	if (step.Act == "move" || step.Act == "merge") && step.To != other && (k.at(step.To) < 0 || step.To == step.Topic) {
		return fault.Bad("to", "measure.survey.topic")
	}
	switch step.Act {
	case "rename":
		t := &k.Topics[k.at(step.Topic)]
		t.Name, t.Pinned = name, true
	case "merge":
		for _, id := range slices.Sorted(maps.Keys(k.Of)) {
			if k.Of[id] == step.Topic {
				put(id, step.To)
			}
		}
		if to := k.at(step.To); to >= 0 {
			t := &k.Topics[to]
			t.Words = append(slices.Clone(t.Words), k.Topics[k.at(step.Topic)].Words...)
		}
		k.Topics = slices.Delete(k.Topics, k.at(step.Topic), k.at(step.Topic)+1)
	case "split":
		if len(k.Topics) >= 2*text.MaxTopics {
			return fault.New(fault.TooLarge, "measure.survey.topics_many", fault.Args{"limit": 2 * text.MaxTopics})
		}
		k.Last++
		step.To = "t" + version(k.Last)
		k.Topics = append(k.Topics, Topic{ID: step.To, Name: name, Words: []string{}, Pinned: true})
		fallthrough
	case "move":
		for _, id := range step.Answers {
			put(id, step.To)
		}
	default:
		return fault.Bad("act", "measure.survey.topic")
	}
	k.Past = append(k.Past, was)
	k.Past = k.Past[max(0, len(k.Past)-maxUndo):]
	return nil
}

// unseen are characters that a name of one line does not have.
func unseen(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

func (k *sorting) undo() error {
	if len(k.Past) == 0 {
		return fault.New(fault.Conflict, "measure.survey.topic_undo")
	}
	was := k.Past[len(k.Past)-1]
	k.Past, k.Topics = k.Past[:len(k.Past)-1], was.Topics
	maps.Copy(k.Of, was.Of)
	return nil
}

// coded are the topics of answers for results: who wrote nothing has none, and topics of fewer
// answers than a cell may hold are told as other.
func (k *sorting) coded(ids map[int]string, n, least int) (codes []string, topics []Topic) {
	codes, topics = make([]string, n), []Topic{}
	counted := map[string]int{}
	for _, id := range ids {
		counted[k.of(id)]++
	}
	for _, t := range k.Topics {
		if counted[t.ID] >= least {
			topics = append(topics, t)
		}
	}
	for i, id := range ids {
		if codes[i] = k.of(id); counted[codes[i]] < least {
			codes[i] = other
		}
	}
	return codes, topics
}

// of is an answer's topic; one that came to count since is about nothing yet.
func (k *sorting) of(answer string) string {
	if t := k.Of[answer]; t != "" {
		return t
	}
	return other
}
