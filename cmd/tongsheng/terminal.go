package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/terminal"
)

type terminalCmd struct {
	Run      terminalRunCmd      `cmd:"" help:"Run the agent of this loudspeaker."`
	Enrol    terminalEnrolCmd    `cmd:"" help:"Join a platform; once in a device's life."`
	Simulate terminalSimulateCmd `cmd:"" help:"Run many simulated loudspeakers over real connections."`
	Adapter  terminalAdapterCmd  `cmd:"" help:"Run a simulated loudspeaker adapter (GD/J 089 Annex A)."`
	IP       terminalIPCmd       `cmd:"" name:"ip" help:"Run a simulated IP terminal (GD/J 089 Annexes D and E)."`
}

// terminalFlags are those of every terminal command.
type terminalFlags struct {
	Dir string `required:"" type:"path" help:"Folder for the terminal's state."`
	Log string `enum:"debug,info,warn,error" default:"info" help:"Level of the log: ${enum}."`
}

func (f terminalFlags) logger() (*slog.Logger, error) { return obs.Logger(os.Stderr, f.Log, "text") }

// serverFlags say where the platform is and how to join it.
type serverFlags struct {
	Server    string `required:"" placeholder:"URL" help:"Address of the platform, https://host."`
	TokenFile string `type:"existingfile" help:"File with the enrolment token; the token itself never goes on the command line."`
	Pin       string `placeholder:"SHA256" help:"SHA-256 (hexadecimal) of the server's certificate or its authority's; without it the system's authorities are believed."`
}

func (f serverFlags) tokens() ([]terminal.Token, error) {
	if f.TokenFile == "" {
		return nil, nil
	}
	return terminal.ReadTokens(f.TokenFile)
}

type terminalEnrolCmd struct {
	terminalFlags
	serverFlags
	Code   string `help:"Resource code (23 digits); without it the platform chooses by the token."`
	Model  string `default:"linux" help:"Model of the device."`
	Serial string `required:"" help:"Serial number of the device."`
}

func (c terminalEnrolCmd) Run(ctx context.Context) error {
	log, err := c.logger()
	if err != nil {
		return err
	}
	tokens, err := c.tokens()
	if err != nil {
		return err
	}
	if len(tokens) != 1 {
		return fault.New(fault.Invalid, "cli.one_token")
	}
	e := terminal.Enrolment{Server: c.Server, Pin: c.Pin, Token: tokens[0].Token, Code: tokens[0].Code, Model: c.Model, Serial: c.Serial}
	if c.Code != "" {
		if e.Code, err = ebd.ParseResourceCode(c.Code); err != nil {
			return err
		}
	}
	answer, err := terminal.Enrol(ctx, terminal.Config{Dir: c.Dir, Firmware: version, Clock: clock.System{}, Log: log}, e)
	if err != nil {
		return err
	}
	_, err = fmt.Println(answer.Code)
	return err
}

type terminalRunCmd struct {
	terminalFlags
	Play    string `help:"Command that plays {file} at {volume}, from second {from} if it can, and exits with 0 if it could; found by itself if not given, 'none' for none."`
	Speak   string `help:"Command that speaks standard input in {voice} at {amplitude}; found by itself, 'none' for none."`
	Mixer   string `help:"Command that sets {volume}; found by itself, 'none' for none."`
	Capture string `help:"Command that records {seconds} into the WAV {file}; found by itself, 'none' for none."`
	Tune    string `help:"Command that sounds a broadcast off the air, {source} as fm:98200 in kHz, at {volume} until it is interrupted; none if not given."`
	CacheMB int64  `name:"cache-mb" default:"512" help:"Megabytes of fetched audio to keep."`
}

func (c terminalRunCmd) Run(ctx context.Context) error {
	log, err := c.logger()
	if err != nil {
		return err
	}
	if err := folder(c.Dir); err != nil {
		return err
	}
	commands := terminal.Commands{Play: c.Play, Speak: c.Speak, Mixer: c.Mixer, Capture: c.Capture, Tune: c.Tune}.FindCommands()
	agent, err := terminal.Open(terminal.Config{Dir: c.Dir, Firmware: version, Commands: commands, CacheBytes: c.CacheMB << 20, Clock: clock.System{}, Log: log,
		Told: newTeller(os.Stdout, language()).told})
	if err != nil {
		return err
	}
	players := []string{}
	for _, p := range commands.Players {
		players = append(players, strings.Fields(p.Command)[0])
	}
	log.Info("terminal", "code", agent.Code(), "play", commands.Play, "players", strings.Join(players, " "), "speak", commands.Speak, "mixer", commands.Mixer, "capture", commands.Capture)
	return agent.Run(ctx)
}

type terminalSimulateCmd struct {
	terminalFlags
	serverFlags
	Count   int           `required:"" help:"How many loudspeakers."`
	Seed    uint64        `default:"1" help:"Which of them have which fault follows from this."`
	Speed   float64       `default:"1" help:"Playing is this much faster than real."`
	Offline float64       `default:"0.02" help:"Share that never connects."`
	Late    float64       `default:"0.01" help:"Share that acts 5 to 30 s late."`
	Failing float64       `default:"0.01" help:"Share whose player fails."`
	Silent  float64       `default:"0.01" help:"Share that claims to have played while nothing is heard."`
	Deaf    float64       `default:"0.02" help:"Share whose microphone is broken."`
	Every   time.Duration `default:"30s" help:"Time between lines of statistics on standard error."`
	Leashed bool          `hidden:"" help:"End when standard input does: with the process that started this one, however that ended."`
}

// Validate is called by kong, for which its errors are wrong use.
func (c terminalSimulateCmd) Validate() error {
	if c.Count < 1 {
		return errors.New("--count must be at least 1")
	}
	return c.mix().Validate()
}

func (c terminalSimulateCmd) mix() terminal.Mix {
	return terminal.Mix{Offline: c.Offline, Late: c.Late, Failing: c.Failing, Silent: c.Silent, Deaf: c.Deaf}
}

func (c terminalSimulateCmd) Run(ctx context.Context) error {
	log, err := c.logger()
	if err != nil {
		return err
	}
	tokens, err := c.tokens()
	if err != nil {
		return err
	}
	if c.Leashed {
		var let context.CancelFunc
		ctx, let = context.WithCancel(ctx)
		go func() { defer let(); _, _ = io.Copy(io.Discard, os.Stdin) }()
	}
	// Collecting walks the stacks of all terminals, and finds little.
	debug.SetGCPercent(400)
	return terminal.Simulate(ctx, terminal.Simulation{Count: c.Count, Server: c.Server, Pin: c.Pin, Tokens: tokens, Dir: c.Dir, Seed: c.Seed,
		Speed: c.Speed, Mix: c.mix(), Stats: os.Stderr, Every: c.Every, Clock: clock.System{}, Log: log})
}
