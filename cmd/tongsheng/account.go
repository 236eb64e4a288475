package main

import (
	"context"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/app"
)

type accountCmd struct {
	Reset accountResetCmd `cmd:"" help:"Give somebody a one-time password and a new second factor, shown once."`
}

type accountResetCmd struct {
	settings
	Name string `arg:"" help:"User name."`
}

func (c accountResetCmd) Run(ctx context.Context) error {
	cfg, err := c.node()
	if err != nil {
		return err
	}
	w, err := app.ResetAccount(ctx, cfg, c.Name)
	if err != nil {
		return err
	}
	fmt.Printf("%-24s %s\n%-24s %s\n%-24s %s\n", "user 用户", w.Username, "one-time password 一次性密码", w.Password,
		"second factor 动态口令密钥", w.TOTP.Secret)
	return nil
}
