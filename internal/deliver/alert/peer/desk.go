package peer

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Messages is the life of messages here.
type Messages interface {
	// Take takes in what came, each thing once.
	Take(ctx context.Context, a message.Arrival) (message.Outcome, error)
	// Record finishes a voice that came with a message for terminals.
	Record(ctx context.Context, a *message.Arrival, lang string, voice []byte) (message.Sound, error)
	// Faring is how a message stands.
	Faring(ctx context.Context, id string) (Faring, error)
	// Between are the messages that were issued in a time, the oldest first, at most limit.
	Between(ctx context.Context, from, to time.Time, limit int) ([]string, error)
	// Number gives out the id of a further message of this platform.
	Number(ctx context.Context, tx *store.Tx) (ebd.EBMID, error)
	// RegionPath finds a region by code; a fault that names "regionCode" if there is none.
	RegionPath(ctx context.Context, code string) (string, error)
	// Report takes what a platform says of what an output carried to it.
	Report(ctx context.Context, output, messageID string, number int, state output.State, proof any) error
}

// Faring is how a message stands.
type Faring struct {
	Message *message.Message
	Places  []output.Place
	Targets int // terminals
	Reached int // of which claim to have sounded it
	Heard   int // of which a microphone heard it
	Failed  int
	Begun   bool // some terminal sounds or sounded it
}

// Thing is a resource of this platform, for those above.
type Thing struct {
	Code     ebd.ResourceCode
	Name     string
	Region   string // code of the region that it serves
	Lon, Lat string // degrees; empty where it was not surveyed
	Address  string
	Contact  string
	Phone    string
	URL      string // of a platform
	Gone     bool
	Changed  time.Time
	State    ebd.RunState
	Words    string // about its state
	StateAt  time.Time
}

// Resources is the register of what this platform has.
type Resources interface {
	// Things lists resources whose entry, or whose state, changed since a time, in order of
	// their codes, after a code, at most limit.
	Things(ctx context.Context, since time.Time, states bool, after ebd.ResourceCode, limit int) ([]Thing, error)
}

// Signer holds the key that this platform signs with.
type Signer interface {
	Signing() (*ebd.PrivateKey, *ebd.Certificate)
}

// Live tells open browsers.
type Live interface {
	Tell(name string, perm auth.Permission, regionPath string, data any)
}

// Deps are what a desk needs.
type Deps struct {
	DB        *store.DB
	Clock     clock.Clock
	Log       *slog.Logger
	Live      Live
	Shelf     *media.Shelf
	Signer    Signer
	Issuer    func() *ebd.Certificate // of the key that signs
	Self      Thing                   // this platform
	Home      string                  // region path of this platform
	URL       string                  // where packages are taken here
	Messages  Messages
	Resources Resources
	Read      auth.Permission // who may see peers and what was exchanged
	Edit      auth.Permission // who may set them up
}

// Desk exchanges packages with peers.
type Desk struct {
	Deps
	intake  *intake
	seqs    sequence
	glances *semaphore.Weighted // large packages of which is read whose they are

	loading sync.Mutex
	mu      sync.Mutex
	peers   map[ebd.ResourceCode]*Peer // enabled or not, by code; a Peer is never changed
	health  map[string]*Health         // by peer, as it is now
	unsaved map[string]bool            // peers whose health is newer than what is kept
	workers map[string]*worker         // by peer, of those enabled
	running context.Context            // nil before Run
	group   sync.WaitGroup
	strange map[string]*strangers // by address
	most    int                   // resources that are kept of one peer
}

// New makes a desk and reads its peers. Run starts it.
func New(ctx context.Context, d Deps) (*Desk, error) {
	k := &Desk{Deps: d, health: map[string]*Health{}, unsaved: map[string]bool{}, workers: map[string]*worker{}, strange: map[string]*strangers{}, glances: semaphore.NewWeighted(2), most: maxResources}
	k.intake = &intake{desk: k, queue: make(chan *parcel, 4*maxBatch), over: make(chan struct{})}
	k.seqs.desk = k
	return k, k.reload(ctx)
}

// reload reads the peers, and starts and stops their workers to match.
func (d *Desk) reload(ctx context.Context) error {
	d.loading.Lock() // what was read first must not be put in place last
	defer d.loading.Unlock()
	list, err := listPeers(ctx, d.DB)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.peers = make(map[ebd.ResourceCode]*Peer, len(list))
	for _, p := range list {
		d.peers[p.Code] = p
		if d.health[p.ID] == nil {
			h := p.Health
			d.health[p.ID] = &h
		}
	}
	if d.running == nil {
		return nil
	}
	for id, w := range d.workers {
		if !slices.ContainsFunc(list, func(p *Peer) bool { return p.ID == id && p.Enabled && p.Revision == w.peer.Revision }) {
			w.stop()
			delete(d.workers, id)
		}
	}
	for _, p := range list {
		if p.Enabled && d.workers[p.ID] == nil {
			d.workers[p.ID] = d.start(p)
		}
	}
	return nil
}

// Run exchanges until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	d.mu.Lock()
	d.running = ctx
	d.mu.Unlock()
	if err := d.reload(ctx); err != nil {
		return err
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:alert", Name: "alert"})
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { d.intake.run(ctx); return nil })
	for _, job := range []struct {
		every time.Duration
		do    func(context.Context) error
		what  string
	}{
		{time.Second, d.follow, "peers wait to be told how their messages are faring"},
		{5 * time.Second, d.saveHealth, "how peers are could not be kept"},
		{time.Minute, d.tellRegister, "peers above wait to be told of the register"},
		{time.Minute, d.watch, "who is missing could not be kept"},
	} {
		work.Go(func() error {
			d.Clock.Every(ctx, job.every, func(ctx context.Context) { d.warn(job.what, job.do(ctx)) })
			return nil
		})
	}
	err := work.Wait()
	d.group.Wait()
	return err
}

func (d *Desk) warn(what string, err error) {
	if err != nil && !store.Stopped(err) {
		d.Log.Warn("alert: "+what, "error", err)
	}
}

// byCode is the peer with this resource code; nil for none.
func (d *Desk) byCode(code ebd.ResourceCode) *Peer {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.peers[code]
}

// byID is the peer with this id; nil for none.
func (d *Desk) byID(id string) *Peer {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.peers {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// each lists the enabled peers of a direction, or of both for none.
func (d *Desk) each(direction Direction) (list []*Peer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.peers {
		if p.Enabled && (direction == "" || p.Direction == direction) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *Peer) int { return slices.Compare([]string{a.ID}, []string{b.ID}) })
	return list
}

// wake makes a peer's worker look for what there is to do.
func (d *Desk) wake(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w := d.workers[id]; w != nil {
		nudge(w.act)
		nudge(w.ask)
		nudge(w.send)
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// feel changes what is known of how a peer is.
func (d *Desk) feel(id string, change func(h *Health, now time.Time)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.health[id]
	if h == nil {
		h = new(Health)
		d.health[id] = h
	}
	change(h, d.Clock.Now())
	d.unsaved[id] = true
}

func (d *Desk) healthOf(id string) Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.health[id]; h != nil {
		return *h
	}
	return Health{}
}

// saveHealth keeps how peers are; heartbeats come often and cost no commit each.
func (d *Desk) saveHealth(ctx context.Context) error {
	d.mu.Lock()
	var ids []string
	kept := map[string]Health{}
	for id := range d.unsaved {
		ids, kept[id] = append(ids, id), *d.health[id]
	}
	clear(d.unsaved)
	d.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	err := d.DB.Telemetry(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			if err := noteHealth(ctx, tx, id, kept[id]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, id := range ids {
			d.unsaved[id] = true
		}
	}
	return err
}

// signer signs for this platform now.
func (d *Desk) signer() ebd.Signer {
	key, cert := d.Signer.Signing()
	return ebd.Signer{Key: key, Cert: cert.Number, Coverage: ebd.DefaultCoverage}
}

// sequence numbers the packages that go: it takes numbers from the database a block at a time,
// so that a number is never used twice and costs no commit.
type sequence struct {
	desk       *Desk
	mu         sync.Mutex
	next, last int64
}

const seqBlock = 1000

func (s *sequence) take(ctx context.Context) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == 0 || s.next > s.last {
		var first int64
		err := s.desk.DB.Housekeep(store.Vital(ctx), func(tx *store.Tx) (err error) {
			first, err = numbers(ctx, tx, "ebd", seqBlock)
			return err
		})
		if err != nil {
			return 0, err
		}
		s.next, s.last = first, first+seqBlock-1
	}
	s.next++
	return uint64(s.next - 1), nil
}
