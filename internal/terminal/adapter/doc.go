// Package adapter is the far end of GD/J 089: a simulated loudspeaker adapter that speaks
// Annex A with a platform, and a simulated IP terminal that speaks Annexes D and E with an
// adapter. Both use nothing of the platform but engine/ebd/speaker, so what they
// understand a maker's device can.
//
// The adapter listens for commands and answers each on its connection. What it has to
// report (heartbeats, tasks that begin and end) it sends on connections of its own, one
// for each, and repeats the beginnings and ends until they are acknowledged. The terminal
// keeps one connection to its adapter, over which it sends heartbeats and reports and
// gets its orders.
//
// They make no sound: a task begins and ends by its times, or is stopped.
package adapter
