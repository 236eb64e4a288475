package app

import (
	"context"
	"log/slog"
	"os"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongsheng/tongsheng/internal/platform/config"
)

// Interface is the OpenAPI document of every operation, made by a node that is opened in
// a temporary folder and never run.
func Interface(ctx context.Context) (*huma.OpenAPI, error) {
	dir, err := os.MkdirTemp("", "tongsheng-openapi-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Listen = dir, ""
	// The document must not change with the build that prints it.
	a, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "1")
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return a.api.OpenAPI(), nil
}
