package push

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

var b64 = base64.RawURLEncoding

// browser is one with its push service behind a real HTTP server: it decrypts what comes as
// RFC 8291 has it, by the standard library alone, and checks the platform's signature.
type browser struct {
	*testing.T
	key    *ecdh.PrivateKey
	secret []byte
	public string // the platform's key

	mu     sync.Mutex
	got    []notice
	status int
	head   http.Header
	sub    string // whom the token names
}

func (b *browser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.head = r.Header
	if b.status != 0 {
		w.WriteHeader(b.status)
		return
	}
	b.verify(r.Header.Get("Authorization"))
	var n notice
	if err := json.Unmarshal(b.open(body), &n); err != nil {
		b.Error(err)
	}
	b.got = append(b.got, n)
	w.WriteHeader(http.StatusCreated)
}

// open decrypts an aes128gcm body (RFC 8188 §2, RFC 8291 §3.4).
func (b *browser) open(body []byte) []byte {
	salt, idlen := body[:16], int(body[20])
	sender, err := ecdh.P256().NewPublicKey(body[21 : 21+idlen])
	if err != nil {
		b.Error(err)
		return nil
	}
	shared, _ := b.key.ECDH(sender)
	info := append([]byte("WebPush: info\x00"), b.key.PublicKey().Bytes()...)
	ikm, _ := hkdf.Key(sha256.New, shared, b.secret, string(append(info, sender.Bytes()...)), 32)
	cek, _ := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, _ := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	block, _ := aes.NewCipher(cek)
	gcm, _ := cipher.NewGCM(block)
	plain, err := gcm.Open(nil, nonce, body[21+idlen:], nil)
	if err != nil {
		b.Error(err)
		return nil
	}
	return bytes.TrimSuffix(bytes.TrimRight(plain, "\x00"), []byte{2})
}

// verify checks the VAPID token: ES256 by the platform's key.
func (b *browser) verify(header string) {
	token := strings.TrimPrefix(strings.Split(header, ",")[0], "vapid t=")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		b.Errorf("token %q", header)
		return
	}
	raw, _ := b64.DecodeString(b.public)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		b.Error(err)
		return
	}
	var claims struct{ Sub string }
	said, _ := b64.DecodeString(parts[1])
	if err := json.Unmarshal(said, &claims); err != nil {
		b.Error(err)
	}
	b.sub = claims.Sub
	sig, _ := b64.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		b.Error("the token is not signed by the platform")
	}
}

// plain keeps secrets as they are.
type plain struct{}

func (plain) Seal(b []byte, purpose string) ([]byte, error) {
	return append([]byte(purpose), b...), nil
}
func (plain) Open(b []byte, purpose string) ([]byte, error) { return b[len(purpose):], nil }

func each(t *testing.T, fn func(t *testing.T, s *Service, clk *clock.Manual)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		s, err := Open(t.Context(), Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Sealer: plain{}, Public: "https://city.example", Inside: true,
			Region: func(_ context.Context, code string) (string, error) {
				if code == "110105000000" {
					return "cn.11.110105.", nil
				}
				return "", fault.Bad("region", "alert.area.unknown_region")
			}})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, s, clk)
	}, store.Migrations{Module: "alert", FS: os.DirFS("../../migrations")})
}

func (s *Service) newBrowser(t *testing.T, minor bool) *browser {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{T: t, key: key, secret: make([]byte, 16), public: s.public}
	_, _ = rand.Read(b.secret)
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	if err := s.subscribe(t.Context(), wish{Endpoint: server.URL + "/p", P256dh: b64.EncodeToString(key.PublicKey().Bytes()), Auth: b64.EncodeToString(b.secret), Region: "110105000000", Lang: "zh", Minor: minor}); err != nil {
		t.Fatal(err)
	}
	return b
}

func rain(clk clock.Clock) *output.Parcel {
	return &output.Parcel{Act: output.Play, Places: []output.Place{{Code: "110105001000", Path: "cn.11.110105.110105001."}}, Message: &message.Message{ID: "01KY2MRN63K77HP3QTP2DVMZD9", Kind: message.Real, Class: wire.Emergency,
		EndsAt: clk.Now().Add(time.Hour), Current: &message.Version{Number: 1, Content: message.Content{Event: "10203", Severity: message.Red, Texts: []message.Text{{Lang: "zh", Title: "暴雨红色预警", Body: strings.Repeat("雨", 1800)}}}}}}
}

func TestBrowsersOfThePlaceAreToldAndNobodyElseCanRead(t *testing.T) {
	each(t, func(t *testing.T, s *Service, clk *clock.Manual) {
		one, gone := s.newBrowser(t, false), s.newBrowser(t, false)
		gone.status = http.StatusGone
		out, err := s.Driver().Open(output.Config{RegionPath: "cn.11.", Settings: []byte(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []proof{{2, 1, 1, 0, nil}, {1, 1, 0, 0, nil}} {
			r, err := out.Carry(t.Context(), rain(clk))
			if err != nil || r.Proof != want {
				t.Fatalf("%+v, %v; want %+v", r, err, want)
			}
		}
		if len(one.got) != 2 || one.got[0].Title != "暴雨红色预警" || !strings.HasSuffix(one.got[0].Body, "…") || one.got[0].URL != "/m/01KY2MRN63K77HP3QTP2DVMZD9" {
			t.Errorf("%+v", one.got)
		}
		if n := one.got[0]; n.Lang != "zh" || n.Ends != rain(clk).Message.EndsAt.UnixMilli() || n.Until != "至 {time}" {
			t.Errorf("it does not say until when: %+v", n)
		}
		if one.sub != "https://city.example" {
			t.Errorf("sub %q", one.sub)
		}
		if one.head.Get("Urgency") != "high" || one.head.Get("TTL") != "3600" || one.head.Get("Topic") == "" {
			t.Errorf("%v", one.head)
		}
		over := rain(clk)
		over.Act = output.Cancel
		if r, err := out.Carry(t.Context(), over); err != nil || r.Proof != (proof{1, 1, 0, 0, nil}) {
			t.Errorf("called off: %+v, %v", r, err)
		}
		if n := one.got[len(one.got)-1]; !n.Over || n.Title != "已解除：暴雨红色预警" || n.Body != "" || n.Ends != 0 {
			t.Errorf("what is called off reads as if it still held: %+v", n)
		}
		p := rain(clk)
		p.Places = []output.Place{{Path: "cn.11.110108."}}
		if r, err := out.Carry(t.Context(), p); err != nil || r.Proof != (proof{}) {
			t.Errorf("another place: %+v, %v", r, err)
		}
		p.Places = []output.Place{{Path: "cn."}}
		if err := putSubscriber(t.Context(), s.DB, subscriber{Endpoint: "https://push.example/elsewhere", P256dh: "x", Auth: "x", Lang: "zh"}, "cn.12."); err != nil {
			t.Fatal(err)
		}
		if r, err := out.Carry(t.Context(), p); err != nil || r.Proof != (proof{1, 1, 0, 0, nil}) {
			t.Errorf("the whole country: %+v, %v", r, err)
		}
		p = rain(clk)
		p.Message.Class = wire.Everyday
		if r, err := out.Carry(t.Context(), p); err != nil || r.Proof != (proof{}) {
			t.Errorf("everyday: %+v, %v", r, err)
		}
		one.status = http.StatusServiceUnavailable
		if r, err := out.Carry(t.Context(), rain(clk)); err == nil {
			t.Errorf("no push service works: %+v", r)
		}
		again, err := Open(t.Context(), s.Deps)
		if err != nil || again.public != s.public || again.private != s.private {
			t.Errorf("the key changed: %v", err)
		}
	})
}

func TestWhatIsNoBrowserIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *Service, _ *clock.Manual) {
		key, _ := ecdh.P256().GenerateKey(rand.Reader)
		good := wish{Endpoint: "https://push.example/x", P256dh: b64.EncodeToString(key.PublicKey().Bytes()), Auth: b64.EncodeToString(make([]byte, 16)), Region: "110105000000", Lang: "zh"}
		if err := s.subscribe(t.Context(), good); err != nil {
			t.Fatal(err)
		}
		for what, spoil := range map[string]func(*wish){
			"scheme": func(w *wish) { w.Endpoint = "ftp://push.example/" }, "user": func(w *wish) { w.Endpoint = "https://a:b@push.example/" },
			"key": func(w *wish) { w.P256dh = strings.Repeat("A", 87) + "!" }, "secret": func(w *wish) { w.Auth = "AAAAAAAAAAAAAAAAAAAAAA==" }, "place": func(w *wish) { w.Region = "999999000000" },
		} {
			w := good
			spoil(&w)
			if err := s.subscribe(t.Context(), w); !fault.IsKind(err, fault.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// However many browsers there are, each is told once, though pushing breaks off in between: it goes
// on behind the last page that was told.
func TestPushingThatBrokeOffGoesOnWhereItWas(t *testing.T) {
	each(t, func(t *testing.T, s *Service, clk *clock.Manual) {
		one := s.newBrowser(t, false)
		var mu sync.Mutex
		told := map[string]int{}
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			told[r.URL.Path]++
			w.WriteHeader(http.StatusCreated)
		}))
		defer service.Close()
		const all = 2*pageSize + 1 // with the one
		err := s.DB.Housekeep(t.Context(), func(tx *store.Tx) error {
			for i := range all - 1 {
				if _, err := tx.Exec(t.Context(), `INSERT INTO alert_push (id, endpoint, p256dh, auth, region_path, lang, minor, created_at) VALUES ($1, $2, $3, $4, 'cn.11.110105.', 'zh', $5, 1)`,
					store.NewID(tx.Now), fmt.Sprint(service.URL, "/", i), b64.EncodeToString(one.key.PublicKey().Bytes()), b64.EncodeToString(one.secret), false); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Driver().Open(output.Config{RegionPath: "cn.11.", Settings: []byte(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		p := rain(clk)
		r, err := out.Carry(t.Context(), p)
		if err != nil || r.State != output.Waiting || r.Proof.(proof).Taken != pageSize {
			t.Fatalf("the first page: %+v, %v", r, err)
		}
		if p.Proof, err = json.Marshal(r.Proof); err != nil {
			t.Fatal(err)
		}
		broken, cancel := context.WithCancel(t.Context())
		cancel()
		if r, err := out.Carry(broken, p); err == nil || r.Proof != nil {
			t.Fatalf("it broke off: %+v, %v", r, err)
		}
		for r.State == output.Waiting {
			if r, err = out.Carry(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if p.Proof, err = json.Marshal(r.Proof); err != nil {
				t.Fatal(err)
			}
		}
		if r.Proof != (proof{all, all, 0, 0, nil}) || len(one.got) != 1 || len(told) != all-1 {
			t.Errorf("%+v; %d browsers were told, and the first %d times", r, len(told), len(one.got))
		}
		for path, n := range told {
			if n != 1 {
				t.Fatalf("%s was told %d times", path, n)
			}
		}
		if r, err = out.Carry(t.Context(), p); err != nil || r.State != output.Waiting || r.Proof.(proof).Taken != pageSize {
			t.Errorf("asked for once more, it begins anew: %+v, %v", r, err)
		}
	})
}

// Where there is no room for more browsers, those that are told already may still change what they
// asked for.
func TestWhereThereIsNoRoomBrowsersMayStillChangeTheirWish(t *testing.T) {
	each(t, func(t *testing.T, s *Service, clk *clock.Manual) {
		s.most = 2
		key, _ := ecdh.P256().GenerateKey(rand.Reader)
		asks := func(who, lang string) error {
			return s.subscribe(t.Context(), wish{Endpoint: "https://push.example/" + who, P256dh: b64.EncodeToString(key.PublicKey().Bytes()), Auth: b64.EncodeToString(make([]byte, 16)), Region: "110105000000", Lang: lang})
		}
		if err := errors.Join(asks("one", "zh"), asks("two", "zh")); err != nil {
			t.Fatal(err)
		}
		if err := asks("three", "zh"); !fault.IsKind(err, fault.Limited) {
			t.Errorf("a third: %v", err)
		}
		if err := asks("two", "en"); err != nil {
			t.Errorf("one of the two: %v", err)
		}
		list, err := subscribersIn(t.Context(), s.DB, []string{"cn.11.110105."}, false, time.Time{}, "")
		if err != nil || len(list) != 2 || list[1].Lang != "en" {
			t.Errorf("%+v, %v", list, err)
		}
		if err := dropSubscriber(t.Context(), s.DB, "https://push.example/one"); err != nil {
			t.Fatal(err)
		}
		clk.Advance(countEvery)
		if err := asks("three", "zh"); err != nil {
			t.Errorf("there is room again: %v", err)
		}
	})
}

// waiting is how requests travel to one push service of which no answer comes in time.
type waiting struct {
	http.RoundTripper
	silent string
}

func (w waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(w.silent, "https://"+r.URL.Host) {
		return nil, os.ErrDeadlineExceeded
	}
	return w.RoundTripper.RoundTrip(r)
}

// A push service that never answers, which anybody may name, is asked last from then on, holds up
// nobody, and is forgotten in the end.
func TestAServiceThatIsSilentIsAskedLast(t *testing.T) {
	each(t, func(t *testing.T, s *Service, clk *clock.Manual) {
		const hung = "https://silent.example/p"
		s.client = &http.Client{Transport: waiting{http.DefaultTransport, hung}}
		one := s.newBrowser(t, false)
		if err := putSubscriber(t.Context(), s.DB, subscriber{Endpoint: hung, P256dh: b64.EncodeToString(one.key.PublicKey().Bytes()), Auth: b64.EncodeToString(one.secret), Lang: "zh"}, "cn.11.110105."); err != nil {
			t.Fatal(err)
		}
		out, err := s.Driver().Open(output.Config{RegionPath: "cn.11.", Settings: []byte(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		carry := func(want proof) {
			t.Helper()
			clk.Advance(time.Second)
			if r, err := out.Carry(t.Context(), rain(clk)); err != nil || r.Proof != want {
				t.Fatalf("%+v, %v; want %+v", r, err, want)
			}
		}
		carry(proof{2, 1, 0, 1, nil})
		first, err := subscribersIn(t.Context(), s.DB, []string{"cn.11.110105."}, false, time.Time{}, "")
		if err != nil || len(first) != 1 || first[0].Endpoint == hung {
			t.Errorf("pushed to first: %+v, %v", first, err)
		}
		carry(proof{2, 1, 0, 1, nil})
		clk.Advance(forgetAfter)
		carry(proof{2, 1, 0, 1, nil})
		carry(proof{1, 1, 0, 0, nil})
	})
}

// Whatever a text is written in, the notice fits into one push, with as much of it as goes in.
func TestANoticeFitsIntoAPush(t *testing.T) {
	for name, body := range map[string]string{"Chinese": "雨", "pictures": "🌧", "escapes": "<", "Latin": "r", "short": ""} {
		p := rain(clock.NewManual(time.Date(2026, 7, 21, 15, 30, 0, 0, time.UTC)))
		p.Message.Current.Content.Texts[0].Title = strings.Repeat("雨", message.MaxTitle)
		p.Message.Current.Content.Texts[0].Body = strings.Repeat(body, message.MaxText)
		raw, err := write(p, "zh")
		var n notice
		if err = errors.Join(err, json.Unmarshal(raw, &n)); err != nil || len(raw) > maxNotice {
			t.Errorf("%s: %d bytes, %v", name, len(raw), err)
		}
		if cut := strings.HasSuffix(n.Body, "…"); cut != (name != "short" && name != "Latin") || cut && len(raw) < maxNotice-20 {
			t.Errorf("%s: cut %v to %d bytes of %d", name, cut, len(raw), maxNotice)
		}
	}
}

// Push services are told of somebody to write to: https: or mailto:, and nothing else (RFC 8292 §2.1).
func TestPushServicesKnowWhomToWriteTo(t *testing.T) {
	each(t, func(t *testing.T, s *Service, clk *clock.Manual) {
		for public, want := range map[string]string{
			"https://city.example": "https://city.example", "http://localhost:8080": "mailto:postmaster@localhost", "http://node.city.example": "mailto:postmaster@node.city.example",
			"http://10.1.2.3:8080": "mailto:postmaster@%5B10.1.2.3%5D", "http://[fd00::1]:8080": "mailto:postmaster@%5BIPv6:fd00::1%5D",
		} {
			s.Public = public
			s, err := Open(t.Context(), s.Deps)
			if err != nil {
				t.Fatal(err)
			}
			one := s.newBrowser(t, false)
			out, err := s.Driver().Open(output.Config{RegionPath: "cn.11.", Settings: []byte(`{}`)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := out.Carry(t.Context(), rain(clk)); err != nil || one.sub != want {
				t.Errorf("%s: %q, %v; want %q", public, one.sub, err, want)
			}
		}
	})
}
