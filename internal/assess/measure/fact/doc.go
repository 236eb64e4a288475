// Package fact keeps facts, and what they add up to at every moment.
//
// A fact is a dated value of an element (what is counted, in which unit) about a unit (a region,
// or something that stands in one: a device, an outlet, a contract) for a period, with its
// source. It is one of a chain of versions: a correction or a withdrawal is a new version and
// the old one stays to be read, so that any number can be given as it stood on any date.
//
// Facts roll up as they are committed. A block holds the sums of one element for one unit and
// all below it, over a span of periods; a fact changes the blocks of its unit and of every
// region above in its own transaction. Values are whole millionths, so that sums are exact,
// whatever their order: blocks that grew fact by fact equal, to the byte, blocks that are
// rebuilt from all facts.
//
// A unit that is no region is a thing: one that people register, or that others of the module keep.
// Facts of one that is registered stand in its region, and move with it. Those of a line or gift of
// money stand where each contract and payment under it says, which may be another region than its own,
// and stay there.
//
// How an element's facts of one unit and period are put together is its Combine:
//
//	sum      they add up: people reached, minutes, yuan
//	mean     their mean, every fact weighing the same
//	max, min the largest, the smallest
//	stock    a state that holds until the next: people, devices, homes passed. In a longer period
//	         and in later ones it is the last that was stated. Above the unit stocks add up.
package fact
