package city

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/engine/geo"
)

const (
	manifestFile = "city.json"
	outlinesFile = "outlines.json"
	maxRows      = 1_000_000 // of one table; China has about 620,000 villages
)

// reader collects a city and what is wrong with its files.
type reader struct {
	city     *City
	fsys     fs.FS
	findings []Finding
}

func (r *reader) bad(file string, line int, column, code string, args map[string]any) {
	r.findings = append(r.findings, Finding{file, line, column, code, args})
}

// read reads every file but the outlines.
func read(fsys fs.FS) (*City, []Finding) {
	r := &reader{city: &City{files: fsys, byCode: map[string]int{}}, fsys: fsys}
	r.manifest()
	for _, file := range []string{"regions.csv", "townships.csv", "villages.csv"} {
		r.regions(file)
	}
	r.zones()
	r.sources()
	for _, i := range r.city.setPaths() {
		g := r.city.Regions[i]
		if _, ok := r.city.byCode[g.Parent]; !ok {
			r.bad(g.Level.file(), g.Line, "parent", "city.parent.missing", map[string]any{"parent": g.Parent})
		} else {
			r.bad(g.Level.file(), g.Line, "parent", "city.parent.unrooted", map[string]any{"parent": g.Parent})
		}
	}
	hash, err := Hash(fsys)
	if err != nil {
		r.bad(".", 0, "", "city.file.unreadable", nil)
	}
	r.city.Hash = hash
	return r.city, r.findings
}

func (r *reader) manifest() {
	raw, err := fs.ReadFile(r.fsys, manifestFile)
	if err != nil {
		r.bad(manifestFile, 0, "", "city.file.missing", nil)
		return
	}
	var m struct {
		Name     string     `json:"name"`
		NameEn   string     `json:"name_en"`
		Root     string     `json:"root"`
		TimeZone string     `json:"time_zone"`
		Centre   [2]float64 `json:"centre"`
		Edition  string     `json:"edition"`
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		r.bad(manifestFile, 0, "", "city.json.unreadable", map[string]any{"reason": err.Error()})
		return
	}
	for name, v := range map[string]string{"name": m.Name, "root": m.Root, "time_zone": m.TimeZone} {
		if v == "" {
			r.bad(manifestFile, 0, name, "city.value.missing", nil)
		}
	}
	c := r.city
	c.Name, c.NameEn, c.Root, c.TimeZone, c.Edition = m.Name, m.NameEn, m.Root, m.TimeZone, m.Edition
	c.Centre = geo.Point{Lon: m.Centre[0], Lat: m.Centre[1]}
}

// row is one line of a table by column name.
type row struct {
	line int
	at   map[string]int
	cell []string
}

func (r row) get(column string) string { return r.cell[r.at[column]] }

// table reads a CSV file with a head; every column must be there, in any order.
func (r *reader) table(file string, columns string, each func(row)) {
	f, err := r.fsys.Open(file)
	if err != nil {
		r.bad(file, 0, "", "city.file.missing", nil)
		return
	}
	defer f.Close()
	rd := csv.NewReader(f)
	rd.ReuseRecord = true
	head, err := rd.Read()
	if err != nil {
		r.bad(file, 1, "", "city.csv.unreadable", map[string]any{"reason": reason(err)})
		return
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.Clone(name)] = i
	}
	for name := range strings.SplitSeq(columns, ",") {
		if _, ok := at[name]; !ok {
			r.bad(file, 1, name, "city.column.missing", nil)
			return
		}
	}
	for n := 0; ; n++ {
		cells, err := rd.Read()
		if err == io.EOF {
			return
		}
		line, _ := rd.FieldPos(0)
		if err != nil {
			var p *csv.ParseError
			if errors.As(err, &p) {
				line = p.StartLine
			}
			r.bad(file, line, "", "city.csv.unreadable", map[string]any{"reason": reason(err)})
			return
		}
		if n >= maxRows {
			r.bad(file, line, "", "city.rows.many", map[string]any{"limit": maxRows})
			return
		}
		each(row{line, at, cells})
	}
}

func reason(err error) string {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func (r *reader) regions(file string) {
	r.table(file, "code,parent,level,kind,name,name_en,pinyin,population,basis,lon,lat,modelled", func(w row) {
		g := Region{
			Code: w.get("code"), Parent: w.get("parent"), Level: Level(w.get("level")), Kind: w.get("kind"), Name: w.get("name"),
			NameEn: w.get("name_en"), Pinyin: w.get("pinyin"), Basis: Basis(w.get("basis")), Line: w.line,
		}
		if len(g.Code) != 12 || !allDigits(g.Code) {
			r.bad(file, w.line, "code", "city.code.form", map[string]any{"code": g.Code})
			return
		}
		if g.Level.Rank() < 0 || g.Level.file() != file {
			r.bad(file, w.line, "level", "city.level.unknown", map[string]any{"level": string(g.Level)})
			return
		}
		if first, ok := r.city.byCode[g.Code]; ok {
			was := r.city.Regions[first]
			r.bad(file, w.line, "code", "city.code.duplicate", map[string]any{"code": g.Code, "other": fmt.Sprintf("%s:%d", was.Level.file(), was.Line)})
			return
		}
		if g.Name == "" {
			r.bad(file, w.line, "name", "city.value.missing", nil)
		}
		if !r.figures(file, w, &g) {
			return
		}
		r.city.byCode[g.Code] = len(r.city.Regions)
		r.city.Regions = append(r.city.Regions, g)
	})
}

// figures reads the numbers of a region's row.
func (r *reader) figures(file string, w row, g *Region) bool {
	before := len(r.findings)
	switch g.Basis {
	case NoCount:
		if w.get("population") != "" {
			r.bad(file, w.line, "basis", "city.value.missing", nil)
		}
	case Census, Estimate:
		n, err := strconv.ParseInt(w.get("population"), 10, 64)
		if err != nil || n < 0 {
			r.bad(file, w.line, "population", "city.number.bad", map[string]any{"value": w.get("population")})
		}
		g.Population = n
	default:
		r.bad(file, w.line, "basis", "city.basis.unknown", map[string]any{"basis": string(g.Basis)})
	}
	if w.get("lon") != "" || w.get("lat") != "" {
		lon, e1 := strconv.ParseFloat(w.get("lon"), 64)
		lat, e2 := strconv.ParseFloat(w.get("lat"), 64)
		g.Point, g.HasPoint = geo.Point{Lon: lon, Lat: lat}, true
		if e1 != nil || e2 != nil || !g.Point.Valid() {
			r.bad(file, w.line, "lon", "city.point.bad", map[string]any{"lon": w.get("lon"), "lat": w.get("lat")})
		}
	}
	switch v := w.get("modelled"); v {
	case "", "false":
	case "true":
		g.Modelled = true
	default:
		r.bad(file, w.line, "modelled", "city.flag.bad", map[string]any{"value": v})
	}
	return len(r.findings) == before
}

func (r *reader) zones() {
	at := map[string]int{}
	r.table("zones.csv", "code,name,name_en,kind,source,note", func(w row) {
		z := Zone{Code: w.get("code"), Name: w.get("name"), NameEn: w.get("name_en"), Kind: w.get("kind"), Source: w.get("source"), Note: w.get("note"), Line: w.line}
		for _, column := range []string{"code", "name", "source"} {
			if w.get(column) == "" {
				r.bad("zones.csv", w.line, column, "city.value.missing", nil)
			}
		}
		if _, ok := at[z.Code]; ok {
			r.bad("zones.csv", w.line, "code", "city.zone.duplicate", map[string]any{"zone": z.Code})
			return
		}
		at[z.Code] = len(r.city.Zones)
		r.city.Zones = append(r.city.Zones, z)
	})
	r.table("zone_members.csv", "zone,region", func(w row) {
		i, ok := at[w.get("zone")]
		if !ok {
			r.bad("zone_members.csv", w.line, "zone", "city.zone.unknown", map[string]any{"zone": w.get("zone")})
			return
		}
		if _, ok := r.city.byCode[w.get("region")]; !ok {
			r.bad("zone_members.csv", w.line, "region", "city.zone.region_unknown", map[string]any{"region": w.get("region")})
			return
		}
		z := &r.city.Zones[i]
		for _, m := range z.Members {
			if m == w.get("region") {
				r.bad("zone_members.csv", w.line, "region", "city.zone.member_twice", map[string]any{"region": m, "zone": z.Code})
				return
			}
		}
		z.Members = append(z.Members, strings.Clone(w.get("region")))
	})
}

func (r *reader) sources() {
	r.table("sources.csv", "file,about,source,licence,dated,made", func(w row) {
		for _, column := range []string{"file", "about", "source", "licence"} {
			if w.get(column) == "" {
				r.bad("sources.csv", w.line, column, "city.value.missing", nil)
			}
		}
		r.city.Sources = append(r.city.Sources, Source{w.get("file"), w.get("about"), w.get("source"), w.get("licence"), w.get("dated"), w.get("made")})
	})
}
