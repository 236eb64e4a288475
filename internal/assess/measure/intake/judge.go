package intake

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// perJudge is how many values are held against what is known at a time.
const perJudge = 2_000

// look takes a value that was read, and judges it with those around it.
func (r *run) look(ctx context.Context, before *past, v parsed) error {
	if v.empty {
		r.j.Empty++
		return nil
	}
	if r.pending = append(r.pending, v); len(r.pending) < perJudge {
		return nil
	}
	return r.judge(ctx, before)
}

// judge says of the values that were read last, in their order, which are bad and which are odd.
func (r *run) judge(ctx context.Context, before *past) error {
	var entries []fact.Entry
	for i := range r.pending {
		v := &r.pending[i]
		if v.bad != nil {
			continue
		}
		if !r.mine(&v.entry) {
			v.bad, v.place = fault.New(fault.Forbidden, "measure.import.away"), v.region
		} else if other := r.before(v.line, &v.entry); other != 0 {
			v.bad = fault.New(fault.Invalid, "measure.import.twice", fault.Args{"line": other})
		} else {
			entries = append(entries, v.entry)
		}
	}
	known, err := r.d.Ledger.Beside(ctx, r.d.DB, entries)
	if err != nil {
		return err
	}
	within, err := r.d.Ledger.Within(ctx, r.d.DB, entries, known)
	if err != nil {
		return err
	}
	said := map[int]*fact.Finding{}
	for i := range within {
		said[within[i].At[0]] = &within[i]
	}
	at := 0
	for i := range r.pending {
		v := &r.pending[i]
		if v.bad != nil {
			r.bad(v.line, v.place, v.bad.Code, v.bad.Args)
			continue
		}
		if err := r.weigh(ctx, before, v, known[at], said[at]); err != nil {
			return err
		}
		at++
	}
	r.pending = r.pending[:0]
	if now := r.d.Clock.Now(); now.Sub(r.report) > reportEach {
		r.report = now
		return r.save(ctx)
	}
	return nil
}

// weigh holds a value that makes sense against what is known, of its unit and of what is within that.
func (r *run) weigh(ctx context.Context, before *past, v *parsed, known fact.Beside, within *fact.Finding) error {
	if f := known.Locked; f != nil {
		r.broken[r.key(&v.entry)] = struct{}{}
		r.bad(v.line, v.place, f.Code, f.Args)
		return nil
	}
	r.j.Values++
	r.compare(v, r.would(v, known))
	r.beside(v, known)
	if within != nil {
		r.doubt(v.line, v.place, "measure.fact.contradicts", map[string]any{"says": i18n.Both{Zh: within.MessageZh, En: within.MessageEn}})
	} else if known.Was == nil {
		r.within(v)
	}
	middle, odd, err := before.odd(ctx, &v.entry)
	if odd {
		r.doubt(v.line, v.place, "measure.import.odd", map[string]any{"value": fact.Plain(v.entry.Value.Float()), "middle": fact.Plain(middle)})
	}
	return err
}

// beside tells of a value that counts with another of its unit and period, where one of them has a
// ref and the other has none: whoever wrote it may have meant to put it in the other's place.
func (r *run) beside(v *parsed, known fact.Beside) {
	if f := known.Doubt(&v.entry); f != nil {
		place := v.place
		if f.Place == "ref" {
			place = v.ref
		}
		r.doubt(v.line, place, f.Code, f.Args)
		return
	}
	if !r.refs {
		return
	}
	plain := v.entry
	plain.Ref = ""
	at, own, other := r.key(&plain), r.first[0], r.first[1]
	if v.entry.Ref != "" {
		own, other = other, own
	}
	if line := other[at]; line != 0 && own[at] == 0 {
		r.doubt(v.line, v.ref, "measure.import.beside", map[string]any{"line": line})
	}
	if own[at] == 0 {
		own[at] = int32(v.line)
	}
}

// within tells of a value that counts with another of the file, where one is of a region and the other of
// something in it: a sum among what it is the sum of. What is stated of regions of one level only cannot be.
func (r *run) within(v *parsed) {
	e := v.entry
	if of, err := r.d.Ledger.Element(e.Element); err != nil || of.Level != "" {
		return
	}
	e.Ref = ""
	around := r.d.Ledger.Tree().Above(e.Region)
	if e.Unit == e.Region {
		if line := r.inside[r.key(&e)]; line != 0 {
			r.doubt(v.line, v.place, "measure.import.within", map[string]any{"line": line})
		}
		around = around[1:]
	}
	told := false
	for _, e.Unit = range around {
		at := r.key(&e)
		if line := r.seen[at]; line != 0 && int(line) < v.line && r.inside[at] == 0 && !told {
			told = true
			r.doubt(v.line, v.place, "measure.import.within", map[string]any{"line": line})
		}
		if r.inside[at] == 0 {
			r.inside[at] = int32(v.line)
		}
	}
}
