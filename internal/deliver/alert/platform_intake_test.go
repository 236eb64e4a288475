package alert

import (
	"bytes"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// What was sent stands: another document under its number, or another message under its id, is
// refused, the other side is told so, and it is on record. The same one is the same however often.
func TestAnotherContentUnderAUsedNumberIsRefused(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far := newFar(b, provincial, b.clk.Now)
		j := b.join()
		j.meets(far, peer.Upper, far.server.URL)
		notes := func() (words []string) {
			docs, _ := far.types("EBDNotify")
			for _, d := range docs {
				words = append(words, d.Body.(*ebd.EBDNotify).ResultDesc)
			}
			return words
		}
		said := far.message(1, nil)
		worse := *said
		worse.MsgContent = []ebd.MsgContent{said.MsgContent[0]}
		worse.MsgContent[0].MsgDesc = "不必避险。"
		first := far.document(said)
		if code, _ := far.sends(j.url, far.pack(first, far.key)); code != ebd.ResultGood {
			t.Fatal(code)
		}
		j.until("it is acted on", func() bool { return j.count(`SELECT count(*) FROM alert_peer_in WHERE state = 'done'`) == 1 })
		other := far.document(&worse)
		other.EBDID = first.EBDID
		if code, doc := far.sends(j.url, far.pack(other, far.key)); code != ebd.ResultOther || !strings.Contains(doc.Body.(*ebd.EBDResponse).ResultDesc, "另一内容") {
			t.Errorf("another document under a used number: %d", code)
		}
		far.sends(j.url, far.pack(far.document(said), far.key)) // sent again under a new number
		j.until("it is acted on", func() bool { return j.count(`SELECT count(*) FROM alert_peer_in WHERE state = 'done'`) == 2 })
		if said := notes(); len(said) != 0 {
			t.Errorf("of the same message again it is told %q", said)
		}
		far.sends(j.url, far.pack(far.document(&worse), far.key))
		j.until("the other side is told", func() bool { said := notes(); return len(said) == 1 && strings.Contains(said[0], "另一内容") })
		j.until("it is on record", func() bool { return j.count(`SELECT count(*) FROM alert_peer_in WHERE state = 'failed'`) == 1 })
		if n := j.count(`SELECT count(*) FROM alert_message`); n != 1 {
			t.Errorf("%d messages came of it", n)
		}
	})
}

// A large package is kept whole where a peer signed it, in a form or by itself, whatever stands
// first in it; a stranger's is refused without being taken into memory.
func TestALargePackageOfAStrangerCostsNoMemory(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far, stranger := newFar(b, provincial, b.clk.Now), newFar(b, "21400000000000101010101", b.clk.Now)
		j := b.join()
		j.meets(far, peer.Upper, "")
		stranger.trust = far.trust
		voice := ebd.File{Name: "EBDR_voice.mp3", Data: make([]byte, 16<<20)}
		signed := func(f *farPlatform, first bool) []byte {
			pkg, err := ebd.NewPackage(ebd.GDJ2018, f.document(f.message(1, nil)))
			b.do(err)
			b.do(pkg.Sign(ebd.GDJ2018, ebd.Signer{Key: f.key, Cert: f.number}, f.at()))
			files := append(pkg.Files(), voice)
			if first {
				slices.Reverse(files)
			}
			var raw bytes.Buffer
			b.do(ebd.WriteArchive(&raw, files))
			return raw.Bytes()
		}
		post := func(contentType string, body []byte) ebd.ResultCode {
			t.Helper()
			answer, err := http.Post(j.url, contentType, bytes.NewReader(body))
			b.do(err)
			defer answer.Body.Close()
			pkg, _, err := ebd.ReadPackage(answer.Body, ebd.Limits{})
			b.do(err)
			return pkg.Document.Body.(*ebd.EBDResponse).ResultCode
		}
		foreign := signed(stranger, false)
		inForm, kind := form(foreign)
		least := uint64(math.MaxUint64) // of several rounds: tests beside this one take memory too
		for round := 0; round < 20 && least > uint64(len(foreign)); round++ {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if a, f := post("application/x-tar", foreign), post(kind, inForm); a != ebd.ResultOther || f != ebd.ResultOther {
				t.Errorf("a stranger was answered %d and %d", a, f)
			}
			runtime.ReadMemStats(&after)
			least = min(least, after.TotalAlloc-before.TotalAlloc)
		}
		if least > uint64(len(foreign)) {
			t.Errorf("two packages of a stranger, %d MB each, took %d MB at least", len(foreign)>>20, least>>20)
		}
		for _, first := range []bool{false, true} {
			raw := signed(far, first)
			body, kind := form(raw)
			if first {
				body, kind = raw, "application/x-tar"
			}
			if code := post(kind, body); code != ebd.ResultGood {
				t.Errorf("a peer was answered %d", code)
			}
			var found store.Listing[peer.Came]
			j.call("wang", "GET", "/api/alert-packages-in", nil, 200, &found)
			if kept := j.call("wang", "GET", "/api/alert-packages-in/"+found.Items[0].ID+"/file", nil, 200, nil).Body.Bytes(); !bytes.Equal(kept, raw) {
				t.Errorf("%d of %d bytes were kept", len(kept), len(raw))
			}
		}
		if code := post("application/x-tar", bytes.Replace(signed(far, false), []byte("立即避险"), []byte("不必避险"), 1)); code != ebd.ResultBadSignature {
			t.Errorf("what was changed was answered %d", code)
		}
	})
}
