package open311

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/httprate"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Key is that of a program that opens cases.
type Key struct {
	ID        string      `json:"id"`
	Name      string      `json:"name" doc:"Whose it is"`
	PerMinute int         `json:"perMinute" doc:"How often it may ask in a minute"`
	At        time.Time   `json:"at"`
	By        auth.Person `json:"by"`
	RevokedAt time.Time   `json:"revokedAt,omitzero"`
	Key       string      `json:"key,omitempty" doc:"Told once, when it is made"`
}

// maxKeys is how many keys may hold at once.
const maxKeys = 200

func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Keys lists the keys, the latest first.
func (d *Desk) Keys(ctx context.Context) ([]Key, error) {
	if err := d.mayKeep(ctx); err != nil {
		return nil, err
	}
	return listKeys(ctx, d.DB)
}

// mayKeep refuses who may not give keys to programs: those open cases in the whole city.
func (d *Desk) mayKeep(ctx context.Context) error {
	return auth.Check(ctx, docket.PermDesign, d.Docket.Home)
}

// MakeKey makes a key.
func (d *Desk) MakeKey(ctx context.Context, name string, perMinute int) (*Key, error) {
	if err := d.mayKeep(ctx); err != nil {
		return nil, err
	}
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > 80 || i18n.Deceives(name, "") {
		return nil, fault.Bad("name", "casework.key.name")
	}
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails
	k := &Key{Name: name, PerMinute: perMinute, By: auth.Who(ctx).Person(), Key: "ts_" + base64.RawURLEncoding.EncodeToString(raw)}
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := countKeys(ctx, tx)
		if err != nil {
			return err
		}
		if n >= maxKeys {
			return fault.New(fault.Conflict, "casework.key.many", fault.Args{"max": maxKeys})
		}
		k.ID, k.At = store.NewID(tx.Now), tx.Now
		if err := insertKey(ctx, tx, k, digest(k.Key), k.By); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.key.make", Object: "casework-key:" + k.ID, RegionPath: d.Docket.Home, Detail: map[string]any{"name": k.Name, "perMinute": k.PerMinute}})
	})
	return k, err
}

// RevokeKey lets a key hold no longer.
func (d *Desk) RevokeKey(ctx context.Context, id string) error {
	if err := d.mayKeep(ctx); err != nil {
		return err
	}
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := revokeKey(ctx, tx, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "casework.key.unknown")
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.key.revoke", Object: "casework-key:" + id, RegionPath: d.Docket.Home})
	})
}

// How often who has no key may ask in a minute, and how often they may open a door with a key.
const anonymous = 120

// limits count what is asked, by key, and by address of who has none.
type limits struct{ keys, addresses *httprate.RateLimiter }

func newLimits() limits {
	return limits{httprate.NewRateLimiter(anonymous, time.Minute), httprate.NewRateLimiter(anonymous, time.Minute)}
}

// admit lets a request in: by its key, which must be good where there is one, else by its address.
func (d *Desk) admit(w http.ResponseWriter, r *http.Request, given string, needed bool) error {
	var k *Key
	if given != "" && len(given) <= 128 {
		var err error
		if k, err = keyOf(r.Context(), d.DB, digest(given)); err != nil {
			return err
		}
	}
	over := false
	if k != nil {
		over = d.limits.keys.OnLimit(w, r.WithContext(httprate.WithRequestLimit(r.Context(), k.PerMinute)), k.ID)
	} else {
		over = d.limits.addresses.OnLimit(w, r, httprate.CanonicalizeIP(auth.Who(r.Context()).Address))
	}
	switch {
	case over:
		return fault.New(fault.Limited, "request.too_many")
	case k == nil && (needed || given != ""):
		return badKey
	}
	return nil
}
