// Package terminal is the far end of the platform: the agent that runs in a
// loudspeaker, and a simulator that runs thousands of them in one process. It knows
// no module of the platform, only the wire (engine/wire, docs/wire.md).
//
// A terminal is a speaker: a desk that decides what sounds now, a player that makes
// the sound, and a line to the platform. The agent and the simulator are the same
// speaker with another player and another place to keep its state, so what is proven
// of the one holds for the other.
//
// Invariants:
//   - Nothing sounds that the wire's verdict did not accept.
//   - An order is stored before its receipt leaves; a message that was played to the
//     end is never played again, whatever happens to the power.
//   - The higher rank sounds; what it interrupted resumes if it is still valid.
//   - That something was played is a claim; what the microphone heard is reported
//     beside it and never derived from it.
//   - A final receipt is kept and repeated until the platform confirms it.
package terminal
