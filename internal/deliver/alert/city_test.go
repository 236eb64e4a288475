package alert

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// town is a small city to send messages in: two districts with three townships each, a
// box each, and the terminals that stand there.
type town struct {
	regions   []Region
	boxes     map[string]geo.MultiPolygon
	terminals map[ebd.ResourceCode]*speaker
	order     []ebd.ResourceCode
	trust     wire.Trust
	now       func() time.Time
	frames    int // sent to terminals
}

const (
	platform  = ebd.ResourceCode("31100000000000101010101")
	home      = "cn.11."
	chaoyang  = "110105000000"
	haidian   = "110108000000"
	township1 = "110105001000"
	township2 = "110105002000"
	neighbour = "131024101000"
)

func newTown(now func() time.Time) *town {
	w := &town{boxes: map[string]geo.MultiPolygon{}, terminals: map[ebd.ResourceCode]*speaker{}, now: now}
	add := func(code, path, name string, level rule.Level, people int64) {
		w.regions = append(w.regions, Region{code, path, name, name + " (en)", level, people, level == rule.Township})
	}
	add("100000000000", "cn.", "全国", rule.Nation, 0)
	add("110000000000", home, "北京市", rule.City, 0)
	for d, district := range []string{"110105", "110108"} {
		add(district+"000000", home+district+".", "区"+district, rule.District, 3000)
		for n := 1; n <= 3; n++ {
			code := fmt.Sprintf("%s00%d", district, n)
			add(code+"000", home+district+"."+code+".", "乡"+code, rule.Township, 1000*int64(n))
			west, south := 116+float64(n)/10, 39.5+float64(d)/10
			w.boxes[code+"000"] = geo.MultiPolygon{{{{Lon: west, Lat: south}, {Lon: west + 0.1, Lat: south}, {Lon: west + 0.1, Lat: south + 0.1}, {Lon: west, Lat: south + 0.1}, {Lon: west, Lat: south}}}}
		}
	}
	// A county beyond the border, east of the first district's last township.
	add("130000000000", "cn.13.", "邻省", rule.City, 0)
	add("131000000000", "cn.13.1310.", "邻市", rule.City, 0)
	add("131024000000", "cn.13.1310.131024.", "邻县", rule.District, 5000)
	add(neighbour, "cn.13.1310.131024.131024101.", "邻镇", rule.Township, 5000)
	w.boxes[neighbour] = geo.MultiPolygon{{{{Lon: 116.4, Lat: 39.5}, {Lon: 116.5, Lat: 39.5}, {Lon: 116.5, Lat: 39.6}, {Lon: 116.4, Lat: 39.6}, {Lon: 116.4, Lat: 39.5}}}}
	return w
}

func (w *town) Regions(_ context.Context, codes []string) (out []Region, _ error) {
	for _, r := range w.regions {
		if slices.Contains(codes, r.Code) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (w *town) RegionAt(_ context.Context, path string) (Region, error) {
	for _, r := range w.regions {
		if r.Path == path {
			return r, nil
		}
	}
	return Region{}, fault.New(fault.NotFound, "alert.not_found")
}

func (w *town) Under(_ context.Context, code string) (out []Region, _ error) {
	for _, above := range w.regions {
		for _, r := range w.regions {
			if above.Code == code && r.Path != above.Path && strings.HasPrefix(r.Path, above.Path) && strings.Count(r.Path, ".") == strings.Count(above.Path, ".")+1 {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

func (w *town) ZoneMembers(_ context.Context, zone string) ([]string, error) {
	if zone == "pilot" {
		return []string{township1, township2}, nil
	}
	if zone == "across" {
		return []string{township1, "131024000000"}, nil
	}
	return nil, fault.New(fault.NotFound, "alert.not_found")
}

func (w *town) Covered(_ context.Context, codes []string, shapes []geo.MultiPolygon) (out []Covered, _ error) {
	for _, r := range w.regions {
		if r.Level != rule.Township {
			continue
		}
		share := 0.0
		for _, c := range codes {
			if ebd.AreaCode(c).Covers(ebd.AreaCode(r.Code)) {
				share = 1
			}
		}
		for _, s := range shapes {
			share = max(share, geo.Overlap(w.boxes[r.Code], s))
		}
		if share > 0 {
			out = append(out, Covered{r, share})
		}
	}
	return out, nil
}

// speaker is a loudspeaker that judges orders as a real one does.
type speaker struct {
	delivery.Terminal
	memory  wire.Memory
	town    *town
	deaf    bool // connected, but frames do not reach it
	mute    bool // takes orders and says nothing
	broken  bool // its player fails
	playing map[string]int
	ended   map[string]bool // ids it was told to cancel or stop
	plays   int
	up      []delivery.Receipt
	said    map[string]wire.Receipt
}

// stand puts a terminal into a township, in the middle of its box.
func (w *town) stand(township string, n int) *speaker {
	code := ebd.ResourceCode(fmt.Sprintf("6%s031401%02d%02d", township, 4, n))
	box := w.boxes[township].Bound().Centre()
	at := wire.At(box.Lon, box.Lat)
	path := ""
	for _, r := range w.regions {
		if r.Code == township {
			path = r.Path
		}
	}
	s := &speaker{Terminal: delivery.Terminal{Code: code, Name: "大喇叭" + string(code[19:]), Kind: "loudspeaker", RegionPath: path,
		Place: wire.Place{Code: code, Region: ebd.AreaCode(township), Position: &at}, Online: true}, town: w, playing: map[string]int{}, ended: map[string]bool{},
		said: map[string]wire.Receipt{}}
	w.terminals[code] = s
	w.order = append(w.order, code)
	return s
}

func (w *town) Within(_ context.Context, area wire.Area) (out []delivery.Terminal, _ error) {
	for _, code := range w.order {
		if t := w.terminals[code]; area.Includes(t.Place) {
			out = append(out, t.Terminal)
		}
	}
	return out, nil
}

func (w *town) Find(_ context.Context, codes []ebd.ResourceCode) (out []delivery.Terminal, _ error) {
	for _, code := range codes {
		if t := w.terminals[code]; t != nil {
			out = append(out, t.Terminal)
		}
	}
	return out, nil
}

func (w *town) Named(_ context.Context, text string) (codes []string, err error) {
	for _, t := range w.terminals {
		if strings.Contains(t.Name, text) {
			codes = append(codes, string(t.Code))
		}
	}
	return codes, nil
}

func (w *town) Microphones(context.Context) (codes []ebd.ResourceCode, err error) {
	for _, code := range w.order {
		if w.terminals[code].Microphone {
			codes = append(codes, code)
		}
	}
	return codes, nil
}

func (w *town) Online(code ebd.ResourceCode) bool {
	return w.terminals[code] != nil && w.terminals[code].Online
}

// Send implements delivery.Sender: a frame reaches a terminal that is connected.
func (w *town) Send(code string, frame []byte) {
	w.frames++
	if s := w.terminals[ebd.ResourceCode(code)]; s != nil && s.Online && !s.deaf {
		s.take(frame)
	}
}

func (s *speaker) take(frame []byte) {
	v := wire.Verifier{Trust: s.town.trust, Self: s.Place}
	verdict := v.Verify(frame, s.town.now(), &s.memory)
	o := verdict.Order
	if verdict.Reason != wire.Accepted {
		s.say(o, wire.Refused, verdict.Reason)
		if last, ok := s.said[o.ID]; ok && verdict.Reason == wire.Replayed {
			s.up = append(s.up, delivery.Receipt{Code: s.Code, RegionPath: s.RegionPath, Receipt: last})
		}
		return
	}
	s.memory.Remember(o)
	s.say(o, wire.Received, "")
	switch o.Kind {
	case wire.Play:
		if s.broken {
			s.memory.Fail(o, 0)
			s.say(o, wire.Failed, wire.PlayerFailed)
			return
		}
		s.playing[o.ID] = o.Version
		s.plays++
		s.say(o, wire.Playing, "")
	default:
		s.ended[o.ID] = true
		delete(s.playing, o.ID)
		s.say(o, wire.Played, "")
	}
}

func (s *speaker) say(o *wire.Order, p wire.Phase, r wire.Reason) {
	if s.mute {
		return
	}
	receipt := wire.Receipt{Order: o.ID, Version: o.Version, Phase: p, Reason: r, At: s.town.now().UnixMicro() + int64(len(s.up))}
	if p != wire.Refused {
		s.said[o.ID] = receipt
	}
	s.up = append(s.up, delivery.Receipt{Code: s.Code, RegionPath: s.RegionPath, Receipt: receipt})
}

// finish ends what the terminal plays, as heard by its microphone.
func (s *speaker) finish(dbfs float64) {
	for id, version := range s.playing {
		r := wire.Receipt{Order: id, Version: version, Phase: wire.Played, At: s.town.now().UnixMicro() + int64(len(s.up)), Source: wire.FromAudio, Heard: &wire.Heard{DBFS: dbfs}}
		s.said[id] = r
		s.up = append(s.up, delivery.Receipt{Code: s.Code, RegionPath: s.RegionPath, Receipt: r})
		delete(s.playing, id)
	}
}

func (s *speaker) held() (refs []wire.OrderRef) {
	for id, h := range s.memory.Orders {
		if h.Failed {
			continue
		}
		refs = append(refs, wire.OrderRef{Order: id, Version: h.Version})
	}
	return refs
}

// answers collects what every terminal has to say.
func (w *town) answers() (all []delivery.Receipt) {
	for _, code := range w.order {
		s := w.terminals[code]
		all = append(all, s.up...)
		s.up = nil
	}
	return all
}

func TestTownIsWellFormed(t *testing.T) {
	w := newTown(time.Now)
	s := w.stand(township1, 1)
	if err := s.Code.Validate(ebd.GDJ2018); err != nil {
		t.Error(err)
	}
	if err := platform.Validate(ebd.GDJ2018); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(s.RegionPath, home) {
		t.Error(s.RegionPath)
	}
}
