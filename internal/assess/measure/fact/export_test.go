package fact

// For tests of what stands behind what people call.
var (
	Unusual  = (*Ledger).unusual
	ThingsOf = (*Ledger).thingsOf
)
