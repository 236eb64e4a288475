package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/mqtt"
)

// mosquitto delivers payload at QoS 1 to so many clients of each of some brokers at the same
// time, rounds times, and returns the time from publishing to the last client's receipt of
// each round.
func mosquitto(ctx context.Context, brokers, clients, rounds int, payload []byte) (took []time.Duration, err error) {
	all := make([]*broker, 0, brokers)
	defer func() {
		for _, b := range all {
			b.stop()
		}
	}()
	for range brokers {
		b, err := startBroker(ctx, clients)
		if err != nil {
			return nil, fmt.Errorf("mosquitto: %w", err)
		}
		all = append(all, b)
	}
	for _, b := range all { // once all are up: a publisher that waits long is cut off
		if err := b.connect(); err != nil {
			return nil, fmt.Errorf("mosquitto: %w", err)
		}
	}
	for range rounds {
		began, last := time.Now(), time.Time{}
		for _, b := range all {
			// A broker delivers at the lower of both ends' QoS, so it is published at 1 too.
			if err := publishQoS1(b.publisher, "alert", payload); err != nil {
				return nil, err
			}
		}
		for _, b := range all {
			line, err := b.clients.line("round", time.Minute)
			if err != nil {
				return nil, err
			}
			at, err := strconv.ParseInt(strings.Fields(line)[1], 10, 64)
			if err != nil {
				return nil, err
			}
			if t := time.UnixMicro(at); t.After(last) {
				last = t
			}
		}
		took = append(took, last.Sub(began))
		time.Sleep(500 * time.Millisecond)
	}
	return took, nil
}

// broker is a mosquitto with its clients and a connection to publish on.
type broker struct {
	dir, addr       string
	server, clients *child
	publisher       net.Conn
}

func startBroker(ctx context.Context, clients int) (b *broker, err error) {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // where Debian puts it, outside a plain user's path
	}
	b = &broker{}
	defer func() {
		if err != nil {
			b.stop()
		}
	}()
	if b.dir, err = os.MkdirTemp("", "bench-mosquitto-"); err != nil {
		return b, err
	}
	addr, err := freePort()
	if err != nil {
		return b, err
	}
	b.addr = addr
	_, port, _ := net.SplitHostPort(addr)
	conf := filepath.Join(b.dir, "mosquitto.conf")
	settings := "listener " + port + " 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\nmax_queued_messages 0\nmax_connections -1\nmax_inflight_messages 0\n"
	if os.Getuid() == 0 {
		settings += "user root\n"
	}
	if err := os.WriteFile(conf, []byte(settings), 0o644); err != nil {
		return b, err
	}
	if b.server, err = start(ctx, program, "-c", conf); err != nil {
		return b, err
	}
	if err := answering(addr, 10*time.Second); err != nil {
		return b, err
	}
	if b.clients, err = start(ctx, os.Args[0], "listen", addr, "alert", strconv.Itoa(clients), "1"); err != nil {
		return b, err
	}
	if _, err := b.clients.line("ready", 5*time.Minute); err != nil {
		return b, err
	}
	return b, nil
}

func (b *broker) connect() (err error) {
	if b.publisher, err = net.Dial("tcp", b.addr); err != nil {
		return err
	}
	if _, err = mqtt.Connect(b.publisher, mqtt.Options{ClientID: "bench-publisher", Clock: clock.System{}}); err != nil {
		return err
	}
	go func() { _, _ = io.Copy(io.Discard, b.publisher) }() // its PUBACKs
	return nil
}

func (b *broker) stop() {
	if b.publisher != nil {
		b.publisher.Close()
	}
	for _, c := range []*child{b.clients, b.server} {
		if c != nil {
			c.stop()
		}
	}
	os.RemoveAll(b.dir)
}

// publishQoS1 writes one PUBLISH packet at QoS 1 (MQTT 3.1.1 §3.3); our own client
// publishes at QoS 0 only.
func publishQoS1(conn net.Conn, topic string, payload []byte) error {
	body := append([]byte{byte(len(topic) >> 8), byte(len(topic))}, topic...)
	body = append(body, 0, 1) // packet identifier
	body = append(body, payload...)
	packet := []byte{0x32}
	for n := len(body); ; {
		b := byte(n & 0x7f)
		if n >>= 7; n > 0 {
			packet = append(packet, b|0x80)
			continue
		}
		packet = append(packet, b)
		break
	}
	_, err := conn.Write(append(packet, body...))
	return err
}
