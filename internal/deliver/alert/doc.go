// Package alert is emergency broadcasting: the life of a message from its first draft to
// the last receipt.
//
//	draft → checked → (countersigned and) issued → in progress → ended
//
// Invariants:
//   - What goes out was approved: approvals are bound to the digest of everything a version
//     says, sounds included; any edit voids them. Nobody approves what they wrote.
//   - The last approval and the signed order are one commit. Dispatch follows from what is
//     committed (package delivery), so a crash loses nothing.
//   - A drill is a drill for ever, and says so in every line, sound and order.
//   - Claimed and heard are never one figure.
//   - Nothing is sent after a message's end, except its cancel, for as long as a terminal
//     could still hold the message.
//
// The parts: message (the thing itself, pure), rule (who may send what, precedence, templates;
// pure), rulebook (the rules in the database), delivery (orders, terminals, receipts), output
// (outputs beside terminals), door (television sets, which are anonymous), feed (CAP in and
// out), peer (platforms above and below), ebm (the messages of GD/J 082), media (sounds and
// pictures), duty (who stands behind it), drill (drills as things planned and compared), report
// (what came of it, as a document).
//
// Events out: alert.issued, alert.ended (with figures), alert.stopped, alert.fell_short,
// alert.receipts_taken, alert.drill_held. Events in: devices.offline, for the duty log;
// terminals are asked about when needed.
// Told to browsers: alert.changed, alert.progress, alert.arrived, alert.output, alert.source,
// alert.fell_short, drill.changed.
package alert
