package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sync/semaphore"

	"github.com/tongsheng/tongsheng/engine/cap"
)

type capCmd struct {
	Check   capCheckCmd   `cmd:"" help:"Judge files of CAP 1.0 to 1.2, Atom, RSS or EDXL-DE, one JSON line each."`
	Show    capShowCmd    `cmd:"" help:"Show what the alerts in files say, as a duty officer reads them."`
	Convert capConvertCmd `cmd:"" help:"Bring one message from CAP to an EBM of GD/J 082, or back; what is lost is told on standard error."`
}

type capCheckCmd struct {
	Files inputs `arg:"" name:"file" help:"Files to judge; - is standard input."`
}

// judged is the verdict on one file.
type judged struct {
	File string `json:"file"`
	cap.Report
}

func (c capCheckCmd) Run() error {
	// Each file leaves little behind: collecting it less often costs a few megabytes.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(32 << 20) // but not where a hostile one fills the memory
	releaseProgram()
	bad := false
	for v := range c.judge() {
		bad = bad || !v.valid
		if _, err := os.Stdout.Write(v.lines); err != nil {
			return err
		}
	}
	if bad {
		return errInput
	}
	return nil
}

// verdicts are those on some files as they are printed.
type verdicts struct {
	lines []byte
	valid bool // all of them
}

// atOnce is how many files are judged one after another before their verdicts are printed.
const atOnce = 32

// judge judges the files, some here and some there side by side, and yields the verdicts in
// the files' order. What is read at a time is bounded by the largest document, whatever the
// number of processors.
func (c capCheckCmd) judge() iter.Seq[verdicts] {
	return func(yield func(verdicts) bool) {
		workers := runtime.GOMAXPROCS(0)
		room := semaphore.NewWeighted(cap.MaxSize)
		ahead := make(chan chan verdicts, workers-1)
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			defer close(ahead)
			for files := range slices.Chunk(c.Files, min(atOnce, 1+len(c.Files)/workers/4)) {
				done := make(chan verdicts, 1)
				select {
				case ahead <- done:
				case <-stop:
					return
				}
				go func() { done <- verdictsOn(files, room) }()
			}
		}()
		for done := range ahead {
			if !yield(<-done) {
				return
			}
		}
	}
}

func verdictsOn(names []string, room *semaphore.Weighted) verdicts {
	file := buffers.Get().(*[]byte)
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	out.SetEscapeHTML(false)
	valid := true
	for _, name := range names {
		verdict := judged{name, verdictOn(name, file, room)}
		valid = valid && verdict.Valid
		_ = out.Encode(verdict) // plain structs always marshal
	}
	buffers.Put(file)
	return verdicts{lines.Bytes(), valid}
}

// buffers are what files are read into, one after another.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// keptBuffer is the largest buffer that is used again, bytes: hostile files have larger ones.
const keptBuffer = 5 << 20

// verdictOn judges one file with what it reads held in b.
func verdictOn(name string, b *[]byte, room *semaphore.Weighted) cap.Report {
	held := int64(0)
	defer func() { room.Release(held) }()
	raw, err := readDocument(b, name, func(size int64) {
		held = size
		_ = room.Acquire(context.Background(), held) // fails only where the context ends
	})
	if err != nil {
		return cap.Unreadable(err)
	}
	report := cap.Check(raw)
	if len(raw) > keptBuffer {
		*b = nil
	}
	return report
}

var errTooLarge = errors.New("the file is larger than a document may be and was not read")

// open is os.Open without what that asks the system to find out whether reading might have
// to wait, which takes as long as reading.
func open(name string) (*os.File, error) {
	for {
		fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err == nil {
			return os.NewFile(uintptr(fd), name), nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
	}
}

// readDocument reads a file or standard input into *b, and no more than a document may
// have. What it gives lasts until b is used again. hold is told beforehand how many bytes
// that may be, and may wait.
func readDocument(b *[]byte, name string, hold func(size int64)) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	raw, size := (*b)[:0], info.Size()
	if info.Mode().IsRegular() && size > 0 {
		if size > cap.MaxSize {
			return nil, errTooLarge
		}
		hold(size)
		raw = slices.Grow(raw, int(size))[:size]
		n, err := io.ReadFull(in, raw)
		*b = raw[:n]
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) { // it has become shorter
			err = nil
		}
		return *b, err
	}
	hold(cap.MaxSize) // a pipe, or a file that the system makes as it is read
	if !info.Mode().IsRegular() {
		raw = slices.Grow(raw, cap.MaxSize+1+bytes.MinRead) // so that it is held once
	}
	all := bytes.NewBuffer(raw)
	_, err = all.ReadFrom(io.LimitReader(in, cap.MaxSize+1))
	*b = all.Bytes()
	if err == nil && len(*b) > cap.MaxSize {
		err = errTooLarge
	}
	return *b, err
}
