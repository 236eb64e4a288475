package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/terminal/adapter"
)

// farEndFlags are those of both simulated devices of GD/J 089.
type farEndFlags struct {
	Code      ebd.ResourceCode `required:"" help:"Resource code (23 digits) of the device."`
	Heartbeat time.Duration    `default:"30s" help:"Time between heartbeats."`
	Key       []publicKey      `placeholder:"HEX" help:"Obey only commands signed with this SM2 public key (x ‖ y, 128 hexadecimal digits); may be repeated."`
	Log       string           `enum:"debug,info,warn,error" default:"info" help:"Level of the log: ${enum}."`
}

func (f farEndFlags) keys() (keys []ebd.PublicKey) {
	for _, k := range f.Key {
		keys = append(keys, ebd.PublicKey(k))
	}
	return keys
}

// publicKey is a key as a flag.
type publicKey ebd.PublicKey

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *publicKey) UnmarshalText(b []byte) error {
	raw, err := hex.DecodeString(string(b))
	if err != nil {
		return err
	}
	key, err := ebd.ParsePublicKey(raw)
	*k = publicKey(key)
	return err
}

type terminalAdapterCmd struct {
	farEndFlags
	Listen   string `default:"127.0.0.1:9089" help:"Address to take commands on."`
	Platform string `placeholder:"HOST:PORT" help:"Where reports and heartbeats go; without it none are sent."`
	Stream   string `placeholder:"rtp://HOST:PORT" help:"Address offered when a command asks for one to send a stream to."`
}

func (c terminalAdapterCmd) Run(ctx context.Context) error {
	log, err := obs.Logger(os.Stderr, c.Log, "text")
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	log.Info("adapter", "code", c.Code, "listens", l.Addr(), "reports to", c.Platform)
	return adapter.New(adapter.Options{Code: c.Code, Platform: c.Platform, Heartbeat: c.Heartbeat, Keys: c.keys(), Stream: c.Stream, Clock: clock.System{}, Log: log}).Serve(ctx, l)
}

type terminalIPCmd struct {
	farEndFlags
	Adapter  string `required:"" placeholder:"HOST:PORT" help:"Adapter to connect to."`
	Physical string `default:"000000000001" help:"The address it was made with, hexadecimal digits."`
}

// Validate is called by kong, for which its errors are wrong use.
func (c terminalIPCmd) Validate() error {
	if _, err := hex.DecodeString(c.Physical); err != nil {
		return fmt.Errorf("--physical: %w", err)
	}
	return nil
}

func (c terminalIPCmd) Run(ctx context.Context) error {
	log, err := obs.Logger(os.Stderr, c.Log, "text")
	if err != nil {
		return err
	}
	adapter.NewTerminal(adapter.TerminalOptions{Code: c.Code, Physical: c.Physical, Adapter: c.Adapter, Heartbeat: c.Heartbeat, Keys: c.keys(), Clock: clock.System{}, Log: log}).Run(ctx)
	return nil
}
