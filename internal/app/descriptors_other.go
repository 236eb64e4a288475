//go:build !unix

package app

// descriptors is a guess where the system sets no limit.
func descriptors() int { return 16384 }
