package docket_test

import (
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

const onShow = `
type: showing
version: 1
name: {zh: 公示, en: On show}
prefix: GS
public: {start: open}
roles:
  opener: {name: {zh: 发起人, en: Opener}, filled: {opener: true}}
  officer: {name: {zh: 话务员, en: Operator}, filled: {grant: operator}}
forms:
  what:
    type: object
    required: [title]
    properties:
      title: {title: 标题, title-en: Title, type: string, maxLength: 40}
start:
  open:
    name: {zh: 发起, en: Open}
    by: [public, opener]
    form: what
    to: shown
    effects:
      - publish: {title: data.title, fields: [title], ask: true}
states:
  shown: {name: {zh: 公示中, en: On show}}
  over: {name: {zh: 结束, en: Over}, end: true, outcome: done}
steps:
  finish:
    name: {zh: 结束, en: Finish}
    from: [shown]
    to: over
    by: [officer]
deadlines:
  show:
    name: {zh: 公示期, en: On show}
    in: [shown]
    take: 5wd
    tell: [officer]
`

// Anybody objects to what is on show; those who work on it read that, who opened the case does not.
// Who opened it writes to them, and both see it; once however often it is sent.
func TestWhatPeopleSayWithoutAnAccount(t *testing.T) {
	each(t, func(r *rig) {
		r.ok(r.desk.Ship(r.ctx, [][]byte{[]byte(onShow)}))
		got, err := r.desk.OpenPublic(r.ctx, docket.NewCase{Type: "showing", Region: east, Data: map[string]any{"title": "名单"}}, "portal")
		r.ok(err)
		r.refused(r.desk.Object(r.ctx, "none", docket.Objection{Text: "不对"}), "casework.notice.unknown")
		r.refused(r.desk.Object(r.ctx, got.ID, docket.Objection{Text: " "}), "casework.comment.empty")
		r.refused(r.desk.Object(r.ctx, got.ID, docket.Objection{Text: strings.Repeat("长", 4001)}), "procedure.fill.long")
		for range 2 {
			r.ok(r.desk.Object(r.ctx, got.ID, docket.Objection{Text: "不公平", Contact: "010", Key: "0123456789abcdef"}))
			r.ok(r.desk.WritePublic(r.ctx, got.Number, got.Code, "下午在家", false, "k1"))
			r.ok(r.desk.WritePublic(r.ctx, got.Number, got.Code, "代填", true, "k2"))
		}
		r.refused(r.desk.WritePublic(r.ctx, got.Number, "AAAA2222", "冒充", false, ""), "casework.case.number")
		c, err := r.desk.Track(r.ctx, got.Number, got.Code)
		r.ok(err)
		var mine []string
		for _, p := range c.Past {
			mine = append(mine, p.Why)
		}
		if s := strings.Join(mine, "|"); !strings.Contains(s, "下午在家") || strings.Contains(s, "不公平") || strings.Contains(s, "代填") {
			r.Errorf("who opened it reads %q", s)
		}
		past, err := r.desk.History(r.as("op"), got.ID)
		r.ok(err)
		said := 0
		for _, h := range past {
			for _, ev := range h.Events {
				if ev.Text != "" {
					said++
				}
			}
		}
		if said != 3 {
			r.Errorf("staff read %d messages", said)
		}
	})
}
