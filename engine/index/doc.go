// Package index makes composite indices: many indicators of many units (districts,
// operators, countries) become scores and ranks, by stages that each can be looked at.
//
//	raw → denominated → imputed → screened → treated → normalised → aggregated
//
// What each stage does, its formulas and where they come from is in docs/index.md; the
// definitions, defaults and results are those of COINr 1.1.14 (W. Becker et al., Journal of
// Open Source Software 7(78), 2022), whose files the readers here take.
//
// A Data holds the numbers and the tree of indicators and aggregates, a Method the choices,
// Compute makes a Result from both. Explain opens a score into its parts; Simulate, Vary and
// LeaveOut say how far scores and ranks hang on weights, methods and single elements. Scale and
// Beside measure what is no unit itself, as the whole of which the units are parts.
//
// Everything is deterministic: the same data, method and seed give the same bits, on any
// number of processors. A number that is not known is NaN, in and out; no result is infinite.
package index
