package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// freePort is a loopback address that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// child is a process whose standard output is read line by line.
type child struct {
	cmd   *exec.Cmd
	lines chan string
}

func start(ctx context.Context, name string, args ...string) (*child, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd, make(chan string, 64)}
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			c.lines <- lines.Text()
		}
		_, _ = io.Copy(io.Discard, out)
		close(c.lines)
	}()
	return c, nil
}

// line waits for the next line that begins with prefix and returns the rest of it.
func (c *child) line(prefix string, within time.Duration) (string, error) {
	timeout := time.After(within)
	for {
		select {
		case l, open := <-c.lines:
			if !open {
				return "", fmt.Errorf("%s ended before it said %q", c.cmd.Path, prefix)
			}
			if rest, ok := strings.CutPrefix(l, prefix); ok {
				return strings.TrimSpace(rest), nil
			}
		case <-timeout:
			return "", fmt.Errorf("%s did not say %q within %s", c.cmd.Path, prefix, within)
		}
	}
}

func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	hurry := time.AfterFunc(10*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer hurry.Stop()
	c.wait()
}

// wait returns when the process has ended.
func (c *child) wait() {
	for range c.lines {
	}
	_ = c.cmd.Wait()
}

// usage is a process's memory in bytes: what is resident, and of that what is not a page
// of a file, which the system can take back when it needs room.
type usage struct{ resident, own int64 }

func (u usage) String() string {
	return fmt.Sprintf("%.1f MB (%.1f MB)", float64(u.resident)/1e6, float64(u.own)/1e6)
}

func (c *child) memory() (u usage, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return u, err
	}
	for line := range strings.SplitSeq(string(raw), "\n") {
		for prefix, into := range map[string]*int64{"VmRSS:": &u.resident, "RssAnon:": &u.own} {
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				if err != nil {
					return u, err
				}
				*into = kib << 10
			}
		}
	}
	if u.resident == 0 {
		return u, errors.New("no VmRSS")
	}
	return u, nil
}

// worked is how much processor time the process has used.
func (c *child) worked() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	const user, system, tick = 11, 12, 10 * time.Millisecond // fields after the name in brackets, proc(5)
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) <= system {
		return 0
	}
	u, _ := strconv.Atoi(fields[user])
	s, _ := strconv.Atoi(fields[system])
	return time.Duration(u+s) * tick
}

// answering waits until addr takes connections.
func answering(addr string, within time.Duration) error {
	for deadline := time.Now().Add(within); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}
