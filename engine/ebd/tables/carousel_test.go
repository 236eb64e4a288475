package tables

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asticode/go-astits"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// messages are n messages of one day.
func messages(n int) (x Index) {
	for i := range n {
		m := message()
		m.ID, _ = ebd.NewEBMID(platform, begin, i+1)
		x.Messages = append(x.Messages, m)
	}
	return x
}

func contents(x Index, text string) (cs []Content) {
	for _, m := range x.Messages {
		cs = append(cs, Content{ID: m.ID, Languages: []Language{{Code: "zho", Text: text, Agency: "气象"}}})
	}
	return cs
}

// everything is a set with every table, some of them longer than a section.
func everything(t fataler, n int) Set {
	x := messages(n)
	s := Set{Index: x, Contents: contents(x, strings.Repeat("各村请注意，暴雨。", 100)), Certificates: &Certificates{Certificates: slices.Repeat([]mpegts.Hex{sampleCertificate}, 30)},
		Configuration: &Configuration{Commands: []Command{{Volume: &Volume{60, []ebd.ResourceCode{speaker}}}}}}
	if n > 0 {
		s.Contents[0].Languages[0].Auxiliary = []Auxiliary{{JPEG, bytes.Repeat([]byte{0x47}, 30_000)}}
	}
	return s
}

// reading takes a stream apart with our own reader.
type reading struct {
	demux  *mpegts.Demux
	tables []*Table
	index  []int64 // packets at which an index was whole
}

func read(t fataler) *reading {
	r := &reading{}
	var a mpegts.Assembler
	r.demux = mpegts.NewDemux(func(pid uint16, s []byte) {
		if s[0] == IDIndex && s[6] == s[7] {
			r.index = append(r.index, r.demux.Packets())
		}
		table, err := a.Add(pid, s)
		if err != nil {
			t.Fatal(err)
		}
		if table != nil {
			r.tables = append(r.tables, decode(t, Cable, table))
		}
	}, func(f mpegts.Fault) { t.Fatal(f) })
	r.demux.Watch(PID)
	return r
}

// For any sets that follow on each other: what is on the air is the last set, versions
// count changes and nothing else, and the index is never 500 ms away.
func TestCarousel(t *testing.T) {
	key, sign := signer(t, ebd.CoverContentTime)
	checked := map[string]bool{} // signing is slow; one signature of each content is enough
	made := map[string]*ebd.Signature{}
	once := func(content []byte) (*ebd.Signature, error) {
		if made[string(content)] == nil {
			s, err := sign(content)
			if err != nil {
				return nil, err
			}
			made[string(content)] = s
		}
		return made[string(content)], nil
	}
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Int64Range(500_000, 3_000_000).Draw(t, "rate")
		c, err := NewCarousel(Config{Rate: rate, Sign: once, Program: 1})
		if err != nil {
			t.Fatal(err)
		}
		r := read(t)
		buf := make([]byte, 70*mpegts.PacketSize)
		run := func(d time.Duration) {
			for until := c.Mux().Time() + d; c.Mux().Time() < until; {
				_, _ = r.demux.Write(buf[:c.Mux().Next(buf)])
			}
		}
		run(time.Second)
		before, last := c.Versions(), Set{}
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			s := everything(t, rapid.IntRange(0, 5).Draw(t, "messages"))
			if rapid.Bool().Draw(t, "no configuration") {
				s.Configuration = nil
			}
			if err := c.Set(s); err != nil {
				t.Fatal(err)
			}
			run(5 * time.Second)
			now := c.Versions()
			if changed := len(s.Index.Messages) != len(last.Index.Messages); (now.Index != before.Index) != changed {
				t.Fatalf("index version %d after %d", now.Index, before.Index)
			}
			if want := min(1, int(now.Certificates)); int(now.Certificates) != want {
				t.Fatal("certificates did not change and their version did")
			}
			before, last = now, s
		}
		latest := map[string]*Table{}
		for _, table := range r.tables {
			name := table.Body.Name()
			if c, ok := table.Body.(*Content); ok {
				name += string(c.ID)
			}
			if content := string(table.Sealed[0].Content); !checked[content] {
				if !table.VerifiedBy(key, ebd.CoverContentTime) {
					t.Fatalf("%s is not signed", name)
				}
				checked[content] = true
			}
			if len(table.Warnings) > 0 {
				t.Fatal(table.Warnings)
			}
			latest[name] = table
		}
		onAir := func(name string, b Body, version uint8) {
			got := latest[name]
			if got == nil || got.Version != version || !cmp.Equal(b, got.Body, same) {
				t.Fatalf("%s version %d: %+v", name, version, got)
			}
		}
		onAir("index", &last.Index, before.Index)
		onAir("certificates", last.Certificates, before.Certificates)
		if last.Configuration != nil {
			onAir("configuration", last.Configuration, before.Configuration)
		}
		for i := range last.Contents {
			b := &last.Contents[i]
			onAir("content"+string(b.ID), b, before.Content[b.ID])
		}
		for i := 1; i < len(r.index); i++ {
			if gap := time.Duration(float64(r.index[i]-r.index[i-1]) * mpegts.PacketSize * 8 / float64(rate) * 1e9); gap >= IndexLimit {
				t.Fatalf("the index was %v away", gap)
			}
		}
		if c.Mux().Longest("index") >= IndexLimit {
			t.Fatal(c.Mux().Longest("index"))
		}
	})
}

func TestSetRefusesAndChangesNothing(t *testing.T) {
	c, err := NewCarousel(Config{Rate: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	good := everything(t, 2)
	if err := c.Set(good); err != nil {
		t.Fatal(err)
	}
	before := c.Versions()
	stray := everything(t, 2)
	stray.Index.Messages = stray.Index.Messages[:1]
	twice := everything(t, 2)
	twice.Contents = append(twice.Contents, twice.Contents[0])
	for want, s := range map[string]Set{"not in the index": stray, "same table_id_extension": twice, "severity": {Index: Index{Messages: []Message{{ID: id, Start: begin, Event: "10203", Class: 4}}}}} {
		if err := c.Set(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if diff := cmp.Diff(before, c.Versions()); diff != "" {
		t.Error(diff)
	}
	failing, err := NewCarousel(Config{Rate: 1_000_000, Versions: before})
	if err != nil {
		t.Fatal(err)
	}
	if v := failing.Versions(); v.Index != before.Index+1 {
		t.Errorf("version %d after %d", v.Index, before.Index)
	}
	if _, err := NewCarousel(Config{Rate: 1_000_000, Sign: func([]byte) (*ebd.Signature, error) { return nil, errors.New("the key is away") }}); err == nil {
		t.Error("sent without the signature asked for")
	}
	if _, err := NewCarousel(Config{Rate: 20_000, Program: 1}); err == nil || !strings.Contains(err.Error(), "too low") {
		t.Errorf("too slow a stream: %v", err)
	}
}

func TestVersionsOfOldMessagesAreForgotten(t *testing.T) {
	c, err := NewCarousel(Config{Rate: 10_000_000})
	if err != nil {
		t.Fatal(err)
	}
	for day := range 6 {
		x := messages(250)
		for i := range x.Messages {
			m := &x.Messages[i]
			m.ID, _ = ebd.NewEBMID(platform, begin.AddDate(0, 0, day), i)
		}
		if err := c.Set(Set{Index: x, Contents: contents(x, "雨")}); err != nil {
			t.Fatal(err)
		}
	}
	v := c.Versions().Content
	newest, _ := ebd.NewEBMID(platform, begin.AddDate(0, 0, 5), 7)
	if len(v) != maxContentVersions || v[newest] != 1 {
		t.Errorf("%d versions kept", len(v))
	}
}

// stream is some seconds of a head with every table, and the file it is in.
func stream(t *testing.T, sign Signer) (file string, b []byte, s Set) {
	t.Helper()
	c, err := NewCarousel(Config{Rate: 2_000_000, Sign: sign, Program: 7, TransportStream: 3, ClockPID: 0x1FF})
	if err != nil {
		t.Fatal(err)
	}
	s = everything(t, 3)
	if err := c.Set(s); err != nil {
		t.Fatal(err)
	}
	b = make([]byte, 6*2_000_000/8/mpegts.PacketSize*mpegts.PacketSize)
	c.Mux().Next(b)
	file = filepath.Join(t.TempDir(), "tables.ts")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, b, s
}

// ffprobe is another reader of transport streams: it must see the programme and find
// every counter in order; and it must find the fault in a stream with one.
func TestFFprobeReadsIt(t *testing.T) {
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("SKIPPED, NOTHING WAS PROVED: ffprobe is not installed (make deps)")
	}
	file, b, _ := stream(t, nil)
	probe := func(file string) (programs map[string]any, complaints []string) {
		cmd := exec.Command("ffprobe", "-v", "debug", "-show_programs", "-count_packets", "-of", "json", file)
		var out, said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &said
		if err := cmd.Run(); err != nil {
			t.Fatal(err, said.String())
		}
		if err := json.Unmarshal(out.Bytes(), &programs); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(said.String()) {
			low := strings.ToLower(line)
			if strings.Contains(low, "continuity") || strings.Contains(low, "corrupt") || strings.Contains(low, "crc") {
				complaints = append(complaints, line)
			}
		}
		return programs, complaints
	}
	got, complaints := probe(file)
	if len(complaints) > 0 {
		t.Error(complaints)
	}
	list, _ := json.Marshal(got["programs"])
	for _, want := range []string{`"program_num":7`, `"pmt_pid":256`, `"pcr_pid":511`, `"id":"0x21"`, `"codec_tag":"0x0005"`} {
		if !strings.Contains(string(list), want) {
			t.Errorf("%s is not in %s", want, list)
		}
	}
	for i := 0; i < len(b); i += mpegts.PacketSize { // a counter that jumps must be noticed
		if p := (*mpegts.Packet)(b[i:]); i > len(b)/8 && p.PID() == PID {
			p[3] ^= 4
			break
		}
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, complaints = probe(file); len(complaints) == 0 {
		t.Error("ffprobe says nothing of a counter that jumps: the test proves nothing")
	}
}

// go-astits is another: it reads PAT, PMT and clock by itself, and hands over packets of
// which the sections are put together here, apart from mpegts.
func TestAstitsReadsIt(t *testing.T) {
	key, sign := signer(t, ebd.CoverContentTime)
	_, b, want := stream(t, sign)
	d := astits.NewDemuxer(context.Background(), bytes.NewReader(b))
	var programs, maps int
	for {
		data, err := d.NextData()
		if errors.Is(err, astits.ErrNoMorePackets) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch {
		case data.PAT != nil:
			programs++
			if p := data.PAT.Programs; data.PAT.TransportStreamID != 3 || len(p) != 1 || p[0].ProgramNumber != 7 || p[0].ProgramMapID != 0x100 {
				t.Fatalf("%+v", data.PAT)
			}
		case data.PMT != nil:
			maps++
			if s := data.PMT.ElementaryStreams; data.PMT.ProgramNumber != 7 || data.PMT.PCRPID != 0x1FF || len(s) != 1 || s[0].ElementaryPID != PID || s[0].StreamType != 5 {
				t.Fatalf("%+v", data.PMT)
			}
		}
	}
	if programs < 50 || maps < 50 {
		t.Errorf("%d PATs and %d PMTs in 6 s", programs, maps)
	}
	got := map[string]*mpegts.Table{}
	counter, waiting, total, clocks := -1, []byte(nil), 0, 0
	d = astits.NewDemuxer(context.Background(), bytes.NewReader(b))
	for {
		p, err := d.NextPacket()
		if errors.Is(err, astits.ErrNoMorePackets) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.AdaptationField != nil && p.AdaptationField.HasPCR {
			// 2 Mbit/s: a packet every 20304 ticks of 27 MHz, to the tick.
			if pcr := p.AdaptationField.PCR; pcr.Base*300+pcr.Extension != (int64(total)*188+10)*8*27/2 {
				t.Fatalf("clock %d in packet %d", pcr.Base*300+pcr.Extension, total)
			}
			clocks++
		}
		total++
		if p.Header.PID != PID {
			continue
		}
		if counter >= 0 && int(p.Header.ContinuityCounter) != (counter+1)%16 {
			t.Fatalf("counter %d after %d", p.Header.ContinuityCounter, counter)
		}
		counter = int(p.Header.ContinuityCounter)
		payload := p.Payload
		if p.Header.PayloadUnitStartIndicator {
			if len(waiting) == 0 {
				payload = payload[1+int(payload[0]):]
			} else {
				payload = payload[1:]
			}
		}
		waiting = append(waiting, payload...)
		for len(waiting) >= 3 && waiting[0] != 0xFF {
			n := 3 + (int(waiting[1])<<8|int(waiting[2]))&0x0FFF
			if len(waiting) < n {
				break
			}
			section := waiting[:n]
			key := fmt.Sprintf("%x %x", section[0], section[3:6])
			if got[key] == nil {
				got[key] = &mpegts.Table{PID: PID, TableID: section[0], Private: true, Extension: uint16(section[3])<<8 | uint16(section[4]), Parts: make([][]byte, section[7]+1)}
			}
			got[key].Parts[section[6]] = bytes.Clone(section[8 : n-4])
			waiting = waiting[n:]
		}
		if len(waiting) > 0 && waiting[0] == 0xFF {
			waiting = nil
		}
	}
	if total != len(b)/188 || clocks < 150 {
		t.Errorf("%d packets, %d with a clock", total, clocks)
	}
	var bodies []Body
	for _, table := range got {
		back := decode(t, Cable, table)
		if !back.VerifiedBy(key, ebd.CoverContentTime) || len(back.Warnings) > 0 {
			t.Error(back.Body.Name(), back.Warnings)
		}
		bodies = append(bodies, back.Body)
	}
	for _, w := range []Body{&want.Index, &want.Contents[0], &want.Contents[1], &want.Contents[2], want.Certificates, want.Configuration} {
		if !slices.ContainsFunc(bodies, func(b Body) bool { return b.Name() == w.Name() && cmp.Equal(b, w, same) }) {
			t.Errorf("%s was not found among %d tables", w.Name(), len(bodies))
		}
	}
}
