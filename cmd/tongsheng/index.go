package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tongsheng/tongsheng/engine/index"
)

// indexCmd is the group of commands for composite indices.
type indexCmd struct {
	Score indexScoreCmd `cmd:"" help:"Print a stage of a composite index as CSV: from raw data to scores."`
}

type indexScoreCmd struct {
	Data      string   `required:"" placeholder:"F" help:"The units' data, CSV as COINr's iData; - is standard input."`
	Meta      string   `required:"" placeholder:"F" help:"What its columns are and the tree above them, CSV as COINr's iMeta."`
	Stage     string   `default:"aggregated" enum:"raw,denominated,imputed,screened,treated,normalised,aggregated" help:"Stage to print: raw, denominated, imputed, screened, treated, normalised or aggregated."`
	Normalise string   `default:"minmax:0:100" placeholder:"HOW" help:"minmax:LOW:HIGH, zscore:MEAN:SD, prank, rank, borda, dist2max, dist2targ, dist2ref:UNIT or goalposts:F (goalposts alone: those of the iMeta). Default: ${default}."`
	Aggregate string   `default:"amean" placeholder:"MEAN" help:"amean, gmean or hmean; or one for each level of aggregates from the lowest up, as amean,gmean. Default: ${default}."`
	Weights   string   `placeholder:"F" help:"Weights, CSV with iCode and Weight; those it does not name are the iMeta's."`
	Group     string   `placeholder:"CODE" help:"Group within which gaps are filled. Default: the last Group of the iMeta; where there is none, all units."`
	Skip      []string `enum:"denominated,imputed,screened,treated" placeholder:"STAGE" help:"Stages to leave out: denominated, imputed, screened, treated."`
}

func (c indexScoreCmd) Run() error {
	stage, err := index.ParseStage(c.Stage)
	if err != nil {
		return misuse{err}
	}
	way, posts, _ := strings.Cut(c.Normalise, ":")
	if way != string(index.BetweenGoalposts) {
		way, posts = c.Normalise, ""
	}
	normalise, err := index.ParseNormalisation(way)
	if err != nil {
		return misuse{err}
	}
	means, err := index.ParseMeans(c.Aggregate)
	if err != nil {
		return misuse{err}
	}
	if err := (inputs{c.Data, c.Meta, c.Weights, posts}).Validate(); err != nil {
		return misuse{err}
	}
	d, err := c.read(posts)
	if err != nil {
		return err
	}
	m := index.Default(d)
	m.Normalise, m.Aggregate.Means = normalise, means
	if c.Group != "" {
		m.Impute.Group = c.Group
	}
	for _, s := range c.Skip {
		switch s {
		case "denominated":
			m.Denominate = false
		case "imputed":
			m.Impute = index.Imputation{}
		case "screened":
			m.Screen = index.Screening{}
		case "treated":
			m.Treat = index.Treatment{}
		}
	}
	if c.Weights != "" {
		if m.Weights, err = readFile(c.Weights, index.ReadWeights); err != nil {
			return err
		}
		if _, err := d.Tree(m.Weights); err != nil {
			return fmt.Errorf("%s: %w", c.Weights, err)
		}
		c.unweighted(d, m.Weights)
	}
	r, err := index.Compute(d, m, stage)
	if err != nil {
		return err
	}
	for _, n := range r.Notes {
		fmt.Fprintln(os.Stderr, n)
	}
	return r.At(stage).WriteCSV(os.Stdout)
}

// read reads the files of the data, and goalposts if a file has them.
func (c indexScoreCmd) read(posts string) (*index.Data, error) {
	meta, err := readFile(c.Meta, index.ReadMeta)
	if err != nil {
		return nil, err
	}
	d, err := readFile(c.Data, func(name string, r io.Reader) (*index.Data, error) { return index.ReadData(name, r, meta) })
	if err != nil {
		return nil, err
	}
	if len(d.Unread) > 0 {
		fmt.Fprintf(os.Stderr, "%s: %s is not told of columns %s: they are passed over\n", c.Data, c.Meta, strings.Join(d.Unread, ", "))
	}
	if posts == "" {
		return d, nil
	}
	all, err := readFile(posts, index.ReadGoalposts)
	if err != nil {
		return nil, err
	}
	return d, d.SetGoalposts(posts, all)
}

// unweighted tells which weights a file leaves to the iMeta. That of a top counts nowhere.
func (c indexScoreCmd) unweighted(d *index.Data, w index.Weights) {
	var left []string
	for _, in := range d.Indicators {
		if _, ok := w[in.Code]; !ok {
			left = append(left, in.Code)
		}
	}
	for _, a := range d.Aggregates {
		if _, ok := w[a.Code]; !ok && a.Parent != "" {
			left = append(left, a.Code)
		}
	}
	if len(left) > 0 {
		fmt.Fprintf(os.Stderr, "%s: names no weight for %s: those of %s count\n", c.Weights, strings.Join(left, ", "), c.Meta)
	}
}

// readFile reads a file, or standard input for "-", with a reader that is told its name.
func readFile[T any](name string, read func(string, io.Reader) (T, error)) (T, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			var none T
			return none, err
		}
		defer f.Close()
		in = f
	}
	return read(name, bufio.NewReader(in))
}
