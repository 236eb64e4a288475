package peer

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/ebm"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// actOn does what a package asks for. It may be done twice, after a crash, and must do no harm
// then. An error is this platform's own, and the package stays.
func (w *worker) actOn(ctx context.Context, e *entry) error {
	pkg, err := w.fetch(ctx, e)
	if err != nil {
		if store.Stopped(err) {
			return err
		}
		return w.settled(ctx, e, failed, "the package cannot be read: "+heard(err.Error(), 300))
	}
	switch b := pkg.Document.Body.(type) {
	case *ebd.EBM:
		return w.takeMessage(ctx, e, pkg, b)
	case *ebd.EBMStateRequest:
		return w.askedHow(ctx, e, pkg.Document, b)
	case *ebd.OMDRequest:
		return w.askedFor(ctx, e, pkg.Document, b)
	case *ebd.EBMStateResponse:
		return w.toldHow(ctx, e, b)
	case *ebd.EBMBrdLog:
		return w.toldLog(ctx, e, b)
	case *ebd.EBDNotify:
		return w.toldResult(ctx, e, pkg.Document, b)
	}
	return w.settled(ctx, e, done, "")
}

// takeMessage takes a message in, and tells its peer where it cannot be.
func (w *worker) takeMessage(ctx context.Context, e *entry, pkg *ebd.Package, m *ebd.EBM) error {
	if ebm.Missing(m) != "" { // its number says that nobody need act on it
		return w.settled(ctx, e, done, "nothing to be acted on")
	}
	d := w.desk
	a := ebm.Read(m, d.Clock.Now())
	for _, ref := range a.Earlier { // what it follows may have come with it, and be less urgent
		before, err := waitingEBM(ctx, d.DB, w.peer.ID, ref)
		if err != nil {
			return err
		}
		for _, b := range before {
			if b.id == e.id || b.id > e.id || a.Act == message.Cancels {
				continue
			}
			if err := w.actOn(ctx, b); err != nil {
				return err
			}
		}
	}
	a.Origin = message.Origin{Kind: w.peer.Direction.Origin(), Source: w.peer.ID, Name: w.peer.Name}
	a.Authority = string(ebm.Level(w.peer.Code))
	if outside, err := w.outside(ctx, a.Content.Area.Regions); err != nil {
		return err
	} else if outside {
		a.Doubts = append(a.Doubts, ebm.DoubtRegion)
	}
	note, err := w.dress(ctx, e, pkg, m, &a)
	if err != nil {
		return err
	}
	o, err := d.Messages.Take(store.Vital(ctx), a)
	if err != nil {
		return err
	}
	if o.Known {
		if other, err := w.saysOther(ctx, e, m); err != nil {
			return err
		} else if other {
			const words = "消息编号已用于另一内容，以先到者为准，本消息未处理"
			if err := w.notify(ctx, e, pkg.Document, ebd.ResultOther, words); err != nil {
				return err
			}
			return w.settled(ctx, e, failed, words)
		}
	}
	if o.State == message.Refused && o.Reason != nil {
		words := i18n.T(i18n.Chinese, o.Reason.Code, o.Reason.Args)
		if err := w.notify(ctx, e, pkg.Document, ebd.ResultOther, words); err != nil {
			return err
		}
		return w.settled(ctx, e, failed, strings.TrimSpace(note+" "+words))
	}
	if a.Act != message.Cancels {
		if err := d.DB.Housekeep(store.Vital(ctx), func(tx *store.Tx) error {
			return putMessage(ctx, tx, w.peer.ID, string(m.EBMID), o.Message)
		}); err != nil {
			return err
		}
	}
	return w.settled(ctx, e, done, strings.TrimSpace(note+" "+string(o.State)))
}

// saysOther reports whether a message says another thing than the one that came first under its
// id. What is sent again may be sent at another time.
func (w *worker) saysOther(ctx context.Context, e *entry, m *ebd.EBM) (bool, error) {
	first, err := firstEBM(ctx, w.desk.DB, w.peer.ID, e.ebmid)
	if err != nil || first == nil || first.id == e.id {
		return false, err
	}
	raw, err := w.desk.original(ctx, first)
	if err != nil {
		return false, nil // it is kept no longer, and nobody can tell
	}
	pkg, _, err := ebd.ReadPackage(bytes.NewReader(raw), limits)
	if err != nil {
		return false, nil // nor of what cannot be read
	}
	was, ok := pkg.Document.Body.(*ebd.EBM)
	said := func(m ebd.EBM) any {
		if m.MsgBasicInfo != nil {
			basic := *m.MsgBasicInfo
			basic.SendTime, m.MsgBasicInfo = "", &basic
		}
		return store.JSON(m)
	}
	return ok && said(*was) != said(*m), nil
}

// outside reports whether a message of a platform below is for a place that is not its own.
func (w *worker) outside(ctx context.Context, codes []string) (bool, error) {
	for _, code := range codes {
		if w.peer.Direction != Lower {
			break
		}
		path, err := w.desk.Messages.RegionPath(ctx, code)
		switch {
		case fault.Is(err, "alert.area.unknown_region"): // nobody is reached there
		case err != nil:
			return false, err
		case !strings.HasPrefix(path, w.peer.RegionPath):
			return true, nil
		}
	}
	return false, nil
}

// maxDressed is how many files of a message are looked at.
const maxDressed = 12

// dress adds the sounds, pictures and original of a message. What is not as the signed message
// says it should be is left out: the text goes without it, and is spoken here.
func (w *worker) dress(ctx context.Context, e *entry, pkg *ebd.Package, m *ebd.EBM, a *message.Arrival) (note string, err error) {
	var notes []string
	d := w.desk
	raw, err := d.original(ctx, e)
	if err != nil {
		return "", err
	}
	if a.Original, err = d.Shelf.Keep(ctx, raw); err != nil {
		return "", err
	}
	a.MIME = "application/x-tar"
	if a.Act == message.Cancels {
		return "", nil
	}
	seen := map[string]bool{}
	for _, part := range m.MsgContent {
		lang := "zh"
		if l := ebm.Language("en"); strings.EqualFold(strings.TrimSpace(part.LanguageCode), l) {
			lang = "en"
		}
		for _, aux := range part.Auxiliary {
			name := path.Base(strings.ReplaceAll(aux.AuxiliaryDesc, `\`, "/"))
			if aux.AuxiliaryType == ebd.AuxStream || seen[lang+name] || len(seen) >= maxDressed {
				continue
			}
			seen[lang+name] = true
			at := slices.IndexFunc(pkg.Resources, func(f ebd.File) bool { return f.Name == name })
			if at < 0 {
				notes = append(notes, name+": missing")
				continue
			}
			data := pkg.Resources[at].Data
			if aux.Digest != "" && !ebd.DigestIs(data, aux.Digest) || aux.Size != 0 && aux.Size != len(data) {
				notes = append(notes, name+": not what the message says")
				continue
			}
			if err := w.dressOne(ctx, a, aux.AuxiliaryType, lang, name, data); err != nil {
				notes = append(notes, name+": "+heard(err.Error(), 100))
			}
		}
	}
	return heard(strings.Join(notes, "; "), 1000), nil
}

func (w *worker) dressOne(ctx context.Context, a *message.Arrival, kind int, lang, name string, data []byte) error {
	if kind == ebd.AuxMP2 || kind == ebd.AuxMP3 {
		return w.voice(ctx, a, lang, data)
	}
	c := &a.Content
	mime, err := media.Sniff(data)
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(mime, "audio/"):
		return w.voice(ctx, a, lang, data)
	case len(c.Attachments) >= message.MaxAttachments:
		return fmt.Errorf("over %d files", message.MaxAttachments)
	}
	digest, err := w.desk.Shelf.Keep(ctx, data)
	if err == nil && !slices.ContainsFunc(c.Attachments, func(o message.Attachment) bool { return o.SM3 == digest }) {
		c.Attachments = append(c.Attachments, message.Attachment{SM3: digest, MIME: mime, Bytes: int64(len(data)), Name: heard(name, 60)})
	}
	return err
}

// voice adds a voice. It is not judged as an attachment is: it goes out anew, in a form that
// terminals and browsers play.
func (w *worker) voice(ctx context.Context, a *message.Arrival, lang string, data []byte) error {
	c := &a.Content
	if _, has := c.Sound(lang); has || c.Text(lang).Lang != lang {
		return nil
	}
	s, err := w.desk.Messages.Record(ctx, a, lang, data)
	if err == nil {
		c.Sounds = append(c.Sounds, s)
	}
	return err
}

// notify tells a peer that something of its cannot be done.
func (w *worker) notify(ctx context.Context, e *entry, doc *ebd.Document, code ebd.ResultCode, words string) error {
	d := w.desk
	seq, err := d.seqs.take(ctx)
	if err != nil {
		return err
	}
	n, err := ebd.Notify(doc, d.Self.Code, seq, code, heard(words, 300), d.Clock.Now())
	if err != nil {
		return err
	}
	return d.post(ctx, w.peer, n, outgoing{rank: rankState, ebmid: e.ebmid, topic: "notify:" + e.id})
}

// toldHow takes what a peer says of a message that went to it.
func (w *worker) toldHow(ctx context.Context, e *entry, b *ebd.EBMStateResponse) error {
	return w.toldOf(ctx, e, string(b.EBM.EBMID), b.BrdStateCode, b.BrdStateDesc, b.Coverage, string(b.RptTime), b.ResBrdInfo)
}

// toldLog takes a peer's log: what it says of messages that went to it is proof.
func (w *worker) toldLog(ctx context.Context, e *entry, b *ebd.EBMBrdLog) error {
	known := 0
	for i := range b.EBMBrdItem {
		item := &b.EBMBrdItem[i]
		if item.EBM == nil {
			continue
		}
		found, err := w.report(ctx, string(item.EBM.EBMID), item.BrdStateCode, item.BrdStateDesc, item.Coverage, "", item.ResBrdInfo)
		if err != nil {
			return err
		}
		if found {
			known++
		}
	}
	return w.settled(ctx, e, done, fmt.Sprintf("%d of %d entries are of messages from here", known, len(b.EBMBrdItem)))
}

func (w *worker) toldOf(ctx context.Context, e *entry, ebmid string, state ebd.BrdState, words string, c *ebd.BrdCoverage, at string, info *ebd.ResBrdInfo) error {
	found, err := w.report(ctx, ebmid, state, words, c, at, info)
	if err != nil {
		return err
	}
	note := ""
	if !found {
		note = "no message with this id went to it from here"
	}
	return w.settled(ctx, e, done, note)
}

// Proof is what a platform says of a message that went to it.
type Proof struct {
	Platform string `json:"platform"`
	EBMID    string `json:"ebmid"`
	State    int    `json:"state"` // BrdStateCode of GD/J 083
	Words    string `json:"words,omitempty"`
	Rate     string `json:"rate,omitempty"`  // share covered, 0–1
	Areas    string `json:"areas,omitempty"` // codes covered
	Counts   string `json:"counts,omitempty"`
	At       string `json:"at,omitempty"` // by its clock
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	Items    int    `json:"items,omitempty"` // resources that it called on
	Wider    bool   `json:"wider,omitempty"` // only parts of its regions were meant, which its codes cannot say
}

var outputStates = map[ebd.BrdState]output.State{ebd.BrdUntouched: output.Accepted, ebd.BrdWaiting: output.Accepted, ebd.BrdPlaying: output.Playing,
	ebd.BrdDone: output.Done, ebd.BrdFailed: output.Failed, ebd.BrdCancelled: output.Done}

// report gives a peer's word to the output that carried the message.
func (w *worker) report(ctx context.Context, ebmid string, state ebd.BrdState, words string, c *ebd.BrdCoverage, at string, info *ebd.ResBrdInfo) (bool, error) {
	sent, err := carriedAs(ctx, w.desk.DB, w.peer.ID, ebmid)
	if err != nil || sent == nil {
		return false, err
	}
	p := Proof{Platform: string(w.peer.Code), EBMID: ebmid, State: int(state), Words: heard(words, 200), At: heard(at, 30)}
	if c != nil {
		p.Rate, p.Areas, p.Counts = heard(c.CoverageRate, 20), heard(c.AreaCode, 1000), heard(c.ResBrdStat, 60)
	}
	if info != nil {
		p.Items = len(info.ResBrdItem)
		from, to := "", ""
		for _, item := range info.ResBrdItem {
			for _, b := range item.EBRBS {
				if from == "" || string(b.StartTime) < from {
					from = string(b.StartTime)
				}
				to = max(to, string(b.EndTime))
			}
		}
		p.From, p.To = heard(from, 30), heard(to, 30)
	}
	return true, w.desk.Messages.Report(ctx, sent.output, sent.messageID, sent.number, outputStates[state], p)
}

// toldResult takes a later word on a package that went.
func (w *worker) toldResult(ctx context.Context, e *entry, doc *ebd.Document, b *ebd.EBDNotify) error {
	if doc.RelatedEBD == nil {
		return w.settled(ctx, e, done, heard(b.ResultDesc, 300))
	}
	sent, err := sentAs(ctx, w.desk.DB, w.peer.ID, string(doc.RelatedEBD.EBDID))
	if err != nil {
		return err
	}
	if sent != nil && sent.output != "" && b.ResultCode >= ebd.ResultUnreadable {
		p := Proof{Platform: string(w.peer.Code), EBMID: sent.ebmid, State: int(ebd.BrdFailed), Words: heard(b.ResultDesc, 200)}
		if err := w.desk.Messages.Report(ctx, sent.output, sent.messageID, sent.number, output.Failed, p); err != nil {
			return err
		}
	}
	if sent != nil {
		if err := w.desk.DB.Housekeep(ctx, func(tx *store.Tx) error {
			return noteWords(ctx, tx, sent.id, b.ResultCode, heard(b.ResultDesc, 300))
		}); err != nil {
			return err
		}
	}
	return w.settled(ctx, e, done, heard(b.ResultDesc, 300))
}
