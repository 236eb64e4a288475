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

// Sealer seals until ctx ends, soon after each commit and at least every SealEvery, and
// signs the head at most once every SignEvery. A commit is told once, so what a failed
// attempt left is remembered here.
func Sealer(ctx context.Context, db *store.DB, key Key, log *slog.Logger) {
	pending, lost, told := true, 0, false
	signer := signer{db: db, key: key, log: log}
	seal := func(ctx context.Context) {
		_, err := Seal(ctx, db)
		pending = err != nil
		if lost++; !store.Taken(err) {
			lost = 0
		}
		// A number that was taken means that another sealer, a command's, was faster; taken
		// again and again, it is no race. What fails every half second is told once.
		if failing := pending && (lost == 0 || lost > maxLost); failing && !told && ctx.Err() == nil {
			log.Error("the audit chain could not be extended", "error", err)
			told = true
		}
		told = told && pending
	}
	seal(ctx)
	signer.sign(ctx)
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
		if db.Clock().Now().Sub(signer.tried) >= SignEvery {
			signer.sign(ctx)
		}
	})
	// What was committed while stopping is sealed and signed too.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	seal(last)
	signer.sign(last)
}
