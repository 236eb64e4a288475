package wire

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

const (
	platform = ebd.ResourceCode("21100000000000101010101")
	speaker  = ebd.ResourceCode("61101010010010314010401")
	ulid     = "01JZ0000000000000000000001"
	ulid2    = "01JZ0000000000000000000002"
)

var (
	noon  = time.Date(2026, 7, 21, 4, 0, 0, 0, time.UTC)
	here  = At(116.41, 39.92)
	self  = Place{speaker, "110101001001", &here}
	caNum = ebd.SerialNumber{5: 1}
)

func newKey(t testing.TB) *ebd.PrivateKey {
	t.Helper()
	k, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// city is a platform with a certificate and a terminal that trusts its issuer.
type city struct {
	ca     *ebd.PrivateKey
	signer *Signer
	v      *Verifier
}

func newCity(t testing.TB) *city {
	t.Helper()
	c := &city{ca: newKey(t)}
	c.signer = c.sign(t, c.ca, noon.AddDate(2, 0, 0))
	c.v = &Verifier{Trust{Issuers: map[ebd.SerialNumber]ebd.PublicKey{caNum: c.ca.Public()}}, self}
	return c
}

func (c *city) sign(t testing.TB, ca *ebd.PrivateKey, until time.Time) *Signer {
	t.Helper()
	k := newKey(t)
	cert, err := ebd.IssueCertificate(ca, caNum, ebd.SerialNumber{4: 1, 5: 7}, k.Public(), until)
	if err != nil {
		t.Fatal(err)
	}
	return &Signer{k, cert}
}

func (c *city) frame(t testing.TB, o *Order) []byte {
	t.Helper()
	f, err := c.signer.NewFrame(o, noon)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// storm is a red rainstorm message to a township, with text and sound.
func storm() *Order {
	return &Order{
		ID: ulid, EBMID: ebd.EBMID(string(platform) + "202607210001"), From: platform, Version: 1, Seq: 10,
		Kind: Play, Class: Emergency, Severity: ebd.SeverityRed, Event: "10203", Rank: 900,
		Issued: noon.UnixMicro(), ValidFrom: noon.UnixMicro(), ValidUntil: noon.Add(time.Hour).UnixMicro(),
		Area:  Area{Regions: []ebd.AreaCode{"110101000000"}},
		Texts: []Text{{"zh-CN", "暴雨红色预警", "预计 3 小时内降雨量 >100 毫米，请<立即>转移 & 避险。"}},
		Audio: []Audio{{"zh-CN", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", 48044, "audio/wav", "/media/66/c7/66c7f0f4.wav", 12000}},
	}
}

func session(t testing.TB) (*DeviceSession, *ServerSession) {
	t.Helper()
	device, receipts := newKey(t), newKey(t)
	d, err := NewDeviceSession(device, receipts.Public(), speaker, noon, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServerSession(receipts, device.Public(), speaker, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d, s
}
