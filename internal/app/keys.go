package app

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// permKeys is seeing and rotating the node's keys.
const permKeys auth.Permission = "keyring.rotate"

// keys is what may be told of the node's keys.
type keys struct {
	Authority    string    `json:"authority" doc:"SM2 public key that terminals trust, hexadecimal"`
	Signing      string    `json:"signing" doc:"Number of the certificate that signs orders now"`
	SigningUntil time.Time `json:"signingUntil"`
	TLSPin       string    `json:"tlsPin" doc:"SHA-256 of the certificate that terminals hold the gateway to; empty without TLS"`
}

func (a *App) registerKeys(api *httpapi.API) {
	read := func() keys {
		public := a.ring.Authority().Key
		cert := a.ring.SigningCertificate()
		return keys{hex.EncodeToString(public[:]), cert.Number.String(), cert.Until(), a.tlsPin}
	}
	httpapi.Register(api, httpapi.Op{ID: "keyring-get", Method: http.MethodGet, Path: "/api/keys", Tag: "system", Summary: "The node's keys",
		Access: httpapi.Needs(permKeys)}, func(context.Context, *struct{}) (*httpapi.Body[keys], error) { return httpapi.Of(read()), nil })
	httpapi.Register(api, httpapi.Op{ID: "keyring-rotate", Method: http.MethodPost, Path: "/api/keys/rotate", Tag: "system", Status: http.StatusOK,
		Summary: "Replace the signing key; orders signed before stay good", Access: httpapi.Needs(permKeys)},
		func(ctx context.Context, _ *struct{}) (*httpapi.Body[keys], error) {
			if err := auth.Check(ctx, permKeys, auth.Root); err != nil {
				return nil, err
			}
			if err := auth.RequireFresh(ctx, a.clock.Now(), account.FreshFor); err != nil {
				return nil, err
			}
			if err := a.ring.Rotate(ctx); err != nil {
				return nil, err
			}
			return httpapi.Of(read()), nil
		})
}
