package standard

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Stance is what a party wants.
type Stance string

// Source is how a comment came.
type Source string

// FromAccount is a comment that its party entered itself.
const FromAccount Source = "account"

// Verdict is what became of a comment.
type Verdict string

// Remark is a party's comment on a version, with its reason and the answer.
type Remark struct {
	ID         string      `json:"id"`
	Number     int         `json:"number"`
	Item       string      `json:"item" doc:"Key of the item; empty for the whole"`
	Party      string      `json:"party"`
	Invited    bool        `json:"invited" doc:"It was invited by name"`
	Stance     Stance      `json:"stance" enum:"support,oppose,change"`
	Reason     string      `json:"reason"`
	Source     Source      `json:"source" enum:"account,letter,mail,meeting,telephone,visit"`
	SourceNote string      `json:"sourceNote" doc:"Number of the letter, day of the meeting"`
	Received   string      `json:"received" doc:"Date"`
	By         auth.Person `json:"by" doc:"Who entered it"`
	At         time.Time   `json:"at"`
	Verdict    Verdict     `json:"verdict" enum:",accepted,partly,declined"`
	Answer     string      `json:"answer"`
	AnsweredBy auth.Person `json:"answeredBy"`
	AnsweredAt *time.Time  `json:"answeredAt,omitempty"`
	Revision   int64       `json:"revision"`
}

// NewRemark is a comment on its way in.
type NewRemark struct {
	Item       string `json:"item" maxLength:"40" doc:"Key of the item; empty for the whole"`
	Party      string `json:"party" minLength:"1" maxLength:"120" text:"name" doc:"On whose behalf"`
	Stance     Stance `json:"stance" enum:"support,oppose,change"`
	Reason     string `json:"reason" minLength:"2" maxLength:"4000"`
	Source     Source `json:"source" enum:"account,letter,mail,meeting,telephone,visit"`
	SourceNote string `json:"sourceNote" maxLength:"200" doc:"Number of the letter, day of the meeting; needed for what staff enter for others"`
	Received   string `json:"received" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Day on which it came; empty for today"`
}

// Remarks are the comments on a version.
func (d *Desk) Remarks(ctx context.Context, id string, number int) ([]Remark, error) {
	_, v, err := d.seeVersion(ctx, d.DB, id, number)
	if err != nil {
		return nil, err
	}
	list, err := readRemarks(ctx, d.DB, id, number)
	for i := range list {
		list[i].Invited = v.invited(list[i].Party)
	}
	return list, err
}

func (v *Version) invited(party string) bool {
	if v.Hearing == nil {
		return false
	}
	for _, p := range v.Hearing.Parties {
		if p == party {
			return true
		}
	}
	return false
}

// Remark keeps a comment while comments are asked for. Who has an account comments for their own
// party; what came by letter or was said at a meeting is entered by those who write standards,
// with a note of where it is to be found.
func (d *Desk) Remark(ctx context.Context, id string, number int, in NewRemark) (c Remark, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		s, v, err := d.seeVersion(ctx, tx, id, number)
		if err != nil {
			return err
		}
		if v.State != Comment {
			return errState(v.State)
		}
		today := d.today()
		if in.Received == "" {
			in.Received = today
		}
		switch {
		case in.Item != "" && v.Content.item(in.Item) == nil:
			return fault.Bad("item", "measure.standard.no_item", fault.Args{"key": in.Item})
		case in.Received < v.Hearing.Opened || in.Received > today || !isDay(in.Received):
			return fault.Bad("received", "measure.standard.received", fault.Args{"opened": v.Hearing.Opened})
		case in.Received > v.Hearing.Closes:
			return fault.Bad("received", "measure.standard.late", fault.Args{"closes": v.Hearing.Closes})
		}
		if in.Source != FromAccount {
			if err := auth.Check(ctx, d.Write, s.RegionPath); err != nil {
				return err
			}
			if in.SourceNote == "" {
				return fault.Bad("sourceNote", "measure.standard.source_note")
			}
		}
		c = Remark{ID: store.NewID(tx.Now), Number: number, Item: in.Item, Party: in.Party, Invited: v.invited(in.Party), Stance: in.Stance, Reason: in.Reason, Source: in.Source,
			SourceNote: in.SourceNote, Received: in.Received, By: auth.Who(ctx).Person(), At: tx.Now, Revision: 1}
		if err := insertRemark(ctx, tx, id, &c); err != nil {
			return err
		}
		return record(ctx, tx, "comment", s, map[string]any{"version": number, "comment": c.ID, "party": c.Party, "stance": c.Stance, "item": c.Item})
	})
	if err == nil && d.Live != nil {
		if s, err := d.see(ctx, d.DB, id); err == nil {
			d.Live.Tell("standard.changed", d.Read, s.RegionPath, map[string]any{"id": id})
		}
	}
	return c, err
}

// Answer says what became of a comment, and why. It may be said anew until the version is submitted.
func (d *Desk) Answer(ctx context.Context, id string, number int, comment string, revision int64, verdict Verdict, reason string) (c Remark, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		s, v, err := d.seeVersion(ctx, tx, id, number)
		if err != nil {
			return err
		}
		if err := auth.Check(ctx, d.Write, s.RegionPath); err != nil {
			return err
		}
		if c, err = readRemark(ctx, tx, id, comment); err != nil {
			return err
		}
		switch {
		case v.State != Comment && v.State != Draft && v.State != Rejected:
			return errState(v.State)
		case c.Number != number:
			return fault.New(fault.NotFound, "measure.standard.no_comment")
		case c.Revision != revision:
			return fault.New(fault.Stale, "stale")
		}
		c.Verdict, c.Answer, c.AnsweredBy, c.AnsweredAt, c.Invited = verdict, reason, auth.Who(ctx).Person(), &tx.Now, v.invited(c.Party)
		if err := updateRemark(ctx, tx, &c); err != nil {
			return err
		}
		return record(ctx, tx, "answer", s, map[string]any{"version": number, "comment": c.ID, "verdict": verdict, "reason": reason})
	})
	return c, err
}
