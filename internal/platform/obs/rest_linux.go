package obs

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Rest gives back to the system what only starting needed: garbage, and the pages of the
// program's own file, of which those that are used come back by themselves.
func Rest() {
	debug.FreeOSMemory()
	maps, err := os.ReadFile("/proc/self/maps")
	own, err2 := os.Executable()
	if err != nil || err2 != nil {
		return // it costs memory, nothing else
	}
	for line := range strings.SplitSeq(string(maps), "\n") {
		f := strings.Fields(line) // range, permissions, offset, device, inode, path
		if len(f) < 6 || f[5] != own || strings.Contains(f[1], "w") {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		first, err := strconv.ParseUint(from, 16, 64)
		last, err2 := strconv.ParseUint(to, 16, 64)
		if err == nil && err2 == nil {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(first), uintptr(last-first), unix.MADV_DONTNEED)
		}
	}
}
