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

func verdictsOn(files []string, room *semaphore.Weighted) verdicts {
	var file, lines bytes.Buffer
	out := json.NewEncoder(&lines)
	out.SetEscapeHTML(false)
	valid := true
	for _, name := range files {
		verdict := judged{name, verdictOn(name, &file, room)}
		valid = valid && verdict.Valid
		_ = out.Encode(verdict) // plain structs always marshal
	}
	return verdicts{lines.Bytes(), valid}
}

// keptBuffer is the largest buffer that is used again, bytes: hostile files have larger ones.
const keptBuffer = 1 << 20

// verdictOn judges one file with what it reads held in b.
func verdictOn(name string, b *bytes.Buffer, room *semaphore.Weighted) cap.Report {
	held := int64(0)
	defer func() { room.Release(held) }()
	raw, err := readDocument(b, name, func(size int64) {
		held = min(size+1, cap.MaxSize)
		_ = room.Acquire(context.Background(), held) // fails only where the context ends
	})
	if err != nil {
		return cap.Unreadable(err)
	}
	report := cap.Check(raw)
	if b.Cap() > keptBuffer {
		*b = bytes.Buffer{}
	}
	return report
}

var errTooLarge = errors.New("the file is larger than a document may be and was not read")

// readDocument reads a file or standard input into b, and no more than a document may
// have. What it gives lasts until b is used again. hold is told beforehand how many bytes
// that may be, and may wait.
func readDocument(b *bytes.Buffer, name string, hold func(size int64)) ([]byte, error) {
	b.Reset()
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
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
	if info.Mode().IsRegular() {
		if info.Size() > cap.MaxSize {
			return nil, errTooLarge
		}
		hold(info.Size())
		b.Grow(int(info.Size()) + bytes.MinRead) // so that it is held once
	} else {
		hold(cap.MaxSize)
		b.Grow(cap.MaxSize + 1 + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(in, cap.MaxSize+1)); err != nil {
		return nil, err
	}
	if b.Len() > cap.MaxSize {
		return nil, errTooLarge
	}
	return b.Bytes(), nil
}
