// Package region is the tree nation → city → district → township → village with
// outlines, population and zones. The tree is data: it is loaded from a city's folder
// and replaced as a whole when that changes.
//
// Invariants:
//
//   - A region's path begins with its parent's; a subtree is a prefix range.
//   - What is modelled or estimated says so in every answer.
//   - Regions are public: who lives where is no secret, and citizens look themselves up.
//
// Events out and in: none.
package region
