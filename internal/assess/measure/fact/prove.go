package fact

import (
	"context"
	"errors"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Proof is how the sums of an element stood to its facts.
type Proof struct {
	Facts int64 `json:"facts" doc:"Facts that count"`
	Sums  int   `json:"sums" doc:"What they add up to, by region or thing and period"`
	Wrong int   `json:"wrong" doc:"Of these, those that said something else, and are put right"`
}

// errOvertaken says that facts came while others were added up.
var errOvertaken = errors.New("measure: facts came meanwhile")

// Prove adds up the facts of an element anew and puts sums right that say something else. Nobody
// who states facts waits while they are added up, unless facts of this element never cease to come.
func (l *Ledger) Prove(ctx context.Context, code string) (p Proof, err error) {
	if err := auth.Check(ctx, l.Define, l.Home); err != nil {
		return p, err
	}
	e, err := l.Element(code)
	if err != nil {
		return p, err
	}
	release, err := l.holdPast(ctx)
	if err != nil {
		return p, err
	}
	defer release()
	const tries = 3
	for try := 1; ; try++ {
		var made map[key]block
		version, tree := int64(0), l.Tree()
		if try < tries {
			if version, err = Version(ctx, l.DB); err != nil {
				return p, err
			}
			if made, err = l.add(ctx, l.DB, e, 0, ""); err != nil {
				return p, err
			}
		}
		err = l.DB.Update(ctx, func(tx *store.Tx) (err error) {
			if err := hold(ctx, tx); err != nil {
				return err
			}
			sums := made
			if sums == nil {
				if sums, err = l.add(ctx, tx, e, 0, ""); err != nil {
					return err
				}
			} else if changed, err := ChangedSince(ctx, tx, version); err != nil {
				return err
			} else if changed[code] || l.Tree() != tree {
				return errOvertaken
			}
			p, err = l.prove(ctx, tx, code, sums)
			return err
		})
		if !errors.Is(err, errOvertaken) {
			break
		}
	}
	if err == nil && p.Wrong > 0 {
		l.Log.Warn("sums said something else than their facts, and were put right", "element", code, "wrong", p.Wrong)
		l.Told(l.Home)
	}
	return p, err
}

// prove compares the sums that are kept of an element with those that its facts make.
func (l *Ledger) prove(ctx context.Context, tx *store.Tx, code string, made map[key]block) (p Proof, err error) {
	if p.Facts, err = countFacts(ctx, tx, code); err != nil {
		return p, err
	}
	for _, b := range made {
		p.Sums += len(b)
	}
	right := 0
	err = eachBlock(ctx, tx, func(k key, raw []byte) error {
		kept, err := decode(raw)
		if err != nil {
			p.Wrong++ // whatever it held
		}
		for slot, c := range kept {
			if is, there := made[k][slot]; !there {
				p.Wrong++
			} else if is == c {
				right++
			}
		}
		return nil
	}, `element = $1`, code)
	if err != nil {
		return p, err
	}
	if p.Wrong += p.Sums - right; p.Wrong > 0 {
		if err := replaceBlocks(ctx, tx, code, made); err != nil {
			return p, err
		}
	}
	return p, audit.Write(ctx, tx, audit.Entry{Action: "measure.element.prove", Object: "measure-element:" + code, RegionPath: l.Home, Detail: p})
}
