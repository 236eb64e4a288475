// Command tongsheng is the whole of Tongsheng 同声 in one binary: the server, the agent
// for terminals, and a command for each engine. Commands read files or standard input,
// print JSON lines or CSV on standard output and messages on standard error, and exit
// with 0 (fine), 1 (the input is bad or the work failed) or 2 (wrong use).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

var version = "dev" // set when built by make

type commands struct {
	Config   configCmd   `cmd:"" help:"Print the configuration that is in force."`
	Serve    serveCmd    `cmd:"" help:"Run the server."`
	Demo     demoCmd     `cmd:"" help:"Run a whole sample city: the server and simulated loudspeakers."`
	Audit    auditCmd    `cmd:"" help:"Prove the audit chain."`
	Backup   backupCmd   `cmd:"" help:"Copy everything into one file while the server runs."`
	Restore  restoreCmd  `cmd:"" help:"Make a new node from a backup."`
	Account  accountCmd  `cmd:"" help:"Let somebody in again who lost password or second factor."`
	Link     linkCmd     `cmd:"" help:"Join nodes of different levels."`
	City     cityCmd     `cmd:"" help:"Check a city's data."`
	EBD      ebdCmd      `cmd:"" name:"ebd" help:"Read, write, sign and check what the emergency-broadcasting standards GD/J 080–089 define."`
	CAP      capCmd      `cmd:"" name:"cap" help:"Check, show and convert messages of the Common Alerting Protocol."`
	Index    indexCmd    `cmd:"" help:"Make a composite index: scores of units from many indicators."`
	Case     caseCmd     `cmd:"" help:"Check procedures, and simulate what would become of many cases."`
	Route    routeCmd    `cmd:"" help:"Plan who goes where: vehicle routing with time windows."`
	Survey   surveyCmd   `cmd:"" help:"Check questionnaires, plan and draw samples, group free text."`
	Worktime worktimeCmd `cmd:"" help:"Reckon with working days and hours."`
	OpenAPI  openapiCmd  `cmd:"" name:"openapi" help:"Print the interface's OpenAPI 3.1 document."`
	Terminal terminalCmd `cmd:"" help:"Run a loudspeaker's agent, or simulate many."`
	TOTP     totpCmd     `cmd:"" name:"totp" help:"Print the present code of a second factor whose secret is on standard input."`
	Version  versionCmd  `cmd:"" help:"Print the version."`

	PrintVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

// settings are the flags that every command that opens the node takes.
type settings struct {
	File string   `name:"config" short:"c" type:"existingfile" help:"Configuration file (YAML)."`
	Set  []string `name:"set" sep:"none" placeholder:"KEY=VALUE" help:"One setting; may be repeated. Keys are those of 'tongsheng config print'."`
	Data string   `name:"data" type:"path" help:"Folder for everything the node keeps."`
}

func (s settings) load() (config.Config, error) {
	sets := s.Set
	if s.Data != "" {
		sets = append([]string{"data=" + s.Data}, sets...)
	}
	return config.Load(s.File, os.Environ(), sets)
}

// node reads the configuration of a node that exists. A folder that was named on the
// command line and is not there is wrong use; one that holds no node is bad input.
func (s settings) node() (config.Config, error) {
	cfg, err := s.load()
	if err != nil {
		return cfg, err
	}
	named := s.Data != "" || slices.ContainsFunc(s.Set, func(set string) bool { return strings.HasPrefix(set, "data=") })
	if named {
		if err := folder(cfg.Data); err != nil {
			return cfg, err
		}
	}
	return cfg, app.Existing(cfg)
}

// folder refuses a path where no folder is.
func folder(path string) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return misuse{fault.New(fault.NotFound, "cli.no_folder", fault.Args{"path": path})}
	}
	return nil
}

// misuse is an error of whoever called the command, not of what it was given to read.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// errInput is a finding already reported on standard output: only the exit status is left to give.
var errInput = errors.New("the input is not valid")

func main() {
	var cli commands
	parser, err := kong.New(&cli, kong.Name("tongsheng"), kong.UsageOnError(), kong.Vars{"version": version},
		kong.Description("Tongsheng 同声: a city's broadcasting and online audiovisual public service."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err)
	}
	call, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "tongsheng:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	call.BindTo(ctx, (*context.Context)(nil))
	if err := call.Run(); err != nil {
		if !errors.Is(err, errInput) {
			fmt.Fprintln(os.Stderr, "tongsheng:", sentence(ctx, err))
		}
		if wrong := (misuse{}); errors.As(err, &wrong) || errors.Is(err, config.ErrFlag) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

// language is what whoever runs the command reads: that of the environment, else Chinese.
func language() i18n.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			tag, _, _ := strings.Cut(v, ".")
			if tag == "C" || tag == "POSIX" {
				break
			}
			return i18n.Match(strings.ReplaceAll(tag, "_", "-"))
		}
	}
	return i18n.Chinese
}

// sentence is what went wrong in the user's language, where there is a sentence for it.
func sentence(ctx context.Context, err error) string {
	if errors.Is(err, store.ErrServed) {
		return i18n.T(language(), "cli.served", nil)
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal && ctx.Err() != nil && store.Stopped(err) {
		return i18n.T(language(), "cli.stopped", nil)
	}
	if f.Kind == fault.Internal {
		return err.Error()
	}
	return i18n.T(language(), f.Code, f.Args)
}

// say tells whoever runs the command something on standard error.
func say(key string, args fault.Args) { fmt.Fprintln(os.Stderr, i18n.T(language(), key, args)) }

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Println(version)
	return err
}
