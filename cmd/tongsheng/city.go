package main

import (
	"encoding/json"
	"os"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

type cityCmd struct {
	Check cityCheckCmd `cmd:"" help:"Name every inconsistency of a city's folder, one JSON line each."`
}

type cityCheckCmd struct {
	Dir string `arg:"" type:"existingdir" help:"Folder of the city."`
}

// told is a finding with its sentence in the user's language.
type told struct {
	city.Finding
	Message string `json:"message"`
}

func (c cityCheckCmd) Run() error {
	findings := city.Check(os.DirFS(c.Dir))
	out := json.NewEncoder(os.Stdout)
	for _, f := range findings {
		if err := out.Encode(told{f, i18n.T(language(), f.Code, f.Args)}); err != nil {
			return err
		}
	}
	if len(findings) > 0 {
		return errInput
	}
	return nil
}
