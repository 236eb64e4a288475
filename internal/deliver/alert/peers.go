package alert

import (
	"bytes"
	"context"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// shared answers what platforms above and below ask of messages.
type shared struct{ carried }

func (s shared) Take(ctx context.Context, a message.Arrival) (message.Outcome, error) {
	return s.m.Take(ctx, a)
}

// Record finishes a voice that came with a message as it would one that was recorded here: a
// drill is announced as one, and all are equally loud.
func (s shared) Record(ctx context.Context, a *message.Arrival, lang string, voice []byte) (message.Sound, error) {
	dictionary, _, err := s.m.book.Dictionary(ctx)
	if err != nil {
		return message.Sound{}, err
	}
	before, after := message.SpokenMarks(a.Kind, lang)
	clip, err := s.m.Speech.Record(ctx, speech.Recording{Sound: bytes.NewReader(voice), Signal: signal(a.Class, a.Content.Severity), Before: before, After: after,
		Lang: i18n.Lang(lang), Words: dictionary, Urgent: true})
	if err != nil {
		return message.Sound{}, err
	}
	sound, err := s.m.keep(ctx, lang, clip)
	sound.Origin = message.FromRecording
	return sound, err
}

// Faring is how a message stands.
func (s shared) Faring(ctx context.Context, id string) (f peer.Faring, err error) {
	if f.Message, err = readMessage(ctx, s.m.DB, id); err != nil {
		return f, err
	}
	v := f.Message.Shown()
	if v == nil { // discarded
		return f, nil
	}
	at := *f.Message
	at.Current = v
	if f.Places, err = s.Places(ctx, &at, nil); err != nil || f.Message.IssuedAt.IsZero() {
		return f, err
	}
	figures, err := s.m.desk.Figures(ctx, f.Message.No, auth.Everywhere)
	if err != nil || figures == nil {
		return f, err
	}
	count(&f, figures)
	return f, nil
}

func count(f *peer.Faring, g *delivery.Figures) {
	f.Targets, f.Reached, f.Heard, f.Failed = g.Targets, g.Reached, g.Heard, g.Failed+g.Refused
	if f.Message.State == message.Ended { // by then a terminal may have been left out by an update
		f.Targets, f.Reached, f.Heard = max(g.Targets, g.Ever.Targets), max(g.Reached, g.Ever.Reached), max(g.Heard, g.Ever.Heard)
	}
	f.Begun = g.Playing+g.Played+g.Reached > 0
}

func (s shared) Between(ctx context.Context, from, to time.Time, limit int) ([]string, error) {
	return issuedBetween(ctx, s.m.DB, from, to, limit)
}

func (s shared) Number(ctx context.Context, tx *store.Tx) (ebd.EBMID, error) {
	return s.m.nextEBMID(ctx, tx)
}

func (s shared) Report(ctx context.Context, output, messageID string, number int, state output.State, proof any) error {
	return s.m.board.Report(ctx, output, messageID, number, state, proof)
}

// nextEBMID gives out the id of a further message of this platform.
func (m *Module) nextEBMID(ctx context.Context, tx *store.Tx) (ebd.EBMID, error) {
	n, err := next(ctx, tx, "ebm-"+tx.Now.In(ebd.China).Format("20060102"))
	if err != nil {
		return "", err
	}
	if n > 9999 { // four digits of GD/J 082
		return "", fault.New(fault.Limited, "alert.numbers_used_up")
	}
	return ebd.NewEBMID(m.Platform, tx.Now, int(n))
}

// drivers are those that the module was given and its own.
func (m *Module) drivers() map[string]output.Driver {
	all := map[string]output.Driver{peer.KindPlatform: m.peers.Driver()}
	for kind, d := range m.Drivers {
		all[kind] = d
	}
	return all
}
