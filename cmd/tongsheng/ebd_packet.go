package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
)

type ebdPacketCmd struct {
	Protocol string `enum:"auto,annex-a,annex-d,annex-e" default:"auto" help:"Protocol of the frames: annex-a, annex-d, annex-e, or auto to tell by the first bytes."`
	Body     bool   `help:"Print what the frame holds as well."`
}

// verdict is what is printed of one line.
type verdict struct {
	OK              bool         `json:"ok"` // framed right, checksum right, body readable
	Protocol        string       `json:"protocol"`
	Direction       string       `json:"direction"` // "down", "up", or "" where nothing tells
	Type            int          `json:"type"`
	Name            string       `json:"name"`
	Length          int          `json:"length"`           // of the body, as written
	SignatureLength int          `json:"signature_length"` // as written
	Signed          bool         `json:"signed"`           // a signature that is not all zeros
	CRC             bool         `json:"crc_ok"`
	Error           string       `json:"error"`
	Warnings        []string     `json:"warnings,omitempty"`
	Body            speaker.Body `json:"body,omitempty"`
}

// maxLine is the longest line that is read: a frame with the longest body, with blanks.
const maxLine = 4 << 20

func (c ebdPacketCmd) Run() error {
	releaseProgram()
	return c.judge(os.Stdin, os.Stdout)
}

// judge prints one line of JSON for each line of in.
func (c ebdPacketCmd) judge(in io.Reader, out io.Writer) error {
	lines, printer := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<16)
	encoder := json.NewEncoder(printer)
	encoder.SetEscapeHTML(false)
	sound := true
	for first := true; ; first = false {
		line, long, err := readLine(lines)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if first {
			line = bytes.TrimPrefix(line, []byte("\uFEFF")) // which some editors put before a file
		}
		v := verdict{Error: "the line is too long"}
		if !long {
			v = c.line(line)
		}
		sound = sound && v.OK
		if err := encoder.Encode(v); err != nil {
			return err
		}
		if lines.Buffered() == 0 { // whoever types or pipes frame by frame wants each answer
			if err := printer.Flush(); err != nil {
				return err
			}
		}
	}
	if err := printer.Flush(); err != nil {
		return err
	}
	if !sound {
		return errInput
	}
	return nil
}

// readLine reads a line without its end; of one that is longer than maxLine nothing is kept.
func readLine(r *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		switch {
		case err == nil && line == nil && !long:
			return bytes.TrimRight(part, "\r\n"), false, nil
		case len(line)+len(part) > maxLine:
			line, long = nil, true
		case !long:
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && (len(line) > 0 || len(part) > 0 || long), err == nil:
			return bytes.TrimRight(line, "\r\n"), long, nil
		default:
			return nil, false, err
		}
	}
}

// line judges one line.
func (c ebdPacketCmd) line(line []byte) verdict {
	b, err := parseHex(line)
	if err != nil {
		return verdict{Error: err.Error()}
	}
	protocol := c.Protocol
	if protocol == "auto" {
		protocol = protocolOf(b)
	}
	v := verdict{Protocol: protocol}
	var warnings []*ebd.Error
	if protocol == "annex-a" || protocol == "" {
		var p *speaker.Packet
		p, err = speaker.Decode(b)
		v.Direction, v.Type, v.Name = p.Direction.String(), int(p.Type), p.Name
		v.Length, v.SignatureLength, v.Signed, v.CRC = p.Length, p.SignatureLength, p.Signature != nil, p.CRC
		v.Body, warnings = p.Body, p.Warnings
	} else {
		var f *speaker.Frame
		f, err = speaker.DecodeFrame(b, annexes[protocol])
		switch f.Annex {
		case speaker.AnnexD:
			v.Protocol = "annex-d"
		case speaker.AnnexE:
			v.Protocol = "annex-e"
		}
		v.Direction, v.Type, v.Name = f.Direction.String(), int(f.Type), f.Name
		v.Length, v.SignatureLength, v.Signed, v.CRC = f.Length, f.SignatureLength, f.Signature != nil, f.CRC
		v.Body, warnings = f.Body, f.Warnings
	}
	if v.OK = err == nil && v.CRC; err != nil {
		v.Error = err.Error()
	}
	for _, w := range warnings {
		v.Warnings = append(v.Warnings, w.Error())
	}
	if !c.Body {
		v.Body = nil
	}
	return v
}

// annexes are the protocols of IP terminals; "annex-de" is what begins like either.
var annexes = map[string]speaker.Annex{"annex-d": speaker.AnnexD, "annex-e": speaker.AnnexE, "annex-de": 0}

// protocolOf tells the protocol by the first bytes, "" if they begin no frame.
func protocolOf(b []byte) string {
	switch {
	case b[0] == byte(speaker.Down) || b[0] == byte(speaker.Up):
		return "annex-a"
	case b[0] == 0xFE && (len(b) == 1 || b[1] == 0xFD):
		return "annex-de"
	}
	return ""
}

// parseHex reads hexadecimal digits in either case, with blanks between bytes and 0x
// before them if there are any.
func parseHex(line []byte) ([]byte, error) {
	line = bytes.TrimSpace(line)
	if len(line) > 1 && line[0] == '0' && line[1]|0x20 == 'x' {
		line = line[2:]
	}
	fields := bytes.Fields(line)
	if len(fields) == 0 {
		return nil, errors.New("the line holds no bytes")
	}
	b := make([]byte, 0, len(line)/2)
	for _, f := range fields {
		var err error
		if b, err = hex.AppendDecode(b, f); err != nil {
			return nil, errors.New("the line is not hexadecimal digits, two to a byte: " + err.Error())
		}
	}
	return b, nil
}
