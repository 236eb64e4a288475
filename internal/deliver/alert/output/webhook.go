package output

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
)

// KindWebhook is the gateway of short messages or of an app: it is told of each message by a
// signed request.
const KindWebhook = "webhook"

// WebhookSettings say where a gateway listens.
type WebhookSettings struct {
	URL string `json:"url"`
}

// Notice is what a gateway is told. It is the body of the request, and what is signed.
type Notice struct {
	ID       string     `json:"id"` // of this delivery, the same for each attempt
	Act      Act        `json:"act"`
	At       time.Time  `json:"at"`
	Message  string     `json:"message"` // id of the message, or of the stop
	Version  int        `json:"version,omitempty"`
	Class    string     `json:"class,omitempty"`
	Drill    bool       `json:"drill"`
	Event    string     `json:"event,omitempty"` // code of GB/T 35561
	Severity string     `json:"severity,omitempty"`
	Texts    []Wording  `json:"texts,omitempty"`
	Places   []Place    `json:"places"`
	StartsAt *time.Time `json:"startsAt,omitempty"`
	EndsAt   *time.Time `json:"endsAt,omitempty"`
	Reason   string     `json:"reason,omitempty"` // of a cancel or a stop
}

// Wording is a text as it leaves the house, drills marked.
type Wording struct {
	Lang   string `json:"lang"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	Advice string `json:"advice,omitempty"`
}

// Headers of a notice. The signature is "sha256=" and the hexadecimal HMAC-SHA-256, under the
// shared secret, of the timestamp (Unix seconds), a dot and the body.
const (
	SignatureHeader = "X-Tongsheng-Signature"
	TimestampHeader = "X-Tongsheng-Timestamp"
	DeliveryHeader  = "X-Tongsheng-Delivery"
)

// SignNotice is the value of the signature header.
func SignNotice(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Webhooks is the driver of gateways.
func Webhooks(clk clock.Clock) Driver {
	return Driver{Patience: 10 * time.Second, Secret: true,
		Check: func(raw json.RawMessage) error {
			_, err := webhookSettings(raw)
			return err
		},
		Open: func(c Config) (Output, error) {
			s, err := webhookSettings(c.Settings)
			if err != nil {
				return nil, err
			}
			return &webhook{url: s.URL, secret: c.Secret, clock: clk, client: NewGatewayClient()}, nil
		}}
}

// NewGatewayClient makes the client that calls gateways. It follows no redirect: what is signed for
// one place goes to no other.
func NewGatewayClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConns: 2, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func webhookSettings(raw json.RawMessage) (s WebhookSettings, err error) {
	if err := Decode(raw, &s); err != nil {
		return s, err
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return s, fault.Bad("settings.url", "alert.output.url")
	}
	return s, nil
}

// Decode reads an output's settings strictly; the fault is about "settings".
func Decode(raw json.RawMessage, into any) error {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return fault.Bad("settings", "alert.output.settings", fault.Args{"error": err})
	}
	return nil
}

type webhook struct {
	url    string
	secret []byte
	clock  clock.Clock
	client *http.Client
}

// webhookProof is what a gateway answered.
type webhookProof struct {
	Status int    `json:"status"`
	Answer string `json:"answer,omitempty"` // its id for the delivery, or what else it said
}

// maxAnswer is how much is read of an answer.
const maxAnswer = 4 << 10

// Carry tells the gateway. Any answer of 2xx means that it took the notice; 410 that it never will.
func (w *webhook) Carry(ctx context.Context, p *Parcel) (Result, error) {
	body, err := json.Marshal(NewNotice(p, w.clock.Now()))
	if err != nil {
		return Result{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return Result{}, err
	}
	timestamp := strconv.FormatInt(w.clock.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(DeliveryHeader, p.Task)
	r.Header.Set(TimestampHeader, timestamp)
	r.Header.Set(SignatureHeader, SignNotice(w.secret, timestamp, body))
	answer, err := w.client.Do(r)
	if err != nil {
		return Result{}, err
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		return Result{State: Accepted, Proof: webhookProof{answer.StatusCode, openweb.Words(string(said))}}, nil
	case answer.StatusCode == http.StatusGone:
		return Result{}, &Refused{why(answer.StatusCode, said)}
	}
	return Result{}, errors.New(why(answer.StatusCode, said))
}

// maxWhy is how much of an answer that is no yes is kept, letters.
const maxWhy = 200

// why is an answer that is no yes: its status, and the first of what it said, which often
// tells more.
func why(status int, said []byte) string {
	words := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(string(said), "")), " "))
	if len(words) == 0 {
		return fmt.Sprintf("HTTP %d", status)
	}
	return fmt.Sprintf("HTTP %d: %s", status, string(words[:min(len(words), maxWhy)]))
}

func (w *webhook) Close() { w.client.CloseIdleConnections() }

// NewNotice is what a gateway is told of a parcel.
func NewNotice(p *Parcel, at time.Time) Notice {
	n := Notice{ID: p.Task, Act: p.Act, At: at, Places: p.Places}
	if p.Stop != nil {
		n.Message, n.Reason = p.Stop.ID, p.Stop.Reason
		return n
	}
	msg, c := p.Message, &p.Message.Current.Content
	n.Message, n.Version, n.Class, n.Drill, n.Event, n.Severity = msg.ID, msg.Current.Number, string(msg.Class), msg.Kind.Drill(), string(c.Event), string(c.Severity)
	n.StartsAt, n.EndsAt, n.Reason = &msg.StartsAt, &msg.EndsAt, msg.EndNote
	for _, t := range c.Texts {
		w := message.Word(msg.Kind, t)
		n.Texts = append(n.Texts, Wording{t.Lang, w.Title, w.Body, w.Advice})
	}
	return n
}
