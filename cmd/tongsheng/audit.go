package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the hash chain and name every place where it does not hold."`
}

type auditVerifyCmd struct {
	settings
	Head string `help:"A head noted earlier; a chain cut off at its end is then found too."`
}

func (c auditVerifyCmd) Run(ctx context.Context) error {
	cfg, err := c.node()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.DatabaseAddress(), clock.System{})
	if err != nil {
		return err
	}
	defer db.Close()
	authority, err := app.Authority(ctx, cfg, db)
	if err != nil {
		return err
	}
	if authority == nil {
		say("cli.signatures_unchecked", fault.Args{"file": app.SecretPath(cfg)})
	}
	verdict, err := audit.Verify(ctx, db, audit.Against{Head: c.Head, Authority: authority})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdict); err != nil {
		return err
	}
	if len(verdict.Broken) > 0 {
		return errInput
	}
	return nil
}
