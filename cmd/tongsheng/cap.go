package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/tongsheng/tongsheng/engine/cap"
)

type capCmd struct {
	Check   capCheckCmd   `cmd:"" help:"Judge files of CAP 1.0 to 1.2, Atom, RSS or EDXL-DE, one JSON line each."`
	Show    capShowCmd    `cmd:"" help:"Show what the alerts in files say, as a duty officer reads them."`
	Convert capConvertCmd `cmd:"" help:"Bring one message from CAP to an EBM of GD/J 082, or back; what is lost is told on standard error."`
}

type capCheckCmd struct {
	Files []string `arg:"" name:"file" help:"Files to judge; - is standard input."`
}

// judged is the verdict on one file.
type judged struct {
	File string `json:"file"`
	cap.Report
}

func (c capCheckCmd) Run() error {
	// Each file leaves little behind: collecting it less often costs a few megabytes.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(28 << 20) // but not where a hostile one fills the memory
	out := bufio.NewWriter(os.Stdout)
	bad := false
	for line := range c.judge() {
		bad = bad || !line.valid
		if _, err := out.Write(line.text); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if bad {
		return errInput
	}
	return nil
}

// verdictLine is the verdict on one file as it is printed.
type verdictLine struct {
	text  []byte
	valid bool
}

// judge judges the files side by side and yields the verdicts in the files' order. What is
// read at a time is bounded by the largest document, whatever the number of processors.
func (c capCheckCmd) judge() iter.Seq[verdictLine] {
	return func(yield func(verdictLine) bool) {
		room := semaphore.NewWeighted(cap.MaxSize)
		var buffers sync.Pool
		ahead := make(chan chan verdictLine, 4*runtime.GOMAXPROCS(0))
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			defer close(ahead)
			for _, name := range c.Files {
				line := make(chan verdictLine, 1)
				select {
				case ahead <- line:
				case <-stop:
					return
				}
				go func() {
					b, ok := buffers.Get().(*bytes.Buffer)
					if !ok {
						b = new(bytes.Buffer)
					}
					line <- verdictOn(name, b, room)
					if b.Cap() <= keptBuffer {
						buffers.Put(b)
					}
				}()
			}
		}()
		for line := range ahead {
			if !yield(<-line) {
				return
			}
		}
	}
}

// keptBuffer is the largest buffer that is used again, bytes: hostile files have larger ones.
const keptBuffer = 1 << 20

// verdictOn judges one file with what it reads held in b.
func verdictOn(name string, b *bytes.Buffer, room *semaphore.Weighted) verdictLine {
	verdict := judged{File: name}
	held := int64(0)
	defer func() { room.Release(held) }()
	raw, err := readDocument(b, name, func(size int64) {
		held = min(size+1, cap.MaxSize)
		_ = room.Acquire(context.Background(), held) // fails only where the context ends
	})
	if err == nil {
		verdict.Report = cap.Check(raw)
	} else {
		verdict.Report = cap.Unreadable(err)
	}
	b.Reset() // what was read is done with
	out := new(bytes.Buffer)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(verdict) // plain structs always marshal
	return verdictLine{out.Bytes(), verdict.Valid}
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
