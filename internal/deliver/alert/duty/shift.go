package duty

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Shift is one person's keeping of a post, and its end.
type Shift struct {
	ID          string
	Post        string
	PostName    string // as long as it is open as the post is called now, then as it was called
	RegionPath  string
	By          Person
	BeganAt     time.Time
	SinceAt     time.Time
	OfferedAt   time.Time // when the giver signed
	Content     string    // as it was signed
	Digest      string
	EndedAt     time.Time
	How         string // taken, closed
	Taker       Person
	Reason      string
	Certificate string
	Signature   string
	Revision    int64
}

// Ways in which a shift ends.
const (
	Taken  = "taken"  // the next one signed
	Closed = "closed" // a leader signed, because nobody was there to take it
)

// Brief is a message in a handover.
type Brief struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Severity string    `json:"severity"`
	Drill    bool      `json:"drill"`
	State    string    `json:"state"`
	At       time.Time `json:"at"`
}

// Trouble is a thing that failed or is open.
type Trouble struct {
	What string    `json:"what" enum:"output,handoff,stop,offline" doc:"An output that failed, follow-up that was handed on and is open, a stop of everything, terminals offline"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Happened is what happened in a region, and how things stand at its end.
type Happened struct {
	Issued   []Brief   `json:"issued" doc:"Messages issued in the shift"`
	OnAir    []Brief   `json:"onAir" doc:"Messages on the air at its end"`
	Waiting  []Item    `json:"waiting" doc:"What waited for a person at its end"`
	Troubles []Trouble `json:"troubles" doc:"What failed or is open"`
}

// Content is what is handed over. Its JSON is what is signed.
type Content struct {
	Shift    string      `json:"shift"`
	Post     string      `json:"post"`
	Region   string      `json:"region"`
	Giver    Person      `json:"giver"`
	Began    time.Time   `json:"began"`
	Since    time.Time   `json:"since"`
	Until    time.Time   `json:"until"`
	Happened Happened    `json:"happened"`
	Entries  []EntryView `json:"entries" doc:"Of the duty log, the oldest first"`
	Left     int         `json:"left,omitempty" doc:"How many entries there are before these, which only the log has"`
	Remarks  string      `json:"remarks"`
}

// SignOn begins a shift at a post that nobody keeps.
func (d *Desk) SignOn(ctx context.Context, postID string) (s *Shift, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		p, err := d.post(ctx, tx, d.Keep, postID)
		if err != nil {
			return err
		}
		open, err := openShift(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if open != nil {
			return fault.New(fault.Conflict, "alert.duty.kept", fault.Args{"name": open.By.Name})
		}
		since, err := lastSigned(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if since.IsZero() {
			since = tx.Now
		}
		s, err = d.begin(ctx, tx, p, since)
		return err
	})
	if err == nil {
		d.told(s.RegionPath, "shift", s.ID)
	}
	return s, err
}

// begin writes a shift of the asker down.
func (d *Desk) begin(ctx context.Context, tx *store.Tx, p *Post, since time.Time) (*Shift, error) {
	s := &Shift{ID: store.NewID(tx.Now), Post: p.ID, PostName: p.Name, RegionPath: p.RegionPath, By: person(ctx), BeganAt: tx.Now, SinceAt: since, Revision: 1}
	if err := insertShift(ctx, tx, s); err != nil {
		return nil, err
	}
	turns, err := turnsBetween(ctx, tx, p.ID, tx.Now, tx.Now.Add(time.Microsecond))
	if err != nil {
		return nil, err
	}
	kind := "sign_on"
	if !slices.ContainsFunc(turns, func(t Turn) bool { return t.Person == s.By.ID }) {
		kind = "stand_in" // whom the roster does not name now
	}
	if err := d.Record(ctx, tx, Entry{RegionPath: p.RegionPath, Kind: kind, Object: "alert-duty-shift:" + s.ID, Args: map[string]any{"post": p.Name}}); err != nil {
		return nil, err
	}
	return s, audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.sign_on", Object: "alert-duty-shift:" + s.ID, RegionPath: p.RegionPath, Detail: map[string]any{"post": p.Name}})
}

// summarise works out what a shift hands over at a time.
func (d *Desk) summarise(ctx context.Context, s *Shift, p *Post, until time.Time, remarks string) (*Content, error) {
	c := &Content{Shift: s.ID, Post: p.Name, Region: p.RegionPath, Giver: s.By, Began: s.BeganAt.UTC(), Since: s.SinceAt.UTC(), Until: until.UTC(), Remarks: remarks}
	var err error
	if c.Happened, err = d.Alerts.Happened(ctx, s.RegionPath, s.SinceAt, until); err != nil {
		return nil, err
	}
	c.Entries, c.Left, err = d.entries(ctx, entryFilter{From: s.SinceAt, To: until, Scope: auth.NewScope(s.RegionPath)})
	return c, err
}

// drawn is what a shift hands over, as it is to be signed.
type drawn struct {
	*Content
	raw []byte
}

// draw works out what a shift hands over now. It reads what stands in a whole region, so it is done
// before a transaction, which would keep everybody else from writing meanwhile.
func (d *Desk) draw(ctx context.Context, s *Shift, p *Post, remarks string) (w drawn, err error) {
	if w.Content, err = d.summarise(ctx, s, p, d.Clock.Now(), strings.TrimSpace(remarks)); err != nil {
		return w, err
	}
	w.raw, err = json.Marshal(w.Content)
	return w, err
}

// put has a shift hand over what was drawn; refused as stale when the log of that time got an entry
// since, which the next handover would leave out too.
func (w drawn) put(ctx context.Context, tx *store.Tx, s *Shift) error {
	log, err := listEntries(ctx, tx, entryFilter{From: w.Since, To: w.Until, Scope: auth.NewScope(s.RegionPath), Page: store.Page{Limit: 1}})
	if err == nil && log.Total != int64(len(w.Entries)+w.Left) {
		err = fault.New(fault.Stale, "stale")
	}
	s.Content, s.Digest = string(w.raw), blob.Digest(w.raw)
	return err
}

// Offer has the giver sign what is handed over. It may be signed again until somebody took it.
func (d *Desk) Offer(ctx context.Context, id, remarks string) (*Shift, error) {
	if err := auth.RequireFresh(ctx, d.Clock.Now(), freshFor); err != nil {
		return nil, err
	}
	was, p, err := d.shift(ctx, d.DB, d.Keep, id)
	if err != nil {
		return nil, err
	}
	if was.By.ID != person(ctx).ID {
		return nil, fault.New(fault.Conflict, "alert.duty.not_giver", fault.Args{"name": was.By.Name})
	}
	w, err := d.draw(ctx, was, p, remarks)
	if err != nil {
		return nil, err
	}
	return d.alterShift(ctx, was, func(tx *store.Tx, s *Shift) error {
		if err := w.put(ctx, tx, s); err != nil {
			return err
		}
		s.OfferedAt = w.Until
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.offer", Object: "alert-duty-shift:" + s.ID, RegionPath: s.RegionPath, Detail: map[string]any{"digest": s.Digest}})
	})
}

// Accept has the taker sign what the giver signed, and begins their shift.
func (d *Desk) Accept(ctx context.Context, id, digest string) (next *Shift, err error) {
	if err := auth.RequireFresh(ctx, d.Clock.Now(), freshFor); err != nil {
		return nil, err
	}
	was, p, err := d.shift(ctx, d.DB, d.Keep, id)
	if err != nil {
		return nil, err
	}
	_, err = d.alterShift(ctx, was, func(tx *store.Tx, s *Shift) error {
		if s.Digest == "" {
			return fault.New(fault.Conflict, "alert.duty.not_offered")
		}
		if err := d.otherHand(ctx, tx, s); err != nil {
			return err
		}
		if err := d.end(ctx, s, tx.Now, Taken, digest, ""); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.accept", Object: "alert-duty-shift:" + s.ID, RegionPath: s.RegionPath, Detail: map[string]any{"digest": s.Digest}}); err != nil {
			return err
		}
		if err := updateShift(ctx, tx, s); err != nil { // before the next one of the post is open
			return err
		}
		s.Revision++
		if err := d.Record(ctx, tx, Entry{RegionPath: s.RegionPath, Kind: "handover", Object: "alert-duty-shift:" + s.ID, Args: map[string]any{"post": p.Name, "giver": s.By.Name}}); err != nil {
			return err
		}
		next, err = d.begin(ctx, tx, p, s.OfferedAt)
		return err
	})
	return next, err
}

// Close has a leader end a shift that nobody was there to take, or whose keeper left.
func (d *Desk) Close(ctx context.Context, id, reason string) (*Shift, error) {
	if err := auth.RequireFresh(ctx, d.Clock.Now(), freshFor); err != nil {
		return nil, err
	}
	was, p, err := d.shift(ctx, d.DB, d.Plan, id)
	if err != nil {
		return nil, err
	}
	var w drawn
	if was.Digest == "" { // the keeper left without signing: it is told how things stand now
		if w, err = d.draw(ctx, was, p, ""); err != nil {
			return nil, err
		}
	}
	return d.alterShift(ctx, was, func(tx *store.Tx, s *Shift) error {
		if err := d.otherHand(ctx, tx, s); err != nil {
			return err
		}
		at := tx.Now
		if s.Digest == "" {
			if err := w.put(ctx, tx, s); err != nil {
				return err
			}
			at = w.Until // the next one tells what happened from then on
		}
		if err := d.end(ctx, s, at, Closed, s.Digest, strings.TrimSpace(reason)); err != nil {
			return err
		}
		if err := d.Record(ctx, tx, Entry{RegionPath: s.RegionPath, Kind: "closed", Object: "alert-duty-shift:" + s.ID,
			Args: map[string]any{"post": p.Name, "giver": s.By.Name, "reason": s.Reason}}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.close", Object: "alert-duty-shift:" + s.ID, RegionPath: s.RegionPath,
			Detail: map[string]any{"digest": s.Digest, "reason": s.Reason}})
	})
}

// otherHand refuses the giver, and whoever may be the same person, as the second to sign.
func (d *Desk) otherHand(ctx context.Context, tx *store.Tx, s *Shift) error {
	me := person(ctx)
	if me.ID == s.By.ID {
		return fault.New(fault.Conflict, "alert.duty.own")
	}
	apart, err := d.Staff.Independent(ctx, tx, me.ID, s.By.ID)
	if err == nil && !apart {
		err = fault.New(fault.Forbidden, "alert.countersign.not_independent", fault.Args{"name": s.By.Name})
	}
	return err
}

// end signs a shift for the second person, and seals both signatures.
func (d *Desk) end(ctx context.Context, s *Shift, at time.Time, how, digest, reason string) error {
	if digest != s.Digest {
		return fault.Bad("digest", "alert.countersign.content_changed")
	}
	s.EndedAt, s.How, s.Taker, s.Reason = at, how, person(ctx), reason
	key, cert := d.Signer.Signing()
	sig, err := key.Sign(s.sealed())
	if err != nil {
		return err
	}
	s.Signature, s.Certificate = base64.StdEncoding.EncodeToString(sig[:]), base64.StdEncoding.EncodeToString(cert.Encode())
	return nil
}

// sealed is what the node signs of a handover: the digest of what was read, who signed when.
func (s *Shift) sealed() []byte {
	raw, _ := json.Marshal(map[string]any{"shift": s.ID, "digest": s.Digest, "giver": s.By, "offeredAt": store.Micros(s.OfferedAt), "taker": s.Taker, "how": s.How,
		"reason": s.Reason, "endedAt": s.EndedAt.UnixMicro()}) // of texts and numbers
	return raw
}

// Proof is what came of verifying a handover.
type Proof struct {
	Content   bool `json:"content" doc:"The content is what was signed"`
	Signature bool `json:"signature" doc:"The node's signature over who signed what when holds"`
	Trusted   bool `json:"trusted" doc:"The key was certified by this node's authority"`
}

// verify checks a handover that is over.
func (d *Desk) verify(s *Shift) (p Proof) {
	p.Content = blob.Digest([]byte(s.Content)) == s.Digest
	raw, err := base64.StdEncoding.DecodeString(s.Certificate)
	if err != nil {
		return p
	}
	cert, err := ebd.ParseCertificate(raw)
	if err != nil {
		return p
	}
	p.Trusted = cert.VerifiedBy(d.Authority)
	sig, err := base64.StdEncoding.DecodeString(s.Signature)
	if err != nil || len(sig) != 64 {
		return p
	}
	p.Signature = cert.Key.Verify(s.sealed(), [64]byte(sig))
	return p
}

// shift is a shift that the asker may do something with, and its post.
func (d *Desk) shift(ctx context.Context, q store.Queryer, perm auth.Permission, id string) (*Shift, *Post, error) {
	s, err := readShift(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	if !auth.ScopeOf(ctx, d.Keep).Allows(s.RegionPath) && !auth.ScopeOf(ctx, d.Plan).Allows(s.RegionPath) {
		return nil, nil, errNoShift()
	}
	if err := auth.Check(ctx, perm, s.RegionPath); err != nil {
		return nil, nil, err
	}
	p, err := readPost(ctx, q, s.Post)
	return s, p, err
}

// alterShift changes a shift that is open as it was read.
func (d *Desk) alterShift(ctx context.Context, was *Shift, do func(tx *store.Tx, s *Shift) error) (*Shift, error) {
	s := new(Shift)
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		now, err := readShift(ctx, tx, was.ID)
		if err != nil {
			return err
		}
		if !now.EndedAt.IsZero() {
			return fault.New(fault.Conflict, "alert.duty.over")
		}
		if now.Revision != was.Revision {
			return fault.New(fault.Stale, "stale")
		}
		*s = *now
		if err := do(tx, s); err != nil {
			return err
		}
		if s.Revision != now.Revision { // written already
			return nil
		}
		err = updateShift(ctx, tx, s)
		s.Revision++
		return err
	})
	if err == nil {
		d.told(s.RegionPath, "shift", s.ID)
	}
	return s, err
}

func errNoShift() error { return fault.New(fault.NotFound, "alert.duty.shift_not_found") }
