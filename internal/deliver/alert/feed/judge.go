package feed

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Verdict is what was thought of an alert.
type Verdict string

// Verdicts.
const (
	Taken   Verdict = "taken"   // handed to the house, which keeps a record of what became of it
	Ignored Verdict = "ignored" // it is no message, over, or known already
	Refused Verdict = "refused" // it is not to be trusted, or not valid
)

// Judged is an alert of a source with what was thought of it.
type Judged struct {
	ID         string
	Ref        string
	Sender     string
	Identifier string
	Sent       time.Time
	Status     string
	MsgType    string
	Event      string
	Severity   message.Severity
	Title      string
	Verdict    Verdict
	Reason     *fault.Error
	Doubts     []string
	Digest     string // by which it is known again
	Said       string // digest of what it says
	Arrival    string
	At         time.Time
}

// document is what came from a source: its bytes and the alerts in it.
type document struct {
	raw  []byte
	read *cap.Document
}

// Limits on what is taken of a document: the newest alerts, and how long what identifies one
// may be, bytes.
const (
	maxAlerts = 500
	maxRef    = 1000
)

func short(text string) string { return strings.ToValidUTF8(text[:min(len(text), 100)], "") }

// documentOf reads what came; a fault if it is nothing that may hold an alert.
func documentOf(raw []byte) (*document, error) {
	d := &document{raw, cap.Read(raw)}
	if !d.read.WellFormed || d.read.Version == "" {
		why := "not CAP, Atom, RSS or EDXL"
		if i := slices.IndexFunc(d.read.Findings, func(f cap.Finding) bool { return f.Severity == cap.SeverityError }); i >= 0 {
			why = d.read.Findings[i].Message
		}
		return nil, fault.Bad("document", "alert.cap.unreadable", fault.Args{"error": why})
	}
	return d, nil
}

// single reports whether the document is one alert and nothing around it.
func (d *document) single() bool { return strings.HasPrefix(d.read.Version, "1.") }

// wrong is the first error of the alert with this number in the document; nil for none.
func (d *document) wrong(i int) *cap.Finding {
	if f := d.read.Wrong[i]; f != nil {
		return f
	}
	for k := range d.read.Findings { // what is wrong with the document as a whole
		f := &d.read.Findings[k]
		if f.Severity == cap.SeverityError && (d.single() || strings.HasPrefix(f.Rule, "xml")) {
			return f
		}
	}
	return nil
}

// take judges every alert of a document, hands those that may pass to the house, and writes
// down what was thought of each. An error means that some must come again.
func (d *Desk) take(ctx context.Context, s *Source, doc *document) (judged []Judged, err error) {
	order := make([]int, len(doc.read.Alerts)) // an update after what it updates
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return doc.read.Alerts[a].Sent.Compare(doc.read.Alerts[b].Sent) })
	order = order[max(0, len(order)-maxAlerts):]
	for _, i := range order {
		j, failed := d.takeOne(ctx, s, doc, i)
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		judged = append(judged, j)
	}
	return judged, err
}

// said is the digest of what an alert says, however it is written.
func (d *document) said(i int) string {
	a := *d.read.Alerts[i]
	a.Version = ""
	raw, err := json.Marshal(a)
	if err != nil { // a number that JSON has not
		return ""
	}
	return blob.Digest(raw)
}

// digest is the same for the same alert: of its document, or of what it says where a feed
// around it changes.
func (d *document) digest(i int) string {
	if said := d.said(i); said != "" && !d.single() {
		return said
	}
	return blob.Digest(d.raw)
}

func (d *Desk) takeOne(ctx context.Context, s *Source, doc *document, i int) (Judged, error) {
	a, digest, said := doc.read.Alerts[i], doc.digest(i), doc.said(i)
	ref := refOf(a.Reference())
	if len(ref) > maxRef {
		return Judged{Sender: short(a.Sender), Identifier: short(a.Identifier), Verdict: Refused, Reason: fault.New(fault.Invalid, "alert.cap.long")}, nil
	}
	before, err := known(ctx, d.DB, s.ID, ref)
	switch {
	case err != nil:
		return Judged{}, err
	case before == nil:
	case before.differs(said):
		return d.differs(ctx, s, doc, i, before)
	case before.Verdict != Refused || before.Digest == digest:
		return *before, nil
	}
	j, arrival, err := d.judge(ctx, s, doc, i)
	if err != nil {
		return j, err
	}
	j.Digest, j.Said = digest, said
	if arrival != nil {
		if arrival.Original, err = d.House.Keep(ctx, doc.raw); err != nil {
			return j, err
		}
		if !doc.single() {
			arrival.MIME = "application/xml"
		}
		outcome, err := d.House.Take(ctx, *arrival)
		if err != nil {
			return j, err
		}
		j.Arrival = outcome.Arrival
		if arrival.Act != message.Cancels && !outcome.Known {
			d.want(ctx, s, a, outcome.Arrival, outcome.Message)
		}
		if outcome.State == message.Refused {
			j.Verdict, j.Reason = Refused, outcome.Reason
		}
	}
	return j, d.keep(ctx, s, &j)
}

// keep writes down what was thought of an alert.
func (d *Desk) keep(ctx context.Context, s *Source, j *Judged) error {
	err := d.DB.Housekeep(ctx, func(tx *store.Tx) error { return insertJudged(ctx, tx, s.ID, j) })
	if err == nil {
		d.Live.Tell("alert.source", d.Read, s.RegionPath, map[string]any{"id": s.ID, "ref": j.Ref, "verdict": j.Verdict})
	}
	return err
}

// differs reports whether another text came under what identifies an alert, and is on record.
func (j *Judged) differs(said string) bool {
	return (j.Verdict != Refused || j.Arrival != "") && j.Said != "" && said != "" && j.Said != said
}

// differs refuses another text under a sender, identifier and time of sending that were used: the
// first stands. Each other text is noted once, however often it comes.
func (d *Desk) differs(ctx context.Context, s *Source, doc *document, i int, first *Judged) (Judged, error) {
	said := doc.said(i)
	ref := first.Ref + "#" + said[:12]
	if before, err := known(ctx, d.DB, s.ID, ref); before != nil || err != nil {
		return orNone(before), err
	}
	a, c := doc.read.Alerts[i], arrivalOf(s, doc.read.Alerts[i], d.Clock.Now()).Content
	j := Judged{Ref: ref, Sender: a.Sender, Identifier: a.Identifier, Sent: a.Sent, Status: short(a.Status), MsgType: short(a.MsgType), Event: string(c.Event), Severity: c.Severity, Title: c.Text("zh").Title,
		Verdict: Refused, Reason: fault.New(fault.Conflict, "alert.cap.differs", fault.Args{"title": first.Title}), Digest: doc.digest(i), Said: said, At: d.Clock.Now()}
	return j, d.keep(ctx, s, &j)
}

func orNone(j *Judged) Judged {
	if j == nil {
		return Judged{}
	}
	return *j
}

// judge says what is thought of the alert with this number in a document, and what it is for
// the house if it may pass. It changes nothing.
func (d *Desk) judge(ctx context.Context, s *Source, doc *document, i int) (Judged, *message.Arrival, error) {
	a := doc.read.Alerts[i]
	now := d.Clock.Now()
	j := Judged{Ref: refOf(a.Reference()), Sender: a.Sender, Identifier: a.Identifier, Sent: a.Sent, Status: short(a.Status), MsgType: short(a.MsgType), At: now, Verdict: Taken}
	decide := func(v Verdict, why *fault.Error) (Judged, *message.Arrival, error) {
		j.Verdict, j.Reason = v, why
		return j, nil, nil
	}
	if f := doc.wrong(i); f != nil {
		return decide(Refused, fault.New(fault.Invalid, "alert.cap.invalid", fault.Args{"path": f.Path, "message": f.Message}))
	}
	arrival := arrivalOf(s, a, now)
	c := &arrival.Content
	j.Event, j.Severity, j.Title, j.Doubts = string(c.Event), c.Severity, c.Text("zh").Title, arrival.Doubts
	if a.Sender == d.Identity.Sender {
		return decide(Ignored, fault.New(fault.Conflict, "alert.cap.own"))
	}
	if a.Status != "Actual" && a.Status != "Exercise" {
		return decide(Ignored, fault.New(fault.Conflict, "alert.cap.status", fault.Args{"status": a.Status}))
	}
	if a.MsgType != "Alert" && a.MsgType != "Update" && a.MsgType != "Cancel" {
		return decide(Ignored, fault.New(fault.Conflict, "alert.cap.type", fault.Args{"type": a.MsgType}))
	}
	if a.Scope != "Public" && a.Scope != "" { // left out only in CAP 1.0, whose default is Public (CAP 1.0 §3.3)
		return decide(Ignored, fault.New(fault.Conflict, "alert.cap.scope", fault.Args{"scope": a.Scope}))
	}
	if why := s.Trust.distrusts(doc, a, now); why != nil {
		return decide(Refused, why)
	}
	if len(a.Infos) == 0 && arrival.Act != message.Cancels {
		return decide(Ignored, fault.New(fault.Conflict, "alert.cap.no_info"))
	}
	if arrival.Act != message.Cancels {
		if !c.EndsAt.After(now) {
			return decide(Ignored, fault.New(fault.Conflict, "alert.cap.expired"))
		}
		if why := s.Trust.bars(c); why != nil {
			return decide(Refused, why)
		}
	}
	why, err := d.connect(ctx, s, a, &arrival)
	if err != nil {
		return j, nil, err
	}
	if why != nil {
		return decide(why.verdict, why.reason)
	}
	if arrival.Act != message.Cancels {
		paths, err := d.House.Fit(ctx, arrival)
		var list fault.List
		switch {
		case errors.As(err, &list) || err != nil && fault.Of(err).Kind == fault.Invalid: // the house refuses it, on record
			j.Verdict, j.Reason = Refused, fault.Of(err)
			if len(list) > 0 {
				j.Reason = list[0]
			}
		case err != nil:
			return j, nil, err
		case slices.ContainsFunc(paths, func(p string) bool { return !strings.HasPrefix(p, s.RegionPath) }):
			return decide(Refused, fault.New(fault.Forbidden, "alert.cap.region"))
		}
	}
	return j, &arrival, nil
}

// barred is why an alert goes no further.
type barred struct {
	verdict Verdict
	reason  *fault.Error
}

// maxEarlier is how many earlier alerts one is connected with. A document may name thousands,
// each of which is looked up.
const maxEarlier = 500

// connect finds what an alert follows: what it refers to, the newest first, and what came under
// its own identifier before, of which the newest counts.
func (d *Desk) connect(ctx context.Context, s *Source, a *cap.Alert, arrival *message.Arrival) (*barred, error) {
	add := func(refs ...string) {
		for _, r := range refs {
			if r != arrival.Ref && len(arrival.Earlier) < maxEarlier && !slices.Contains(arrival.Earlier, r) {
				arrival.Earlier = append(arrival.Earlier, r)
			}
		}
	}
	refers := slices.DeleteFunc(slices.Clone(a.References), func(r cap.Reference) bool { return r.Sender != a.Sender }) // nobody ends or changes what another said
	slices.SortStableFunc(refers, func(a, b cap.Reference) int { return b.Sent.Compare(a.Sent) })
	for _, r := range refers[:min(len(refers), maxEarlier)] {
		add(refOf(r))
		seen, err := sendings(ctx, d.DB, s.ID, r.Sender, r.Identifier)
		if err != nil {
			return nil, err
		}
		for _, e := range seen {
			if e.Sent.Before(a.Sent) {
				add(e.Ref)
			}
		}
	}
	if arrival.Act == message.Cancels && len(arrival.Earlier) == 0 {
		return &barred{Refused, fault.New(fault.Forbidden, "alert.cap.references")}, nil
	}
	seen, err := sendings(ctx, d.DB, s.ID, a.Sender, a.Identifier)
	if err != nil {
		return nil, err
	}
	for _, e := range seen {
		if e.Sent.After(a.Sent) {
			return &barred{Ignored, fault.New(fault.Conflict, "alert.cap.older")}, nil
		}
		if e.Sent.Before(a.Sent) {
			add(e.Ref)
			if arrival.Act == message.Begins {
				arrival.Act = message.Updates
			}
		}
	}
	return nil, nil
}

// distrusts is why a source is not believed an alert; nil if it is.
func (t *Trust) distrusts(doc *document, a *cap.Alert, now time.Time) *fault.Error {
	if !t.speaks(a.Sender) {
		return fault.New(fault.Forbidden, "alert.cap.sender", fault.Args{"sender": a.Sender})
	}
	if !t.Signed {
		return nil
	}
	if !doc.single() {
		return fault.New(fault.Forbidden, "alert.cap.embedded")
	}
	signatures, err := cap.Signatures(doc.raw)
	if err != nil {
		return fault.New(fault.Forbidden, "alert.cap.signature", fault.Args{"error": err.Error()})
	}
	if len(signatures) == 0 {
		return fault.New(fault.Forbidden, "alert.cap.unsigned")
	}
	certs, err := t.certificates()
	if err != nil {
		return fault.New(fault.Forbidden, "alert.source.certificates", fault.Args{"error": err.Error()})
	}
	weak := false
	for _, sig := range signatures {
		if !signedBy(sig, certs, now) {
			continue
		}
		if !sig.Weak || t.Weak {
			return nil
		}
		weak = true
	}
	if weak {
		return fault.New(fault.Forbidden, "alert.cap.weak")
	}
	return fault.New(fault.Forbidden, "alert.cap.signer")
}

// signedBy reports whether a signature is by the key of one of some certificates, or by one
// that they issued, within its time.
func signedBy(sig cap.Signature, certs []*x509.Certificate, now time.Time) bool {
	roots := x509.NewCertPool()
	for _, c := range certs {
		if key, ok := c.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); ok && key.Equal(sig.Key) && !now.Before(c.NotBefore) && !now.After(c.NotAfter) {
			return true
		}
		if c.IsCA {
			roots.AddCert(c)
		}
	}
	if sig.Certificate == nil {
		return false
	}
	_, err := sig.Certificate.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

// bars is why a source may not say what a message says; nil if it may.
func (t *Trust) bars(c *message.Content) *fault.Error {
	if len(t.Events) > 0 && !slices.ContainsFunc(t.Events, func(e string) bool { return strings.HasPrefix(string(c.Event), e) }) {
		return fault.New(fault.Forbidden, "alert.cap.event", fault.Args{"event": c.Event})
	}
	if len(t.Severities) > 0 && !slices.Contains(t.Severities, c.Severity) {
		return fault.New(fault.Forbidden, "alert.cap.severity")
	}
	return nil
}

// acting is the context of what a source does.
func acting(ctx context.Context, s *Source) context.Context {
	who := auth.Who(ctx)
	return auth.As(ctx, auth.Actor{ID: "source:" + s.ID, Name: s.NameZh, Request: who.Request, Address: who.Address})
}
