package duty

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Report is a newsroom's duty to report one message.
type Report struct {
	ID         string    `json:"id"`
	MessageID  string    `json:"message"`
	Title      string    `json:"title"`
	Severity   string    `json:"severity"`
	Drill      bool      `json:"drill"`
	Post       string    `json:"post"`
	PostName   string    `json:"postName" doc:"What it was called when the report was done, else now"`
	RegionPath string    `json:"regionPath"`
	Person     string    `json:"person,omitempty" doc:"Id of who was on call when the newsroom was told"`
	Name       string    `json:"name,omitempty" doc:"Absent: nobody was on call"`
	ToldAt     time.Time `json:"toldAt"`
	DueAt      time.Time `json:"dueAt"`
	AckedBy    string    `json:"ackedBy,omitempty"`
	AckedAt    time.Time `json:"ackedAt,omitzero"`
	DoneBy     string    `json:"doneBy,omitempty"`
	DoneAt     time.Time `json:"doneAt,omitzero" doc:"When it was said to be reported"`
	Link       string    `json:"link,omitempty" doc:"What was published"`
	Note       string    `json:"note,omitempty"`
	OverdueAt  time.Time `json:"overdueAt,omitzero" doc:"When the leader was told that it is overdue"`
}

// defaultSeverities are those that a newsroom is told of that chose none.
var defaultSeverities = []message.Severity{message.Red, message.Orange}

// Issued tells of a message that was issued, in the commit that issues it: in the log, and to
// the newsrooms on call that it reaches, once each.
func (d *Desk) Issued(ctx context.Context, tx *store.Tx, msg *message.Message) error {
	c := &msg.Current.Content
	title := message.Word(msg.Kind, c.Text("zh")).Title
	if err := d.Record(ctx, tx, Entry{RegionPath: msg.RegionPath, Kind: "issued", Object: object(msg.ID), Args: map[string]any{"title": title, "number": msg.Current.Number}}); err != nil {
		return err
	}
	posts, err := listPosts(ctx, tx)
	if err != nil {
		return err
	}
	for _, p := range posts {
		wanted := p.Severities
		if len(wanted) == 0 {
			wanted = defaultSeverities
		}
		if p.Purpose != NewsroomPost || !slices.Contains(wanted, c.Severity) || !touches(p.RegionPath, msg.Places()) || msg.Kind == message.PlatformDrill {
			continue
		}
		who, err := onDuty(ctx, tx, p.ID, tx.Now)
		if err != nil {
			return err
		}
		r := &Report{ID: store.NewID(tx.Now), MessageID: msg.ID, Title: title, Severity: string(c.Severity), Drill: msg.Kind.Drill(), Post: p.ID, PostName: p.Name, RegionPath: p.RegionPath,
			Person: who.ID, Name: who.Name, ToldAt: tx.Now, DueAt: tx.Now.Add(time.Duration(p.Minutes) * time.Minute)}
		first, err := insertReport(ctx, tx, r)
		if err != nil {
			return err
		}
		w := Word{Reason: ToReport, RegionPath: p.RegionPath, MessageID: msg.ID, Title: title, Severity: r.Severity, Drill: r.Drill, Text: map[string]any{"minutes": p.Minutes}}
		switch {
		case !first: // an update of what it was told of before
		case who.ID == "":
			err = d.Record(ctx, tx, Entry{RegionPath: p.RegionPath, Kind: "nobody", Object: object(msg.ID), Args: map[string]any{"what": string(NewsroomPost), "title": title}})
		default:
			err = d.tell(ctx, tx, Keeper{p, who}, w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// touches reports whether a region and one of these places have anything in common.
func touches(path string, places []string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix(p, path) || strings.HasPrefix(path, p) })
}

// WantsSigning has the leader on call told that a version waits for countersignatures.
func (d *Desk) WantsSigning(ctx context.Context, tx *store.Tx, msg *message.Message) error {
	v := msg.Open
	if err := dropClaim(ctx, tx, "countersign", msg.ID); err != nil { // what was taken before is another content now
		return err
	}
	_, err := d.TellDuty(ctx, tx, LeaderPost, Word{Reason: ToCountersign, RegionPath: msg.RegionPath, MessageID: msg.ID,
		Title: message.Word(msg.Kind, v.Content.Text("zh")).Title, Severity: string(v.Content.Severity), Drill: msg.Kind.Drill()})
	return err
}

// FindOverdue finds the newsrooms that did not report in time, and has leaders told.
func (d *Desk) FindOverdue(ctx context.Context) error {
	late, err := lateReports(ctx, d.DB, d.Clock.Now())
	for _, found := range late {
		err = errors.Join(err, d.DB.Update(ctx, func(tx *store.Tx) error {
			r, err := readReport(ctx, tx, found.ID)
			if err != nil || !r.DoneAt.IsZero() || !r.OverdueAt.IsZero() { // they reported meanwhile
				return err
			}
			r.OverdueAt = tx.Now
			if err := updateReport(ctx, tx, r); err != nil {
				return err
			}
			if err := d.Record(ctx, tx, Entry{RegionPath: r.RegionPath, Kind: "overdue", Object: object(r.MessageID), Args: map[string]any{"title": r.Title, "post": r.PostName}}); err != nil {
				return err
			}
			if _, err := d.TellDuty(ctx, tx, LeaderPost, Word{Reason: Overdue, RegionPath: r.RegionPath, MessageID: r.MessageID, Title: r.Title, Severity: r.Severity, Drill: r.Drill,
				Text: map[string]any{"post": r.PostName}}); err != nil {
				return err
			}
			return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.overdue", Object: "alert-duty-report:" + r.ID, RegionPath: r.RegionPath, Detail: map[string]any{"message": r.MessageID}})
		}))
		d.told(found.RegionPath, "report", found.ID)
	}
	return err
}

// Acknowledge says that the newsroom knows.
func (d *Desk) Acknowledge(ctx context.Context, id string) (*Report, error) {
	return d.alterReport(ctx, id, func(tx *store.Tx, r *Report) error {
		if !r.AckedAt.IsZero() {
			return fault.New(fault.Conflict, "alert.duty.acked", fault.Args{"name": r.AckedBy})
		}
		r.AckedBy, r.AckedAt = person(ctx).Name, tx.Now
		if err := d.Record(ctx, tx, Entry{RegionPath: r.RegionPath, Kind: "acknowledged", Object: object(r.MessageID), Args: map[string]any{"title": r.Title, "post": r.PostName}}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.acknowledge", Object: "alert-duty-report:" + r.ID, RegionPath: r.RegionPath, Detail: map[string]any{"message": r.MessageID}})
	})
}

// Done says that the newsroom reported, and where that can be seen.
func (d *Desk) Done(ctx context.Context, id, link, note string) (*Report, error) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fault.Bad("link", "alert.duty.link")
	}
	return d.alterReport(ctx, id, func(tx *store.Tx, r *Report) error {
		if r.AckedAt.IsZero() {
			r.AckedBy, r.AckedAt = person(ctx).Name, tx.Now
		}
		r.DoneBy, r.DoneAt, r.Link, r.Note = person(ctx).Name, tx.Now, u.String(), strings.TrimSpace(note)
		if err := d.Record(ctx, tx, Entry{RegionPath: r.RegionPath, Kind: "reported", Object: object(r.MessageID), Args: map[string]any{"title": r.Title, "post": r.PostName, "link": r.Link}}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.report", Object: "alert-duty-report:" + r.ID, RegionPath: r.RegionPath,
			Detail: map[string]any{"message": r.MessageID, "link": r.Link, "note": r.Note}})
	})
}

// alterReport changes a report of a newsroom where the asker keeps duty.
func (d *Desk) alterReport(ctx context.Context, id string, do func(tx *store.Tx, r *Report) error) (r *Report, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if r, err = readReport(ctx, tx, id); err != nil {
			return err
		}
		if !auth.ScopeOf(ctx, d.Keep).Allows(r.RegionPath) {
			return fault.New(fault.NotFound, "alert.duty.report_not_found")
		}
		if err := do(tx, r); err != nil {
			return err
		}
		return updateReport(ctx, tx, r)
	})
	if err == nil {
		d.told(r.RegionPath, "report", r.ID)
	}
	return r, err
}
