package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

type caseCmd struct {
	Check    caseCheckCmd    `cmd:"" help:"Name every fault of procedures, one JSON line each."`
	Simulate caseSimulateCmd `cmd:"" help:"Let people at random take many cases through a procedure, and print what became of them as JSON."`
}

// source is a procedure's file: sound, or with its faults.
type source struct {
	file string
	typ  *procedure.Type
	err  error
}

func readSource(name string) (source, error) {
	r, err := receive(name)
	if err != nil {
		return source{}, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, procedure.MaxFile+1))
	if err != nil {
		return source{}, err
	}
	s := source{file: name}
	s.typ, s.err = procedure.Read(text)
	return s, nil
}

// shippedTypes are the procedures of the city that is built in.
func shippedTypes() (map[string]*procedure.Type, error) {
	names, err := fs.Glob(city.Default(), "procedures/*.yaml")
	if err != nil {
		return nil, err
	}
	types := map[string]*procedure.Type{}
	for _, name := range names {
		text, err := fs.ReadFile(city.Default(), name)
		if err != nil {
			return nil, err
		}
		t, err := procedure.Read(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		types[t.Code] = t
	}
	return types, nil
}

// offered is what the product has for procedures, whichever node they are to run on. Elements of
// facts are not among it: a node takes up new ones.
func offered(types map[string]*procedure.Type) procedure.Platform {
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	on := procedure.Platform{Types: types, Grants: map[string]bool{}, Urns: set("experts", "inspectors", "hotels", "outlets", "screens", "stations"),
		Licences: set("production", "transmission", "satellite", "frequency"), Purposes: set("repair", "grant", "benefit"), Events: set("device.online", "device.offline", "device.faulty")}
	for _, p := range docket.Posts {
		on.Grants[p.ID] = true
	}
	return on
}

type caseCheckCmd struct {
	Files inputs `arg:"" help:"Procedures (YAML); - is standard input. They may open cases of one another and of those that come with the product."`
}

// caseFinding is a fault of a procedure with its sentence in the user's language.
type caseFinding struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Place   string `json:"place,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (c caseCheckCmd) Run() error {
	types, err := shippedTypes()
	if err != nil {
		return err
	}
	var sources []source
	for _, name := range c.Files {
		s, err := readSource(name)
		if err != nil {
			return err
		}
		if s.typ != nil {
			types[s.typ.Code] = s.typ
		}
		sources = append(sources, s)
	}
	on, bad := offered(types), false
	for _, s := range sources {
		if s.err == nil {
			s.err = s.typ.Fits(on)
		}
		if s.err != nil {
			bad = true
			if err := tellCaseFaults(os.Stdout, s.file, s.err); err != nil {
				return err
			}
		}
	}
	if bad {
		return errInput
	}
	return nil
}

func tellCaseFaults(w io.Writer, file string, err error) error {
	var faults procedure.Faults
	if !errors.As(err, &faults) {
		return err
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	slices.SortStableFunc(faults, func(a, b *procedure.Fault) int { return a.Line - b.Line })
	for _, f := range faults {
		if err := out.Encode(caseFinding{file, f.Line, f.Place, f.Code, i18n.T(language(), f.Code, f.Args)}); err != nil {
			return err
		}
	}
	return nil
}

type caseSimulateCmd struct {
	File  string `arg:"" help:"Procedure (YAML); - is standard input. Child cases are of the types in its folder and of those that come with the product."`
	Cases int    `default:"1000" help:"How many cases."`
	Seed  uint64 `default:"1" help:"Seed of the chance; the same seed gives the same."`
}

// maxSimulated is how many cases one run may have.
const maxSimulated = 1_000_000

// Validate implements kong's.
func (c caseSimulateCmd) Validate() error {
	if c.Cases < 1 || c.Cases > maxSimulated {
		return fmt.Errorf("--cases must be from 1 to %d", maxSimulated)
	}
	return nil
}

func (c caseSimulateCmd) Run(ctx context.Context) error {
	s, err := readSource(c.File)
	if err != nil {
		return err
	}
	if s.err != nil {
		if err := tellCaseFaults(os.Stderr, c.File, s.err); err != nil {
			return err
		}
		return fault.New(fault.Invalid, "cli.case.type", fault.Args{"file": c.File})
	}
	types, err := beside(c.File)
	if err != nil {
		return err
	}
	types[s.typ.Code] = s.typ
	if err := s.typ.Fits(offered(types)); err != nil {
		if err := tellCaseFaults(os.Stderr, c.File, err); err != nil {
			return err
		}
		return fault.New(fault.Invalid, "cli.case.type", fault.Args{"file": c.File})
	}
	calendar, errs := city.Calendar(city.Default())
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	sim, err := procedure.Simulate(procedure.Scenario{Type: s.typ, Types: types, Calendar: calendar, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, calendar.Zone()), Cases: c.Cases, Seed: c.Seed,
		Stop: func() bool { return ctx.Err() != nil }})
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	if err := out.Encode(sim); err != nil {
		return err
	}
	say("cli.case.simulated", fault.Args{"cases": sim.Cases, "events": sim.Events, "median": math.Round(sim.Days.Median*10) / 10, "stuck": len(sim.Stuck), "never": len(sim.Never)})
	for _, stuck := range sim.Stuck {
		say("cli.case.stuck", fault.Args{"stuck": stuck})
	}
	if len(sim.Stuck) > 0 || ctx.Err() != nil {
		return errInput
	}
	return nil
}

// beside are the types that child cases may have: those in a procedure's folder, before those that
// come with the product. What is not sound there is somebody else's matter.
func beside(name string) (map[string]*procedure.Type, error) {
	types, err := shippedTypes()
	if err != nil || name == "-" {
		return types, err
	}
	files, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.IsDir() || !strings.HasSuffix(f.Name(), ".yaml") {
			continue
		}
		s, err := readSource(filepath.Join(filepath.Dir(name), f.Name()))
		if err != nil {
			return nil, err
		}
		if s.typ != nil {
			types[s.typ.Code] = s.typ
		}
	}
	return types, nil
}
