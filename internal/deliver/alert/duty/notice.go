package duty

import (
	"bytes"
	"context"
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

	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Reasons to tell staff.
const (
	ToCountersign = "countersign" // a message waits for a countersignature
	ToReport      = "report"      // a newsroom is to report a message
	Overdue       = "overdue"     // a newsroom did not report in time
	Escalated     = "escalated"   // an area's receipts fall short
	DrillAhead    = "drill"       // a drill is near
)

// Word is what somebody on duty is to be told.
type Word struct {
	Reason     string
	RegionPath string
	MessageID  string
	Title      string
	Severity   string
	Drill      bool
	Page       string         // of the console, where it is about no message
	Quiet      bool           // the log does not tell of it: not all who read that are to know
	Text       map[string]any // values of the sentence alert.duty.notice.<reason>, beside title
}

// StaffNotice is what a gateway for staff is told. No field of it is one of a public message's
// that a gateway could pass on by mistake: it has an audience, and no texts or places.
type StaffNotice struct {
	ID       string    `json:"id"` // of this notice, the same for each attempt
	Audience string    `json:"audience"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	To       Addressee `json:"to"`
	SayZh    string    `json:"sayZh"`
	SayEn    string    `json:"sayEn"`
	Message  string    `json:"message,omitempty"`
	Severity string    `json:"severity,omitempty"`
	Drill    bool      `json:"drill"`
	Link     string    `json:"link,omitempty"`
}

// Addressee is the person on duty.
type Addressee struct {
	Person  string `json:"person"`
	Name    string `json:"name"`
	Number  string `json:"number,omitempty"`
	Post    string `json:"post"`
	Purpose string `json:"purpose"`
}

// AudienceHeader tells a notice to staff from a public message before its body is read.
const (
	AudienceHeader = "X-Tongsheng-Audience"
	StaffAudience  = "staff"
)

// Notifier hands a notice to a gateway for staff.
type Notifier interface {
	Notify(ctx context.Context, url string, secret []byte, id string, body []byte) error
}

// TellDuty has whoever is on duty for a region told, in the transaction of what they are told of;
// it returns how many people. Call Nudge after the commit. Escalation tells staff through it.
func (d *Desk) TellDuty(ctx context.Context, tx *store.Tx, purpose Purpose, w Word) (int, error) {
	people, err := d.OnDuty(ctx, tx, purpose, w.RegionPath)
	if err != nil {
		return 0, err
	}
	if len(people) == 0 && w.Quiet {
		return 0, nil
	}
	if len(people) == 0 {
		return 0, d.Record(ctx, tx, Entry{RegionPath: w.RegionPath, Kind: "nobody", Object: object(w.MessageID), Args: map[string]any{"what": string(purpose), "title": w.Title}})
	}
	for _, k := range people {
		if err := d.tell(ctx, tx, k, w); err != nil {
			return 0, err
		}
	}
	return len(people), nil
}

// tell writes the notice to one person down, and that they are told.
func (d *Desk) tell(ctx context.Context, tx *store.Tx, k Keeper, w Word) error {
	c, err := contactOf(ctx, tx, k.ID)
	if err != nil {
		return err
	}
	say := func(lang i18n.Lang) string {
		args := map[string]any{"title": w.Title}
		for name, v := range w.Text {
			args[name] = v
		}
		return i18n.T(lang, "alert.duty.notice."+w.Reason, args)
	}
	n := StaffNotice{ID: store.NewID(tx.Now), Audience: StaffAudience, Reason: w.Reason, At: tx.Now.UTC(), To: Addressee{k.ID, k.Name, c.Number, k.Post.Name, string(k.Post.Purpose)},
		SayZh: say(i18n.Chinese), SayEn: say(i18n.English), Message: w.MessageID, Severity: w.Severity, Drill: w.Drill}
	switch {
	case w.Page != "":
		n.Link = strings.TrimSuffix(d.PublicURL, "/") + "/console/" + w.Page
	case w.MessageID == "":
	case w.Reason == ToCountersign:
		n.Link = d.SignLink(w.MessageID)
	default:
		n.Link = strings.TrimSuffix(d.PublicURL, "/") + "/console/delivery/messages/" + w.MessageID
	}
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if err := insertNotice(ctx, tx, &notice{ID: n.ID, RegionPath: k.Post.RegionPath, Person: k.ID, Reason: w.Reason, MessageID: w.MessageID, Body: string(body), CreatedAt: tx.Now}); err != nil {
		return err
	}
	if w.Quiet {
		return nil
	}
	return d.Record(ctx, tx, Entry{RegionPath: w.RegionPath, Kind: "told", Object: object(w.MessageID), Args: map[string]any{"name": k.Name, "post": k.Post.Name, "title": w.Title}})
}

// SignLink is the page on which a message is countersigned from a phone.
func (d *Desk) SignLink(message string) string {
	return strings.TrimSuffix(d.PublicURL, "/") + "/console/sign/" + message
}

// pauses between attempts; the last one repeats until a notice is a day old.
var pauses = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

const noticeLife = 24 * time.Hour

// errNoGateway is what stands by notices that nobody carries.
var errNoGateway = errors.New("no gateway for staff in this region")

// SendDue sends the notices that are due: those of a gateway one after another, and those of
// several at once, so that one that is away delays nobody else's.
func (d *Desk) SendDue(ctx context.Context) error {
	gateways, err := listGateways(ctx, d.DB)
	if err != nil {
		return err
	}
	gateways = slices.DeleteFunc(gateways, func(g *gateway) bool { return g.Kind != staffGateway })
	var all errgroup.Group
	for _, g := range append(gateways, nil) {
		all.Go(func() error { return d.sendAll(ctx, g, othersIn(g, gateways)) })
	}
	return all.Wait()
}

// othersIn are the regions within that of a gateway, or anywhere for nil, for which another of
// these gateways carries notices: the nearest to a post does, and of one region the first.
func othersIn(g *gateway, all []*gateway) (paths []string) {
	passed := false
	for _, o := range all {
		switch {
		case o == g:
			passed = true
		case g == nil, strings.HasPrefix(o.RegionPath, g.RegionPath) && (o.RegionPath != g.RegionPath || !passed):
			paths = append(paths, o.RegionPath)
		}
	}
	return paths
}

// sendAll sends what is due for one gateway, or nobody's for nil, but in regions that are others',
// unless that is under way. What cannot be reached is not tried for each notice.
func (d *Desk) sendAll(ctx context.Context, g *gateway, others []string) error {
	id, path := "", auth.Root
	if g != nil {
		id, path = g.ID, g.RegionPath
	}
	if !d.hold(id) {
		return nil
	}
	defer d.free(id)
	due, err := dueNotices(ctx, d.DB, path, others, d.Clock.Now())
	var away *url.Error
	failed := errNoGateway
	for _, n := range due {
		if g != nil && !errors.As(failed, &away) {
			failed = d.send(ctx, g, n)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err = errors.Join(err, d.settle(ctx, g, n, failed))
	}
	return err
}

// hold reports whether a gateway is the caller's to send by; free it afterwards.
func (d *Desk) hold(gateway string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.sending[gateway]
	d.sending[gateway] = true
	return !was
}

func (d *Desk) free(gateway string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sending, gateway)
}

func (d *Desk) send(ctx context.Context, g *gateway, n *notice) error {
	secret, err := d.Sealer.Open(g.Secret, "duty-gateway:"+g.ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return d.Notifier.Notify(ctx, g.URL, secret, n.ID, []byte(n.Body))
}

// settle writes down how an attempt went.
func (d *Desk) settle(ctx context.Context, g *gateway, n *notice, failed error) error {
	now := d.Clock.Now()
	n.Attempts++
	if failed == nil {
		n.SentAt, n.NextAt, n.Failure = now, time.Time{}, ""
	} else {
		n.Failure, n.NextAt = openweb.Why(failed), now.Add(pauses[min(n.Attempts, len(pauses))-1])
		if n.NextAt.Sub(n.CreatedAt) > noticeLife {
			n.NextAt = time.Time{}
		}
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		if g != nil {
			if err := noteGateway(ctx, tx, g.ID, n.Failure); err != nil {
				return err
			}
		}
		return updateNotice(ctx, tx, n)
	})
}

// Webhook is the Notifier of signed requests, signed as those of output.Webhooks are.
type Webhook struct{ Clock clock.Clock }

var staffClient = output.NewGatewayClient()

// Notify implements Notifier. Any answer of 2xx means that the gateway took the notice.
func (w Webhook) Notify(ctx context.Context, address string, secret []byte, id string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(w.Clock.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(AudienceHeader, StaffAudience)
	r.Header.Set(output.DeliveryHeader, id)
	r.Header.Set(output.TimestampHeader, timestamp)
	r.Header.Set(output.SignatureHeader, output.SignNotice(secret, timestamp, body))
	answer, err := staffClient.Do(r)
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
