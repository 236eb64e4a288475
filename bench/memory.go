package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	memoryTerminals = 10_000
	// settle is how long a process is left alone before its memory is read: Go collects
	// at least every two minutes and gives back what it freed.
	settle = 150 * time.Second
)

// memory measures an idle node's memory and start, and then what a connected terminal
// takes, against NATS with its MQTT gateway and nothing else, embedded in a process in the
// same way and idle at the same time.
func memory(ctx context.Context) ([]measure, error) {
	c, err := newCity(ctx, memoryTerminals, "")
	if err != nil {
		return nil, err
	}
	defer c.remove()
	node, ready, err := c.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer node.stop()
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	nats, err := start(ctx, os.Args[0], "nats", addr)
	if err != nil {
		return nil, err
	}
	defer nats.stop()
	if err := answering(addr, 20*time.Second); err != nil {
		return nil, err
	}
	natsReady := time.Since(began)
	idle, err := settled(ctx, node, nats)
	if err != nil {
		return nil, err
	}
	clients, err := start(ctx, os.Args[0], "listen", addr, "t/%d/down", strconv.Itoa(memoryTerminals), "0")
	if err != nil {
		return nil, err
	}
	defer clients.stop()
	if _, err := clients.line("ready", 3*time.Minute); err != nil {
		return nil, err
	}
	terminals, err := c.simulate(ctx, memoryTerminals)
	if err != nil {
		return nil, err
	}
	defer terminals.stop()
	full, err := settled(ctx, node, nats)
	if err != nil {
		return nil, err
	}
	mib := func(b int64) string { return fmt.Sprintf("%.1f MB", float64(b)/1e6) }
	each := func(i int) float64 { return float64(full[i]-idle[i]) / memoryTerminals / 1e3 }
	return []measure{
		{what: fmt.Sprintf("Second start → ready, sample city of %d registered loudspeakers; peer: embedded NATS alone", memoryTerminals),
			ours: ready.Round(time.Millisecond).String(), peer: natsReady.Round(time.Millisecond).String(), ratio: ratio(float64(ready), float64(natsReady)), aim: "≤ 1 s"},
		{what: fmt.Sprintf("Resident memory, idle for %s, nobody connected; peer: embedded NATS alone", settle),
			ours: mib(idle[0]), peer: mib(idle[1]), ratio: ratio(float64(idle[0]), float64(idle[1])), aim: "≤ 40 MB"},
		{what: fmt.Sprintf("Resident memory that each of %d connected terminals adds, after %s; peer: embedded NATS with as many connections", memoryTerminals, settle),
			ours: fmt.Sprintf("%.1f kB", each(0)), peer: fmt.Sprintf("%.1f kB", each(1)), ratio: ratio(each(0), each(1)), aim: "≤ 1.2"},
	}, nil
}

// settled waits and reads the memory of processes.
func settled(ctx context.Context, of ...*child) ([]int64, error) {
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var list []int64
	for _, c := range of {
		n, err := c.resident()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

func ratio(ours, peer float64) string { return fmt.Sprintf("%.2f", ours/peer) }

// plainNATS serves MQTT at an address until ctx ends, with the same options as the
// platform's bus where they concern connections.
func plainNATS(ctx context.Context, args []string) error {
	host, text, err := net.SplitHostPort(args[0])
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-nats-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := server.NewServer(&server.Options{ServerName: "peer", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: dir,
		JetStreamLimits: server.JSLimitOpts{DefaultMaxConsumers: -1}, MQTT: server.MQTTOpts{Host: host, Port: port}})
	if err != nil {
		return err
	}
	go s.Start()
	<-ctx.Done()
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}
