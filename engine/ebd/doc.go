// Package ebd speaks the Chinese emergency-broadcasting family of technical
// documents GD/J 079–089: resource codes and identifiers (080, 082), event types
// and severities (GB/T 35561 with 082 Annex C), and the SM2/SM3 certificates and
// signatures of 081.
//
// It is a pure library: no network, no storage, no clock. Everything that depends
// on the time takes it as an argument, everything that is read from outside is
// checked strictly and refused with an *Error that names the place.
//
// What this package holds now is the 2018 set, edition GDJ2018. Layouts that an
// edition may change (which types exist, what they are called) hang on an *Edition,
// so that GY/T 383–394-2023 can stand beside it; layouts that identify things for
// their whole life (the 23 digits of a resource code) are package-level.
package ebd
