// Package survey runs surveys: what is asked and by whom, of a sample that anybody can draw
// again, answered by people who stay unknown, and what it came to.
//
//	survey    draft → approved → open → closed → published
//	version   of the questionnaire; a change in the field makes another, answers keep theirs
//	plan      strata, sizes, places drawn by a seed
//	answer    survey, version, stratum, how it was given, a weight, the hour: nothing else
//
// Invariants:
//   - Nobody approves or publishes what they wrote.
//   - No answer leads to who gave it: an invitation is kept as a hash, is marked as used and
//     nothing more, and no record says when. Places are hidden by a salt that is thrown away when
//     the survey closes.
//   - Results are made once a survey is closed, all of them together, and never tell of fewer
//     people than its least cell.
//   - What is published becomes facts by district and does not change.
package survey
