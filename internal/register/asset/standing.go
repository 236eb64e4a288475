package asset

import "context"

// Standing counts the devices in service by the path of their region: every state but
// planned, suspended and retired.
func (m *Module) Standing(ctx context.Context) (map[string]Totals, error) {
	all, err := m.tally.all(ctx)
	out := map[string]Totals{}
	for i := range all {
		if c := &all[i]; c.state != Planned && c.state != Suspended && c.state != Retired {
			t := out[c.path]
			t.add(c.presence, c.n, c.faulty)
			out[c.path] = t
		}
	}
	return out, err
}
