package mqtt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// certificate is one that nobody has to trust.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// A client under TLS that reads nothing holds up neither who sends to it, nor who ends
// its connection, nor its own next connection.
func TestAConnectionUnderTLSEndsAtOnce(t *testing.T) {
	conf := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	for name, act := range map[string]func(s *Server, again func()){
		"too much waits for it": func(s *Server, _ func()) { s.Send("u", "u", make([]byte, maxQueued+1)) },
		"it connects again":     func(_ *Server, again func()) { again() },
		"the server stops":      func(s *Server, _ func()) { s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewServer(ServerOptions{Clock: clock.System{}, Admit: func(Login) bool { return true },
				MaySubscribe: func(string, string) bool { return true }})
			t.Cleanup(s.Close)
			connect := func() { // and then read nothing more: a pipe has no room for what is written
				ours, theirs := net.Pipe()
				t.Cleanup(func() { ours.Close() })
				s.take(tls.Server(theirs, conf))
				c := tls.Client(ours, &tls.Config{InsecureSkipVerify: true})
				answers := append(packet(connack, []byte{0, accepted}), packet(suback, []byte{0, 7, 0})...)
				if _, err := c.Write(append(hello(), packet(subscribe, []byte{0, 7}, str(nil, "u"), []byte{0})...)); err != nil {
					t.Error(err)
				}
				if _, err := io.ReadFull(c, make([]byte, len(answers))); err != nil {
					t.Error(err)
				}
			}
			connect()
			time.Sleep(50 * time.Millisecond) // what was read has been written, also for its writer
			done := make(chan struct{})
			go func() { act(s, connect); close(done) }()
			select {
			case <-done:
			case <-time.After(3 * time.Second):
				t.Error("it waits for a client that does not read")
			}
		})
	}
}
