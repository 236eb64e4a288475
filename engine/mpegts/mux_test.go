package mpegts

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// table is a table as sections, of size bytes that tell it apart.
func table(t interface{ Fatal(...any) }, id uint8, ext uint16, version uint8, size int) [][]byte {
	body := bytes.Repeat([]byte{byte(ext), version}, size/2)
	tab := Table{TableID: id, Private: true, Extension: ext, Version: version, Parts: Split(body, MaxPayload)}
	sections, err := tab.Sections()
	if err != nil {
		t.Fatal(err)
	}
	return sections
}

// watcher checks a stream packet by packet, without the package's own counters.
type watcher struct {
	*Demux
	seen   map[string][]int64 // begin of each repetition, by "id/extension/version"
	faults []Fault
}

func watch(pids ...uint16) *watcher {
	w := &watcher{seen: map[string][]int64{}}
	w.Demux = NewDemux(func(_ uint16, s []byte) {
		if s[6] == 0 {
			key := fmt.Sprintf("%02X/%d/%d", s[0], int(s[3])<<8|int(s[4]), s[5]>>1&31)
			w.seen[key] = append(w.seen[key], w.Packets())
		}
	}, func(f Fault) { w.faults = append(w.faults, f) })
	for _, p := range pids {
		w.Watch(p)
	}
	return w
}

// The promise of a carousel, for any rate and tables that it accepts: the stream has
// exactly its rate, counters go on, every table comes, a promised one within its limit,
// and all of it across changes of the tables.
func TestMuxKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Int64Range(100_000, 50_000_000).Draw(t, "rate")
		m, err := NewMux(rate)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "clock") {
			if err := m.Clock(0x111); err != nil {
				t.Fatal(err)
			}
		}
		w := watch(0, 0x21)
		var meter RateMeter
		limit := 500 * time.Millisecond
		buf := make([]byte, 7*PacketSize)
		var packets int64
		carried := map[string]bool{}
		for round := range rapid.IntRange(1, 3).Draw(t, "rounds") {
			items := []Item{
				{"index", 0x21, table(t, 0xFD, 0, uint8(round), rapid.IntRange(0, 3000).Draw(t, "index")), 200 * time.Millisecond, limit},
				{"PAT", 0, table(t, 0, 1, 0, 8), 100 * time.Millisecond, limit},
			}
			carried["FD/0/"+fmt.Sprint(round)] = true
			for i := range rapid.IntRange(0, 4).Draw(t, "contents") {
				items = append(items, Item{fmt.Sprint("content ", i), 0x21, table(t, 0xFE, uint16(i), uint8(round), rapid.IntRange(0, 20000).Draw(t, "size")), time.Second, 0})
				carried[fmt.Sprintf("FE/%d/%d", i, round)] = true
			}
			if err := m.Set(items); err != nil {
				if !strings.Contains(err.Error(), "rate") {
					t.Fatal(err)
				}
				t.Skip("too slow a stream for these tables")
			}
			// Long enough for everything, and as many packets again as there are to send.
			n := m.slots(2*time.Second) + 1200
			for from := packets; packets < from+n; {
				got := m.Next(buf)
				if got != len(buf) {
					t.Fatalf("%d bytes", got)
				}
				packets += 7
				for i := 0; i < got; i += PacketSize {
					p := (*Packet)(buf[i:])
					meter.Packet(p)
					if pid := p.PID(); pid != 0 && pid != 0x21 && pid != NullPID && pid != m.clockPID {
						t.Fatalf("PID %04X", pid)
					}
				}
				_, _ = w.Write(buf[:got])
			}
		}
		if m.Packets() != packets || w.Packets() != packets {
			t.Fatalf("%d packets, %d, %d", packets, m.Packets(), w.Packets())
		}
		if len(w.faults) > 0 {
			t.Fatal(w.faults[0])
		}
		for _, key := range slices.Sorted(maps.Keys(carried)) {
			if len(w.seen[key]) == 0 {
				t.Fatalf("%s never came", key)
			}
		}
		var index []int64
		for key, at := range w.seen {
			if strings.HasPrefix(key, "FD") {
				index = append(index, at...)
			}
		}
		slices.Sort(index)
		for i := 1; i < len(index); i++ {
			if gap := time.Duration(float64(index[i]-index[i-1]) * packetBits / float64(rate) * 1e9); gap >= limit {
				t.Fatalf("index %v apart", gap)
			}
		}
		if m.Longest("index") >= limit || m.Longest("PAT") >= limit {
			t.Fatal(m.Longest("index"), m.Longest("PAT"))
		}
		if m.clockEvery > 0 {
			if got := meter.Rate(); got < rate-rate/1e5-1 || got > rate+rate/1e5+1 {
				t.Fatalf("the clock says %d bit/s, not %d", got, rate)
			}
		}
	})
}

func TestInsertLeavesOthersAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := NewMux(10_000_000)
		if err != nil {
			t.Fatal(err)
		}
		items := []Item{{"index", 0x21, table(t, 0xFD, 0, 1, 900), 200 * time.Millisecond, 500 * time.Millisecond},
			{"content", 0x21, table(t, 0xFE, 0, 1, 9000), time.Second, 0}}
		if err := m.Set(items); err != nil {
			t.Fatal(err)
		}
		share := rapid.IntRange(5, 100).Draw(t, "share of nulls")
		w := watch(0x21)
		var counter uint8
		for i := range 20000 {
			var p Packet
			switch n := (i*7919 + i/13) % 100; {
			case n < share:
				p.PutNull()
			case n == 99:
				p.Put(0x21, false, 5, []byte("of a sender before")) // is taken out
			default:
				p.Put(0x500, false, counter, []byte{byte(i)})
				counter = (counter + 1) & 15
			}
			before := p
			m.Insert(&p)
			if before.PID() == 0x500 && p != before {
				t.Fatal("a packet of another was changed")
			}
			if pid := p.PID(); before.PID() != 0x500 && pid != 0x21 && p != null {
				t.Fatalf("PID %04X came from nowhere", pid)
			}
			_, _ = w.Write(p[:])
		}
		if len(w.faults) > 0 || len(w.seen["FD/0/1"]) < 9 || len(w.seen["FE/0/1"]) < 2 || m.Packets() != 20000 {
			t.Fatalf("%v %v", w.faults, w.seen)
		}
	})
}

func TestMuxRefuses(t *testing.T) {
	m, err := NewMux(1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	good := Item{"a", 0x21, table(t, 0xFD, 0, 0, 10), time.Second, 0}
	for name, change := range map[string]func(i *Item){
		"PID":         func(i *Item) { i.PID = NullPID },
		"no section":  func(i *Item) { i.Sections = nil },
		"period":      func(i *Item) { i.Period = 0 },
		"whole":       func(i *Item) { i.Sections = [][]byte{i.Sections[0][:15]} },
		"too long":    func(i *Item) { i.Limit = time.Second },
		"rate of 100": func(i *Item) { i.Limit = time.Millisecond },
	} {
		i := good
		change(&i)
		if err := m.Set([]Item{i}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := m.Set([]Item{good, good}); err == nil {
		t.Error("one key twice")
	}
	for _, rate := range []int64{0, -1, MaxRate + 1} {
		if _, err := NewMux(rate); err == nil {
			t.Error(rate)
		}
	}
	if m.Set([]Item{good}) != nil || m.Clock(0x21) == nil || m.Clock(NullPID) == nil {
		t.Error("a clock on a PID that is taken")
	}
}

func BenchmarkDemux(b *testing.B) {
	m, _ := NewMux(40_000_000)
	_ = m.Set([]Item{{"index", 0x21, table(b, 0xFD, 0, 1, 2000), 200 * time.Millisecond, 500 * time.Millisecond},
		{"content", 0x21, table(b, 0xFE, 0, 1, 100_000), 50 * time.Millisecond, 0}})
	stream := make([]byte, 40_000*PacketSize)
	m.Next(stream)
	d := NewDemux(func(uint16, []byte) {}, func(f Fault) { b.Fatal(f) })
	d.Watch(0x21)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = d.Write(stream)
		for _, r := range d.watched {
			if r != nil {
				r.last, r.n = noCounter, 0
			}
		}
	}
}

func BenchmarkMux(b *testing.B) {
	for name, period := range map[string]time.Duration{"idle": time.Hour, "full": time.Millisecond} {
		b.Run(name, func(b *testing.B) {
			m, _ := NewMux(40_000_000)
			items := []Item{{"index", 0x21, table(b, 0xFD, 0, 1, 2000), 200 * time.Millisecond, 500 * time.Millisecond}}
			for i := range 20 {
				items = append(items, Item{fmt.Sprint(i), 0x21, table(b, 0xFE, uint16(i), 1, 20_000), period, 0})
			}
			if err := m.Set(items); err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, 7000*PacketSize)
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				m.Next(buf)
			}
		})
	}
}
