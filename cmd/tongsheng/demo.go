package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
)

type demoCmd struct {
	settings
	Count int `default:"2000" help:"How many simulated loudspeakers to start, in a process of their own; 0 for none."`
}

func (c demoCmd) Run(ctx context.Context) error {
	if c.Count < 0 || c.Count > 18000 {
		return misuse{fault.New(fault.Invalid, "cli.count", fault.Args{"least": 0, "most": 18000})}
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
	first, err := node.FirstStart(ctx, c.Count)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	simulator := make(chan error, 1)
	go func() {
		select {
		case <-node.Ready():
			fmt.Printf("\nTongsheng 同声 is ready: %s\n  staff 工作人员   %s/console/\n", cfg.HTTP.PublicURL, cfg.HTTP.PublicURL)
			if first != nil {
				first.Print(os.Stdout)
			} else {
				for _, lang := range i18n.Langs {
					fmt.Println("  " + i18n.T(lang, "cli.sign_in_again", fault.Args{"data": cfg.Data}))
				}
			}
			simulator <- c.simulate(ctx, node)
		case <-ctx.Done():
			simulator <- nil
		}
	}()
	err = node.Run(ctx)
	stop()
	return errors.Join(err, <-simulator)
}

// simulate keeps the simulated loudspeakers running until ctx ends: like a real
// loudspeaker's agent, the process is started again when it dies.
func (c demoCmd) simulate(ctx context.Context, node *app.App) error {
	if c.Count == 0 {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir := filepath.Join(node.Config().Data, "simulator")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tokenFile := filepath.Join(dir, "enrolment-token")
	if err := os.WriteFile(tokenFile, []byte(node.SampleToken()+"\n"), 0o600); err != nil {
		return err
	}
	// Its lines would scroll away the passwords that are shown only once.
	file, err := os.OpenFile(filepath.Join(dir, "simulator.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	say("cli.simulator_log", fault.Args{"file": file.Name()})
	for ctx.Err() == nil {
		cmd := exec.CommandContext(ctx, self, "terminal", "simulate", "--leashed", "--count", strconv.Itoa(c.Count),
			"--server", node.Config().HTTP.PublicURL, "--token-file", tokenFile, "--dir", dir)
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = 10 * time.Second
		cmd.Stderr = file
		leash, err := cmd.StdinPipe() // its end is the simulator's, also where this process is killed
		if err == nil {
			err = cmd.Run()
			leash.Close()
		}
		if ctx.Err() != nil {
			return nil
		}
		fmt.Fprintln(os.Stderr, "The simulated loudspeakers stopped and are started again:", err)
		select {
		case <-ctx.Done():
		case <-time.After(3 * time.Second):
		}
	}
	return nil
}
