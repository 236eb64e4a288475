package region

import (
	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/geo"
)

// Region is one node of the tree.
type Region struct {
	Code                string      `json:"code" doc:"12 digits"`
	Parent              string      `json:"parent" doc:"Code of the region above; empty for the nation"`
	Path                string      `json:"path"`
	Level               city.Level  `json:"level" enum:"nation,city,prefecture,district,township,village"`
	Kind                string      `json:"kind" doc:"What it is called by law: district, street, town, community, …"`
	Name                string      `json:"name"`
	NameEn              string      `json:"nameEn" doc:"May be empty"`
	Population          int64       `json:"population" doc:"0 when not known"`
	PopulationEstimated bool        `json:"populationEstimated" doc:"Not counted but spread from the district's count by a model"`
	Centre              *[2]float64 `json:"centre,omitempty" doc:"[longitude, latitude], WGS 84, inside the region"`
	Modelled            bool        `json:"modelled" doc:"Place and outline are drawn by a model and are no legal boundary"`
	Ancestors           []Ancestor  `json:"ancestors,omitempty" doc:"From the nation down; only for a single region, and for those that a text found"`
	basis               city.Basis
	pinyin              string
	key                 string // its place among those that a text found
}

// Ancestor is a region above another.
type Ancestor struct {
	Code   string     `json:"code"`
	Path   string     `json:"path"`
	Level  city.Level `json:"level"`
	Name   string     `json:"name"`
	NameEn string     `json:"nameEn"`
}

// Zone is a named set of regions.
type Zone struct {
	Code    string   `json:"code"`
	Name    string   `json:"name"`
	NameEn  string   `json:"nameEn"`
	Kind    string   `json:"kind"`
	Source  string   `json:"source"`
	Note    string   `json:"note"`
	Members []string `json:"members" doc:"Region codes"`
}

// Edition is the city that is loaded.
type Edition struct {
	Root     string `json:"root" doc:"Code of the region that is the city"`
	Home     string `json:"home" doc:"Code of the region that this node serves: the city, a district of it or the nation"`
	Name     string `json:"name"`
	NameEn   string `json:"nameEn"`
	TimeZone string `json:"timeZone"`
	Edition  string `json:"edition" doc:"Date of the divisions"`
	hash     string
}

// Outline is a region with its shape.
type Outline struct {
	Region
	Shape geo.MultiPolygon
}

// Share is a region and how much of it lies in an area, 0–1.
type Share struct {
	Region
	Share float64
}

// FullName is the names from the district down: what tells it from its namesakes.
func (r Region) FullName() string {
	name := ""
	for _, a := range r.Ancestors {
		switch a.Level {
		case city.District, city.Township:
			name += a.Name
		}
	}
	return name + r.Name
}
