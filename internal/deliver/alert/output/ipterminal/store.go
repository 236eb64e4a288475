package ipterminal

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// State is how far a terminal has come with a message.
type State string

// States. What is not final is worked on until the message is over.
const (
	Waiting  State = "waiting"  // it is to be ordered to play: it is away, busy, or about to be told
	Accepted State = "accepted" // it took the order
	Playing  State = "playing"  // it says that it plays
	Ending   State = "ending"   // it was played as often as it should be and is to end
	Played   State = "played"   // it says that it played, or ended after it had said that it plays
	Failed   State = "failed"   // it says that it could not
	Stopping State = "stopping" // it is to be taken off the air
	Stopped  State = "stopped"  // it was
	Lost     State = "lost"     // the message is over and nothing more was heard
)

func (s State) final() bool { return s == Played || s == Failed || s == Stopped || s == Lost }

// row is what became of a message at one terminal.
type row struct {
	Message   string
	Code      ebd.ResourceCode
	EBMID     ebd.EBMID
	Number    int
	State     State
	Gives     int
	Until     time.Time
	GivenAt   time.Time
	PlayingAt time.Time
	DoneAt    time.Time
	Result    speaker.Result
	Said      string
	ChangedAt time.Time

	again time.Time // when a busy terminal is asked again; not kept
}

const columns = `message_id, code, ebmid, number, state, gives, until_at, given_at, playing_at, done_at, result, said, changed_at`

func scanRow(rows *sql.Rows) (*row, error) {
	r := new(row)
	var code, ebmid, state string
	var result int64
	err := rows.Scan(&r.Message, &code, &ebmid, &r.Number, &state, &r.Gives, store.ScanTime(&r.Until), store.ScanTime(&r.GivenAt), store.ScanTime(&r.PlayingAt), store.ScanTime(&r.DoneAt),
		&result, &r.Said, store.ScanTime(&r.ChangedAt))
	r.Code, r.EBMID, r.State, r.Result = ebd.ResourceCode(code), ebd.EBMID(ebmid), State(state), speaker.Result(result)
	return r, err
}

// openRows are what an output's terminals have still to do with any message.
func openRows(ctx context.Context, q store.Queryer, output string) ([]*row, error) {
	return store.Collect(ctx, q, scanRow, `SELECT `+columns+` FROM alert_ip_terminal WHERE output = $1 AND state IN ('waiting', 'accepted', 'playing', 'ending', 'stopping') ORDER BY code`, output)
}

// rowsOf are those of one message.
func rowsOf(ctx context.Context, q store.Queryer, output, message string) ([]*row, error) {
	return store.Collect(ctx, q, scanRow, `SELECT `+columns+` FROM alert_ip_terminal WHERE output = $1 AND message_id = $2 ORDER BY code`, output, message)
}

// putRows keeps rows as they are now; what is known of a version gives way to no earlier one.
func putRows(ctx context.Context, tx *store.Tx, output string, rows []row) error {
	put, err := tx.Prepare(ctx, `INSERT INTO alert_ip_terminal (output, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (output, message_id, code) DO UPDATE SET number = excluded.number, state = excluded.state, gives = excluded.gives, until_at = excluded.until_at, given_at = excluded.given_at,
		playing_at = excluded.playing_at, done_at = excluded.done_at, result = excluded.result, said = excluded.said, changed_at = excluded.changed_at
		WHERE excluded.number >= alert_ip_terminal.number`)
	if err != nil {
		return err
	}
	defer put.Close()
	for i := range rows {
		r := &rows[i]
		if _, err := put.ExecContext(ctx, output, r.Message, string(r.Code), string(r.EBMID), r.Number, string(r.State), r.Gives, r.Until.UnixMicro(), store.Micros(r.GivenAt), store.Micros(r.PlayingAt),
			store.Micros(r.DoneAt), int64(r.Result), r.Said, tx.Now.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

// Reached is what became of a message at one terminal, as people see it.
type Reached struct {
	Code      string     `json:"code" doc:"The terminal's resource code"`
	Number    int        `json:"number" doc:"Version of the message"`
	State     State      `json:"state" enum:"waiting,accepted,playing,ending,played,failed,stopping,stopped,lost"`
	Gives     int        `json:"gives" doc:"How often it was ordered to play it"`
	GivenAt   *time.Time `json:"givenAt,omitempty"`
	PlayingAt *time.Time `json:"playingAt,omitempty" doc:"When the terminal said that it plays"`
	DoneAt    *time.Time `json:"doneAt,omitempty"`
	Result    int        `json:"result" doc:"Result code of GD/J 089 Table D.12; 0 is done"`
	Said      string     `json:"said,omitempty" doc:"What the terminal said beside it"`
}

// List is what became of a message at each terminal of an output, by code.
func List(ctx context.Context, q store.Queryer, output, message string) ([]Reached, error) {
	rows, err := rowsOf(ctx, q, output, message)
	list := make([]Reached, 0, len(rows))
	moment := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	for _, r := range rows {
		list = append(list, Reached{string(r.Code), r.Number, r.State, r.Gives, moment(r.GivenAt), moment(r.PlayingAt), moment(r.DoneAt), int(r.Result), r.Said})
	}
	return list, err
}

// Drop deletes what IP terminals did with messages that were over before a time, at most limit
// rows, and says how many.
func Drop(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_ip_terminal WHERE (output, message_id, code) IN (SELECT output, message_id, code FROM alert_ip_terminal
		WHERE until_at < $1 AND changed_at < $1 ORDER BY until_at LIMIT $2)`, before.UnixMicro(), limit)
}
