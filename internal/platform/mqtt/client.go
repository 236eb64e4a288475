package mqtt

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// Options describe one connection.
type Options struct {
	ClientID  string
	Username  string
	Password  string
	KeepAlive time.Duration // whole seconds, at most 18 h; 0 means 60 s
	MaxPacket int           // longest packet accepted, bytes; 0 means 128 KiB
	Clock     clock.Clock
}

// RefusedError is a CONNACK that says no (§3.2.2.3).
type RefusedError struct{ Code byte }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("mqtt: connection refused, code %d", e.Code)
}

// Client is one open connection. Publish and Close may be called from anywhere; Run
// from one goroutine only.
type Client struct {
	conn net.Conn
	in   *bufio.Reader
	o    Options

	mu   sync.Mutex // guards writes and sent
	sent time.Time

	early []publication // publications that came before their SUBACK
}

// Connect opens a clean session over conn and waits for the broker's answer. On any
// error conn is closed.
func Connect(conn net.Conn, o Options) (*Client, error) {
	if o.KeepAlive == 0 {
		o.KeepAlive = time.Minute
	}
	if o.MaxPacket == 0 {
		o.MaxPacket = maxPacket
	}
	c := &Client{conn: conn, in: bufio.NewReaderSize(conn, readAhead), o: o}
	body := append(str(nil, "MQTT"), 4, 0b1100_0010) // user name, password, clean session
	body = binary.BigEndian.AppendUint16(body, uint16(o.KeepAlive/time.Second))
	body = str(str(str(body, o.ClientID), o.Username), o.Password)
	err := c.write(connect, body)
	if err == nil {
		err = c.awaitConnack()
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) awaitConnack() error {
	c.deadline(writeTimeout)
	kind, body, err := c.read()
	if err != nil {
		return err
	}
	if kind != connack || len(body) != 2 {
		return ErrProtocol
	}
	if body[1] != 0 {
		return &RefusedError{body[1]}
	}
	return nil
}

// Subscribe asks for a topic at qos 0 or 1 and waits for the answer. Call it before
// Run.
func (c *Client) Subscribe(topic string, qos byte) error {
	if err := c.write(subscribe, append(str([]byte{0, 1}, topic), qos)); err != nil {
		return err
	}
	for {
		c.deadline(writeTimeout)
		kind, body, err := c.read()
		switch {
		case err != nil:
			return err
		case kind == suback && len(body) == 3:
			if body[2] == 0x80 {
				return fmt.Errorf("mqtt: subscription to %s refused", topic)
			}
			return nil
		case kind&0xF0 == publish:
			m, err := c.publication(kind, body)
			if err != nil {
				return err
			}
			c.early = append(c.early, m)
		default:
			return ErrProtocol
		}
	}
}

// Run hands every publication to handle, keeps the connection alive, and returns the
// error that ended it. The payload belongs to handle.
func (c *Client) Run(handle func(topic string, payload []byte)) error {
	defer c.conn.Close()
	for _, m := range c.early {
		handle(m.topic, m.payload)
	}
	c.early = nil
	waiting := false // for a PINGRESP
	for {
		c.deadline(c.o.KeepAlive / 2)
		kind, body, err := c.read()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !waiting:
			waiting = true
			if err := c.write(pingreq); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		case kind&0xF0 == publish:
			m, err := c.publication(kind, body)
			if err != nil {
				return err
			}
			handle(m.topic, m.payload)
		case kind == pingresp && len(body) == 0:
		default:
			return ErrProtocol
		}
		waiting = false
		if c.silent() > c.o.KeepAlive/2 { // much comes in, but the broker has not heard from us
			if err := c.write(pingreq); err != nil {
				return err
			}
		}
	}
}

// publication takes a PUBLISH apart and acknowledges QoS 1.
func (c *Client) publication(kind byte, body []byte) (publication, error) {
	p, err := readPublication(kind, body)
	if err == nil && len(p.id) > 0 {
		err = c.write(puback, p.id)
	}
	return p, err
}

// Publish sends at QoS 0: an error means that the connection is gone, no error only
// that the bytes are on their way.
func (c *Client) Publish(topic string, payload []byte) error {
	return c.write(publish, str(nil, topic), payload)
}

// Close says goodbye and closes the connection; Run then returns.
func (c *Client) Close() error {
	_ = c.write(disconnect)
	return c.conn.Close()
}

func (c *Client) write(kind byte, body ...[]byte) error {
	p := packet(kind, body...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = c.o.Clock.Now()
	if err := c.conn.SetWriteDeadline(c.sent.Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(p)
	return err
}

// silent is how long nothing was sent; a clock that was set back counts as long.
func (c *Client) silent() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.o.Clock.Now().Sub(c.sent); d >= 0 {
		return d
	}
	return c.o.KeepAlive
}

func (c *Client) deadline(d time.Duration) {
	_ = c.conn.SetReadDeadline(c.o.Clock.Now().Add(d)) // an unusable conn fails in read
}

// read takes one packet off the connection. Only the wait for its first byte may time
// out without harm.
func (c *Client) read() (kind byte, body []byte, err error) {
	return read(c.in, c.o.MaxPacket, func() { c.deadline(writeTimeout) })
}
