package feed

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// OpPush is the public operation that takes what sources send; each call proves itself.
var OpPush = httpapi.Op{ID: "alert-cap-push", Method: "POST", Path: "/cap/{source}", Tag: "alert-sources",
	Summary: "Send CAP alerts (alone, or in Atom, RSS or EDXL) as a source that was set up here; proven by a bearer token or a signature (docs/feeds.md)",
	Access:  httpapi.Public, MaxBody: maxDocument, PerMinute: 120, AtOnce: 2, Room: 32 << 20, Vital: true}

// oldest is how far off the timestamp of a signed sending may be. It is signed as a webhook is
// (output.SignNotice).
const oldest = 5 * time.Minute

type sending struct {
	Source        string `path:"source" maxLength:"26" doc:"Id of the source"`
	Authorization string `header:"Authorization" doc:"Bearer and the token, where the source has one"`
	Signature     string `header:"X-Tongsheng-Signature" doc:"Where the source signs"`
	Timestamp     string `header:"X-Tongsheng-Timestamp" doc:"Unix seconds; at most five minutes off"`
	RawBody       []byte `contentType:"application/cap+xml"`
}

// receipt is what a source is told of one alert that it sent.
type receipt struct {
	Identifier string  `json:"identifier"`
	Sender     string  `json:"sender"`
	Verdict    Verdict `json:"verdict" enum:"taken,ignored,refused"`
	Reason     string  `json:"reason,omitempty"`
	Arrival    string  `json:"arrival,omitempty" doc:"Record of what becomes of it"`
}

type receipts struct {
	Alerts []receipt `json:"alerts"`
}

// push takes what a source sends. Whoever cannot prove itself learns nothing, not even
// whether there is such a source.
func (d *Desk) push(ctx context.Context, in *sending) (*httpapi.Body[receipts], error) {
	s, err := d.proven(ctx, in)
	if err != nil {
		return nil, err
	}
	doc, err := documentOf(in.RawBody)
	if err == nil && len(doc.read.Alerts) == 0 {
		err = fault.Bad("document", "alert.cap.empty")
	}
	if err != nil {
		d.heard(ctx, s, false, err)
		return nil, err
	}
	now := d.Clock.Now()
	judged, err := d.take(acting(ctx, s), s, doc)
	fresh := false
	out := receipts{Alerts: []receipt{}}
	for _, j := range judged {
		fresh = fresh || j.Verdict == Taken && !j.At.Before(now)
		out.Alerts = append(out.Alerts, receipt{j.Identifier, j.Sender, j.Verdict, reasonIn(ctx, j.Reason), j.Arrival})
	}
	d.heard(ctx, s, fresh, err)
	if err != nil {
		return nil, err
	}
	return httpapi.Of(out), nil
}

func (d *Desk) proven(ctx context.Context, in *sending) (*Source, error) {
	refused := fault.New(fault.Unauthenticated, "alert.source.unproven")
	s, err := readSource(ctx, d.DB, in.Source, auth.Everywhere)
	if fault.IsKind(err, fault.NotFound) {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	if s.Kind != Push || !s.Enabled || len(s.Secret) == 0 {
		return nil, refused
	}
	switch s.Settings.Proof {
	case ByToken:
		scheme, token, _ := strings.Cut(in.Authorization, " ")
		sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
		if !strings.EqualFold(scheme, "bearer") || !hmac.Equal(sum[:], s.Secret) {
			return nil, refused
		}
	case BySignature:
		secret, err := d.Sealer.Open(s.Secret, "cap-source:"+s.ID)
		if err != nil {
			return nil, err
		}
		at, bad := strconv.ParseInt(in.Timestamp, 10, 64)
		if bad != nil || d.Clock.Now().Sub(time.Unix(at, 0)).Abs() > oldest || !hmac.Equal([]byte(in.Signature), []byte(output.SignNotice(secret, in.Timestamp, in.RawBody))) {
			return nil, refused
		}
	default:
		return nil, refused
	}
	return s, nil
}
