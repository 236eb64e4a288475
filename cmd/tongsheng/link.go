package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/link"
)

type linkCmd struct {
	Invite linkInviteCmd `cmd:"" help:"Invite a node that serves a region below; prints the invitation once."`
	Join   linkJoinCmd   `cmd:"" help:"Take up an invitation of the node above, read from a file or standard input."`
	List   linkListCmd   `cmd:"" help:"Print the nodes that this one is joined to, a JSON line each."`
	Revoke linkRevokeCmd `cmd:"" help:"Cut a node off for good."`
}

// beside opens a node's links beside its server.
func (s settings) beside(ctx context.Context) (*app.Operator, context.Context, error) {
	cfg, err := s.node()
	if err != nil {
		return nil, ctx, err
	}
	o, err := app.Joining(ctx, cfg)
	if err != nil {
		return nil, ctx, err
	}
	return o, o.As(ctx), nil
}

type linkInviteCmd struct {
	settings
	Site   string `arg:"" help:"Name that the node will have: its setting site."`
	Region string `arg:"" help:"12-digit code of the region that it serves."`
}

func (c linkInviteCmd) Run(ctx context.Context) error {
	o, ctx, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer o.Close()
	n, text, err := o.InviteTo(ctx, c.Site, c.Region)
	if err != nil {
		return err
	}
	say("cli.link.invited", fault.Args{"site": n.Site, "until": n.Expires.Local().Format(time.DateTime)})
	fmt.Println(text)
	return nil
}

type linkJoinCmd struct {
	settings
	Invitation string `arg:"" optional:"" default:"-" help:"File with the invitation; - is standard input."`
}

func (c linkJoinCmd) Run(ctx context.Context) error {
	in := os.Stdin
	if c.Invitation != "-" {
		f, err := os.Open(c.Invitation)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	const longest = 4096
	text, err := io.ReadAll(io.LimitReader(in, longest))
	if err != nil {
		return err
	}
	o, ctx, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer o.Close()
	n, err := o.Join(ctx, string(text))
	if err != nil {
		return err
	}
	say("cli.link.joined", fault.Args{"site": n.Site, "level": n.Level})
	return nil
}

type linkListCmd struct{ settings }

func (c linkListCmd) Run(ctx context.Context) error {
	o, ctx, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer o.Close()
	nodes, err := link.Nodes(ctx, o.DB)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, n := range nodes {
		line := struct {
			ID     string     `json:"id"`
			Above  bool       `json:"above"`
			Site   string     `json:"site"`
			Region string     `json:"region"`
			Level  string     `json:"level"`
			State  link.State `json:"state"`
			Up     bool       `json:"up"`
			Since  *time.Time `json:"since,omitempty"`
		}{ID: n.ID, Above: n.Above, Site: n.Site, Region: n.Region, Level: n.Level, State: n.State, Up: n.Up}
		if !n.Since.IsZero() {
			line.Since = &n.Since
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

type linkRevokeCmd struct {
	settings
	Site string `arg:"" help:"Name of the node."`
}

func (c linkRevokeCmd) Run(ctx context.Context) error {
	o, ctx, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer o.Close()
	n, err := link.BySite(ctx, o.DB, c.Site)
	if err != nil {
		return err
	}
	return o.Revoke(ctx, n.ID)
}
