package docket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// NewCase is what somebody opens a case with.
type NewCase struct {
	Type    string         `json:"type" maxLength:"40"`
	Start   string         `json:"start" maxLength:"40" doc:"Which of the type's ways to open a case"`
	Region  string         `json:"region,omitempty" maxLength:"20" doc:"Code of the region; that of the subject if empty"`
	Subject string         `json:"subject,omitempty" maxLength:"40" doc:"Device, site or party that it is about"`
	Data    map[string]any `json:"data,omitempty" doc:"What the form asks"`
	Parent  string         `json:"parent,omitempty" maxLength:"26" doc:"Case that it is opened under, such as the call that an application answers"`
	Link    string         `json:"link,omitempty" maxLength:"40" doc:"Which of that case's intakes takes it"`
	Key     string         `json:"key,omitempty" maxLength:"64" doc:"Chosen by the sender; what is sent again with the same key counts once"`
	Via     string         `json:"via,omitempty" enum:",console,phone,paper" doc:"How it came in"`

	opener  string // of somebody without an account
	outside bool
	at      time.Time
}

// Deed is what somebody does to a case.
type Deed struct {
	Step string         `json:"step" maxLength:"40"`
	Data map[string]any `json:"data,omitempty"`
	Key  string         `json:"key,omitempty" maxLength:"64" doc:"Chosen by the sender; what is sent again with the same key counts once"`
	At   time.Time      `json:"at,omitzero" doc:"When it was done, if it is sent later"`
	Seen int64          `json:"seen,omitempty" doc:"How many entries the case had when the sender read it; refused if it went on since, unless the step may be sent later"`
}

func digestOf(v any) string {
	raw, _ := json.Marshal(v) // of texts and numbers
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// scopedKey keeps the keys of different senders apart.
func scopedKey(who, key string) string {
	if key == "" {
		return ""
	}
	return who + ":" + key
}

// Open opens a case.
func (d *Desk) Open(ctx context.Context, n NewCase) (*View, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	k, err := d.open(ctx, n, who)
	if err != nil {
		return nil, err
	}
	return d.view(ctx, k, who)
}

func (d *Desk) open(ctx context.Context, n NewCase, who *person) (*kept, error) {
	t, err := d.types.current(n.Type)
	if err != nil {
		return nil, err
	}
	if n.Subject != "" && n.Region == "" {
		if n.Region, _, err = d.Subjects.Place(ctx, t.Subject, n.Subject); err != nil {
			return nil, err
		}
	}
	if n.Subject == "" && t.Subject == procedure.AboutDevice {
		if code, ok := n.Data["device"].(string); ok {
			n.Subject = code
		}
	}
	if _, known := d.regions.find(ctx, n.Region); !known {
		return nil, fault.Bad("region", "casework.region.unknown", fault.Args{"region": n.Region})
	}
	opener := who.ID
	if n.opener != "" {
		opener = n.opener
	}
	k, _, err := d.act(ctx, &job{key: scopedKey(opener, n.Key), digest: digestOf(n), decide: func(b *batch, w *procedure.World, _ *kept) (*procedure.Case, *procedure.Entry, error) {
		number, err := b.number(t.Prefix, b.now)
		if err != nil {
			return nil, nil, err
		}
		via := n.Via
		if via == "" {
			via = "console"
		}
		return t.Begin(w, procedure.Opening{ID: w.NewID(), Start: n.Start, Who: who.Who, Region: n.Region, Data: n.Data, Key: n.Key, Outside: n.outside, At: n.at,
			Birth: procedure.Birth{Number: number, Opener: opener, Subject: n.Subject, Via: via, Parent: n.Parent, Link: n.Link}})
	}})
	return k, err
}

// Do does a step of a case.
func (d *Desk) Do(ctx context.Context, id string, deed Deed) (*View, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	k, err := d.do(ctx, id, deed, who)
	if err != nil {
		return nil, err
	}
	return d.view(ctx, k, who)
}

func (d *Desk) do(ctx context.Context, id string, deed Deed, who *person) (*kept, error) {
	k, _, err := d.act(ctx, &job{id: id, key: scopedKey(who.ID, deed.Key), digest: digestOf([]any{id, deed.Step, deed.Data}),
		decide: func(b *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error) {
			if !d.sees(k.typ, k.Case, k.path, who) {
				return nil, nil, errNoCase()
			}
			if s := k.typ.Step(deed.Step); s != nil && deed.Seen > 0 && k.Seq != deed.Seen && !s.Offline {
				if !slices.Contains(s.From, k.State) {
					return nil, nil, fault.New(fault.Stale, "casework.case.stale", fault.Args{"state": k.typ.State(k.State).Name.Zh})
				}
			}
			return k.typ.Do(w, k.Case, procedure.Act{Step: deed.Step, Who: who.Who, Data: deed.Data, Key: deed.Key, At: deed.At})
		}})
	return k, err
}

// maxComment is how long a comment may be, in characters.
const maxComment = 4000

// Comment adds what somebody says to a case. inner is for those who work on it, not for who opened
// it.
func (d *Desk) Comment(ctx context.Context, id, text string, files []string, inner bool, key string) (*View, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	if text == "" && len(files) == 0 {
		return nil, fault.Bad("text", "casework.comment.empty")
	}
	k, _, err := d.act(ctx, &job{id: id, key: scopedKey(who.ID, key), digest: digestOf([]any{id, text, files}), decide: func(_ *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error) {
		if !d.sees(k.typ, k.Case, k.path, who) {
			return nil, nil, errNoCase()
		}
		var roles []string
		if inner {
			roles = k.staffRoles()
		}
		return k.typ.Comment(w, k.Case, who.Who, text, files, roles, key)
	}})
	if err != nil {
		return nil, err
	}
	return d.view(ctx, k, who)
}

// HandOver gives somebody's part in a case to another.
func (d *Desk) HandOver(ctx context.Context, id, role, to, why string) (*View, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	k, _, err := d.act(ctx, &job{id: id, decide: func(b *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error) {
		if !d.sees(k.typ, k.Case, k.path, who) {
			return nil, nil, errNoCase()
		}
		if err := d.eligible(ctx, k, role, to); err != nil {
			return nil, nil, err
		}
		return k.typ.HandOver(w, k.Case, who.Who, role, to, strings.TrimSpace(why))
	}})
	if err != nil {
		return nil, err
	}
	return d.view(ctx, k, who)
}

// eligible refuses somebody who could not do what the role is for.
func (d *Desk) eligible(ctx context.Context, k *kept, role, to string) error {
	r := k.typ.Role(role)
	if r == nil || r.Filled.Grant == "" {
		names, err := d.Staff.Named(ctx, []string{to})
		if err == nil && names[to] == "" {
			err = fault.Bad("to", "casework.person.unknown")
		}
		return err
	}
	holders, err := d.Staff.Holders(ctx, PermOf(r.Filled.Grant), k.path)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(holders, func(p auth.Person) bool { return p.ID == to }) {
		return fault.Bad("to", "casework.person.ineligible", fault.Args{"role": worded(map[string]any{"r": r.Name})["r"]})
	}
	return nil
}

// Undo takes back what somebody did last, if they may.
func (d *Desk) Undo(ctx context.Context, id string) (*View, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	k, _, err := d.act(ctx, &job{id: id, decide: func(b *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error) {
		if !d.sees(k.typ, k.Case, k.path, who) {
			return nil, nil, errNoCase()
		}
		texts, hashes, err := readChain(ctx, b.tx, id)
		if err != nil {
			return nil, nil, err
		}
		entries, err := procedure.Verify(id, texts, k.Hash)
		if err != nil {
			return nil, nil, err
		}
		e, err := k.typ.Undo(w, k.Case, who.Who, &entries[len(entries)-1])
		if err != nil {
			return nil, nil, err
		}
		b.uncount(entries[len(entries)-1])
		return procedure.FoldAll(append(entries, *e), append(hashes, "")), e, nil
	}})
	if err != nil {
		return nil, err
	}
	return d.view(ctx, k, who)
}

// uncount takes back the facts of an entry that no longer counts.
func (b *batch) uncount(e procedure.Entry) {
	for i := range e.Events {
		if ev := &e.Events[i]; ev.Kind == procedure.Recorded {
			b.count(tallyKey{ev.Fact.Element, ev.Fact.Unit, ev.Fact.Of, e.When(ev).In(b.d.Zone).Format(time.DateOnly)}, -ev.Fact.Value)
		}
	}
}

// Proof is what came of verifying a case.
type Proof struct {
	Entries int    `json:"entries"`
	Whole   bool   `json:"whole" doc:"Its entries are one chain, unchanged, and make the case that is shown"`
	Head    string `json:"head" doc:"Hash of the last entry"`
	Broken  int    `json:"broken,omitempty" doc:"The first entry that is not as it was"`
}

// Verify proves a case's chain.
func (d *Desk) Verify(ctx context.Context, id string) (*Proof, error) {
	k, _, err := d.seen(ctx, id)
	if err != nil {
		return nil, err
	}
	texts, hashes, err := readChain(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	p := &Proof{Entries: len(texts), Head: k.Hash}
	entries, err := procedure.Verify(id, texts, k.Hash)
	if err == nil {
		err = procedure.Replay(k.Case, entries, hashes)
	}
	if f, broken := err.(*procedure.Fault); broken {
		if seq, ok := f.Args["seq"].(int); ok {
			p.Broken = seq
		}
		return p, nil
	}
	p.Whole = err == nil
	return p, err
}

// seen is a case that the reader may see.
func (d *Desk) seen(ctx context.Context, id string) (*kept, *person, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, nil, err
	}
	k, err := d.readCase(ctx, d.DB, id)
	if err != nil {
		return nil, nil, err
	}
	if !d.sees(k.typ, k.Case, k.path, who) {
		return nil, nil, errNoCase()
	}
	return k, who, nil
}
