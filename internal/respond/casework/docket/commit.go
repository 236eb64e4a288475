package docket

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// decision is what somebody wants of a case: it gives the case as it then stands and the entry that
// says what happened, or no entry where nothing did.
type decision func(b *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error)

// kept is a case with what is kept beside its fold.
type kept struct {
	*procedure.Case
	n       int64
	path    string
	title   string
	overdue bool
	hands   string // as they are kept
	doc     []byte // the fold as JSON, where it is made already
	fresh   bool   // opened in this batch
	typ     *procedure.Type
}

// job is an act on its way to the disk.
type job struct {
	ctx    context.Context
	id     string // of the case; empty where one is opened
	key    string // by which who sent it knows it again
	digest string // of what was sent with the key
	decide decision
	out    *kept
	entry  *procedure.Entry
	again  bool // it was done before
	err    error
	done   chan struct{}
}

// Limits: what people wait for is committed soon, and what comes at once together.
const (
	maxJobs    = 256
	maxWaiting = 8192
)

// act brings an act to the disk and waits until it is there. Whoever finds the desk free commits
// what waits, their own and others' acts; the others find theirs done.
func (d *Desk) act(ctx context.Context, j *job) (*kept, *procedure.Entry, error) {
	j.ctx, j.done = ctx, make(chan struct{})
	if err := d.line(j); err != nil {
		return nil, nil, err
	}
	for {
		select {
		case <-j.done:
			return j.out, j.entry, j.err
		case d.turn <- struct{}{}:
			if jobs := d.waiting(); len(jobs) > 0 {
				d.commitAll(context.WithoutCancel(ctx), jobs)
			}
			<-d.turn
		}
	}
}

// line puts jobs in the line.
func (d *Desk) line(jobs ...*job) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.pending) > maxWaiting {
		return fault.New(fault.Unavailable, "casework.busy")
	}
	d.pending = append(d.pending, jobs...)
	return nil
}

// waiting takes the first jobs of the line.
func (d *Desk) waiting() (jobs []*job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(d.pending), maxJobs)
	jobs, d.pending = d.pending[:n:n], d.pending[n:]
	return jobs
}

// commitAll commits jobs in one transaction. Where that fails as a whole, each is tried by itself,
// so that one that the database refuses takes no other with it.
func (d *Desk) commitAll(ctx context.Context, jobs []*job) {
	b, err := d.commitOnce(ctx, jobs)
	if err != nil && len(jobs) > 1 && !store.Stopped(err) && !fault.IsKind(err, fault.Full) {
		for _, j := range jobs {
			d.commitAll(ctx, []*job{j})
		}
		return
	}
	for _, j := range jobs {
		if err != nil {
			j.err = err
		}
		close(j.done)
	}
	if err == nil {
		d.tell(b)
	}
}

func (d *Desk) commitOnce(ctx context.Context, jobs []*job) (b *batch, err error) {
	// Vital where any of them is: the reserve of a full disk is for people who wait.
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		b = d.newBatch(tx)
		if err := b.load(ctx, jobs); err != nil {
			return err
		}
		for _, j := range jobs {
			j.err = b.try(j)
		}
		if len(b.entries) == 0 {
			return errNothing
		}
		return b.write(ctx)
	})
	if errors.Is(err, errNothing) {
		err = nil
	}
	return b, err
}

func (d *Desk) newBatch(tx *store.Tx) *batch {
	return &batch{d: d, tx: tx, now: tx.Now.Truncate(time.Microsecond), cases: map[string]*kept{}, numbers: map[string]int64{}, tallies: map[tallyKey]int64{}}
}

// errNothing rolls back what judging acts left behind, such as the number of a case that was not
// opened, where none of them was done.
var errNothing = errors.New("docket: nothing was done")

// batch is what a transaction does to cases.
type batch struct {
	brought bool // from elsewhere, in bulk
	d       *Desk
	tx      *store.Tx
	now     time.Time
	ctx     context.Context // of the job at hand
	cases   map[string]*kept
	numbers map[string]int64 // last of each series
	lastN   int64            // of cases; 0 until asked for
	known   map[string]keyed // acts that were done before

	entries []entryRow
	told    []toldRow
	tallies map[tallyKey]int64
	papers  []paperRow
	notices []noticeRow
	files   []fileOf
	paid    []paidOut
	stale   []int64 // what the index of words has to look at again
	trail   []audit.Act
	joining string   // the case that is being opened under another, which is told by join
	undo    []func() // what brings the batch back to before the job at hand
}

type entryRow struct {
	id, body, hash string
	seq            int64
	at             time.Time
	news           []event.News
}

// load reads the cases that jobs are about, in one query, and which of them were done before.
func (b *batch) load(ctx context.Context, jobs []*job) error {
	var ids, keys []string
	for _, j := range jobs {
		if j.id != "" && !slices.Contains(ids, j.id) {
			ids = append(ids, j.id)
		}
		if j.key != "" {
			keys = append(keys, j.key)
		}
	}
	if err := b.read(ctx, ids); err != nil {
		return err
	}
	var err error
	b.known, err = knownKeys(ctx, b.tx, keys)
	return err
}

// read brings cases into the batch that are not there yet.
func (b *batch) read(ctx context.Context, ids []string) error {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return b.cases[id] != nil })
	if len(missing) == 0 {
		return nil
	}
	found, err := readCases(ctx, b.tx, missing)
	if err != nil {
		return err
	}
	for _, k := range found {
		if k.typ, err = b.d.types.of(k.Type, k.Version); err != nil {
			return err
		}
		b.cases[k.ID] = k
	}
	return nil
}

// get is a case as the batch has it so far.
func (b *batch) get(id string) (*kept, error) {
	if b.cases[id] == nil {
		if err := b.read(b.ctx, []string{id}); err != nil {
			return nil, err
		}
	}
	if k := b.cases[id]; k != nil {
		return k, nil
	}
	return nil, errNoCase()
}

func errNoCase() error { return fault.New(fault.NotFound, "casework.case.unknown") }

// try lets a job change the batch; one that is refused leaves it as it was.
func (b *batch) try(j *job) error {
	b.ctx = j.ctx
	if err := j.ctx.Err(); err != nil {
		return err // nobody waits for it any more, and nothing was promised
	}
	if was, done := b.known[j.key]; done && j.key != "" {
		return b.repeat(j, was)
	}
	before := b.mark()
	err := b.do(j)
	if err != nil {
		b.back(before)
		return refusal(err)
	}
	b.undo = nil
	return nil
}

// repeat answers an act that was done before with what came of it.
func (b *batch) repeat(j *job, was keyed) error {
	if was.digest != j.digest {
		return fault.New(fault.Conflict, "casework.key.other").At("key")
	}
	k, err := b.get(was.id)
	j.out, j.again = k, true
	return err
}

func (b *batch) do(j *job) error {
	var k *kept
	if j.id != "" {
		var err error
		if k, err = b.get(j.id); err != nil {
			return err
		}
	}
	w := b.world()
	c, e, err := j.decide(b, w, k)
	if err != nil {
		return err
	}
	if e == nil {
		j.out = k
		return nil
	}
	opened := k == nil && c.Parent != ""
	if opened {
		b.joining = c.ID
		defer func() { b.joining = "" }()
	}
	if k, err = b.take(k, c, e); err != nil {
		return err
	}
	if opened {
		if err := b.join(k); err != nil {
			return err
		}
		k = b.cases[k.ID]
	}
	if j.key != "" {
		b.remember(j.key, keyed{k.ID, j.digest, true})
	}
	j.out, j.entry = k, e
	return nil
}

func (b *batch) remember(key string, k keyed) {
	b.known[key] = k
	b.undo = append(b.undo, func() { delete(b.known, key) })
}

// world is what decisions ask.
func (b *batch) world() *procedure.World {
	return &procedure.World{
		Now: b.now, Calendar: b.d.Calendar, NewID: func() string { return store.NewID(b.now) },
		District: func(code string) string { r, _ := b.d.regions.byCode(code); return r.District },
		Secret:   func(c *procedure.Case, draw string) (string, error) { return b.d.secret(b.ctx, b.tx, c.ID, draw) },
		Urn: func(c *procedure.Case, q procedure.Urn) ([]string, []procedure.Out, error) {
			r, _ := b.d.regions.byCode(c.Region)
			return b.d.Urns.Urn(b.ctx, b.tx, q.From, r.Path, q.Avoid, b.now)
		},
	}
}

// take takes an entry in and lets follow what follows from it, in the same transaction.
func (b *batch) take(before *kept, c *procedure.Case, e *procedure.Entry) (*kept, error) {
	text, hash, err := e.Seal()
	if err != nil {
		return nil, err
	}
	c.Hash, c.Seq = hash, e.Seq
	k := &kept{Case: c}
	if before != nil {
		*k = *before
		k.Case = c
	}
	if k.typ == nil {
		if k.typ, err = b.d.types.of(c.Type, c.Version); err != nil {
			return nil, err
		}
	}
	r, known := b.d.regions.find(b.ctx, c.Region)
	if !known {
		return nil, fault.New(fault.Invalid, "casework.region.unknown", fault.Args{"region": c.Region}).At("region")
	}
	k.path = r.Path
	k.title = clip(k.typ.TitleOf(b.d.Calendar, c), maxTitle)
	if before == nil {
		if k.n, err = b.nextN(); err != nil {
			return nil, err
		}
		k.fresh = true
	}
	if before != nil && (before.title != k.title || before.path != k.path) {
		b.stale = append(b.stale, k.n)
	}
	b.put(k)
	b.entries = append(b.entries, entryRow{c.ID, string(text), hash, e.Seq, e.At, newsOf(k, e)})
	b.trail = append(b.trail, audit.Act{Who: auth.Who(b.ctx), Entry: audit.Entry{Action: actions[e.Events[0].Kind], Object: "case:" + c.ID, RegionPath: k.path, Detail: map[string]any{"number": c.Number, "seq": e.Seq, "hash": hash}}})
	return k, b.follow(before, k, e)
}

// actions name entries for the audit record, by what they begin with.
var actions = map[procedure.Kind]string{
	procedure.Opened: "casework.open", procedure.Moved: "casework.step", procedure.Commented: "casework.comment", procedure.Undone: "casework.undo", procedure.Assigned: "casework.hand_over",
	procedure.Came: "casework.child", procedure.Joined: "casework.child", procedure.Unsealed: "casework.unseal", procedure.Ticked: "casework.clock",
}

func (b *batch) put(k *kept) {
	was, had := b.cases[k.ID]
	b.undo = append(b.undo, func() {
		if had {
			b.cases[k.ID] = was
		} else {
			delete(b.cases, k.ID)
		}
	})
	b.cases[k.ID] = k
}

// marks are how long the lists of a batch were.
type marks struct{ entries, told, papers, notices, files, paid, stale, trail int }

func (b *batch) mark() marks {
	b.undo = nil
	return marks{len(b.entries), len(b.told), len(b.papers), len(b.notices), len(b.files), len(b.paid), len(b.stale), len(b.trail)}
}

func (b *batch) back(m marks) {
	for _, undo := range slices.Backward(b.undo) {
		undo()
	}
	b.undo = nil
	b.entries, b.told, b.papers, b.notices = b.entries[:m.entries], b.told[:m.told], b.papers[:m.papers], b.notices[:m.notices]
	b.files, b.paid, b.stale, b.trail = b.files[:m.files], b.paid[:m.paid], b.stale[:m.stale], b.trail[:m.trail]
}

// changedCases are those that the batch writes, in the order of their numbers.
func (b *batch) changedCases() []*kept {
	touched := map[string]bool{}
	for _, e := range b.entries {
		touched[e.id] = true
	}
	var all []*kept
	for _, id := range slices.Sorted(maps.Keys(touched)) {
		all = append(all, b.cases[id])
	}
	slices.SortFunc(all, func(x, y *kept) int { return int(x.n - y.n) })
	return all
}

// worded are arguments as sentences take them.
func worded(args map[string]any) fault.Args {
	said := fault.Args{}
	for key, v := range args {
		switch v := v.(type) {
		case procedure.Words:
			said[key] = i18n.Both{Zh: v.Zh, En: v.En}
		case []procedure.Words:
			var zh, en []string
			for _, w := range v {
				zh, en = append(zh, w.Zh), append(en, w.En)
			}
			said[key] = i18n.Both{Zh: strings.Join(zh, "、"), En: strings.Join(en, ", ")}
		default:
			said[key] = v
		}
	}
	return said
}

// refusal says what the engine refused as the platform says it.
func refusal(err error) error {
	var many procedure.Faults
	var one *procedure.Fault
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = procedure.Faults{one}
	default:
		return err
	}
	var list fault.List
	for _, f := range many {
		kind := fault.Invalid
		switch f.Code {
		case "procedure.act.role":
			kind = fault.Forbidden
		case "procedure.act.state", "procedure.act.guard", "procedure.act.closed", "procedure.act.drawn", "procedure.act.urn", "procedure.act.lot", "procedure.act.nobody", "procedure.undo.late", "procedure.undo.never":
			kind = fault.Conflict
		}
		list.Add(fault.New(kind, f.Code, worded(f.Args)).At(f.Place))
	}
	if len(list) == 1 {
		return list[0]
	}
	return list.OrNil()
}
