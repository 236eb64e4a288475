package survey

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Asked is a survey as whoever answers it sees it.
type Asked struct {
	ID       string       `json:"id"`
	NameZh   string       `json:"nameZh"`
	NameEn   string       `json:"nameEn"`
	NoticeZh string       `json:"noticeZh"`
	NoticeEn string       `json:"noticeEn"`
	Closes   string       `json:"closes"`
	Version  int          `json:"version"`
	Form     *engine.Form `json:"form"`
	Pass     string       `json:"pass" doc:"To be sent with the answer; good for one"`
	Invited  bool         `json:"invited" doc:"By a token; where people live is known"`
	Contact  bool         `json:"contact" doc:"They were written to, and may ask not to be again"`
	Stratum  string       `json:"stratum" doc:"District and area of who was invited"`
	Sample   bool         `json:"sample"`
	Region   string       `json:"region" doc:"Code of the region whose people are asked"`
	TV       bool         `json:"tv" doc:"Televisions offer it"`
	Enough   bool         `json:"enough" doc:"Enough have answered of everybody, or of people like who was invited"`

	Full       map[string]int `json:"-"` // answers so far by quota
	RegionPath string         `json:"-"`
	known      engine.Answers // of who was invited, before they answer
}

// Offered are the surveys that anybody may answer now.
func (d *Desk) Offered(ctx context.Context) ([]*Asked, error) {
	open, err := listSurveys(ctx, d.DB, auth.Everywhere, []string{string(Open)}, "")
	list := []*Asked{}
	for _, s := range open {
		if s.Anybody && s.fielded(d.today()) {
			list = append(list, s.asked())
		}
	}
	return list, err
}

func (s *Survey) asked() *Asked {
	return &Asked{ID: s.ID, NameZh: s.NameZh, NameEn: s.NameEn, NoticeZh: s.NoticeZh, NoticeEn: s.NoticeEn, Closes: s.Closes, Version: s.Version, Sample: s.Sample, Region: s.RegionCode, TV: s.TV, RegionPath: s.RegionPath}
}

// enter is a survey that may be answered now, by whoever comes or by an invitation.
func (d *Desk) enter(ctx context.Context, q store.Queryer, id, token string) (*Survey, *invited, error) {
	var in *invited
	if token != "" {
		var err error
		if in, err = readToken(ctx, q, hash(token)); err != nil {
			return nil, nil, err
		}
		if in == nil {
			if in, err = d.enterContact(ctx, q, token); err != nil {
				return nil, nil, err
			}
		}
		if in == nil || id != "" && in.survey != id {
			return nil, nil, fault.New(fault.NotFound, "measure.survey.link")
		}
		if in.used {
			return nil, nil, fault.New(fault.Conflict, "measure.survey.used")
		}
		id = in.survey
	}
	s, err := readSurvey(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case s.State == Draft || s.State == Approved || in == nil && !s.Anybody:
		return nil, nil, fault.New(fault.NotFound, "measure.survey.not_found")
	case !s.fielded(d.today()):
		return nil, nil, fault.New(fault.Conflict, "measure.survey.not_now")
	}
	return s, in, nil
}

// enterContact is what a contact's link leads to; nil where it is none. One that was used is told
// by the contact being there and the ticket not.
func (d *Desk) enterContact(ctx context.Context, q store.Queryer, token string) (*invited, error) {
	in, err := readTicket(ctx, q, ticketOf(token))
	if err != nil || in != nil {
		return in, err
	}
	c, err := contactByDoor(ctx, q, doorOf(token))
	if err != nil || c == nil {
		return nil, err
	}
	return &invited{survey: c.survey, stratum: c.stratum, used: true}, nil
}

// spend takes an invitation out of use; false where somebody was faster.
func spend(ctx context.Context, tx *store.Tx, in *invited, token string) (bool, error) {
	if in.ticket != "" {
		return spendTicket(ctx, tx, in.ticket)
	}
	return useToken(ctx, tx, token)
}

// Ask is a survey to be answered, by its id or by an invitation's token.
func (d *Desk) Ask(ctx context.Context, id, token string) (*Asked, error) {
	s, in, err := d.enter(ctx, d.DB, id, token)
	if err != nil {
		return nil, err
	}
	v, err := readVersion(ctx, d.DB, s.ID, s.Version)
	if err != nil {
		return nil, err
	}
	a := s.asked()
	a.Form, a.Pass = v.Form, d.guard.pass(s.ID)
	if a.Full, _, err = quotaCounts(ctx, d.DB, s.ID); err != nil || in == nil {
		return a, err
	}
	plan, err := readPlan(ctx, d.DB, s.ID)
	a.Invited, a.Stratum, a.Contact, a.known = true, base(in.stratum), in.ticket != "", plan.known(in.stratum)
	return a, err
}

// Closed says whether enough have answered of people like who asks, for all that is known of them.
func (a *Asked) Closed() bool { return a.Form.Full(a.Stratum, a.known, a.Full) }

// told is a survey as anybody may read it. Of quotas it says nothing: whoever watched them fill would
// read what each new answer says. Whether more is needed of people like them, people are told at the
// question that decides it, or when they send their answers.
func (a *Asked) told() *Asked {
	out, form := *a, *a.Form
	form.Quotas = nil
	out.Form, out.Enough = &form, a.Closed()
	return &out
}

// Answer takes what somebody answered. One invitation is good for one answer; without one, how
// many come from one address, and how fast, is bounded.
func (d *Desk) Answer(ctx context.Context, id, token, pass string, g Given) (became string, err error) {
	if g.ID != "" && !isID(g.ID) {
		return "", fault.Bad("id", "measure.survey.id")
	}
	if err := d.guard.admit(id, pass); err != nil {
		return "", err
	}
	if token == "" {
		err = d.guard.bound(auth.Who(ctx).Address)
	}
	if err == nil {
		became, err = d.answer(ctx, id, token, g, nil)
	}
	if err != nil {
		d.guard.release(pass)
	}
	if became == Same || became == Kept { // by the id of its device: it is here
		became = Taken
	}
	return became, err
}

// answer takes an answer and does what else belongs to it in the same transaction.
func (d *Desk) answer(ctx context.Context, id, token string, g Given, also func(*store.Tx) error) (became string, err error) {
	err = d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		s, in, err := d.enter(ctx, tx, id, token)
		if err != nil {
			return err
		}
		if in != nil {
			g.Place, g.Token, g.Stratum = in.place, hash(token), in.stratum
			if in.ticket != "" {
				g.Token = ""
			}
		}
		if g.Mode == TV && !s.TV {
			return fault.New(fault.NotFound, "measure.survey.not_found")
		}
		if became, err = d.submit(ctx, tx, s, g); err != nil {
			return err
		}
		if in != nil {
			if first, err := spend(ctx, tx, in, g.Token); err != nil || !first {
				return cmp.Or(err, error(fault.New(fault.Conflict, "measure.survey.used")))
			}
		}
		if also == nil {
			return nil
		}
		return also(tx)
	})
	return became, err
}

// submit takes an answer to the version it was given to, which must have been approved.
func (d *Desk) submit(ctx context.Context, tx *store.Tx, s *Survey, g Given) (string, error) {
	if g.Version == 0 {
		g.Version = s.Version
	}
	v, err := readVersion(ctx, tx, s.ID, g.Version)
	if err != nil {
		return "", err
	}
	if !v.Approved {
		return "", fault.New(fault.NotFound, "measure.survey.version")
	}
	plan, err := readPlan(ctx, tx, s.ID)
	if err != nil {
		return "", err
	}
	return d.take(ctx, tx, s, v, plan, g)
}

// How long an answer in progress is kept, and one in which nothing was answered.
const (
	keptFor   = 7 * 24 * time.Hour
	unusedFor = 3 * time.Hour
)

// maxProgress is how many answers in progress are kept at once.
const maxProgress = 200_000

// Begun is an answer in progress.
type Begun struct {
	Survey  string         `json:"survey"`
	Token   string         `json:"token"`
	Version int            `json:"version"`
	Place   string         `json:"place"`
	Step    int            `json:"step"`
	Started time.Time      `json:"started"`
	Answers engine.Answers `json:"answers"`
}

// Resume is what a device began; nil for nothing. Its key is known to the device alone.
func (d *Desk) Resume(ctx context.Context, key string) (*Begun, error) {
	sealed, err := readProgress(ctx, d.DB, hash(key))
	if err != nil || sealed == "" {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	inner, err := d.Sealer.Open(raw, sealedFor)
	if err != nil {
		return nil, err
	}
	own := ofDevice(key)
	if len(inner) < own.NonceSize() {
		return nil, nil
	}
	plain, err := own.Open(nil, inner[:own.NonceSize()], inner[own.NonceSize():], nil)
	if err != nil {
		return nil, nil // of before devices sealed what they began: it is begun anew
	}
	b := new(Begun)
	return b, json.Unmarshal(plain, b)
}

const sealedFor = "survey.progress"

// ofDevice seals with what the device alone holds: what was begun names an invitation beside
// answers, and nobody who has the node's key may read that either.
func ofDevice(key string) cipher.AEAD {
	sum := sha256.Sum256([]byte(sealedFor + "\n" + key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // of any block of 16 bytes
	}
	return aead
}

// sealBegun is what a device began as it is kept.
func (d *Desk) sealBegun(key string, b *Begun) (string, error) {
	plain, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	own := ofDevice(key)
	nonce := make([]byte, own.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	sealed, err := d.Sealer.Seal(own.Seal(nonce, nonce, plain, nil), sealedFor)
	return base64.StdEncoding.EncodeToString(sealed), err
}

// Begin keeps what a device begins. How many begin from one address, or by one invitation, is bounded,
// and how many there are at once.
func (d *Desk) Begin(ctx context.Context, key string, b *Begun) error {
	from := "link\n" + b.Token
	if b.Token == "" {
		from = "address\n" + auth.Who(ctx).Address
	}
	if err := d.guard.begun(from); err != nil {
		return err
	}
	if n, err := countProgress(ctx, d.DB); err != nil || n >= d.most {
		return cmp.Or(err, error(fault.New(fault.Limited, "measure.survey.crowded")))
	}
	sealed, err := d.sealBegun(key, b)
	if err != nil {
		return err
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		return insertProgress(ctx, tx, hash(key), sealed, len(b.Answers) > 0)
	})
}

// Remember keeps what a device answered of what it began.
func (d *Desk) Remember(ctx context.Context, key string, b *Begun) error {
	sealed, err := d.sealBegun(key, b)
	if err != nil {
		return err
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		there, err := updateProgress(ctx, tx, hash(key), sealed)
		if err == nil && !there {
			err = fault.New(fault.Conflict, "measure.survey.lost")
		}
		return err
	})
}

// Finish takes what a device began as an answer, and forgets it.
func (d *Desk) Finish(ctx context.Context, key string, b *Begun, mode Mode, lang string) (became string, err error) {
	if d.Clock.Now().Sub(b.Started) < soonest {
		return "", fault.New(fault.Limited, "measure.survey.soon")
	}
	if b.Token == "" {
		if err := d.guard.bound(auth.Who(ctx).Address); err != nil {
			return "", err
		}
	}
	return d.answer(ctx, b.Survey, b.Token, Given{Version: b.Version, Mode: mode, Lang: lang, Place: b.Place, Started: b.Started, Answers: b.Answers},
		func(tx *store.Tx) error {
			_, err := dropProgress(ctx, tx, hash(key))
			return err
		})
}

// Questions are the questions of a version that somebody began to answer.
func (d *Desk) Questions(ctx context.Context, b *Begun) (*Asked, error) {
	a, err := d.Ask(ctx, b.Survey, b.Token)
	if err != nil {
		return nil, err
	}
	if !a.Invited {
		a.Stratum = d.StratumWithin(a.RegionPath, b.Place)
	}
	if a.Version == b.Version {
		return a, nil
	}
	v, err := readVersion(ctx, d.DB, b.Survey, b.Version)
	if err != nil {
		return nil, err
	}
	a.Form, a.Version = v.Form, v.Number
	return a, nil
}

// NewKey is a key for a device to come back with.
func NewKey() string { return random(16) }
