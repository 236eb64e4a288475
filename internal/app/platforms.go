package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// platformThings tells platforms above what is in the register of devices.
type platformThings struct{ *asset.Module }

func (t platformThings) Things(ctx context.Context, since time.Time, states bool, after ebd.ResourceCode, limit int) ([]peer.Thing, error) {
	found, err := t.Changed(ctx, since, states, after, limit)
	out := make([]peer.Thing, len(found))
	for i := range found {
		out[i] = thing(&found[i])
	}
	return out, err
}

func thing(e *asset.Entry) peer.Thing {
	t := peer.Thing{Code: e.Code, Name: e.Name, Region: e.RegionCode, Address: e.Region, Contact: e.Owner, Phone: e.Contact, Gone: e.State == asset.Retired, Changed: e.UpdatedAt, StateAt: e.UpdatedAt}
	if e.Position != nil {
		t.Lon, t.Lat = degrees(e.Position.Lon), degrees(e.Position.Lat)
	}
	c := &e.Condition
	if c.Since != nil {
		t.StateAt = *c.Since
	}
	switch {
	case c.Presence == asset.Online && c.Playing != "":
		t.State, t.Words = ebd.RunPlaying, "播发中"
	case len(c.Faults) > 0:
		words := make([]string, len(c.Faults))
		for i, f := range c.Faults {
			words[i] = i18n.T(i18n.Chinese, "asset.fault."+f, nil)
		}
		t.State, t.Words = ebd.RunFault, "故障："+strings.Join(words, "、")
	case c.Presence == asset.Online:
		t.State, t.Words = ebd.RunNormal, "运行正常"
	case c.Presence == asset.Never:
		t.State, t.Words = ebd.RunOff, "尚未上线"
	default:
		t.State, t.Words = ebd.RunOff, "离线"
	}
	return t
}

func degrees(d float64) string { return strconv.FormatFloat(d, 'f', 6, 64) }

// platformSelf is this node, as other platforms are told of it.
func (a *App) platformSelf(home region.Region) peer.Thing {
	return peer.Thing{Code: platformCode(home.Code), Name: i18n.T(i18n.Chinese, "app.issuer", map[string]any{"city": home.Name}), Region: home.Code, Address: home.FullName(),
		URL: a.platformURL(), State: ebd.RunNormal, Words: "运行正常"}
}

// platformURL is where this node takes packages.
func (a *App) platformURL() string {
	return strings.TrimSuffix(a.cfg.HTTP.PublicURL, "/") + peer.Op.Path
}
