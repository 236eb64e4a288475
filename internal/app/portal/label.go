package portal

// label is a name on a drawing, by its middle.
type label struct {
	X, Y int
	Name string
}

// wish is a name that should stand at a place, or beside it.
type wish struct {
	x, y  int
	clear int  // radius around the place to leave free, units
	fixed bool // nowhere else: beside its place it would name another
	name  string
}

const (
	maxDistricts = 6  // districts named; a message for the whole city needs no names
	labelSize    = 26 // units, height of a label
)

// districtNames wishes for the names of the districts that the message touches, as long as
// they are few.
func districtNames(s *sheet, ground []Outline, m *Message, w words) (out []wish) {
	for _, o := range ground {
		if _, touched := m.covers(o.Path); !touched {
			continue
		}
		if len(out) == maxDistricts {
			return nil
		}
		x, y := s.at(o.Shape.LabelPoint())
		out = append(out, wish{x, y, 0, false, o.Name.In(w.lang)})
	}
	return out
}

// labels puts names where they meet neither each other nor what is marked. A name that finds
// no room is left out: every place stands in the text.
func (s *sheet) labels(wanted []wish, marks []spot) (out []label) {
	for _, want := range wanted {
		half := label{Name: want.name}.width() / 2
		up, side := max(want.clear, spotRadius)+labelSize, want.clear+half+labelSize/4
		places := [][2]int{{0, up}, {0, -up}, {side, 0}, {-side, 0}}
		switch {
		case want.fixed:
			places = [][2]int{{0, 0}}
		case want.clear == 0:
			places = append([][2]int{{0, 0}}, places[:2]...)
		}
		for _, at := range places {
			l := label{want.x + at[0], want.y + at[1], want.name}
			if at[0] == 0 {
				l.X = min(max(l.X, half), s.width-half)
			}
			if s.free(l, out, marks) {
				out = append(out, l)
				break
			}
		}
	}
	return out
}

func (s *sheet) free(l label, others []label, marks []spot) bool {
	half := l.width() / 2
	if l.X < half || l.X > s.width-half || l.Y < labelSize/2 || l.Y > s.height-labelSize/2 {
		return false
	}
	for _, o := range others {
		if abs(o.Y-l.Y) <= labelSize && abs(o.X-l.X) <= half+o.width()/2 {
			return false
		}
	}
	for _, m := range marks {
		if abs(m.X-l.X) < half+m.R && abs(m.Y-l.Y) < labelSize/2+m.R {
			return false
		}
	}
	return true
}

// width is about how wide a label is, units: Chinese characters are square.
func (l label) width() int {
	units := 0
	for _, r := range l.Name {
		if r < 0x2000 {
			units += labelSize * 6 / 10
		} else {
			units += labelSize
		}
	}
	return units
}

func abs(n int) int { return max(n, -n) }
