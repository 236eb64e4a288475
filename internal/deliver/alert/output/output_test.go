package output

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Who must respond is named by groups of GD/J 080, for the whole country too, and for no more
// places than fit: then for all that the output reaches.
func TestGroupsStandForPlaces(t *testing.T) {
	village := func(n int) Place {
		code := fmt.Sprintf("110105001%03d", n)
		return Place{Code: code, Path: "cn.11.110105.110105001." + code + "."}
	}
	var many []Place
	for n := range 300 {
		many = append(many, village(n+1))
	}
	for name, c := range map[string]struct {
		region string
		places []Place
		want   []ebd.ResourceCode
	}{
		"the country":        {"cn.11.110105.", []Place{{Code: "000000000000", Path: "cn."}}, []ebd.ResourceCode{"11000000000000314010400"}},
		"a district":         {"cn.11.", []Place{{Code: "110105000000", Path: "cn.11.110105."}}, []ebd.ResourceCode{"41101050000000314010400"}},
		"elsewhere too":      {"cn.11.110105.", []Place{{Code: "110108000000", Path: "cn.11.110108."}, {Code: "110105000000", Path: "cn.11.110105."}}, []ebd.ResourceCode{"41101050000000314010400"}},
		"one of many":        {many[290].Path, many, []ebd.ResourceCode{"61101050012910314010400"}},
		"too many":           {"cn.11.110105.110105001.", many, []ebd.ResourceCode{"51101050010000314010400"}},
		"many in a country":  {"cn.", many, []ebd.ResourceCode{"11000000000000314010400"}},
		"none of its places": {"cn.11.110108.", []Place{{Code: "110105000000", Path: "cn.11.110105."}}, nil},
	} {
		got, err := (&Config{RegionPath: c.region}).Groups(&Parcel{Places: c.places}, ebd.TypeLoudspeaker, 255)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}
