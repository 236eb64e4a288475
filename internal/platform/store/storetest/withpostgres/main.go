// Command withpostgres runs a command beside a throwaway PostgreSQL that every test of
// the run shares: withpostgres go test ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withpostgres COMMAND [ARG…]")
		os.Exit(2)
	}
	os.Exit(run())
}

func run() int {
	addr, stop, err := storetest.StartCluster()
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
		return 2
	}
	defer stop()
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Env = append(os.Environ(), storetest.Variable+"="+addr)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
		return 2
	}
	return 0
}
