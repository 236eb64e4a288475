package wire

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// The terminal in a browser (web/shared/wire) is held to this package by a file of vectors:
// frames and verdicts, areas, sequences of orders, a session. Both ends read the same file.
const vectorsFile = "../../web/shared/wire/testdata/vectors.json"

var writeVectors = flag.Bool("vectors", false, "write "+vectorsFile+" anew")

type vectorFrame struct {
	What   string `json:"what"`
	Frame  string `json:"frame"` // base64
	Now    int64  `json:"now"`   // UTC µs
	Reason Reason `json:"reason"`
	Order  string `json:"order,omitempty"` // its JSON
}

type vectorStep struct {
	Order  *Order `json:"order"`
	Now    int64  `json:"now"`
	Fail   bool   `json:"fail,omitempty"` // afterwards it fails
	Forget bool   `json:"forget,omitempty"`
	Reason Reason `json:"reason"`
	Left   int    `json:"left"` // entries and stops in memory afterwards
}

type vectorArea struct {
	Area  Area  `json:"area"`
	Place Place `json:"place"`
	In    bool  `json:"in"`
}

type vectors struct {
	Issuers map[string]string `json:"issuers"` // number → key, hexadecimal
	Revoked []string          `json:"revoked"`
	Digests map[string]string `json:"digests"` // text → SM3
	Frames  []vectorFrame     `json:"frames"`
	Places  []vectorArea      `json:"places"`
	Steps   []vectorStep      `json:"steps"`
	Self    Place             `json:"self"`
	Session vectorSession     `json:"session"`
}

type vectorSession struct {
	Secret     string   `json:"secret"` // of the device, hexadecimal
	Key        string   `json:"key"`
	ReceiptKey string   `json:"receiptKey"`
	Code       string   `json:"code"`
	At         int64    `json:"at"`
	Random     string   `json:"random"`
	Token      string   `json:"token"`
	Up         []string `json:"up"` // kind and JSON
	Frames     []string `json:"frames"`
	Confirm    string   `json:"confirm"`
	Counters   []uint64 `json:"counters"`
}

func TestVectors(t *testing.T) {
	if *writeVectors {
		raw, err := json.Marshal(makeVectors(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatalf("%v; go test ./engine/wire -run TestVectors -vectors makes it", err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	trust := v.trust(t)
	seen := map[Reason]bool{}
	for _, f := range v.Frames {
		raw, _ := base64.StdEncoding.DecodeString(f.Frame)
		o, got := trust.Authenticate(raw, time.UnixMicro(f.Now))
		if got != f.Reason {
			t.Errorf("%s: %q, and the file says %q", f.What, got, f.Reason)
		}
		if seen[got] = true; o != nil {
			if b, _ := canonical(o); string(b) != f.Order {
				t.Errorf("%s: the order is\n%s\nand the file says\n%s", f.What, b, f.Order)
			}
		}
	}
	if len(seen) != 7 {
		t.Errorf("the frames show %d verdicts of 7", len(seen))
	}
	for i, p := range v.Places {
		if got := p.Area.Includes(p.Place); got != p.In {
			t.Errorf("area %d: %v", i, got)
		}
	}
	replay(t, &v, func(i int, s *vectorStep, got Reason, left int) {
		if got != s.Reason || left != s.Left {
			t.Errorf("step %d: %q and %d left, and the file says %q and %d", i, got, left, s.Reason, s.Left)
		}
	})
}

func (v *vectors) trust(t *testing.T) *Trust {
	trust := &Trust{Issuers: map[ebd.SerialNumber]ebd.PublicKey{}, Revoked: map[ebd.SerialNumber]bool{}}
	for number, key := range v.Issuers {
		n, err := ebd.ParseSerialNumber(number)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := hex.DecodeString(key)
		if trust.Issuers[n], err = ebd.ParsePublicKey(raw); err != nil {
			t.Fatal(err)
		}
	}
	for _, number := range v.Revoked {
		n, _ := ebd.ParseSerialNumber(number)
		trust.Revoked[n] = true
	}
	return trust
}

// replay walks the steps as one terminal lives them.
func replay(_ *testing.T, v *vectors, look func(int, *vectorStep, Reason, int)) {
	var m Memory
	for i := range v.Steps {
		s := &v.Steps[i]
		now := time.UnixMicro(s.Now)
		got := Judge(s.Order, v.Self, now, &m)
		if got == Accepted {
			m.Remember(s.Order)
		}
		if s.Fail {
			m.Fail(s.Order, 1)
		}
		if s.Forget {
			m.Forget(now)
		}
		look(i, s, got, len(m.Orders)+len(m.Stops))
	}
}

func makeVectors(t *testing.T) *vectors {
	c := newCity(t)
	v := &vectors{Self: self, Digests: map[string]string{}, Revoked: []string{}}
	key := c.ca.Public()
	v.Issuers = map[string]string{caNum.String(): hex.EncodeToString(key[:])}
	for _, text := range []string{"", "abc", "应急广播", strings.Repeat("同声", 100)} {
		sum := sm3.Sum([]byte(text))
		v.Digests[text] = hex.EncodeToString(sum[:])
	}
	v.frames(t, c)
	v.places()
	v.steps()
	v.session(t)
	return v
}

func (v *vectors) frames(t *testing.T, c *city) {
	add := func(what string, frame []byte, now time.Time) {
		o, reason := v.trust(t).Authenticate(frame, now)
		f := vectorFrame{What: what, Frame: base64.StdEncoding.EncodeToString(frame), Now: now.UnixMicro(), Reason: reason}
		if o != nil {
			b, _ := canonical(o)
			f.Order = string(b)
		}
		v.Frames = append(v.Frames, f)
	}
	good := c.frame(t, storm())
	add("a storm", good, noon)
	full := storm()
	full.Texts[0].Body = "引号\" 反斜\\ <b>&</b> 换行\n制表\t控制\x01\x7f 行\u2028段\u2029 表情😀 \ufffd"
	full.Texts = append(full.Texts, Text{Lang: "en", Body: "No title."})
	full.Drill, full.Repeat, full.GapMillis, full.Supersedes = true, 3, 5000, []string{ulid2}
	vol := 0
	full.Volume = &vol
	full.Attachments = []Attachment{{full.Audio[0].SM3, 12, "image/png", "/media/a.png"}}
	full.Area.Polygons = [][]Point{{At(116, 39), At(117, 39), At(117, 40)}}
	full.Area.Circles = []Circle{{here, 500}}
	full.Area.Codes = []ebd.ResourceCode{speaker}
	full.Area.Types = []string{"0314", "0313"}
	add("every field of a play order", c.frame(t, full), noon)
	for _, source := range []string{"http://[2001:db8::1]:8000/live.mp3?a=1&b=%20#", "https://radio.example:8443/live/index.m3u8?a=1&b=%20", "fm:98200", "dtmb:642000:103", "/media/a"} {
		relay := storm()
		relay.Class, relay.Audio, relay.Relay = Everyday, nil, strings.TrimSuffix(source, "#")
		add("a relay of "+source, c.frame(t, relay), noon)
	}
	for _, o := range []*Order{
		{Kind: Cancel}, {Kind: Stop, Rank: 1<<32 - 1}, {Kind: Test, ToneMillis: 1000},
		{Kind: Set, Settings: &Settings{Volume: &vol, Revoke: []ebd.SerialNumber{{1: 2}}, Region: "110105001000", Position: &here}},
	} {
		o.ID, o.From, o.Version, o.Seq, o.Class, o.Area = ulid, platform, 2, 11, Everyday, Area{Codes: []ebd.ResourceCode{speaker}}
		o.Issued, o.ValidFrom, o.ValidUntil = noon.UnixMicro(), noon.UnixMicro(), noon.Add(time.Hour).UnixMicro()
		add("kind "+string(o.Kind), c.frame(t, o), noon)
	}
	other := newCity(t)
	stranger := other.signer.Cert
	other.signer.Cert, _ = ebd.IssueCertificate(other.ca, ebd.SerialNumber{5: 9}, stranger.Number, stranger.Key, noon.AddDate(1, 0, 0))
	add("an issuer that nobody knows", other.frame(t, storm()), noon)
	add("an issuer's number that another used", newCity(t).frame(t, storm()), noon)
	add("the certificate's last second", good, c.signer.Cert.Until().Add(-time.Second))
	add("the certificate's end", good, c.signer.Cert.Until())
	bad := bytes.Clone(good)
	bad[len(bad)-1] ^= 1
	add("a digit of the signature", bad, noon)
	bad = bytes.Replace(good, []byte(`"v":1`), []byte(`"v":2`), 1)
	add("a digit of the order", bad, noon)
	bad = bytes.Clone(good)
	copy(bad[len(bad)-64:], make([]byte, 64))
	add("a signature of zeros", bad, noon)
	for what, spoil := range map[string]func(string) string{
		"white space":        func(s string) string { return strings.Replace(s, `"v":1`, `"v": 1`, 1) },
		"an exponent":        func(s string) string { return strings.Replace(s, `"v":1`, `"v":1e0`, 1) },
		"an unknown field":   func(s string) string { return strings.Replace(s, `"v":1`, `"v":1,"x":1`, 1) },
		"a field twice":      func(s string) string { return strings.Replace(s, `"v":1`, `"v":1,"v":1`, 1) },
		"a zero written out": func(s string) string { return strings.Replace(s, `"v":1`, `"v":1,"drill":false`, 1) },
		"an escaped slash":   func(s string) string { return strings.Replace(s, `/media`, `\/media`, 1) },
		"an escaped letter":  func(s string) string { return strings.Replace(s, `play`, `pl\u0061y`, 1) },
		"a negative version": func(s string) string { return strings.Replace(s, `"v":1`, `"v":-1`, 1) },
		"no area":            func(s string) string { return strings.Replace(s, `{"regions":["110101000000"]}`, `{}`, 1) },
		"an unknown kind":    func(s string) string { return strings.Replace(s, `"play"`, `"sing"`, 1) },
		"a path out":         func(s string) string { return strings.Replace(s, `/media`, `/../media`, 1) },
		"a lone surrogate":   func(s string) string { return strings.Replace(s, `<立即>`, `\ud800`, 1) },
		"another case":       func(s string) string { return strings.Replace(s, `"kind"`, `"Kind"`, 1) },
		"a relay with audio": func(s string) string { return strings.Replace(s, `]}`, `],"relay":"fm:98200"}`, 1) },
		"a list":             func(string) string { return `[]` },
		"nothing":            func(string) string { return `null` },
	} {
		body := spoil(string(good[orderHead : len(good)-orderTail]))
		f := append([]byte(orderMagic), byte(len(body)>>24), byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
		f = append(append(f, body...), c.signer.Cert.Encode()...)
		sig, err := ebd.Sign(c.signer.Key, c.signer.Cert.Number, f, noon, ebd.CoverContentTimeCert)
		if err != nil {
			t.Fatal(err)
		}
		add(what, append(f, sig.Encode()...), noon)
	}
	for what, frame := range map[string][]byte{"empty": {}, "cut short": good[:len(good)-1], "longer": append(bytes.Clone(good), 0), "another mark": append([]byte("TS1X"), good[4:]...),
		"bytes that are no text": bytes.Replace(good, []byte("暴"), []byte{0xe6, 0x9a, 0xff}, 1)} {
		add(what, frame, noon)
	}
	// Revoked last: all before are of a certificate that is not.
	gone := c.sign(t, c.ca, noon.AddDate(1, 0, 0))
	gone.Cert, _ = ebd.IssueCertificate(c.ca, caNum, ebd.SerialNumber{3: 7}, gone.Cert.Key, noon.AddDate(1, 0, 0))
	v.Revoked = []string{gone.Cert.Number.String()}
	frame, err := gone.NewFrame(storm(), noon)
	if err != nil {
		t.Fatal(err)
	}
	add("a certificate that was revoked", frame, noon)
}

func (v *vectors) places() {
	ring := []Point{At(116.3, 39.8), At(116.5, 39.8), At(116.5, 40), At(116.4, 39.9), At(116.3, 40)}
	group := ebd.ResourceCode("61101010010000314010400")
	for _, area := range []Area{
		{Regions: []ebd.AreaCode{ebd.Nation}}, {Regions: []ebd.AreaCode{"110000000000"}}, {Regions: []ebd.AreaCode{"110101000000"}}, {Regions: []ebd.AreaCode{"110101001000"}},
		{Regions: []ebd.AreaCode{"110101001001"}}, {Regions: []ebd.AreaCode{"110101001002", "120000000000"}}, {Regions: []ebd.AreaCode{"110100000000"}},
		{Codes: []ebd.ResourceCode{speaker}}, {Codes: []ebd.ResourceCode{group}}, {Polygons: [][]Point{ring}}, {Circles: []Circle{{here, 1000}}}, {Circles: []Circle{{At(116.5, 40), 9000}}},
		{Regions: []ebd.AreaCode{ebd.Nation}, Types: []string{"0314"}}, {Regions: []ebd.AreaCode{ebd.Nation}, Types: []string{"0302", "0313"}},
	} {
		for _, at := range []*Point{nil, &here, {116400000, 39900000}, {116410000, 39995000}, {116300000, 39800000}, {116500001, 39900000}} {
			for _, code := range []ebd.ResourceCode{speaker, "61101010010010314010402", "61101010010020314020401"} {
				p := Place{code, code.Area(), at}
				v.Places = append(v.Places, vectorArea{area, p, area.Includes(p)})
			}
		}
	}
}

// steps are orders as chance has them: plays, cancels, stops, updates and settings of a few
// messages from two platforms, early, late and again.
func (v *vectors) steps() {
	r := rand.New(rand.NewPCG(7, 21))
	from := []ebd.ResourceCode{platform, "31101010000000101010101"}
	kinds := []Kind{Play, Play, Play, Play, Cancel, Cancel, Stop, Set, Test}
	now := noon
	var given []*Order
	for range 250 {
		now = now.Add(time.Duration(r.IntN(60)) * time.Second)
		s := vectorStep{Now: now.UnixMicro(), Fail: r.IntN(5) == 0, Forget: r.IntN(20) == 0}
		if len(given) > 0 && r.IntN(3) == 0 {
			s.Order = given[r.IntN(len(given))]
		} else {
			at := now.Add(time.Duration(r.IntN(900)-500) * time.Second)
			o := &Order{ID: fmt.Sprintf("01JZ00000000000000000000%02d", r.IntN(12)), From: from[r.IntN(2)], Version: 1 + r.IntN(4), Seq: uint64(1 + r.IntN(300)), Kind: kinds[r.IntN(len(kinds))],
				Class: Emergency, Rank: uint32(r.IntN(4)), Issued: at.UnixMicro(), ValidFrom: at.UnixMicro(), ValidUntil: at.Add(time.Duration(60+r.IntN(2000)) * time.Second).UnixMicro(),
				Area: Area{Regions: []ebd.AreaCode{[]ebd.AreaCode{"110101000000", "110101000000", "110101000000", "110105000000"}[r.IntN(4)]}}}
			switch o.Kind {
			case Play:
				o.Texts = []Text{{Lang: "zh-CN", Body: "雨"}}
				if r.IntN(6) == 0 {
					o.Supersedes = []string{"01JZ0000000000000000000099"}
				}
			case Set:
				vol := 10
				o.Settings = &Settings{Volume: &vol}
			case Test:
				o.ToneMillis = 500
			}
			s.Order, given = o, append(given, o)
		}
		v.Steps = append(v.Steps, s)
	}
	replay(nil, v, func(_ int, s *vectorStep, got Reason, left int) { s.Reason, s.Left = got, left })
}

func (v *vectors) session(t *testing.T) {
	device, receipts := newKey(t), newKey(t)
	random := []byte("\x00\x01\x02\x03\xfc\xfd\xfe\xff")
	d, err := NewDeviceSession(device, receipts.Public(), speaker, noon, bytes.NewReader(random))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServerSession(receipts, device.Public(), speaker, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	own, theirs := device.Public(), receipts.Public()
	out := vectorSession{Secret: secretOf(t, device), Key: hex.EncodeToString(own[:]), ReceiptKey: hex.EncodeToString(theirs[:]), Code: string(speaker),
		At: noon.UnixMicro(), Random: hex.EncodeToString(random), Token: d.Token, Counters: []uint64{1, 3, 1 << 40}}
	for _, payload := range []any{
		&Receipt{Order: ulid, Version: 2, Phase: Played, At: noon.UnixMicro(), Source: FromPicture},
		&Heartbeat{At: noon.UnixMicro(), Power: Mains, Link: "ethernet", Volume: 70, Boots: 1, Firmware: "屏"},
		&Result{Order: ulid, Version: 1, OK: true, At: noon.UnixMicro(), Volume: 30, Period: 60},
	} {
		frame, _, err := d.Seal(payload)
		if err != nil {
			t.Fatal(err)
		}
		out.Frames = append(out.Frames, base64.StdEncoding.EncodeToString(frame))
		out.Up = append(out.Up, string(frame[3])+string(frame[upHead:len(frame)-macSize]))
	}
	confirm, err := s.Confirm(out.Counters)
	if err != nil {
		t.Fatal(err)
	}
	out.Confirm = base64.StdEncoding.EncodeToString(confirm)
	v.Session = out
}

// secretOf takes the number out of a key that nobody else will ever use.
func secretOf(t *testing.T, k *ebd.PrivateKey) string {
	der, err := k.DER()
	if err != nil {
		t.Fatal(err)
	}
	var outer struct {
		Version int
		Algo    asn1.RawValue
		Key     []byte
	}
	var inner struct {
		Version int
		D       []byte
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		t.Fatal(err)
	}
	var raw asn1.RawValue
	if _, err := asn1.Unmarshal(outer.Key, &raw); err != nil {
		t.Fatal(err)
	}
	rest, err := asn1.Unmarshal(raw.Bytes, &inner.Version)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(rest, &inner.D); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(inner.D)
}
