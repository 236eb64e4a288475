package route

import "math"

// maxBreaks is how many breaks a vehicle can have.
const maxBreaks = 3

// relax lets breaks be taken at the moments of early, which stand by breaks taken, wherever
// that makes a label earlier than it was.
func (t *tour) relax(early []float64) {
	for k, b := range t.car.breaks {
		if at := max(early[k], b.Begin.From); at <= b.Begin.To {
			early[k+1] = min(early[k+1], at+b.Length)
		}
	}
}

// visit turns the departures of early into those from node n, a leg further on.
func (t *tour) visit(early []float64, n *node, leg float64) {
	for k := range early {
		early[k] += leg
	}
	t.relax(early)
	for k := range early {
		if early[k] = n.open(early[k]); early[k] > n.due {
			early[k] = math.Inf(1)
		} else {
			early[k] += n.service
		}
	}
	t.relax(early)
}

// begin is when a vehicle can leave its start: with the breaks taken that it had, and more.
func (t *tour) begin(early []float64) {
	for k := range early {
		early[k] = math.Inf(1)
	}
	early[t.car.taken] = t.car.shift.From
	if t.car.done == 0 {
		t.relax(early)
	}
}

func (t *tour) forward() {
	m, n, l := t.m, len(t.seq), t.labels
	t.begin(t.leave[:l])
	for p := 1; p < n-1; p++ {
		early := t.leave[p*l : (p+1)*l]
		copy(early, t.leave[(p-1)*l:p*l])
		nd, leg := &m.nodes[t.seq[p]], m.time[int(t.seq[p-1])*m.size+int(t.seq[p])]
		if p > t.car.done {
			t.visit(early, nd, leg)
			continue
		}
		// What is done is done, in time or not, with the breaks that were taken on the way.
		early[t.car.taken] = nd.open(early[t.car.taken]+leg) + nd.service
		if p == t.car.done {
			early[t.car.taken] = max(early[t.car.taken], t.car.free)
			t.relax(early)
		}
	}
	end := t.leave[(n-1)*l:]
	copy(end, t.leave[(n-2)*l:(n-1)*l])
	for k := range end {
		end[k] += m.time[int(t.seq[n-2])*m.size+int(t.seq[n-1])]
	}
	t.relax(end)
	// Who stays at home takes no breaks.
	t.ok = t.empty() || end[l-1] <= t.car.shift.To
}

// backward mirrors forward: the latest arrival by breaks taken so far.
func (t *tour) backward() {
	m, n, l := t.m, len(t.seq), t.labels
	end := t.latest[(n-1)*l:]
	for k := range end {
		end[k] = math.Inf(-1)
	}
	end[l-1] = t.car.shift.To
	t.postpone(end)
	for p := n - 2; p > 0; p-- {
		late := t.latest[p*l : (p+1)*l]
		copy(late, t.latest[(p+1)*l:(p+2)*l])
		nd, leg := &m.nodes[t.seq[p]], m.time[int(t.seq[p])*m.size+int(t.seq[p+1])]
		for k := range late {
			late[k] -= leg
		}
		t.postpone(late)
		for k := range late {
			late[k] = nd.shut(late[k] - nd.service)
		}
		t.postpone(late)
	}
	for k := range l {
		t.latest[k] = math.Inf(1)
	}
}

// postpone is relax backwards: whoever has a break yet to take may be as late as it takes to
// take it here.
func (t *tour) postpone(late []float64) {
	for k := len(t.car.breaks) - 1; k >= 0; k-- {
		b := t.car.breaks[k]
		if at := min(b.Begin.To, late[k+1]-b.Length); at >= b.Begin.From {
			late[k] = max(late[k], at)
		}
	}
}
