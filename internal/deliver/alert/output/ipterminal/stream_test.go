package ipterminal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// tone is an MP3 file of n frames of 24 ms: MPEG-2 Layer III, 64 kbit/s, 24 kHz; each frame
// has its number in it.
func tone(n int) (b []byte) {
	for i := range n {
		f := make([]byte, 192)
		copy(f, []byte{0xFF, 0xF3, 0x84, 0xC4})
		f[100] = byte(i)
		b = append(b, f...)
	}
	return b
}

// What a terminal receives at its port is the file, as often as it should be played, in time;
// then it is told to end.
func TestSoundReachesATerminalByRTP(t *testing.T) {
	t.Parallel()
	near, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	port := near.LocalAddr().(*net.UDPAddr).Port
	if port > 65500 {
		t.Skip("the system gave the last of its ports")
	}
	db, _ := storetest.SQLite(t, migrations)
	s := one(square)
	s.Sound = fmt.Sprintf("udp://@%d", port)
	r := newRig(t, db, s)
	r.join(square, r.addr)
	p := rain()
	r.carry(p)
	var got []byte
	var stamps []uint32
	var seq uint16
	marks := 0
	buf := make([]byte, 2000)
	for len(got) < 2*20*192 {
		_ = near.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := near.Read(buf)
		if err != nil {
			t.Fatalf("after %d bytes: %v", len(got), err)
		}
		d := buf[:n]
		if d[0] != 0x80 || d[1]&0x7F != 14 || binary.BigEndian.Uint32(d[12:]) != 0 {
			t.Fatalf("% x", d[:16])
		}
		if now := binary.BigEndian.Uint16(d[2:]); len(stamps) > 0 && now != seq+1 {
			t.Errorf("packet %d after %d", now, seq)
		}
		seq = binary.BigEndian.Uint16(d[2:])
		marks += int(d[1] >> 7)
		stamps = append(stamps, binary.BigEndian.Uint32(d[4:]))
		got = append(got, d[16:]...)
	}
	if !bytes.Equal(got, append(tone(20), tone(20)...)) {
		t.Error("what came is not what was sent")
	}
	if d := stamps[1] - stamps[0]; d != 4*24*90 { // four frames of 24 ms in a packet
		t.Errorf("%d ticks between packets", d)
	}
	if marks != 2 {
		t.Errorf("sound began %d times", marks)
	}
	r.at(square, Played)
}

func TestFrames(t *testing.T) {
	whole := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x05hello"), tone(5)...)
	whole = append(whole, "TAG and other things"...)
	list := frames(whole)
	if len(list) != 5 || list[4].data[100] != 4 || list[0].duration != 24*time.Millisecond {
		t.Errorf("%d frames", len(list))
	}
	large := frames(bytes.Repeat(append([]byte{0xFF, 0xFB, 0xE8, 0xC4}, make([]byte, 1436)...), 2)) // 320 kbit/s at 32 kHz
	out := packets(large)
	if len(large) != 2 || len(out) != 4 || binary.BigEndian.Uint32(out[1].payload) != 1396 || out[1].at != 0 || out[2].at != 36*time.Millisecond {
		t.Errorf("%d frames, %d packets", len(large), len(out))
	}
}

func TestPacketsHoldEveryFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []frame
		var all []byte
		for range rapid.IntRange(0, 30).Draw(t, "frames") {
			f := frame{rapid.SliceOfN(rapid.Byte(), 24, 3000).Draw(t, "data"), time.Duration(rapid.IntRange(8, 72).Draw(t, "ms")) * time.Millisecond}
			list, all = append(list, f), append(all, f.data...)
		}
		var got []byte
		var at time.Duration
		for _, p := range packets(list) {
			if len(p.payload) > mostPayload || p.at < at {
				t.Fatalf("%d bytes at %v after %v", len(p.payload), p.at, at)
			}
			at = p.at
			got = append(got, p.payload[4:]...)
		}
		if !bytes.Equal(got, all) {
			t.Fatal("lost")
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add(tone(3))
	f.Add([]byte("ID3\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		for _, p := range packets(frames(b)) {
			n += len(p.payload) - 4
		}
		if n > len(b) {
			t.Errorf("%d bytes of %d", n, len(b))
		}
	})
}

// A message that was cancelled or stopped gives its port back: more than there are ports can sound
// one after the other, all at the first.
func TestWhatIsOverGivesItsPortBack(t *testing.T) {
	t.Parallel()
	db, _ := storetest.SQLite(t, migrations)
	s := one(square)
	s.Sound = "udp://@39100"
	r := newRig(t, db, s)
	for n := range slots + 1 {
		p := rain()
		p.Message.ID = fmt.Sprintf("%026d", n)
		if sound := r.carry(p).Proof.(proof).Sound; sound != "udp://@39100" {
			t.Fatalf("message %d sounds at %s", n, sound)
		}
		over := *p
		over.Act = output.Cancel
		if n%2 == 1 {
			over = output.Parcel{Act: output.Stop, Stop: &output.Halt{Codes: []string{"110000000000"}}}
		}
		r.carry(&over)
	}
}
