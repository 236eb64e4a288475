package peer

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// freshFor is how old the second factor may be of who says whom this platform trusts.
const freshFor = 5 * time.Minute

// ByID names a peer.
type ByID struct {
	ID string `path:"id" maxLength:"26" doc:"Id of the platform"`
}

const root = "/api/alert-peers"

func op(id, method, path, summary string, needs auth.Permission) httpapi.Op {
	return httpapi.Op{ID: id, Method: method, Path: path, Summary: summary, Tag: "alert-peers", Access: httpapi.Needs(needs)}
}

// Register adds the operations on peers and the one that takes packages.
func (d *Desk) Register(api *httpapi.API) {
	api.Guard(Op, "application/x-tar", d.Serve())
	httpapi.Register(api, op("alert-peers", http.MethodGet, root, "Platforms above and below that cover something of your regions", d.Read), d.httpList)
	httpapi.Register(api, op("alert-peer-own", http.MethodGet, "/api/alert-peer-own", "What another platform must know of this one to exchange packages with it", d.Read),
		func(context.Context, *struct{}) (*httpapi.Body[Own], error) { return httpapi.Of(d.own()), nil })
	create := op("alert-peer-create", http.MethodPost, root, "Register a platform", d.Edit)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Setup }) (*httpapi.Item[View], error) {
		p := &Peer{}
		return d.change(ctx, "create", p, func(*store.Tx) error { return d.set(ctx, p, in.Body) })
	})
	httpapi.Register(api, op("alert-peer-get", http.MethodGet, root+"/{id}", "One platform", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Item[View], error) {
		p, err := readPeer(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Read))
		if err != nil {
			return nil, err
		}
		return httpapi.One(d.view(p), p.Revision), nil
	})
	httpapi.Register(api, op("alert-peer-put", http.MethodPut, root+"/{id}", "Change a platform and whom it may sign as", d.Edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body Setup
	}) (*httpapi.Item[View], error) {
		p := new(Peer)
		return d.alter(ctx, p, in.ID, in.IfMatch, "change", func() error { return d.set(ctx, p, in.Body) })
	})
	httpapi.Register(api, op("alert-peer-delete", http.MethodDelete, root+"/{id}", "Give up a platform; what was exchanged stays on record", d.Edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		_, err := d.alter(ctx, new(Peer), in.ID, in.IfMatch, "retire", func() error { return nil })
		return nil, err
	})
	d.registerWork(api)
	d.registerPackages(api)
}

func (d *Desk) httpList(ctx context.Context, _ *struct{}) (*httpapi.List[View], error) {
	all, err := listPeers(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	in, out, err := countWaiting(ctx, d.DB)
	scope, found := auth.ScopeOf(ctx, d.Read), store.Listing[View]{Items: []View{}}
	for _, p := range all {
		if scope.Allows(p.RegionPath) {
			v := d.view(p)
			v.ToAct, v.ToSend = in[p.ID], out[p.ID]
			found.Items = append(found.Items, v)
		}
	}
	found.Total = int64(len(found.Items))
	return httpapi.Of(found), err
}

// set takes what a person says into a peer, in a region where the person may.
func (d *Desk) set(ctx context.Context, p *Peer, s Setup) error {
	if err := p.set(s, d.Clock.Now()); err != nil {
		return err
	}
	if p.Code == d.Self.Code {
		return fault.Bad("code", "alert.peer.self")
	}
	path, err := d.Messages.RegionPath(ctx, s.RegionCode)
	if err != nil {
		return err
	}
	p.RegionCode, p.RegionPath = s.RegionCode, path
	return auth.Check(ctx, d.Edit, path)
}

// alter changes a peer that the asker may set up.
func (d *Desk) alter(ctx context.Context, p *Peer, id string, match httpapi.IfMatch, action string, do func() error) (*httpapi.Item[View], error) {
	version, err := match.Version()
	if err != nil {
		return nil, err
	}
	return d.change(ctx, action, p, func(tx *store.Tx) error {
		was, err := readPeer(ctx, tx, id, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return err
		}
		if *p = *was; p.Revision != version {
			return fault.New(fault.Stale, "stale")
		}
		return do()
	})
}

// change writes a peer down with its audit record, and has its worker begin anew. Whom this
// platform trusts is said by somebody who is surely there.
func (d *Desk) change(ctx context.Context, action string, p *Peer, do func(*store.Tx) error) (*httpapi.Item[View], error) {
	if err := auth.RequireFresh(ctx, d.Clock.Now(), freshFor); err != nil {
		return nil, err
	}
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		err := do(tx)
		if err != nil {
			return err
		}
		if action == "create" {
			p.ID = store.NewID(tx.Now)
			err, p.Revision = insertPeer(ctx, tx, p), 1
		} else {
			err = updatePeer(ctx, tx, p, action == "retire")
			p.Revision++
		}
		if err == nil && action == "retire" {
			err = endWaiting(ctx, tx, p.ID)
		}
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.peer." + action, Object: "alert-peer:" + p.ID, RegionPath: p.RegionPath,
			Detail: map[string]any{"direction": p.Direction, "name": p.Name, "code": p.Code, "url": p.URL, "region": p.RegionCode, "trust": p.Trust, "lax": p.Lax, "enabled": p.Enabled}})
	})
	if err != nil {
		return nil, err
	}
	if err := d.reload(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	d.Live.Tell("alert.peer", d.Read, p.RegionPath, map[string]any{"id": p.ID})
	return httpapi.One(d.view(p), p.Revision), nil
}

// Checked is what came of a try.
type Checked struct {
	OK      bool   `json:"ok"`
	Code    int    `json:"code" doc:"Result code of the receipt"`
	Words   string `json:"words,omitempty" doc:"Words of the receipt"`
	Failure string `json:"failure,omitempty" doc:"Why nothing is known"`
}

// registerWork adds what people may have this platform do with a peer.
func (d *Desk) registerWork(api *httpapi.API) {
	check := op("alert-peer-check", http.MethodPost, root+"/{id}/check", "Send a heartbeat now and tell what came of it", d.Edit)
	check.AtOnce = 2
	httpapi.Register(api, check, func(ctx context.Context, in *ByID) (*httpapi.Body[Checked], error) {
		p, err := readPeer(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return nil, err
		}
		w := &worker{desk: d, peer: p, client: newClient(p)}
		defer w.client.close()
		if err := w.beatOnce(ctx); err != nil {
			return httpapi.Of(Checked{Failure: heard(err.Error(), 300)}), nil
		}
		d.feel(p.ID, func(h *Health, now time.Time) { h.AnsweredAt = now })
		return httpapi.Of(Checked{OK: true, Code: int(ebd.ResultGood)}), nil
	})
	httpapi.Register(api, op("alert-peer-ask", http.MethodPost, root+"/{id}/ask", "Ask a platform for data on what it has, or how a message is faring", d.Edit), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Type  string     `json:"type" enum:"EBRPSInfo,EBRSTInfo,EBRASInfo,EBRBSInfo,EBRDTInfo,EBMBrdLog,EBRPSState,EBRASState,EBRBSState,EBRDTState,EBMStateRequest"`
			EBMID string     `json:"ebmid,omitempty" maxLength:"40" doc:"Of the message, for EBMStateRequest"`
			From  *time.Time `json:"from,omitempty"`
			To    *time.Time `json:"to,omitempty"`
			All   bool       `json:"all" required:"false" doc:"True asks for everything, else for what changed in the time"`
		}
	}) (*httpapi.Empty, error) {
		p, err := readPeer(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return nil, err
		}
		var body any = &ebd.EBMStateRequest{EBM: &ebd.EBMRef{EBMID: ebd.EBMID(in.Body.EBMID)}}
		if in.Body.Type == "EBMStateRequest" {
			if _, err := ebd.ParseEBMID(in.Body.EBMID); err != nil {
				return nil, fault.Bad("ebmid", "alert.peer.ebmid")
			}
		} else {
			params := &ebd.Params{RptType: ebd.RptIncremental}
			if in.Body.All {
				params.RptType = ebd.RptFull
			}
			if in.Body.From != nil {
				params.RptStartTime = ebd.At(*in.Body.From)
			}
			if in.Body.To != nil {
				params.RptEndTime = ebd.At(*in.Body.To)
			}
			body = &ebd.OMDRequest{OMDType: in.Body.Type, Params: params}
		}
		return nil, d.command(ctx, p, "ask", in.Body.Type, func(ctx context.Context, also func(*store.Tx) error) error {
			doc, err := d.document(ctx, p, body, "")
			if err != nil {
				return err
			}
			return d.postWith(ctx, p, []*ebd.Document{doc}, outgoing{rank: rankAsk, ebmid: in.Body.EBMID, topic: "ask:" + in.Body.Type + in.Body.EBMID, lasts: time.Hour}, also)
		})
	})
	httpapi.Register(api, op("alert-peer-tell", http.MethodPost, root+"/{id}/tell", "Tell a platform above everything that is registered here once more", d.Edit), func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
		p, err := readPeer(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Edit))
		if err != nil {
			return nil, err
		}
		if p.Direction != Upper || p.URL == "" {
			return nil, fault.New(fault.Conflict, "alert.peer.not_upper")
		}
		err = d.command(ctx, p, "tell", "", func(ctx context.Context, also func(*store.Tx) error) error {
			return d.DB.Update(ctx, func(tx *store.Tx) error {
				if err := putTold(ctx, tx, p.ID, Told{}); err != nil {
					return err
				}
				return also(tx)
			})
		})
		return nil, err
	})
}

// command does what a person asked, with its audit record.
func (d *Desk) command(ctx context.Context, p *Peer, action, what string, do func(ctx context.Context, also func(*store.Tx) error) error) error {
	return do(ctx, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.peer." + action, Object: "alert-peer:" + p.ID, RegionPath: p.RegionPath, Detail: map[string]any{"name": p.Name, "type": what}})
	})
}

// registerPackages adds what came and went.
func (d *Desk) registerPackages(api *httpapi.API) {
	type filter struct {
		httpapi.PageInput
		Peer  string   `query:"peer" maxLength:"26" doc:"Id of the platform"`
		Type  []string `query:"type" doc:"One or more EBDTypes"`
		EBMID string   `query:"ebmid" maxLength:"64" doc:"Of the message"`
	}
	choose := func(ctx context.Context, f filter, states []string) packageFilter {
		return packageFilter{Peer: f.Peer, Types: f.Type, State: states, EBMID: f.EBMID, Scope: auth.ScopeOf(ctx, d.Read), Page: f.Page()}
	}
	httpapi.Register(api, op("alert-peer-came", http.MethodGet, "/api/alert-packages-in", "Packages that came, newest first", d.Read), func(ctx context.Context, in *struct {
		filter
		State []string `query:"state" enum:"waiting,done,failed,refused"`
	}) (*httpapi.List[Came], error) {
		found, err := listEntries(ctx, d.DB, choose(ctx, in.filter, in.State))
		return httpapi.Of(views(found, viewCame)), err
	})
	httpapi.Register(api, op("alert-peer-went", http.MethodGet, "/api/alert-packages-out", "Packages that went or are to go, newest first", d.Read), func(ctx context.Context, in *struct {
		filter
		State []string `query:"state" enum:"waiting,sent,refused,given_up,superseded"`
	}) (*httpapi.List[Went], error) {
		found, err := listDispatches(ctx, d.DB, choose(ctx, in.filter, in.State))
		return httpapi.Of(views(found, viewWent)), err
	})
	httpapi.Register(api, op("alert-peer-resources", http.MethodGet, root+"/{id}/resources", "What a platform says that it has, and how it is", d.Read), func(ctx context.Context, in *struct {
		ByID
		httpapi.PageInput
		Kind string `query:"kind" enum:"EBRPS,EBRST,EBRAS,EBRBS,EBRDT" doc:"Platforms, stations, adapters, transmitters or terminals"`
	}) (*httpapi.List[Resource], error) {
		p, err := readPeer(ctx, d.DB, in.ID, auth.ScopeOf(ctx, d.Read))
		if err != nil {
			return nil, err
		}
		found, err := listResources(ctx, d.DB, p.ID, in.Kind, auth.ScopeOf(ctx, d.Read), in.Page())
		return httpapi.Of(views(found, viewResource)), err
	})
	api.Guard(op("alert-peer-came-file", http.MethodGet, "/api/alert-packages-in/{id}/file", "A package as it came", d.Read), "application/x-tar", func(w http.ResponseWriter, r *http.Request) error {
		e, err := readEntry(r.Context(), d.DB, chi.URLParam(r, "id"), auth.ScopeOf(r.Context(), d.Read))
		if err != nil {
			return err
		}
		if e.segment == "" {
			return fault.New(fault.NotFound, "alert.peer.package_not_kept")
		}
		raw, err := d.original(r.Context(), e)
		if err != nil {
			return err
		}
		return download(w, e.ebdid, raw)
	})
	api.Guard(op("alert-peer-went-file", http.MethodGet, "/api/alert-packages-out/{id}/file", "A package as it goes: its document as it was sent, signed anew", d.Read), "application/x-tar", func(w http.ResponseWriter, r *http.Request) error {
		s, err := readDispatch(r.Context(), d.DB, chi.URLParam(r, "id"), auth.ScopeOf(r.Context(), d.Read))
		if err != nil {
			return err
		}
		if s.document == "" {
			return fault.New(fault.NotFound, "alert.peer.package_not_kept")
		}
		pkg, err := d.pack(r.Context(), s)
		if err != nil {
			return err
		}
		var raw bytes.Buffer
		if err := pkg.Write(&raw); err != nil {
			return err
		}
		return download(w, s.ebdid, raw.Bytes())
	})
}

func download(w http.ResponseWriter, ebdid string, raw []byte) error {
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", `attachment; filename="EBDT_`+safe(ebdid)+`.tar"`)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Cache-Control", "private, no-store")
	_, err := w.Write(raw)
	return err
}

// safe leaves digits of an id, which may be anything in a package that departs from the standard.
func safe(id string) string {
	var out []byte
	for i := range len(id) {
		if id[i] >= '0' && id[i] <= '9' {
			out = append(out, id[i])
		}
	}
	return string(out)
}
