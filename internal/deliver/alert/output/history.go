package output

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Carried is what one output did with one version of a message, its end, or a stop.
type Carried struct {
	Output      string          `json:"output" doc:"Id of the output"`
	Kind        string          `json:"kind"`
	NameZh      string          `json:"nameZh"`
	NameEn      string          `json:"nameEn"`
	Tier        int             `json:"tier"`
	Act         Act             `json:"act" enum:"play,cancel,stop"`
	Number      int             `json:"number" doc:"Version of the message"`
	State       State           `json:"state" enum:"waiting,retrying,accepted,playing,done,failed,given_up,superseded,ended"`
	Attempts    int             `json:"attempts"`
	NextAt      *time.Time      `json:"nextAt,omitempty" doc:"When it is tried again"`
	SentAt      *time.Time      `json:"sentAt,omitempty" doc:"When the far side took it"`
	ConfirmedAt *time.Time      `json:"confirmedAt,omitempty" doc:"When the far side said that it is on the air"`
	DoneAt      *time.Time      `json:"doneAt,omitempty"`
	Proof       json.RawMessage `json:"proof" doc:"What the far side said, by kind: docs/outputs.md"`
	Failure     string          `json:"failure,omitempty"`
	CreatedAt   time.Time       `json:"createdAt"`
}

func carriedBy(c *Config, t *task) Carried {
	return Carried{c.ID, c.Kind, c.NameZh, c.NameEn, c.Tier, t.Act, t.Number, t.State, t.Attempts, moment(t.NextAt), moment(t.SentAt), moment(t.ConfirmedAt), moment(t.DoneAt),
		t.Proof, t.Failure, t.CreatedAt}
}

// Of tells what outputs that reach the scope did with a message or a stop, the newest first.
func (b *Board) Of(ctx context.Context, messageID string, scope auth.Scope) ([]Carried, error) {
	tasks, err := tasksOf(ctx, b.DB, messageID)
	if err != nil {
		return nil, err
	}
	configs, err := everConfigs(ctx, b.DB)
	if err != nil {
		return nil, err
	}
	out := []Carried{}
	for _, t := range slices.Backward(tasks) {
		c := configs[t.Output]
		if c == nil || !scope.Allows(c.RegionPath) {
			continue
		}
		out = append(out, carriedBy(c, t))
	}
	return out, nil
}

// Past is one thing that an output carried, with what it was about.
type Past struct {
	ID        string `json:"id"`
	MessageID string `json:"messageId" doc:"Id of the message, or of the stop"`
	Title     string `json:"title,omitempty" doc:"Of the message; absent for a stop"`
	TitleEn   string `json:"titleEn,omitempty"`
	Drill     bool   `json:"drill"`
	Severity  string `json:"severity,omitempty"`
	Carried
}

// historyFilter chooses what an output carried; empty fields choose all.
type historyFilter struct {
	States []string
	Text   string
}

func (b *Board) history(ctx context.Context, in *struct {
	ByID
	httpapi.PageInput
	State []string `query:"state" maxItems:"9" enum:"waiting,retrying,accepted,playing,done,failed,given_up,superseded,ended"`
	Q     string   `query:"q" maxLength:"100" doc:"Part of the message's title"`
}) (*httpapi.Body[store.Listing[Past]], error) {
	c, err := readConfig(ctx, b.DB, in.ID, auth.ScopeOf(ctx, b.Read))
	if err != nil {
		return nil, err
	}
	page, err := listHistory(ctx, b.DB, c, historyFilter{in.State, in.Q}, in.Page())
	return httpapi.Of(page), err
}

// Again has an output try a message once more, now.
func (b *Board) Again(ctx context.Context, messageID, output string) error {
	tasks, err := tasksOf(ctx, b.DB, messageID)
	if err != nil {
		return err
	}
	tasks = slices.DeleteFunc(tasks, func(t *task) bool { return t.Output != output })
	if len(tasks) == 0 {
		return fault.New(fault.NotFound, "alert.output.not_found")
	}
	newest, ended := tasks[len(tasks)-1], false
	if newest.Act == Play {
		msg, err := b.Messages.Issued(ctx, messageID, 0)
		if err != nil {
			return err
		}
		ended = !msg.State.Open()
	}
	err = b.DB.Update(ctx, func(tx *store.Tx) error {
		t, err := lockTask(ctx, tx, newest.ID)
		if err != nil {
			return err
		}
		if ended || t.State == Superseded || t.State == Ended || !t.UntilAt.After(tx.Now) {
			return fault.New(fault.Conflict, "alert.output.over")
		}
		t.State, t.NextAt = Retrying, tx.Now
		if err := updateTask(ctx, tx, t); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.output.again", Object: "alert:" + messageID, RegionPath: t.RegionPath,
			Detail: map[string]any{"output": output, "number": t.Number, "act": t.Act}})
	})
	b.Wake()
	return err
}
