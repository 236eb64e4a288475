// Package wire is the language between the platform and its IP terminals, spoken
// over MQTT 3.1.1. It is Tongsheng's own; docs/wire.md is its description for makers
// of terminals, and the two must say the same.
//
// # Down
//
// The platform publishes to t/<resource code>/down. A frame is an order (NewFrame,
// Trust.Authenticate) signed with SM2/SM3 by the issuing platform, or a confirmation
// of receipts (ServerSession.Confirm) under the device's session key.
//
//	order         "TS1O" | length(4) | order as canonical JSON | certificate(143) | signature(74)
//	confirmation  "TS1C" | session(16) | count(2) | counters(8 each) | mac(16)
//
// All numbers are big-endian. The certificate and signature are those of GD/J 081;
// the signature covers everything in the frame before r ‖ s, which is
// ebd.CoverContentTimeCert of the bytes before SigTime. A terminal that trusts the
// certificate's issuer needs nothing else to know that an order is genuine, so an
// order may reach it by any way, late, twice, or from a neighbour.
//
// # Up
//
// A terminal publishes to t/<resource code>/up:
//
//	"TU1" | kind(1) | session(16) | counter(8) | JSON | mac(16)
//
// The MAC is HMAC-SM3, cut to 16 bytes, under a key that both sides derive from the
// device's key, the platform's receipt key and the session number. The counter grows
// within a session, and a session number begins with its time, so a frame is
// accepted once (Window).
//
// Verify and everything under it is pure: it is given the time, the terminal's place
// and its memory, and gives a Verdict with one Reason. The order of the checks is
// fixed and part of the format: form, trust, signature, audience, time, memory.
package wire
