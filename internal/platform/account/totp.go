package account

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"github.com/skip2/go-qrcode"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// One-time codes by RFC 6238 as every authenticator app makes them: six figures, SHA-1,
// 30 seconds; one step of difference between the clocks is allowed either way.
const (
	totpPeriod = 30
	totpSkew   = 1
	totpIssuer = "Tongsheng"
)

// Enrolment is a one-time-code secret on offer, shown once.
type Enrolment struct {
	Secret string `json:"secret" doc:"Base32, to be typed where no camera is at hand"`
	URI    string `json:"uri" doc:"otpauth URI"`
	QR     string `json:"qr" doc:"The URI as a QR code: a PNG in a data URL"`
}

func totpPurpose(userID string) string { return "account.totp:" + userID }

// offer makes a new secret for a person; it counts once a code has proved it.
func (m *Module) offer(ctx context.Context, tx *store.Tx, u User) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: u.Username, Period: totpPeriod, SecretSize: 20})
	if err != nil {
		return Enrolment{}, fmt.Errorf("account: make a one-time-code secret: %w", err)
	}
	sealed, err := m.Sealer.Seal([]byte(key.Secret()), totpPurpose(u.ID))
	if err != nil {
		return Enrolment{}, err
	}
	png, err := qrcode.Encode(key.URL(), qrcode.Medium, 256)
	if err != nil {
		return Enrolment{}, fmt.Errorf("account: draw a QR code: %w", err)
	}
	return Enrolment{key.Secret(), key.URL(), "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)}, offerTOTP(ctx, tx, u.ID, sealed)
}

// codeProof is the proof by a one-time code against the secret in use, or the pending one.
func (m *Module) codeProof(code string, pending bool) proof {
	return func(ctx context.Context, tx *store.Tx, _ session, u User) error {
		sealed, _, err := sealedTOTP(ctx, tx, u.ID, pending)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.Conflict, "account.totp.not_enrolled")
		}
		if err != nil {
			return err
		}
		secret, err := m.Sealer.Open(sealed, totpPurpose(u.ID))
		if err != nil {
			return err
		}
		step, ok, err := stepOf(string(secret), code, tx.Now)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Unauthenticated, "account.code_wrong").At("code")
		}
		first, err := useTOTPStep(ctx, tx, u.ID, pending, step)
		if err == nil && !first {
			return fault.New(fault.Unauthenticated, "account.code_used").At("code")
		}
		return err
	}
}

// stepOf finds the time step whose code this is, comparing all of them in constant time.
func stepOf(secret, code string, now time.Time) (step int64, ok bool, err error) {
	present := now.Unix() / totpPeriod
	for s := present - totpSkew; s <= present+totpSkew; s++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, fmt.Errorf("account: a kept one-time-code secret is damaged: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok, nil
}
