package app

import (
	"context"
	"log/slog"

	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// ResetAccount gives somebody a new password and second factor on behalf of whoever runs
// the node; it may run beside the server, where that person's sessions end within seconds.
func ResetAccount(ctx context.Context, cfg config.Config, name string) (w account.Welcome, err error) {
	if err := whole(cfg); err != nil {
		return w, err
	}
	// Opening makes what is missing, and a second factor sealed with a new key would
	// never open: a wrong data folder must not look like a node.
	if err := there(SecretPath(cfg)); err != nil {
		return w, err
	}
	db, err := store.Open(ctx, cfg.DatabaseAddress(), clock.System{})
	if err != nil {
		return w, err
	}
	defer db.Close()
	sealer, err := openSealer(ctx, cfg, db)
	if err != nil {
		return w, err
	}
	m, err := account.New(account.Deps{DB: db, Clock: clock.System{}, Log: slog.Default(), Sealer: sealer,
		Settings: account.Settings{PublicURL: cfg.HTTP.PublicURL}})
	if err != nil {
		return w, err
	}
	return m.ResetByName(auth.As(store.Vital(ctx), auth.Actor{ID: "system:operator", Name: "operator"}), name)
}
