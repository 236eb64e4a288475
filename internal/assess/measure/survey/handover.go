package survey

import (
	"context"
	"slices"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Begun on a television, an answer can be gone on with on a telephone: the television shows a
// link as a picture, whoever opens it takes the answer up at the same question, and from then on
// the television has it no more. Each link is good for one telephone.

// Handover is an answer that a television would hand over.
type Handover struct {
	Pass     string         `json:"pass" maxLength:"200"`
	Version  int            `json:"version" minimum:"1"`
	Place    string         `json:"place" maxLength:"12" doc:"Region code of where the television stands"`
	Question string         `json:"question" maxLength:"64" doc:"Where to go on"`
	Answers  engine.Answers `json:"answers"`
}

// Handed is the link by which a telephone takes an answer up.
type Handed struct {
	Key     string `json:"key"`
	Address string `json:"address"`
	QR      string `json:"qr" doc:"Path of an SVG, one unit to a module"`
	Size    int    `json:"size" doc:"Modules to a side"`
}

// HandOver keeps what was begun on a television for a telephone to go on with.
func (d *Desk) HandOver(ctx context.Context, id string, h Handover) (*Handed, error) {
	since, err := d.guard.given(id, h.Pass)
	if err != nil {
		return nil, err
	}
	if _, _, err := d.enter(ctx, d.DB, id, ""); err != nil {
		return nil, err
	}
	v, err := readVersion(ctx, d.DB, id, h.Version)
	if err != nil {
		return nil, err
	}
	if !v.Approved {
		return nil, fault.New(fault.NotFound, "measure.survey.version")
	}
	b := &Begun{Survey: id, Version: h.Version, Place: h.Place, Started: since, Answers: v.Form.Effective(h.Answers)}
	if b.Step = slices.Index(v.Form.Visible(b.Answers), h.Question); b.Step < 0 {
		return nil, fault.Bad("question", "measure.survey.answer.unknown", fault.Args{"question": h.Question})
	}
	out := &Handed{Key: NewKey()}
	out.Address = d.Public + "/survey/on/" + out.Key
	if out.QR, out.Size, err = qrPath(out.Address); err != nil {
		return nil, err
	}
	return out, d.Begin(ctx, out.Key, b)
}

// TakeUp gives a telephone what was handed over, under a key of its own.
func (d *Desk) TakeUp(ctx context.Context, handed string) (key string, err error) {
	gone := fault.New(fault.Conflict, "measure.survey.handed")
	b, err := d.Resume(ctx, handed)
	if err != nil {
		return "", err
	}
	if b == nil {
		return "", gone
	}
	key = NewKey()
	sealed, err := d.sealBegun(key, b)
	if err != nil {
		return "", err
	}
	return key, d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		if there, err := dropProgress(ctx, tx, hash(handed)); err != nil {
			return err
		} else if !there {
			return gone
		}
		return insertProgress(ctx, tx, hash(key), sealed, true)
	})
}

// Waiting says whether what was handed over still waits for a telephone; withdrawn, it waits no
// more, and a telephone that comes later is told so.
func (d *Desk) Waiting(ctx context.Context, handed string, withdraw bool) (waiting bool, err error) {
	if !withdraw {
		sealed, err := readProgress(ctx, d.DB, hash(handed))
		return sealed != "", err
	}
	err = d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		waiting, err = dropProgress(ctx, tx, hash(handed))
		return err
	})
	return waiting, err
}
