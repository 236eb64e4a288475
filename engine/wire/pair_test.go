package wire

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestPairRequest(t *testing.T) {
	key := newKey(t)
	good := func() *PairRequest {
		r := &PairRequest{Model: "Chromium", Serial: "a1b2", Firmware: "web", At: noon.UnixMicro()}
		if err := r.Sign(key); err != nil {
			t.Fatal(err)
		}
		return r
	}
	b, _ := json.Marshal(good())
	if r, err := ReadPairRequest(b); err != nil || r.Key != KeyText(key.Public()) {
		t.Fatal(r, err)
	}
	for place, spoil := range map[string]func(*PairRequest){
		"model":    func(r *PairRequest) { r.Model = "" },
		"serial":   func(r *PairRequest) { r.Serial = "a\x00b" },
		"firmware": func(r *PairRequest) { r.Firmware = strings.Repeat("x", 65) },
		"proof":    func(r *PairRequest) { r.At++ },
		"key":      func(r *PairRequest) { r.Key = KeyText(newKey(t).Public()) },
	} {
		r := good()
		spoil(r)
		var form *FormError
		if err := r.Validate(); !errors.As(err, &form) || form.Place != place && !(place == "key" && form.Place == "proof") {
			t.Errorf("%s: %v", place, err)
		}
	}
	for _, bad := range []string{"", "[]", `{"key":"AA"}`, strings.Repeat(" ", 4<<10) + "{}"} {
		if _, err := ReadPairRequest([]byte(bad)); err == nil {
			t.Errorf("%.20q was read", bad)
		}
	}
	// The proof of a pairing is none of an enrolment.
	p := good()
	e := &EnrolRequest{Token: "12345678", Key: p.Key, Model: p.Model, Serial: p.Serial, Firmware: p.Firmware, At: p.At, Proof: p.Proof}
	if err := e.Validate(); err == nil {
		t.Error("a pairing's proof enrolled a device")
	}
}
