// Package survey runs surveys: what is asked and by whom, of a sample that anybody can draw
// again, answered by people who stay unknown, and what it came to.
//
//	survey    draft → approved → open → closed → published
//	version   of the questionnaire; a change in the field makes another, answers keep theirs
//	plan      strata (district, area, and group where it tells groups apart), sizes, places drawn
//	          by a seed
//	answer    survey, version, stratum, how it was given, a weight, the hour: nothing else
//
// Invariants:
//   - Nobody approves or publishes what they wrote.
//   - No answer leads to who gave it: an invitation is kept as a hash, is marked as used and
//     nothing more, and no record says when. Of interviews the record says who brought how many,
//     and of none whose it is. Places are hidden by a salt that is thrown away when
//     the survey closes.
//   - Contacts are sealed with the node's key and read by their sender alone, who sees no answer.
//     Their link leads by one hash to the contact and by another to the right to answer, and
//     neither can be told from the other without the link. An answer deletes the right and writes
//     nothing else: no row, order or time stamp leads from it to a contact, in the database as it
//     stands and with the node's key in hand. Who answered is found by the rights that are gone,
//     and is marked for as many of a stratum at once as a result tells of. What was begun and not
//     finished opens only with what its device holds.
//   - Not guarded: against who compares copies of the database made one answer apart, or its log
//     of changes, with the node's key; against a sender and an agency who watch links and answers
//     together as they come; and where a stratum has so few that all its answers are theirs.
//   - Results are made once a survey is closed, all of them together, and never tell of fewer
//     people than its least cell.
//   - What is published becomes facts by district and does not change.
package survey
