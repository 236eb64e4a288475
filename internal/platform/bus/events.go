package bus

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const relayBatch = 500

// Relay publishes committed events from the outbox until ctx ends. The row's id is the
// message id, so an event published twice (a crash between publishing and marking) is
// kept once.
func (b *Bus) Relay(ctx context.Context, db *store.DB) {
	var one sync.Mutex // two at once would publish the same events
	failing := false
	relay := func(ctx context.Context) {
		one.Lock()
		defer one.Unlock()
		for {
			n, err := b.relay(ctx, db)
			if ctx.Err() != nil {
				return
			}
			if (err != nil) != failing { // told once, however long it lasts
				if failing = err != nil; failing {
					b.log.Warn("events wait in the outbox", "error", err)
				} else {
					b.nats.forget()
					b.log.Info("events are published again")
				}
			}
			if again := b.mend(ctx, err, db.Clock().Now()); err != nil && !again || err == nil && n < relayBatch {
				return
			}
		}
	}
	var missed sync.WaitGroup
	defer missed.Wait()
	missed.Go(func() { db.Clock().Every(ctx, 2*time.Second, relay) }) // what a wake-up or a broken bus missed
	for {
		select {
		case <-ctx.Done():
			return
		case <-db.OutboxReady():
			relay(ctx)
		}
	}
}

// Outbox is how many events wait to be published, and since when the oldest does; zero
// when none does.
func Outbox(ctx context.Context, db *store.DB) (waiting int64, since time.Time, err error) {
	err = db.QueryRow(ctx, `SELECT count(*), min(created_at) FROM platform_outbox WHERE published_at IS NULL`).Scan(&waiting, store.ScanTime(&since))
	return waiting, since, err
}

func (b *Bus) relay(ctx context.Context, db *store.DB) (int, error) {
	waiting, err := store.Collect(ctx, db, func(r *sql.Rows) (e event.Envelope, err error) {
		var payload string
		err = r.Scan(&e.ID, &e.Name, &e.Aggregate, &e.Version, &payload, &e.At)
		e.Payload = json.RawMessage(payload)
		return e, err
	}, `SELECT id, name, aggregate, version, payload, created_at FROM platform_outbox WHERE published_at IS NULL ORDER BY id LIMIT $1`, relayBatch)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	for _, e := range waiting {
		raw, err := json.Marshal(e)
		if err != nil {
			return 0, err
		}
		_, err = b.js.Publish(ctx, eventSubject+e.Name, raw, jetstream.WithMsgID(e.ID))
		switch {
		case errors.Is(err, nats.ErrMaxPayload):
			// Those behind it would wait for ever. It is marked like the others, so that it is
			// told of once.
			b.log.Error("an event is too long for the bus and reaches nobody", "event", e.Name, "id", e.ID, "aggregate", e.Aggregate, "bytes", len(raw))
		case err != nil:
			return 0, fmt.Errorf("%w: %s: %w", errPublish, e.Name, err)
		}
	}
	return len(waiting), db.Housekeep(ctx, func(tx *store.Tx) error {
		for _, e := range waiting {
			if _, err := tx.Exec(ctx, `UPDATE platform_outbox SET published_at = $1 WHERE id = $2`, tx.Now.UnixMicro(), e.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reaction handles one kind of event within a transaction of its own.
type Reaction struct {
	name     string
	transact func(*store.DB, context.Context, func(*store.Tx) error) error
	run      func(context.Context, *store.Tx, event.Envelope) error
}

// On makes the reaction to events of type E. Like any change of state, one that it makes
// is refused without an audit record.
func On[E event.Event](fn func(ctx context.Context, tx *store.Tx, e E) error) Reaction {
	return reaction((*store.DB).Update, fn)
}

// Project makes the reaction of a projection to events of type E: it only writes down in
// another form what was recorded where it happened, and could be made anew from that.
func Project[E event.Event](fn func(ctx context.Context, tx *store.Tx, e E) error) Reaction {
	return reaction((*store.DB).Housekeep, fn)
}

func reaction[E event.Event](transact func(*store.DB, context.Context, func(*store.Tx) error) error, fn func(context.Context, *store.Tx, E) error) Reaction {
	var zero E
	return Reaction{zero.EventName(), transact, func(ctx context.Context, tx *store.Tx, env event.Envelope) error {
		var e E
		if err := json.Unmarshal(env.Payload, &e); err != nil {
			return fmt.Errorf("bus: decode %s: %w", env.Name, err)
		}
		return fn(ctx, tx, e)
	}}
}

// Consume runs a module's reactions until ctx ends. Every event is handled once: the
// inbox row commits with the reaction. A reaction that fails is tried again, ever less often.
func (b *Bus) Consume(ctx context.Context, db *store.DB, module string, reactions ...Reaction) error {
	byName := map[string]Reaction{}
	config := jetstream.ConsumerConfig{Durable: module, AckPolicy: jetstream.AckExplicitPolicy, AckWait: 30 * time.Second,
		MaxAckPending: 64, MaxDeliver: -1}
	for _, r := range reactions {
		byName[r.name] = r
		config.FilterSubjects = append(config.FilterSubjects, eventSubject+r.name)
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:" + module, Name: module})
	take := func(m jetstream.Msg) { b.take(ctx, db, module, byName, m) }
	for began := false; ; {
		anew := b.flow.reopened()
		running, err := b.consume(ctx, config, take)
		switch {
		case err == nil:
			began = true
		case ctx.Err() != nil:
			return nil
		case !began && b.whole.Load() && !failing(err) && (b.server == nil || b.roomy()):
			return err
		default: // JetStream is not back yet, not whole, or cannot write
			b.log.Warn("events are not handled and will be later", "module", module, "error", err)
			select {
			case <-time.After(5 * time.Second):
			case <-ctx.Done():
				return nil
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-anew: // what it asked of the old one is answered by nobody
		case <-running.Closed():
		}
		running.Stop()
		<-running.Closed()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// failing reports whether JetStream could not do what it was asked, rather than would not: as
// when the disk was full while it wrote.
func failing(err error) bool {
	var said *jetstream.APIError
	return errors.As(err, &said) && said.Code >= http.StatusInternalServerError
}

func (b *Bus) consume(ctx context.Context, config jetstream.ConsumerConfig, take func(jetstream.Msg)) (jetstream.ConsumeContext, error) {
	consumer, err := b.js.CreateOrUpdateConsumer(ctx, eventStream, config)
	if err != nil {
		return nil, fmt.Errorf("bus: consumer %s: %w", config.Durable, err)
	}
	running, err := consumer.Consume(take)
	if err != nil {
		return nil, fmt.Errorf("bus: consume %s: %w", config.Durable, err)
	}
	return running, nil
}

// take handles one message and says to JetStream what came of it.
func (b *Bus) take(ctx context.Context, db *store.DB, module string, reactions map[string]Reaction, m jetstream.Msg) {
	if err := handle(ctx, db, module, reactions, m.Data()); err != nil {
		if ctx.Err() != nil {
			return
		}
		delay := time.Second
		if meta, err := m.Metadata(); err == nil {
			delay = min(time.Duration(meta.NumDelivered)*time.Second, time.Minute)
		}
		b.log.Error("an event could not be handled and will be tried again", "module", module, "subject", m.Subject(), "error", err, "in", delay)
		_ = m.NakWithDelay(delay)
		return
	}
	_ = m.Ack()
}

func handle(ctx context.Context, db *store.DB, module string, reactions map[string]Reaction, raw []byte) error {
	var env event.Envelope
	if err := json.Unmarshal(raw, &env); err != nil {
		return fmt.Errorf("bus: envelope: %w", err)
	}
	reaction, ok := reactions[env.Name]
	if !ok {
		return nil
	}
	return reaction.transact(db, ctx, func(tx *store.Tx) error {
		if first, err := tx.Handle(ctx, module, env.ID); err != nil || !first {
			return err
		}
		return reaction.run(ctx, tx, env)
	})
}

// Sweep forgets events that every consumer has had time to handle.
func Sweep(ctx context.Context, db *store.DB) error {
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM platform_outbox WHERE published_at < $1`, tx.Now.Add(-eventAge).UnixMicro()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM platform_inbox WHERE handled_at < $1`, tx.Now.Add(-2*eventAge).UnixMicro())
		return err
	})
}
