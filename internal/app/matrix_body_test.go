package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// place is a district as a request may name it.
type place struct {
	code, path string
	township   string
	lon, lat   float64
}

var (
	home = place{homeCode, "cn.11.110105.", "110105001000", 116.45, 39.92}       // Chaoyang, where the district's people work
	away = place{"110108000000", "cn.11.110108.", "110108001000", 116.29, 39.95} // Haidian, where they do not
)

// writer makes bodies that an operation accepts, from its schema.
type writer struct {
	t        *testing.T
	registry huma.Registry
	at       place
	now      time.Time
	serial   *int // makes what must be new
	placed   bool // whether the body named a place
}

// known are values that a schema cannot tell.
var known = map[string]any{"before": "", "agency": "", "role": viewer, "event": "10203", "lang": "zh", "word": "回龙观", "pinyin": "hui2 long2 guan1", "severity": "blue",
	"media": []string{"loudspeaker"}, "elements": []string{"matrix.things"}, "theme": "system", "settings": map[string]any{"url": "http://127.0.0.1:9/"}, "texts": []any{map[string]any{"lang": "zh", "title": "暴雨蓝色预警", "body": "今夜有雨。"}}}

var byPattern = map[string]string{"^[A-Za-z0-9_-]+$": "matrix", "^[0-9]{12}$": homeCode, "^[0-9]{17,23}$": "99999999999999999", "^[a-z0-9-]+$": "matrix", "^([01][0-9]|2[0-3]):[0-5][0-9]$": "22:00", "^[0-9a-f]{64}$": strings.Repeat("0", 64),
	`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`: "matrix", `^[a-z][a-z0-9_]*$`: "matrix",
	`^(\d{4}-\d{2}-\d{2})?$`: "",
	// Of standards.
	"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$": "M", "^[a-z0-9][a-z0-9_-]{0,39}$": "a", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "2099-01-01", "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$": "",
	"^(all|zone:[a-z0-9_]{1,40}|kind:[a-z_]{1,20}|area:urban|area:rural)$": "all"}

// value is something that a schema accepts: what is required, and every place that may
// be named.
func (w *writer) value(name string, s *huma.Schema) any {
	if s.Ref != "" {
		s = w.registry.SchemaFromRef(s.Ref)
	}
	switch name {
	case "regionCode":
		w.placed = true
		return w.at.code
	case "regionPath":
		w.placed = true
		return w.at.path
	case "regions":
		w.placed = true
		return []string{w.at.code}
	case "lon":
		return w.at.lon
	case "lat":
		return w.at.lat
	case "username", "key":
		*w.serial++
		return fmt.Sprintf("matrix-%d", *w.serial)
	}
	if v, ok := known[name]; ok {
		return v
	}
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Pattern != "":
		v, ok := byPattern[s.Pattern]
		if !ok {
			w.t.Fatalf("say what %s may be: no value is known for %s", name, s.Pattern)
		}
		return v
	case s.Format == "date-time":
		return w.now.Add(time.Hour).Format(time.RFC3339)
	}
	switch s.Type {
	case huma.TypeObject:
		out := map[string]any{}
		for prop, of := range s.Properties {
			if !of.ReadOnly && (slices.Contains(s.Required, prop) || slices.Contains([]string{"regionCode", "regionPath", "regions", "area"}, prop)) {
				out[prop] = w.value(prop, of)
			}
		}
		return out
	case huma.TypeArray:
		out := []any{}
		for range max(value(s.MinItems), 0) {
			out = append(out, w.value(name, s.Items))
		}
		return out
	case huma.TypeInteger, huma.TypeNumber:
		return max(value(s.Minimum), 1)
	case huma.TypeBoolean:
		return false
	}
	return strings.Repeat("试", max(value(s.MinLength), 1))
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// body writes the body of an operation for a place and says whether it names it.
func (w *writer) body(op operation) (text string, placed bool) {
	if op.body == nil {
		return "", false
	}
	w.placed = false
	raw, err := json.Marshal(w.value("", op.body))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw), w.placed
}
