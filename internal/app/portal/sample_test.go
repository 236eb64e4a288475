package portal_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// city is a small invented city that answers the portal's questions.
type city struct {
	list    []portal.Message
	asked   atomic.Int64 // questions about messages
	failing atomic.Bool
	delay   time.Duration
	facts   atomic.Int64 // changes of facts
	coming  string       // day from which a new version of the list is in force
}

var errDown = errors.New("the database is down")

const (
	cityCode = "990100000000"
	north    = "990101000000"
	south    = "990102000000"
	riverTwn = "990101001000"
	speaker  = "49901010010000314010401"
)

var regions = []portal.Region{
	{Code: cityCode, Path: "cn.99.9901.", Name: portal.Name{ZH: "江北市", EN: "Jiangbei"}},
	{Code: north, Path: "cn.99.9901.990101.", Name: portal.Name{ZH: "山北区", EN: "Shanbei District"}},
	{Code: south, Path: "cn.99.9901.990102.", Name: portal.Name{ZH: "水南区", EN: "Shuinan District"}},
	{Code: riverTwn, Path: "cn.99.9901.990101.990101001.", Name: portal.Name{ZH: "河口镇", EN: "Hekou"}, Within: []portal.Name{{ZH: "山北区", EN: "Shanbei District"}}},
	{Code: "990102001000", Path: "cn.99.9901.990102.990102001.", Name: portal.Name{ZH: "桥东镇", EN: "Qiaodong"}, Within: []portal.Name{{ZH: "水南区", EN: "Shuinan District"}}},
}

func (c *city) Region(_ context.Context, code string) (*portal.Region, error) {
	for _, r := range regions {
		if r.Code == code {
			return &r, nil
		}
	}
	return nil, fault.New(fault.NotFound, "region.not_found")
}

func (c *city) Inside(_ context.Context, code string) ([]portal.Region, error) {
	switch code {
	case cityCode:
		return regions[1:3], nil
	case north:
		return regions[3:4], nil
	}
	return nil, nil
}

func (c *city) Search(_ context.Context, words string, limit int) (out []portal.Region, _ error) {
	for _, r := range regions[1:] {
		if strings.Contains(r.Name.ZH, words) && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func box(minLon, minLat, maxLon, maxLat float64) geo.MultiPolygon {
	return geo.MultiPolygon{{{{Lon: minLon, Lat: minLat}, {Lon: maxLon, Lat: minLat}, {Lon: maxLon, Lat: maxLat}, {Lon: minLon, Lat: maxLat}, {Lon: minLon, Lat: minLat}}}}
}

func (c *city) Outlines(context.Context, string) ([]portal.Outline, error) {
	return []portal.Outline{
		{Name: regions[1].Name, Path: regions[1].Path, Shape: box(116, 40, 117, 40.8)},
		{Name: regions[2].Name, Path: regions[2].Path, Shape: box(116, 39.5, 117, 40)},
	}, nil
}

// Shapes knows an estimated outline of one township, and of the other only where it lies.
func (c *city) Shapes(_ context.Context, paths []string) (out []portal.Outline, _ error) {
	for _, o := range []portal.Outline{
		{Name: regions[3].Name, Path: regions[3].Path, Point: &geo.Point{Lon: 116.4, Lat: 40.4}},
		{Name: regions[4].Name, Path: regions[4].Path, Shape: box(116.2, 39.6, 116.5, 39.8), Estimated: true},
	} {
		if slices.Contains(paths, o.Path) {
			out = append(out, o)
		}
	}
	return out, nil
}

func (c *city) Recent(_ context.Context, since time.Time) ([]portal.Message, error) {
	c.asked.Add(1)
	time.Sleep(c.delay)
	if c.failing.Load() {
		return nil, errDown
	}
	return c.list, nil
}

func (c *city) Message(_ context.Context, id string) (*portal.Message, error) {
	c.asked.Add(1)
	if c.failing.Load() {
		return nil, errDown
	}
	for _, m := range c.list {
		if m.ID == id {
			return &m, nil
		}
	}
	return nil, fault.New(fault.NotFound, "alert.not_found")
}

func (c *city) Device(_ context.Context, code string) (*portal.Device, error) {
	if code != speaker {
		return nil, fault.New(fault.NotFound, "asset.device.not_found")
	}
	return &portal.Device{Code: code, Name: "河口镇政府门前大喇叭", Kind: "loudspeaker", Region: regions[3], State: portal.Working,
		LastSeen: noon.Add(-2 * time.Minute), Owner: "河口镇文化站", Contact: "文化站值班室 010-5550100", Playing: "rain", Sample: true,
		Tests: []portal.Test{{At: noon.Add(-26 * time.Hour), OK: true, Heard: true}, {At: noon.Add(-50 * time.Hour), OK: true}, {At: noon.AddDate(0, -2, 0)}}}, nil
}

// noon is the time of the samples, at UTC+8.
var noon = time.Date(2026, 7, 21, 12, 0, 0, 0, time.FixedZone("CST", 8*3600))

// rain is a red warning in both languages with a sound and an area.
func rain() portal.Message {
	return portal.Message{ID: "rain", Version: 2, Emergency: true, Severity: "red", Event: portal.Name{ZH: "暴雨", EN: "rainstorm"},
		Texts: []portal.Text{
			{Lang: i18n.Chinese, Title: "暴雨红色预警", Body: "气象部门7月21日11时40分发布暴雨红色预警：预计未来3小时山北区降雨量将达100毫米以上，山区发生山洪、泥石流和滑坡的风险极高，城市低洼处可能严重积水。",
				Advice: "请立即停止户外活动，留在坚固的楼房内。\n住在地下室、低洼处、河道边和山脚下的居民马上转移到高处。\n不要进入积水的立交桥、隧道和地下车库。"},
			{Lang: i18n.English, Title: "Red rainstorm warning", Body: "The weather service issued a red rainstorm warning at 11:40. More than 100 mm of rain is expected in Shanbei within three hours. Flash floods and landslides are very likely.",
				Advice: "Stop all outdoor activity now and stay inside a solid building.\nIf you are in a basement, beside a river or below a slope, move to higher ground at once.\nKeep out of flooded underpasses, tunnels and garages."},
		},
		Sounds: []portal.Sound{{Lang: i18n.Chinese, URL: "/media/aa", MIME: "audio/mpeg"}},
		Audio:  []portal.Audio{{URL: "/media/bb", Name: "疏散信号"}},
		Places: []portal.Place{{Name: regions[1].Name, Path: regions[1].Path}},
		Area:   []geo.MultiPolygon{box(116, 40, 117, 40.8)}, Issuer: portal.Name{ZH: "江北市气象台", EN: "Jiangbei Weather Service"},
		IssuedAt: noon.Add(-20 * time.Minute), UpdatedAt: noon.Add(-5 * time.Minute), StartsAt: noon.Add(-20 * time.Minute), EndsAt: noon.Add(4 * time.Hour),
		History: []portal.Change{{At: noon.Add(-20 * time.Minute), What: portal.Issued}, {At: noon.Add(-5 * time.Minute), What: portal.Updated}}}
}

// water is an everyday notice for the other district, in Chinese only.
func water() portal.Message {
	return portal.Message{ID: "water", Version: 1, Severity: "unknown", Texts: []portal.Text{{Lang: i18n.Chinese, Title: "水南区停水通知", Body: "因管道检修，7月21日22时至次日6时停水。请提前存水。"}},
		Places: []portal.Place{{Name: regions[2].Name, Path: regions[2].Path, Part: true}}, Issuer: portal.Name{ZH: "江北市自来水公司"},
		IssuedAt: noon.Add(-3 * time.Hour), UpdatedAt: noon.Add(-3 * time.Hour), StartsAt: noon.Add(10 * time.Hour), EndsAt: noon.Add(18 * time.Hour),
		History: []portal.Change{{At: noon.Add(-3 * time.Hour), What: portal.Issued}}}
}

// drill is an orange warning that is only a drill.
func drill() portal.Message {
	m := rain()
	m.ID, m.Drill, m.Severity, m.Version = "drill", true, "orange", 1
	m.Texts = []portal.Text{{Lang: i18n.Chinese, Title: "山洪转移演练", Body: "全镇组织山洪转移演练。", Advice: "听到广播后请按路线到镇中学操场集合。"},
		{Lang: i18n.English, Title: "Flash flood drill", Body: "The town practises leaving the valley.", Advice: "Walk to the school yard when you hear the broadcast."}}
	m.Places = []portal.Place{{Name: regions[3].Name, Path: regions[3].Path}}
	m.Area = []geo.MultiPolygon{box(116.4, 40.4, 116.41, 40.41)}
	return m
}

// wind is over: it was cancelled yesterday.
func wind() portal.Message {
	m := water()
	m.ID, m.Emergency, m.Severity = "wind", true, "yellow"
	m.Texts = []portal.Text{{Lang: i18n.Chinese, Title: "大风黄色预警", Body: "预计有7级大风。", Advice: "请关好门窗。"}, {Lang: i18n.English, Title: "Yellow gale warning", Body: "Gales are expected.", Advice: "Close your windows."}}
	m.StartsAt, m.EndsAt, m.EndedAt, m.End = noon.Add(-30*time.Hour), noon.Add(-20*time.Hour), noon.Add(-24*time.Hour), portal.Cancelled
	m.History = append(m.History, portal.Change{At: m.EndedAt, What: portal.Step(portal.Cancelled)})
	return m
}

func open(c *city) (*portal.Portal, *clock.Manual) {
	clk := clock.NewManual(noon)
	return portal.New(portal.Deps{Clock: clk, Zone: time.FixedZone("UTC+8", 8*3600), Log: slog.New(slog.DiscardHandler), Messages: c, Devices: c, Regions: c, Standards: c, Figures: c, City: cityCode}), clk
}
