package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/debug"

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
	debug.SetMemoryLimit(32 << 20) // but not where a hostile one fills the memory
	releaseProgram()
	lines := bufio.NewWriter(os.Stdout)
	out := json.NewEncoder(lines)
	out.SetEscapeHTML(false)
	bad := false
	var file bytes.Buffer // of one file after another
	for _, name := range c.Files {
		verdict := judged{File: name}
		raw, err := readDocument(&file, name)
		if err == nil {
			verdict.Report = cap.Check(raw)
		} else {
			verdict.Report = cap.Unreadable(err)
		}
		bad = bad || !verdict.Valid
		if err := out.Encode(verdict); err != nil {
			return err
		}
	}
	if err := lines.Flush(); err != nil {
		return err
	}
	if bad {
		return errInput
	}
	return nil
}

var errTooLarge = errors.New("the file is larger than a document may be and was not read")

// readDocument reads a file or standard input into b, and no more than a document may
// have. What it gives lasts until b is used again.
func readDocument(b *bytes.Buffer, name string) ([]byte, error) {
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
		b.Grow(int(info.Size()) + bytes.MinRead) // so that it is held once
	} else {
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
