package duty

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Call is what an authenticated caller said.
type Call struct {
	Gateway  string // id
	Name     string // of the gateway
	Ref      string // of the call at the gateway
	Caller   *auth.Principal
	Event    string
	Severity message.Severity
	Region   string // code of 12 digits
	Drill    bool
	At       time.Time
	Sound    []byte
}

// Dialled is what a gateway says of a call: the JSON of the header X-Tongsheng-Call.
type Dialled struct {
	Call   string `json:"call"`            // the gateway's own id of the call, each once
	Caller string `json:"caller"`          // number of the caller
	PIN    string `json:"pin"`             // as keyed in
	Event  string `json:"event"`           // five digits of GB/T 35561
	Level  int    `json:"level"`           // 1 red to 4 blue
	Region string `json:"region"`          // 6, 9 or 12 digits
	Drill  bool   `json:"drill,omitempty"` // a drill heard at terminals
}

// CallHeader carries Dialled. The signature is "sha256=" and the hexadecimal HMAC-SHA-256, under
// the gateway's secret, of the timestamp, a dot, the header's value, a dot and the body.
const (
	CallHeader    = "X-Tongsheng-Call"
	GatewayHeader = "X-Tongsheng-Gateway"
)

// SignCall is the value of the signature header of a call.
func SignCall(secret []byte, timestamp, call string, sound []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "." + call + "."))
	mac.Write(sound)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// How long a signature stands, and what wrong PINs cost.
const (
	callLife  = 5 * time.Minute
	freePINs  = 3
	firstLock = 5 * time.Minute
	longLock  = 24 * time.Hour
)

var levels = []message.Severity{message.Red, message.Orange, message.Yellow, message.Blue}

// TakeCall takes in a call from a gateway. The same call twice is one arrival; which is what a
// replayed request comes to as well.
func (d *Desk) TakeCall(ctx context.Context, gatewayID, timestamp, signature, header string, sound []byte) (message.Outcome, error) {
	g, err := readGateway(ctx, d.DB, gatewayID)
	if err != nil {
		return message.Outcome{}, err
	}
	if g == nil || g.Kind != phoneGateway {
		return message.Outcome{}, fault.New(fault.Unauthenticated, "alert.phone.gateway")
	}
	secret, err := d.Sealer.Open(g.Secret, "duty-gateway:"+g.ID)
	if err != nil {
		return message.Outcome{}, err
	}
	at, err := strconv.ParseInt(timestamp, 10, 64)
	now := d.Clock.Now()
	if err != nil || time.Unix(at, 0).Before(now.Add(-callLife)) || time.Unix(at, 0).After(now.Add(callLife)) ||
		!hmac.Equal([]byte(SignCall(secret, timestamp, header, sound)), []byte(signature)) {
		return message.Outcome{}, fault.New(fault.Unauthenticated, "alert.phone.gateway")
	}
	var said Dialled
	in := json.NewDecoder(strings.NewReader(header))
	in.DisallowUnknownFields()
	if err := in.Decode(&said); err != nil {
		return message.Outcome{}, fault.Bad("header.X-Tongsheng-Call", "alert.phone.header")
	}
	call, err := said.call(g, now, sound)
	if err != nil {
		return message.Outcome{}, err
	}
	ctx = auth.As(ctx, auth.Actor{ID: "phone:" + g.ID, Name: g.Name, Request: auth.Who(ctx).Request, Address: auth.Who(ctx).Address})
	if call.Caller, err = d.caller(ctx, g, &said); err != nil {
		return message.Outcome{}, err
	}
	out, err := d.Alerts.Call(auth.With(ctx, call.Caller), call)
	if err == nil {
		err = d.DB.Housekeep(ctx, func(tx *store.Tx) error { return noteGateway(ctx, tx, g.ID, "") })
	}
	return out, err
}

// call checks what was dialled.
func (s *Dialled) call(g *gateway, now time.Time, sound []byte) (Call, error) {
	var list fault.List
	c := Call{Gateway: g.ID, Name: g.Name, Ref: s.Call, Event: s.Event, Drill: s.Drill, At: now, Sound: sound}
	if s.Call == "" || len(s.Call) > 100 {
		list.Add(fault.Bad("call", "alert.phone.call"))
	}
	if s.Level < 1 || s.Level > len(levels) {
		list.Add(fault.Bad("level", "alert.phone.level"))
	} else {
		c.Severity = levels[s.Level-1]
	}
	switch n := len(s.Region); {
	case strings.Trim(s.Region, "0123456789") != "" || n != 6 && n != 9 && n != 12:
		list.Add(fault.Bad("region", "alert.phone.region"))
	default:
		c.Region = s.Region + strings.Repeat("0", 12-n)
	}
	if !bytes.HasPrefix(sound, []byte("RIFF")) && !bytes.HasPrefix(sound, []byte("ID3")) && !(len(sound) > 2 && sound[0] == 0xFF && sound[1]&0xE0 == 0xE0) {
		list.Add(fault.Bad("body", "alert.phone.sound"))
	}
	return c, list.OrNil()
}

// caller is the person whose number called and whose PIN was keyed in. Wrong ones lock the number
// for longer and longer; a caller whom nobody knows is refused in the same words.
func (d *Desk) caller(ctx context.Context, g *gateway, said *Dialled) (*auth.Principal, error) {
	c, err := contactByNumber(ctx, d.DB, plainNumber(said.Caller))
	if err != nil {
		return nil, err
	}
	now := d.Clock.Now()
	right := false
	if c != nil && c.PIN != "" && !c.LockedUntil.After(now) {
		if right, err = d.Staff.SecretIs(ctx, said.PIN, c.PIN); err != nil {
			return nil, err
		}
	}
	var who *auth.Principal
	if right {
		if who, err = d.Staff.Principal(ctx, c.Person); err != nil {
			return nil, err
		}
	}
	if who != nil {
		if c.Failures > 0 {
			err = d.DB.Housekeep(ctx, func(tx *store.Tx) error { return setFailures(ctx, tx, c.Person, 0, time.Time{}) })
		}
		return who, err
	}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if c, err = contactByNumber(ctx, tx, plainNumber(said.Caller)); err != nil { // other calls may have failed meanwhile
			return err
		}
		if c != nil && !c.LockedUntil.After(now) {
			failures, until := c.Failures+1, time.Time{}
			if over := failures - freePINs; over >= 0 {
				until = tx.Now.Add(min(firstLock<<min(over, 10), longLock))
			}
			if err := setFailures(ctx, tx, c.Person, failures, until); err != nil {
				return err
			}
		}
		if err := d.Record(ctx, tx, Entry{RegionPath: g.RegionPath, Kind: "call_refused", Args: map[string]any{"number": shownNumber(said.Caller), "gateway": g.Name}}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.call_refused", Object: "alert-duty-gateway:" + g.ID, RegionPath: g.RegionPath,
			Detail: map[string]any{"number": shownNumber(said.Caller), "call": shownNumber(said.Call)}})
	})
	if err == nil {
		err = fault.New(fault.Forbidden, "alert.phone.pin")
	}
	return nil, err
}

// plainNumber is a number without what people put between its digits.
func plainNumber(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, text)
}

// shownNumber keeps what a gateway sent from coming back at length.
func shownNumber(text string) string {
	if text = strings.ToValidUTF8(text, ""); len([]rune(text)) > 40 {
		return string([]rune(text)[:40])
	}
	return text
}

// SetPIN keeps the asker's own PIN.
func (d *Desk) SetPIN(ctx context.Context, pin string) error {
	if err := auth.RequireFresh(ctx, d.Clock.Now(), freshFor); err != nil {
		return err
	}
	if len(pin) < 6 || len(pin) > 12 || strings.Trim(pin, "0123456789") != "" || simple(pin) {
		return fault.Bad("pin", "alert.duty.pin_form")
	}
	hash, err := d.Staff.HashSecret(ctx, pin)
	if err != nil {
		return err
	}
	me := person(ctx)
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		if err := setPIN(ctx, tx, me.ID, hash); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.pin", Object: "account:" + me.ID})
	})
}

// simple reports whether a PIN is one digit repeated, or digits in a row.
func simple(pin string) bool {
	return strings.Trim(pin, pin[:1]) == "" || strings.Contains("0123456789012", pin) || strings.Contains("9876543210987", pin)
}
