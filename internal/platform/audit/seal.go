package audit

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// SealEvery is how soon after its commit a record is in the chain, at the latest.
const SealEvery = 500 * time.Millisecond

const (
	sealBatch = 1000
	maxLost   = 3 // races with other sealers in a row that nobody need hear of
)

// genesis is the hash before the first record.
var genesis = hash("", []byte("tongsheng audit chain 1"))

// hash links a record to the one before it: SM3(previous hash ‖ record), in hex.
func hash(previous string, record []byte) string {
	h := sm3.New()
	h.Write([]byte(previous))
	h.Write(record)
	return hex.EncodeToString(h.Sum(nil))
}

// canonical is the form of a record that is hashed: all of it but its seal.
func canonical(r Record) []byte {
	r.Sealed = false
	r.At = r.At.UTC()
	raw, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings, a time and valid JSON always encode
	}
	return raw
}

// Seal links every committed record that is not yet in the chain and returns how many.
// Two sealers cannot both win: the sequence number is unique.
func Seal(ctx context.Context, db *store.DB) (int, error) {
	sealed := 0
	for {
		n := 0
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			n = 0
			records, err := store.Collect(ctx, tx, scan,
				`SELECT `+columns+` FROM platform_audit WHERE NOT sealed ORDER BY id LIMIT $1`, sealBatch)
			if err != nil || len(records) == 0 {
				return err
			}
			seq, head, err := head(ctx, tx)
			if err != nil {
				return err
			}
			insert, err := tx.Prepare(ctx, `INSERT INTO platform_audit_seal (seq, record_id, hash, sealed_at) VALUES ($1, $2, $3, $4)`)
			if err != nil {
				return err
			}
			mark, err := tx.Prepare(ctx, `UPDATE platform_audit SET sealed = true WHERE id = $1`)
			if err != nil {
				return err
			}
			for _, r := range records {
				seq, head = seq+1, hash(head, canonical(r))
				if _, err := insert.ExecContext(ctx, seq, r.ID, head, tx.Now.UnixMicro()); err != nil {
					return err
				}
				if _, err := mark.ExecContext(ctx, r.ID); err != nil {
					return err
				}
			}
			n = len(records)
			return nil
		})
		if err != nil {
			return sealed, fmt.Errorf("audit: seal: %w", err)
		}
		sealed += n
		if n < sealBatch {
			return sealed, nil
		}
	}
}

func head(ctx context.Context, q store.Queryer) (seq int64, head string, err error) {
	err = q.QueryRow(ctx, `SELECT seq, hash FROM platform_audit_seal ORDER BY seq DESC LIMIT 1`).Scan(&seq, &head)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, genesis, nil
	}
	return seq, head, err
}

// Sealer seals until ctx ends, soon after each commit and at least every SealEvery. A
// commit is told once, so what a failed attempt left is remembered here.
func Sealer(ctx context.Context, db *store.DB, log *slog.Logger) {
	pending, lost := true, 0
	seal := func(ctx context.Context) {
		_, err := Seal(ctx, db)
		pending = err != nil
		if lost++; !store.Taken(err) {
			lost = 0
		}
		// A number that was taken means that another process's sealer was faster; taken
		// again and again, it is no race.
		if pending && (lost == 0 || lost > maxLost) && ctx.Err() == nil {
			log.Error("the audit chain could not be extended", "error", err)
		}
	}
	seal(ctx)
	// Waking on the clock alone gathers the commits of half a second into one batch.
	db.Clock().Every(ctx, SealEvery, func(ctx context.Context) {
		select {
		case <-db.Commits():
			pending = true
		default:
		}
		if pending {
			seal(ctx)
		}
	})
	// What was committed while stopping is sealed too.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	seal(last)
}

// Verdict is what Verify found.
type Verdict struct {
	Records  int64     `json:"records"`  // sealed records walked
	Unsealed int64     `json:"unsealed"` // records still waiting for their seal
	Head     string    `json:"head"`     // hash of the last sealed record
	SealedAt time.Time `json:"sealedAt"`
	Broken   []Break   `json:"broken"` // empty when the chain holds
}

// Break is one place where the chain does not hold.
type Break struct {
	Seq    int64  `json:"seq"`
	Record string `json:"record"`
	Reason string `json:"reason"` // "altered", "missing", "gap", "unsealed", "unmarked", "head"
}

// Verify walks the chain from its beginning. A head noted earlier (on paper, in another
// system) may be given; a chain cut off at its end is then found too. At most 100 breaks
// are named.
func Verify(ctx context.Context, db *store.DB, notedHead string) (Verdict, error) {
	v := Verdict{Head: genesis, Broken: []Break{}}
	found := notedHead == ""
	next := int64(1)
	add := func(b Break) {
		if len(v.Broken) < 100 {
			v.Broken = append(v.Broken, b)
		}
	}
	rows, err := db.Query(ctx, `SELECT s.seq, s.record_id, s.hash, s.sealed_at, a.id IS NOT NULL,
			coalesce(a.id, ''), a.at, coalesce(a.actor, ''), coalesce(a.actor_name, ''), coalesce(a.action, ''), coalesce(a.object, ''),
			coalesce(a.region_path, ''), coalesce(a.detail, '{}'), coalesce(a.request, ''), coalesce(a.address, ''), coalesce(a.sealed, false)
		FROM platform_audit_seal s LEFT JOIN platform_audit a ON a.id = s.record_id ORDER BY s.seq`)
	if err != nil {
		return v, err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			seq          int64
			id, sealHash string
			present      bool
			detail       string
			r            Record
		)
		if err := rows.Scan(&seq, &id, &sealHash, store.ScanTime(&v.SealedAt), &present, &r.ID, store.ScanTime(&r.At), &r.Actor,
			&r.ActorName, &r.Action, &r.Object, &r.RegionPath, &detail, &r.Request, &r.Address, &r.Sealed); err != nil {
			return v, err
		}
		r.Detail = json.RawMessage(detail)
		v.Records++
		switch {
		case seq != next:
			add(Break{seq, id, "gap"})
		case !present:
			add(Break{seq, id, "missing"})
		case hash(v.Head, canonicalOr(r)) != sealHash:
			add(Break{seq, id, "altered"})
		case !r.Sealed:
			add(Break{seq, id, "unmarked"})
		}
		v.Head, next = sealHash, seq+1
		found = found || sealHash == notedHead
	}
	if err := rows.Err(); err != nil {
		return v, err
	}
	if !found {
		add(Break{v.Records, "", "head"})
	}
	// A record marked sealed that no seal names was slipped in beside the chain.
	beside, err := store.Collect(ctx, db, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) },
		`SELECT a.id FROM platform_audit a LEFT JOIN platform_audit_seal s ON s.record_id = a.id WHERE a.sealed AND s.seq IS NULL LIMIT 100`)
	if err != nil {
		return v, err
	}
	for _, id := range beside {
		add(Break{0, id, "unsealed"})
	}
	return v, db.QueryRow(ctx, `SELECT count(*) FROM platform_audit WHERE NOT sealed`).Scan(&v.Unsealed)
}

// canonicalOr keeps a record whose detail was damaged into invalid JSON from stopping the walk.
func canonicalOr(r Record) []byte {
	if !json.Valid(r.Detail) {
		return nil
	}
	return canonical(r)
}
