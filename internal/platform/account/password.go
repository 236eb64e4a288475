package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// cost is what an argon2id hash takes.
type cost struct {
	time, memory uint32 // passes, KiB
	threads      uint8
}

// defaultCost is the second recommended option of RFC 9106, section 4.
var defaultCost = cost{3, 64 * 1024, 4}

// hasher makes and checks password hashes, few at a time: each takes 64 MiB, and a flood
// of sign-ins must not take the memory of the machine.
type hasher struct {
	cost  cost
	slots chan struct{}
}

func newHasher(c cost) *hasher { return &hasher{c, make(chan struct{}, 4)} }

var b64 = base64.RawStdEncoding

func (h *hasher) derive(ctx context.Context, password string, salt []byte, c cost, n uint32) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(composed(password)), salt, c.time, c.memory, c.threads, n), nil
}

// hash makes a PHC string, "$argon2id$v=19$m=65536,t=3,p=4$salt$hash".
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	key, err := h.derive(ctx, password, salt, h.cost, 32)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.memory, h.cost.time, h.cost.threads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// verify compares a password with a hash; dated tells that the hash was made at another
// cost than today's and should be made anew.
func (h *hasher) verify(ctx context.Context, password, phc string) (ok, dated bool, err error) {
	var (
		version int
		c       cost
		tail    string
	)
	if _, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &c.memory, &c.time, &c.threads, &tail); err != nil || version != argon2.Version {
		return false, false, fmt.Errorf("account: a kept password hash cannot be read")
	}
	saltText, keyText, _ := strings.Cut(tail, "$")
	salt, err := b64.DecodeString(saltText)
	if err != nil {
		return false, false, fmt.Errorf("account: a kept password hash has no salt: %w", err)
	}
	want, err := b64.DecodeString(keyText)
	if err != nil || len(want) == 0 {
		return false, false, fmt.Errorf("account: a kept password hash has no key")
	}
	got, err := h.derive(ctx, password, salt, c, uint32(len(want)))
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, c != h.cost, nil
}

// Limits of a password in characters. Twelve are enough whatever they are; eight need
// three kinds of character (GB/T 22239-2019, 8.1.4.1 a asks for complexity).
const (
	longPassword  = 12
	shortPassword = 8
	maxPassword   = 128
)

//go:embed common.txt
var commonText string

var common = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(commonText) {
		words[word] = true
	}
	return words
})

// acceptable is the policy for new passwords; place names the field.
func acceptable(place, password string, own ...string) error {
	password = composed(password)
	n, kinds := utf8.RuneCountInString(password), kindsIn(password)
	switch {
	case n > maxPassword:
		return fault.Bad(place, "account.password.too_long", fault.Args{"limit": maxPassword})
	case n < shortPassword, n < longPassword && kinds < 3:
		return fault.Bad(place, "account.password.too_weak", fault.Args{"long": longPassword, "short": shortPassword})
	}
	folded := strings.ToLower(password)
	for _, o := range own {
		if o = strings.ToLower(composed(o)); utf8.RuneCountInString(o) >= 4 && strings.Contains(folded, o) {
			return fault.Bad(place, "account.password.contains_name")
		}
	}
	if guessable(folded) {
		return fault.Bad(place, "account.password.common")
	}
	return nil
}

func kindsIn(s string) int {
	var kinds [4]int
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			kinds[0] = 1
		case unicode.IsUpper(r):
			kinds[1] = 1
		case unicode.IsDigit(r):
			kinds[2] = 1
		default:
			kinds[3] = 1
		}
	}
	return kinds[0] + kinds[1] + kinds[2] + kinds[3]
}

// guessable finds common passwords, also with figures and signs hung on ("Password2026!"),
// runs ("abcdefghijkl") and few characters over and over.
func guessable(folded string) bool {
	core := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	core = strings.NewReplacer("@", "a", "0", "o", "1", "i", "3", "e", "$", "s", "5", "s").Replace(core)
	if common()[folded] || common()[core] {
		return true
	}
	distinct, steps, last := map[rune]bool{}, map[rune]int{}, rune(0)
	for _, r := range folded {
		distinct[r] = true
		steps[r-last]++
		last = r
	}
	n := utf8.RuneCountInString(folded)
	return len(distinct) < 5 || max(steps[1], steps[-1], steps[0]) >= n-2
}

// newPassword makes a password that a person can type once: 20 characters, 99 bits.
func newPassword() string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // 32, without l, o, 0 and 1
	raw := make([]byte, 20)
	_, _ = rand.Read(raw)
	var b strings.Builder
	for i, c := range raw {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[int(c)%len(letters)])
	}
	return b.String()
}
