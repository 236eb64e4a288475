package alert

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// arrival is the record of what came from outside.
type arrival struct {
	message.Arrival
	ID         string
	MessageID  string
	Number     int
	RegionPath string
	Event      string
	Severity   message.Severity
	Title      string
	State      message.ArrivalState
	Why        *fault.Error
	At         time.Time
	AloneAt    time.Time
	Alone      bool
	TakenBy    message.Person
	TakenAt    time.Time
	From       string // whom it was taken over from in this act
	ReviewedBy message.Person
	ReviewedAt time.Time
	Note       string
}

func (a *arrival) outcome() message.Outcome {
	return message.Outcome{Arrival: a.ID, Message: a.MessageID, State: a.State, Reason: a.Why}
}

// detail is what the audit record says of it.
func (a *arrival) detail() any {
	d := map[string]any{"source": a.Origin.Source, "name": a.Origin.Name, "ref": a.Ref, "act": a.Act, "state": a.State, "original": a.Original}
	if len(a.Doubts) > 0 {
		d["doubts"] = a.Doubts
	}
	if a.Why != nil {
		d["reason"] = a.Why.Code
	}
	return d
}

// why is a fault as it is kept.
type why struct {
	Kind  fault.Kind `json:"kind"`
	Code  string     `json:"code"`
	Place string     `json:"place,omitempty"`
	Args  fault.Args `json:"args,omitempty"`
}

func whyOf(f *fault.Error) why { return why{f.Kind, f.Code, f.Place, f.Args} }

const arrivalColumns = `id, origin, source, source_name, ref, earlier, act, message_id, number, region_path, kind, class, event, severity, title, doubts,
	original, mime, state, reason, arrived_at, alone_at, alone, taken_by, taken_name, taken_at, reviewed_by, reviewed_at, note`

func insertArrival(ctx context.Context, tx *store.Tx, a *arrival) error {
	reason := any("")
	if a.Why != nil {
		reason = store.JSON(whyOf(a.Why))
	}
	c := &a.Content
	n, err := tx.Exec(ctx, `INSERT INTO alert_arrival (`+arrivalColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
		$17, $18, $19, $20, $21, $22, $23, '', '', NULL, '', NULL, '') ON CONFLICT (source, ref) DO NOTHING`,
		a.ID, a.Origin.Kind, a.Origin.Source, a.Origin.Name, a.Ref, store.JSON(a.Earlier), string(a.Act), a.MessageID, a.Number, a.RegionPath,
		string(a.Kind), string(a.Class), string(c.Event), string(c.Severity), c.Text("zh").Title, store.JSON(a.Doubts), a.Original, a.MIME,
		string(a.State), reason, a.At.UnixMicro(), store.Micros(a.AloneAt), a.Alone)
	if err == nil && n == 0 {
		err = errRepeated
	}
	return err
}

func scanArrival(rows interface{ Scan(...any) error }) (*arrival, error) {
	a := new(arrival)
	var act, kind, class, severity, state, reason string
	err := rows.Scan(&a.ID, &a.Origin.Kind, &a.Origin.Source, &a.Origin.Name, &a.Ref, store.ScanJSON(&a.Earlier), &act, &a.MessageID, &a.Number, &a.RegionPath,
		&kind, &class, &a.Event, &severity, &a.Title, store.ScanJSON(&a.Doubts), &a.Original, &a.MIME, &state, &reason, store.ScanTime(&a.At),
		store.ScanTime(&a.AloneAt), &a.Alone, &a.TakenBy.ID, &a.TakenBy.Name, store.ScanTime(&a.TakenAt), &a.ReviewedBy.ID, store.ScanTime(&a.ReviewedAt), &a.Note)
	a.Act, a.Kind, a.Class, a.Severity, a.State = message.Act(act), message.Kind(kind), wire.Class(class), message.Severity(severity), message.ArrivalState(state)
	if err == nil && reason != "" {
		var w why
		err = store.ScanJSON(&w).Scan(reason)
		a.Why = &fault.Error{Kind: w.Kind, Code: w.Code, Place: w.Place, Args: w.Args}
	}
	return a, err
}

// readArrival is one arrival; a fault NotFound if there is none.
func readArrival(ctx context.Context, q store.Queryer, id string) (*arrival, error) {
	a, err := scanArrival(q.QueryRow(ctx, `SELECT `+arrivalColumns+` FROM alert_arrival WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "alert.arrival.not_found")
	}
	return a, err
}

// arrivalByRef is what came under a ref; nil for nothing.
func arrivalByRef(ctx context.Context, q store.Queryer, source, ref string) (*arrival, error) {
	a, err := scanArrival(q.QueryRow(ctx, `SELECT `+arrivalColumns+` FROM alert_arrival WHERE source = $1 AND ref = $2`, source, ref))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return a, err
}

// messageOfRefs is the message that the newest of some arrivals became or changed; empty for none.
func messageOfRefs(ctx context.Context, q store.Queryer, source string, refs []string) (id string, err error) {
	var w store.Where
	w.And("source = ?", source)
	w.And("message_id <> ''")
	w.In("ref", refs)
	err = q.QueryRow(ctx, `SELECT message_id FROM alert_arrival`+w.SQL()+` ORDER BY id DESC LIMIT 1`, w.Args()...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// cancelledBefore reports whether a source cancelled a thing before it came.
func cancelledBefore(ctx context.Context, q store.Queryer, source, ref string) (bool, error) {
	found, err := store.Collect(ctx, q, func(rows *sql.Rows) (earlier []string, err error) {
		return earlier, rows.Scan(store.ScanJSON(&earlier))
	},
		`SELECT earlier FROM alert_arrival WHERE source = $1 AND state = 'nothing' AND earlier LIKE $2 ESCAPE '\'`, source, "%"+store.Like(ref)+"%")
	for _, earlier := range found {
		for _, r := range earlier {
			if r == ref {
				return true, err
			}
		}
	}
	return false, err
}

// arrivalsAlone are those that waited for people until now.
func arrivalsAlone(ctx context.Context, q store.Queryer, now time.Time) ([]*arrival, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*arrival, error) { return scanArrival(rows) },
		`SELECT `+arrivalColumns+` FROM alert_arrival WHERE alone_at <= $1 ORDER BY alone_at LIMIT 100`, now.UnixMicro())
}

// updateArrival keeps what became of an arrival and who looked after it.
func updateArrival(ctx context.Context, tx *store.Tx, a *arrival) error {
	n, err := tx.Exec(ctx, `UPDATE alert_arrival SET state = $1, alone_at = $2, alone = $3, taken_by = $4, taken_name = $5, taken_at = $6, reviewed_by = $7,
		reviewed_at = $8, note = $9 WHERE id = $10`, string(a.State), store.Micros(a.AloneAt), a.Alone, a.TakenBy.ID, a.TakenBy.Name, store.Micros(a.TakenAt),
		a.ReviewedBy.ID, store.Micros(a.ReviewedAt), a.Note, a.ID)
	return store.Touched(n, err)
}

// keepWaiting notes that an arrival does not go out by itself, and why if it was to.
func keepWaiting(ctx context.Context, tx *store.Tx, id string, because *fault.Error) error {
	_, err := tx.Exec(ctx, `UPDATE alert_arrival SET alone_at = NULL WHERE id = $1`, id)
	if err == nil && because != nil {
		_, err = tx.Exec(ctx, `UPDATE alert_arrival SET reason = $1 WHERE id = $2 AND state = 'waiting'`, store.JSON(whyOf(because)), id)
	}
	return err
}

// closeArrivals ends the waiting of what became a message.
func closeArrivals(ctx context.Context, tx *store.Tx, messageID string, state message.ArrivalState) error {
	_, err := tx.Exec(ctx, `UPDATE alert_arrival SET state = $1, alone_at = NULL WHERE message_id = $2 AND state = 'waiting'`, string(state), messageID)
	return err
}

// arrivalFilter chooses arrivals; empty fields choose all.
type arrivalFilter struct {
	ID      string
	States  []string
	Message string
	Review  bool // went out alone and nobody looked at it since
	Scope   auth.Scope
	Page    store.Page
}

func listArrivals(ctx context.Context, q store.Queryer, f arrivalFilter) (store.Listing[*arrival], error) {
	var w store.Where
	f.Scope.Where(&w, "region_path")
	if len(f.States) > 0 {
		w.In("state", f.States)
	}
	if f.ID != "" {
		w.And("id = ?", f.ID)
	}
	if f.Message != "" {
		w.And("message_id = ?", f.Message)
	}
	if f.Review {
		w.And("alone AND reviewed_at IS NULL")
	}
	return store.List(ctx, q, store.ListQuery[*arrival]{Columns: arrivalColumns, From: "alert_arrival", Where: &w, Key: "id", Descending: true, Page: f.Page,
		Scan: func(rows *sql.Rows) (*arrival, error) { return scanArrival(rows) }, KeyOf: func(a *arrival) string { return a.ID }})
}

// over says of rows that name a message that it ended before $2, or that there is none.
const over = ` AND NOT EXISTS (SELECT 1 FROM alert_message m WHERE m.id = message_id AND (m.ended_at IS NULL OR m.ended_at >= $2))`

// dropArrivals deletes records of what came from outside before a time and is over, at most
// limit, and says how many; what came, as it came, follows by itself (media.Shelf.Sweep).
func dropArrivals(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_arrival WHERE id IN (SELECT id FROM alert_arrival
		WHERE id < $1 AND arrived_at < $2 AND state <> 'waiting' AND alone_at IS NULL`+over+` ORDER BY id LIMIT $3)`, store.FirstID(before), before.UnixMicro(), limit)
}

// lone is a version that went out alone, as it is kept.
type lone struct {
	versionKey
	Rule, Origin, Site    string
	CheckedAt, ReviewedAt time.Time
	Review                bool // somebody is to look at it, or did
	Note                  string
	Have                  int // countersignatures
}

// wentAlone lists the versions of messages that were issued without a countersignature, or before
// enough were given.
func wentAlone(ctx context.Context, q store.Queryer, messages []string) ([]lone, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	var w store.Where
	w.In("v.message_id", messages)
	const have = `(SELECT count(*) FROM alert_approval p WHERE p.message_id = v.message_id AND p.number = v.number AND p.digest = v.digest)`
	w.And(`v.issued_at IS NOT NULL AND (a.id IS NOT NULL OR v.required = 0 AND ` + have + ` = 0)`)
	return store.Collect(ctx, q, func(rows *sql.Rows) (l lone, err error) {
		return l, rows.Scan(&l.message, &l.number, &l.Rule, &l.Origin, &l.Site, store.ScanTime(&l.CheckedAt), &l.Review, store.ScanTime(&l.ReviewedAt), &l.Note, &l.Have)
	}, `SELECT v.message_id, v.number, v.rule, m.origin, m.site, v.checked_at, a.id IS NOT NULL, a.reviewed_at, coalesce(a.note, ''), `+have+` FROM alert_version v
		JOIN alert_message m ON m.id = v.message_id LEFT JOIN alert_arrival a ON a.message_id = v.message_id AND a.number = v.number AND a.alone`+w.SQL(), w.Args()...)
}
