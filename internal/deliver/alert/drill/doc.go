// Package drill is the drill as a thing that people plan and learn from: its plan, its run, what
// came of it, and how it compares with those before it.
//
//	planned → approved → running → done → evaluated
//
// or called off on the way, with a reason.
//
// Invariants:
//   - A plan is approved by another person than wrote it; a change voids the approval.
//   - A drill begins by somebody's click, or at its time by itself only where the rules say so.
//     Its beginning and the draft of its message are one commit, so there is never one without
//     the other. The message then goes the way of every message: checked, countersigned, sent.
//   - A drill that nobody told the duty staff of is seen, until it begins, only by who wrote it and
//     by those who may approve it.
//   - What came of it is worked out from the message's own record and frozen when that is final.
//     What was not measured is unknown, which is no zero.
package drill
