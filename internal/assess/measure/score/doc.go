// Package score judges: composite indices over regions or things, made of indicators by the
// engine of indices, and assessments that people are held to.
//
//	index       a tree of groups and indicators with weights, and how they become one number
//	method      who is judged by which index, with what reward or penalty; tried on a pilot zone
//	            before it binds all
//	assessment  a method applied to a period: draft → hearing → published, with objections
//
// Invariants:
//   - A score is reckoned when it is asked for, from facts; what is published is frozen with the
//     time as of which facts were read, so that anybody can reckon it again.
//   - Nobody publishes what they drew up. An assessment is published once every objection is
//     answered, and says what each came to.
//   - A method binds a region only once it was tried on a pilot, or is one.
package score
