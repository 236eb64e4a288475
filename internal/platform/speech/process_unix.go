//go:build unix

package speech

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a program into a process group of its own, so that killing it takes its
// children along.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
