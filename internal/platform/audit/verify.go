package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Verdict is what Verify found.
type Verdict struct {
	Records  int64     `json:"records"`  // sealed records walked
	Unsealed int64     `json:"unsealed"` // records still waiting for their seal
	Head     string    `json:"head"`     // hash of the last sealed record
	SealedAt time.Time `json:"sealedAt"`
	Checked  bool      `json:"signaturesChecked"` // false where the node's authority was not at hand
	Signed   int64     `json:"signed"`            // how far a signature of the node reaches; 0 for none
	SignedAt time.Time `json:"signedAt,omitzero"`
	Broken   []Break   `json:"broken"` // empty when the chain holds
}

// Break is one place where the chain does not hold.
type Break struct {
	Seq    int64  `json:"seq"`
	Record string `json:"record"`
	Reason string `json:"reason"` // "empty", "altered", "missing", "gap", "unsealed", "unmarked", "head", "forged", "rewritten", "unsigned"
}

// Against is what a chain is held against. Both may be empty.
type Against struct {
	Head      string         // noted earlier, on paper or in another system
	Authority *ebd.PublicKey // of the node, which certified the keys that signed heads
}

// Verify walks the chain from its beginning. With a head noted earlier a chain cut off at
// its end is found too; with the node's authority also one that was written anew by
// somebody without its keys. At most 100 breaks are named.
func Verify(ctx context.Context, db *store.DB, against Against) (Verdict, error) {
	v := Verdict{Head: genesis, Checked: against.Authority != nil, Broken: []Break{}}
	found := against.Head == ""
	next := int64(1)
	add := func(b Break) {
		if len(v.Broken) < 100 {
			v.Broken = append(v.Broken, b)
		}
	}
	signed, err := readHeads(ctx, db, against.Authority)
	if err != nil {
		return v, err
	}
	unsigned := Break{Reason: "unsigned"}
	var unsignedAt time.Time // when the first record was sealed that no signature reaches
	rows, err := db.Query(ctx, `SELECT s.seq, s.record_id, s.hash, s.sealed_at, a.id IS NOT NULL,
			coalesce(a.id, ''), a.at, coalesce(a.actor, ''), coalesce(a.actor_name, ''), coalesce(a.action, ''), coalesce(a.object, ''),
			coalesce(a.region_path, ''), coalesce(a.detail, '{}'), coalesce(a.request, ''), coalesce(a.address, ''), coalesce(a.sealed, false), coalesce(a.done_by, '')
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
			by           By
			r            Record
		)
		if err := rows.Scan(&seq, &id, &sealHash, store.ScanTime(&v.SealedAt), &present, &r.ID, store.ScanTime(&r.At), &r.Actor,
			&r.ActorName, &r.Action, &r.Object, &r.RegionPath, &detail, &r.Request, &r.Address, &r.Sealed, &by); err != nil {
			return v, err
		}
		r.Detail = json.RawMessage(detail)
		v.Records++
		switch {
		case seq != next:
			add(Break{seq, id, "gap"})
		case !present:
			add(Break{seq, id, "missing"})
		case hash(v.Head, canonicalOr(r)) != sealHash, by != doneBy(r.Actor): // which is not hashed, and hides a record from who asks for people's
			add(Break{seq, id, "altered"})
		case !r.Sealed:
			add(Break{seq, id, "unmarked"})
		}
		v.Head, next = sealHash, seq+1
		found = found || sealHash == against.Head
		if h, ok := signed[seq]; ok && h.genuine && h.hash == sealHash {
			delete(signed, seq)
			v.Signed, v.SignedAt, unsigned.Seq = seq, h.at, 0
		} else if unsigned.Seq == 0 {
			unsigned.Seq, unsigned.Record, unsignedAt = seq, id, v.SealedAt
		}
	}
	if err := rows.Err(); err != nil {
		return v, err
	}
	if !found {
		add(Break{v.Records, "", "head"})
	}
	if v.Checked {
		for _, seq := range slices.Sorted(maps.Keys(signed)) {
			reason := "rewritten"
			if !signed[seq].genuine {
				reason = "forged"
			}
			add(Break{seq, "", reason})
		}
		// The node signs once a minute, so nothing is unsigned for long but its last moments.
		if unsigned.Seq != 0 && v.SealedAt.Sub(unsignedAt) > 10*SignEvery {
			add(unsigned)
		}
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
	err = db.QueryRow(ctx, `SELECT count(*) FROM platform_audit WHERE NOT sealed`).Scan(&v.Unsealed)
	if v.Records == 0 && v.Unsealed == 0 {
		add(Break{0, "", "empty"}) // making its keys is the first thing that a node records
	}
	return v, err
}

// canonicalOr keeps a record whose detail was damaged into invalid JSON from stopping the walk.
func canonicalOr(r Record) []byte {
	if !json.Valid(r.Detail) {
		return nil
	}
	return canonical(r)
}
