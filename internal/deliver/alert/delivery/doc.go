// Package delivery sends signed orders to terminals and keeps how each fares.
//
// The receipt log is the truth: a receipt counts once it is on disk, and only then may
// the terminal be told so. What a terminal's receipts come to (its Track) is worked out
// in memory and carried over to alert_delivery in batches a few times a second; after a
// crash the log is read again from the last mark. A Track is a merge by a fixed order of
// states, so that receipts may come late, twice or before their row exists.
//
// Orders are found, not announced: an order that was committed and not yet dispatched is
// dispatched at the next look, in this life of the process or the next. Sending twice is
// harmless, because a terminal takes each version once. Nothing is sent after its end.
package delivery
