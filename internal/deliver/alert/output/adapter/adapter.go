// Package adapter is the output to a loudspeaker adapter 大喇叭适配器 by GD/J 089 Annex A: the
// platform connects to the adapter to start and stop broadcasts, and the adapter connects to
// the platform's Door to say what became of them.
package adapter

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
)

// Kind is the kind of these outputs.
const Kind = "adapter"

// Settings are where an adapter is and how it is spoken to.
type Settings struct {
	Address string   `json:"address"` // host:port that takes commands
	Code    string   `json:"code"`    // the adapter's resource code, 23 digits
	Key     string   `json:"key"`     // its SM2 public key, 128 hexadecimal digits; empty: its reports are believed by the code in them
	Respond []string `json:"respond"` // resource codes that must respond; empty: every loudspeaker of the message's places
}

func read(raw json.RawMessage) (s Settings, err error) {
	if err := output.Decode(raw, &s); err != nil {
		return s, err
	}
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil || host == "" || port == "" || port == "0" {
		return s, fault.Bad("settings.address", "alert.adapter.address")
	}
	if _, err := ebd.ParseResourceCode(s.Code); err != nil {
		return s, fault.Bad("settings.code", "alert.head.respond", fault.Args{"code": s.Code})
	}
	for _, code := range s.Respond {
		if _, err := ebd.ParseResourceCode(code); err != nil {
			return s, fault.Bad("settings.respond", "alert.head.respond", fault.Args{"code": code})
		}
	}
	if _, err := s.key(); err != nil {
		return s, fault.Bad("settings.key", "alert.adapter.key")
	}
	return s, nil
}

// key is the adapter's public key; nil without one.
func (s *Settings) key() (*ebd.PublicKey, error) {
	if s.Key == "" {
		return nil, nil
	}
	raw, err := hex.DecodeString(s.Key)
	if err != nil {
		return nil, err
	}
	k, err := ebd.ParsePublicKey(raw)
	return &k, err
}

// Deps are what adapters need of the node.
type Deps struct {
	Clock clock.Clock
	Log   *slog.Logger
	Door  *Door
	// Signing is the key that signs commands.
	Signing func() (*ebd.PrivateKey, *ebd.Certificate)
	Media   string // address under which adapters fetch sounds, "http://host/media/"
	Agency  string // who issues messages
}

// patience is how long a command may take, its answer included.
const patience = 10 * time.Second

// Driver makes outputs to adapters.
func Driver(d Deps) output.Driver {
	return output.Driver{Patience: patience, Everyday: true, Within: []message.Kind{message.HeadEndDrill},
		Check: func(raw json.RawMessage) error {
			_, err := read(raw)
			return err
		},
		Open: func(c output.Config) (output.Output, error) {
			s, err := read(c.Settings)
			if err != nil {
				return nil, err
			}
			key, err := s.key()
			if err != nil {
				return nil, err
			}
			a := &adapter{Deps: d, config: c, settings: s, key: key}
			return a, d.Door.enter(a)
		}}
}

type adapter struct {
	Deps
	config   output.Config
	settings Settings
	key      *ebd.PublicKey
}

// Close lets the adapter's reports in no longer.
func (a *adapter) Close() { a.Door.leave(a) }

// proof is what an adapter said.
type proof struct {
	Started *time.Time `json:"started,omitempty"` // its task began
	Ended   *time.Time `json:"ended,omitempty"`
	Volume  int        `json:"volume,omitempty"`
	Codes   int        `json:"codes,omitempty"` // resources that it says take part
	Signed  bool       `json:"signed"`          // whether its report was signed by its own key
	Said    string     `json:"said,omitempty"`
}

// Carry starts a broadcast at the adapter, or stops it.
func (a *adapter) Carry(ctx context.Context, p *output.Parcel) (output.Result, error) {
	if p.Message != nil && wire.Tuned(p.Message.Current.Content.Relay) {
		return output.Result{State: output.Failed, Proof: proof{}}, nil // it takes streams, and tunes to nothing
	}
	b, err := a.broadcast(p)
	if err != nil {
		return output.Result{}, err
	}
	said, err := a.ask(ctx, b)
	if err != nil {
		return output.Result{}, err
	}
	state := output.Accepted
	if b.Power == speaker.Stop {
		state = output.Done
	}
	return output.Result{State: state, Proof: proof{Said: said}}, nil
}

// broadcast is the command for a parcel.
func (a *adapter) broadcast(p *output.Parcel) (*speaker.Broadcast, error) {
	codes, err := a.targets(p)
	if err != nil {
		return nil, err
	}
	b := &speaker.Broadcast{Power: speaker.Start, Volume: speaker.KeepVolume, Targets: speaker.Targets{Kind: speaker.Logical, Codes: codes}}
	if p.Act == output.Stop {
		b.EBMID, b.Power, b.Event = speaker.EveryMessage, speaker.Stop, "10000" // any event
		b.Start, b.End = speaker.StampOf(p.Stop.At), speaker.StampOf(p.Stop.Until)
		return b, nil
	}
	msg, c := p.Message, &p.Message.Current.Content
	b.EBMID, b.Class, b.Event, b.Level = msg.EBMID, Class(msg), c.Event, c.Severity.EBD()
	b.Start, b.End = speaker.StampOf(msg.StartsAt), speaker.StampOf(msg.EndsAt)
	if p.Act == output.Cancel {
		b.Power = speaker.Stop
		return b, nil
	}
	if c.Volume != nil {
		b.Volume = speaker.Volume(*c.Volume)
	}
	for _, t := range c.Texts {
		w := message.Word(msg.Kind, t)
		b.Texts = append(b.Texts, speaker.Text{Language: map[string]string{"zh": "zho", "en": "eng"}[t.Lang], Charset: speaker.CharsetGB18030,
			Text: strings.TrimSpace(w.Title + "\n" + w.Body + "\n" + w.Advice), Agency: a.Agency})
	}
	if c.Relay != "" {
		b.Auxiliaries = append(b.Auxiliaries, speaker.Auxiliary{Type: speaker.AuxStream, Data: speaker.Raw(Relay(a.Media, c.Relay))})
	}
	for _, s := range c.Sounds {
		b.Auxiliaries = append(b.Auxiliaries, speaker.Auxiliary{Type: speaker.AuxStream, Data: speaker.Raw(a.Media + s.SM3)})
	}
	return b, nil
}

// Relay is where a programme is fetched, by the address under which sounds are.
func Relay(media, source string) string {
	if rest, ours := strings.CutPrefix(source, "/media/"); ours {
		return media + rest
	}
	return source
}

// Class is what GD/J 089 calls a message of its class and kind.
func Class(msg *message.Message) speaker.Class {
	switch {
	case msg.Class == wire.Everyday && !msg.Kind.Drill():
		return speaker.ClassEveryday
	case msg.Kind == message.Real:
		return speaker.ClassEmergency
	case msg.Kind == message.TerminalDrill:
		return speaker.ClassRealDrill
	case msg.Kind == message.HeadEndDrill:
		return speaker.ClassSimulatedDrill
	}
	return speaker.ClassPlatformDrill
}

// most resources that one command names: their number is a byte (Table A.12).
const mostCodes = 255

// targets are who must respond.
func (a *adapter) targets(p *output.Parcel) ([]string, error) {
	if len(a.settings.Respond) > 0 && p.Act != output.Stop {
		return a.settings.Respond, nil
	}
	groups, err := a.config.Groups(p, ebd.TypeLoudspeaker, mostCodes)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nil, &output.Refused{Why: "it names no place that has loudspeakers"}
	}
	codes := make([]string, len(groups))
	for i, code := range groups {
		codes[i] = string(code)
	}
	return codes, nil
}

// ask makes one exchange on a connection of its own.
func (a *adapter) ask(ctx context.Context, b *speaker.Broadcast) (said string, err error) {
	packet := &speaker.Packet{Direction: speaker.Down, Type: speaker.TypeBroadcast, Body: b}
	key, cert := a.Signing()
	if err := packet.Sign(key, cert.Number, a.Clock.Now(), speaker.Standard); err != nil {
		return "", &output.Refused{Why: err.Error()} // it cannot be said in a frame
	}
	raw, err := packet.Encode()
	if err != nil {
		return "", &output.Refused{Why: err.Error()}
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", a.settings.Address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := conn.Write(raw); err != nil {
		return "", err
	}
	answer, err := speaker.NewPacketReader(conn, maxBody).Next()
	if err != nil {
		return "", fmt.Errorf("its answer could not be read: %w", err)
	}
	switch r := answer.Body.(type) {
	case *speaker.BroadcastReply:
		if r.Result != 0 {
			return "", fmt.Errorf("it answered that it failed: %s", r.Description)
		}
		return openweb.Words(r.Description), nil
	case *speaker.Reply: // from devices that answer everything alike
		if r.Code != speaker.CodeDone {
			return "", fmt.Errorf("it answered %d: %s", r.Code, bytes.ToValidUTF8(r.Data, nil))
		}
		return "", nil
	}
	return "", fmt.Errorf("it answered with %v", answer.Type)
}

// heard takes a report of the adapter and gives the answer.
func (a *adapter) heard(ctx context.Context, p *speaker.Packet) *speaker.Packet {
	done := &speaker.Packet{Direction: speaker.Down, Type: speaker.TypeAck, Body: &speaker.Reply{}}
	signed := false
	if a.key != nil {
		if _, signed = p.FindCoverage(*a.key); !signed {
			if a.Door.strangers.Tell("unsigned "+a.config.ID, a.Clock.Now()) {
				a.Log.Warn("alert: a report of an adapter has no good signature", "adapter", a.config.ID, "type", p.Type)
			}
			done.Body = &speaker.Reply{Code: speaker.CodeSignature}
			return done
		}
	}
	now := a.Clock.Now()
	var err error
	switch b := p.Body.(type) {
	case *speaker.Heartbeat:
		err = a.config.Alive(ctx)
	case *speaker.TaskStart:
		done.Type, done.Body = speaker.TypeTaskStartAck, &speaker.TaskStartAck{}
		v := proof{Started: &now, Codes: len(b.Codes), Signed: signed}
		if b.Volume != speaker.KeepVolume {
			v.Volume = int(b.Volume)
		}
		err = a.config.Report(ctx, b.EBMID, output.Playing, v)
	case *speaker.TaskEnd:
		err = a.config.Report(ctx, b.EBMID, output.Done, proof{Ended: &now, Signed: signed})
	case *speaker.Fault:
		a.Log.Warn("alert: an adapter reports a fault", "adapter", a.config.ID, "fault", b.Fault, "says", b.Description)
	}
	if err != nil && !errors.Is(err, context.Canceled) { // it sends it again
		a.Log.Warn("alert: a report of an adapter could not be kept", "adapter", a.config.ID, "error", err)
		done.Type, done.Body = speaker.TypeAck, &speaker.Reply{Code: speaker.CodeUnknown}
	}
	return done
}

// MediaAddress is where adapters fetch sounds, of a node's public address.
func MediaAddress(public string) string {
	u, err := url.Parse(public)
	if err != nil {
		return public
	}
	return u.JoinPath("media").String() + "/"
}
