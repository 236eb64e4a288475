// Package board keeps dashboards that people assemble themselves: a name and tiles in an order,
// private or shared. A tile names what it shows and holds no numbers: everybody who opens a board
// reads the values themselves, and sees of them what they may.
package board
