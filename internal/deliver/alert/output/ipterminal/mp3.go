package ipterminal

import (
	"encoding/binary"
	"time"
)

// frame is one frame of MPEG audio (ISO/IEC 11172-3, 13818-3). Its header tells its length and
// how long it sounds, so that a file is cut into packets without decoding it.
type frame struct {
	data     []byte
	duration time.Duration
}

// Bit rates of Layer III, kbit/s, by version (MPEG-1, the others) and index.
var bitRates = [2][16]int{
	{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
	{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
}

// header reads the header of a Layer III frame: its length, and how long it sounds; 0 if it is none.
func header(b []byte) (size int, d time.Duration) {
	if len(b) < 4 || b[0] != 0xFF || b[1]&0xE0 != 0xE0 || b[1]>>1&3 != 1 {
		return 0, 0
	}
	version := b[1] >> 3 & 3 // 3 MPEG-1, 2 MPEG-2, 0 MPEG-2.5
	if version == 1 || b[2]>>2&3 == 3 {
		return 0, 0
	}
	rate := [3]int{44100, 48000, 32000}[b[2]>>2&3]
	table, samples := 0, 1152
	if version != 3 {
		table, samples = 1, 576
		rate /= 2
	}
	if version == 0 {
		rate /= 2
	}
	bits := bitRates[table][b[2]>>4] * 1000
	if bits == 0 {
		return 0, 0
	}
	size = samples/8*bits/rate + int(b[2]>>1&1)
	return size, time.Duration(samples) * time.Second / time.Duration(rate)
}

// frames cuts an MP3 file into its frames; what is none, tags and damage, is left out.
func frames(b []byte) (list []frame) {
	if len(b) >= 10 && string(b[:3]) == "ID3" {
		n := 10
		for i, v := range b[6:10] {
			n += int(v&0x7F) << (7 * (3 - i))
		}
		b = b[min(n, len(b)):]
	}
	for len(b) >= 4 {
		n, d := header(b)
		if n < 4 || n > len(b) {
			b = b[1:]
			continue
		}
		if rest := b[n:]; len(rest) >= 4 && len(list) == 0 { // the first must have a second behind it
			if m, _ := header(rest); m == 0 {
				b = b[1:]
				continue
			}
		}
		list = append(list, frame{b[:n:n], d})
		b = b[n:]
	}
	return list
}

// packet is what one RTP packet carries, and when it is due after the first.
type packet struct {
	at      time.Duration
	payload []byte
}

const (
	mostPayload = 1400 // bytes, so that a datagram passes any Ethernet whole
	mostWait    = 100 * time.Millisecond
)

// packets puts frames into RTP payloads of MPEG audio (RFC 2250 §3.5): whole frames as far as they
// fit, a larger one in parts.
func packets(list []frame) (out []packet) {
	var at, held time.Duration
	for _, f := range list {
		if last := len(out) - 1; last >= 0 && held > 0 && held+f.duration <= mostWait && len(out[last].payload)+len(f.data) <= mostPayload {
			out[last].payload = append(out[last].payload, f.data...)
			held += f.duration
		} else {
			for from := 0; from < len(f.data); from += mostPayload - 4 {
				part := f.data[from:min(len(f.data), from+mostPayload-4)]
				out = append(out, packet{at, append(binary.BigEndian.AppendUint32(nil, uint32(from)), part...)})
			}
			if held = f.duration; len(f.data) > mostPayload-4 {
				held = 0
			}
		}
		at += f.duration
	}
	return out
}

// rtp is the state of one RTP stream (RFC 3550) of payload type 14, whose clock is 90 kHz.
type rtp struct {
	seq    uint16
	ssrc   uint32
	origin uint32 // timestamp at the beginning of the stream
}

// write makes the datagram of a packet due so long after the stream began.
func (r *rtp) write(buf []byte, after time.Duration, first bool, payload []byte) []byte {
	kind := byte(14)
	if first {
		kind |= 0x80 // sound begins after silence
	}
	buf = append(buf[:0], 0x80, kind)
	buf = binary.BigEndian.AppendUint16(buf, r.seq)
	buf = binary.BigEndian.AppendUint32(buf, r.origin+uint32(int64(after)*9/100_000))
	buf = binary.BigEndian.AppendUint32(buf, r.ssrc)
	r.seq++
	return append(buf, payload...)
}
