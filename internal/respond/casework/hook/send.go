package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Body is what a program is told: the body of a request, and what is signed.
type Body struct {
	ID    string     `json:"id"` // of the notice, the same for each attempt
	Event event.News `json:"event"`
	At    time.Time  `json:"at"`
	Case  *Case      `json:"case,omitempty"` // none in a test
}

// Case is a case as others are told of it.
type Case struct {
	ID        string          `json:"id"`
	Number    string          `json:"number"`
	Version   int64           `json:"version"` // grows with each change: what comes late is told by it
	Type      string          `json:"type"`
	TypeName  procedure.Words `json:"typeName"`
	State     string          `json:"state"`
	StateName procedure.Words `json:"stateName"`
	Outcome   string          `json:"outcome,omitempty"`
	Closed    bool            `json:"closed"`
	Region    string          `json:"region"` // code
	Place     procedure.Words `json:"place"`
	Subject   string          `json:"subject,omitempty"`
	OpenedAt  time.Time       `json:"openedAt"`
	ChangedAt time.Time       `json:"changedAt"`
	ClosedAt  time.Time       `json:"closedAt,omitzero"`
	DueAt     time.Time       `json:"dueAt,omitzero"`
	URL       string          `json:"url"`
}

func encode(b Body) string {
	raw, _ := json.Marshal(b) // texts and times
	return string(raw)
}

// Notice is something that a subscription is told.
type Notice struct {
	ID       string     `json:"id"`
	CaseID   string     `json:"caseId"`
	News     event.News `json:"news"`
	Body     string     `json:"body"`
	Since    time.Time  `json:"since"`
	NextAt   time.Time  `json:"nextAt,omitzero" doc:"When it is sent next; absent when it was sent or given up"`
	Attempts int        `json:"attempts"`
	SentAt   time.Time  `json:"sentAt,omitzero"`
	Failure  string     `json:"failure,omitempty"`

	hook string
}

// Changed writes down what subscriptions are to be told of cases that changed.
func (d *Desk) Changed(ctx context.Context, tx *store.Tx, e event.CasesChanged) error {
	all, err := hooks(ctx, tx, "")
	if err != nil || len(all) == 0 {
		return err
	}
	var ids []string
	for _, c := range e.Cases {
		if len(c.News) > 0 {
			ids = append(ids, c.ID)
		}
	}
	times, err := timesOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	var fresh []Notice
	for _, c := range e.Cases {
		for _, what := range c.News {
			for i := range all {
				if h := &all[i]; h.wants(what, &c) {
					n := Notice{ID: store.NewID(tx.Now), hook: h.ID, CaseID: c.ID, News: what, Since: tx.Now, NextAt: tx.Now}
					n.Body = encode(Body{ID: n.ID, Event: what, At: tx.Now, Case: d.caseOf(&c, times[c.ID])})
					fresh = append(fresh, n)
				}
			}
		}
	}
	return insertNotices(ctx, tx, fresh)
}

func (h *Hook) wants(what event.News, c *event.CaseRef) bool {
	return slices.Contains(h.News, what) && (len(h.Types) == 0 || slices.Contains(h.Types, c.Type)) && auth.NewScope(h.Region).Allows(c.RegionPath)
}

// moments are the times of a case.
type moments struct {
	version                      int
	opened, changed, closed, due time.Time
}

func (d *Desk) caseOf(c *event.CaseRef, at moments) *Case {
	r := d.Docket.RegionAt(c.RegionPath)
	out := &Case{ID: c.ID, Number: c.Number, Version: c.Version, Type: c.Type, State: c.State, Outcome: c.Outcome, Closed: c.Closed, Region: r.Code, Place: procedure.Words{Zh: r.NameZH, En: r.NameEN}, Subject: c.Subject,
		OpenedAt: at.opened, ChangedAt: at.changed, ClosedAt: at.closed, DueAt: at.due, URL: strings.TrimSuffix(d.Public, "/") + "/console/response/cases/" + c.ID}
	if t, err := d.Docket.TypeOf(c.Type, at.version); err == nil {
		out.TypeName = t.Name
		if s := t.State(c.State); s != nil {
			out.StateName = s.Name
		}
	}
	return out
}

// Headers of a notice. The signature is "sha256=" and the hexadecimal HMAC-SHA-256, under the
// secret of the subscription, of the timestamp (Unix seconds), a dot and the body.
const (
	SignatureHeader = "X-Tongsheng-Signature"
	TimestampHeader = "X-Tongsheng-Timestamp"
	DeliveryHeader  = "X-Tongsheng-Delivery"
)

// Sign is the value of the signature header.
func Sign(secret, timestamp, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, timestamp+"."+body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (d *Desk) seal(id, secret string) (string, error) {
	box, err := d.Sealer.Seal([]byte(secret), "casework-hook:"+id)
	return base64.StdEncoding.EncodeToString(box), err
}

// send sends a notice. Any answer of 2xx means that it was taken.
func (d *Desk) send(ctx context.Context, h *Hook, n *Notice) error {
	box, err := base64.StdEncoding.DecodeString(h.sealed)
	if err != nil {
		return err
	}
	secret, err := d.Sealer.Open(box, "casework-hook:"+h.ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader([]byte(n.Body)))
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(d.Clock.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(DeliveryHeader, n.ID)
	r.Header.Set(TimestampHeader, timestamp)
	r.Header.Set(SignatureHeader, Sign(string(secret), timestamp, n.Body))
	answer, err := d.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10))
	if answer.StatusCode < 200 || answer.StatusCode >= 300 {
		return fmt.Errorf("HTTP %d", answer.StatusCode)
	}
	return nil
}

// pauses between attempts; the last one repeats until a notice is a day old.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// How long a notice is tried, after how many failures in a row a subscription is paused, and how
// many notices are sent in one go.
const (
	life       = 24 * time.Hour
	maxFailed  = 20
	sentAtOnce = 100
)

// Run sends what is due until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	for every, job := range map[time.Duration]func(context.Context) error{time.Second: d.SendDue, time.Hour: d.sweep} {
		work.Go(func() error {
			d.Clock.Every(ctx, every, func(ctx context.Context) {
				if err := job(ctx); err != nil && !store.Stopped(err) {
					d.Log.Error("programs were not told of cases and will be later", "error", err)
				}
			})
			return nil
		})
	}
	return work.Wait()
}

func (d *Desk) sweep(ctx context.Context) error {
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error { return forget(ctx, tx, tx.Now) })
}

// SendDue sends the notices that are due: those of one subscription one after another, and those of
// several at once, so that one that is away delays nobody else's.
func (d *Desk) SendDue(ctx context.Context) error {
	due, err := dueHooks(ctx, d.DB, d.Clock.Now())
	if err != nil {
		return err
	}
	var all errgroup.Group
	all.SetLimit(8)
	for i := range due {
		all.Go(func() error { return d.sendAll(ctx, &due[i]) })
	}
	return all.Wait()
}

func (d *Desk) hold(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.sending[id]
	d.sending[id] = true
	return !was
}

func (d *Desk) free(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sending, id)
}

// sendAll sends what is due to one subscription, unless that is under way. Where it cannot be
// reached, the others wait with the first.
func (d *Desk) sendAll(ctx context.Context, h *Hook) error {
	if !d.hold(h.ID) {
		return nil
	}
	defer d.free(h.ID)
	list, err := dueNotices(ctx, d.DB, h.ID, d.Clock.Now(), sentAtOnce)
	if err != nil {
		return err
	}
	for i := range list {
		failed := d.send(ctx, h, &list[i])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := d.settle(ctx, h, &list[i], failed); err != nil {
			return err
		}
		var away *url.Error
		if errors.As(failed, &away) || h.Failures >= maxFailed {
			return nil
		}
	}
	return nil
}

// settle writes down how an attempt went.
func (d *Desk) settle(ctx context.Context, h *Hook, n *Notice, failed error) error {
	now := d.Clock.Now()
	n.Attempts++
	if failed == nil {
		n.SentAt, n.NextAt, n.Failure = now, time.Time{}, ""
		h.Failures, h.Failure = 0, ""
	} else {
		n.Failure, n.NextAt = openweb.Why(failed), now.Add(pauses[min(n.Attempts, len(pauses))-1])
		if n.NextAt.Sub(n.Since) > life {
			n.NextAt = time.Time{}
		}
		h.Failures, h.Failure = h.Failures+1, n.Failure
		if h.Failures >= maxFailed {
			h.PausedAt = now
		}
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		if err := noteHook(ctx, tx, h); err != nil {
			return err
		}
		return noteNotice(ctx, tx, n)
	})
}
