package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/tables"
	"github.com/tongsheng/tongsheng/engine/mpegts"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

type ebdTablesDecodeCmd struct {
	edition
	Files       []string `arg:"" optional:"" help:"Transport streams; udp://HOST:PORT listens there; standard input by default."`
	PID         uint16   `name:"pid" default:"33" help:"PID of the tables (0x0021)."`
	Data        bool     `help:"Print files in contents as hexadecimal digits, too."`
	Certificate string   `type:"existingfile" help:"Certificate by which to verify the signatures (143 bytes, or hexadecimal)."`
}

// tableLine is what decode prints of a table.
type tableLine struct {
	File       string           `json:"file"`
	Packet     int64            `json:"packet"` // by which it was whole, from 1
	Table      string           `json:"table,omitempty"`
	TableID    uint8            `json:"table_id"`
	Extension  uint16           `json:"extension"`
	Version    uint8            `json:"version"`
	Next       bool             `json:"next,omitempty"`
	Sections   int              `json:"sections"`
	Bytes      int              `json:"bytes"`
	Says       any              `json:"says,omitempty"`
	Signatures []signatureLine  `json:"signatures"`
	Verified   *string          `json:"verified,omitempty"` // what the signature covers, empty where it is bad
	Warnings   []tables.Warning `json:"warnings"`
	Error      string           `json:"error,omitempty"`
}

type signatureLine struct {
	Time        time.Time        `json:"time"`
	Certificate ebd.SerialNumber `json:"certificate"`
}

func (c *ebdTablesDecodeCmd) Run(ctx context.Context) error {
	if c.PID >= mpegts.NullPID {
		return misuse{fmt.Errorf("--pid %d is no PID", c.PID)}
	}
	var key *ebd.PublicKey
	if c.Certificate != "" {
		cert, err := certificate(c.Certificate)
		if err != nil {
			return err
		}
		key = &cert.Key
	}
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	bad := false
	for _, file := range files {
		in, err := openStream(ctx, file)
		if err != nil {
			return err
		}
		good, err := c.decode(ctx, file, in, key)
		in.Close()
		if err != nil {
			return err
		}
		bad = bad || !good
	}
	if bad {
		return errInput
	}
	return nil
}

// openStream opens a file, standard input, or a UDP address, which ends with ctx.
func openStream(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == "-" {
		return os.Stdin, nil
	}
	if !strings.HasPrefix(name, "udp://") {
		return os.Open(name)
	}
	u, err := url.Parse(name)
	if err != nil {
		return nil, misuse{err}
	}
	addr, err := net.ResolveUDPAddr("udp", u.Host)
	if err != nil {
		return nil, misuse{err}
	}
	var conn *net.UDPConn
	if addr.IP.IsMulticast() {
		var by *net.Interface
		if v := u.Query().Get("interface"); v != "" {
			if by, err = net.InterfaceByName(v); err != nil {
				return nil, misuse{err}
			}
		}
		conn, err = net.ListenMulticastUDP("udp", by, addr)
	} else {
		conn, err = net.ListenUDP("udp", addr)
	}
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(4 << 20)
	context.AfterFunc(ctx, func() { conn.Close() })
	return conn, nil
}

// decode prints the tables of one stream as they come; good is false where the stream
// has faults, a table cannot be read, or there is none.
func (c *ebdTablesDecodeCmd) decode(ctx context.Context, file string, in io.Reader, key *ebd.PublicKey) (good bool, err error) {
	out := json.NewEncoder(os.Stdout)
	var assembler mpegts.Assembler
	var first mpegts.Fault
	found, unread, faults := 0, 0, 0
	var failed error
	var demux *mpegts.Demux
	fail := func(f mpegts.Fault) {
		if f.Kind == mpegts.FaultTruncated && f.PID == c.PID {
			return // a recording ends anywhere
		}
		if faults++; faults == 1 {
			first = f
		}
	}
	demux = mpegts.NewDemux(func(pid uint16, section []byte) {
		table, err := assembler.Add(pid, section)
		if err != nil || table == nil {
			return // the demultiplexer has checked length and CRC; bad numbering is left out
		}
		line, ok := c.line(file, table, key)
		line.Packet = demux.Packets()
		if found++; !ok {
			unread++
		}
		if err := out.Encode(line); err != nil {
			failed = err
		}
	}, fail)
	demux.Watch(c.PID)
	buf := make([]byte, 64<<10)
	for failed == nil && ctx.Err() == nil {
		n, err := in.Read(buf)
		_, _ = demux.Write(buf[:n])
		if err == io.EOF || err != nil && ctx.Err() != nil {
			break
		} else if err != nil {
			return false, err
		}
	}
	demux.Close()
	if failed != nil {
		return false, failed
	}
	if faults > 0 {
		say("cli.tables.faults", fault.Args{"file": file, "count": faults, "first": first.Error()})
	}
	if found == 0 {
		say("cli.tables.none", fault.Args{"file": file, "pid": c.PID})
	}
	return found > 0 && unread == 0 && faults == 0, nil
}

func (c *ebdTablesDecodeCmd) line(file string, t *mpegts.Table, key *ebd.PublicKey) (line tableLine, ok bool) {
	line = tableLine{File: file, TableID: t.TableID, Extension: t.Extension, Version: t.Version, Next: t.Next, Sections: len(t.Parts),
		Signatures: []signatureLine{}, Warnings: []tables.Warning{}}
	for _, p := range t.Parts {
		line.Bytes += len(p)
	}
	table, err := tables.Decode(c.edition.edition(), t)
	if err != nil {
		line.Error = err.Error()
		return line, false
	}
	line.Table, line.Says = table.Body.Name(), table.Body
	line.Warnings = append(line.Warnings, table.Warnings...)
	for _, s := range table.Sealed {
		for _, sig := range s.Signatures {
			line.Signatures = append(line.Signatures, signatureLine{time.Unix(int64(sig.Time), 0).UTC(), sig.Cert})
		}
	}
	if key != nil {
		covers := ""
		for _, name := range coverages {
			if table.VerifiedBy(*key, coverage(name)) {
				covers = name
			}
		}
		line.Verified = &covers
	}
	if content, is := table.Body.(*tables.Content); is && !c.Data {
		line.Says = shortened(content)
	}
	return line, true
}

// shortened is a content with the sizes of its files instead of them.
func shortened(c *tables.Content) any {
	type file struct {
		Type  tables.AuxiliaryType `json:"type"`
		Bytes int                  `json:"bytes"`
	}
	type language struct {
		tables.Language
		Auxiliary []file `json:"auxiliary,omitempty"`
	}
	languages := make([]language, len(c.Languages))
	for i, l := range c.Languages {
		languages[i] = language{Language: l}
		for _, a := range l.Auxiliary {
			languages[i].Auxiliary = append(languages[i].Auxiliary, file{a.Type, len(a.Data)})
		}
	}
	return struct {
		ID        ebd.EBMID  `json:"id"`
		Languages []language `json:"languages"`
	}{c.ID, languages}
}
