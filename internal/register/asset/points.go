package asset

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
)

// Points are devices for a map, as compact rows rather than objects: a hundred thousand
// of them are some four megabytes before compression.
type Points struct {
	Columns []string `json:"columns" doc:"code, lon, lat (degrees), kind, state and presence (places in the lists below), faulty (0 or 1)"`
	Kinds   []Kind   `json:"kinds"`
	States  []State  `json:"states"`
	// Presences are shapes on the map.
	Presences []Presence `json:"presences"`
	Rows      [][]any    `json:"rows"`
}

// points makes the JSON of Points for a choice and its entity tag. Askers with the same
// grants and filter share one making.
func (m *Module) pointsOf(ctx context.Context, f Filter) (body []byte, tag string, err error) {
	c, err := m.choose(ctx, f, PermRead)
	if err != nil {
		return nil, "", err
	}
	key, err := json.Marshal([]any{c.Filter, c.scope.Paths()})
	if err != nil {
		return nil, "", err
	}
	body, err = m.points.get(ctx, string(key), func(ctx context.Context) ([]byte, error) { return m.drawPoints(ctx, c) })
	sum := sha256.Sum256(body)
	return body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, err
}

func (m *Module) drawPoints(ctx context.Context, c choice) ([]byte, error) {
	kinds := make([]Kind, len(numberings))
	for i, n := range numberings {
		kinds[i] = n.kind
	}
	head, err := json.Marshal(Points{Columns: []string{"code", "lon", "lat", "kind", "state", "presence", "faulty"},
		Kinds: kinds, States: States, Presences: Presences, Rows: [][]any{}})
	if err != nil {
		return nil, err
	}
	out := head[:len(head)-2] // reopen the empty list of rows, which is written last
	first := true
	err = eachPoint(ctx, m.db, c, func(code string, lon, lat int64, kind Kind, state State, p Presence, faulty bool) {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(out, `["`...)
		out = append(out, code...)
		out = append(out, `",`...)
		out = strconv.AppendFloat(out, degrees(lon), 'f', 5, 64) // a metre
		out = append(out, ',')
		out = strconv.AppendFloat(out, degrees(lat), 'f', 5, 64)
		for _, n := range []int{slices.Index(kinds, kind), slices.Index(States, state), slices.Index(Presences, p), map[bool]int{true: 1}[faulty]} {
			out = append(out, ',')
			out = strconv.AppendInt(out, int64(n), 10)
		}
		out = append(out, ']')
	})
	return append(out, "]}"...), err
}
