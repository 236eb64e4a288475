package route

// What the removal of strings is made of, as Christiaens and Vanden Berghe have it.
const (
	meanRemoved   = 10   // jobs that one ruin removes in the mean
	longestString = 10   // jobs that it takes from one tour
	splitChance   = 0.5  // of leaving some jobs within the string where they are
	splitMore     = 0.01 // of leaving one more
)

// strings takes strings of stops near a job out of the tours that pass there.
func (w *worker) strings() {
	s, m := w.s, w.s.m
	stops, used := 0, 0
	for v := range s.tours {
		if n := len(s.tours[v].loose()); n > 0 {
			stops += n
			used++
		}
	}
	if stops == 0 {
		return
	}
	longest := min(float64(longestString), float64(stops)/float64(used))
	most := 4*meanRemoved/(1+longest) - 1
	count := int(w.rng.Float64()*most + 1)
	seed := w.rng.IntN(m.n)
	w.ruined = w.ruined[:0]
	for _, c := range m.near[seed] {
		v := s.at[c]
		if v < 0 || w.isRuined[v] {
			continue
		}
		t := &s.tours[v]
		n, head := len(t.loose()), len(t.car.head)
		if int(s.pos[c]) <= head {
			continue
		}
		length := int(w.rng.Float64()*min(float64(n), longest) + 1)
		length = min(length, n)
		w.isRuined[v] = true
		w.ruined = append(w.ruined, int(v))
		w.string(int(v), int(s.pos[c])-head-1, n, length)
		if len(w.ruined) >= count {
			break
		}
	}
	for _, v := range w.ruined {
		w.isRuined[v] = false
	}
}

// string takes so many jobs out around the i-th loose one of n.
func (w *worker) string(v, i, n, length int) {
	s := w.s
	head := len(s.tours[v].car.head)
	kept := 0
	if length > 1 && length < n && w.rng.Float64() < splitChance {
		kept = 1
		for length+kept < n && w.rng.Float64() < splitMore {
			kept++
		}
	}
	span := length + kept
	first := max(0, i-span+1)
	last := min(i, n-span)
	from := first + w.rng.IntN(last-first+1)
	if kept == 0 {
		s.cut(v, head+1+from, head+1+from+span)
		return
	}
	// The kept ones stand together somewhere within the span.
	gap := 1 + w.rng.IntN(length-1)
	s.cut(v, head+1+from+gap+kept, head+1+from+span)
	if len(s.tours[v].loose()) >= from+gap {
		s.cut(v, head+1+from, head+1+from+gap)
	}
}
