package duty

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
)

// CallAnswer tells a telephone gateway what became of a call.
type CallAnswer struct {
	Arrival string               `json:"arrival"`
	Message string               `json:"message,omitempty"`
	State   message.ArrivalState `json:"state" enum:"waiting,issued,ended,refused,dismissed,nothing"`
	Known   bool                 `json:"known" doc:"The call had been taken in before"`
	Say     string               `json:"say" doc:"A sentence to read to the caller"`
}

func (d *Desk) registerPhone(api *httpapi.API) {
	call := op("call", http.MethodPost, "/api/phone/calls", "Take in what an authenticated caller said: a telephone gateway signs the request, and the caller proves themselves by a PIN", httpapi.Public)
	call.ID, call.Tag, call.Vital = "phone-call", "phone", true
	call.MaxBody, call.PerMinute, call.AtOnce = speech.MaxRecordingBytes+1, 30, 1
	call.Room = 3 * call.MaxBody // who has proven nothing yet takes no room from those who have
	httpapi.Register(api, call, func(ctx context.Context, in *struct {
		Gateway   string `header:"X-Tongsheng-Gateway" required:"true" maxLength:"26" doc:"Id of the gateway"`
		Timestamp string `header:"X-Tongsheng-Timestamp" required:"true" maxLength:"20" doc:"Unix seconds, at most five minutes off"`
		Signature string `header:"X-Tongsheng-Signature" required:"true" maxLength:"80" doc:"sha256= and the hexadecimal HMAC-SHA-256 of timestamp, dot, call, dot and body"`
		Call      string `header:"X-Tongsheng-Call" required:"true" maxLength:"1000" doc:"JSON: call, caller, pin, event, level, region, drill; see docs/duty.zh-CN.md"`
		RawBody   []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[CallAnswer], error) {
		out, err := d.TakeCall(ctx, in.Gateway, in.Timestamp, in.Signature, in.Call, in.RawBody)
		if err != nil {
			return nil, err
		}
		d.Nudge()
		return httpapi.Of(CallAnswer{out.Arrival, out.Message, out.State, out.Known, i18n.T(httpapi.LangOf(ctx), "alert.phone.say."+string(out.State), nil)}), nil
	})
	pin := op("pin", http.MethodPut, "/api/duty/pin", "Choose your own PIN for telephoning; needs a fresh second factor", httpapi.SignedIn)
	pin.PerMinute = 10
	httpapi.Register(api, pin, func(ctx context.Context, in *struct {
		Body struct {
			PIN string `json:"pin" minLength:"1" maxLength:"20" doc:"6 to 12 digits"`
		}
	}) (*httpapi.Empty, error) {
		return nil, d.SetPIN(ctx, in.Body.PIN)
	})
}
