package speech

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// find is the path of a program, or speech.engine_missing with the package to install, which
// in Debian has the program's name.
func find(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fault.New(fault.Unavailable, "speech.engine_missing", fault.Args{"program": program, "package": program}).Because(err)
	}
	return path, nil
}

// pipe runs a program with in as its standard input and hands its standard output to
// read. The program and what it started die with ctx or when read stops early. Its
// environment is a path and a language: no secret of ours reaches it.
func pipe(ctx context.Context, in io.Reader, read func(io.Reader) error, program string, args ...string) error {
	path, err := find(program)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8"}
	cmd.Stdin = in
	var said tail
	cmd.Stderr = &said
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return failed(program, &said, err)
	}
	readErr := read(out)
	if readErr != nil {
		cancel()
	} else {
		_, _ = io.Copy(io.Discard, io.LimitReader(out, 1<<20)) // let it finish its sentence
	}
	waitErr := cmd.Wait()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.New(fault.Unavailable, "speech.engine_slow", fault.Args{"program": program}).Because(ctx.Err())
	case ctx.Err() != nil && readErr == nil:
		return ctx.Err()
	case waitErr != nil && readErr == nil, waitErr != nil && said.last.Len() > 0:
		return failed(program, &said, waitErr)
	}
	return readErr
}

func failed(program string, said *tail, err error) error {
	cause := errors.Join(err, errors.New(strings.TrimSpace(said.last.String())))
	return fault.New(fault.Unavailable, "speech.engine_failed", fault.Args{"program": program}).Because(cause)
}

// tail keeps the last 4 KiB of what a program complained about, for the log. The buffer is not
// embedded: a Write that its ReadFrom goes round would bound nothing.
type tail struct{ last bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.last.Write(p[max(len(p)-4096, 0):])
	if over := t.last.Len() - 4096; over > 0 {
		t.last.Next(over)
	}
	return len(p), nil
}
