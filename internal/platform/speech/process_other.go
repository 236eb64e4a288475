//go:build !unix

package speech

import "os/exec"

// ownGroup leaves exec's default: the program itself is killed.
func ownGroup(*exec.Cmd) {}
