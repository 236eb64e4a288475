package app

import (
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// publicOperations is the written list of operations that need no session. Everything
// else refuses who has no grant; a test asks each of them.
var publicOperations = []string{
	// Signing in.
	"session-create", "session-totp", "session-totp-enrol", "session-recovery", "session-passkey-options", "session-passkey",
	"session-password", "session-methods", "session-oidc", "session-oidc-callback",
	// Where people live, and the city that is served.
	"region-city", "region-list", "region-get", "region-zones", "region-outlines",
	// What citizens are told.
	"alert-public-list", "alert-public-ended", "alert-public-get", "alert-media",
	asset.OpPublic,
	// Other platforms, which sign what they send.
	"alert-ebd",
	// Terminals, which prove themselves by their own keys.
	asset.OpEnrol, asset.OpSample, asset.OpTime,
}
