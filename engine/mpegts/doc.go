// Package mpegts reads and writes MPEG-2 transport streams at the level of packets and
// sections: ISO/IEC 13818-1 (GB/T 17975.1), clauses 2.4.3 and 2.4.4, and Annex A.
//
// Reading, a Demux takes bytes as they come and hands on whole sections, and an
// Assembler makes whole tables of them. Writing, a Mux carries tables on a carousel in
// a stream of constant rate, either a stream of its own or in place of the null packets
// of one that passes by.
//
// It is a pure library: no network, no clock. Time is stream time, a count of packets
// at a rate; whoever sends the packets keeps the pace. Nothing allocates per packet.
package mpegts
