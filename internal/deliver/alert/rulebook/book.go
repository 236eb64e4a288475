package rulebook

import (
	"context"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Book is the rules of one platform. They lie in the platform's home region: who may
// change them needs the permission there.
type Book struct {
	DB   *store.DB
	Home string          // region path of the platform
	Read auth.Permission // needed to read
	Edit auth.Permission // needed to change, at Home
}

// Seed writes the defaults of every kind that has no rule yet.
func (b *Book) Seed(ctx context.Context) error {
	d := rule.Default()
	ctx = auth.As(ctx, auth.Actor{ID: "system:alert", Name: "alert"})
	return b.DB.Update(ctx, func(tx *store.Tx) error {
		seeded := map[kind]int{}
		for _, s := range []struct {
			k    kind
			keys []string
			rows []any
		}{
			{templates, keysOf(d.Templates), rowsOf(d.Templates)},
			{sending, []string{whole}, []any{d.Sending}},
			{precedence, []string{whole}, []any{d.Precedence}},
			{escalation, []string{whole}, []any{d.Escalation}},
			{conduct, []string{whole}, []any{d.Conduct}},
		} {
			n, err := count(ctx, tx, s.k)
			if err != nil {
				return err
			}
			for i := range s.rows {
				if n > 0 {
					break
				}
				if _, err := put(ctx, tx, s.k, s.keys[i], s.rows[i], 0, false); err != nil {
					return err
				}
				seeded[s.k]++
			}
		}
		if len(seeded) == 0 {
			return nil
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.rules.seed", Object: "alert-rules", RegionPath: b.Home, Detail: seeded})
	})
}

func keysOf(list []rule.Template) (keys []string) {
	for _, t := range list {
		keys = append(keys, t.Key)
	}
	return keys
}

func rowsOf(list []rule.Template) (rows []any) {
	for _, t := range list {
		rows = append(rows, t)
	}
	return rows
}

// Templates are the messages with blanks.
func (b *Book) Templates(ctx context.Context) ([]rule.Template, error) {
	kept, err := list[rule.Template](ctx, b.DB, templates)
	all := make([]rule.Template, len(kept))
	for i, k := range kept {
		all[i] = k.Rule
	}
	return all, err
}

// Sending is the table of who may send what where.
func (b *Book) Sending(ctx context.Context, q store.Queryer) ([]rule.Sending, error) {
	k, err := one[[]rule.Sending](ctx, q, sending, whole)
	return k.Rule, err
}

// SendingAt is that table as it stood at a time; none if there was none yet.
func (b *Book) SendingAt(ctx context.Context, q store.Queryer, at time.Time) ([]rule.Sending, error) {
	return asOf[[]rule.Sending](ctx, q, sending, whole, at)
}

// Precedence is the table of which message goes before which.
func (b *Book) Precedence(ctx context.Context, q store.Queryer) (rule.Precedence, error) {
	k, err := one[rule.Precedence](ctx, q, precedence, whole)
	return k.Rule, err
}

// Escalation is the table of what follows when too few terminals sounded a message.
func (b *Book) Escalation(ctx context.Context, q store.Queryer) ([]rule.Escalation, error) {
	k, err := one[[]rule.Escalation](ctx, q, escalation, whole)
	return k.Rule, err
}

// Conduct is when the platform leaves people in peace and how long it keeps logs.
func (b *Book) Conduct(ctx context.Context, q store.Queryer) (rule.Conduct, error) {
	k, err := one[rule.Conduct](ctx, q, conduct, whole)
	return k.Rule, err
}

// DrillsAsked is since when a number of drills has been asked for without a break; zero where
// none is.
func (b *Book) DrillsAsked(ctx context.Context, q store.Queryer) (since time.Time, err error) {
	versions, err := history[rule.Conduct](ctx, q, conduct, whole)
	for _, v := range versions {
		if len(v.Rule.Drilling().Due) == 0 {
			break
		}
		since = v.ChangedAt
	}
	return since, err
}

// Dictionary is how words are said: the built-in dictionary with the city's entries. The
// stamp is another one whenever the entries are.
func (b *Book) Dictionary(ctx context.Context) (d *speech.Dictionary, stamp string, err error) {
	kept, err := list[rule.Pronunciation](ctx, b.DB, pronunciations)
	if err != nil {
		return nil, "", err
	}
	entries := make([]speech.Entry, 0, len(kept))
	for _, k := range kept {
		entries = append(entries, speech.Entry{Word: k.Rule.Word, Pinyin: k.Rule.Pinyin})
	}
	d, err = speech.Default().With(entries...)
	return d, fmt.Sprint(entries), err
}

// change writes one rule with its audit record.
func (b *Book) change(ctx context.Context, k kind, key string, body any, expect int64, retired bool) (version int64, err error) {
	if err := auth.Check(ctx, b.Edit, b.Home); err != nil {
		return 0, err
	}
	err = b.DB.Update(ctx, func(tx *store.Tx) error {
		if version, err = put(ctx, tx, k, key, body, expect, retired); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert." + string(k) + ".change", Object: "alert-" + string(k) + ":" + key, RegionPath: b.Home,
			Detail: map[string]any{"version": version, "retired": retired, "rule": body}})
	})
	return version, err
}

// checkPronunciation makes sure that the speech engine can use the entry.
func checkPronunciation(p rule.Pronunciation) error {
	if _, err := speech.Default().With(speech.Entry{Word: p.Word, Pinyin: p.Pinyin}); err != nil {
		return fault.Of(err).At("pinyin")
	}
	return nil
}
