package alert

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const (
	provincial = ebd.ResourceCode("21300000000000101010101")
	district   = ebd.ResourceCode("41101050000000101010101")
)

func TestAMessageFromAboveIsOnTheAirAndItsStatesGoBack(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		one := b.town.stand(township1, 1)
		far := newFar(b, provincial, b.clk.Now)
		j := b.join()
		id := j.meets(far, peer.Upper, far.server.URL)
		ebm := far.message(1, nil)
		raw := far.pack(far.document(ebm), far.key)
		code, first := far.sends(j.url, raw)
		if code != ebd.ResultGood || first.Destination() != provincial {
			t.Fatalf("%d, %+v", code, first)
		}
		j.until("it is on the air", func() bool { return j.count(`SELECT count(*) FROM alert_message WHERE state = 'issued'`) == 1 })
		for range 3 { // the receipt may have been lost
			again, doc := far.sends(j.url, raw)
			if again != ebd.ResultGood || doc.EBDID != first.EBDID || doc.EBDTime != first.EBDTime {
				t.Errorf("the same package was answered otherwise: %d %+v", again, doc)
			}
		}
		other := far.document(far.message(2, nil))
		other.EBDID = first.RelatedEBD.EBDID
		if code, _ := far.sends(j.url, far.pack(other, far.key)); code != ebd.ResultOther {
			t.Errorf("another document under a used number: %d", code)
		}
		b.look()
		if one.plays != 1 || j.count(`SELECT count(*) FROM alert_message`) != 1 || j.count(`SELECT count(*) FROM alert_peer_in WHERE state <> 'refused'`) != 1 {
			t.Errorf("played %d times", one.plays)
		}
		states := func() (list []ebd.BrdState) {
			docs, _ := far.types("EBMStateResponse")
			for _, d := range docs {
				r := d.Body.(*ebd.EBMStateResponse)
				if r.EBM.EBMID != ebm.EBMID {
					t.Errorf("a state of %s", r.EBM.EBMID)
				}
				list = append(list, r.BrdStateCode)
			}
			return list
		}
		j.until("above is told that it plays", func() bool { return slices.Contains(states(), ebd.BrdPlaying) })
		// Above asks, and is answered on a connection of its own.
		if code, _ := far.sends(j.url, far.pack(far.document(&ebd.EBMStateRequest{EBM: &ebd.EBMRef{EBMID: ebm.EBMID}}), far.key)); code != ebd.ResultGood {
			t.Error(code)
		}
		j.until("above is answered", func() bool {
			docs, _ := far.types("EBMStateResponse")
			return slices.ContainsFunc(docs, func(d *ebd.Document) bool {
				c := d.Body.(*ebd.EBMStateResponse).Coverage
				return d.RelatedEBD != nil && c != nil && c.CoverageRate == "1" && c.ResBrdStat == "1,0,0,1"
			})
		})
		end := far.message(3, func(m *ebd.EBM) {
			m.MsgBasicInfo.MsgType, m.RelatedInfo = ebd.MsgCancel, &ebd.RelatedInfo{EBMID: ebm.EBMID}
			m.MsgContent[0].MsgDesc = "雨停了"
		})
		if code, _ := far.sends(j.url, far.pack(far.document(end), far.key)); code != ebd.ResultGood {
			t.Error(code)
		}
		j.until("above has the log", func() bool { docs, _ := far.types("EBMBrdLog"); return len(docs) == 1 })
		if list := states(); list[len(list)-1] != ebd.BrdCancelled {
			t.Errorf("%v", list)
		}
		docs, _ := far.types("EBMBrdLog")
		if item := docs[0].Body.(*ebd.EBMBrdLog).EBMBrdItem[0]; item.EBM.EBMID != ebm.EBMID || item.BrdStateCode != ebd.BrdCancelled || item.Coverage.CoverageRate != "1" {
			t.Errorf("%+v", item)
		}
		b.look()
		if msg := j.count(`SELECT count(*) FROM alert_message WHERE state = 'ended' AND end_reason = 'cancelled' AND end_note = '雨停了' AND source = $1`, id); msg != 1 {
			t.Error("it did not end")
		}
		if far.bad != 0 {
			t.Errorf("%d packages badly signed", far.bad)
		}
	})
}

// A voice that comes with a message is heard instead of its text being spoken.
func TestAVoiceFromAboveIsHeard(t *testing.T) {
	for _, program := range []string{"espeak-ng", "ffmpeg"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: make deps installs it", program)
		}
	}
	each(t, func(b *bench) {
		t := b.T
		b.town.stand(township1, 1)
		far := newFar(b, provincial, b.clk.Now)
		j := b.join()
		j.meets(far, peer.Upper, "")
		m := far.message(1, func(m *ebd.EBM) {
			m.MsgContent[0].Auxiliary = []ebd.Auxiliary{{AuxiliaryType: ebd.AuxMP3, AuxiliaryDesc: "EBDR_voice.mp3"}}
		})
		if code, _ := far.sends(j.url, far.pack(far.document(m), far.key, ebd.File{Name: "EBDR_voice.mp3", Data: mp3(b)})); code != ebd.ResultGood {
			t.Fatal(code)
		}
		j.until("it is on the air", func() bool { return j.count(`SELECT count(*) FROM alert_message WHERE state = 'issued'`) == 1 })
		var id string
		j.do(j.deps.DB.QueryRow(t.Context(), `SELECT id FROM alert_message`).Scan(&id))
		if s, ok := j.read(id).Current.Content.Sound("zh"); !ok || s.Origin != message.FromRecording {
			t.Errorf("%+v, %v", s, ok)
		}
	})
}

func TestEveryFaultHasItsResultCode(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far, stranger := newFar(b, provincial, b.clk.Now), newFar(b, "21400000000000101010101", b.clk.Now)
		j := b.join()
		j.meets(far, peer.Upper, "")
		stranger.trust = far.trust
		forged, _ := ebd.GenerateKey()
		for _, c := range []struct {
			what string
			raw  func() []byte
			want ebd.ResultCode
		}{
			{"no archive", func() []byte { return []byte("hello") }, ebd.ResultUnreadable},
			{"cut off", func() []byte { return far.pack(far.document(far.message(1, nil)), far.key)[:700] }, ebd.ResultUnreadable},
			{"who is not registered", func() []byte { return stranger.pack(stranger.document(stranger.message(1, nil)), stranger.key) }, ebd.ResultOther},
			{"no signature", func() []byte { return far.pack(far.document(far.message(1, nil)), nil) }, ebd.ResultBadSignature},
			{"another's signature", func() []byte { return far.pack(far.document(far.message(1, nil)), forged) }, ebd.ResultBadSignature},
			{"changed after it was signed", func() []byte {
				return bytes.Replace(far.pack(far.document(far.message(1, nil)), far.key), []byte("立即避险"), []byte("不必避险"), 1)
			}, ebd.ResultBadSignature},
			{"another certificate's number", func() []byte {
				number := far.number
				defer func() { far.number = number }()
				far.number = ebd.SerialNumber{1}
				return far.pack(far.document(far.message(1, nil)), far.key)
			}, ebd.ResultBadSignature},
			{"nothing to play", func() []byte {
				whole := far.document(far.message(1, nil))
				text, err := whole.Encode(ebd.GDJ2018)
				b.do(err)
				from, to := bytes.Index(text, []byte("<MsgContent>")), bytes.Index(text, []byte("</MsgContent>"))+len("</MsgContent>")
				return far.wrap(whole.EBDID, slices.Concat(text[:from], text[to:]))
			}, ebd.ResultIncomplete},
			{"for another platform", func() []byte {
				doc := far.document(far.message(1, nil))
				doc.DEST.EBRID = "31200000000000101010101"
				return far.pack(doc, far.key)
			}, ebd.ResultOther},
			{"a bare heartbeat", func() []byte { return far.pack(far.document(&ebd.ConnectionCheck{RptTime: ebd.At(far.at())}), nil) }, ebd.ResultGood},
			{"a heartbeat of a liar", func() []byte { return far.pack(far.document(&ebd.ConnectionCheck{RptTime: ebd.At(far.at())}), forged) }, ebd.ResultBadSignature},
			{"a receipt by itself", func() []byte {
				return far.pack(far.document(&ebd.EBDResponse{ResultCode: 1, ResultDesc: "x"}), far.key)
			}, ebd.ResultOther},
		} {
			code, doc := far.sends(j.url, c.raw())
			if code != c.want {
				t.Errorf("%s: %d, want %d: %+v", c.what, code, c.want, doc.Body)
			}
			if words := doc.Body.(*ebd.EBDResponse).ResultDesc; words == "" {
				t.Errorf("%s: no words", c.what)
			}
		}
		// The archive by itself, without a form, and a form that nobody else can read.
		raw := far.pack(far.document(&ebd.ConnectionCheck{RptTime: ebd.At(far.at())}), far.key)
		body, _ := form(raw)
		for contentType, body := range map[string][]byte{"application/x-tar": raw, "multipart/form-data": body, "": body} {
			answer, err := http.Post(j.url, contentType, bytes.NewReader(body))
			b.do(err)
			pkg, _, err := ebd.ReadPackage(answer.Body, ebd.Limits{})
			answer.Body.Close()
			if err != nil || pkg.Document.Body.(*ebd.EBDResponse).ResultCode != ebd.ResultGood || answer.Header.Get("Content-Type") != "application/x-tar" ||
				!strings.Contains(answer.Header.Get("Content-Disposition"), `filename="EBDT_`) {
				t.Errorf("%q: %v, %+v", contentType, err, pkg)
			}
		}
		if n := j.count(`SELECT count(*) FROM alert_message`); n != 0 {
			t.Errorf("%d messages came of packages that were refused", n)
		}
		var found store.Listing[peer.Came]
		j.call("wang", "GET", "/api/alert-packages-in?state=refused", nil, 200, &found)
		if len(found.Items) < 8 {
			t.Errorf("people see %d refusals", len(found.Items))
		}
		var peers store.Listing[peer.View]
		j.call("wang", "GET", "/api/alert-peers", nil, 200, &peers)
		if p := peers.Items[0]; p.Refusal == "" || p.HeardAt == nil || p.Link != "there" {
			t.Errorf("%+v", p)
		}
	})
}

// wrap signs any bytes as a document.
func (f *farPlatform) wrap(id ebd.EBDID, text []byte) []byte {
	s, err := ebd.Signer{Key: f.key, Cert: f.number}.SignDocument(ebd.GDJ2018, text, id, f.at())
	if err != nil {
		f.t.Fatal(err)
	}
	sig, err := s.Encode(ebd.GDJ2018)
	if err != nil {
		f.t.Fatal(err)
	}
	var b bytes.Buffer
	if err := ebd.WriteArchive(&b, []ebd.File{{Name: "EBDB_" + string(id) + ".xml", Data: text}, {Name: "EBDS_EBDB_" + string(id) + ".xml", Data: sig}}); err != nil {
		f.t.Fatal(err)
	}
	return b.Bytes()
}

// A platform sends ten thousand packages over many connections at once, and again whatever was
// not answered; in the middle of it this one breaks down. Nothing is lost and nothing doubled.
func TestABurstLosesNothingAndDoublesNothing(t *testing.T) {
	count := 10000
	if testing.Short() {
		count = 500
	}
	var raw [][]byte // signed once for both databases
	var key *ebd.PrivateKey
	var sign sync.Once
	each(t, func(b *bench) {
		t := b.T
		far := newFar(b, provincial, b.clk.Now)
		sign.Do(func() { raw, key = far.burst(count), far.key })
		far.key = key
		j := b.join()
		j.meets(far, peer.Upper, "")
		url := j.url
		var answered [100000]atomic.Bool
		var lost, known atomic.Int64
		next := make(chan int)
		var senders sync.WaitGroup
		for range 24 {
			senders.Go(func() {
				client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: 30 * time.Second}
				defer client.CloseIdleConnections()
				for n := range next {
					for {
						doc, err := far.post(client, url, raw[n])
						if err != nil {
							if lost.Add(1) > int64(count) {
								t.Error(err)
								break
							}
							time.Sleep(20 * time.Millisecond)
							continue
						}
						if r := doc.Body.(*ebd.EBDResponse); r.ResultCode != ebd.ResultGood {
							t.Errorf("package %d: %d %s", n, r.ResultCode, r.ResultDesc)
						}
						if answered[n].Swap(true) {
							known.Add(1)
						}
						break
					}
				}
			})
		}
		for n := range count {
			next <- n
			if n%7 == 0 { // some come again though they were answered
				next <- n
			}
			if n == count/2 {
				j.crash()
			}
		}
		close(next)
		senders.Wait()
		j.until("all were acted on", func() bool { return j.count(`SELECT count(*) FROM alert_peer_in WHERE state = 'waiting'`) == 0 })
		if n := j.count(`SELECT count(*) FROM alert_peer_in WHERE state = 'done'`); n != count {
			t.Errorf("%d packages are on record, %d were sent", n, count)
		}
		if n := j.count(`SELECT count(*) FROM alert_peer_resource`); n != count-count/500 {
			t.Errorf("%d resources, want %d", n, count-count/500)
		}
		if n := j.count(`SELECT count(*) FROM alert_message WHERE source <> ''`); n != count/500 {
			t.Errorf("%d messages, want %d", n, count/500)
		}
		if known.Load() == 0 {
			t.Error("nothing came twice: the test tests nothing")
		}
		t.Logf("%d unanswered posts were made again", lost.Load())
	})
}

// burst signs packages: reports of one terminal each, and a message now and then.
func (f *farPlatform) burst(count int) [][]byte {
	raw := make([][]byte, count)
	for n := range raw {
		var body any
		if n%500 == 499 {
			body = f.message(n/500+1, func(m *ebd.EBM) {
				m.MsgBasicInfo.MsgType, m.MsgBasicInfo.Severity = ebd.MsgPlatformDrill, ebd.SeverityBlue
				m.MsgContent[0].MsgTitle = fmt.Sprintf("演练%d", n)
			})
		} else {
			code, err := ebd.Resource{Level: ebd.Village, Area: ebd.AreaCode(fmt.Sprintf("1301%02d%03d%03d", n/10000+1, n/100%100, n%100+1)), Type: ebd.TypeLoudspeaker, Seq: 1, Subtype: ebd.SubtypeTerminal, SubSeq: 1}.Code()
			if err != nil {
				f.t.Fatal(err)
			}
			body = &ebd.EBRDTState{EBRDT: []ebd.TerminalState{{RptTime: ebd.At(f.at()), EBRID: code, StateCode: ebd.RunNormal, StateDesc: "正常"}}}
		}
		raw[n] = f.pack(f.document(body), f.key)
	}
	return raw
}

func TestAPlatformThatIsSlowDownOrLyingDelaysNoOtherAndLosesNothing(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		one := newFar(b, provincial, b.clk.Now)
		two := newFar(b, "21400000000000101010101", b.clk.Now)
		j := b.join()
		j.meets(one, peer.Upper, one.server.URL)
		j.meets(two, peer.Upper, two.server.URL)
		one.set(func() { one.lie = true })
		send := func(f *farPlatform, n int) *ebd.EBM {
			ebm := f.message(n, func(m *ebd.EBM) { m.MsgContent[0].MsgTitle = "暴雨" + string(f.code) + fmt.Sprint(n) })
			if code, _ := f.sends(j.url, f.pack(f.document(ebm), f.key)); code != ebd.ResultGood {
				t.Fatal(code)
			}
			return ebm
		}
		send(one, 1)
		send(two, 1)
		told := func(f *farPlatform) bool { docs, _ := f.types("EBMStateResponse"); return len(docs) > 0 }
		j.until("the other is told", func() bool { return told(two) })
		j.until("what the liar took is not taken for taken", func() bool {
			_, all := one.types("EBMStateResponse")
			return all > 1 && j.count(`SELECT count(*) FROM alert_peer_out WHERE state = 'sent' AND peer IN (SELECT id FROM alert_peer WHERE code = $1)`, string(provincial)) == 0
		})
		one.set(func() { one.lie, one.down = false, true })
		j.crash()
		one.set(func() { one.down = false })
		j.until("all is told once it answers as it should", func() bool {
			return j.count(`SELECT count(*) FROM alert_peer_out WHERE state = 'waiting' AND next_at IS NOT NULL`) == 0
		})
		for _, f := range []*farPlatform{one, two} {
			docs, _ := f.types("EBMStateResponse")
			went := j.count(`SELECT count(*) FROM alert_peer_out WHERE type = 'EBMStateResponse' AND state = 'sent' AND peer IN (SELECT id FROM alert_peer WHERE code = $1)`, string(f.code))
			if len(docs) < went || went == 0 || f.bad > 0 {
				t.Errorf("%s has %d states, %d went, %d badly signed", f.code, len(docs), went, f.bad)
			}
		}
	})
}

// A package that a platform cannot take as it is holds up nothing behind it.
func TestAPackageThatDoesNotPassLetsOthersBy(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		b.town.stand(township1, 1)
		far := newFar(b, provincial, b.clk.Now)
		far.huge = "EBMStateResponse"
		j := b.join()
		j.meets(far, peer.Upper, far.server.URL)
		m := far.message(1, nil)
		if code, _ := far.sends(j.url, far.pack(far.document(m), far.key)); code != ebd.ResultGood {
			t.Fatal(code)
		}
		j.until("a state was refused", func() bool { docs, _ := far.types("EBMStateResponse"); return len(docs) > 0 })
		end := far.message(2, func(e *ebd.EBM) {
			e.MsgBasicInfo.MsgType, e.RelatedInfo = ebd.MsgCancel, &ebd.RelatedInfo{EBMID: m.EBMID}
		})
		if code, _ := far.sends(j.url, far.pack(far.document(end), far.key)); code != ebd.ResultGood {
			t.Fatal(code)
		}
		j.until("above has the log", func() bool {
			return j.count(`SELECT count(*) FROM alert_peer_out WHERE type = 'EBMBrdLog' AND state = 'sent'`) == 1
		})
	})
}

// One that takes long over each answer is told everything once, and nobody else waits for it.
func TestAPlatformThatIsSlowIsToldOnceAndHoldsUpNobody(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		slow, quick := newFar(b, provincial, b.clk.Now), newFar(b, "21400000000000101010101", b.clk.Now)
		j := b.join()
		j.meets(slow, peer.Upper, slow.server.URL)
		j.meets(quick, peer.Upper, quick.server.URL)
		gate := make(chan struct{})
		slow.set(func() { slow.gate = gate })
		for _, f := range []*farPlatform{slow, quick} {
			ebm := f.message(1, func(m *ebd.EBM) { m.MsgContent[0].MsgTitle = "暴雨" + string(f.code) })
			if code, _ := f.sends(j.url, f.pack(f.document(ebm), f.key)); code != ebd.ResultGood {
				t.Fatal(code)
			}
		}
		went := func(f *farPlatform) int {
			return j.count(`SELECT count(*) FROM alert_peer_out WHERE type = 'EBMStateResponse' AND state = 'sent' AND peer IN (SELECT id FROM alert_peer WHERE code = $1)`, string(f.code))
		}
		j.until("the other is told", func() bool { return went(quick) > 0 })
		if n := went(slow); n != 0 {
			t.Errorf("the slow one is said to have taken %d before it answered", n)
		}
		close(gate)
		j.until("the slow one is told too", func() bool { return went(slow) > 0 })
		for _, f := range []*farPlatform{slow, quick} {
			if docs, all := f.types("EBMStateResponse"); len(docs) == 0 || len(docs) != all || f.bad > 0 {
				t.Errorf("%s got %d states in %d packages, %d badly signed", f.code, len(docs), all, f.bad)
			}
		}
	})
}

func TestRegisterGoesUpInPagesAndIsAskedFor(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		things := &stock{now: b.clk.Now}
		things.add(2500)
		b.deps.Resources = things
		b.restart()
		far := newFar(b, provincial, b.clk.Now)
		j := b.join()
		j.meets(far, peer.Upper, far.server.URL)
		items := func(kind string) (n, largest int, how string) {
			docs, _ := far.types(kind)
			for _, d := range docs {
				n, largest = n+d.Items(), max(largest, d.Items())
				if info, ok := d.Body.(*ebd.EBRDTInfo); ok {
					how = info.Params.RptType
				}
			}
			return n, largest, how
		}
		for kind, all := range map[string]int{"EBRDTState": 2500, "EBRDTInfo": 2500, "EBRPSInfo": 1} { // in whatever order they come
			j.until("above knows all of "+kind, func() bool { n, _, _ := items(kind); return n == all })
		}
		if _, largest, how := items("EBRDTInfo"); largest != 1000 || how != ebd.RptFull {
			t.Errorf("at most %d terminals together, %s", largest, how)
		}
		things.add(1)
		j.until("above knows what is new", func() bool { n, _, how := items("EBRDTInfo"); return n == 2501 && how == ebd.RptIncremental })
		before, _ := far.types("EBRDTInfo")
		if code, _ := far.sends(j.url, far.pack(far.document(&ebd.OMDRequest{OMDType: "EBRDTInfo", Params: &ebd.Params{RptType: ebd.RptFull}}), far.key)); code != ebd.ResultGood {
			t.Fatal(code)
		}
		j.until("above has what it asked for", func() bool {
			docs, _ := far.types("EBRDTInfo")
			n := 0
			for _, d := range docs[len(before):] {
				if d.RelatedEBD != nil {
					n += d.Items()
				}
			}
			return n == 2501
		})
		if code, _ := far.sends(j.url, far.pack(far.document(&ebd.OMDRequest{OMDType: "EBMBrdLog"}), far.key)); code != ebd.ResultGood {
			t.Fatal(code)
		}
		j.until("above is told that there is nothing", func() bool { docs, _ := far.types("EBDNotify"); return len(docs) == 1 })
	})
}

// What was given up because a platform above was away for days is told when it is there again.
func TestThePlatformAboveIsToldOfTheRegisterAfterDaysAway(t *testing.T) {
	each(t, func(b *bench) {
		things := &stock{now: b.clk.Now}
		things.add(3)
		b.deps.Resources = things
		b.restart()
		far := newFar(b, provincial, b.clk.Now)
		far.down = true
		j := b.join()
		id := j.meets(far, peer.Upper, far.server.URL)
		reports := func(state string) int {
			return j.count(`SELECT count(*) FROM alert_peer_out WHERE type = 'EBRDTInfo' AND peer = $1 AND state = $2`, id, state)
		}
		j.until("a report waits", func() bool { return reports("waiting") == 1 })
		things.add(1)
		j.clk.Advance(2 * time.Minute)
		j.clk.Advance(25 * time.Hour)
		j.until("it was given up", func() bool { return reports("given_up") > 0 })
		if n := reports("waiting"); n > 1 {
			j.Errorf("%d reports of the same wait", n)
		}
		var v peer.View
		j.call("wang", "GET", "/api/alert-peers/"+id, nil, 200, &v)
		if v.AnsweredAt != nil || v.Link != "never" {
			j.Errorf("a platform that never answered: %s, answered at %v", v.Link, v.AnsweredAt)
		}
		far.set(func() { far.down = false })
		j.until("above knows all", func() bool {
			docs, _ := far.types("EBRDTInfo")
			return len(docs) > 0 && docs[len(docs)-1].Items() == 4
		})
	})
}

// Nothing waits for ever for a platform that is registered no more.
func TestWhatWaitsForAPlatformThatIsGoneIsGivenUp(t *testing.T) {
	each(t, func(b *bench) {
		far := newFar(b, provincial, b.clk.Now)
		far.down = true
		j := b.join()
		id := j.meets(far, peer.Upper, far.server.URL)
		waits := func() int {
			return j.count(`SELECT count(*) FROM alert_peer_out WHERE peer = $1 AND next_at IS NOT NULL`, id)
		}
		j.until("the register waits to go", func() bool { return waits() > 0 })
		j.call("wang", "DELETE", "/api/alert-peers/"+id, nil, 204, nil, "If-Match", `"1"`)
		if n := waits(); n != 0 {
			b.Errorf("%d wait for it", n)
		}
	})
}

// A platform below learns nothing of the people and devices here, whatever it asks for.
func TestAPlatformBelowIsToldNothingOfTheRegister(t *testing.T) {
	each(t, func(b *bench) {
		things := &stock{now: b.clk.Now}
		things.add(1)
		b.deps.Resources = things
		b.restart()
		far := newFar(b, district, b.clk.Now)
		j := b.join()
		j.meets(far, peer.Lower, far.server.URL)
		for n, kind := range []string{"EBRDTInfo", "EBMBrdLog"} {
			if code, _ := far.sends(j.url, far.pack(far.document(&ebd.OMDRequest{OMDType: kind, Params: &ebd.Params{RptType: ebd.RptFull}}), far.key)); code != ebd.ResultGood {
				j.Fatal(code)
			}
			j.until("it is refused", func() bool { docs, _ := far.types("EBDNotify"); return len(docs) == n+1 })
		}
		if docs, _ := far.types("EBRDTInfo"); len(docs) > 0 {
			j.Errorf("it was told %+v", docs[0])
		}
	})
}

// A person looks at what a platform below says of places that are not its own.
func TestAPlatformBelowSpeaksForItsOwnRegion(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far := newFar(b, district, b.clk.Now)
		j := b.join()
		j.meets(far, peer.Lower, "")
		for n, code := range []string{chaoyang, city} {
			m := far.message(n+1, func(m *ebd.EBM) { m.MsgContent[0].AreaCode = code })
			if code, _ := far.sends(j.url, far.pack(far.document(m), far.key)); code != ebd.ResultGood {
				t.Fatal(code)
			}
			j.until("it came in", func() bool { return j.count(`SELECT count(*) FROM alert_arrival`) == n+1 })
			if doubted := j.count(`SELECT count(*) FROM alert_arrival WHERE doubts LIKE '%region%'`); doubted != n {
				t.Errorf("%s: %d doubted", code, doubted)
			}
		}
	})
}

// An id that is cut within a character keeps no package of others from being stored.
func TestALongIDIsCutBetweenCharacters(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far := newFar(b, provincial, b.clk.Now)
		j := b.join()
		id := j.meets(far, peer.Upper, "")
		doc := far.document(far.message(1, nil))
		text, err := doc.Encode(ebd.GDJ2018)
		b.do(err)
		long := strings.Repeat("x", 63) + "雨雨"
		far.sends(j.url, far.wrap(doc.EBDID, bytes.Replace(text, []byte("<EBDType>EBM</EBDType>"), []byte("<EBDType>"+long+"</EBDType>"), 1)))
		if n := j.count(`SELECT count(*) FROM alert_peer_in WHERE peer = $1`, id); n != 1 {
			t.Errorf("%d packages kept", n)
		}
		m := far.message(2, func(m *ebd.EBM) { m.EBMID = ebd.EBMID(long) })
		whole := far.document(far.message(2, nil))
		text, err = whole.Encode(ebd.GDJ2018)
		b.do(err)
		raw := far.wrap(whole.EBDID, bytes.ReplaceAll(text, []byte(far.message(2, nil).EBMID), []byte(m.EBMID)))
		if code, _ := far.sends(j.url, raw); code != ebd.ResultIncomplete {
			t.Error(code)
		}
	})
}

// stock is a register of terminals.
type stock struct {
	mu   sync.Mutex
	list []peer.Thing
	now  func() time.Time
}

func (s *stock) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		i := len(s.list)
		code := ebd.ResourceCode(fmt.Sprintf("6110105%03d%03d0314010401", i/100+1, i%100+1))
		s.list = append(s.list, peer.Thing{Code: code, Name: fmt.Sprintf("喇叭%d", i), Changed: s.now(), State: ebd.RunNormal, Words: "正常", StateAt: s.now()})
	}
}

func (s *stock) Things(_ context.Context, since time.Time, states bool, after ebd.ResourceCode, limit int) (out []peer.Thing, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.list {
		if t.Code > after && !t.Changed.Before(since) && len(out) < limit {
			out = append(out, t)
		}
	}
	return out, nil
}
