package docket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Citizens open cases without an account. They are told a number and a code; who knows both is who
// opened the case. Only a digest of the code is kept.

// visitor is who knows a code.
func visitor(code string) procedure.Who {
	sum := sha256.Sum256([]byte(strings.ToUpper(strings.TrimSpace(code))))
	return procedure.Who{ID: "visitor:" + hex.EncodeToString(sum[:16])}
}

// asVisitor lets the audit record know where somebody without an account acted from.
func asVisitor(ctx context.Context, w procedure.Who) context.Context {
	who := auth.Who(ctx)
	return auth.As(ctx, auth.Actor{ID: w.ID, Request: who.Request, Address: who.Address})
}

// Service is what anybody may open a case of.
type Service struct {
	Code     string            `json:"code"`
	Name     procedure.Words   `json:"name"`
	About    procedure.Words   `json:"about,omitzero"`
	Group    procedure.Words   `json:"group,omitzero"`
	Keywords []string          `json:"keywords,omitempty"`
	Subject  procedure.Subject `json:"subject"`
	Start    string            `json:"start"`
	Form     *procedure.Form   `json:"form,omitempty"`
}

// Services lists what anybody may open a case of.
func (d *Desk) Services() []Service {
	all := []Service{}
	for _, t := range d.types.live() {
		if t.Public != nil {
			all = append(all, serviceOf(t))
		}
	}
	return all
}

// Service is one of them.
func (d *Desk) Service(code string) (*Service, error) {
	t, err := d.types.current(code)
	if err != nil || t.Public == nil {
		return nil, fault.New(fault.NotFound, "casework.type.unknown", fault.Args{"type": code})
	}
	s := serviceOf(t)
	return &s, nil
}

func serviceOf(t *procedure.Type) Service {
	start := t.Opening(t.Public.Start)
	return Service{t.Code, t.Name, t.About, t.Public.Group, t.Public.Keywords, t.Subject, start.ID, t.Form(start.Form)}
}

// Receipt is what somebody without an account gets for a case.
type Receipt struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Code   string `json:"code" doc:"Who knows it and the number is who opened the case; told once"`
}

// codeLength is how long a code is: 40 bits, asked for together with the number and at a bounded
// rate.
const codeLength = 8

// OpenPublic opens a case for somebody without an account.
func (d *Desk) OpenPublic(ctx context.Context, n NewCase, via string) (*Receipt, error) {
	s, err := d.Service(n.Type)
	if err != nil {
		return nil, err
	}
	code := paperCode()[:codeLength]
	who := &person{Who: visitor(code)}
	if n.Key != "" { // what is sent again gets the same case, and so needs the same code
		sum := sha256.Sum256([]byte("casework " + n.Key))
		code = letters(sum[:codeLength])
		who.Who = visitor(code)
	}
	n.Start, n.Via, n.opener, n.outside, n.Parent, n.Link = s.Start, via, who.ID, true, "", ""
	k, err := d.open(asVisitor(ctx, who.Who), n, who)
	if err != nil {
		return nil, err
	}
	return &Receipt{k.ID, k.Number, code}, nil
}

// PublicCase is a case as who opened it without an account sees it.
type PublicCase struct {
	Number    string          `json:"number"`
	TypeName  procedure.Words `json:"typeName"`
	Title     string          `json:"title"`
	State     string          `json:"state"`
	StateName procedure.Words `json:"stateName"`
	Closed    bool            `json:"closed"`
	OpenedAt  time.Time       `json:"openedAt"`
	Due       time.Time       `json:"due,omitzero" doc:"By when the next thing is to have happened"`
	DueName   procedure.Words `json:"dueName,omitzero"`
	Region    Place           `json:"region"`
	Data      map[string]any  `json:"data"`
	Past      []PublicStep    `json:"past"`
	Steps     []PublicMay     `json:"steps"`
	Type      string          `json:"type"`
	Papers    []PaperView     `json:"papers,omitempty"`
}

// PublicStep is something that happened, in words.
type PublicStep struct {
	At  time.Time       `json:"at"`
	Say procedure.Words `json:"say"`
	Why string          `json:"why,omitempty"`
}

// PublicMay is something that who opened the case may do now, with what is asked.
type PublicMay struct {
	ID   string          `json:"id"`
	Name procedure.Words `json:"name"`
	Warn procedure.Words `json:"warn,omitzero"`
	Form *procedure.Form `json:"form,omitempty"`
}

// mine is the case of a number, if the code is that of who opened it.
func (d *Desk) mine(ctx context.Context, number, code string) (*kept, *person, error) {
	who := &person{Who: visitor(code)}
	id, err := caseNumbered(ctx, d.DB, number, who.ID)
	if err != nil {
		return nil, nil, err
	}
	if id == "" {
		return nil, nil, fault.New(fault.NotFound, "casework.case.number")
	}
	k, err := d.readCase(ctx, d.DB, id)
	return k, who, err
}

// Track is a case as who opened it sees it.
func (d *Desk) Track(ctx context.Context, number, code string) (*PublicCase, error) {
	k, who, err := d.mine(ctx, number, code)
	if err != nil {
		return nil, err
	}
	return d.publicView(ctx, k, who)
}

func (d *Desk) publicView(ctx context.Context, k *kept, who *person) (*PublicCase, error) {
	roles := k.typ.RolesOf(k.Case, who.Who)
	data, _ := k.typ.Seen(k.Case, roles)
	v := &PublicCase{Number: k.Number, Type: k.Type, TypeName: k.typ.Name, Title: k.title, State: k.State, StateName: k.typ.State(k.State).Name, Closed: k.Closed(), OpenedAt: k.OpenedAt, Region: d.place(k.Region), Data: data,
		Past: []PublicStep{}, Steps: []PublicMay{}}
	if name, due, _ := d.dueOf(k); name != "" {
		v.Due, v.DueName = due, k.typ.Deadline(name).Name
	}
	w := &procedure.World{Now: d.Clock.Now(), Calendar: d.Calendar, District: func(code string) string { r, _ := d.regions.byCode(code); return r.District }}
	for _, s := range k.typ.StepsFor(w, k.Case, who.Who) {
		v.Steps = append(v.Steps, PublicMay{s.ID, s.Name, s.Warn, k.typ.Form(s.Form)})
	}
	for _, p := range k.Papers {
		v.Papers = append(v.Papers, PaperView{p.ID, p.Title, p.From, p.Until})
	}
	texts, hashes, err := readChain(ctx, d.DB, k.ID)
	if err != nil {
		return nil, err
	}
	past, err := history(k, texts, hashes, roles, who.ID)
	if err != nil {
		return nil, err
	}
	for _, h := range past {
		if !h.Undone {
			v.Past = append(v.Past, saidTo(k, h, roles)...)
		}
	}
	return v, nil
}

// saidTo is what happened in words: steps, what the opener was told, what was said to them.
func saidTo(k *kept, h Happening, roles []string) (said []PublicStep) {
	for _, ev := range h.Events {
		switch ev.Kind {
		case procedure.Opened:
			if s := k.typ.Opening(ev.Step); s != nil {
				said = append(said, PublicStep{At: h.At, Say: s.Name})
			}
		case procedure.Moved:
			if s := k.typ.Step(ev.Step); s != nil && ev.From != ev.To {
				step := PublicStep{At: h.At, Say: s.Name}
				if reason, ok := ev.Data["reason"].(string); ok {
					step.Why = reason
				}
				said = append(said, step)
			}
		case procedure.Told:
			if slices.ContainsFunc(ev.Roles, func(r string) bool { return slices.Contains(roles, r) }) {
				said = append(said, PublicStep{At: h.At, Say: *ev.Say})
			}
		case procedure.Commented:
			said = append(said, PublicStep{At: h.At, Say: procedure.Words{Zh: "留言", En: "Message"}, Why: ev.Text})
		}
	}
	return said
}

// DoPublic does a step for somebody without an account.
func (d *Desk) DoPublic(ctx context.Context, number, code string, deed Deed) (*PublicCase, error) {
	k, who, err := d.mine(ctx, number, code)
	if err != nil {
		return nil, err
	}
	deed.At = time.Time{}
	if k, err = d.do(asVisitor(ctx, who.Who), k.ID, deed, who); err != nil {
		return nil, err
	}
	return d.publicView(ctx, k, who)
}

// Past is what anybody may know of a case about a device.
type Past struct {
	Number    string          `json:"number"`
	TypeName  procedure.Words `json:"typeName"`
	StateName procedure.Words `json:"stateName"`
	Outcome   string          `json:"outcome,omitempty"`
	OpenedAt  time.Time       `json:"openedAt"`
	ClosedAt  time.Time       `json:"closedAt,omitzero"`
}

// maxPast is how many cases about a device anybody is told of.
const maxPast = 20

// PastOf lists the latest cases of public types about a device, without what was written in them.
func (d *Desk) PastOf(ctx context.Context, subject string) ([]Past, error) {
	var public []string
	for _, t := range d.types.live() {
		if t.Public != nil {
			public = append(public, t.Code)
		}
	}
	rows, err := d.aboutSubject(ctx, subject, public, maxPast)
	past := make([]Past, len(rows))
	for i, r := range rows {
		past[i] = Past{r.Number, r.TypeName, r.StateName, r.Outcome, r.OpenedAt, r.ClosedAt}
	}
	return past, err
}

// Notice is what is published of a case.
type Notice struct {
	CaseID   string          `json:"id"`
	TypeName procedure.Words `json:"typeName"`
	Title    string          `json:"title"`
	Lines    []NoticeLine    `json:"lines"`
	Region   Place           `json:"region"`
	At       time.Time       `json:"at"`
	Ask      bool            `json:"ask" doc:"Anybody may object while it is on show"`
}

// NoticeLine is a field that is published.
type NoticeLine struct {
	Name  procedure.Words `json:"name"`
	Value string          `json:"value"`
}

// Notices lists what is published, the latest first.
func (d *Desk) Notices(ctx context.Context, page store.Page) (store.Listing[Notice], error) {
	return d.noticesShown(ctx, page)
}

// Verified is what there is to know of a document by its code.
type Verified struct {
	procedure.Paper
	Digest string `json:"digest" doc:"SHA-256 of the document's content"`
	Signed string `json:"signed" doc:"Signature of the node (SM2) over its content, base64"`
	Number string `json:"number" doc:"Of the case that issued it"`
	Valid  bool   `json:"valid" doc:"It has not run out"`
}

// VerifyPaper tells whether a document is true, by the code that stands on it.
func (d *Desk) VerifyPaper(ctx context.Context, code string) (*Verified, error) {
	v, err := readPaper(ctx, d.DB, strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(code), "-", "")))
	if err != nil {
		return nil, err
	}
	v.Valid = v.Until.IsZero() || v.Until.After(d.Clock.Now())
	return v, nil
}
