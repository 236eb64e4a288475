package asset

import (
	"context"
	"net"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Frame says which device an authentic frame came from.
type Frame struct {
	DeviceID   string
	Code       ebd.ResourceCode
	RegionPath string
	Session    wire.SessionID
	Counter    uint64
	At         time.Time // when it reached us
}

// Receipt is an authentic receipt.
type Receipt struct {
	Frame
	wire.Receipt
}

// Hello is an authentic hello.
type Hello struct {
	Frame
	wire.Hello
}

// Result is the authentic outcome of a set or test order.
type Result struct {
	Frame
	wire.Result
}

// Admit decides whether a terminal may connect: its code, and a password it made with
// its own key for this connection. A password is good once. Address and port are where it
// connects from.
func (m *Module) Admit(code, password, address string) bool {
	now := m.clock.Now()
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	if len(code) != 23 {
		return m.admission("unknown")
	}
	who, err := m.roster.find(context.Background(), code, now)
	switch {
	case err != nil:
		m.log.Warn("a terminal could not be looked up", "code", code, "error", err)
		return m.admission("unavailable")
	case who == nil:
		return m.admission("unknown")
	case !who.trusted():
		return m.admission("not_enrolled")
	case !who.knock(now, address):
		return m.admission("too_often")
	}
	id, err := wire.OpenToken(password, who.key, who.code, wire.ForConnect, now)
	if err != nil {
		return m.admission("bad_password")
	}
	session, err := wire.NewServerSession(m.terminals.ReceiptKey, who.key, who.code, id)
	if err != nil {
		return m.admission("bad_password")
	}
	who.mu.Lock()
	defer who.mu.Unlock()
	if string(id[:]) <= string(who.admitted[:]) || string(id[:]) < string(who.window.Session[:]) {
		return m.admission("password_reused")
	}
	who.admitted, who.session, who.home, who.excess = id, session, address, 0
	return m.admission("admitted")
}

func (m *Module) admission(outcome string) bool {
	m.connects.WithLabelValues(outcome).Inc()
	return outcome == "admitted"
}

// Online reports whether this process has heard a device within its deadline. It reads
// no database, and is the quicker and stricter answer: after a restart a device is not
// online until it is heard, though the register may still list it as online.
func (m *Module) Online(code ebd.ResourceCode) bool {
	who := m.roster.peek(string(code))
	if who == nil || who.lastFrame.Load() == 0 {
		return false
	}
	silent := m.clock.Now().UnixMicro() - who.lastFrame.Load()
	return silent <= silence*who.period.Load()*int64(time.Second/time.Microsecond)
}

// Receive takes a frame that came up from code. A frame that is not authentic and new
// is counted by its reason and otherwise ignored. Receive is called by one goroutine at
// a time for each device; when the store is slow it waits with receipts and lets
// heartbeats fall, since another comes. False says that the connection is to be ended: the
// device says far too much, and is held back better by how often it may connect; or it may no
// longer speak, which it learns when it connects again.
func (m *Module) Receive(code string, frame []byte) bool {
	outcome := m.receive(code, frame)
	m.frames.WithLabelValues(outcome).Inc()
	return outcome != "flood" && outcome != "not_enrolled"
}

// receive returns what became of the frame: its kind, or why it was refused.
func (m *Module) receive(code string, raw []byte) string {
	now := m.clock.Now()
	who, err := m.roster.find(context.Background(), code, now)
	if err != nil {
		m.log.Warn("a frame's sender could not be looked up", "code", code, "error", err)
		return "unavailable"
	}
	if who == nil {
		return "unknown_device"
	}
	up, refused := m.open(who, raw, now)
	if refused != "" {
		return refused
	}
	from := Frame{who.id, who.code, who.regionPath, up.Session, up.Counter, now}
	switch up.Kind {
	case wire.UpHeartbeat:
		return m.beat(from, who, up.Heartbeat, "heartbeat")
	case wire.UpHello:
		m.hellos.put(Hello{from, *up.Hello})
		return m.beat(from, who, &up.Hello.Heartbeat, "hello")
	case wire.UpReceipt:
		if m.onReceipts != nil {
			m.receipts.put(Receipt{from, *up.Receipt})
		}
		return "receipt"
	default:
		m.results.put(Result{from, *up.Result})
		return "result"
	}
}

// open checks a frame in the order of cost: allowance, session, MAC, counter.
func (m *Module) open(who *identity, raw []byte, now time.Time) (up *wire.Up, refused string) {
	id, ok := wire.SessionOf(raw)
	who.mu.Lock()
	defer who.mu.Unlock()
	switch {
	case !who.hear(now):
		if who.excess > maxExcess {
			return nil, "flood"
		}
		return nil, "too_many"
	case !ok:
		return nil, "bad_frame"
	case !who.trusted():
		return nil, "not_enrolled"
	case string(id[:]) < string(who.window.Session[:]):
		return nil, "old_session"
	case id.Time().After(now.Add(wire.Skew)): // would lock out every honest session until then
		return nil, "future_session"
	}
	session := who.session
	if session == nil || session.ID != id {
		var err error
		if session, err = wire.NewServerSession(m.terminals.ReceiptKey, who.key, who.code, id); err != nil {
			return nil, "bad_mac"
		}
	}
	up, err := session.Open(raw)
	if up == nil {
		return nil, "bad_mac"
	}
	if !who.window.Accept(id, up.Counter) {
		return nil, "replayed"
	}
	who.session = session
	who.lastFrame.Store(now.UnixMicro())
	if err != nil { // authentic, but not a thing we know
		return nil, "bad_payload"
	}
	return up, ""
}

func (m *Module) beat(from Frame, who *identity, h *wire.Heartbeat, kind string) string {
	b := beat{at: from.At, device: who, window: wire.Window{Session: from.Session, Counter: from.Counter}, heartbeat: *h, count: 1}
	if h.Power == wire.Mains {
		b.onMains = 1
	}
	if len(h.Faults) > 0 {
		b.faulty = 1
	}
	if !m.beats.offer(b) {
		return "dropped"
	}
	return kind
}

// passReceipts hands receipts to whoever keeps them, and confirms to the terminals
// those that they repeat until they are confirmed. Nothing is confirmed that was not kept.
func (m *Module) passReceipts(ctx context.Context, batch []Receipt) {
	m.noteRefusals(ctx, batch)
	if err := m.onReceipts(ctx, batch); err != nil {
		m.log.Error("receipts were not kept; the terminals will repeat them", "count", len(batch), "error", err)
		return
	}
	var final []Frame
	for _, r := range batch {
		if r.Phase.Final() {
			final = append(final, r.Frame)
		}
	}
	m.confirm(final)
}

// passHellos sends terminals that have come back what they were told meanwhile, before
// they are sent messages: a setting may decide whether a message is theirs.
func (m *Module) passHellos(ctx context.Context, batch []Hello) {
	ids := make([]string, len(batch))
	for i, h := range batch {
		ids[i] = h.DeviceID
	}
	m.deliver(ctx, ids)
	if m.onHellos == nil {
		return
	}
	if err := m.onHellos(ctx, batch); err != nil {
		m.log.Error("hellos were not answered", "count", len(batch), "error", err)
	}
}

// confirm tells terminals that their frames are stored for good.
func (m *Module) confirm(frames []Frame) {
	type to struct {
		code    ebd.ResourceCode
		session wire.SessionID
	}
	counters := map[to][]uint64{}
	for _, f := range frames {
		counters[to{f.Code, f.Session}] = append(counters[to{f.Code, f.Session}], f.Counter)
	}
	for to, list := range counters {
		who, err := m.roster.find(context.Background(), string(to.code), m.clock.Now())
		if err != nil || who == nil {
			continue
		}
		who.mu.Lock()
		session := who.session
		who.mu.Unlock()
		if session == nil || session.ID != to.session {
			continue // it has reconnected and repeats what it lacks
		}
		frame, err := session.Confirm(list)
		if err != nil {
			m.log.Warn("a confirmation was not made", "code", to.code, "error", err)
			continue
		}
		m.gateway.Send(string(to.code), frame)
	}
}

// Authenticate checks a terminal's proof in an HTTP request: its code, and a token it
// made with its own key for this purpose. Whoever repeats one repeats only the same act.
func (m *Module) Authenticate(ctx context.Context, code, token, purpose string) (*Frame, error) {
	refused := fault.New(fault.Unauthenticated, "asset.device.unproven")
	now := m.clock.Now()
	if len(code) != 23 {
		return nil, refused
	}
	who, err := m.roster.find(ctx, code, now)
	if err != nil {
		return nil, err
	}
	if who == nil || !who.trusted() {
		return nil, refused
	}
	id, err := wire.OpenToken(token, who.key, who.code, purpose, now)
	if err != nil {
		return nil, refused.Because(err)
	}
	return &Frame{who.id, who.code, who.regionPath, id, 0, now}, nil
}
