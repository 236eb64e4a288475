package delivery

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/quality"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Delivery is one terminal's row: what it claims and, apart from that, what was heard.
type Delivery struct {
	Device      string     `json:"device"`
	Name        string     `json:"name,omitempty"`
	Township    string     `json:"township"`
	Number      int        `json:"number" doc:"Version of the message that the claim is about"`
	State       State      `json:"state" doc:"What the terminal claims"`
	StateAt     *time.Time `json:"stateAt,omitempty" doc:"When it claimed so"`
	Reason      string     `json:"reason,omitempty"`
	Source      string     `json:"source,omitempty"`
	SentAt      *time.Time `json:"sentAt,omitempty"`
	ReceivedAt  *time.Time `json:"receivedAt,omitempty"`
	PlayingAt   *time.Time `json:"playingAt,omitempty"`
	PlayedAt    *time.Time `json:"playedAt,omitempty"`
	ReachedAt   *time.Time `json:"reachedAt,omitempty" doc:"First sound of any version, as claimed"`
	CancelledAt *time.Time `json:"cancelledAt,omitempty" doc:"When it confirmed the cancel"`
	Attempts    int        `json:"attempts"`
	Heard       *Heard     `json:"heard,omitempty"`
}

// Heard is what a terminal's microphone heard.
type Heard struct {
	At     time.Time `json:"at"`
	Number int       `json:"number" doc:"Version of the message that was listened to"`
	DBFS   float64   `json:"dbfs" doc:"RMS level, dB of full scale"`
	DBSPL  *float64  `json:"dbspl,omitempty" doc:"Sound pressure level, from a calibrated microphone"`
	Match  *float64  `json:"match,omitempty" doc:"0-1: how much of what was heard is the message"`
	SM3    string    `json:"sm3,omitempty" doc:"Digest of the sample"`
	// Audible is the verdict on the level.
	Audible bool `json:"audible" doc:"Whether it was the version that the terminal has, and louder than the microphone's own noise"`
}

// ListQuery chooses deliveries; empty fields choose all.
type ListQuery struct {
	Thread   int64
	State    State
	Township string
	Device   string   // beginning of the code
	Devices  []string // these only
	Heard    *bool
	Scope    auth.Scope
	Page     store.Page
	Figures  *Figures // of what Scope allows, when no more than the state is chosen: saves counting
	NumberOf func(version int) int
}

// where is the query as a condition on rows.
func (l *ListQuery) where() *store.Where {
	w := new(store.Where)
	w.And("thread = ? AND version > 0", l.Thread) // else apart, as Track.apart has it
	l.Scope.Where(w, "region_path")
	if l.State != "" {
		w.And("state = ?", string(l.State))
	}
	if l.Township != "" {
		w.And("township = ?", l.Township)
	}
	if l.Device != "" {
		w.And("device >= ? AND device < ?", l.Device, l.Device+":")
	}
	if l.Devices != nil {
		w.In("device", l.Devices)
	}
	if l.Heard != nil {
		heardWhere(w, *l.Heard)
	}
	return w
}

// MaxListed is how many terminals a query lists by code: each is an argument of it.
const MaxListed = 1000

// List lists a thread's deliveries in order of code.
func List(ctx context.Context, q store.Queryer, l ListQuery) (store.Listing[Delivery], error) {
	if len(l.Devices) > MaxListed {
		return listAmong(ctx, q, l)
	}
	found, err := store.List(ctx, q, store.ListQuery[Delivery]{
		Columns: trackColumns, From: "alert_delivery", Where: l.where(), Key: "device", Page: l.Page, SkipTotal: l.Figures != nil,
		Scan: func(rows *sql.Rows) (Delivery, error) {
			t, err := scanTrack(rows)
			if err != nil {
				return Delivery{}, err
			}
			return t.delivery(l.NumberOf), nil
		},
		KeyOf: func(d Delivery) string { return d.Device },
	})
	if f := l.Figures; f != nil && l.State == "" {
		found.Total = int64(max(f.Ever.Targets, f.Targets)) // kept before Ever was
	} else if f != nil {
		found.Total = int64(*f.state(l.State))
	}
	return found, err
}

// listAmong is List where more terminals are chosen by code than one query takes: the codes
// of all rows that match otherwise are read, which costs little, and a page is cut of those chosen.
func listAmong(ctx context.Context, q store.Queryer, l ListQuery) (found store.Listing[Delivery], err error) {
	chosen := slices.Sorted(slices.Values(l.Devices))
	l.Devices = nil
	w := l.where()
	codes, err := store.Collect(ctx, q, func(rows *sql.Rows) (code string, err error) { return code, rows.Scan(&code) },
		`SELECT device FROM alert_delivery`+w.SQL()+` ORDER BY device`, w.Args()...)
	if err != nil {
		return found, err
	}
	codes = slices.DeleteFunc(codes, func(code string) bool {
		_, ok := slices.BinarySearch(chosen, code)
		return !ok
	})
	page, err := store.Cut(codes, l.Page, func(code string) string { return code })
	if err != nil {
		return found, err
	}
	l.Devices, l.Figures, l.Page = page.Items, nil, store.Page{Limit: store.MaxLimit}
	found, err = List(ctx, q, l)
	found.Next, found.Total = page.Next, page.Total
	return found, err
}

// heardWhere adds Track.WasHeard, or its opposite, as a condition on the row.
func heardWhere(w *store.Where, heard bool) {
	const noise = int64(quality.Noise * 100) // the column holds hundredths of a decibel
	if heard {
		w.And("heard_version = version AND heard_dbfs >= ?", noise)
	} else {
		w.And("(heard_at IS NULL OR heard_version <> version OR heard_dbfs < ?)", noise)
	}
}

// standing lists a thread's terminals by state, as far as they lie in the scope.
func standing(ctx context.Context, q store.Queryer, thread int64, scope auth.Scope) (map[State][]string, error) {
	out := map[State][]string{}
	var w store.Where
	w.And("thread = ? AND version > 0", thread)
	scope.Where(&w, "region_path")
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var state, device string
		err := rows.Scan(&state, &device)
		out[State(state)] = append(out[State(state)], device)
		return struct{}{}, err
	}, `SELECT state, device FROM alert_delivery`+w.SQL()+` ORDER BY state, device`, w.Args()...)
	return out, err
}

func (t *Track) delivery(numberOf func(int) int) Delivery {
	d := Delivery{Device: t.Device, Township: t.Township, Number: numberOf(t.Version), State: t.State, StateAt: moment(t.StateAt), Reason: string(t.Reason), Source: string(t.Source),
		SentAt: moment(t.SentAt), ReceivedAt: moment(t.ReceivedAt), PlayingAt: moment(t.PlayingAt), PlayedAt: moment(t.PlayedAt),
		ReachedAt: moment(t.ReachedAt), CancelledAt: moment(t.CancelledAt), Attempts: t.Attempts}
	if t.HeardAt > 0 {
		d.Heard = &Heard{time.UnixMicro(t.HeardAt).UTC(), numberOf(t.HeardVersion), t.Heard.DBFS, t.Heard.DBSPL, t.Heard.Match, t.Heard.SM3, t.WasHeard()}
	}
	return d
}

func moment(at int64) *time.Time {
	if at == 0 {
		return nil
	}
	t := time.UnixMicro(at).UTC()
	return &t
}

// Logged is one receipt as it was stored.
type Logged struct {
	Device   string    `json:"device"`
	Number   int       `json:"number"`
	Phase    string    `json:"phase"`
	Reason   string    `json:"reason,omitempty"`
	At       time.Time `json:"at" doc:"Terminal's clock"`
	StoredAt time.Time `json:"storedAt"`
}

// Steps are the receipts of every terminal for a thread from which follows when it sounded, by
// terminal and in order, at most 200,000. Those for a cancel of it say nothing of that.
func Steps(ctx context.Context, q store.Queryer, thread int64) ([]Logged, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (l Logged, err error) {
		var at int64
		err = rows.Scan(&l.Device, &l.Phase, &l.Reason, &at)
		l.At = time.UnixMicro(at).UTC()
		return l, err
	}, `SELECT r.device, r.phase, r.reason, r.at FROM alert_receipt r JOIN alert_order o ON o.thread = r.thread AND o.version = r.version AND o.kind = 'play'
		WHERE r.thread = $1 AND r.phase NOT IN ('received', 'queued') ORDER BY r.device, r.id LIMIT 200000`, thread)
}

// DeviceLog is every receipt of one terminal for a thread, oldest first, at most 500.
func DeviceLog(ctx context.Context, q store.Queryer, thread int64, device string, numberOf func(int) int) ([]Logged, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (l Logged, err error) {
		var id, version, at int64
		var phase, reason string
		err = rows.Scan(&id, &version, &phase, &reason, &at)
		return Logged{device, numberOf(int(version)), string(wire.Phase(phase)), reason, time.UnixMicro(at).UTC(), time.UnixMicro(id >> 10).UTC()}, err
	}, `SELECT id, version, phase, reason, at FROM alert_receipt WHERE thread = $1 AND device = $2 ORDER BY id LIMIT 500`, thread, device)
}
