package survey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// guard keeps programs from answering as if they were people: an answer needs a pass that was
// given with the questions, some seconds before, and is good for one; and one address can give
// only so many in an hour. Nothing of it is written down, and addresses are kept as a keyed hash.
type guard struct {
	clock clock.Clock
	key   []byte
	spent *lru.Cache[string, struct{}]
	came  *lru.Cache[string, int]
}

const (
	soonest  = 3 * time.Second // nobody reads and answers faster
	passFor  = keptFor         // an answer may be begun today and finished next week
	perHour  = 30              // of one address without invitations: families and village halls share one
	begins   = 2 * perHour     // from one address, or by one invitation: not all finish
	maxSpent = 200_000
)

func newGuard(clk clock.Clock) *guard {
	spent, _ := lru.New[string, struct{}](maxSpent) // fails for sizes below one only
	came, _ := lru.New[string, int](maxSpent)
	return &guard{clock: clk, key: []byte(random(32)), spent: spent, came: came}
}

func (g *guard) sign(text string) string {
	m := hmac.New(sha256.New, g.key)
	_, _ = m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// pass is given with the questions.
func (g *guard) pass(survey string) string {
	text := survey + "." + strconv.FormatInt(g.clock.Now().UnixMilli(), 36) + "." + random(8)
	return text + "." + g.sign(text)
}

// admit says whether an answer may come in, and takes its pass out of use.
func (g *guard) admit(survey, pass string) error {
	if _, err := g.given(survey, pass); err != nil {
		return err
	}
	if spent, _ := g.spent.ContainsOrAdd(pass, struct{}{}); spent {
		return fault.New(fault.Conflict, "measure.survey.pass")
	}
	return nil
}

// given is when a pass that may be used was given.
func (g *guard) given(survey, pass string) (time.Time, error) {
	cut := strings.LastIndexByte(pass, '.')
	parts := strings.Split(pass, ".")
	if cut < 0 || len(parts) != 4 || parts[0] != survey || !hmac.Equal([]byte(g.sign(pass[:cut])), []byte(pass[cut+1:])) {
		return time.Time{}, fault.New(fault.Conflict, "measure.survey.pass")
	}
	at, err := strconv.ParseInt(parts[1], 36, 64)
	age := g.clock.Now().Sub(time.UnixMilli(at))
	if err != nil || age > passFor {
		return time.Time{}, fault.New(fault.Conflict, "measure.survey.pass")
	}
	if age < soonest {
		return time.Time{}, fault.New(fault.Limited, "measure.survey.soon")
	}
	return time.UnixMilli(at), nil
}

// release gives a pass back whose answer was not taken.
func (g *guard) release(pass string) { g.spent.Remove(pass) }

// bound counts an answer without invitation against its address.
func (g *guard) bound(address string) error { return g.count("answer\n"+address, perHour) }

// begun counts an answer that is begun against the address or the invitation that it is begun from.
func (g *guard) begun(from string) error { return g.count("begin\n"+from, begins) }

func (g *guard) count(what string, most int) error {
	key := g.sign(what + "\n" + g.clock.Now().UTC().Format("2006-01-02T15"))
	n, _ := g.came.Get(key)
	if n >= most {
		return fault.New(fault.Limited, "measure.survey.often")
	}
	g.came.Add(key, n+1)
	return nil
}
