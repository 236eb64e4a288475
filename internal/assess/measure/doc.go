// Package measure says what was promised to people, what arrived, and how each district stands.
//
//	standard   what everyone is owed: items, who owes them, thresholds, versions
//	fact       dated values with their sources, and their exact sums up the tree of regions
//	indicator  what is made of facts, by formulas that people write
//	board      dashboards that people assemble themselves
//	period     the stretches of time they are about
//
// Invariants:
//   - Indicators and scores are made of facts and of nothing else. Whatever is shown opens into
//     the facts under it.
//   - A fact never changes: a correction is a new version, and any number can be given as it
//     stood on any date.
//   - Sums change in the transaction that commits a fact, and equal those made anew from all facts.
//   - A definition that refers to nothing, to itself in the end, or reckons with what is no
//     number is refused with its place.
//
// Events in: alert.issued and alert.ended, after which what came of a message is stated as facts
// while it is in progress and once more when its receipts are in; devices.online,
// devices.offline and asset.registered, after which it is looked how devices stand. Events out:
// none.
package measure
