package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/tongsheng/tongsheng/internal/app"
)

type openapiCmd struct{}

func (openapiCmd) Run(ctx context.Context) error {
	doc, err := app.Interface(ctx)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}
