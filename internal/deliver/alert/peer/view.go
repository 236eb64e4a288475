package peer

import (
	"encoding/hex"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// View is a peer as people see it.
type View struct {
	ID         string     `json:"id"`
	Direction  Direction  `json:"direction" enum:"upper,lower"`
	Name       string     `json:"name"`
	Code       string     `json:"code" doc:"Its resource code of GD/J 080"`
	URL        string     `json:"url,omitempty" doc:"Where it takes packages; absent: it is only heard"`
	RegionCode string     `json:"regionCode"`
	RegionPath string     `json:"regionPath" doc:"What it covers"`
	Trust      []Trust    `json:"trust" doc:"Certificates that it may sign with"`
	Lax        bool       `json:"lax" doc:"Its receipts are taken though they are not signed"`
	Edition    string     `json:"edition"`
	Enabled    bool       `json:"enabled"`
	Link       string     `json:"link" enum:"there,missing,never,disabled" doc:"Whether it is there: heard, or answering, within three minutes"`
	HeardAt    *time.Time `json:"heardAt,omitempty" doc:"When something right last came from it"`
	BeatAt     *time.Time `json:"beatAt,omitempty" doc:"Its last heartbeat"`
	AnsweredAt *time.Time `json:"answeredAt,omitempty" doc:"When it last took something"`
	FailedAt   *time.Time `json:"failedAt,omitempty"`
	Failure    string     `json:"failure,omitempty" doc:"Why it last took nothing"`
	RefusedAt  *time.Time `json:"refusedAt,omitempty" doc:"When something under its name was last refused here"`
	Refusal    string     `json:"refusal,omitempty"`
	ToAct      int        `json:"toAct" doc:"Packages from it that wait to be acted on"`
	ToSend     int        `json:"toSend" doc:"Packages that wait to go to it"`
	Revision   int64      `json:"revision"`
}

func (d *Desk) view(p *Peer) View {
	h, now := d.healthOf(p.ID), d.Clock.Now()
	link := "there"
	switch {
	case !p.Enabled:
		link = "disabled"
	case h.HeardAt.IsZero() && h.AnsweredAt.IsZero():
		link = "never"
	case missing(h, now):
		link = "missing"
	}
	return View{ID: p.ID, Direction: p.Direction, Name: p.Name, Code: string(p.Code), URL: p.URL, RegionCode: p.RegionCode, RegionPath: p.RegionPath, Trust: p.Trust, Lax: p.Lax,
		Edition: p.Edition, Enabled: p.Enabled, Link: link, HeardAt: moment(h.HeardAt), BeatAt: moment(h.BeatAt), AnsweredAt: moment(h.AnsweredAt), FailedAt: moment(h.FailedAt),
		Failure: h.Failure, RefusedAt: moment(h.RefusedAt), Refusal: h.Refusal, Revision: p.Revision}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Own is what another platform must know of this one.
type Own struct {
	Code        string    `json:"code" doc:"Resource code of GD/J 080"`
	Name        string    `json:"name"`
	URL         string    `json:"url" doc:"Where packages are taken"`
	Number      string    `json:"number" doc:"Of the certificate that signs now"`
	Key         string    `json:"key" doc:"Its SM2 public key, hexadecimal"`
	Certificate string    `json:"certificate" doc:"The certificate of GD/J 081, hexadecimal"`
	IssuerKey   string    `json:"issuerKey" doc:"Public key of its issuer, hexadecimal"`
	Until       time.Time `json:"until" doc:"The certificate is not good from then on"`
	Edition     string    `json:"edition"`
}

func (d *Desk) own() Own {
	_, cert := d.Signer.Signing()
	issuer := d.Issuer()
	return Own{Code: string(d.Self.Code), Name: d.Self.Name, URL: d.URL, Number: cert.Number.String(), Key: hex.EncodeToString(cert.Key[:]), Certificate: hex.EncodeToString(cert.Encode()),
		IssuerKey: hex.EncodeToString(issuer.Key[:]), Until: cert.Until().UTC(), Edition: ebd.GDJ2018.ID}
}

// Came is a package that came, as people see it.
type Came struct {
	ID         string     `json:"id"`
	Peer       string     `json:"peer"`
	EBDID      string     `json:"ebdid"`
	Type       string     `json:"type" doc:"EBDType of GD/J 083"`
	EBMID      string     `json:"ebmid,omitempty"`
	Signature  string     `json:"signature" enum:"ok,unsigned,unreadable,unknown,expired,bad"`
	Cert       string     `json:"cert"`
	Warnings   []string   `json:"warnings" doc:"Where it departs from the standard"`
	Code       int        `json:"code" doc:"Result code of the receipt"`
	Words      string     `json:"words" doc:"Words of the receipt"`
	State      State      `json:"state" enum:"waiting,done,failed,refused"`
	Note       string     `json:"note,omitempty" doc:"What became of it"`
	Bytes      int64      `json:"bytes"`
	Kept       bool       `json:"kept" doc:"The package can be fetched as it came"`
	ReceivedAt time.Time  `json:"receivedAt"`
	ActedAt    *time.Time `json:"actedAt,omitempty"`
}

func viewCame(e *entry) Came {
	return Came{e.id, e.peer, e.ebdid, e.kind, e.ebmid, e.signature, e.cert, e.warnings, int(e.code), e.words, e.state, e.note, e.bytes, e.segment != "", e.receivedAt, moment(e.actedAt)}
}

// Went is a package that went or is to go, as people see it.
type Went struct {
	ID        string     `json:"id"`
	Peer      string     `json:"peer"`
	EBDID     string     `json:"ebdid"`
	Type      string     `json:"type" doc:"EBDType of GD/J 083"`
	EBMID     string     `json:"ebmid,omitempty"`
	Message   string     `json:"message,omitempty" doc:"The message that it carries"`
	State     SendState  `json:"state" enum:"waiting,sent,refused,given_up,superseded"`
	Attempts  int        `json:"attempts"`
	NextAt    *time.Time `json:"nextAt,omitempty" doc:"When it is tried, or again"`
	Code      *int       `json:"code,omitempty" doc:"Result code of the receipt"`
	Words     string     `json:"words,omitempty" doc:"Words of the receipt"`
	Failure   string     `json:"failure,omitempty"`
	Kept      bool       `json:"kept" doc:"The document can be fetched"`
	CreatedAt time.Time  `json:"createdAt"`
	SentAt    *time.Time `json:"sentAt,omitempty"`
}

func viewWent(s *dispatch) Went {
	return Went{s.id, s.peer, s.ebdid, s.kind, s.ebmid, s.messageID, s.state, s.attempts, moment(s.nextAt), s.code, s.words, s.failure, s.document != "", s.createdAt, moment(s.sentAt)}
}

// Resource is what a peer says that it has, as people see it.
type Resource struct {
	Code    string     `json:"code"`
	Kind    string     `json:"kind" enum:"EBRPS,EBRST,EBRAS,EBRBS,EBRDT" doc:"Platform, station, adapter, transmitter, terminal"`
	Name    string     `json:"name"`
	Lon     string     `json:"lon,omitempty"`
	Lat     string     `json:"lat,omitempty"`
	URL     string     `json:"url,omitempty"`
	Belongs string     `json:"belongs,omitempty" doc:"Code of the platform that it belongs to"`
	InfoAt  *time.Time `json:"infoAt,omitempty"`
	State   int        `json:"state" doc:"StateCode of GD/J 083: 1 normal, 2 off, 3 fault, 4 recovered, 5 playing; 0 never told"`
	Words   string     `json:"words,omitempty"`
	StateAt *time.Time `json:"stateAt,omitempty"`
}

func viewResource(r resource) Resource {
	return Resource{r.code, r.kind, r.name, r.lon, r.lat, r.url, r.belongs, moment(r.infoAt), r.state, r.stateDesc, moment(r.stateAt)}
}

func views[A, B any](found store.Listing[A], view func(A) B) store.Listing[B] {
	out := store.Listing[B]{Items: make([]B, len(found.Items)), Next: found.Next, Total: found.Total}
	for i, a := range found.Items {
		out.Items[i] = view(a)
	}
	return out
}
