// Package city reads a city kept as data: its tree of regions with population and
// positions, outlines, zones, and where each of them came from. The program itself knows
// no city; Default is the one that is built in.
//
// Outlines and positions may be modelled: then they say so, and are good for showing and
// reckoning but are not legal boundaries.
package city

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tongsheng/tongsheng/engine/geo"
)

//go:embed beijing
var files embed.FS

// Default is the city that is built in.
func Default() fs.FS {
	sub, err := fs.Sub(files, "beijing")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

// Level is how high a region stands in the tree.
type Level string

// The levels from the top. A prefecture stands only in provinces; a city directly under
// the nation has its districts directly below.
const (
	Nation     Level = "nation"
	CityLevel  Level = "city"
	Prefecture Level = "prefecture"
	District   Level = "district"
	Township   Level = "township"
	Village    Level = "village"
)

// Levels lists them from the top.
var Levels = []Level{Nation, CityLevel, Prefecture, District, Township, Village}

// Rank is the level's place in Levels, −1 for none.
func (l Level) Rank() int {
	for i, x := range Levels {
		if x == l {
			return i
		}
	}
	return -1
}

// digits of the statistical code that are significant at each level.
var digits = map[Level]int{Nation: 0, CityLevel: 2, Prefecture: 4, District: 6, Township: 9, Village: 12}

// Significant is the part of a code that its level fills; the rest is zeros.
func Significant(code string, level Level) string { return code[:min(digits[level], len(code))] }

// Basis says what a population is.
type Basis string

// What a population can be.
const (
	NoCount  Basis = ""           // not known
	Census   Basis = "census2020" // counted, or the sum of counted
	Estimate Basis = "estimate"   // spread from the district's by the model in sources.csv
)

// Region is one node of the tree.
type Region struct {
	Code       string // 12 digits
	Parent     string // code; empty for the nation
	Path       string // "cn.11.110105.110105001."; a subtree is all paths with this prefix
	Level      Level
	Kind       string // district, county, street, town, township, area, zone, community, village, …
	Name       string
	NameEn     string // may be empty
	Pinyin     string // search key: "chaoyangqu cyq"
	Population int64
	Basis      Basis
	Point      geo.Point // stands for the region; inside its outline
	HasPoint   bool
	Modelled   bool // the point, and the outline if any, are drawn by a model
	Line       int  // in its file, from 1
}

// Zone is a named set of regions.
type Zone struct {
	Code, Name, NameEn, Kind, Source, Note string
	Members                                []string // region codes
	Line                                   int
}

// Source says where a file, or part of it, came from.
type Source struct{ File, About, Source, Licence, Dated, Made string }

// Outline is the shape of one region.
type Outline struct {
	Code     string
	Modelled bool
	Shape    geo.MultiPolygon
}

// City is a city as data. Outlines are decoded on demand: they are large.
type City struct {
	Name, NameEn string
	Root         string // code of the region that is the city
	TimeZone     string // IANA name
	Centre       geo.Point
	Edition      string // date of the divisions
	Hash         string // of all files; changes when anything does
	Regions      []Region
	Zones        []Zone
	Sources      []Source
	files        fs.FS
	byCode       map[string]int
}

// Region finds a region by code.
func (c *City) Region(code string) (*Region, bool) {
	i, ok := c.byCode[code]
	if !ok {
		return nil, false
	}
	return &c.Regions[i], true
}

// Finding is one thing wrong with a city's files.
type Finding struct {
	File   string         `json:"file"`
	Line   int            `json:"line,omitempty"`   // from 1
	Column string         `json:"column,omitempty"` // column name, or path in JSON
	Code   string         `json:"code"`             // message key, e.g. "city.code.duplicate"
	Args   map[string]any `json:"args,omitempty"`
}

func (f Finding) String() string {
	s := f.File
	if f.Line > 0 {
		s += fmt.Sprintf(":%d", f.Line)
	}
	if f.Column != "" {
		s += ":" + f.Column
	}
	s += ": " + f.Code
	if len(f.Args) > 0 {
		s += fmt.Sprint(" ", f.Args)
	}
	return s
}

// BadError is what Load returns for files that cannot be read as a city.
type BadError struct{ Findings []Finding }

func (e *BadError) Error() string {
	return fmt.Sprintf("city: %d faults, the first %s", len(e.Findings), e.Findings[0])
}

// Load reads a city. It returns a *BadError when a file is missing or a row cannot be
// read or placed in the tree; Check finds what is inconsistent beyond that.
func Load(fsys fs.FS) (*City, error) {
	c, findings := read(fsys)
	if len(findings) > 0 {
		return nil, &BadError{findings}
	}
	return c, nil
}

// Outlines decodes every outline.
func (c *City) Outlines() ([]Outline, error) {
	raw, err := fs.ReadFile(c.files, outlinesFile)
	if err != nil {
		return nil, fmt.Errorf("city: %w", err)
	}
	topo, err := geo.DecodeTopology(bytes.NewReader(raw), geo.TopologyLimits)
	if err != nil {
		return nil, fmt.Errorf("city: %s: %w", outlinesFile, err)
	}
	out := make([]Outline, len(topo.Shapes))
	for i, s := range topo.Shapes {
		out[i] = Outline{Code: s.ID, Modelled: s.Modelled, Shape: topo.Polygons(s)}
	}
	return out, nil
}

// setPaths gives every region its path, parents first; false for a region whose
// ancestors do not reach the nation.
func (c *City) setPaths() (lost []int) {
	state := make([]byte, len(c.Regions)) // 1: being walked, 2: done, 3: lost
	var walk func(i int) bool
	walk = func(i int) bool {
		r := &c.Regions[i]
		switch state[i] {
		case 1, 3:
			return false
		case 2:
			return true
		}
		state[i] = 1
		ok := false
		if r.Parent == "" {
			r.Path, ok = "cn.", r.Level == Nation
		} else if p, found := c.byCode[r.Parent]; found && walk(p) {
			r.Path, ok = c.Regions[p].Path+Significant(r.Code, r.Level)+".", true
		}
		state[i] = 3
		if ok {
			state[i] = 2
		}
		return ok
	}
	for i := range c.Regions {
		if !walk(i) {
			lost = append(lost, i)
		}
	}
	return lost
}

// Hash is the digest of every file's name and content: what City.Hash would be, without
// the work of loading.
func Hash(fsys fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(fsys, path)
		fmt.Fprintln(h, path, len(raw))
		h.Write(raw)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// file is the name of the table a level is kept in.
func (l Level) file() string {
	switch l {
	case Township:
		return "townships.csv"
	case Village:
		return "villages.csv"
	}
	return "regions.csv"
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
