package feed

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// View is a source as people see it.
type View struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind" enum:"pull,push"`
	NameZh     string     `json:"nameZh"`
	NameEn     string     `json:"nameEn"`
	RegionPath string     `json:"regionPath" doc:"Whom it may speak to"`
	Level      rule.Level `json:"level" doc:"Of whoever answers for it"`
	Settings   *Settings  `json:"settings,omitempty" doc:"Absent for who may not set it up"`
	Trust      *Trust     `json:"trust,omitempty" doc:"Absent for who may not set it up"`
	Enabled    bool       `json:"enabled"`
	Failing    bool       `json:"failing" doc:"It failed several times in a row, for minutes"`
	HeardAt    *time.Time `json:"heardAt,omitempty" doc:"When it was last fetched, or last sent"`
	NewAt      *time.Time `json:"newAt,omitempty" doc:"When it last had something new"`
	FailedAt   *time.Time `json:"failedAt,omitempty"`
	Failures   int        `json:"failures" doc:"In a row"`
	Failure    string     `json:"failure,omitempty" doc:"The last one"`
	Address    string     `json:"address,omitempty" doc:"Where it sends to"`
	Secret     string     `json:"secret,omitempty" doc:"Its token or key; told once, when it is made"`
	Revision   int64      `json:"revision"`
}

func (d *Desk) view(ctx context.Context, s *Source) View {
	h := s.Health
	v := View{ID: s.ID, Kind: s.Kind, NameZh: s.NameZh, NameEn: s.NameEn, RegionPath: s.RegionPath, Level: s.Level, Enabled: s.Enabled, Failing: h.Failing(d.Clock.Now()),
		HeardAt: moment(h.HeardAt), NewAt: moment(h.NewAt), FailedAt: moment(h.FailedAt), Failures: h.Failures, Failure: h.Failure, Revision: s.Revision}
	if auth.ScopeOf(ctx, d.Edit).Allows(s.RegionPath) {
		v.Settings, v.Trust = &s.Settings, &s.Trust
		if s.Kind == Push {
			v.Address = d.Identity.Base + "/cap/" + s.ID
		}
	}
	return v
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// JudgedView is what a source said and what was thought of it.
type JudgedView struct {
	Ref        string           `json:"ref"`
	Sender     string           `json:"sender"`
	Identifier string           `json:"identifier"`
	Sent       time.Time        `json:"sent"`
	Status     string           `json:"status"`
	MsgType    string           `json:"msgType"`
	Event      string           `json:"event,omitempty"`
	Severity   message.Severity `json:"severity,omitempty"`
	Title      string           `json:"title"`
	Verdict    Verdict          `json:"verdict" enum:"taken,ignored,refused"`
	Reason     string           `json:"reason,omitempty"`
	Doubts     []string         `json:"doubts" doc:"Why a person would look at it whatever the rules say; only when tried"`
	Arrival    string           `json:"arrival,omitempty"`
	At         time.Time        `json:"at"`
}

func viewJudged(ctx context.Context, j Judged) JudgedView {
	v := JudgedView{Ref: j.Ref, Sender: j.Sender, Identifier: j.Identifier, Sent: j.Sent, Status: j.Status, MsgType: j.MsgType, Event: j.Event, Severity: j.Severity, Title: j.Title,
		Verdict: j.Verdict, Reason: reasonIn(ctx, j.Reason), Doubts: j.Doubts, Arrival: j.Arrival, At: j.At}
	if v.Doubts == nil {
		v.Doubts = []string{}
	}
	return v
}

func reasonIn(ctx context.Context, why *fault.Error) string {
	if why == nil {
		return ""
	}
	return i18n.T(httpapi.LangOf(ctx), why.Code, why.Args)
}

// Setup is what a person says of a source.
type Setup struct {
	NameZh     string     `json:"nameZh" minLength:"1" maxLength:"60" text:"name"`
	NameEn     string     `json:"nameEn" minLength:"1" maxLength:"60" text:"name"`
	RegionCode string     `json:"regionCode" pattern:"^[0-9]{12}$" doc:"Code of the region that it may speak to"`
	Level      rule.Level `json:"level" enum:"nation,province,city,district,township,village" doc:"Of whoever answers for it, for the rules"`
	Settings   Settings   `json:"settings"`
	Trust      Trust      `json:"trust"`
	Enabled    bool       `json:"enabled"`
}

// ByID names a source.
type ByID struct {
	ID string `path:"id" maxLength:"26" doc:"Id of the source"`
}

// freshFor is how old the second factor of who says whom to trust may be.
const freshFor = 5 * time.Minute

// Register adds the operations on sources, the door for what they send, and the public feed.
func (d *Desk) Register(api *httpapi.API) {
	const path = "/api/alert-sources"
	read, edit := httpapi.Needs(d.Read), httpapi.Needs(d.Edit)
	op := func(id, method, path, summary string, access httpapi.Access) httpapi.Op {
		return httpapi.Op{ID: id, Method: method, Path: path, Summary: summary, Tag: "alert-sources", Access: access}
	}
	httpapi.Register(api, op("alert-sources", http.MethodGet, path, "Sources of CAP that may speak to your regions", read), func(ctx context.Context, _ *struct{}) (*httpapi.Body[store.Listing[View]], error) {
		return d.list(ctx, d.Read)
	})
	httpapi.Register(api, op("alert-sources-mine", http.MethodGet, path+"/mine", "Sources of CAP that you may set up", edit), func(ctx context.Context, _ *struct{}) (*httpapi.Body[store.Listing[View]], error) {
		return d.list(ctx, d.Edit)
	})
	create := op("alert-source-create", http.MethodPost, path, "Name a source and say what it is trusted with; a secret in the answer is told once. Needs a fresh second factor", edit)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct {
		Body struct {
			Kind string `json:"kind" enum:"pull,push"`
			Setup
		}
	}) (*httpapi.Item[View], error) {
		s := &Source{Kind: in.Body.Kind}
		return d.change(ctx, "create", s, func(*store.Tx) error { return d.set(ctx, s, in.Body.Setup) })
	})
	httpapi.Register(api, op("alert-source-get", http.MethodGet, path+"/{id}", "One source", edit), func(ctx context.Context, in *ByID) (*httpapi.Item[View], error) {
		s, err := readSource(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return nil, err
		}
		return httpapi.One(d.view(ctx, s), s.Revision), nil
	})
	httpapi.Register(api, op("alert-source-put", http.MethodPut, path+"/{id}", "Change a source and what it is trusted with. Needs a fresh second factor", edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body Setup
	}) (*httpapi.Item[View], error) {
		return d.alter(ctx, in.ID, in.IfMatch, "change", func(s *Source) error { return d.set(ctx, s, in.Body) })
	})
	httpapi.Register(api, op("alert-source-secret", http.MethodPost, path+"/{id}/secret", "Make a new secret; the old one holds no longer. Needs a fresh second factor", edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*httpapi.Item[View], error) {
		return d.alter(ctx, in.ID, in.IfMatch, "secret", func(s *Source) error {
			if s.Kind != Push {
				return fault.New(fault.Conflict, "alert.source.no_secret")
			}
			s.Secret = nil
			return nil
		})
	})
	httpapi.Register(api, op("alert-source-delete", http.MethodDelete, path+"/{id}", "Give up a source; what came from it stays. Needs a fresh second factor", edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		_, err := d.alter(ctx, in.ID, in.IfMatch, "retire", func(*Source) error { return nil })
		return nil, err
	})
	httpapi.Register(api, op("alert-source-alerts", http.MethodGet, path+"/{id}/alerts", "What a source said last and what was thought of it, newest first", edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.PageInput
	}) (*httpapi.Body[store.Listing[JudgedView]], error) {
		s, err := readSource(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return nil, err
		}
		found, err := lastJudged(ctx, d.DB, s.ID, in.Page())
		out := store.Listing[JudgedView]{Items: make([]JudgedView, len(found.Items)), Next: found.Next, Total: found.Total}
		for i, j := range found.Items {
			out.Items[i] = viewJudged(ctx, j)
		}
		return httpapi.Of(out), err
	})
	try := op("alert-source-try", http.MethodPost, path+"/{id}/try", "Fetch a source now, or take a document as if it came from it, and say what would be thought of each alert; nothing is taken", edit)
	try.PerMinute, try.AtOnce, try.MaxBody, try.Room = 12, 1, maxDocument+1<<16, 16<<20
	httpapi.Register(api, try, func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Document string `json:"document,omitempty" maxLength:"4194304" doc:"What it might send; a source that is fetched needs none"`
		}
	}) (*httpapi.Body[Trial], error) {
		s, err := readSource(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return nil, err
		}
		out, err := d.try(ctx, s, in.Body.Document)
		return httpapi.Of(out), err
	})
	now := op("alert-source-fetch", http.MethodPost, path+"/{id}/fetch", "Fetch a source now, and take what is new", edit)
	now.PerMinute, now.AtOnce = 60, 2
	httpapi.Register(api, now, func(ctx context.Context, in *ByID) (*httpapi.Item[View], error) {
		s, err := readSource(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return nil, err
		}
		if s.Kind != Pull || !s.Enabled {
			return nil, fault.New(fault.Conflict, "alert.source.not_fetched")
		}
		if !d.claim(s.ID) {
			return nil, fault.New(fault.Conflict, "alert.source.busy")
		}
		defer d.release(s.ID)
		d.pull(ctx, s)
		return httpapi.One(d.view(ctx, s), s.Revision), ctx.Err()
	})
	httpapi.Register(api, OpPush, d.push)
	d.registerPublic(api)
}

func (d *Desk) list(ctx context.Context, perm auth.Permission) (*httpapi.Body[store.Listing[View]], error) {
	found, err := listSources(ctx, d.DB)
	scope := auth.ScopeOf(ctx, perm)
	out := store.Listing[View]{Items: []View{}}
	for _, s := range found {
		if scope.Allows(s.RegionPath) {
			out.Items = append(out.Items, d.view(ctx, s))
		}
	}
	out.Total = int64(len(out.Items))
	return httpapi.Of(out), err
}

// Trial is what a source would bring now.
type Trial struct {
	Failure string       `json:"failure,omitempty" doc:"What went wrong on the way"`
	Alerts  []JudgedView `json:"alerts"`
}

// try judges what a source has to say, and takes nothing.
func (d *Desk) try(ctx context.Context, s *Source, given string) (Trial, error) {
	out := Trial{Alerts: []JudgedView{}}
	var docs []found
	var doc *document
	var err error
	switch {
	case given != "":
		if doc, err = documentOf([]byte(given)); err == nil {
			docs = []found{{document: doc}}
		}
	case s.Kind == Push:
		return out, fault.Bad("document", "alert.source.try_document")
	default:
		var raw []byte
		if raw, err = d.fetch(ctx, s, s.Settings.URL, nil); err == nil {
			if doc, err = documentOf(raw); err == nil {
				docs, _, err = d.follow(ctx, s, doc, map[string]string{})
			}
		}
	}
	if err != nil {
		out.Failure = say(err)
	}
	for _, f := range docs {
		for i := range min(len(f.read.Alerts), maxAlerts) {
			j, _, err := d.judge(ctx, s, f.document, i)
			if err != nil {
				return out, err
			}
			out.Alerts = append(out.Alerts, viewJudged(ctx, j))
		}
	}
	return out, nil
}

// set takes what a person says into a source, in a region where the person may.
func (d *Desk) set(ctx context.Context, s *Source, in Setup) error {
	path, err := d.House.RegionPath(ctx, in.RegionCode)
	if err != nil {
		return err
	}
	if err := auth.Check(ctx, d.Edit, path); err != nil {
		return err
	}
	proof := s.Settings.Proof
	s.NameZh, s.NameEn, s.RegionPath, s.Level, s.Settings, s.Trust, s.Enabled = in.NameZh, in.NameEn, path, in.Level, in.Settings, in.Trust, in.Enabled
	if proof != s.Settings.Proof {
		s.Secret = nil
	}
	return s.validate()
}

// alter changes a source that the asker may set up.
func (d *Desk) alter(ctx context.Context, id string, match httpapi.IfMatch, action string, do func(*Source) error) (*httpapi.Item[View], error) {
	version, err := match.Version()
	if err != nil {
		return nil, err
	}
	s := new(Source)
	return d.change(ctx, action, s, func(tx *store.Tx) error {
		was, err := readSource(ctx, tx, id, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return err
		}
		if *s = *was; s.Revision != version {
			return fault.New(fault.Stale, "stale")
		}
		return do(s)
	})
}

// change writes a source down with its audit record. Who says whom to trust has just proven a
// second factor.
func (d *Desk) change(ctx context.Context, action string, s *Source, do func(*store.Tx) error) (*httpapi.Item[View], error) {
	if err := auth.RequireFresh(ctx, d.Clock.Now(), freshFor); err != nil {
		return nil, err
	}
	made := ""
	err := d.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if err := do(tx); err != nil {
			return err
		}
		if action == "create" {
			s.ID = store.NewID(tx.Now)
		}
		if s.Kind == Push && len(s.Secret) == 0 {
			if made, s.Secret, err = d.secret(s); err != nil {
				return err
			}
		}
		if action == "create" {
			err, s.Revision = insertSource(ctx, tx, s), 1
		} else {
			err = updateSource(ctx, tx, s, action == "retire")
			s.Revision++
		}
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.source." + action, Object: "alert-source:" + s.ID, RegionPath: s.RegionPath,
			Detail: map[string]any{"kind": s.Kind, "name": s.NameZh, "level": s.Level, "settings": s.Settings, "trust": s.Trust, "enabled": s.Enabled}})
	})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	delete(d.marks, s.ID)
	d.mu.Unlock()
	v := d.view(ctx, s)
	v.Secret = made
	return httpapi.One(v, s.Revision), nil
}

// secret makes what a source proves itself with, and what is kept of it.
func (d *Desk) secret(s *Source) (made string, kept []byte, err error) {
	made = rand.Text()
	switch s.Settings.Proof {
	case ByToken:
		sum := sha256.Sum256([]byte(made))
		return made, sum[:], nil
	case BySignature:
		kept, err = d.Sealer.Seal([]byte(made), "cap-source:"+s.ID)
		return made, kept, err
	}
	return "", nil, errors.New("alert: a source without a way to prove itself")
}
