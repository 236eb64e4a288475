package procedure

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Digest is what is told of a draw's secret before anybody knows who will be in the urn: the
// SHA-256 of its text, hexadecimal.
func Digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// DrawLots draws count of the urn. Everyone in it gets the HMAC-SHA256 of "salt, line feed, id"
// under the secret; the least are drawn, in their order. The salt comes from people who do not know
// the secret, so that who made the secret cannot choose the outcome, and nobody else can guess it.
// With the secret told afterwards, anybody can do it again: see docs/procedures.md for a script.
func DrawLots(secret, salt string, urn []string, count int) []string {
	type lot struct{ id, mark string }
	lots := make([]lot, 0, len(urn))
	for _, id := range urn {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(salt + "\n" + id))
		lots = append(lots, lot{id, hex.EncodeToString(mac.Sum(nil))})
	}
	slices.SortFunc(lots, func(a, b lot) int { return strings.Compare(a.mark, b.mark) })
	lots = slices.CompactFunc(lots, func(a, b lot) bool { return a.id == b.id })
	var drawn []string
	for _, l := range lots[:min(max(count, 0), len(lots))] {
		drawn = append(drawn, l.id)
	}
	return drawn
}
