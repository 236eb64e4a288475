package fact

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// cell is what an element adds up to for one unit and period. For a stock it is by how much that
// changed since the period before.
type cell struct {
	v int64 // sum of values, or the largest or smallest, in millionths
	n int64 // of how many facts; of a stock, of how many units
}

// key names a block: an element's cells of one unit and one span of periods.
type key struct {
	element string
	unit    string
	days    bool // cells of single days, for the year of start; else of all longer periods, for the plan of start
	start   int
}

// A block of longer periods holds those of a five-year plan, one kind after another.
var offsets = map[period.Kind]int{period.Month: 0, period.Quarter: 60, period.Half: 80, period.Year: 90, period.Plan: 95}

// place finds the block and the slot in it of a period.
func place(element, unit string, p period.Period) (key, int) {
	if p.Kind == period.Day {
		year := p.In(period.Year)
		return key{element, unit, true, year.N}, p.N - year.First(period.Day).N
	}
	plan := p.In(period.Plan)
	return key{element, unit, false, plan.N}, offsets[p.Kind] + p.N - plan.First(p.Kind).N
}

// block is the cells that are not empty, by slot.
type block map[int]cell

// encode writes a block: for each slot in order the distance from the one before, v and n, all as
// varints. Equal blocks have equal bytes.
func (b block) encode() []byte {
	out := make([]byte, 0, 12*len(b))
	last := -1
	for _, slot := range sortedKeys(b) {
		out = binary.AppendUvarint(out, uint64(slot-last))
		out = binary.AppendVarint(out, b[slot].v)
		out = binary.AppendVarint(out, b[slot].n)
		last = slot
	}
	return out
}

var errBlock = errors.New("measure: a block of sums cannot be read; rebuild them")

// each calls visit for the cells of an encoded block, in the order of slots.
func each(raw []byte, visit func(slot int, c cell)) error {
	slot := -1
	for len(raw) > 0 {
		gap, g := binary.Uvarint(raw)
		if g <= 0 || gap == 0 || gap > 400 {
			return errBlock
		}
		v, i := binary.Varint(raw[g:])
		if i <= 0 {
			return errBlock
		}
		n, j := binary.Varint(raw[g+i:])
		if j <= 0 {
			return errBlock
		}
		slot += int(gap)
		visit(slot, cell{v, n})
		raw = raw[g+i+j:]
	}
	return nil
}

func decode(raw []byte) (block, error) {
	b := block{}
	err := each(raw, func(slot int, c cell) { b[slot] = c })
	return b, err
}

func sortedKeys[V any](m map[int]V) []int { return slices.Sorted(maps.Keys(m)) }
