package app

import (
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/party"
	"github.com/tongsheng/tongsheng/internal/respond/casework/calendar"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
	"github.com/tongsheng/tongsheng/internal/respond/casework/open311"
	"github.com/tongsheng/tongsheng/internal/respond/casework/paper"
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
	"alert-push-key", "alert-push-subscribe", "alert-push-unsubscribe",
	// How the city stands, as open data.
	indicator.OpOpenList, indicator.OpOpenSeries, indicator.OpOpenCSV,
	score.OpOpenScores, score.OpOpenScore, score.OpOpenCSV,
	// Other systems that state facts, which prove themselves by a secret.
	fact.OpFeed,
	// What people are owed.
	standard.OpPublic,
	// Telephone gateways, which sign each call by a secret of their own.
	"phone-call",
	asset.OpPublic,
	// Who holds licences whose register is public.
	party.OpPublic, party.OpPublicTable,
	// Television sets, which are anonymous.
	door.OpTrust, door.OpStream, door.OpOrders, door.OpReport,
	"alert-cap-feed", "alert-cap-message", "alert-cap-version", "alert-cap-authority",
	// Sources of CAP, which prove themselves by a token or a signature.
	"alert-cap-push",
	// Other platforms, which sign what they send.
	"alert-ebd",
	// Surveys, answered by people who stay unknown.
	survey.OpOffered, survey.OpAsk, survey.OpAnswer, survey.OpHand, survey.OpHanded,
	// Cases that citizens open: who knows the number and its code is who opened it.
	docket.OpServices, docket.OpReport, docket.OpTrack, docket.OpAnswer, docket.OpAttach, docket.OpPast, docket.OpNotices, docket.OpProve, docket.OpWrite, docket.OpObject, paper.OpPublic,
	// Cases that citizens' programs open and follow, by Open311; what they open needs a key.
	open311.OpDiscovery, open311.OpServices, open311.OpDefinition, open311.OpSubmit, open311.OpFind, open311.OpOne, open311.OpToken,
	// People's calendars of cases, at an address that is a secret.
	calendar.OpRead,
	// Terminals, which prove themselves by their own keys.
	asset.OpEnrol, asset.OpPair, asset.OpSample, asset.OpTime,
	// Nodes below, which prove that they were invited.
	link.OpAdmit,
}
