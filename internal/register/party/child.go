package party

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// guardChild refuses what is personal of a child under 14 without a guardian's consent that stands on the
// day (个人信息保护法 art. 31). The consent may come with what is entered.
func (m *Module) guardChild(ctx context.Context, q store.Queryer, p *Party, who *Personal, given *Statement) error {
	if p.Kind != Person || who.empty() || !who.child(m.today()) && p.guardedUntil <= m.today() {
		return nil
	}
	if given != nil && (&Entry{Statement: *given}).consents(m.today()) {
		return nil
	}
	entries, err := entriesOf(ctx, q, p.ID, Consent)
	if err != nil {
		return err
	}
	for i := range entries {
		if entries[i].consents(m.today()) {
			return nil
		}
	}
	return fault.Bad("consent", "party.child.consent", fault.Args{"age": childUnder})
}

// consents reports whether an entry is a guardian's consent that stands on a day: one that was
// withdrawn stands no more on that day.
func (e *Entry) consents(day string) bool {
	return e.Class == Consent && e.By == "guardian" && e.From <= day && (e.Until == "" || day < e.Until)
}

// afterConsent lets what is personal of a child go at once when no guardian's consent stands any more.
func (m *Module) afterConsent(ctx context.Context, tx *store.Tx, p *Party, e *Entry) error {
	if e.Class != Consent {
		return nil
	}
	who, err := m.vault.unlock(p)
	if err != nil {
		return err
	}
	err = m.guardChild(ctx, tx, p, &who, nil)
	if !fault.Is(err, "party.child.consent") {
		return err
	}
	if len(who.Birth) >= 4 { // no more is kept than in which year the rule ends
		p.guardedUntil = fmt.Sprintf("%04d-01-01", year(who.Birth)+childUnder+1)
	}
	if err := m.vault.lock(p, Personal{}); err != nil {
		return err
	}
	return m.record(ctx, tx, "party.child.forget", p, nil)
}

func year(day string) int { n, _ := strconv.Atoi(day[:4]); return n }
