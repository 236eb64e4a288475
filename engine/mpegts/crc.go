package mpegts

import "encoding/binary"

// crcTables[k][b] is the remainder of byte b followed by k zero bytes, so that eight
// bytes are folded in one step.
var crcTables = func() (t [8][256]uint32) {
	const polynomial = 0x04C11DB7
	for b := range 256 {
		r := uint32(b) << 24
		for range 8 {
			if r&(1<<31) != 0 {
				r = r<<1 ^ polynomial
			} else {
				r <<= 1
			}
		}
		t[0][b] = r
	}
	for k := 1; k < 8; k++ {
		for b := range 256 {
			r := t[k-1][b]
			t[k][b] = r<<8 ^ t[0][r>>24]
		}
	}
	return t
}()

// CRC32 is the CRC-32/MPEG-2 of b (ISO/IEC 13818-1 Annex A): most significant bit
// first, start value all ones, no final inversion. Over a section with its CRC it is 0.
func CRC32(b []byte) uint32 {
	crc, t := ^uint32(0), &crcTables
	for len(b) >= 8 {
		crc ^= binary.BigEndian.Uint32(b)
		crc = t[7][crc>>24] ^ t[6][crc>>16&0xFF] ^ t[5][crc>>8&0xFF] ^ t[4][crc&0xFF] ^
			t[3][b[4]] ^ t[2][b[5]] ^ t[1][b[6]] ^ t[0][b[7]]
		b = b[8:]
	}
	for _, c := range b {
		crc = crc<<8 ^ t[0][byte(crc>>24)^c]
	}
	return crc
}
