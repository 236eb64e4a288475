// Package duty is the duty desk of emergency broadcasting: the posts that somebody keeps, the
// roster, shifts and what is handed over between them, the log, the queue of what waits for a
// person, notices to staff, the newsroom's duty to report, and who may speak by telephone.
//
// Invariants:
//   - A post has one shift at a time. It ends by a handover that the giver and the taker signed,
//     each with a fresh second factor, or that a leader closed; the node seals what they signed.
//   - What a handover tells is worked out from the record, and frozen when the giver signs. What
//     happens between the two signatures is told by the next one: nothing falls between shifts.
//   - The log only grows. A correction is an entry of its own.
//   - An automatic entry commits with the act that it tells of.
//   - A notice to staff is no public message: another body, another header, another gateway.
package duty
