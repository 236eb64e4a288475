package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"pgregory.net/rapid"
)

func receipt() *Receipt {
	match := 0.93
	return &Receipt{Order: ulid, Version: 1, Phase: Played, At: noon.UnixMicro(), Source: FromAudio, Heard: &Heard{DBFS: -17.5, Match: &match}}
}

func heartbeat() *Heartbeat {
	rssi := -61
	return &Heartbeat{At: noon.UnixMicro(), Power: Mains, Link: "wifi", RSSI: &rssi, Volume: 60, Faults: []string{"microphone"}, Uptime: 3600, Boots: 4, Firmware: "1.0"}
}

func TestUpFramesRoundTrip(t *testing.T) {
	d, s := session(t)
	want := uint64(0)
	for _, p := range []any{
		receipt(), heartbeat(),
		&Hello{Heartbeat: *heartbeat(), Held: []OrderRef{{ulid, 2}}, Seqs: map[ebd.ResourceCode]uint64{platform: 10}},
		&Result{Order: ulid, Version: 1, OK: true, At: noon.UnixMicro(), Volume: 30, Period: 60},
		&Receipt{Phase: Refused, Reason: BadFrame, At: noon.UnixMicro()},
	} {
		f, n, err := d.Seal(p)
		want++
		if err != nil || n != want {
			t.Fatal(n, err)
		}
		u, err := s.Open(f)
		if err != nil || u.Counter != n || u.Session != d.ID {
			t.Fatalf("%T: %+v, %v", p, u, err)
		}
		got := map[UpKind]any{UpReceipt: u.Receipt, UpHeartbeat: u.Heartbeat, UpHello: u.Hello, UpResult: u.Result}[u.Kind]
		if diff := cmp.Diff(p, got); diff != "" {
			t.Error(diff)
		}
		for i := range f {
			g := bytes.Clone(f)
			g[i] ^= 1
			if _, err := s.Open(g); err == nil {
				t.Fatalf("%T: byte %d may change", p, i)
			}
		}
		if _, err := s.Open(f[:len(f)-1]); err == nil {
			t.Error("cut frame opened")
		}
	}
	if _, other := session(t); other != nil {
		f, _, _ := d.Seal(receipt())
		other.ID = d.ID
		if _, err := other.Open(f); err == nil {
			t.Error("another key opened the frame")
		}
	}
}

func TestBadUpPayloadsAreRefused(t *testing.T) {
	d, s := session(t)
	for _, p := range []any{
		&Receipt{Order: ulid, Version: 1, Phase: "sung", At: 1},
		&Receipt{Version: 1, Phase: Played, At: 1},
		&Receipt{Order: ulid, Version: 1, Phase: Played},
		&Receipt{Order: ulid, Version: 1, Phase: Played, At: 1, Heard: &Heard{SM3: "x"}},
		&Heartbeat{}, &Hello{}, &Result{}, "text", nil,
	} {
		if _, _, err := d.Seal(p); err == nil {
			t.Errorf("sealed %+v", p)
		}
	}
	// The server does not rely on the device's manners.
	f, _, _ := d.Seal(receipt())
	body := bytes.Replace(f[:len(f)-macSize], []byte(`"played"`), []byte(`"sung__"`), 1)
	m := mac(&d.key, body)
	if _, err := s.Open(append(body, m[:macSize]...)); err == nil {
		t.Error("an unknown phase was read")
	}
}

func TestConfirmations(t *testing.T) {
	d, s := session(t)
	f, err := s.Confirm([]uint64{1, 7, 9})
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.OpenConfirm(f)
	if err != nil || !cmp.Equal(got, []uint64{1, 7, 9}) || !IsConfirm(f) || IsOrder(f) {
		t.Fatal(got, err)
	}
	for i := range f {
		g := bytes.Clone(f)
		g[i] ^= 1
		if _, err := d.OpenConfirm(g); err == nil {
			t.Fatalf("byte %d may change", i)
		}
	}
	if other, _ := session(t); true {
		if _, err := other.OpenConfirm(f); err == nil {
			t.Error("another session's confirmation was believed")
		}
	}
}

func TestTokens(t *testing.T) {
	device := newKey(t)
	id, err := NewSessionID(noon, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := NewToken(device, speaker, ForConnect, id)
	if err != nil || len(tok) != 108 {
		t.Fatal(len(tok), err)
	}
	for name, x := range map[string]struct {
		tok     string
		key     ebd.PublicKey
		code    ebd.ResourceCode
		purpose string
		after   time.Duration
		what    string
	}{
		"good":          {tok, device.Public(), speaker, ForConnect, 0, ""},
		"late":          {tok, device.Public(), speaker, ForConnect, Skew, ""},
		"too late":      {tok, device.Public(), speaker, ForConnect, Skew + time.Second, "time"},
		"too early":     {tok, device.Public(), speaker, ForConnect, -Skew - time.Second, "time"},
		"other key":     {tok, newKey(t).Public(), speaker, ForConnect, 0, "proof"},
		"other code":    {tok, device.Public(), platform, ForConnect, 0, "proof"},
		"other purpose": {tok, device.Public(), speaker, ForUpload + "00", 0, "proof"},
		"cut":           {tok[:107], device.Public(), speaker, ForConnect, 0, "form"},
		"empty":         {"", device.Public(), speaker, ForConnect, 0, "form"},
		"not base64":    {strings.Repeat("!", 108), device.Public(), speaker, ForConnect, 0, "form"},
	} {
		got, err := OpenToken(x.tok, x.key, x.code, x.purpose, noon.Add(x.after))
		if x.what == "" {
			if err != nil || got != id || !got.Time().Equal(noon) {
				t.Errorf("%s: %v", name, err)
			}
		} else if e, ok := err.(*FormError); !ok || e.What != x.what {
			t.Errorf("%s: %v, want %s", name, err, x.what)
		}
	}
}

func TestWindowTakesEachFrameOnce(t *testing.T) {
	var w Window
	old, new := SessionID{7: 1}, SessionID{7: 2}
	for i, x := range []struct {
		id   SessionID
		n    uint64
		want bool
	}{{old, 1, true}, {old, 1, false}, {old, 3, true}, {old, 2, false}, {new, 1, true}, {old, 9, false}, {new, 1, false}, {new, 2, true}} {
		if got := w.Accept(x.id, x.n); got != x.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
}

func TestMACIsHMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		msg := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "msg")
		h := hmac.New(sm3.New, key[:])
		h.Write(msg)
		if got := mac(&key, msg); !hmac.Equal(got[:], h.Sum(nil)) {
			t.Fatal("not HMAC-SM3")
		}
	})
}

func TestEnrolment(t *testing.T) {
	device := newKey(t)
	r, err := NewEnrolRequest(device, "batch-0001", speaker, "TS-L1", "SN 42", "1.0", noon)
	if err != nil {
		t.Fatal(err)
	}
	r.Serial = "SN 43"
	if e, ok := r.Validate().(*FormError); !ok || e.What != "proof" {
		t.Errorf("a changed serial number: %v", e)
	}
	r.Serial = "SN 42"
	for place, f := range map[string]func(*EnrolRequest){
		"token": func(r *EnrolRequest) { r.Token = "" }, "model": func(r *EnrolRequest) { r.Model = "a\x00b" },
		"code": func(r *EnrolRequest) { r.Code = "1" }, "proof": func(r *EnrolRequest) { r.Proof = "00" },
		"firmware": func(r *EnrolRequest) { r.Firmware = strings.Repeat("x", 65) },
	} {
		bad := *r
		f(&bad)
		if e, ok := bad.Validate().(*FormError); !ok || e.Place != place {
			t.Errorf("%s: %v", place, e)
		}
	}
}

func FuzzUp(f *testing.F) {
	d, s := session(f)
	for _, p := range []any{receipt(), heartbeat(), &Hello{Heartbeat: *heartbeat()}} {
		frame, _, _ := d.Seal(p)
		f.Add(byte(frame[3]), frame[upHead:len(frame)-macSize])
	}
	f.Fuzz(func(t *testing.T, kind byte, payload []byte) {
		u := &Up{Kind: UpKind(kind)}
		if u.decode(payload) == nil { // what is read can be sealed again
			again := map[UpKind]any{UpReceipt: u.Receipt, UpHeartbeat: u.Heartbeat, UpHello: u.Hello, UpResult: u.Result}[u.Kind]
			if _, _, err := d.Seal(again); err != nil && len(payload) < MaxUp/8 {
				t.Errorf("read but not writable: %v", err)
			}
		}
		_, _ = s.Open(payload)
		_, _ = d.OpenConfirm(payload)
		_, _ = ReadEnrolRequest(payload)
		_, _ = ReadEnrolResponse(payload)
	})
}

// Whoever stands at the network may ask to be paired: what is taken for a request has a proof by
// its own key, whatever else was sent.
func FuzzReadPairRequest(f *testing.F) {
	key, err := ebd.GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	good := &PairRequest{Model: "Chromium 140", Serial: "screen-1", Firmware: "web 1", At: 1_780_000_000_000_000}
	if err := good.Sign(key); err != nil {
		f.Fatal(err)
	}
	raw, err := json.Marshal(good)
	if err != nil {
		f.Fatal(err)
	}
	long := bytes.Repeat([]byte{' '}, 5<<10)
	for _, seed := range [][]byte{raw, raw[:len(raw)-1], bytes.Replace(raw, []byte("screen-1"), []byte("screen-2"), 1), []byte("{}"), []byte(`{"at":1e400}`), []byte("[]"), append(long, raw...)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ReadPairRequest(b)
		if err != nil {
			return
		}
		if len(b) > 4<<10 || r.Model == "" || r.Serial == "" || r.Firmware == "" || len(r.Proof) != 128 {
			t.Errorf("%q was taken for a request", b)
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ReadPairRequest(again); err != nil || *back != *r {
			t.Errorf("%q is another request when it is written: %v", b, err)
		}
		r.Serial += "x"
		if r.Validate() == nil {
			t.Error("the proof is good for another device")
		}
	})
}

func FuzzOpenToken(f *testing.F) {
	key, err := ebd.GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	const code = ebd.ResourceCode("61101050010000314010401")
	var id SessionID
	good, err := NewToken(key, code, ForConnect, id)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, good[:len(good)-1], "", "AAAA", good + "="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := OpenToken(token, key.Public(), code, ForConnect, id.Time()); err == nil && token != good {
			t.Errorf("%q was taken for a token", token)
		}
		if _, err := OpenToken(token, key.Public(), code, ForUpload, id.Time()); err == nil {
			t.Errorf("%q was taken for one of another purpose", token)
		}
	})
}

func BenchmarkOpenReceipt(b *testing.B) {
	benchOpen(b, &Receipt{Order: ulid, Version: 1, Phase: Played, At: noon.UnixMicro(), Source: FromAudio})
}

func BenchmarkOpenReceiptHeard(b *testing.B) { benchOpen(b, receipt()) }

func BenchmarkOpenHeartbeat(b *testing.B) { benchOpen(b, heartbeat()) }

func benchOpen(b *testing.B, p any) {
	d, s := session(b)
	f, _, err := d.Seal(p)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(f)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Open(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewServerSession(b *testing.B) {
	device, receipts := newKey(b), newKey(b)
	for b.Loop() {
		_, _ = NewServerSession(receipts, device.Public(), speaker, SessionID{})
	}
}
