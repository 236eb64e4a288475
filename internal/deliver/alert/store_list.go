package alert

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// summary is a message in a list.
type summary struct {
	ID         string            `json:"id"`
	EBMID      string            `json:"ebmid,omitempty"`
	Kind       string            `json:"kind"`
	Drill      bool              `json:"drill"`
	Class      string            `json:"class"`
	RegionPath string            `json:"regionPath"`
	Origin     string            `json:"origin" enum:"desk,upper,lower,cap,timetable,phone"`
	SourceName string            `json:"sourceName,omitempty" doc:"What the source was called; absent for the desk"`
	State      string            `json:"state"`
	Title      string            `json:"title"`
	TitleEn    string            `json:"titleEn,omitempty" doc:"Absent where the message has no English text"`
	Event      string            `json:"event"`
	Severity   string            `json:"severity"`
	StartsAt   *time.Time        `json:"startsAt,omitempty"`
	EndsAt     time.Time         `json:"endsAt"`
	IssuedAt   *time.Time        `json:"issuedAt,omitempty"`
	EndedAt    *time.Time        `json:"endedAt,omitempty"`
	EndReason  string            `json:"endReason,omitempty"`
	CreatedBy  string            `json:"createdBy"`
	CreatedAt  time.Time         `json:"createdAt"`
	Number     int               `json:"number,omitempty" doc:"Version on the air, or the last that was; absent before the first issue"`
	Update     string            `json:"update,omitempty" enum:"draft,checked" doc:"State of the new version being worked on, or waiting for countersignatures"`
	Figures    *delivery.Figures `json:"figures,omitempty" doc:"Frozen when the message ended"`
	Alone      *aloneView        `json:"alone,omitempty" doc:"Why the version on the air, or the last that was, went out without anybody's countersignature, or with too few"`

	key string // its place in the list
}

// filter chooses messages; empty fields choose all.
type filter struct {
	States     []string
	Origins    []string // empty: all but timetables, whose items are many every day
	Class      string
	Kind       string
	Severity   string
	Event      string // beginning of a code
	RegionPath string
	Text       string
	From, To   time.Time
	Gravest    bool // the gravest first, else the newest
	Scope      auth.Scope
	Page       store.Page
}

// gravity is text by which messages sort, greater for graver: what is real before drills,
// emergencies before everyday matters, then by severity.
const gravity = `CASE kind WHEN 'real' THEN '1' ELSE '0' END || CASE class WHEN 'emergency' THEN '1' ELSE '0' END ||
	CASE severity WHEN 'red' THEN '4' WHEN 'orange' THEN '3' WHEN 'yellow' THEN '2' WHEN 'blue' THEN '1' ELSE '0' END`

func listMessages(ctx context.Context, q store.Queryer, f filter) (store.Listing[summary], error) {
	var w store.Where
	readable(&w, f.Scope)
	if len(f.States) > 0 {
		w.In("state", f.States)
	}
	if len(f.Origins) > 0 {
		w.In("origin", f.Origins)
	} else {
		w.And("origin <> 'timetable'")
	}
	for column, value := range map[string]string{"class": f.Class, "kind": f.Kind, "severity": f.Severity} {
		if value != "" {
			w.And(column+" = ?", value)
		}
	}
	if f.Event != "" {
		w.And("event >= ? AND event < ?", f.Event, f.Event+":")
	}
	if f.RegionPath != "" {
		low, high := auth.Subtree(f.RegionPath)
		w.And("region_path >= ? AND region_path < ?", low, high)
	}
	if f.Text != "" {
		text := "%" + store.Like(f.Text) + "%"
		w.And(`(title LIKE ? ESCAPE '\' OR title_en LIKE ? ESCAPE '\')`, text, text)
	}
	if !f.From.IsZero() {
		w.And("created_at >= ?", f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		w.And("created_at < ?", f.To.UnixMicro())
	}
	key := "id"
	if f.Gravest {
		key = gravity + " || id"
	}
	return store.List(ctx, q, store.ListQuery[summary]{
		Columns: `id, ebmid, kind, class, region_path, state, title, title_en, event, severity, starts_at, ends_at, issued_at, ended_at, end_reason,
			created_name, created_at, current_number, origin, source_name, figures, coalesce((SELECT v.state FROM alert_version v WHERE v.message_id = alert_message.id
			AND v.number = alert_message.open_number AND alert_message.current_number > 0), ''), ` + key,
		From: "alert_message", Where: &w, Key: key, Descending: true, Page: f.Page, Scan: scanSummary, KeyOf: func(s summary) string { return s.key },
	})
}

func scanSummary(rows *sql.Rows) (s summary, err error) {
	var starts, issued, ended time.Time
	err = rows.Scan(&s.ID, &s.EBMID, &s.Kind, &s.Class, &s.RegionPath, &s.State, &s.Title, &s.TitleEn, &s.Event, &s.Severity,
		store.ScanTime(&starts), store.ScanTime(&s.EndsAt), store.ScanTime(&issued), store.ScanTime(&ended), &s.EndReason, &s.CreatedBy, store.ScanTime(&s.CreatedAt),
		&s.Number, &s.Origin, &s.SourceName, store.ScanJSON(&s.Figures), &s.Update, &s.key)
	s.Drill = message.Kind(s.Kind).Drill()
	s.StartsAt, s.IssuedAt, s.EndedAt = moment(starts), moment(issued), moment(ended)
	return s, err
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// published lists what citizens may see, at most limit: on the air or to come, the gravest first,
// and then what ended since a time, the newest first. Drills that no terminal hears are none of it.
func published(ctx context.Context, q store.Queryer, since time.Time, limit int) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		`SELECT id FROM alert_message WHERE (state IN ('issued', 'in_progress') OR state = 'ended' AND ended_at >= $1)
		AND kind IN ('real', 'terminal_drill') AND origin <> 'timetable' AND current_number > 0
		ORDER BY CASE WHEN state = 'ended' THEN '' ELSE `+gravity+` END DESC, id DESC LIMIT $2`, since.UnixMicro(), limit)
}

// handoff is a piece of follow-up that was given to somebody.
type handoff struct {
	ID         string     `json:"id"`
	MessageID  string     `json:"messageId"`
	RegionPath string     `json:"-"`
	Township   string     `json:"township,omitempty"`
	Devices    []string   `json:"devices"`
	Party      string     `json:"party" doc:"The person or unit it was handed to"`
	Contact    string     `json:"contact,omitempty"`
	Note       string     `json:"note"`
	State      string     `json:"state" enum:"open,closed"`
	CreatedBy  string     `json:"createdBy"`
	CreatedAt  time.Time  `json:"createdAt"`
	ClosedBy   string     `json:"closedBy,omitempty"`
	ClosedAt   *time.Time `json:"closedAt,omitempty"`
	Outcome    string     `json:"outcome,omitempty"`
}

func insertHandoff(ctx context.Context, tx *store.Tx, h *handoff) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_handoff (id, message_id, region_path, township, devices, party, contact, note, state, created_by, created_at, outcome)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, '')`,
		h.ID, h.MessageID, h.RegionPath, h.Township, store.JSON(h.Devices), h.Party, h.Contact, h.Note, h.CreatedBy, h.CreatedAt.UnixMicro())
	return err
}

func closeHandoff(ctx context.Context, tx *store.Tx, message, id, by, outcome string, scope auth.Scope) (int64, error) {
	var w store.Where
	set := `UPDATE alert_handoff SET state = 'closed', closed_by = ` + w.Arg(by) + `, closed_at = ` + w.Arg(tx.Now.UnixMicro()) + `, outcome = ` + w.Arg(outcome)
	w.And("id = ? AND message_id = ? AND state = 'open'", id, message)
	scope.Where(&w, "region_path")
	return tx.Exec(ctx, set+w.SQL(), w.Args()...)
}

func listHandoffs(ctx context.Context, q store.Queryer, message string, scope auth.Scope) ([]handoff, error) {
	var w store.Where
	w.And("message_id = ?", message)
	scope.Where(&w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (h handoff, err error) {
		var by *string
		var closed time.Time
		err = rows.Scan(&h.ID, &h.MessageID, &h.RegionPath, &h.Township, store.ScanJSON(&h.Devices), &h.Party, &h.Contact, &h.Note, &h.State,
			&h.CreatedBy, store.ScanTime(&h.CreatedAt), &by, store.ScanTime(&closed), &h.Outcome)
		if by != nil {
			h.ClosedBy = *by
		}
		h.ClosedAt = moment(closed)
		return h, err
	}, `SELECT id, message_id, region_path, township, devices, party, contact, note, state, created_by, created_at, closed_by, closed_at, outcome
		FROM alert_handoff`+w.SQL()+` ORDER BY id`, w.Args()...)
}

// issuedBetween are the messages that were issued in a time, the oldest first.
func issuedBetween(ctx context.Context, q store.Queryer, from, to time.Time, limit int) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		`SELECT id FROM alert_message WHERE issued_at >= $1 AND issued_at < $2 ORDER BY id LIMIT $3`, from.UnixMicro(), to.UnixMicro(), limit)
}
