package link

import (
	"bytes"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

type pen struct {
	authority *ebd.PrivateKey
	key       *ebd.PrivateKey
	cert      *ebd.Certificate
	now       time.Time
}

func newPen(t testing.TB) pen {
	t.Helper()
	p := pen{now: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
	var err error
	if p.authority, err = ebd.GenerateKey(); err == nil {
		p.key, err = ebd.GenerateKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	number := ebd.SerialNumber{0, 0, 0, 0, 1, 0}
	if p.cert, err = ebd.IssueCertificate(p.authority, ebd.SerialNumber{0, 0, 0, 0, 0, 1}, number, p.key.Public(), p.now.AddDate(2, 0, 0)); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOnlyTheNodeThatWasAskedAnswers(t *testing.T) {
	p, other := newPen(t), newPen(t)
	nonce, body := []byte("0123456789abcdef"), bytes.Repeat([]byte("receipts "), 5000)
	answer, err := seal("up.a.ask.x", nonce, answered, body, p.key, p.cert, p.now)
	if err != nil {
		t.Fatal(err)
	}
	if len(answer) > 2000 {
		t.Errorf("%d bytes", len(answer))
	}
	outcome, got, err := open("up.a.ask.x", nonce, answer, p.authority.Public(), p.now)
	if err != nil || outcome != answered || !bytes.Equal(got, body) {
		t.Fatal(outcome, err)
	}
	changed := bytes.Clone(answer)
	changed[len(magic)] = refused
	for name, open := range map[string]func() error{
		"another node": func() error {
			_, _, err := open("up.a.ask.x", nonce, answer, other.authority.Public(), p.now)
			return err
		},
		"another question": func() error { _, _, err := open("up.a.ask.y", nonce, answer, p.authority.Public(), p.now); return err },
		"asked before": func() error {
			_, _, err := open("up.a.ask.x", []byte("fedcba9876543210"), answer, p.authority.Public(), p.now)
			return err
		},
		"changed": func() error { _, _, err := open("up.a.ask.x", nonce, changed, p.authority.Public(), p.now); return err },
		"an old certificate": func() error {
			_, _, err := open("up.a.ask.x", nonce, answer, p.authority.Public(), p.now.AddDate(3, 0, 0))
			return err
		},
	} {
		if open() == nil {
			t.Errorf("%s: believed", name)
		}
	}
	if _, err := seal("x", nonce, answered, make([]byte, MaxAnswer+1), p.key, p.cert, p.now); err == nil {
		t.Error("an answer without end was sealed")
	}
}

func FuzzOpen(f *testing.F) {
	p := newPen(f)
	nonce := make([]byte, nonceSize)
	good, err := seal("s", nonce, answered, []byte("body"), p.key, p.cert, p.now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := open("s", nonce, b, p.authority.Public(), p.now); err == nil && !bytes.Equal(b, good) {
			t.Fatal("a forged answer was believed")
		}
	})
}

func FuzzInvitation(f *testing.F) {
	f.Add(invitation{URL: "http://a", ID: "1", Secret: make([]byte, 32)}.text())
	f.Add("tsl1.e30")
	f.Fuzz(func(t *testing.T, text string) { _, _ = readInvitation(text) })
}

// BenchmarkAnswer is what one answer costs both nodes.
func BenchmarkAnswer(b *testing.B) {
	p := newPen(b)
	nonce, body := make([]byte, nonceSize), bytes.Repeat([]byte("0123456789 receipts"), 3000)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		answer, err := seal("s", nonce, answered, body, p.key, p.cert, p.now)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := open("s", nonce, answer, p.authority.Public(), p.now); err != nil {
			b.Fatal(err)
		}
	}
}
