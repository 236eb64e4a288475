package app

import (
	"context"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/link"
)

// measure says what operators see of this node beside its requests.
func (a *App) measure() {
	a.metrics.Gauge("terminals_connected", "Terminals connected to this process.", func() float64 { return float64(a.gateway.Connections()) })
	a.metrics.Gauge("http_connections", "Web connections that are open.", func() float64 { return float64(a.conns.Open()) })
	a.metrics.Gauge("links_joined", "Nodes of other levels that this one is joined to.", func() float64 { return float64(len(a.links.Joined())) })
	a.metrics.Gauge("links_cut", "Nodes of other levels that do not answer.", func() float64 { return float64(a.cut()) })
	a.metrics.Gauge("links_behind", "Messages, receipts and deliveries of other nodes that are known to be missing here.", func() float64 { return float64(a.behind()) })
	a.metrics.Gauge("outbox_events", "Events that wait to be published.", func() float64 {
		waiting, _ := a.outbox()
		return waiting
	})
	a.metrics.Gauge("outbox_age_seconds", "How long the oldest event has waited to be published.", func() float64 {
		_, age := a.outbox()
		return age
	})
}

// cut is how many nodes have not answered of late.
func (a *App) cut() (n int) {
	for _, node := range a.links.Joined() {
		if seen, ok := a.links.Look(node.Site); !ok || a.clock.Now().Sub(seen.Heard) > link.CutAfter {
			n++
		}
	}
	return n
}

// behind is what other nodes hold that is not here yet.
func (a *App) behind() (n int64) {
	for _, node := range a.links.Joined() {
		for _, s := range a.alerts.Streams(node.Site) {
			n += s.Behind
		}
	}
	return n
}

// outbox is what waits there and for how many seconds; -1 where the database does not say.
func (a *App) outbox() (waiting, age float64) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	n, since, err := bus.Outbox(ctx, a.db)
	switch {
	case err != nil:
		return -1, -1
	case since.IsZero():
		return 0, 0
	}
	return float64(n), a.clock.Now().Sub(since).Seconds()
}

func (a *App) databaseAnswers(ctx context.Context) error {
	var one int
	return a.db.QueryRow(ctx, "SELECT 1").Scan(&one)
}

func (a *App) busAnswers(context.Context) error {
	if !a.bus.Healthy() {
		return errors.New("the bus is not connected")
	}
	return nil
}

// eventsFlow fails while what modules tell each other waits in the outbox.
func (a *App) eventsFlow(context.Context) error {
	if !a.bus.Stalled().IsZero() {
		return errors.New("events cannot be published")
	}
	return nil
}

// diskHasRoom fails while what is kept is kept in the reserve.
func (a *App) diskHasRoom(context.Context) error {
	if a.db.Short() {
		return errors.New("the disk is full")
	}
	return nil
}
