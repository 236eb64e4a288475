package tables

import (
	"fmt"

	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// CableDelivery is the cable delivery system descriptor 有线传送系统描述符 by which a
// terminal tunes to a channel: GB/T 28161 6.2.10.3, which is EN 300 468 6.2.13.1.
type CableDelivery struct {
	Frequency  uint32 `json:"frequency"`   // kHz
	SymbolRate uint32 `json:"symbol_rate"` // thousand symbols a second
	QAM        uint16 `json:"qam"`         // 16, 32, 64, 128 or 256
}

// What is written beside them: Reed-Solomon (204,188) outside, no code inside, as cable
// has it.
const (
	outerReedSolomon = 2
	innerNone        = 0xF
)

// Descriptor writes it.
func (c CableDelivery) Descriptor() (d mpegts.Descriptor, err error) {
	modulation := byte(0)
	for i, q := range []uint16{16, 32, 64, 128, 256} {
		if c.QAM == q {
			modulation = byte(i + 1)
		}
	}
	switch {
	case modulation == 0:
		return d, fmt.Errorf("ebd tables: %d QAM; 16, 32, 64, 128 or 256 can be", c.QAM)
	case c.Frequency == 0 || c.Frequency > 9_999_999:
		return d, fmt.Errorf("ebd tables: a frequency of %d kHz", c.Frequency)
	case c.SymbolRate == 0 || c.SymbolRate > 999_999:
		return d, fmt.Errorf("ebd tables: %d thousand symbols a second", c.SymbolRate)
	}
	// Eight decimal digits count 100 Hz, seven count 100 symbols a second.
	b := decimals(nil, uint64(c.Frequency)*10, 8)
	b = append(b, 0xFF, 0xF0|outerReedSolomon, modulation)
	b = decimals(b, uint64(c.SymbolRate)*100, 8) // the last digit makes room for the inner code
	b[len(b)-1] |= innerNone
	return mpegts.Descriptor{Tag: Cable.Delivery, Data: b}, nil
}

// decimals writes the last n decimal digits of v, n even.
func decimals(b []byte, v uint64, n int) []byte {
	at := len(b) + n/2
	b = append(b, make([]byte, n/2)...)
	for i := 1; i <= n/2; i++ {
		b[at-i] = byte(v/10%10<<4 | v%10)
		v /= 100
	}
	return b
}
