package message

import (
	"math"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func disc(corners int) (p Polygon) {
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(corners))
		p = append(p, [2]float64{116 + cos/10, 40 + sin/10})
	}
	return append(p, p[0])
}

// Polygons that may each be drawn may together be more than can be worked out.
func TestCornersAreBoundedInAll(t *testing.T) {
	var a Area
	for range MaxCorners / MaxVertices {
		a.Polygons = append(a.Polygons, disc(MaxVertices))
	}
	if list := a.Validate("area"); len(list) != 0 {
		t.Errorf("as many as may be: %v", list)
	}
	a.Polygons = append(a.Polygons, disc(3))
	if list := a.Validate("area"); len(list) != 1 || !fault.Is(list, "alert.area.corners") {
		t.Errorf("three more: %v", list)
	}
}
