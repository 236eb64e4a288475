// Package intake brings facts in from files of people's spreadsheet programs: XLSX, or CSV of a
// million lines. A file is looked at from end to end first, every line of it; what is wrong is
// told by cell, and nothing is taken unless all lines are good or the person says to leave the
// bad ones out. Then facts are committed some thousand at a time, so that nothing else has to
// wait, and what was brought can be taken back whole.
//
// Two shapes are understood: a line for each value (element, region, period, value), and a table
// with a line for each region and a column for each element.
package intake
