// Package casework is what is put right and decided: every procedure that has forms, states,
// deadlines and parties is a case type, a versioned file, and what happens to its cases is one
// engine's business.
//
//	docket     cases and their types: what happened, who may do what, whom it waits for
//	open311    public types offered to programs of citizens (GeoReport v2), and their keys
//	hook       other programs that are told what becomes of cases
//	calendar   people's deadlines as an address for their calendar programs
//	sheet      lists of cases taken away, and cases brought, as tables
//	paper      cases, the documents that they issue and forms to fill in by hand, printed
//	tally      what facts of cases add up to, told to the ledger
//
// Invariants:
//   - A case is the chain of what happened to it; where it stands is its fold. Nobody writes to an
//     entry that was made.
//   - A case keeps the version of its type by which it was opened.
//   - Who sees a case in a list may open it, and who may open it finds it in a list.
//   - What follows from a step follows in its transaction, or the step did not happen.
//
// Events in: devices.online, devices.offline, after which cases about these devices go on. Events
// out: casework.changed, casework.paid, casework.tallied.
package casework
