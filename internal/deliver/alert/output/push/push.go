// Package push is the output to the browsers of citizens who asked to be told of their place:
// web push (RFC 8030), encrypted for each browser (RFC 8291), signed by the platform's key
// (RFC 8292).
package push

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/SherClockHolmes/webpush-go"
	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Kind is the kind of these outputs.
const Kind = "push"

// Deps are what pushing needs of the node.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Sealer output.Sealer
	Public string // the node's public address
	// Region finds a region's path by its code.
	Region func(ctx context.Context, code string) (string, error)
	// Inside lets pushes go to addresses of this machine and of closed networks, which a
	// stranger could otherwise have the node ask. It is for tests.
	Inside bool
}

// Service pushes.
type Service struct {
	Deps
	public, private string
	contact         string
	client          *http.Client
	most            int // browsers

	mu      sync.Mutex
	count   int // browsers there are, at most
	counted time.Time
}

// Open reads the platform's key, or makes it.
func Open(ctx context.Context, d Deps) (*Service, error) {
	s := &Service{Deps: d, most: maxSubscribers}
	var err error
	if s.contact, err = contact(d.Public); err != nil {
		return nil, err
	}
	if s.public, s.private, err = openKeys(ctx, d.DB, d.Sealer); err != nil {
		return nil, err
	}
	s.client = openweb.Client(15*time.Second, atOnce, d.Inside)
	return s, nil
}

// Driver makes outputs that push. They have no settings.
func (s *Service) Driver() output.Driver {
	check := func(raw json.RawMessage) error {
		var none struct{}
		return output.Decode(raw, &none)
	}
	return output.Driver{Patience: 10 * time.Minute, Check: check, Open: func(c output.Config) (output.Output, error) { return &way{s, c}, check(c.Settings) }}
}

type way struct {
	*Service
	config output.Config
}

// Close implements output.Output.
func (w *way) Close() {}

// proof is what push services said, and how far it got.
type proof struct {
	Browsers int `json:"browsers"` // that asked to be told of these places
	Taken    int `json:"taken"`    // by their push services
	Gone     int `json:"gone"`     // that no longer want to be told; they were forgotten
	Failed   int `json:"failed"`

	Left *rest `json:"left,omitempty"` // nil once all were told
}

// rest is where pushing goes on.
type rest struct {
	Began  time.Time `json:"began"`
	After  string    `json:"after"`  // the last browser that was told
	Silent bool      `json:"silent"` // only those are left whose services were silent before
}

// notice is what a browser is pushed; web/portal/static/push.js shows it.
type notice struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Body     string `json:"body"`
	Severity string `json:"severity"`
	Over     bool   `json:"over"` // it was called off: that is shown in its place
	URL      string `json:"url"`
	Lang     string `json:"lang"`
	Ends     int64  `json:"ends,omitempty"`  // Unix milliseconds; absent where it is over
	Until    string `json:"until,omitempty"` // how that is said, with {time} for the time as the phone tells it
}

const (
	atOnce = 32 // pushes under way
	// maxNotice is what is left for a notice of the 4,096 bytes of a push: not the header of its
	// only record, the mark of its end and its tag (RFC 8291 §4).
	maxNotice = 4096 - 86 - 1 - 16
)

// Carry pushes to the browsers of the parcel's places, a page of them at a time: however many they
// are, what is more urgent waits for no more than a page, and what breaks goes on where it was.
func (w *way) Carry(ctx context.Context, p *output.Parcel) (output.Result, error) {
	if p.Act == output.Stop { // a stop silences; what was read stays read
		return output.Result{State: output.Done}, nil
	}
	var paths []string
	for _, place := range p.Places {
		switch own := w.config.RegionPath; {
		case strings.HasPrefix(place.Path, own):
			paths = append(paths, place.Path)
		case strings.HasPrefix(own, place.Path): // those beyond are another output's
			paths = append(paths, own)
		}
	}
	if len(paths) == 0 {
		return output.Result{State: output.Done, Proof: proof{}}, nil
	}
	var found proof
	if err := json.Unmarshal([]byte(cmp.Or(string(p.Proof), "{}")), &found); err != nil {
		return output.Result{}, err
	}
	if found.Left == nil {
		found = proof{Left: &rest{Began: w.Clock.Now()}}
	}
	if left := found.Left; !left.Silent {
		more, err := w.pushPage(ctx, p, paths, time.Time{}, &left.After, &found)
		if err != nil {
			return output.Result{}, err
		}
		if more {
			return output.Result{State: output.Waiting, Proof: found}, nil
		}
		left.Silent = true
	}
	// Those whose services were silent come last, and hold up nobody for long: anybody may name a
	// service that never answers.
	last, cancel := context.WithTimeout(ctx, lastPatience)
	defer cancel()
	asked := found
	for after, more := "", true; more; {
		var err error
		if more, err = w.pushPage(last, p, paths, found.Left.Began, &after, &asked); err != nil && last.Err() == nil {
			return output.Result{Proof: found}, err
		}
		more = more && last.Err() == nil
	}
	if asked.Left = nil; asked.Failed > 0 && asked.Taken == 0 {
		return output.Result{Proof: asked}, fmt.Errorf("none of %d push services could be reached", asked.Failed)
	}
	return output.Result{Proof: asked}, nil
}

// lastPatience is how long those may take whose services did not answer before.
const lastPatience = time.Minute

// pushPage pushes to the browsers of some places that come next after one: those whose services
// answer, or those whose did not before a time. It moves after along, and says whether there may be
// more.
func (w *way) pushPage(ctx context.Context, p *output.Parcel, paths []string, silentBefore time.Time, after *string, found *proof) (more bool, err error) {
	page, err := subscribersIn(ctx, w.DB, paths, p.Message.Class == wire.Everyday, silentBefore, *after)
	if err != nil || len(page) == 0 {
		return false, err
	}
	if err := w.pushAll(ctx, page, p, found); err != nil {
		return false, err
	}
	*after = page[len(page)-1].ID
	return len(page) == pageSize, nil
}

// pushAll pushes to some browsers, several at once.
func (w *way) pushAll(ctx context.Context, list []subscriber, p *output.Parcel, found *proof) error {
	var mu sync.Mutex
	var gone, silent, well []string
	work, until := errgroup.WithContext(ctx)
	work.SetLimit(atOnce)
	for _, to := range list {
		work.Go(func() error {
			err := w.push(until, to, p)
			mu.Lock()
			defer mu.Unlock()
			found.Browsers++
			switch {
			case errors.Is(err, errGone):
				found.Gone++
				gone = append(gone, to.ID)
			case err != nil:
				found.Failed++
				if late := net.Error(nil); errors.As(err, &late) && late.Timeout() {
					silent = append(silent, to.ID)
				}
				w.Log.Debug("alert: a push failed", "error", err)
			default:
				found.Taken++
				if to.Silent {
					well = append(well, to.ID)
				}
			}
			return ctx.Err()
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	return learn(ctx, w.DB, gone, silent, well)
}

// errGone says that a browser no longer wants to be told.
var errGone = errors.New("push: gone")

func (w *way) push(ctx context.Context, to subscriber, p *output.Parcel) error {
	raw, err := write(p, to.Lang)
	if err != nil {
		return err
	}
	msg := p.Message
	urgency := webpush.UrgencyHigh
	if msg.Class == wire.Everyday {
		urgency = webpush.UrgencyNormal
	}
	ttl := max(int(msg.EndsAt.Sub(w.Clock.Now()).Seconds()), 60)
	answer, err := webpush.SendNotificationWithContext(ctx, raw, &webpush.Subscription{Endpoint: to.Endpoint, Keys: webpush.Keys{P256dh: to.P256dh, Auth: to.Auth}},
		&webpush.Options{HTTPClient: w.client, Subscriber: w.contact, VAPIDPublicKey: w.public, VAPIDPrivateKey: w.private, TTL: ttl, Urgency: urgency, Topic: msg.ID})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10))
	switch {
	case answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone:
		return errGone
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("push: HTTP %d", answer.StatusCode)
	}
	return nil
}

// write is the notice of a parcel. What there is no room for of the text is cut: the page that the
// notice leads to has all of it.
func write(p *output.Parcel, lang string) ([]byte, error) {
	msg := p.Message
	word := message.Word(msg.Kind, msg.Current.Content.Text(lang))
	n := notice{ID: msg.ID, Title: word.Title, Severity: string(msg.Current.Content.Severity), URL: "/m/" + msg.ID, Lang: lang}
	if p.Act == output.Cancel { // the text would read as if it still held
		n.Over, n.Title = true, i18n.T(i18n.Lang(lang), "alert.push.over", map[string]any{"title": word.Title})
		return json.Marshal(n)
	}
	n.Body = strings.TrimSpace(word.Body + "\n" + word.Advice)
	n.Ends, n.Until = msg.EndsAt.UnixMilli(), i18n.T(i18n.Lang(lang), "alert.push.until", nil)
	raw, err := json.Marshal(n)
	for text := []rune(n.Body); err == nil && len(raw) > maxNotice && len(text) > 0; raw, err = json.Marshal(n) {
		// A character takes six bytes at most, so that this leaves out none for which there is room.
		text = text[:len(text)-min(max((len(raw)-maxNotice)/6, 1), len(text))]
		n.Body = string(text) + "…"
	}
	return raw, err
}

// contact is where push services write when something is wrong, as the library wants it (RFC 8292
// §2.1): the node's own pages where they are https, else the postmaster of its host, without mailto:.
func contact(public string) (string, error) {
	u, err := url.Parse(public)
	if err != nil || u.Scheme == "https" {
		return public, err
	}
	host := u.Hostname()
	switch ip, err := netip.ParseAddr(host); {
	case err != nil: // a name
	case ip.Is4():
		host = "[" + host + "]"
	default:
		host = "[IPv6:" + ip.WithZone("").String() + "]"
	}
	return "postmaster@" + url.PathEscape(host), nil
}

// endpoint checks the address of a browser's push service.
func (s *Service) endpoint(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(s.Inside && u.Scheme == "http") {
		return fault.Bad("endpoint", "alert.push.endpoint")
	}
	return nil
}
