// Package channel is what an output plays by the clock. Its first piece is the everyday
// timetable of a region's loudspeakers: relays of stations, recorded items and spoken notices.
//
//	draft → submitted → (approved and) published → superseded by the next version
//
// From a published version follow occurrences, one for each time that a slot plays:
//
//	planned → handed over → over | withdrawn; or skipped, refused, missed
//
// Invariants:
//   - An occurrence is handed over once, some minutes ahead, to emergency broadcasting, which
//     signs and sends it as an everyday message. That module's rules decide what goes before
//     what; there is no second precedence.
//   - What is published was approved as the rules demand of everyday messages: approvals are
//     bound to the digest of the content; nobody approves what they wrote.
//   - Two slots of timetables of one level never sound on one loudspeaker at once.
//   - A version that was published never changes; going back makes a new one.
//   - What was played is told by receipts, and never by the timetable.
//
// Other modules' tables and words are not known here; app answers the questions.
package channel
