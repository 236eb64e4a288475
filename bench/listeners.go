package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/mqtt"
)

// listen is the client harness, run as a process of its own: count connections that each
// subscribe to topic, in which %d is the client's number. It says "ready" when all have, and after each round in which every
// client got one message "round" with the time of the first and the last.
func listen(ctx context.Context, addr, topic string, count int, qos byte) error {
	var (
		got         atomic.Int64
		first, last atomic.Int64
		mu          sync.Mutex
		failed      = make(chan error, count)
	)
	gate := make(chan struct{}, 64) // handshakes at a time
	var ready sync.WaitGroup
	for i := range count {
		ready.Add(1)
		gate <- struct{}{}
		go func() {
			conn, err := net.Dial("tcp", addr)
			var c *mqtt.Client
			if err == nil {
				c, err = mqtt.Connect(conn, mqtt.Options{ClientID: fmt.Sprintf("bench-%d", i), Username: "bench", Password: "bench", KeepAlive: 10 * time.Minute, Clock: clock.System{}})
			}
			if err == nil {
				err = c.Subscribe(strings.ReplaceAll(topic, "%d", strconv.Itoa(i)), qos)
			}
			<-gate
			ready.Done()
			if err != nil {
				failed <- err
				return
			}
			failed <- c.Run(func(string, []byte) {
				now := time.Now().UnixMicro()
				first.CompareAndSwap(0, now)
				for old := last.Load(); old < now && !last.CompareAndSwap(old, now); old = last.Load() {
				}
				if got.Add(1)%int64(count) == 0 {
					mu.Lock()
					fmt.Printf("round %d %d\n", first.Swap(0), last.Swap(0))
					mu.Unlock()
				}
			})
		}()
	}
	ready.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	fmt.Println("ready")
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}
