package main

import "os"

type configCmd struct {
	Print configPrintCmd `cmd:"" help:"Print every setting as a file that --config accepts."`
}

type configPrintCmd struct{ settings }

func (c configPrintCmd) Run() error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	raw, err := cfg.YAML()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(raw)
	return err
}
