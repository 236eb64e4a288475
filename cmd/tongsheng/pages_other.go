//go:build !linux

package main

// releaseProgram does nothing where the system was not asked how.
func releaseProgram() {}
