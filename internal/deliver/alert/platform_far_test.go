package alert

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
)

// farPlatform is another platform: it posts packages and takes those that come, over real
// connections, with nothing of this house but the engine.
type farPlatform struct {
	t      testing.TB
	code   ebd.ResourceCode
	key    *ebd.PrivateKey
	number ebd.SerialNumber
	at     func() time.Time
	server *httptest.Server

	mu    sync.Mutex
	trust ebd.Lookup // whom it believes
	seq   uint64
	got   []*ebd.Document // that came and were well signed, in order, resends too
	bad   int             // that were not
	gate  chan struct{}   // it answers nothing before this is closed; nil for at once
	lie   bool            // its receipts are signed with another key
	down  bool            // it answers 503
	say   ebd.ResultCode  // in receipts, if not 1
	words string          // of receipts
	huge  string          // it answers packages of this type with 413
	wont  ebd.EBMID       // it will not hear that this message is over
}

func newFar(t testing.TB, code ebd.ResourceCode, at func() time.Time) *farPlatform {
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	f := &farPlatform{t: t, code: code, key: key, number: ebd.SerialNumber{0, 0, 0, 0, 9, 9}, at: at, say: ebd.ResultGood, words: "收到"}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

func (f *farPlatform) given() peer.Given {
	key := f.key.Public()
	return peer.Given{Number: f.number.String(), Key: hex.EncodeToString(key[:])}
}

func (f *farPlatform) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// ServeHTTP takes a package and answers with a receipt.
func (f *farPlatform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	part, _, err := r.FormFile("file")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pkg, warnings, err := ebd.ReadPackage(part, ebd.Limits{})
	if err != nil || len(warnings) > 0 {
		f.t.Errorf("a package that departs from the standard: %v %v", err, warnings)
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	said := pkg.Verify(f.trust, f.at())
	if said.Outcome == ebd.Verified {
		f.got = append(f.got, pkg.Document)
	} else {
		f.bad++
	}
	gate, lie, down, code, words := f.gate, f.lie, f.down, f.say, f.words
	huge := f.huge == pkg.Document.EBDType
	f.seq++
	seq := f.seq
	if m, ok := pkg.Document.Body.(*ebd.EBM); ok && f.wont != "" && m.RelatedInfo != nil && m.RelatedInfo.EBMID == f.wont {
		code = ebd.ResultOther
	}
	f.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-r.Context().Done():
			return
		}
	}
	if huge {
		http.Error(w, "", http.StatusRequestEntityTooLarge)
		return
	}
	if down {
		http.Error(w, "", http.StatusServiceUnavailable)
		return
	}
	doc, err := ebd.Respond(pkg.Document, f.code, seq, code, words, f.at())
	if err != nil {
		f.t.Error(err)
		return
	}
	key := f.key
	if lie {
		key, _ = ebd.GenerateKey()
	}
	w.Header().Set("Content-Type", "application/x-tar")
	_, _ = w.Write(f.pack(doc, key))
}

// types are the documents that came, heartbeats aside: each number once, and how often in all.
func (f *farPlatform) types(kind string) (docs []*ebd.Document, all int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := map[ebd.EBDID]bool{}
	for _, d := range f.got {
		if d.EBDType != kind {
			continue
		}
		all++
		if !seen[d.EBDID] {
			seen[d.EBDID] = true
			docs = append(docs, d)
		}
	}
	return docs, all
}

func (f *farPlatform) document(body any) *ebd.Document {
	f.mu.Lock()
	f.seq++
	seq := f.seq
	f.mu.Unlock()
	kind := ebd.EBDOther
	if _, ok := body.(*ebd.ConnectionCheck); ok {
		kind, seq = ebd.EBDHeartbeat, 0
	}
	id, err := ebd.NewEBDID(kind, f.code, seq)
	if err != nil {
		f.t.Fatal(err)
	}
	return &ebd.Document{EBDID: id, SRC: &ebd.Source{EBRID: f.code, URL: f.server.URL}, DEST: &ebd.Ref{EBRID: platform}, EBDTime: ebd.At(f.at()), Body: body}
}

// pack packs and, with a key, signs a document.
func (f *farPlatform) pack(doc *ebd.Document, key *ebd.PrivateKey, resources ...ebd.File) []byte {
	pkg, err := ebd.NewPackage(ebd.GDJ2018, doc, resources...)
	if err != nil {
		f.t.Fatal(err)
	}
	if key != nil {
		if err := pkg.Sign(ebd.GDJ2018, ebd.Signer{Key: key, Cert: f.number}, f.at()); err != nil {
			f.t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := pkg.Write(&b); err != nil {
		f.t.Fatal(err)
	}
	return b.Bytes()
}

// form is a package as GD/J 083 Annex A posts it.
func form(raw []byte) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="field1"; filename="EBDT_1.tar"`}, "Content-Type": {"application/x-tar"}})
	_, _ = part.Write(raw)
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

// post sends a package and reads what is answered.
func (f *farPlatform) post(client *http.Client, url string, raw []byte) (*ebd.Document, error) {
	body, contentType := form(raw)
	answer, err := client.Post(url, contentType, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d: %s", answer.StatusCode, got)
	}
	pkg, warnings, err := ebd.ReadPackage(bytes.NewReader(got), ebd.Limits{})
	if err != nil || len(warnings) > 0 {
		return nil, fmt.Errorf("the receipt: %v %v", err, warnings)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if said := pkg.Verify(f.trust, f.at()); said.Outcome != ebd.Verified {
		return nil, fmt.Errorf("the receipt's signature: %+v", said)
	}
	return pkg.Document, nil
}

// sends posts a package that must be answered, and gives the code.
func (f *farPlatform) sends(url string, raw []byte) (ebd.ResultCode, *ebd.Document) {
	f.t.Helper()
	doc, err := f.post(http.DefaultClient, url, raw)
	if err != nil {
		f.t.Fatal(err)
	}
	return doc.Body.(*ebd.EBDResponse).ResultCode, doc
}

// message is what a platform above sends: rain, for a district.
func (f *farPlatform) message(n int, change func(*ebd.EBM)) *ebd.EBM {
	now := f.at()
	id, err := ebd.NewEBMID(f.code, now, n)
	if err != nil {
		f.t.Fatal(err)
	}
	m := &ebd.EBM{EBMID: id, MsgBasicInfo: &ebd.MsgBasicInfo{MsgType: ebd.MsgReal, SenderName: "省应急广播平台", SenderCode: string(f.code), SendTime: ebd.At(now), EventType: "10203",
		Severity: ebd.SeverityRed, StartTime: ebd.At(now), EndTime: ebd.At(now.Add(3 * time.Hour))},
		MsgContent: []ebd.MsgContent{{LanguageCode: "zho", MsgTitle: "暴雨红色预警", MsgDesc: "三小时内降雨将超过100毫米，请立即避险。", AreaCode: "110105000000"}}}
	if change != nil {
		change(m)
	}
	return m
}

// joined is a bench whose platform runs, behind a real server.
type joined struct {
	*bench
	url  string
	stop func()
}

func (b *bench) join() *joined {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.handler.ServeHTTP(w, r) }))
	b.Cleanup(server.Close)
	j := &joined{bench: b, url: server.URL + "/ebd"}
	j.start()
	b.Cleanup(func() { j.stop() })
	return j
}

func (j *joined) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	m := j.m
	go func() { defer close(done); _ = m.peers.Run(ctx) }()
	go func() { _ = m.board.Run(ctx) }()
	j.stop = sync.OnceFunc(func() { cancel(); <-done })
}

// crash ends everything in memory and begins anew on the same database.
func (j *joined) crash() {
	j.stop()
	j.restart()
	j.start()
}

// meets registers a platform here, and has it believe this one.
func (j *joined) meets(f *farPlatform, direction peer.Direction, url string) string {
	j.Helper()
	key, cert := j.deps.Signer.Signing()
	f.trust = func(n ebd.SerialNumber) (ebd.Trusted, bool) { return ebd.Trusted{Key: key.Public()}, n == cert.Number }
	region := "110000000000"
	if direction == peer.Lower {
		region = chaoyang
	}
	var v peer.View
	j.call("wang", "POST", "/api/alert-peers", map[string]any{"direction": direction, "name": "平台" + string(f.code[:7]), "code": f.code, "url": url, "regionCode": region, "trust": []any{},
		"add": []peer.Given{f.given()}, "enabled": true}, 201, &v)
	return v.ID
}

// until waits for something that other threads do, moving the clock meanwhile.
func (j *joined) until(what string, ok func() bool) {
	j.Helper()
	for limit := time.Now().Add(3 * time.Minute); time.Now().Before(limit); {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
		j.clk.Advance(200 * time.Millisecond)
	}
	j.Fatalf("it never came to this: %s", what)
}

func (j *joined) count(query string, args ...any) (n int) {
	j.Helper()
	j.do(j.deps.DB.QueryRow(context.Background(), query, args...).Scan(&n))
	return n
}
