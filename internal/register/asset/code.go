package asset

import (
	"context"
	"errors"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Resource codes number a kind within an area by two fields of two digits, type
// sequence and subtype sequence, 01–99 each: 9,801 devices.
const perField = 99

// levels gives the resource level (080 table 3) for how many digits of an area code
// are significant.
var levels = map[int]ebd.Level{0: ebd.Central, 2: ebd.Province, 4: ebd.City, 6: ebd.County, 9: ebd.Town, 12: ebd.Village}

// allocate takes the next n free codes for a kind in an area. They stay taken if the
// transaction commits, whether they are used or not. What is reserved is stepped over.
func allocate(ctx context.Context, tx *store.Tx, area ebd.AreaCode, kind Kind, n int, reserved map[ebd.ResourceCode]bool) ([]ebd.ResourceCode, error) {
	num, known := kind.numbering()
	if !known {
		return nil, fault.Bad("kind", "asset.kind.unknown", fault.Args{"kind": kind})
	}
	r := ebd.Resource{Level: levels[len(area.Prefix())], Area: area, Type: num.typ, Subtype: num.subtype, Seq: 1, SubSeq: 1}
	sample, err := r.Code()
	if err != nil {
		return nil, codeFault("regionCode", string(area), err)
	}
	prefix := string(sample[:17])
	first, err := takeSequence(ctx, tx, prefix+num.subtype, n)
	if err != nil {
		return nil, err
	}
	used, err := taken(ctx, tx, prefix)
	if err != nil {
		return nil, err
	}
	codes := make([]ebd.ResourceCode, 0, n)
	for i, end := first, first+n; len(codes) < n; i++ {
		if i == end { // some were taken by hand; ask for as many again
			more := n - len(codes)
			if i, err = takeSequence(ctx, tx, prefix+num.subtype, more); err != nil {
				return nil, err
			}
			end = i + more
		}
		if i >= perField*perField {
			return nil, fault.New(fault.Conflict, "asset.code.exhausted", fault.Args{"area": area, "limit": perField * perField})
		}
		r.Seq, r.SubSeq = 1+i/perField, 1+i%perField
		code, err := r.Code()
		if err != nil {
			return nil, codeFault("code", "", err)
		}
		if !used[code] && !reserved[code] {
			codes = append(codes, code)
		}
	}
	return codes, nil
}

// parseCode checks a code that somebody wrote: a resource of the kind, not a group.
func parseCode(text string, kind Kind) (ebd.ResourceCode, *fault.Error) {
	code, err := ebd.ParseResourceCode(text)
	if err != nil {
		return "", codeFault("code", text, err)
	}
	if code.IsGroup() {
		return "", fault.Bad("code", "asset.code.group", fault.Args{"code": code})
	}
	num, known := kind.numbering()
	if known && num.takesMessages && code.Subtype() != num.subtype {
		return "", fault.Bad("code", "asset.code.subtype", fault.Args{"subtype": code.Subtype(), "wanted": num.subtype})
	}
	return code, nil
}

// codeFault says in our words what engine/ebd found wrong with a code, and at which digit.
func codeFault(place, text string, err error) *fault.Error {
	var e *ebd.Error
	if !errors.As(err, &e) {
		return fault.Bad(place, "asset.code.invalid", fault.Args{"code": clip(text), "position": 0}).Because(err)
	}
	code := "asset.code.invalid"
	if e.Code == ebd.CodeLength {
		code = "asset.code.length"
	}
	return fault.Bad(place, code, fault.Args{"code": clip(text), "position": e.Pos}).Because(err)
}
