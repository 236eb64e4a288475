package wire

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"pgregory.net/rapid"
)

func TestVerdictsAndTheirReasons(t *testing.T) {
	c := newCity(t)
	change := func(f func(*Order)) func() []byte {
		return func() []byte { o := storm(); f(o); return c.frame(t, o) }
	}
	good := c.frame(t, storm())
	for name, x := range map[string]struct {
		frame func() []byte
		after time.Duration
		setup func(*Verifier, *Memory)
		want  Reason
	}{
		"good":             {frame: func() []byte { return good }},
		"empty":            {frame: func() []byte { return nil }, want: BadFrame},
		"cut":              {frame: func() []byte { return good[:len(good)-1] }, want: BadFrame},
		"one byte more":    {frame: func() []byte { return append(bytes.Clone(good), 0) }, want: BadFrame},
		"too long":         {frame: func() []byte { return make([]byte, MaxFrame+1) }, want: BadFrame},
		"stranger's":       {frame: func() []byte { return good }, setup: func(v *Verifier, _ *Memory) { v.Trust = Trust{} }, want: UnknownIssuer},
		"forged authority": {frame: func() []byte { return (&city{signer: c.sign(t, newKey(t), noon.AddDate(1, 0, 0))}).frame(t, storm()) }, want: ForgedCertificate},
		"old certificate":  {frame: func() []byte { return (&city{signer: c.sign(t, c.ca, noon.AddDate(0, -1, 0))}).frame(t, storm()) }, want: CertificateExpired},
		"revoked": {frame: func() []byte { return good }, setup: func(v *Verifier, _ *Memory) {
			v.Trust.Revoked = map[ebd.SerialNumber]bool{c.signer.Cert.Number: true}
		}, want: CertificateRevoked},
		"forged":        {frame: func() []byte { return (&city{signer: &Signer{newKey(t), c.signer.Cert}}).frame(t, storm()) }, want: BadSignature},
		"elsewhere":     {frame: change(func(o *Order) { o.Area.Regions = []ebd.AreaCode{"110102000000"} }), want: WrongArea},
		"other speaker": {frame: change(func(o *Order) { o.Area = Area{Codes: []ebd.ResourceCode{"61101010010010314010402"}} }), want: WrongArea},
		"this speaker":  {frame: change(func(o *Order) { o.Area = Area{Codes: []ebd.ResourceCode{speaker}} })},
		"group":         {frame: change(func(o *Order) { o.Area = Area{Codes: []ebd.ResourceCode{"61101000000000314010400"}} })},
		"in circle":     {frame: change(func(o *Order) { o.Area = Area{Circles: []Circle{{At(116.42, 39.92), 900}}} })},
		"out of circle": {frame: change(func(o *Order) { o.Area = Area{Circles: []Circle{{At(116.42, 39.92), 800}}} }), want: WrongArea},
		"in polygon": {frame: change(func(o *Order) {
			o.Area = Area{Polygons: [][]Point{{At(116.4, 39.9), At(116.5, 39.9), At(116.4, 40)}}}
		})},
		"nowhere": {frame: change(func(o *Order) {
			o.Area = Area{Polygons: [][]Point{{At(116.4, 39.9), At(116.5, 39.9), At(116.4, 40)}}}
		}), setup: func(v *Verifier, _ *Memory) { v.Self.Position = nil }, want: WrongArea},
		"expired":               {frame: func() []byte { return good }, after: time.Hour, want: Expired},
		"last moment":           {frame: func() []byte { return good }, after: time.Hour - time.Microsecond},
		"future":                {frame: func() []byte { return good }, after: -Skew - time.Second, want: NotYetValid},
		"slow clock":            {frame: func() []byte { return good }, after: -Skew},
		"scheduled":             {frame: change(func(o *Order) { o.ValidFrom += 60e6 })},
		"again":                 {frame: func() []byte { return good }, setup: func(_ *Verifier, m *Memory) { m.Remember(storm()) }, want: Replayed},
		"again after it failed": {frame: func() []byte { return good }, setup: func(_ *Verifier, m *Memory) { m.Remember(storm()); m.Fail(storm(), 1) }},
		"failed, taken again, and again": {frame: func() []byte { return good }, setup: func(_ *Verifier, m *Memory) {
			m.Remember(storm())
			m.Fail(storm(), 0)
			m.Remember(storm())
		}, want: Replayed},
		"older than a failed one": {frame: func() []byte { return good }, setup: func(_ *Verifier, m *Memory) {
			o := storm()
			o.Version = 2
			m.Remember(o)
			m.Fail(o, 0)
		}, want: Replayed},
		"cancelled after it failed": {frame: func() []byte { return good }, setup: func(_ *Verifier, m *Memory) {
			o := storm()
			m.Remember(o)
			m.Fail(o, 0)
			o.Version, o.Kind = 2, Cancel
			m.Remember(o)
		}, want: Cancelled},
		"stopped after it failed": {frame: func() []byte { return good }, setup: func(v *Verifier, m *Memory) {
			m.Remember(storm())
			m.Fail(storm(), 0)
			stop(func(*Order) {})(v, m)
		}, want: Cancelled},
		"older version":       {frame: func() []byte { return good }, setup: func(_ *Verifier, m *Memory) { o := storm(); o.Version = 2; m.Remember(o) }, want: Replayed},
		"newer version":       {frame: change(func(o *Order) { o.Version = 2 }), setup: func(_ *Verifier, m *Memory) { m.Remember(storm()) }},
		"cancelled":           {frame: func() []byte { return good }, setup: func(_ *Verifier, m *Memory) { o := storm(); o.Version, o.Kind = 2, Cancel; m.Remember(o) }, want: Cancelled},
		"cancelled again":     {frame: change(func(o *Order) { o.Version, o.Kind = 2, Cancel }), setup: func(_ *Verifier, m *Memory) { o := storm(); o.Version, o.Kind = 2, Cancel; m.Remember(o) }, want: Replayed},
		"newer than a cancel": {frame: change(func(o *Order) { o.Version = 3 }), setup: func(_ *Verifier, m *Memory) { o := storm(); o.Version, o.Kind = 2, Cancel; m.Remember(o) }},
		"version of a cancel": {frame: change(func(o *Order) { o.Version = 2 }), setup: func(_ *Verifier, m *Memory) { o := storm(); o.Version, o.Kind = 2, Cancel; m.Remember(o) }, want: Cancelled},
		"superseded":          {frame: func() []byte { return good }, setup: func(_ *Verifier, m *Memory) { o := storm(); o.ID, o.Supersedes = ulid2, []string{ulid}; m.Remember(o) }, want: Cancelled},
		"stopped":             {frame: func() []byte { return good }, setup: stop(func(o *Order) {}), want: Cancelled},
		"after the stop":      {frame: func() []byte { return good }, setup: stop(func(o *Order) { o.Seq = 9 })},
		"over the stop":       {frame: func() []byte { return good }, setup: stop(func(o *Order) { o.Rank = 899 })},
		"stopped by another": {frame: func() []byte { return good }, setup: stop(func(o *Order) {
			o.From, o.Seq, o.Issued = "11100000000000101010101", 1, o.Issued+1
		}), want: Cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			v, m := *c.v, new(Memory)
			if x.setup != nil {
				x.setup(&v, m)
			}
			got := v.Verify(x.frame(), noon.Add(x.after), m)
			if got.Reason != x.want {
				t.Errorf("got %q, want %q", got.Reason, x.want)
			}
			if (got.Order == nil) != (x.want == BadFrame) {
				t.Error("an order is told unless the frame is bad")
			}
		})
	}
}

func stop(f func(*Order)) func(*Verifier, *Memory) {
	return func(_ *Verifier, m *Memory) {
		o := storm()
		o.ID, o.Kind, o.Seq = ulid2, Stop, 11
		f(o)
		m.Remember(o)
	}
}

func TestSettingsNeverGoBack(t *testing.T) {
	set := func(seq uint64, id string) *Order {
		vol := 40
		o := storm()
		o.ID, o.Seq, o.Kind, o.Texts, o.Audio, o.Settings = id, seq, Set, nil, nil, &Settings{Volume: &vol}
		return o
	}
	m := new(Memory)
	m.Remember(set(5, ulid))
	if r := Judge(set(4, ulid2), self, noon, m); r != Replayed {
		t.Errorf("an older setting: %q", r)
	}
	if r := Judge(set(6, ulid2), self, noon, m); r != Accepted {
		t.Errorf("a newer setting: %q", r)
	}
}

func TestMemoryForgetsOnlyWhatCannotReturn(t *testing.T) {
	m := new(Memory)
	long, cancel := storm(), storm()
	cancel.Version, cancel.Kind, cancel.ValidUntil = 2, Cancel, cancel.ValidUntil-30*60e6
	m.Remember(long)
	m.Remember(cancel)
	if m.Forget(noon.Add(40*time.Minute)) != 0 || Judge(long, self, noon.Add(40*time.Minute), m) != Cancelled {
		t.Error("forgot a cancel while the message could still be valid")
	}
	if m.Forget(noon.Add(2*time.Hour)) != 1 || len(m.Orders) != 0 {
		t.Error("kept an entry for nothing")
	}
}

func TestEveryByteIsProtected(t *testing.T) {
	c := newCity(t)
	f := c.frame(t, storm())
	for i := range f {
		for _, bit := range []byte{1, 0x80} {
			g := bytes.Clone(f)
			g[i] ^= bit
			if v := c.v.Verify(g, noon, new(Memory)); v.Reason == Accepted {
				t.Fatalf("byte %d may change", i)
			}
		}
	}
}

func TestOnlyCanonicalJSONIsRead(t *testing.T) {
	c := newCity(t)
	body, err := canonical(storm())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct{ old, new string }{
		{`"v":1`, `"v": 1`}, {`"v":1`, `"V":1`}, {`"v":1`, `"v":1,"v":1`}, {`"v":1`, `"v":1,"x":0`},
		{`{"id"`, ` {"id"`}, {`暴`, "\\u66b4"}, {`"seq":10`, `"seq":1e1`},
	} {
		b := bytes.Replace(body, []byte(s.old), []byte(s.new), 1)
		if bytes.Equal(b, body) {
			t.Fatalf("%s is not in the order", s.old)
		}
		f := binary.BigEndian.AppendUint32([]byte(orderMagic), uint32(len(b)))
		f = append(append(f, b...), c.signer.Cert.Encode()...)
		sig, err := ebd.Sign(c.signer.Key, c.signer.Cert.Number, f, noon, ebd.CoverContentTimeCert)
		if err != nil {
			t.Fatal(err)
		}
		if v := c.v.Verify(append(f, sig.Encode()...), noon, new(Memory)); v.Reason != BadFrame {
			t.Errorf("%s for %s: %q", s.new, s.old, v.Reason)
		}
	}
}

func TestOrdersRoundTrip(t *testing.T) {
	c := newCity(t)
	rapid.Check(t, func(t *rapid.T) {
		o := storm()
		o.Version = rapid.IntRange(1, maxVersion).Draw(t, "v")
		o.Seq = rapid.Uint64Range(1, 1<<63).Draw(t, "seq")
		o.Rank = rapid.Uint32().Draw(t, "rank")
		o.Drill = rapid.Bool().Draw(t, "drill")
		o.Severity = ebd.Severity(rapid.IntRange(0, 4).Draw(t, "sev"))
		o.Texts = []Text{{"zh-CN", rapid.String().Draw(t, "title"), rapid.StringN(1, 500, -1).Draw(t, "body")}}
		if rapid.Bool().Draw(t, "vol?") {
			v := rapid.IntRange(0, 100).Draw(t, "vol")
			o.Volume = &v
		}
		o.Area.Circles = []Circle{{Point{rapid.Int32Range(-180e6, 180e6).Draw(t, "x"), rapid.Int32Range(-90e6, 90e6).Draw(t, "y")}, rapid.IntRange(1, 1000).Draw(t, "r")}}
		f, err := c.signer.NewFrame(o, noon)
		if err != nil {
			t.Fatal(err)
		}
		got := c.v.Verify(f, noon, new(Memory))
		if got.Reason != Accepted {
			t.Fatal(got.Reason)
		}
		if d := cmp.Diff(o, got.Order); d != "" {
			t.Fatal(d)
		}
	})
}

func TestBadOrdersNameTheField(t *testing.T) {
	neg := -1
	for place, f := range map[string]func(*Order){
		"id":               func(o *Order) { o.ID = "01JZ000000000000000000000U" },
		"ebm":              func(o *Order) { o.EBMID = "1" },
		"from":             func(o *Order) { o.From = "x" },
		"v":                func(o *Order) { o.Version = 0 },
		"seq":              func(o *Order) { o.Seq = 0 },
		"kind":             func(o *Order) { o.Kind = "sing" },
		"class":            func(o *Order) { o.Class = "" },
		"sev":              func(o *Order) { o.Severity = 5 },
		"event":            func(o *Order) { o.Event = "abc" },
		"until":            func(o *Order) { o.ValidUntil = o.ValidFrom },
		"area":             func(o *Order) { o.Area = Area{} },
		"area.regions[1]":  func(o *Order) { o.Area.Regions = append(o.Area.Regions, "11") },
		"area.polygons[0]": func(o *Order) { o.Area.Polygons = [][]Point{{{1, 1}, {2, 2}}} },
		"area.circles[0]":  func(o *Order) { o.Area.Circles = []Circle{{Point{0, 91e6}, 5}} },
		"text":             func(o *Order) { o.Texts, o.Audio = nil, nil },
		"text[0]":          func(o *Order) { o.Texts[0].Body = "\xff" },
		"audio[0].path":    func(o *Order) { o.Audio[0].Path = "/media/../../etc/passwd" },
		"audio[0].sm3":     func(o *Order) { o.Audio[0].SM3 = "66" },
		"att[0].mime":      func(o *Order) { o.Attachments = picture(func(a *Attachment) { a.MIME = "image/png; x" }) },
		"att[0].path":      func(o *Order) { o.Attachments = picture(func(a *Attachment) { a.Path = "//elsewhere/a" }) },
		"att[0].sm3":       func(o *Order) { o.Attachments = picture(func(a *Attachment) { a.SM3 = "" }) },
		"att[0].n":         func(o *Order) { o.Attachments = picture(func(a *Attachment) { a.Bytes = 0 }) },
		"att":              func(o *Order) { o.Kind, o.Attachments = Cancel, picture(func(*Attachment) {}) },
		"relay":            func(o *Order) { o.Relay = "fm:98200" }, // beside audio
		"area.types[1]":    func(o *Order) { o.Area.Types = []string{"0314", "314"} },
		"vol":              func(o *Order) { o.Volume = &neg },
		"set":              func(o *Order) { o.Settings = &Settings{} },
		"set.region":       func(o *Order) { o.Kind, o.Settings = Set, &Settings{Region: "1101"} },
		"set.pos":          func(o *Order) { o.Kind, o.Settings = Set, &Settings{Position: &Point{}} },
		"tone":             func(o *Order) { o.Kind = Test },
		"super[0]":         func(o *Order) { o.Supersedes = []string{o.ID} },
	} {
		o := storm()
		f(o)
		if e, ok := o.Validate().(*FormError); !ok || e.Place != place {
			t.Errorf("%s: %v", place, e)
		}
	}
	o := storm()
	o.Texts[0].Body = string(bytes.Repeat([]byte("雨"), MaxFrame/3))
	if _, err := newCity(t).signer.NewFrame(o, noon); err == nil {
		t.Error("a frame over the limit was made")
	}
}

func TestRelaysAreAddressesPathsAndBroadcasts(t *testing.T) {
	for relay, want := range map[string]bool{
		"http://radio.example/live": true, "https://radio.example:8000/a/b.m3u8?x=1&y=%20": true, "/media/66c7": true, "fm:98200": true, "dtmb:642000:103": true,
		"": false, "ftp://radio.example/live": false, "file:///etc/passwd": false, "http:///live": false, "http://user:word@radio.example/": false, "http://radio.example/a b": false,
		"http://radio.example/#a": false, "//radio.example/live": false, "/../etc": false, "fm:98.2": false, "-i /dev/zero": false, "http://radio.example/\n": false, "dtmb:642000": false,
		"http://radio.example/" + strings.Repeat("a", 500): false,
	} {
		if got := ValidRelay(relay); got != want {
			t.Errorf("%q: %v", relay, got)
		}
		o := storm()
		o.Texts, o.Audio, o.Relay = nil, nil, relay
		if err := o.Validate(); (err == nil) != want {
			t.Errorf("%q: %v", relay, err)
		}
	}
}

// picture is one attachment, changed.
func picture(change func(*Attachment)) []Attachment {
	a := Attachment{storm().Audio[0].SM3, 5000, "image/svg+xml", "/media/66c7"}
	change(&a)
	return []Attachment{a}
}

func TestAttachmentsAreSigned(t *testing.T) {
	c := newCity(t)
	o := storm()
	o.Attachments = picture(func(*Attachment) {})
	f := c.frame(t, o)
	if v := c.v.Verify(f, noon, new(Memory)); v.Reason != Accepted || !cmp.Equal(v.Order.Attachments, o.Attachments) {
		t.Errorf("%q, %+v", v.Reason, v.Order)
	}
	at := bytes.Index(f, []byte(`"att":[{"sm3":"66c7`))
	if at < 0 {
		t.Fatal("the frame does not name the attachment")
	}
	f[at+len(`"att":[{"sm3":"`)] = '7'
	if v := c.v.Verify(f, noon, new(Memory)); v.Reason != BadSignature {
		t.Errorf("another picture: %q", v.Reason)
	}
}

func FuzzVerify(f *testing.F) {
	c := newCity(f)
	f.Add(c.frame(f, storm()))
	f.Add([]byte(orderMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, err := readFrame(b)
		if err != nil {
			return
		}
		again, err := canonical(fr.order)
		if err != nil || !bytes.Equal(again, b[orderHead:len(b)-orderTail]) {
			t.Error("a frame was read that would be written otherwise")
		}
		_ = fr.order.Area.Includes(self)
	})
}

func BenchmarkVerify(b *testing.B) {
	c := newCity(b)
	f, m := c.frame(b, storm()), new(Memory)
	for b.Loop() {
		if v := c.v.Verify(f, noon, m); v.Reason != Accepted {
			b.Fatal(v.Reason)
		}
	}
}
