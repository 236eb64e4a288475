package output

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// View is an output as people see it.
type View struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"`
	NameZh     string     `json:"nameZh"`
	NameEn     string     `json:"nameEn"`
	RegionPath string     `json:"regionPath" doc:"Whom it reaches"`
	Tier       int        `json:"tier" doc:"1 takes messages at once, more only what fell short"`
	Fits       Fits       `json:"fits" doc:"Which messages it takes"`
	Settings   any        `json:"settings,omitempty" doc:"Absent for who may not set it up"`
	Enabled    bool       `json:"enabled"`
	OKAt       *time.Time `json:"okAt,omitempty" doc:"When it last carried something"`
	FailedAt   *time.Time `json:"failedAt,omitempty"`
	Failure    string     `json:"failure,omitempty" doc:"The last one"`
	HeardAt    *time.Time `json:"heardAt,omitempty" doc:"Its last heartbeat, of kinds that send them; half a minute old at most"`
	Silent     bool       `json:"silent" doc:"Its heartbeats stopped"`
	Waiting    int        `json:"waiting" doc:"How much is to be carried, or is tried again"`
	Secret     string     `json:"secret,omitempty" doc:"What the far side checks signatures with; told once, when it is made"`
	Revision   int64      `json:"revision"`
}

func (b *Board) view(ctx context.Context, c *Config) View {
	v := View{ID: c.ID, Kind: c.Kind, NameZh: c.NameZh, NameEn: c.NameEn, RegionPath: c.RegionPath, Tier: c.Tier, Fits: c.Fits, Enabled: c.Enabled,
		OKAt: moment(c.Health.OKAt), FailedAt: moment(c.Health.FailedAt), Failure: c.Health.Failure,
		HeardAt: moment(c.Health.HeardAt), Silent: b.silent(c), Revision: c.Revision}
	if auth.ScopeOf(ctx, b.Edit).Allows(c.RegionPath) {
		v.Settings = c.Settings
	}
	return v
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Setup is what a person says of an output.
type Setup struct {
	NameZh     string         `json:"nameZh" minLength:"1" maxLength:"60" text:"name"`
	NameEn     string         `json:"nameEn" minLength:"1" maxLength:"60" text:"name"`
	RegionCode string         `json:"regionCode" pattern:"^[0-9]{12}$" doc:"Code of the region that it reaches"`
	Tier       int            `json:"tier" minimum:"1" maximum:"5" doc:"1 takes messages at once, more only what fell short"`
	Fits       Fits           `json:"fits" doc:"Which messages it takes"`
	Settings   map[string]any `json:"settings" doc:"By kind: docs/outputs.md"`
	Enabled    bool           `json:"enabled"`
}

// ByID names an output.
type ByID struct {
	ID string `path:"id" maxLength:"26" doc:"Id of the output"`
}

type listing = httpapi.Body[store.Listing[View]]

// Register adds the operations on outputs.
func (b *Board) Register(api *httpapi.API) {
	const path = "/api/alert-outputs"
	read, edit := httpapi.Needs(b.Read), httpapi.Needs(b.Edit)
	op := func(id, method, path, summary string, access httpapi.Access) httpapi.Op {
		return httpapi.Op{ID: id, Method: method, Path: path, Summary: summary, Tag: "alert-outputs", Access: access}
	}
	httpapi.Register(api, op("alert-outputs", http.MethodGet, path, "Outputs that reach your regions", read), func(ctx context.Context, _ *struct{}) (*listing, error) {
		list, err := listConfigs(ctx, b.DB)
		if err != nil {
			return nil, err
		}
		waiting, err := waitingTasks(ctx, b.DB)
		scope := auth.ScopeOf(ctx, b.Read)
		out := store.Listing[View]{Items: []View{}}
		for _, c := range list {
			if scope.Allows(c.RegionPath) {
				v := b.view(ctx, c)
				v.Waiting = waiting[c.ID]
				out.Items = append(out.Items, v)
			}
		}
		out.Total = int64(len(out.Items))
		return httpapi.Of(out), err
	})
	create := op("alert-output-create", http.MethodPost, path, "Set up an output; the secret in the answer is told once", edit)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct {
		Body struct {
			Kind string `json:"kind" enum:"webhook,tables,adapter,ipterminal,push,platform"`
			Setup
		}
	}) (*httpapi.Item[View], error) {
		c := &Config{Kind: in.Body.Kind}
		return b.change(ctx, "create", c, func(*store.Tx) error { return b.set(ctx, c, in.Body.Setup) })
	})
	httpapi.Register(api, op("alert-output-get", http.MethodGet, path+"/{id}", "One output", edit), func(ctx context.Context, in *ByID) (*httpapi.Item[View], error) {
		c, err := readConfig(ctx, b.DB, in.ID, auth.ScopeOf(ctx, b.Edit))
		if err != nil {
			return nil, err
		}
		waiting, err := waitingTasks(ctx, b.DB)
		v := b.view(ctx, c)
		v.Waiting = waiting[c.ID]
		return httpapi.One(v, c.Revision), err
	})
	httpapi.Register(api, op("alert-output-put", http.MethodPut, path+"/{id}", "Change an output", edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body Setup
	}) (*httpapi.Item[View], error) {
		return b.alter(ctx, in.ID, in.IfMatch, "change", func(c *Config) error { return b.set(ctx, c, in.Body) })
	})
	httpapi.Register(api, op("alert-output-secret", http.MethodPost, path+"/{id}/secret", "Make a new secret; the old one holds no longer", edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*httpapi.Item[View], error) {
		return b.alter(ctx, in.ID, in.IfMatch, "secret", func(c *Config) error {
			if !b.Drivers[c.Kind].Secret {
				return fault.New(fault.Conflict, "alert.output.no_secret")
			}
			c.Secret = nil
			return nil
		})
	})
	httpapi.Register(api, op("alert-output-delete", http.MethodDelete, path+"/{id}", "Give up an output; what it carried stays on record", edit), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		_, err := b.alter(ctx, in.ID, in.IfMatch, "retire", func(*Config) error { return nil })
		return nil, err
	})
	httpapi.Register(api, op("alert-output-history", http.MethodGet, path+"/{id}/history", "What one output carried, the newest first", read), b.history)
}

// set takes what a person says into an output, in a region where the person may.
func (b *Board) set(ctx context.Context, c *Config, s Setup) error {
	d, ok := b.Drivers[c.Kind]
	if !ok {
		return fault.Bad("kind", "alert.output.kind", fault.Args{"kind": c.Kind})
	}
	raw, err := json.Marshal(s.Settings)
	if err != nil {
		return err
	}
	if err := d.Check(raw); err != nil {
		return err
	}
	path, err := b.Messages.RegionPath(ctx, s.RegionCode)
	if err != nil {
		return err
	}
	if err := auth.Check(ctx, b.Edit, path); err != nil {
		return err
	}
	c.NameZh, c.NameEn, c.RegionPath, c.Tier, c.Fits, c.Settings, c.Enabled = s.NameZh, s.NameEn, path, s.Tier, s.Fits, raw, s.Enabled
	return nil
}

// alter changes an output that the asker may set up.
func (b *Board) alter(ctx context.Context, id string, match httpapi.IfMatch, action string, do func(*Config) error) (*httpapi.Item[View], error) {
	version, err := match.Version()
	if err != nil {
		return nil, err
	}
	c := new(Config)
	return b.change(ctx, action, c, func(tx *store.Tx) error {
		was, err := readConfig(ctx, tx, id, auth.ScopeOf(ctx, b.Edit))
		if err != nil {
			return err
		}
		*c = *was
		if c.Revision != version {
			return fault.New(fault.Stale, "stale")
		}
		if len(c.Secret) > 0 {
			if c.Secret, err = b.Sealer.Open(c.Secret, "output:"+c.ID); err != nil {
				return err
			}
		}
		return do(c)
	})
}

// change writes an output down with its audit record, and has its worker begin anew.
func (b *Board) change(ctx context.Context, action string, c *Config, do func(*store.Tx) error) (*httpapi.Item[View], error) {
	made := ""
	err := b.DB.Update(ctx, func(tx *store.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		if action == "create" {
			c.ID = store.NewID(tx.Now)
		}
		secret := c.Secret
		if b.Drivers[c.Kind].Secret && len(secret) == 0 {
			made = rand.Text()
			secret = []byte(made)
		}
		kept := *c
		if len(secret) > 0 {
			var err error
			if kept.Secret, err = b.Sealer.Seal(secret, "output:"+c.ID); err != nil {
				return err
			}
		}
		var err error
		if action == "create" {
			err, c.Revision = insertConfig(ctx, tx, &kept), 1
		} else {
			err = updateConfig(ctx, tx, &kept, action == "retire")
			c.Revision++
		}
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.output." + action, Object: "alert-output:" + c.ID, RegionPath: c.RegionPath,
			Detail: map[string]any{"kind": c.Kind, "name": c.NameZh, "tier": c.Tier, "fits": c.Fits, "settings": c.Settings, "enabled": c.Enabled}})
	})
	if err != nil {
		return nil, err
	}
	if err := b.reload(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	if forget := b.Drivers[c.Kind].Forget; action == "retire" && forget != nil {
		if err := forget(c.ID); err != nil {
			b.Log.Warn("alert: what an output kept on disk could not be deleted", "output", c.ID, "error", err)
		}
	}
	v := b.view(ctx, c)
	v.Secret = made
	return httpapi.One(v, c.Revision), nil
}

// String names an output in the log.
func (c *Config) String() string { return fmt.Sprintf("%s (%s)", c.NameZh, c.ID) }
