// Package standard keeps what people are owed: standards of service, and norms for outlets,
// screens, hotels and stations, each in versions that are drafted, argued, approved and dated.
//
//	draft → comment → draft → submitted → approved → published
//	                              ↓     ↙     ↓
//	                           rejected     pilot → submitted → approved → published
//
// Invariants:
//   - What binds follows from dates: of the versions published for a standard the one that began
//     last binds, until its end or the next one's beginning. A pilot binds its regions in its days.
//   - Nobody approves what they wrote. An approval is bound to the digest of exactly the text and
//     the impact that were looked at; an edit voids it.
//   - A version is not submitted while a comment on it is unanswered, and its impact, reckoned
//     from the facts of that moment, is kept with it.
package standard
