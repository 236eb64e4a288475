package app

import (
	"context"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// assetRegions answers what the register of devices asks of the register of regions.
type assetRegions struct{ *region.Module }

func (r assetRegions) Region(ctx context.Context, code string) (path, fullName string, err error) {
	found, err := r.Get(ctx, code)
	return found.Path, found.FullName(), err
}

// Outline is a region's outline; one that has none has an empty shape.
func (r assetRegions) Outline(ctx context.Context, code string) (geo.MultiPolygon, error) {
	found, err := r.Get(ctx, code)
	if err != nil {
		return nil, err
	}
	drawn, err := r.Shapes(ctx, []string{found.Path})
	if err != nil || len(drawn) == 0 {
		return nil, err
	}
	return drawn[0].Shape, nil
}

// assetOrders signs the register of devices' orders.
type assetOrders struct {
	*keyring.Ring
	platform ebd.ResourceCode
}

func (r assetOrders) Sign(ctx context.Context, tx *store.Tx, o *wire.Order) (frame []byte, err error) {
	o.From = r.platform
	if o.Seq, err = r.NextOrder(ctx, tx); err != nil {
		return nil, err
	}
	key, cert := r.Signing()
	signer := wire.Signer{Key: key, Cert: cert}
	return signer.NewFrame(o, tx.Now)
}

// alertRegions answers what emergency broadcasting asks of the register of regions.
type alertRegions struct{ *region.Module }

func alertRegion(r region.Region) alert.Region {
	level := alertLevels[r.Level]
	if r.Kind == "province" { // of a city's level in the tree, and above it in precedence
		level = rule.Province
	}
	return alert.Region{Code: r.Code, Path: r.Path, NameZh: r.Name, NameEn: r.NameEn, Level: level,
		Population: r.Population, Estimated: r.PopulationEstimated}
}

// alertLevels are the levels of emergency broadcasting; it knows no prefectures apart
// from cities.
var alertLevels = map[city.Level]rule.Level{city.Nation: rule.Nation, city.CityLevel: rule.City, city.Prefecture: rule.City,
	city.District: rule.District, city.Township: rule.Township, city.Village: rule.Village}

func (r alertRegions) Regions(ctx context.Context, codes []string) ([]alert.Region, error) {
	found, err := r.ByCodes(ctx, codes)
	out := make([]alert.Region, len(found))
	for i, f := range found {
		out[i] = alertRegion(f)
	}
	return out, err
}

func (r alertRegions) RegionAt(ctx context.Context, path string) (alert.Region, error) {
	found, err := r.At(ctx, path)
	return alertRegion(found), err
}

func (r alertRegions) Under(ctx context.Context, code string) ([]alert.Region, error) {
	var out []alert.Region
	for page := (store.Page{Limit: store.MaxLimit}); ; {
		found, err := r.List(ctx, code, "", page)
		for _, f := range found.Items {
			out = append(out, alertRegion(f))
		}
		if page.After = found.Next; err != nil || page.After == "" {
			return out, err
		}
	}
}

func (r alertRegions) Covered(ctx context.Context, codes []string, shapes []geo.MultiPolygon) ([]alert.Covered, error) {
	found, err := r.Module.Covered(ctx, codes, shapes)
	out := make([]alert.Covered, len(found))
	for i, f := range found {
		out[i] = alert.Covered{Region: alertRegion(f.Region), Share: f.Share}
	}
	return out, err
}

// alertStaff answers what emergency broadcasting asks of people.
type alertStaff struct{ *account.Module }

func (s alertStaff) Holders(ctx context.Context, perm auth.Permission, path string) ([]duty.Person, error) {
	found, err := s.Module.Holders(ctx, perm, path)
	people := make([]duty.Person, len(found))
	for i, f := range found {
		people[i] = duty.Person(f)
	}
	return people, err
}

// alertTerminals answers what delivery asks of the register of devices.
type alertTerminals struct{ *asset.Module }

func (t alertTerminals) Within(ctx context.Context, area wire.Area) ([]delivery.Terminal, error) {
	found, err := t.Module.Within(ctx, area)
	return terminals(found), err
}

func (t alertTerminals) Find(ctx context.Context, codes []ebd.ResourceCode) ([]delivery.Terminal, error) {
	found, err := t.Module.Find(ctx, codes)
	return terminals(found), err
}

func terminals(found []asset.Target) []delivery.Terminal {
	out := make([]delivery.Terminal, len(found))
	for i, f := range found {
		out[i] = delivery.Terminal{Code: f.Code, Name: f.Name, Kind: string(f.Kind), RegionPath: f.RegionPath, Place: f.Place, Online: f.Online, Microphone: f.Microphone}
	}
	return out
}
