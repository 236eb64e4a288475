package party

import "context"

// TellExpiring does the job once.
func TellExpiring(m *Module) { m.tellExpiring(context.Background()) }
