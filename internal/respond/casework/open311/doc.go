// Package open311 lets programs of citizens open cases and follow them, by Open311 GeoReport v2
// (https://wiki.open311.org/GeoReport_v2/). The services are the case types that are public, their
// attributes what the opening form asks.
//
// What was written in a case is told only of those about devices or sites that came by Open311:
// whoever wrote elsewhere, or of their own affairs, did not expect the world to read it. Nobody's name or number is ever told.
package open311

import (
	"context"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/engine/georeport"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Deps is what the interface stands on.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Zone   *time.Location
	Docket *docket.Desk
	Places Places
	Home   string // code of the region that is served
	Public string // address of the citizens' pages
	Host   string // by which programs name the city: its jurisdiction_id
}

// Places finds where a point lies.
type Places interface {
	// Holding is the code of the smallest region that a point lies in; empty where it lies in none.
	Holding(ctx context.Context, lon, lat float64) (code string, err error)
}

// Desk is the interface.
type Desk struct {
	Deps
	cities georeport.Jurisdictions
	limits limits
}

// New makes the interface.
func New(d Deps) *Desk {
	return &Desk{Deps: d, cities: georeport.Jurisdictions{d.Host}, limits: newLimits()}
}

// answer is a document on its way out.
type answer struct {
	status int
	doc    georeport.Document
}

func found(doc georeport.Document) (*answer, error) { return &answer{http.StatusOK, doc}, nil }
