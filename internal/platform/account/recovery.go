package account

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const (
	recoveryCodes = 10
	recoveryChars = 16 // base32: 80 bits, too many to guess, so a plain digest keeps them
)

// renewRecovery replaces a person's recovery codes and returns the new ones, which are
// never seen again.
func renewRecovery(ctx context.Context, tx *store.Tx, userID string) ([]string, error) {
	codes, hashes := make([]string, recoveryCodes), make([]string, recoveryCodes)
	for i := range codes {
		raw := strings.ToLower(rand.Text()[:recoveryChars])
		hashes[i] = recoveryHash(userID, raw)
		codes[i] = raw[:4] + "-" + raw[4:8] + "-" + raw[8:12] + "-" + raw[12:]
	}
	return codes, setRecovery(ctx, tx, userID, hashes)
}

// recoveryHash is what is kept of a code, however it was typed.
func recoveryHash(userID, code string) string {
	plain := strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(code))
	return digest("recovery\x00" + userID + "\x00" + plain)
}

func recoveryProof(code string) proof {
	return func(ctx context.Context, tx *store.Tx, _ session, u User) error {
		ok, err := useRecovery(ctx, tx, u.ID, recoveryHash(u.ID, code))
		if err == nil && !ok {
			return fault.New(fault.Unauthenticated, "account.code_wrong").At("code")
		}
		return err
	}
}
