package survey

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// Place is one unit of the frame: a village or community with the people (or
// households) that can be asked there.
type Place struct {
	ID      string `json:"id"`
	Stratum string `json:"stratum"`
	Size    int    `json:"size"`
}

// Take is what is drawn in a stratum: so many places, and so many people in each.
type Take struct {
	Stratum string `json:"stratum"`
	Places  int    `json:"places"`
	Each    int    `json:"each"`
}

// Drawn is a place of the sample.
type Drawn struct {
	Place
	Certain     bool    `json:"certain,omitempty"` // so large that it is in every sample
	Probability float64 `json:"probability"`       // that this place is drawn
	People      []int   `json:"people"`            // numbers 1…Size of the list of people there, ascending
	Weight      float64 `json:"weight"`            // of each person: 1/(Probability · people/Size)
}

// Draw draws places with probability proportional to size, systematically, within each
// stratum, and people within places at random without replacement. Anyone who has the
// frame, the takes and the seed can repeat it:
//
//   - places of a stratum are put in the order of their ids, by bytes;
//   - a place whose size is a step (total size / places) or more is taken with
//     certainty and left out, until none is left;
//   - a start is drawn in [0, step), and every place in whose stretch of the running
//     total start + k·step falls is taken;
//   - random numbers are SHA-256 of "SEED\nPURPOSE\nCOUNTER", see Stream; the purpose
//     is "places:STRATUM" and "people:PLACE".
//
// Where a place has fewer people than are asked for, all are.
func Draw(frame []Place, takes []Take, seed string) ([]Drawn, error) {
	strata := map[string][]Place{}
	seen := map[string]bool{}
	for i, p := range frame {
		place := fmt.Sprintf("frame[%d]", i)
		if seen[p.ID] || p.ID == "" {
			return nil, &Error{"survey.draw.id", place, map[string]any{"id": clip(p.ID)}}
		}
		if p.Size < 1 || p.Size > 1e8 {
			return nil, &Error{"survey.draw.size", place, map[string]any{"id": clip(p.ID), "size": p.Size}}
		}
		seen[p.ID] = true
		strata[p.Stratum] = append(strata[p.Stratum], p)
	}
	var out []Drawn
	once := map[string]bool{}
	for i, t := range takes {
		places := strata[t.Stratum]
		bad := func(code string) error {
			return &Error{"survey.draw." + code, fmt.Sprintf("takes[%d]", i), map[string]any{"stratum": clip(t.Stratum), "places": len(places)}}
		}
		switch {
		case once[t.Stratum]:
			return nil, bad("twice")
		case t.Places < 1 || t.Each < 1:
			return nil, bad("nothing")
		case t.Places > len(places):
			return nil, bad("few")
		}
		once[t.Stratum] = true
		out = append(out, t.draw(places, seed)...)
	}
	return out, nil
}

func (t Take) draw(places []Place, seed string) []Drawn {
	slices.SortFunc(places, func(a, b Place) int { return cmp.Compare(a.ID, b.ID) })
	left := slices.Clone(places)
	var out []Drawn
	n := t.Places
	for {
		step := sum(left) / float64(max(n, 1))
		i := slices.IndexFunc(left, func(p Place) bool { return n > 0 && float64(p.Size) >= step })
		if i < 0 {
			break
		}
		out = append(out, Drawn{Place: left[i], Certain: true, Probability: 1})
		left = slices.Delete(left, i, i+1)
		n--
	}
	if n > 0 {
		step := sum(left) / float64(n)
		next, passed := NewStream(seed, "places:"+t.Stratum).Float()*step, 0.0
		for i, p := range left {
			passed += float64(p.Size)
			// Rounding could let the last step fall beyond the end, which is the last place's.
			if n > 0 && (next < passed || i == len(left)-1) {
				out = append(out, Drawn{Place: p, Probability: float64(p.Size) / step})
				next += step
				n--
			}
		}
	}
	slices.SortFunc(out, func(a, b Drawn) int { return cmp.Compare(a.ID, b.ID) })
	for i := range out {
		d := &out[i]
		d.People = NewStream(seed, "people:"+d.ID).Sample(d.Size, min(t.Each, d.Size))
		d.Weight = float64(d.Size) / (d.Probability * float64(len(d.People)))
	}
	return out
}

func sum(places []Place) float64 {
	total := 0.0
	for _, p := range places {
		total += float64(p.Size)
	}
	return total
}

// Stream is a row of random numbers that anyone can repeat: number k, from 0, is the
// first eight bytes, big-endian, of SHA-256("SEED\nPURPOSE\nk").
type Stream struct {
	prefix string
	k      uint64
}

// NewStream begins the numbers of a seed for a purpose.
func NewStream(seed, purpose string) *Stream { return &Stream{prefix: seed + "\n" + purpose + "\n"} }

// Uint64 is the next number.
func (s *Stream) Uint64() uint64 {
	h := sha256.Sum256(fmt.Appendf(nil, "%s%d", s.prefix, s.k))
	s.k++
	return binary.BigEndian.Uint64(h[:])
}

// Float is the upper 53 bits of the next number divided by 2⁵³: in [0, 1).
func (s *Stream) Float() float64 { return float64(s.Uint64()>>11) / (1 << 53) }

// Below is a number in [0, n), each alike: numbers past the last multiple of n are skipped.
func (s *Stream) Below(n int) int {
	limit := (^uint64(0) / uint64(n)) * uint64(n)
	for {
		if x := s.Uint64(); x < limit {
			return int(x % uint64(n))
		}
	}
}

// Sample draws k of 1…n without replacement, ascending (Floyd's method: for j from
// n−k+1 to n, draw t in 1…j and take it, or j when t is taken).
func (s *Stream) Sample(n, k int) []int {
	taken := map[int]bool{}
	for j := n - k + 1; j <= n; j++ {
		t := s.Below(j) + 1
		if taken[t] {
			t = j
		}
		taken[t] = true
	}
	return sortedKeys(taken)
}
