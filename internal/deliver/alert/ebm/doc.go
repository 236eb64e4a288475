// Package ebm turns the emergency broadcasting messages of GD/J 082 into this house's words
// and back. It is pure: sounds and pictures are named here and kept by others.
package ebm
