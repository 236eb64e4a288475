package survey

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Place is one unit of the frame: a village or community with the people (or
// households) that can be asked there.
type Place struct {
	ID      string `json:"id"`
	Stratum string `json:"stratum"`
	Size    int    `json:"size"`
}

// Take is what is drawn in a stratum: so many places, and so many people in each. Where
// groups of people are strata of their own, the places are drawn once for all of them.
type Take struct {
	Stratum string `json:"stratum"`
	Places  int    `json:"places"`
	Each    int    `json:"each"`            // of everybody; 0 where Parts say how many
	Parts   []Part `json:"parts,omitempty"` // in place of Each
}

// Part is a group of people of whom so many are asked in each place.
type Part struct {
	Group string  `json:"group"`
	Share float64 `json:"share"` // of a place's people, in (0, 1]
	Each  int     `json:"each"`
}

// Drawn is a place of the sample, or a group of people in it.
type Drawn struct {
	Place               // of a group, Size is how many of the place's people belong to it by its share
	Group       string  `json:"group,omitempty"`
	Certain     bool    `json:"certain,omitempty"` // so large that it is in every sample
	Probability float64 `json:"probability"`       // that this place is drawn
	People      []int   `json:"people"`            // numbers 1…Size of the list of people there (of the group), ascending
	Weight      float64 `json:"weight"`            // of each person: 1/(Probability · people/Size), Size as it was before rounding
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
//     is "places:STRATUM" and "people:PLACE", of a group "people:PLACE.GROUP".
//
// Where a place has fewer people than are asked for, all are. Of a group it is taken to
// have its share, to the nearest whole number and one at least.
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
		case t.Places < 1 || t.Each < 1 && len(t.Parts) == 0:
			return nil, bad("nothing")
		case !t.parted():
			return nil, bad("group")
		case t.Places > len(places):
			return nil, bad("few")
		}
		once[t.Stratum] = true
		out = append(out, t.draw(places, seed)...)
	}
	return out, nil
}

// parted says whether the groups are told apart and each can be drawn.
func (t Take) parted() bool {
	seen := map[string]bool{"": true}
	for _, p := range t.Parts {
		if seen[p.Group] || !(p.Share > 0 && p.Share <= 1) || p.Each < 1 {
			return false
		}
		seen[p.Group] = true
	}
	return true
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
	if len(t.Parts) == 0 {
		for i := range out {
			out[i].ask(seed, "people:"+out[i].ID, float64(out[i].Size), t.Each)
		}
		return out
	}
	var apart []Drawn
	for _, d := range out {
		for _, p := range t.Parts {
			of := d
			size := float64(d.Size) * p.Share
			of.Group, of.Size = p.Group, max(int(math.Round(size)), 1)
			of.ask(seed, "people:"+d.ID+"."+p.Group, size, p.Each)
			apart = append(apart, of)
		}
	}
	return apart
}

// ask draws people of a place's list; they stand for size people there.
func (d *Drawn) ask(seed, purpose string, size float64, each int) {
	d.People = NewStream(seed, purpose).Sample(d.Size, min(each, d.Size))
	d.Weight = size / (d.Probability * float64(len(d.People)))
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
