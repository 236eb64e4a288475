package bus

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

// DownSubject carries frames to one terminal; its MQTT topic is "t/<code>/down".
func DownSubject(code string) string { return "t." + code + ".down" }

// UpSubject carries frames from one terminal; its MQTT topic is "t/<code>/up".
func UpSubject(code string) string { return "t." + code + ".up" }

// Send gives a frame to a terminal at QoS 0: whether it arrived is told by its receipt.
func (b *Bus) Send(code string, frame []byte) error {
	return b.conn.Publish(DownSubject(code), frame)
}

// Flush waits until everything sent has left this process for the gateway.
func (b *Bus) Flush() error { return b.conn.Flush() }

// Serve lets terminals in: admit decides by a terminal's resource code and the password
// it made with its own key, and every frame from one goes to receive, in the order each
// terminal sent them. Among several processes on one cluster each frame goes to one; an
// external cluster admits terminals by its own means.
func (b *Bus) Serve(admit func(code, password string) bool, receive func(code string, frame []byte)) (stop func(), err error) {
	sub, err := b.conn.QueueSubscribe("t.*.up", "platform", func(m *nats.Msg) {
		code := strings.TrimSuffix(strings.TrimPrefix(m.Subject, "t."), ".up")
		receive(code, m.Data)
	})
	if err != nil {
		return nil, fmt.Errorf("bus: serve: %w", err)
	}
	// A whole city answers at once: hold its receipts rather than drop them.
	if err := sub.SetPendingLimits(2_000_000, 1<<30); err != nil {
		return nil, fmt.Errorf("bus: serve: %w", err)
	}
	if err := b.conn.Flush(); err != nil { // from here on nothing said is lost
		return nil, fmt.Errorf("bus: serve: %w", err)
	}
	b.gate.open(admit)
	return func() { _ = sub.Unsubscribe() }, nil
}

// Broadcast tells every process of this site something; nothing is kept.
func (b *Bus) Broadcast(subject string, raw []byte) error { return b.conn.Publish(subject, raw) }

// Listen hears what Broadcast tells.
func (b *Bus) Listen(subject string, fn func(raw []byte)) (stop func(), err error) {
	sub, err := b.conn.Subscribe(subject, func(m *nats.Msg) { fn(m.Data) })
	if err != nil {
		return nil, fmt.Errorf("bus: listen %s: %w", subject, err)
	}
	return func() { _ = sub.Unsubscribe() }, nil
}
