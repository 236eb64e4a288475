package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

const (
	platformPackages  = 10_000
	platformSenders   = 64
	platformTerminals = 200
	platformRounds    = 50
	standardAnswer    = 10 * time.Second // GD/J 088 table 1, level I
)

// above is a platform above the city: it signs packages with a key that the node trusts.
type above struct {
	code ebd.ResourceCode
	key  *ebd.PrivateKey
	cert ebd.SerialNumber
	seq  uint64
}

// join makes a platform above and registers it with the node.
func (c *city) join() (*above, error) {
	key, err := ebd.GenerateKey()
	if err != nil {
		return nil, err
	}
	a := &above{code: "11000000000000101010101", key: key, cert: ebd.SerialNumber{0, 0, 0, 0, 9, 9}}
	guard, err := c.signIn("security")
	if err != nil {
		return nil, err
	}
	public := key.Public()
	return a, guard.call("POST", "/api/alert-peers", map[string]any{"direction": "upper", "name": "国家平台", "code": a.code, "regionCode": "110000000000", "trust": []any{},
		"add": []map[string]string{{"number": a.cert.String(), "key": hex.EncodeToString(public[:])}}, "enabled": true}, nil)
}

// sign makes the body of a request that hands a document down.
func (a *above) sign(body any) ([]byte, string, error) {
	a.seq++
	id, err := ebd.NewEBDID(ebd.EBDOther, a.code, a.seq)
	if err != nil {
		return nil, "", err
	}
	now := time.Now()
	pkg, err := ebd.NewPackage(ebd.GDJ2018, &ebd.Document{EBDID: id, SRC: &ebd.Source{EBRID: a.code}, EBDTime: ebd.At(now), Body: body})
	if err != nil {
		return nil, "", err
	}
	if err := pkg.Sign(ebd.GDJ2018, ebd.Signer{Key: a.key, Cert: a.cert}, now); err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", pkg.FileName(ebd.GDJ2018))
	if err != nil {
		return nil, "", err
	}
	err = errors.Join(pkg.Write(part), form.Close())
	return b.Bytes(), form.FormDataContentType(), err
}

func (a *above) ebm(n int, change func(*ebd.EBM)) (*ebd.EBM, error) {
	now := time.Now()
	id, err := ebd.NewEBMID(a.code, now, n)
	if err != nil {
		return nil, err
	}
	m := &ebd.EBM{EBMID: id, MsgBasicInfo: &ebd.MsgBasicInfo{MsgType: ebd.MsgReal, SenderName: "国家应急广播", SenderCode: string(a.code), SendTime: ebd.At(now), EventType: "10203",
		Severity: ebd.SeverityRed, StartTime: ebd.At(now), EndTime: ebd.At(now.Add(time.Hour))},
		MsgContent: []ebd.MsgContent{{LanguageCode: "zho", MsgTitle: fmt.Sprintf("暴雨红色预警第%d号", n), MsgDesc: "预计未来三小时降雨一百毫米以上，请立即到安全的地方避险，不要涉水。", AreaCode: "110000000000"}}}
	if change != nil {
		change(m)
	}
	return m, nil
}

// platforms measures how fast packages of GD/J 083 are verified, stored and answered on one
// core, and how soon a red message from above sounds.
func platforms(ctx context.Context) ([]measure, error) {
	intake, err := ebdIntake(ctx)
	if err != nil {
		return nil, err
	}
	sound, err := redToSound(ctx)
	return append(intake, sound...), err
}

// ebdIntake has packages handed to the node's own handler, all of whose work is done on one
// core. The peer is the cryptography alone: one SM2 verification and one signature each.
func ebdIntake(ctx context.Context) ([]measure, error) {
	c, err := openCity(ctx, 0, "")
	if err != nil {
		return nil, err
	}
	defer c.remove()
	up, err := c.join()
	if err != nil {
		return nil, err
	}
	type request struct {
		body []byte
		kind string
	}
	requests := make([]request, platformPackages)
	for n := range requests {
		code := ebd.ResourceCode(fmt.Sprintf("6110105%03d%03d0314010401", n/100%900+1, n%100+1))
		body := &ebd.EBRDTState{EBRDT: []ebd.TerminalState{{RptTime: ebd.At(time.Now()), EBRID: code, StateCode: ebd.RunNormal, StateDesc: "正常"}}}
		if requests[n].body, requests[n].kind, err = up.sign(body); err != nil {
			return nil, err
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var next, wrong atomic.Int64
	began, used := time.Now(), cpu()
	var senders sync.WaitGroup
	for range platformSenders {
		senders.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(requests) {
					return
				}
				r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/ebd", bytes.NewReader(requests[n].body))
				r.Header.Set("Content-Type", requests[n].kind)
				r.RemoteAddr = "127.0.0.1:9"
				w := httptest.NewRecorder()
				c.node.Handler().ServeHTTP(w, r)
				if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("<ResultCode>1</ResultCode>")) {
					wrong.Add(1)
				}
			}
		})
	}
	senders.Wait()
	took, worked := time.Since(began), cpu()-used
	var stored int
	if err := c.node.DB().QueryRow(ctx, `SELECT count(*) FROM alert_peer_in`).Scan(&stored); err != nil {
		return nil, err
	}
	if stored != platformPackages || wrong.Load() > 0 {
		return nil, fmt.Errorf("%d packages stored of %d, %d answered wrongly", stored, platformPackages, wrong.Load())
	}
	const few = 1000
	sig, err := up.key.Sign(requests[0].body)
	if err != nil {
		return nil, err
	}
	used = cpu()
	for range few {
		if !up.key.Public().Verify(requests[0].body, sig) {
			return nil, errors.New("a signature does not hold")
		}
		if _, err := up.key.Sign(requests[0].body); err != nil {
			return nil, err
		}
	}
	alone := float64(few) / (cpu() - used).Seconds()
	rate := float64(platformPackages) / worked.Seconds()
	return []measure{{what: fmt.Sprintf("EBD packages verified, stored (SQLite, synced) and answered with a signed receipt, per second of one core's time; %d of %d bytes over %d connections, which took %s; peer: SM2 verification and signature alone",
		platformPackages, len(requests[0].body), platformSenders, took.Round(100*time.Millisecond)), ours: fmt.Sprintf("%.0f/s", rate), peer: fmt.Sprintf("%.0f/s", alone), ratio: ratio(rate, alone), aim: "—"}}, nil
}

// cpu is how much processor time this process has used: on a machine that others use too it
// says more than a clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// redToSound posts red messages and takes the time from the request to when the first of the
// terminals says that it began to sound, by its own clock, which here is the same.
func redToSound(ctx context.Context) ([]measure, error) {
	c, err := newCity(ctx, platformTerminals, "")
	if err != nil {
		return nil, err
	}
	defer c.remove()
	c.run(ctx)
	up, err := c.join()
	if err != nil {
		return nil, err
	}
	terminals, err := c.simulate(ctx, platformTerminals)
	if err != nil {
		return nil, err
	}
	defer terminals.stop()
	var heard []time.Duration
	for n := 1; n <= platformRounds; n++ {
		m, err := up.ebm(2*n, nil)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if err := c.hand(up, m); err != nil {
			return nil, err
		}
		at, err := c.firstSound(ctx, string(m.EBMID), began)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", n, err)
		}
		heard = append(heard, at.Sub(began))
		end, err := up.ebm(2*n+1, func(e *ebd.EBM) {
			e.MsgBasicInfo.MsgType, e.RelatedInfo = ebd.MsgCancel, &ebd.RelatedInfo{EBMID: m.EBMID}
		})
		if err != nil {
			return nil, err
		}
		if err := c.hand(up, end); err != nil {
			return nil, err
		}
		time.Sleep(500 * time.Millisecond) // until the terminals are still
	}
	slices.Sort(heard)
	p50, p99 := heard[len(heard)/2], heard[(len(heard)*99-1)/100]
	return []measure{{what: fmt.Sprintf("Red message in by EBD → first sound at one of %d terminals, speech made here; %d rounds, median / p99; peer: what GD/J 088 allows", platformTerminals, platformRounds),
		ours: fmt.Sprintf("%s / %s", p50.Round(time.Millisecond), p99.Round(time.Millisecond)), peer: standardAnswer.String(), ratio: ratio(p99.Seconds(), standardAnswer.Seconds()), aim: "p99 < 1 s"}}, nil
}

// hand posts a document over a real connection, and wants code 1 for it.
func (c *city) hand(up *above, body any) error {
	raw, kind, err := up.sign(body)
	if err != nil {
		return err
	}
	answer, err := http.Post(c.cfg.HTTP.PublicURL+"/ebd", kind, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err == nil && !bytes.Contains(got, []byte("<ResultCode>1</ResultCode>")) {
		err = fmt.Errorf("answered: %d %.600s", answer.StatusCode, got)
	}
	return err
}

// firstSound waits until a terminal has said that a message sounds, and tells since when.
func (c *city) firstSound(ctx context.Context, ebmid string, after time.Time) (time.Time, error) {
	for deadline := after.Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var at *int64
		err := c.node.DB().QueryRow(ctx, `SELECT min(r.at) FROM alert_receipt r JOIN alert_message m ON m.no = r.thread WHERE m.ebmid = $1 AND r.phase = 'playing'`, ebmid).Scan(&at)
		if err != nil {
			return time.Time{}, err
		}
		if at != nil {
			return time.UnixMicro(*at), nil
		}
	}
	return time.Time{}, errors.New("nothing sounded within 30 s")
}
