package main

import (
	"encoding/json"
	"os"

	"github.com/tongsheng/tongsheng/internal/app"
)

type openapiCmd struct{}

func (openapiCmd) Run() error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(app.Interface().OpenAPI())
}
