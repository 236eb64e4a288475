// Package tables reads and writes the emergency-broadcasting tables of digital cable
// and terrestrial television: GD/J 086-2018 and GD/J 087-2018. A television head sends
// them as private sections on PID 0x0021 of every transport stream:
//
//	0xFD  Index          which messages are on the air, repeated within 500 ms
//	0xFE  Content        one message's text, in up to five languages, with files
//	0xFC  Certificates   whom a terminal may believe
//	0xFB  Configuration  commands to terminals: clock, codes, volume, return path, …
//
// Encode makes sections of a table and its signature, Decode the reverse; a Carousel
// keeps a set of tables, counts their versions and carries them in a constant-rate
// stream. Writing is strict and refuses what the standard does not allow, naming the
// place. Reading takes what can be understood and warns of what deviates.
//
// Where the text of the standard leaves something open, this package does as follows.
//
//   - A table longer than a section is cut anywhere, and the signature stands once, at
//     its end: 086 §6.2 has the signature computed first and the sections made then,
//     and a file of a content table fits no other way. Tables whose every section is
//     complete in itself, another reading of table 1, are read too.
//   - The signature covers the body from after last_section_number to before
//     signature_length, and what ebd.Coverage says; version and table id stay outside.
//   - auxiliary_data_length has 24 bits, as in table 4; its description says 32, which
//     is read where 24 do not fit.
//   - Times of the index are UTC, as the title of Annex A has it; some heads write
//     Beijing time, for which an Edition has a Zone. The clock command is Beijing time,
//     as in GD/J 089 table A.17.
//   - table_id_extension of a content table is the CRC-16 of the 18 bytes of EBM_id as
//     they stand in the section, reserved bits included.
package tables
