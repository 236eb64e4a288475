package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/tables"
	"github.com/tongsheng/tongsheng/engine/mpegts"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/tsout"
)

type ebdTablesCmd struct {
	Encode ebdTablesEncodeCmd `cmd:"" help:"Send tables as a transport stream of constant rate, or within one that passes."`
	Decode ebdTablesDecodeCmd `cmd:"" help:"Print the tables in transport streams, one JSON line each."`
}

// edition is the flags by which both commands choose the standard.
type edition struct {
	Medium    string `enum:"cable,terrestrial" default:"cable" help:"cable (GD/J 086) or terrestrial (GD/J 087)."`
	LocalTime bool   `help:"Times in the index are Beijing time, as some heads have it, not UTC."`
}

func (e edition) edition() *tables.Edition {
	ed := *tables.Cable
	if e.Medium == "terrestrial" {
		ed = *tables.Terrestrial
	}
	if e.LocalTime {
		ed.Zone = ebd.China
	}
	return &ed
}

type ebdTablesEncodeCmd struct {
	edition
	File        string        `arg:"" type:"existingfile" help:"What to send, as JSON: index, contents, certificates, configuration."`
	Out         string        `short:"o" required:"" help:"File, or udp://HOST:PORT, for a group with ?ttl=N&interface=NAME."`
	Rate        int64         `placeholder:"BIT/S" help:"Rate of the whole stream; 1,000,000 by default, with --into a file by default that of its clock."`
	Into        string        `placeholder:"STREAM" help:"Put the tables in place of the null packets of this stream, a file or udp://HOST:PORT, whose rate stays."`
	Duration    time.Duration `help:"How much to send; to a file 10s by default, to the network without end."`
	Program     uint16        `default:"1" help:"Programme number under which the PID is announced; 0 writes no PAT and PMT."`
	Stream      uint16        `default:"1" help:"transport_stream_id."`
	Clock       bool          `help:"Write a programme clock on PID 0x01FF."`
	Key         string        `type:"existingfile" help:"Private key (PEM) that signs the tables."`
	Certificate string        `placeholder:"NUMBER" help:"Number of the key's certificate, in hexadecimal."`
	Coverage    string        `enum:"content,time,certificate" default:"time" help:"What is signed: content, and time, and certificate number."`
	Versions    string        `type:"path" placeholder:"FILE" help:"Keep the versions of the tables in this file, so that terminals notice the next ones."`
}

// tablesInput is the file that encode reads.
type tablesInput struct {
	Index struct {
		Messages []struct {
			tables.Message
			Channel *struct {
				tables.Channel
				Cable *tables.CableDelivery `json:"cable"` // instead of the descriptor
			} `json:"channel"`
		} `json:"messages"`
	} `json:"index"`
	Contents []struct {
		ID        ebd.EBMID `json:"id"`
		Languages []struct {
			tables.Language
			Charset   *tables.Charset `json:"charset"` // left out: the first that has all characters
			Auxiliary []struct {
				tables.Auxiliary
				File string `json:"file"` // instead of data; relative to this file
			} `json:"auxiliary"`
		} `json:"languages"`
	} `json:"contents"`
	Certificates  *tables.Certificates  `json:"certificates"`
	Configuration *tables.Configuration `json:"configuration"`
}

const maxTablesInput = 64 << 20

func readTables(file string) (s tables.Set, err error) {
	f, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer f.Close()
	var in tablesInput
	d := json.NewDecoder(io.LimitReader(f, maxTablesInput))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	s = tables.Set{Certificates: in.Certificates, Configuration: in.Configuration}
	for i, m := range in.Index.Messages {
		if c := m.Channel; c != nil {
			if c.Cable != nil {
				d, err := c.Cable.Descriptor()
				if err != nil {
					return s, fmt.Errorf("%s: messages[%d].channel.cable: %w", file, i, err)
				}
				c.Descriptors = append([]mpegts.Descriptor{d}, c.Descriptors...)
			}
			m.Message.Channel = &c.Channel
		}
		s.Index.Messages = append(s.Index.Messages, m.Message)
	}
	for _, c := range in.Contents {
		content := tables.Content{ID: c.ID}
		for _, l := range c.Languages {
			language := l.Language
			if language.Charset = tables.CharsetFor(l.Text + l.Agency); l.Charset != nil {
				language.Charset = *l.Charset
			}
			for _, a := range l.Auxiliary {
				if a.File != "" {
					if a.Data, err = os.ReadFile(filepath.Join(filepath.Dir(file), a.File)); err != nil {
						return s, err
					}
				}
				language.Auxiliary = append(language.Auxiliary, a.Auxiliary)
			}
			content.Languages = append(content.Languages, language)
		}
		s.Contents = append(s.Contents, content)
	}
	return s, nil
}

// signer signs at the present time; nil without a key.
func (c *ebdTablesEncodeCmd) signer() (tables.Signer, error) {
	if (c.Key == "") != (c.Certificate == "") {
		return nil, misuse{errors.New("--key and --certificate belong together")}
	}
	if c.Key == "" {
		say("cli.tables.unsigned", nil)
		return nil, nil
	}
	key, err := privateKey(c.Key)
	if err != nil {
		return nil, err
	}
	number, err := ebd.ParseSerialNumber(c.Certificate)
	if err != nil {
		return nil, misuse{err}
	}
	return func(content []byte) (*ebd.Signature, error) {
		return ebd.Sign(key, number, content, time.Now(), coverage(c.Coverage))
	}, nil
}

// sentTables is what encode says at the end.
type sentTables struct {
	Out        string  `json:"out"`
	Packets    int64   `json:"packets"`
	Seconds    float64 `json:"seconds"` // of stream time
	Rate       int64   `json:"rate"`
	Load       float64 `json:"load"`           // share of the stream that the tables ask for
	IndexMS    float64 `json:"index_longest"`  // ms between two repetitions at most
	LateMeanUS int64   `json:"late_mean_us"`   // of a datagram; 0 for a file
	LateMostUS int64   `json:"late_most_us"`   //
	Lost       int64   `json:"datagrams_lost"` // that the network did not take
}

func (c *ebdTablesEncodeCmd) Run(ctx context.Context) error {
	set, err := readTables(c.File)
	if err != nil {
		return err
	}
	cfg := tables.Config{Edition: c.edition.edition(), Rate: c.Rate, Program: c.Program, TransportStream: c.Stream}
	if c.Clock {
		cfg.ClockPID = 0x01FF
	}
	var passing io.ReadCloser
	if c.Into != "" {
		if c.Clock {
			return misuse{errors.New("--clock is for a stream of its own; one that passes has a clock")}
		}
		if cfg.Program = 0; cfg.Rate == 0 {
			if network(c.Into) {
				return misuse{errors.New("--rate is needed for a stream that comes over the network")}
			}
			if cfg.Rate, err = rateOf(c.Into); err != nil {
				return err
			}
		}
		if passing, err = openStream(ctx, c.Into); err != nil {
			return err
		}
		defer passing.Close()
	} else if cfg.Rate == 0 {
		cfg.Rate = 1_000_000
	}
	if err := readJSON(c.Versions, &cfg.Versions); err != nil {
		return err
	}
	if cfg.Sign, err = c.signer(); err != nil {
		return err
	}
	carousel, err := tables.NewCarousel(cfg)
	if err != nil {
		return err
	}
	if err := carousel.Set(set); err != nil {
		return err
	}
	if c.Versions != "" {
		raw, err := json.Marshal(carousel.Versions())
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Versions, raw, 0o644); err != nil {
			return err
		}
	}
	out, err := tsout.Open(c.Out)
	if err != nil {
		return err
	}
	report, err := c.send(ctx, carousel.Mux(), passing, out)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	m := carousel.Mux()
	longest := m.Longest("index")
	if longest >= tables.IndexLimit {
		say("cli.tables.late", fault.Args{"found": longest.Milliseconds()})
	}
	return json.NewEncoder(os.Stdout).Encode(sentTables{c.Out, m.Packets(), m.Time().Seconds(), m.Rate(), m.Load(),
		float64(longest.Microseconds()) / 1000, report.LateMean().Microseconds(), report.LateMost.Microseconds(), report.Lost})
}

// rateOf finds the rate of a stream by its clock.
func rateOf(file string) (int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var meter mpegts.RateMeter
	buf := make([]byte, 1000*mpegts.PacketSize)
	for {
		n, err := io.ReadFull(f, buf)
		for i := 0; i+mpegts.PacketSize <= n; i += mpegts.PacketSize {
			meter.Packet((*mpegts.Packet)(buf[i:]))
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	if meter.Rate() == 0 {
		return 0, fmt.Errorf("%s has no programme clock to tell its rate by: give --rate", file)
	}
	return meter.Rate(), nil
}

func readJSON(file string, into any) error {
	raw, err := os.ReadFile(file)
	if file == "" || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// send moves the stream, paced to the network and as fast as it goes to a file.
func (c *ebdTablesEncodeCmd) send(ctx context.Context, m *mpegts.Mux, passing io.Reader, out io.Writer) (report tsout.Report, err error) {
	if passing != nil && network(c.Into) {
		return c.relay(ctx, m, passing, out)
	}
	limit := c.Duration
	if limit == 0 && !network(c.Out) && passing == nil {
		limit = 10 * time.Second
	}
	var failed error
	next := func(b []byte) int {
		if left := limit - m.Time(); limit > 0 {
			packets := int(math.Ceil(max(0, left.Seconds()) * float64(m.Rate()) / (8 * mpegts.PacketSize)))
			b = b[:min(len(b)/mpegts.PacketSize, packets)*mpegts.PacketSize]
		}
		if passing == nil {
			return m.Next(b)
		}
		n, err := io.ReadFull(passing, b)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			failed = err
			return 0
		}
		n -= n % mpegts.PacketSize
		if failed = m.InsertAll(b[:n]); failed != nil {
			return 0
		}
		return n
	}
	if network(c.Out) {
		if report, err = tsout.Pace(ctx, clock.System{}, out, m.Rate(), next); err == nil {
			err = failed
		}
		return report, err
	}
	buf := make([]byte, 100*tsout.Datagram)
	for ctx.Err() == nil && failed == nil {
		n := next(buf)
		if n == 0 {
			break
		}
		if _, err := out.Write(buf[:n]); err != nil {
			return report, err
		}
	}
	return report, failed
}

// relay sends each datagram on as soon as it comes: the pace is that of whoever sends the
// stream. What is no stream of packets in step is sent on as it is.
func (c *ebdTablesEncodeCmd) relay(ctx context.Context, m *mpegts.Mux, passing io.Reader, out io.Writer) (report tsout.Report, err error) {
	buf := make([]byte, 64<<10)
	for c.Duration == 0 || m.Time() < c.Duration {
		n, err := passing.Read(buf)
		if err != nil {
			if ctx.Err() != nil {
				return report, nil
			}
			return report, err
		}
		_ = m.InsertAll(buf[:n])
		if _, err := out.Write(buf[:n]); err != nil && !network(c.Out) {
			return report, err
		} else if err != nil {
			report.Lost++
		}
		report.Datagrams++
	}
	return report, nil
}

// network reports whether a stream comes from or goes to the network.
func network(name string) bool { return strings.HasPrefix(name, "udp://") }
