package measure

import "context"

// StateDevices looks how devices stand as is done every second; stirred says that some came or went.
func (m *Module) StateDevices(ctx context.Context, stirred bool) error {
	if stirred {
		m.stirred.Store(true)
	}
	return m.stateDevices(ctx)
}
