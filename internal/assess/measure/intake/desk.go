package intake

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"log/slog"
	"os"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/scratch"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Deps is what the desk stands on.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Ledger *fact.Ledger
	Home   string // path of the region that this node serves

	State auth.Permission // bring facts
	Rules Rules
}

// Rules are what values must agree with.
type Rules interface {
	Compares(element string) bool
	Contradictions(ctx context.Context, q store.Queryer, entries []fact.Entry) ([]fact.Finding, error)
}

// Desk brings files in, one at a time.
type Desk struct {
	Deps
	mu     sync.Mutex
	cancel context.CancelFunc // of the import under way; nil when there is none
	under  string             // its id
	group  sync.WaitGroup
}

// New makes the desk.
func New(d Deps) *Desk { return &Desk{Deps: d} }

// Run ends the imports under way when ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	<-ctx.Done()
	d.mu.Lock()
	if d.cancel != nil {
		d.cancel()
	}
	d.mu.Unlock()
	d.group.Wait()
	return nil
}

// Options is how a file is brought in.
type Options struct {
	DryRun  bool
	SkipBad bool
	Period  string // for a file without a column of periods
	Reason  string // of corrections
}

// Start takes a file and begins to bring it in; the file is read before Start returns.
func (d *Desk) Start(ctx context.Context, name string, body io.Reader, o Options) (*Job, error) {
	name = path.Base("/" + name)
	if i18n.Deceives(name, "") {
		return nil, fault.Bad("query.file", "validate.hidden")
	}
	scope := auth.ScopeOf(ctx, d.State)
	if scope.Empty() {
		return nil, fault.New(fault.Forbidden, "auth.no_grant", fault.Args{"permission": d.State})
	}
	if o.Reason != "" && auth.ScopeOf(ctx, d.Ledger.Define).Empty() {
		return nil, fault.New(fault.Forbidden, "measure.import.correct").At("query.reason")
	}
	if d.underWay() != "" { // told before the file is sent
		return nil, fault.New(fault.Limited, "measure.import.busy")
	}
	file, err := keep(body) // whoever sends slowly keeps nobody waiting
	if err != nil {
		return nil, err
	}
	id := store.NewID(d.Clock.Now())
	if !d.begin(id) {
		return nil, errors.Join(fault.New(fault.Limited, "measure.import.busy"), file.Close())
	}
	free := func() { d.mu.Lock(); d.under, d.cancel = "", nil; d.mu.Unlock() }
	who := auth.Who(ctx)
	j := &Job{ID: id, File: name, DryRun: o.DryRun, SkipBad: o.SkipBad, Reason: o.Reason, State: Checking, Unknown: []string{}, StartedBy: who.Name, StartedAt: d.Clock.Now(),
		byID: who.ID, path: scope.Paths()[0]}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if err := writeJob(ctx, tx, j); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.import.start", Object: "measure-import:" + j.ID, RegionPath: j.path, Detail: map[string]any{"file": name, "dryRun": o.DryRun}})
	})
	if err != nil {
		free()
		return nil, errors.Join(err, file.Close())
	}
	begun := *j
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d.mu.Lock()
	d.cancel = cancel
	d.mu.Unlock()
	d.group.Go(func() {
		defer cancel()
		defer file.Close()
		r := &run{d: d, j: j, file: file, o: o, scope: scope, corrects: auth.ScopeOf(ctx, d.Ledger.Define)}
		r.end(work, r.work(work))
	})
	return &begun, nil
}

// keep puts a body into a file.
func keep(body io.Reader) (*os.File, error) {
	f, err := scratch.File()
	if err != nil {
		return nil, fault.New(fault.Internal, "internal").Because(err)
	}
	n, err := io.Copy(f, io.LimitReader(body, maxBytes+1))
	switch {
	case err != nil:
		err = fault.New(fault.Invalid, "document.table_format").Because(err)
	case n > maxBytes:
		err = fault.New(fault.TooLarge, "document.table_too_large", fault.Args{"limit": maxBytes >> 20})
	case n == 0:
		err = fault.New(fault.Invalid, "document.table_empty")
	default:
		return f, nil
	}
	return nil, errors.Join(err, f.Close())
}

// Cancel stops an import of one's own; what is taken stays and can be taken back.
func (d *Desk) Cancel(ctx context.Context, id string) error {
	j, err := d.Get(ctx, id)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.under != j.ID || d.cancel == nil {
		return fault.New(fault.Conflict, "measure.import.over")
	}
	d.cancel()
	return nil
}

// Get is an import of one's own.
func (d *Desk) Get(ctx context.Context, id string) (*Job, error) {
	before := d.underWay()
	j, err := readJob(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	if j.byID != auth.Who(ctx).ID {
		return nil, fault.New(fault.NotFound, "measure.import.not_found")
	}
	return d.told(j, before, httpLang(ctx)), nil
}

// begin makes an import the one under way, unless another is.
func (d *Desk) begin(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.under != "" {
		return false
	}
	d.under = id
	return true
}

// underWay is the id of the import under way.
func (d *Desk) underWay() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.under
}

// told is a job as somebody reads it: one whose process is gone says so. It was under way neither
// before it was read, or it may have ended since, nor after, or it may have begun.
func (d *Desk) told(j *Job, before string, lang i18n.Lang) *Job {
	under := before == j.ID || d.underWay() == j.ID
	if (j.State == Checking || j.State == Taking) && !under {
		j.State = Interrupted
	}
	if j.faultCode != "" {
		j.Fault = i18n.T(lang, j.faultCode, j.faultArgs)
	}
	return j
}

// run is one import being worked through.
type run struct {
	d        *Desk
	j        *Job
	file     *os.File
	o        Options
	scope    auth.Scope
	corrects auth.Scope // where what is locked may be changed
	told     int        // lines that were told of
	odd      int
	changes  []change
	lines    []Line // not written yet
	written  int    // lines that are
	report   time.Time
	seen     map[uint64]int32 // lines by what they state
	seed     maphash.Seed
	pending  []parsed            // read, and not judged yet
	refs     bool                // the file has a column of refs
	first    [2]map[uint64]int32 // lines that first state a unit and period without a ref, and with one
	inside   map[uint64]int32    // lines that first state something in a region, by that region

	compared []placed            // values that rules compare with others
	broken   map[uint64]struct{} // what is locked, or stated against a rule, and is not taken
}

// placed is a value and where it stands.
type placed struct {
	entry fact.Entry
	line  int32
	place string
	would *int // among which it was counted
}

// change is what is told of a value that would replace another, unless it turns out not to be taken.
type change struct {
	key  uint64
	line Line
}

// work looks at all of the file, then takes what is good.
func (r *run) work(ctx context.Context) error {
	r.seen, r.seed, r.broken = map[uint64]int32{}, maphash.MakeSeed(), map[uint64]struct{}{}
	r.first, r.inside = [2]map[uint64]int32{{}, {}}, map[uint64]int32{}
	p, err := newParser(ctx, r.d.Ledger, r.scope, r.o.Period, r.o.Reason)
	if err != nil {
		return err
	}
	before := &past{ledger: r.d.Ledger, q: r.d.DB, home: r.d.Home, known: map[string]map[string]fact.Usual{}}
	if err := r.read(ctx, p, func(v parsed) error { return r.look(ctx, before, v) }); err != nil {
		return err
	}
	if err := r.judge(ctx, before); err != nil {
		return err
	}
	r.seen, r.first, r.inside = map[uint64]int32{}, [2]map[uint64]int32{}, nil
	if err := r.contradictions(ctx); err != nil {
		return err
	}
	for _, c := range r.changes {
		if _, broken := r.broken[c.key]; !broken {
			r.lines = append(r.lines, c.line)
		}
	}
	if err := r.save(ctx); err != nil {
		return err
	}
	switch {
	case r.j.Bad > 0 && !r.o.SkipBad && !r.o.DryRun:
		r.j.State = Refused
		return nil
	case r.o.DryRun:
		r.j.State = Done
		return nil
	}
	r.j.State = Taking
	if err := r.save(ctx); err != nil {
		return err
	}
	var batch []fact.Entry
	flush := func() error {
		err := r.take(ctx, batch)
		batch = batch[:0]
		return err
	}
	err = r.read(ctx, p, func(v parsed) error {
		if v.empty || v.bad != nil || !r.mine(&v.entry) || r.before(v.line, &v.entry) != 0 {
			return nil
		}
		if _, broken := r.broken[r.key(&v.entry)]; broken {
			return nil
		}
		if batch = append(batch, v.entry); len(batch) < perTake {
			return nil
		}
		return flush()
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	if err == nil {
		r.j.State = Done
	}
	return err
}

// read calls visit with every value of the file.
func (r *run) read(ctx context.Context, p *parser, visit func(v parsed) error) error {
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	first := true
	found, err := document.ReadLongTable(ctx, r.file, document.Limits{Bytes: maxBytes, Rows: maxLines}, columns(p.All), func(row document.Row) error {
		if first {
			first = false
			r.j.Wide, r.refs = !row.Has(colValue), row.Has(colRef)
			if !r.j.Wide && !row.Has(colElement) {
				return fault.New(fault.Invalid, "document.column_missing", fault.Args{"column": "数据项 / element"})
			}
			if r.j.Wide && !slices.ContainsFunc(p.All, func(e *fact.Element) bool { return row.Has(fact.ColumnOf(e)) }) {
				return fault.New(fault.Invalid, "measure.import.no_columns")
			}
			if !row.Has(fact.ColPeriod) && r.o.Period == "" {
				return fault.New(fault.Invalid, "measure.import.no_period")
			}
		}
		if r.j.State == Checking {
			r.j.Lines++ // not the heading
		}
		for _, v := range p.row(row) {
			v.line = row.Line
			if err := visit(v); err != nil {
				return err
			}
		}
		return nil
	})
	if found.Unknown != nil {
		r.j.Unknown = found.Unknown
	}
	r.j.Sheet = found.Sheet
	return err
}

// mine reports whether whoever started the import may state an entry, and lets it correct what is
// locked only where they may.
func (r *run) mine(e *fact.Entry) bool {
	g, err := r.d.Ledger.Tree().Region(e.Region)
	if err != nil || !r.scope.Allows(g.Path) {
		return false
	}
	e.Correct = e.Correct && r.corrects.Allows(g.Path)
	return true
}

// key is another for whatever is stated.
func (r *run) key(e *fact.Entry) uint64 {
	return maphash.Comparable(r.seed, [4]any{e.Element, e.Unit, e.Period.N, e.Ref})
}

// before is the line above that stated the same as this one does; 0 for none, and then this is it.
func (r *run) before(line int, e *fact.Entry) int32 {
	key := r.key(e)
	other := r.seen[key]
	if other == 0 {
		r.seen[key] = int32(line)
	}
	return other
}

// bad tells of a line that cannot be taken.
func (r *run) bad(line int, place, code string, args map[string]any) {
	if r.j.Bad++; r.told < maxTold {
		r.told++
		r.lines = append(r.lines, Line{Line: line, Place: place, Kind: "bad", code: code, args: args})
	}
}

// doubt tells of a value that is taken, and should be looked at.
func (r *run) doubt(line int, place, code string, args map[string]any) {
	if r.j.Odd++; r.odd < maxTold {
		r.odd++
		r.lines = append(r.lines, Line{Line: line, Place: place, Kind: "odd", code: code, args: args})
	}
}

// would counts what taking a value would come to, and keeps what it would replace to be told.
func (r *run) would(v *parsed, known fact.Beside) *int {
	switch {
	case known.Same(&v.entry):
		r.j.Would.Same++
		return &r.j.Would.Same
	case known.Was == nil:
		r.j.Would.New++
		return &r.j.Would.New
	}
	if r.o.DryRun && len(r.changes) < maxChanges {
		r.changes = append(r.changes, change{r.key(&v.entry), Line{Line: v.line, Place: v.place, Kind: "change", code: "measure.import.change", args: changed(v, known.Was)}})
	}
	r.j.Would.Changed++
	return &r.j.Would.Changed
}

// changed says what is replaced by what, and where.
func changed(v *parsed, was *fact.Value) map[string]any {
	e := &v.entry
	return map[string]any{"element": v.element, "unit": v.unit, "period": i18n.Both{Zh: e.Period.Say(i18n.Chinese), En: e.Period.Say(i18n.English)},
		"was": fact.Plain(was.Float()), "value": fact.Plain(e.Value.Float())}
}

// take commits some values.
func (r *run) take(ctx context.Context, batch []fact.Entry) error {
	var out fact.Outcome
	err := r.d.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if out, err = r.d.Ledger.Take(ctx, tx, fact.Origin{Source: fact.FromImport, Object: "import:" + r.j.ID}, batch); err != nil {
			return err
		}
		next := *r.j
		next.Taken += len(batch)
		next.Outcome.Add(out)
		if err := writeJob(ctx, tx, &next); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.import.take", Object: "measure-import:" + r.j.ID, RegionPath: r.j.path,
			Detail: map[string]any{"values": len(batch), "new": out.New, "changed": out.Changed, "same": out.Same}})
	})
	if err != nil {
		return err
	}
	r.j.Taken += len(batch)
	r.j.Outcome.Add(out)
	r.d.Ledger.Told(out.Paths...)
	return nil
}

// save keeps how far the import is, and what was told of lines since.
func (r *run) save(ctx context.Context) error {
	lines := r.lines
	err := r.d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		if err := writeLines(ctx, tx, r.j.ID, r.written, lines); err != nil {
			return err
		}
		return writeJob(ctx, tx, r.j)
	})
	if err == nil {
		r.lines, r.written = nil, r.written+len(lines)
	}
	return err
}

// end says how an import went.
func (r *run) end(ctx context.Context, err error) {
	switch {
	case err == nil:
	case ctx.Err() != nil:
		r.j.State = Cancelled
	default:
		f := fault.Of(err)
		r.j.State, r.j.faultCode, r.j.faultArgs = Failed, f.Code, f.Args
		if f.Kind == fault.Internal {
			r.d.Log.Error("an import of facts failed", "import", r.j.ID, "error", err)
		}
	}
	ended := r.d.Clock.Now()
	r.j.EndedAt = &ended
	r.d.mu.Lock() // whoever reads that it ended may begin the next
	defer r.d.mu.Unlock()
	r.d.under, r.d.cancel = "", nil
	if err := r.save(context.WithoutCancel(ctx)); err != nil {
		r.d.Log.Error("how an import of facts ended could not be kept", "import", r.j.ID, "error", err)
	}
}
