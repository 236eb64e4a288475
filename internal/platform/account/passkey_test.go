package account

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// authenticator is a security key as WebAuthn Level 2 describes one: it makes a key pair
// per site and signs challenges with it, counting.
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	counter uint32
	origin  string
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &authenticator{t: t, key: key, id: id, origin: "http://localhost"}
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// data is the authenticator data (section 6.1) with user present and verified.
func (a *authenticator) data(rpID string, attested []byte) []byte {
	hash, flags := sha256.Sum256([]byte(rpID)), byte(0x05)
	if attested != nil {
		flags |= 0x40
	}
	a.counter++
	return append(binary.BigEndian.AppendUint32(append(hash[:], flags), a.counter), attested...)
}

func (a *authenticator) client(kind, challenge string) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

type creation struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
	} `json:"publicKey"`
}

// register answers creation options (section 7.1) without attestation.
func (a *authenticator) register(options reply) json.RawMessage {
	o := as[creation](options)
	point, err := a.key.PublicKey.Bytes() // 4 ‖ x ‖ y
	if err != nil {
		a.t.Fatal(err)
	}
	public, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	attested := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(a.id)))
	attested = append(append(attested, a.id...), public...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(o.PublicKey.RP.ID, attested)})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.credential(map[string]any{"clientDataJSON": encode(a.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": encode(object)})
}

type request struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
	} `json:"publicKey"`
}

// prove answers request options (section 7.2).
func (a *authenticator) prove(options reply) json.RawMessage {
	o := as[request](options)
	data, client := a.data(o.PublicKey.RPID, nil), a.client("webauthn.get", o.PublicKey.Challenge)
	clientHash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), clientHash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.credential(map[string]any{"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(signature)})
}

func (a *authenticator) credential(response map[string]any) json.RawMessage {
	raw, err := json.Marshal(map[string]any{"id": encode(a.id), "rawId": encode(a.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

// amyWithKey is amy signed in with a passkey registered beside her codes.
func amyWithKey(h *house) (*browser, *authenticator) {
	b, key := h.enter("amy"), newAuthenticator(h.t)
	made := key.register(b.do("POST", "/api/profile/passkeys/options", nil).want(200))
	b.do("POST", "/api/profile/passkeys", object{"name": "蓝色钥匙", "credential": made}).want(204)
	return b, key
}

func (h *house) password(username string) *browser {
	h.t.Helper()
	b := h.browser()
	b.do("POST", "/api/session", object{"username": username, "password": h.welcomes[username].Password}).want(200)
	return b
}

func TestAPasskeyIsASecondFactor(t *testing.T) {
	each(t, func(h *house) {
		first, key := amyWithKey(h)
		p := as[Profile](first.do("GET", "/api/profile", nil).want(200))
		if len(p.Passkeys) != 1 || p.Passkeys[0].Name != "蓝色钥匙" || p.Factors.Passkeys != 1 || !p.Factors.TOTP {
			t.Fatalf("profile %+v", p)
		}
		b := h.password("amy")
		answer := key.prove(b.do("POST", "/api/session/passkey/options", nil).want(200))
		if s := as[Session](b.do("POST", "/api/session/passkey", object{"credential": answer}).want(200)); s.State != "signed_in" {
			t.Fatalf("state %s", s.State)
		}
		// Confirming works with the passkey too.
		h.clk.Advance(FreshFor + time.Second)
		b.do("POST", "/api/profile/recovery-codes", nil).want(403, "auth.confirm_required")
		b.do("POST", "/api/session/confirm", object{"credential": key.prove(b.do("POST", "/api/session/passkey/options", nil).want(200))}).want(200)
		b.do("POST", "/api/profile/recovery-codes", nil).want(200)
	})
}

func TestAPasskeysAnswerWorksOnceAndOnlyForItsChallenge(t *testing.T) {
	each(t, func(h *house) {
		_, key := amyWithKey(h)
		a, b := h.password("amy"), h.password("amy")
		first := a.do("POST", "/api/session/passkey/options", nil).want(200)
		answer := key.prove(first)
		b.do("POST", "/api/session/passkey", object{"credential": answer}).want(409, "account.passkey.begin_again")
		b.do("POST", "/api/session/passkey/options", nil).want(200)
		b.do("POST", "/api/session/passkey", object{"credential": answer}).want(401, "account.passkey.refused")
		a.do("POST", "/api/session/passkey", object{"credential": answer}).want(200)

		late := h.password("amy")
		options := late.do("POST", "/api/session/passkey/options", nil).want(200)
		h.clk.Advance(ceremonyLife + time.Second)
		late.do("POST", "/api/session/passkey", object{"credential": key.prove(options)}).want(409, "account.passkey.begin_again")
	})
}

func TestForeignPasskeysAreRefused(t *testing.T) {
	each(t, func(h *house) {
		_, key := amyWithKey(h)
		try := func(forge func(reply) json.RawMessage, code string) {
			t.Helper()
			b := h.password("amy")
			b.do("POST", "/api/session/passkey", object{"credential": forge(b.do("POST", "/api/session/passkey/options", nil).want(200))}).want(401, code)
		}
		try(newAuthenticator(t).prove, "account.passkey.refused") // not registered
		stolen := newAuthenticator(t)
		stolen.id = key.id
		try(stolen.prove, "account.passkey.refused") // another key behind the id
		elsewhere := *key
		elsewhere.origin = "http://evil.example"
		try(elsewhere.prove, "account.passkey.refused")
		copied := *key // its counter stays where it stood when the key was copied
		for range 2 {
			h.clk.Advance(time.Minute) // let the failures above lock nobody out
			b := h.password("amy")
			b.do("POST", "/api/session/passkey", object{"credential": key.prove(b.do("POST", "/api/session/passkey/options", nil).want(200))}).want(200)
		}
		try(copied.prove, "account.passkey.cloned")
	})
}

func TestAPasskeyCanBeTheOnlyFactorAndTheLastFactorStays(t *testing.T) {
	each(t, func(h *house) {
		made := as[OneTime](h.enter("sys").do("POST", "/api/accounts", object{"username": "ben", "name": "本", "regionPath": here}).want(201))
		b, key := h.browser(), newAuthenticator(t)
		b.do("POST", "/api/session", object{"username": "ben", "password": made.Password}).want(200)
		answer := key.register(b.do("POST", "/api/session/passkey/options", nil).want(200))
		s := as[Session](b.do("POST", "/api/session/passkey", object{"credential": answer, "name": "k"}).want(200))
		if s.State != "change_password" || len(s.RecoveryCodes) != recoveryCodes {
			t.Fatalf("after enrolling: %+v", s)
		}
		b.do("POST", "/api/session/password", object{"password": "nine blue lanterns"}).want(200)
		p := as[Profile](b.do("GET", "/api/profile", nil).want(200))
		b.do("DELETE", "/api/profile/passkeys/"+p.Passkeys[0].ID, nil).want(409, "account.factor.last")
		e := as[Enrolment](b.do("POST", "/api/profile/totp", nil).want(200))
		b.do("PUT", "/api/profile/totp", object{"code": "000000"}).want(422, "account.code_wrong")
		b.do("PUT", "/api/profile/totp", object{"code": h.code(e.Secret)}).want(204)
		b.do("DELETE", "/api/profile/passkeys/"+p.Passkeys[0].ID, nil).want(204)
		b.do("DELETE", "/api/profile/passkeys/"+p.Passkeys[0].ID, nil).want(404, "account.passkey.unknown")
		b.do("DELETE", "/api/profile/totp", nil).want(409, "account.factor.last")
	})
}
