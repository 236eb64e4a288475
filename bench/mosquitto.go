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

// mosquitto delivers payload at QoS 1 to count clients, rounds times, and returns the time
// from publishing to the last client's receipt of each round.
func mosquitto(ctx context.Context, count, rounds int, payload []byte) ([]time.Duration, error) {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // where Debian puts it, outside a plain user's path
	}
	dir, err := os.MkdirTemp("", "bench-mosquitto-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(addr)
	conf := filepath.Join(dir, "mosquitto.conf")
	settings := "listener " + port + " 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\nmax_queued_messages 0\nmax_connections -1\nmax_inflight_messages 0\n"
	if os.Getuid() == 0 {
		settings += "user root\n"
	}
	if err := os.WriteFile(conf, []byte(settings), 0o644); err != nil {
		return nil, err
	}
	broker, err := start(ctx, program, "-c", conf)
	if err != nil {
		return nil, fmt.Errorf("mosquitto: %w", err)
	}
	defer broker.stop()
	if err := answering(addr, 10*time.Second); err != nil {
		return nil, fmt.Errorf("mosquitto: %w", err)
	}
	clients, err := start(ctx, os.Args[0], "listen", addr, "alert", strconv.Itoa(count), "1")
	if err != nil {
		return nil, err
	}
	defer clients.stop()
	if _, err := clients.line("ready", 3*time.Minute); err != nil {
		return nil, err
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	publisher, err := mqtt.Connect(conn, mqtt.Options{ClientID: "bench-publisher", Clock: clock.System{}})
	if err != nil {
		return nil, err
	}
	defer publisher.Close()
	go func() { _, _ = io.Copy(io.Discard, conn) }() // its PUBACKs
	var took []time.Duration
	for range rounds {
		began := time.Now()
		// A broker delivers at the lower of both ends' QoS, so it is published at 1 too.
		if err := publishQoS1(conn, "alert", payload); err != nil {
			return nil, err
		}
		line, err := clients.line("round", time.Minute)
		if err != nil {
			return nil, err
		}
		last, err := strconv.ParseInt(strings.Fields(line)[1], 10, 64)
		if err != nil {
			return nil, err
		}
		took = append(took, time.UnixMicro(last).Sub(began))
		time.Sleep(500 * time.Millisecond)
	}
	return took, nil
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
