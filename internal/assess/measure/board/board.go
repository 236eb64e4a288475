package board

import (
	"fmt"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Bounds of what people assemble.
const (
	MaxBoards = 50 // of one person
	MaxTiles  = 24 // on a board
	MaxMaps   = 4  // among them: each is a canvas of its own, of which browsers have few
)

// Everyone is whom a board is shared with that everybody sees who may read measures.
const Everyone = "*"

// Kind is how a tile shows something.
type Kind string

// Kinds of tiles.
const (
	Number Kind = "number" // an indicator's last value, with target and change
	Line   Kind = "line"   // an indicator over time
	Bars   Kind = "bars"   // an indicator region by region
	Map    Kind = "map"    // the same on the map
	Rank   Kind = "rank"   // what an index gives, the best first
	Text   Kind = "text"   // something to be said between
)

// Tile is a part of a board.
type Tile struct {
	Kind      Kind   `json:"kind" enum:"number,line,bars,map,rank,text"`
	Indicator string `json:"indicator,omitempty" maxLength:"80" doc:"Code; of a number, a line, bars and a map"`
	Index     string `json:"index,omitempty" maxLength:"80" doc:"Code; of a ranking"`
	Text      string `json:"text,omitempty" maxLength:"1000" doc:"Of a text"`
	Wide      int    `json:"wide" minimum:"1" maximum:"3" doc:"Columns"`
}

// Draft is what somebody says of a board.
type Draft struct {
	Name   string `json:"name" minLength:"1" maxLength:"80" text:"name"`
	Shared string `json:"shared" maxLength:"40" doc:"Empty: nobody else sees it; *: everybody who may read measures; else a role"`
	Tiles  []Tile `json:"tiles" nullable:"false" maxItems:"24"`
}

// Board is a dashboard.
type Board struct {
	ID string `json:"id"`
	Draft
	Owner     auth.Person `json:"owner"`
	ChangedAt time.Time   `json:"changedAt"`
	Revision  int64       `json:"revision"`
	Mine      bool        `json:"mine" doc:"The asker may change it"`
}

// Reader is a role that a board can be shared with.
type Reader struct {
	ID     string `json:"id"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
}

// check refuses a draft that shows nothing that there is; has says which tiles a board showed
// before, which may show what is gone since.
func (d *Draft) check(s *Service, readers []Reader, had []Tile) error {
	var list fault.List
	if i18n.Blank(d.Name) {
		list.Add(fault.Bad("name", "measure.board.name"))
	}
	if d.Shared != "" && d.Shared != Everyone && !slices.ContainsFunc(readers, func(r Reader) bool { return r.ID == d.Shared }) {
		list.Add(fault.Bad("shared", "measure.board.shared"))
	}
	if len(d.Tiles) > MaxTiles {
		list.Add(fault.Bad("tiles", "measure.board.tiles", fault.Args{"limit": MaxTiles}))
	}
	maps := 0
	for i, t := range d.Tiles {
		if t.Kind == Map {
			maps++
		}
		if maps > MaxMaps && t.Kind == Map {
			list.Add(fault.Bad(fmt.Sprintf("tiles[%d].kind", i), "measure.board.maps", fault.Args{"limit": MaxMaps}))
		}
		if !slices.Contains(had, t) {
			list.Add(s.checkTile(&t, fmt.Sprintf("tiles[%d]", i)))
		}
	}
	return list.OrNil()
}

func (s *Service) checkTile(t *Tile, place string) *fault.Error {
	if t.Wide < 1 || t.Wide > 3 {
		return fault.Bad(place+".wide", "measure.board.wide")
	}
	switch t.Kind {
	case Number, Line, Bars, Map:
		if err := s.Indicator(t.Indicator); err != nil {
			return fault.Of(err).At(place + ".indicator")
		}
	case Rank:
		if err := s.Index(t.Index); err != nil {
			return fault.Of(err).At(place + ".index")
		}
	case Text:
		if i18n.Blank(t.Text) || i18n.Deceives(t.Text, "\n") {
			return fault.Bad(place+".text", "measure.board.text")
		}
	default:
		return fault.Bad(place+".kind", "measure.board.kind")
	}
	return nil
}
