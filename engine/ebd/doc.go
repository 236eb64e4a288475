// Package ebd speaks the Chinese emergency-broadcasting family of technical
// documents GD/J 079–089: resource codes and identifiers (080, 082), event types
// and severities (GB/T 35561 with 082 Annex C), the SM2/SM3 certificates and
// signatures of 081, the messages, files and packages of 082 and 083.
//
// It is a pure library: no network, no storage, no clock. Everything that depends
// on the time takes it as an argument. Codes, identifiers, certificates and whatever is
// written are checked strictly and refused with an *Error that names the place; XML
// files and packages are read leniently, with a Warning for each deviation.
//
// The structs of the messages are the one table that the reader (decode.go), the writer
// (encode.go), JSON and the schema follow; plan.go says how their tags are read. XML
// itself is read by package loose.
//
// What this package holds now is the 2018 set, edition GDJ2018. What an edition may
// change (which messages and resource types exist, what they and files are called) hangs
// on an *Edition, so that GY/T 383–394-2023 can stand beside it; layouts that identify
// things for their whole life (the 23 digits of a resource code) are package-level.
package ebd
