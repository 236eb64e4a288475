package main

import (
	"encoding/json"
	"os"

	"github.com/tongsheng/tongsheng/city"
)

type cityCmd struct {
	Check cityCheckCmd `cmd:"" help:"Name every inconsistency of a city's folder, one JSON line each."`
}

type cityCheckCmd struct {
	Dir string `arg:"" type:"existingdir" help:"Folder of the city."`
}

func (c cityCheckCmd) Run() error {
	findings := city.Check(os.DirFS(c.Dir))
	out := json.NewEncoder(os.Stdout)
	for _, f := range findings {
		if err := out.Encode(f); err != nil {
			return err
		}
	}
	if len(findings) > 0 {
		return errInput
	}
	return nil
}
