// Package speaker speaks the loudspeaker protocols of GD/J 089-2018: Annex A between
// a platform and its loudspeaker adapters (大喇叭适配器), and Annexes D and E between an
// adapter and IP terminals. It reads and writes every frame of the three in both
// directions, and cuts byte streams into frames; connections belong to the caller.
//
// # Annex A
//
//	head(1) version(2) type(1) origin(1) length(4) body siglen(2) time(4) cert(6) r‖s(64) CRC-32(4)
//
// # Annexes D and E
//
//	FEFD 0100 session(4) kind(1) sign(1, Annex D only) length(2)
//	source(12) count(2) targets(12 each) type(1) length(2) body
//	[siglen(2) time(4) cert(6) r‖s(64), Annex D only] CRC-32(4)
//
// All numbers are big-endian. The CRC is that of MPEG-2 sections (Annex G) over
// everything before it.
//
// # Strict out, lenient in
//
// Encode refuses what the tables do not allow. Decode tells two things apart: an error,
// where the bytes cannot be a frame (wrong head, lengths that do not add up, wrong CRC, a
// body that ends inside a field), and warnings, where a field holds what its table does
// not name or a known deviation of real devices was read. A frame with warnings is
// whole; whether to act on it is for the caller.
//
// # Where the standard contradicts itself
//
// Type numbers above 0x16 differ between Table A.1 and the rest of Annex A (Table A.4 and
// the headings of A.4.3–A.4.5). Real devices follow the headings, and so does this
// package; a body that fits only Table A.1's numbering is read by it, with a warning.
// Times that the tables call "Beijing time as seconds since 1970" are read as what such a
// count is, an instant (Stamp). docs/speaker.md lists every such choice.
package speaker
