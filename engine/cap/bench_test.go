package cap

import (
	"bytes"
	"os"
	"testing"
)

// BenchmarkCheck judges the shared documents that are not signed, one after another.
func BenchmarkCheck(b *testing.B) {
	var docs [][]byte
	size := 0
	for _, file := range sampleFiles(b) {
		raw, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if bytes.Contains(raw, []byte("<Signature")) {
			continue // what a signature costs is measured beside it
		}
		docs = append(docs, raw)
		size += len(raw)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range docs {
			Check(d)
		}
	}
}
