package delivery

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

var anyBatch = rapid.Custom(func(t *rapid.T) *Batch {
	word, big := rapid.StringN(0, 30, 60), rapid.Int64()
	b := &Batch{Epoch: word.Draw(t, "epoch"), Boot: word.Draw(t, "boot"), Start: big.Draw(t, "start"), Last: big.Draw(t, "last"), Behind: big.Draw(t, "behind")}
	for range rapid.IntRange(1, 4).Draw(t, "threads") {
		h := Heading{ID: word.Draw(t, "id"), RegionPath: word.Draw(t, "path")}
		for range rapid.IntRange(0, 3).Draw(t, "orders") {
			h.Orders = append(h.Orders, Head{rapid.IntRange(0, 1000).Draw(t, "version"), wire.Cancel, big.Draw(t, "i"), big.Draw(t, "s"), big.Draw(t, "l"), big.Draw(t, "u"), big.Draw(t, "c")})
		}
		b.Threads = append(b.Threads, h)
	}
	thread, code := rapid.IntRange(0, len(b.Threads)-1), rapid.SampledFrom([]string{"63415231002000314010401", "63415231002000314010402"})
	for range rapid.IntRange(0, 5).Draw(t, "receipts") {
		r := Shipped{Thread: thread.Draw(t, "thread"), ID: big.Draw(t, "id"), Taken: big.Draw(t, "taken"), Receipt: Receipt{Code: ebd.ResourceCode(code.Draw(t, "code")), RegionPath: word.Draw(t, "path"),
			Receipt: wire.Receipt{Version: rapid.IntRange(0, 1000).Draw(t, "version"), Phase: wire.Played, Reason: wire.Reason(word.Draw(t, "reason")), At: big.Draw(t, "at")}}}
		if rapid.Bool().Draw(t, "heard") {
			level := rapid.Float64Range(-120, 0).Draw(t, "level")
			r.Heard = &wire.Heard{DBFS: level, Match: &level}
		}
		b.Receipts = append(b.Receipts, r)
	}
	for range rapid.IntRange(0, 5).Draw(t, "tracks") {
		s := ShippedTrack{Thread: thread.Draw(t, "thread"), Track: Track{Device: code.Draw(t, "code"), RegionPath: word.Draw(t, "path"), Township: word.Draw(t, "township"), State: Played,
			Version: rapid.IntRange(0, 1000).Draw(t, "version"), Attempts: 3, CancelVersion: 4, HeardVersion: 2, HeardEver: rapid.Bool().Draw(t, "ever")}}
		for _, n := range s.numbers() {
			*n = big.Draw(t, "n")
		}
		if s.HeardAt != 0 {
			s.Heard = wire.Heard{DBFS: rapid.Float64Range(-120, 0).Draw(t, "level"), SM3: word.Draw(t, "sm3")}
		}
		b.Tracks = append(b.Tracks, s)
	}
	return b
})

func TestABatchComesAsItWasSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBatch.Draw(t, "batch")
		raw, err := b.Pack()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Unpack(raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, got, cmpopts.IgnoreUnexported(Track{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		cut := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
		if _, err := Unpack(raw[:cut]); err == nil {
			t.Fatalf("%d of %d bytes were read as a batch", cut, len(raw))
		}
	})
}

// district is a batch of receipts as a district ships them.
func district(n int) *Batch {
	b := &Batch{Epoch: "01J", Boot: "01K", Threads: []Heading{{ID: "01L", RegionPath: "cn.11."}}}
	for i := range n {
		b.Receipts = append(b.Receipts, Shipped{ID: int64(1_700_000_000_000_000+i*40) << 10, Taken: int64(1_700_000_000_000_000 + i*37),
			Receipt: Receipt{Code: ebd.ResourceCode(fmt.Sprintf("6110108%05d000314%06d", i%300, i)), RegionPath: "cn.11.110108.110108001.",
				Receipt: wire.Receipt{Version: 2, Phase: wire.Received, At: int64(1_700_000_000_000_000 + i*37)}}})
	}
	return b
}

func BenchmarkPack(b *testing.B) {
	c := district(maxShipped)
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		raw, err := c.Pack()
		if err != nil {
			b.Fatal(err)
		}
		size = len(raw)
		if _, err := Unpack(raw); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/maxShipped, "bytes/receipt")
}

func FuzzUnpack(f *testing.F) {
	raw, _ := district(3).Pack()
	f.Add(raw)
	f.Add([]byte{batchEdition})
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := Unpack(raw)
		if err != nil {
			return
		}
		if _, err := b.Pack(); err != nil {
			t.Fatal(err)
		}
	})
}
