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
	sampleCity    = 2000 // as make run makes it
	terminalCount = 10_000
	// settle is how long a process is left alone before its memory is read: Go collects
	// at least every two minutes and gives back what it freed.
	settle = 150 * time.Second
)

// idle measures a node's second start and its memory with the sample city of make run and
// nobody connected, against NATS embedded in a process in the same way.
func idle(ctx context.Context) ([]measure, error) {
	c, err := newCity(ctx, sampleCity, "")
	if err != nil {
		return nil, err
	}
	defer c.remove()
	node, ready, err := c.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer node.stop()
	nats, _, natsReady, err := startNATS(ctx)
	if err != nil {
		return nil, err
	}
	defer nats.stop()
	used, err := settled(ctx, node, nats)
	if err != nil {
		return nil, err
	}
	ours, theirs := used[0], used[1]
	return []measure{
		{what: fmt.Sprintf("Second start → ready, sample city with %d registered loudspeakers; peer: embedded NATS alone", sampleCity),
			ours: ready.Round(time.Millisecond).String(), peer: natsReady.Round(time.Millisecond).String(), ratio: ratio(float64(ready), float64(natsReady)), aim: "≤ 1 s"},
		{what: fmt.Sprintf("Resident memory of the same, idle for %s, nobody connected; in brackets what is not a page of the program's file", settle),
			ours: ours.String(), peer: theirs.String(), ratio: ratio(float64(ours.resident), float64(theirs.resident)), aim: "≤ 40 MB"},
	}, nil
}

// terminals measures what a connected terminal takes, against NATS with its MQTT gateway
// and as many connections, idle at the same time; and then the fan-out to all of them.
func terminals(ctx context.Context) ([]measure, error) {
	c, err := openCity(ctx, terminalCount, "")
	if err != nil {
		return nil, err
	}
	defer c.remove()
	enrolling, err := c.simulate(ctx, terminalCount)
	if err != nil {
		return nil, err
	}
	enrolling.stop()
	kept, err := memory(ctx, c)
	if err != nil {
		return nil, err
	}
	fanned, err := fanout(ctx, c)
	return append(kept, fanned...), err
}

func memory(ctx context.Context, c *city) ([]measure, error) {
	node, _, err := c.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer node.stop()
	nats, addr, _, err := startNATS(ctx)
	if err != nil {
		return nil, err
	}
	defer nats.stop()
	before, err := settled(ctx, node, nats)
	if err != nil {
		return nil, err
	}
	clients, err := start(ctx, os.Args[0], "listen", addr, "t/%d/down", strconv.Itoa(terminalCount), "0")
	if err != nil {
		return nil, err
	}
	defer clients.stop()
	if _, err := clients.line("ready", 5*time.Minute); err != nil {
		return nil, err
	}
	began := time.Now()
	connected, err := c.simulate(ctx, terminalCount)
	if err != nil {
		return nil, err
	}
	defer connected.stop()
	all := time.Since(began)
	after, err := settled(ctx, node, nats)
	if err != nil {
		return nil, err
	}
	each := func(i int) float64 { return float64(after[i].resident-before[i].resident) / terminalCount / 1e3 }
	return []measure{
		{what: fmt.Sprintf("Resident memory that each of %d connected terminals adds, after %s; peer: embedded NATS with as many connections", terminalCount, settle),
			ours: fmt.Sprintf("%.1f kB", each(0)), peer: fmt.Sprintf("%.1f kB", each(1)), ratio: ratio(each(0), each(1)), aim: "≤ 1.2"},
		{what: fmt.Sprintf("From the simulator's start until all %d terminals are on line again after a restart of the node", terminalCount),
			ours: all.Round(100 * time.Millisecond).String()},
	}, nil
}

// startNATS starts the peer and returns its MQTT address and how long it took to answer.
func startNATS(ctx context.Context) (nats *child, addr string, ready time.Duration, err error) {
	if addr, err = freePort(); err != nil {
		return nil, "", 0, err
	}
	began := time.Now()
	if nats, err = start(ctx, os.Args[0], "nats", addr); err != nil {
		return nil, "", 0, err
	}
	if err = answering(addr, 20*time.Second); err != nil {
		nats.stop()
	}
	return nats, addr, time.Since(began), err
}

// settled waits and reads the memory of processes.
func settled(ctx context.Context, of ...*child) ([]usage, error) {
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var list []usage
	for _, c := range of {
		n, err := c.memory()
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
