package main

import (
	"context"
	"os"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
)

type serveCmd struct {
	settings
	Level string `enum:"nation,city,district," default:"" help:"Level of this node: nation, city or district; its region must be of it."`
}

func (c serveCmd) Run(ctx context.Context) error {
	if c.Level != "" {
		c.Set = append(c.Set, "level="+c.Level)
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	log, err := obs.Logger(os.Stderr, cfg.Log.Level, cfg.Log.Format)
	if err != nil {
		return err
	}
	node, err := app.Open(ctx, cfg, log, version)
	if err != nil {
		return err
	}
	defer node.Close()
	if err := node.Bind(); err != nil {
		return err
	}
	first, err := node.FirstStart(ctx, 0)
	if err != nil {
		return err
	}
	if first != nil {
		first.Print(os.Stderr)
	}
	return node.Run(ctx)
}
