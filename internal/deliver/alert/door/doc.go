// Package door serves household television sets, which are many, anonymous and come and go:
// they do not enrol. A set says where it stands and hears over a stream, or by asking, the
// signed orders for that place as terminals are sent them; it verifies them with the
// authority's key that it was told when it was set up. It answers with two words, shown and
// ended, under a number that it made itself.
//
// Invariants:
//   - Orders are found, not announced: what is committed, due and in force is told, in this life
//     of the process or the next. Changed only makes it sooner.
//   - Nothing is kept of a set: what is kept is how many in a township showed a message, and
//     when. The number that a set gives serves to count it once and lives in memory only.
//   - A set that asks too often, or one too many, is refused and asks again later; what
//     others are told waits for nobody.
package door
