//go:build !linux

package obs

import "runtime/debug"

// Rest gives back to the system what only starting needed.
func Rest() { debug.FreeOSMemory() }
