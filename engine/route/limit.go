package route

import (
	"fmt"
	"strconv"
)

// Limit leaves only the first n vehicles. In Solomon's format all vehicles are the same; there
// n may be more than the file has, and how many of them are used counts no more.
func (in *Input) Limit(n int) error {
	p := in.Problem
	if in.Solomon {
		first := p.Vehicles[0]
		p.Vehicles = nil
		for i := range n {
			v := first
			v.ID = strconv.Itoa(i + 1)
			p.Vehicles = append(p.Vehicles, v)
		}
		p.Fewest = false
		return p.Validate()
	}
	n = min(n, len(p.Vehicles))
	for i, v := range p.Vehicles[n:] {
		if len(v.Done.Jobs) > 0 {
			return bad(fmt.Sprintf("vehicles[%d]", n+i), "it has begun, and is beyond the first %d", n)
		}
	}
	for i, j := range p.Jobs {
		if j.Pin != nil && j.Pin.Vehicle >= n {
			return bad(fmt.Sprintf("jobs[%d].pin", i), "its vehicle is beyond the first %d", n)
		}
	}
	p.Vehicles = p.Vehicles[:n]
	if in.Plan != nil {
		in.Plan = in.Plan[:n]
	}
	return p.Validate()
}
