package survey

import (
	"context"
	"net/http"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const run = "/survey-runs/{id}"

// registerField adds what who runs a survey does.
func (d *Desk) registerField(api *httpapi.API) {
	httpapi.Register(api, op("-runs", http.MethodGet, "/survey-runs", "Surveys that one runs", d.Run), func(ctx context.Context, _ *struct{}) (*httpapi.List[*Survey], error) {
		return httpapi.All(d.Running(ctx))
	})
	httpapi.Register(api, op("-run", http.MethodGet, run, "A survey in the field: sample, progress, interviewers", d.Run), func(ctx context.Context, in *ByID) (*httpapi.Body[*Field], error) {
		f, err := d.Field(ctx, in.ID)
		return httpapi.Of(f), err
	})
	invite := op("-invite", http.MethodPost, run+"/invitations", "Make invitations for the people drawn in a stratum; their addresses are told once", d.Run)
	invite.PerMinute, invite.AtOnce = 60, 2
	httpapi.Register(api, invite, func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Stratum string `json:"stratum" maxLength:"100"`
			Again   bool   `json:"again" doc:"Those that were made before and not used are void"`
		}
	}) (*httpapi.List[Link], error) {
		return httpapi.All(d.Invite(ctx, in.ID, in.Body.Stratum, in.Body.Again))
	})
	httpapi.Register(api, op("-assign", http.MethodPut, run+"/interviewers/{user}", "Send an interviewer to places, or call them back", d.Run), func(ctx context.Context, in *struct {
		ByID
		User string `path:"user" maxLength:"40"`
		Body struct {
			Places []string `json:"places" nullable:"false" maxItems:"500"`
		}
	}) (*httpapi.Empty, error) {
		return nil, d.Assign(ctx, in.ID, in.User, in.Body.Places)
	})
	httpapi.Register(api, op("-answers", http.MethodGet, run+"/answers", "A survey's answers, without anything that tells whose they are", d.Run), func(ctx context.Context, in *struct {
		ByID
		httpapi.PageInput
		Standing string `query:"standing" enum:",counts,doubt,dropped"`
	}) (*httpapi.Body[store.Listing[*Answer]], error) {
		found, err := d.Answers(ctx, in.ID, Standing(in.Standing), in.Page())
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("-settle", http.MethodPost, run+"/answers/{answer}", "Say whether an answer counts", d.Run), func(ctx context.Context, in *struct {
		ByID
		Answer string `path:"answer" maxLength:"32"`
		Body   struct {
			Keep bool `json:"keep"`
		}
	}) (*httpapi.Empty, error) {
		return nil, d.Settle(ctx, in.ID, in.Answer, in.Body.Keep)
	})
	bring := op("-import", http.MethodPost, run+"/import", "Bring answers from an XLSX or CSV file, or only look at it, with a result for each row", d.Run)
	bring.MaxBody, bring.AtOnce, bring.PerMinute = maxSheet, 1, 20
	httpapi.Register(api, bring, func(ctx context.Context, in *struct {
		ByID
		DryRun  bool   `query:"dryRun"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[FileResult], error) {
		r, err := d.Import(ctx, in.ID, in.RawBody, in.DryRun)
		return httpapi.Of(r), err
	})
}

// registerWork adds what interviewers do.
func (d *Desk) registerWork(api *httpapi.API) {
	httpapi.Register(api, op("-work", http.MethodGet, "/survey-work", "One's work as an interviewer: everything to ask without a network", d.Interview), func(ctx context.Context, _ *struct{}) (*httpapi.List[Work], error) {
		return httpapi.All(d.Assigned(ctx))
	})
	bring := op("-bring", http.MethodPost, "/survey-work/{id}", "Bring answers taken off line; sent twice they are kept once", d.Interview)
	bring.PerMinute = 120
	httpapi.Register(api, bring, func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Answers []Brought `json:"answers" nullable:"false" maxItems:"100"`
		}
	}) (*httpapi.List[Became], error) {
		return httpapi.All(d.Bring(ctx, in.ID, in.Body.Answers))
	})
}

// Operations that need no session.
const (
	OpOffered = "survey-offered"
	OpAsk     = "survey-ask"
	OpAnswer  = "survey-answer"
	OpHand    = "survey-hand-over"
	OpHanded  = "survey-handed-over"
)

// registerPublic adds what whoever answers does.
func (d *Desk) registerPublic(api *httpapi.API) {
	public := func(id, method, path, summary string, perMinute int) httpapi.Op {
		return httpapi.Op{ID: id, Method: method, Path: "/api/public/surveys" + path, Summary: summary, Tag: "public", Access: httpapi.Public, PerMinute: perMinute, MaxBody: maxAnswer}
	}
	httpapi.Register(api, public(OpOffered, http.MethodGet, "", "Surveys that anybody may answer now", 240), func(ctx context.Context, _ *struct{}) (*httpapi.List[*Asked], error) {
		return httpapi.All(d.Offered(ctx))
	})
	httpapi.Register(api, public(OpAsk, http.MethodGet, "/{id}", "A survey's questions, for everybody or by an invitation", 120), func(ctx context.Context, in *struct {
		ByID
		Token string `query:"token" maxLength:"64"`
	}) (*httpapi.Body[*Asked], error) {
		a, err := d.Ask(ctx, in.ID, in.Token)
		if err != nil {
			return nil, err
		}
		return httpapi.Of(a.told()), nil
	})
	httpapi.Register(api, public(OpAnswer, http.MethodPost, "/{id}/answers", "Answer a survey; nothing of who answers is kept", 30), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			ID      string         `json:"id,omitempty" maxLength:"32" doc:"Random, 32 hexadecimal digits: sent twice it is kept once; empty to draw one"`
			Pass    string         `json:"pass" maxLength:"200"`
			Token   string         `json:"token" maxLength:"64"`
			Version int            `json:"version" minimum:"1"`
			Mode    string         `json:"mode" enum:"phone,tv"`
			Lang    string         `json:"lang" maxLength:"20"`
			Place   string         `json:"place" maxLength:"12" doc:"Region code of where one lives, no nearer than one wants"`
			Started int64          `json:"started" doc:"Seconds since 1970"`
			Answers engine.Answers `json:"answers"`
		}
	}) (*httpapi.Body[struct {
		Became string `json:"became" enum:"taken,full"`
	}], error) {
		b := in.Body
		became, err := d.Answer(ctx, in.ID, b.Token, b.Pass, Given{ID: b.ID, Version: b.Version, Mode: Mode(b.Mode), Lang: b.Lang, Place: b.Place, Started: time.Unix(b.Started, 0), Answers: b.Answers})
		return httpapi.Of(struct {
			Became string `json:"became" enum:"taken,full"`
		}{became}), err
	})
	httpapi.Register(api, public(OpHand, http.MethodPost, "/{id}/handovers", "Hand an answer that was begun on a television over to a telephone", 30), func(ctx context.Context, in *struct {
		ByID
		Body Handover
	}) (*httpapi.Body[*Handed], error) {
		h, err := d.HandOver(ctx, in.ID, in.Body)
		return httpapi.Of(h), err
	})
	httpapi.Register(api, public(OpHanded, http.MethodPost, "/handovers", "Whether what was handed over still waits for a telephone; or take it back", 240), func(ctx context.Context, in *struct {
		Body struct {
			Key      string `json:"key" minLength:"32" maxLength:"32"`
			Withdraw bool   `json:"withdraw" doc:"It waits no more"`
		}
	}) (*httpapi.Body[struct {
		Waiting bool `json:"waiting" doc:"No telephone has taken it up"`
	}], error) {
		waiting, err := d.Waiting(ctx, in.Body.Key, in.Body.Withdraw)
		return httpapi.Of(struct {
			Waiting bool `json:"waiting" doc:"No telephone has taken it up"`
		}{waiting}), err
	})
}

// maxAnswer is how large an answer may be, bytes.
const maxAnswer = 256 << 10
