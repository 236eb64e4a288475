package delivery

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Receipt is one receipt of an enrolled terminal, authenticated by its session key.
type Receipt struct {
	Code       ebd.ResourceCode
	RegionPath string
	wire.Receipt
}

func codeOf(t *Track) ebd.ResourceCode { return ebd.ResourceCode(t.Device) }

// MaxBatch is how many receipts go into one transaction. What a transaction costs besides
// them is shared by all.
const MaxBatch = 4000

// TakeReceipts stores receipts and returns once they are on disk; only then may the
// terminals be told so. After an error none of the last batch is stored, and they will
// come again. Receipts for what this platform never sent, or sent to others, are dropped.
func (d *Desk) TakeReceipts(ctx context.Context, receipts []Receipt) error {
	for len(receipts) > 0 {
		n := min(len(receipts), MaxBatch)
		if err := d.takeBatch(ctx, receipts[:n]); err != nil {
			return err
		}
		receipts = receipts[n:]
	}
	return nil
}

// Sent tells which of these ids are threads of this platform.
func (d *Desk) Sent(ctx context.Context, ids []string) (map[string]bool, error) {
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		th, err := d.threadOf(ctx, id)
		if err != nil {
			return nil, err
		}
		out[id] = th != nil
	}
	return out, nil
}

// entry is a receipt on its way into the log.
type entry struct {
	*Receipt
	th    *thread
	id    int64
	taken int64 // of one that was shipped: its time within sensible bounds
}

func (d *Desk) takeBatch(ctx context.Context, receipts []Receipt) error {
	d.busy.Store(true)
	d.taking.Lock()
	defer d.taking.Unlock()
	batch, err := d.sift(ctx, receipts)
	if err != nil || len(batch) == 0 {
		return err
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:alert", Name: "alert"})
	if err := d.DB.Update(ctx, func(tx *store.Tx) error { return d.log(ctx, tx, batch) }); err != nil {
		return err
	}
	d.took(batch)
	d.stored()
	return nil
}

func (d *Desk) stored() {
	if d.Stored != nil {
		d.Stored()
	}
}

// took merges what was logged. A receipt's time is bounded by when it was stored, so that
// whoever reads the log comes to the same.
func (d *Desk) took(batch []entry) {
	now := d.Clock.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range batch {
		th := d.threads[e.th.no]
		if th == nil { // it was let go meanwhile
			th = e.th
			d.threads[th.no], d.byID[th.id] = th, th
		}
		t, at := th.track(e.Code, e.RegionPath), within(e.At, th, storedAt(e.id))
		if th == e.th || !t.Knows(&e.Receipt.Receipt, at) { // or let go, and read again with these receipts
			waited := t.Waiting()
			th.take(t, &e.Receipt.Receipt, at)
			if waited && !t.Waiting() {
				th.flowedAt = now
			}
		}
		th.lastID, th.touched = max(th.lastID, e.id), now
	}
}

// within keeps a terminal's clock from putting its receipt before the order or into the
// future.
func within(at int64, th *thread, now time.Time) int64 {
	first := th.orders[len(th.orders)-1].IssuedAt.UnixMicro()
	return max(min(at, now.UnixMicro()), first)
}

// sift finds each receipt's thread and leaves out what is known already, or comes twice
// in this batch, as after a lost confirmation.
func (d *Desk) sift(ctx context.Context, receipts []Receipt) ([]entry, error) {
	threads := map[string]*thread{} // by order; nil for what this platform never sent
	for i := range receipts {
		id := receipts[i].Order
		if _, known := threads[id]; known || id == "" {
			continue
		}
		th, err := d.threadOf(ctx, id)
		if err != nil {
			return nil, err
		}
		threads[id] = th
	}
	type told struct {
		code  ebd.ResourceCode
		order string
		claim
	}
	batch := make([]entry, 0, len(receipts))
	var strange []entry
	seen := make(map[told]bool, len(receipts))
	now := d.Clock.Now()
	d.mu.Lock()
	for i := range receipts {
		r := &receipts[i]
		th, c := threads[r.Order], told{r.Code, r.Order, claim{r.Version, r.Phase, r.At}}
		if th == nil || seen[c] {
			continue
		}
		seen[c] = true
		t := th.tracks[string(r.Code)]
		switch {
		case !th.has(r.Version): // it cannot have been sent it
		case t == nil:
			strange = append(strange, entry{Receipt: r, th: th})
		case !t.Knows(&r.Receipt, within(r.At, th, now)):
			batch = append(batch, entry{Receipt: r, th: th})
		}
	}
	d.mu.Unlock()
	meant, err := d.meant(ctx, strange)
	return append(batch, meant...), err
}

// meant keeps of receipts whose terminals have no track those of terminals that some order
// of the thread was for: it may have been sent before a crash. What another says of a
// message that was not for it counts for nothing.
func (d *Desk) meant(ctx context.Context, strange []entry) ([]entry, error) {
	if len(strange) == 0 {
		return nil, nil
	}
	codes := make([]ebd.ResourceCode, len(strange))
	for i, e := range strange {
		codes[i] = e.Code
	}
	slices.Sort(codes)
	found, err := d.Terminals.Find(ctx, slices.Compact(codes))
	if err != nil {
		return nil, fmt.Errorf("alert: terminals that sent receipts: %w", err)
	}
	places := make(map[ebd.ResourceCode]wire.Place, len(found))
	for _, t := range found {
		places[t.Code] = t.Place
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(strange, func(e entry) bool {
		p, known := places[e.Code]
		return !known || !slices.ContainsFunc(e.th.orders, func(o *Order) bool { return o.Area.Includes(p) })
	}), nil
}

// log appends the batch and leaves one audit record and one event for all of it.
func (d *Desk) log(ctx context.Context, tx *store.Tx, batch []entry) error {
	// The id begins with the time, so that a mark can go back by seconds; it grows even
	// when the clock does not.
	if d.lastID == 0 { // another process stored the last, maybe by a clock that is ahead
		last, _, err := newest(ctx, tx)
		if err != nil {
			return err
		}
		d.lastID = last
	}
	id := max(tx.Now.UnixMicro()<<10, d.lastID+1)
	counts := map[string]int{}
	digest := sm3.New()
	for i := range batch {
		e := &batch[i]
		id = max(id, e.th.lastID+1)
		e.id = id
		id++
		counts[e.th.id]++
		e.hash(digest)
	}
	if err := insertReceipts(ctx, tx, batch); err != nil {
		return err
	}
	d.lastID = id
	sum := hex.EncodeToString(digest.Sum(nil))
	batchID := store.NewID(tx.Now)
	if err := tx.Emit(ctx, event.ReceiptsTaken{Batch: batchID, Counts: counts, At: tx.Now.UnixMicro()}); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "alert.receipts", Object: "alert-receipts:" + batchID,
		Detail: map[string]any{"count": len(batch), "sm3": sum, "first": batch[0].id, "messages": counts}})
}

// hash adds the receipt, as the log keeps it, to the batch's digest.
func (e *entry) hash(h interface{ Write([]byte) (int, error) }) {
	b := make([]byte, 0, 128)
	b = binary.BigEndian.AppendUint64(b, uint64(e.id))
	b = append(b, e.Code...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Version))
	b = append(append(append(b, e.Phase...), 0), e.Reason...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.At))
	_, _ = h.Write(b) // a hash never fails
}

// thread is the thread with this number. One that is over is read from the database and
// not kept: the history of a city is larger than its memory.
func (d *Desk) thread(ctx context.Context, no int64) (*thread, error) {
	d.mu.Lock()
	th := d.threads[no]
	d.mu.Unlock()
	if th != nil {
		return th, nil
	}
	return d.look(ctx, no)
}

// threadOf is the thread that receipts are for; it is kept until they are stored.
func (d *Desk) threadOf(ctx context.Context, id string) (*thread, error) {
	d.mu.Lock()
	th := d.byID[id]
	d.mu.Unlock()
	if th != nil {
		return th, nil
	}
	d.loads <- struct{}{}
	defer func() { <-d.loads }()
	no, err := threadNumber(ctx, d.DB, id)
	if errors.Is(err, errNoThread) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return d.keep(ctx, no)
}
