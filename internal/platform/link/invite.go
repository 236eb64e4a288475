package link

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/nats-io/nkeys"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Desk invites nodes, lets them join and takes them out again. It needs no link, so that a
// command may do the same beside the server, which sees what changed within a second.
type Desk struct {
	DB        *store.DB
	Sealer    *keyring.Sealer
	Authority ebd.PublicKey // of this node
	Site      string
	Region    string // code of the region that this node serves
	Path      string // of the region
	Level     string
	Address   string // tls://host:port of this node's door for others, empty without one
	URL       string // of this node, for joining
	CA        func(context.Context) ([]byte, error)
}

// InvitationLasts is how long an invitation may be taken up.
const InvitationLasts = 72 * time.Hour

const (
	invitationMark = "tsl1."
	sealPurpose    = "link"
	maxAnswer      = 64 << 10 // bytes that a node may answer to joining
	joinWait       = 15 * time.Second
)

// invitation is what an administrator carries from one node to the other.
type invitation struct {
	URL    string `json:"u"`
	ID     string `json:"i"`
	Secret []byte `json:"s"`
}

func (i invitation) text() string {
	raw, _ := json.Marshal(i) // a plain struct always marshals
	return invitationMark + base64.RawURLEncoding.EncodeToString(raw)
}

func readInvitation(text string) (i invitation, err error) {
	bad := fault.Bad("invitation", "link.invitation.form")
	body, ok := strings.CutPrefix(strings.TrimSpace(text), invitationMark)
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if !ok || err != nil || json.Unmarshal(raw, &i) != nil || len(i.Secret) != 32 || i.ID == "" {
		return i, bad
	}
	if u, err := url.Parse(i.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return i, bad
	}
	return i, nil
}

// Request is what a node that joins sends, and what it is answered: a text, and a proof
// that whoever wrote it knows the invitation's secret, which itself never travels.
type Request struct {
	Invitation string `json:"invitation,omitempty" maxLength:"40"`
	Body       string `json:"body" maxLength:"20000"`
	Proof      string `json:"proof" maxLength:"64" doc:"HMAC-SM3 under the invitation's secret, hexadecimal"`
}

// credentials are what each side tells the other.
type credentials struct {
	Site      string `json:"site"`
	Region    string `json:"region"`
	Path      string `json:"path"`
	Level     string `json:"level"`
	Authority string `json:"authority"`
	Nkey      string `json:"nkey,omitempty"`    // of the node below
	CA        string `json:"ca,omitempty"`      // of the node above
	Address   string `json:"address,omitempty"` // of the node above
}

func proof(secret []byte, what, body string) string {
	h := hmac.New(sm3.New, secret)
	_, _ = io.WriteString(h, what+"\x00"+body)
	return hex.EncodeToString(h.Sum(nil))
}

func proven(secret []byte, what string, r Request) bool {
	return hmac.Equal([]byte(proof(secret, what, r.Body)), []byte(r.Proof))
}

const (
	asking    = "join"
	answering = "joined"
)

var order = []string{"nation", "city", "district"}

// below reports whether a node of a level and region may stand below another.
func below(level, path, upperLevel, upperPath string) bool {
	return slices.Index(order, level) > slices.Index(order, upperLevel) && path != upperPath && strings.HasPrefix(path, upperPath)
}

// Invite makes an invitation for a node below that will be called site and serve a region.
// The text is shown once.
func (d *Desk) Invite(ctx context.Context, site, region, path, level string) (n Node, text string, err error) {
	switch {
	case d.Address == "":
		return n, "", fault.New(fault.Conflict, "link.no_door")
	case !siteForm(site) || site == d.Site:
		return n, "", fault.Bad("site", "link.site")
	case !below(level, path, d.Level, d.Path):
		return n, "", fault.Bad("region", "link.not_below", fault.Args{"region": region})
	}
	i := invitation{URL: d.URL, Secret: make([]byte, 32)}
	_, _ = rand.Read(i.Secret)
	n = Node{Site: site, Region: region, Path: path, Level: level, State: Invited, By: auth.Who(ctx).Name}
	if n.secret, err = d.seal(i.Secret); err != nil {
		return n, "", err
	}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		n.Expires = tx.Now.Add(InvitationLasts)
		if err := insert(ctx, tx, &n); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "link.invite", Object: "link:" + n.ID, RegionPath: path,
			Detail: map[string]any{"site": site, "region": region, "expires": n.Expires}})
	})
	i.ID = n.ID
	return n, i.text(), err
}

// Admit answers a node that takes up an invitation. The same node may ask again, should the
// answer have been lost.
func (d *Desk) Admit(ctx context.Context, r Request) (answer Request, err error) {
	refused := fault.New(fault.Forbidden, "link.invitation.refused")
	n, err := byID(ctx, d.DB, r.Invitation)
	if fault.IsKind(err, fault.NotFound) {
		return answer, refused
	}
	if err != nil {
		return answer, err
	}
	if n.Above || n.State == Revoked || n.secret == "" || !n.Expires.After(d.DB.Clock().Now()) {
		return answer, refused
	}
	secret, err := d.open(n.secret)
	if err != nil {
		return answer, err
	}
	var c credentials
	if !proven(secret, asking, r) || json.Unmarshal([]byte(r.Body), &c) != nil || !nkeys.IsValidPublicUserKey(c.Nkey) || !publicKey(c.Authority) {
		return answer, refused
	}
	if c.Site != n.Site || c.Region != n.Region || c.Path != n.Path || c.Level != n.Level {
		return answer, fault.New(fault.Conflict, "link.invitation.other", fault.Args{"site": n.Site, "region": n.Region})
	}
	if n.State == Joined && n.nkey != c.Nkey {
		return answer, refused // somebody took it up before
	}
	if n.State == Invited {
		ctx := auth.As(ctx, auth.Actor{ID: "system:link", Name: c.Site, Address: auth.Who(ctx).Address})
		err = d.DB.Update(ctx, func(tx *store.Tx) error {
			if err := enter(ctx, tx, n.ID, c.Nkey, c.Authority); err != nil {
				return err
			}
			return audit.Write(ctx, tx, audit.Entry{Action: "link.join", Object: "link:" + n.ID, RegionPath: n.Path,
				Detail: map[string]any{"site": n.Site, "region": n.Region, "authority": c.Authority}})
		})
		if err != nil {
			return answer, err
		}
	}
	ca, err := d.CA(ctx)
	if err != nil {
		return answer, err
	}
	own := d.credentials()
	own.CA, own.Address = string(ca), d.Address
	raw, err := json.Marshal(own)
	return Request{Body: string(raw), Proof: proof(secret, answering+r.Proof, string(raw))}, err
}

// Join takes up an invitation from the node above.
func (d *Desk) Join(ctx context.Context, text string) (n Node, err error) {
	i, err := readInvitation(text)
	if err != nil {
		return n, err
	}
	kp, err := nkeys.CreateUser()
	if err != nil {
		return n, err
	}
	seed, err := kp.Seed()
	if err != nil {
		return n, err
	}
	own := d.credentials()
	if own.Nkey, err = kp.PublicKey(); err != nil {
		return n, err
	}
	raw, err := json.Marshal(own)
	if err != nil {
		return n, err
	}
	ask := Request{Invitation: i.ID, Body: string(raw), Proof: proof(i.Secret, asking, string(raw))}
	answer, err := post(ctx, i.URL, ask)
	if err != nil {
		return n, err
	}
	var c credentials
	if !proven(i.Secret, answering+ask.Proof, answer) || json.Unmarshal([]byte(answer.Body), &c) != nil || !publicKey(c.Authority) || c.CA == "" {
		return n, fault.New(fault.Forbidden, "link.answer.unproven", fault.Args{"url": i.URL})
	}
	if !below(d.Level, d.Path, c.Level, c.Path) {
		return n, fault.New(fault.Conflict, "link.not_above", fault.Args{"site": c.Site, "region": c.Region})
	}
	n = Node{Above: true, Site: c.Site, Region: c.Region, Path: c.Path, Level: c.Level, State: Joined, By: auth.Who(ctx).Name,
		nkey: own.Nkey, authority: c.Authority, ca: c.CA, address: c.Address}
	if n.seed, err = d.seal(seed); err != nil {
		return n, err
	}
	return n, d.DB.Update(ctx, func(tx *store.Tx) error {
		n.Joined = tx.Now
		if err := insert(ctx, tx, &n); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "link.join", Object: "link:" + n.ID, RegionPath: d.Path,
			Detail: map[string]any{"site": n.Site, "region": n.Region, "authority": n.authority, "above": true}})
	})
}

// Revoke cuts a node off for good; it can join again with a new invitation only.
func (d *Desk) Revoke(ctx context.Context, id string) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if touched, err := withdraw(ctx, tx, id); err != nil || touched == 0 {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "link.revoke", Object: "link:" + n.ID, RegionPath: n.Path,
			Detail: map[string]any{"site": n.Site, "region": n.Region}})
	})
}

func (d *Desk) credentials() credentials {
	return credentials{Site: d.Site, Region: d.Region, Path: d.Path, Level: d.Level, Authority: hex.EncodeToString(d.Authority[:])}
}

func (d *Desk) seal(secret []byte) (string, error) {
	sealed, err := d.Sealer.Seal(secret, sealPurpose)
	return base64.StdEncoding.EncodeToString(sealed), err
}

func (d *Desk) open(sealed string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	return d.Sealer.Open(raw, sealPurpose)
}

func publicKey(text string) bool {
	_, err := parseKey(text)
	return err == nil
}

func parseKey(text string) (k ebd.PublicKey, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return k, err
	}
	return ebd.ParsePublicKey(raw)
}

// siteForm reports whether a name may be a part of a subject.
func siteForm(site string) bool {
	return site != "" && len(site) <= 40 && !strings.ContainsFunc(site, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

// post asks a node to admit this one. The proof in the answer, not the connection, says who
// answered.
func post(ctx context.Context, base string, ask Request) (answer Request, err error) {
	raw, err := json.Marshal(ask)
	if err != nil {
		return answer, err
	}
	ctx, cancel := context.WithTimeout(ctx, joinWait)
	defer cancel()
	unreachable := func(err error) error {
		return fault.New(fault.Unavailable, "link.unreachable", fault.Args{"url": base}).Because(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(base, "/")+"/api/links/admit", bytes.NewReader(raw))
	if err != nil {
		return answer, unreachable(err)
	}
	r.Header.Set("Content-Type", "application/json")
	w, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("no redirects") }}).Do(r)
	if err != nil {
		return answer, unreachable(err)
	}
	defer w.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(w.Body, maxAnswer))
	switch {
	case err != nil:
		return answer, unreachable(err)
	case w.StatusCode == http.StatusForbidden:
		return answer, fault.New(fault.Forbidden, "link.invitation.refused")
	case w.StatusCode == http.StatusConflict:
		return answer, fault.New(fault.Conflict, "link.invitation.elsewhere")
	case w.StatusCode != http.StatusOK || json.Unmarshal(raw, &answer) != nil:
		return answer, unreachable(errors.New(w.Status))
	}
	return answer, nil
}
