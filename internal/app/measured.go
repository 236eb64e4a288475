package app

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/board"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// wireMeasure makes the module of facts, indicators and scores, with the answers it asks of others.
func (a *App) wireMeasure(ctx context.Context, home region.Region) (err error) {
	ofCases, err := fs.ReadFile(a.cityFiles(), "procedures/elements.json")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	a.measures, err = measure.New(ctx, measure.Deps{DB: a.db, Clock: a.clock, Log: a.log, Live: a.hub, Zone: a.zone, Home: home.Path,
		Regions: measureRegions{a.regions}, Messages: measureMessages{a.alerts, a.regions}, Devices: measureDevices{a.assets}, Staff: measureStaff{a.accounts}, Sealer: a.sealer, Public: a.cfg.HTTP.PublicURL, Zones: measureZones{a.regions}, CaseElements: ofCases})
	return err
}

// measureRegions answers for the register of regions.
type measureRegions struct{ *region.Module }

func (r measureRegions) Tree(ctx context.Context) ([]measure.Region, error) {
	found, err := r.All(ctx)
	out := make([]measure.Region, len(found))
	for i, g := range found {
		out[i] = measure.Region{Region: fact.Region{Code: g.Code, Parent: g.Parent, Path: g.Path, Level: string(g.Level), Kind: g.Kind, NameZh: g.Name, NameEn: g.NameEn},
			People: g.Population, Estimated: g.PopulationEstimated}
	}
	return out, err
}

// measureZones answers for named sets of regions.
type measureZones struct{ *region.Module }

func (z measureZones) Zones(ctx context.Context) ([]standard.Zone, error) {
	found, err := z.Module.Zones(ctx)
	out := make([]standard.Zone, len(found))
	for i, f := range found {
		out[i] = standard.Zone{Code: f.Code, NameZh: f.Name, NameEn: f.NameEn, Codes: f.Members}
	}
	return out, err
}

// loadStandards puts the city's sample standards in force where it has some.
func (a *App) loadStandards(ctx context.Context) error {
	raw, err := fs.ReadFile(a.cityFiles(), "standards.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s, err := standard.ReadSample(raw)
	if err != nil {
		return err
	}
	return a.measures.Standards.LoadSample(ctx, s)
}

// measureMessages answers for emergency broadcasting.
type measureMessages struct {
	alerts  *alert.Module
	regions *region.Module
}

// soonMillis is within which time a terminal sounds a message soon.
const soonMillis = 10_000

func (m measureMessages) Outcome(ctx context.Context, id string) (*measure.Outcome, error) {
	o, err := m.alerts.Outcome(ctx, id)
	if err != nil || o == nil {
		return nil, err
	}
	out := &measure.Outcome{Drill: o.Drill, Emergency: o.Emergency, IssuedAt: o.IssuedAt, Over: o.Over}
	if r, err := m.regions.At(ctx, o.RegionPath); err == nil {
		out.RegionCode = r.Code
	}
	for _, t := range o.Towns {
		f := &t.Figures
		town := measure.TownOutcome{Code: t.Code, Targets: f.Targets, Delivered: f.Answered, Reached: f.Reached, Heard: f.Heard, Ears: t.Ears, Failed: f.Failed + f.Refused}
		for _, ms := range t.Sounded {
			town.Seconds += float64(ms) / 1000
			if ms <= soonMillis {
				town.Soon++
			}
		}
		out.Towns = append(out.Towns, town)
	}
	return out, nil
}

// measureDevices answers for the register of devices, township by township.
type measureDevices struct{ *asset.Module }

func (d measureDevices) Standing(ctx context.Context) (map[string]measure.Standing, error) {
	found, err := d.Module.Standing(ctx)
	out := map[string]measure.Standing{}
	for path, t := range found {
		code := delivery.TownshipOf(path)
		s := out[code]
		s.Registered, s.Online, s.Faulty = s.Registered+t.Total, s.Online+t.Online, s.Faulty+t.Faulty
		out[code] = s
	}
	return out, err
}

// Place is where a device stands, if the asker may see it.
func (d measureDevices) Place(ctx context.Context, idOrCode string) (id, path string, err error) {
	e, err := d.Get(ctx, idOrCode)
	if err != nil {
		return "", "", err
	}
	return e.ID, e.RegionPath, nil
}

func (z measureZones) Members(ctx context.Context, zone string) ([]string, error) {
	return z.ZoneMembers(ctx, zone)
}

// portalFigures tells the portal how the city and its districts stand.
type portalFigures struct {
	*indicator.Book
	scores *score.Desk
}

func (p portalFigures) Version(ctx context.Context) (int64, error) { return fact.Version(ctx, p.DB) }

func (p portalFigures) LatestScores(ctx context.Context) ([]score.OpenScores, error) {
	return p.scores.LatestScores(ctx)
}

func (p portalFigures) OpenScore(ctx context.Context, id string) (score.OpenScores, error) {
	return p.scores.OpenScore(ctx, id)
}

// measureStaff answers for accounts.
type measureStaff struct{ *account.Module }

func (s measureStaff) Able(ctx context.Context, perm auth.Permission, path string) ([]auth.Person, error) {
	found, err := s.Holders(ctx, perm, path)
	people := make([]auth.Person, len(found))
	for i, f := range found {
		people[i] = auth.Person(f)
	}
	return people, err
}

func (s measureStaff) RolesWith(ctx context.Context, perm auth.Permission) ([]board.Reader, error) {
	roles, err := s.Roles(ctx)
	readers := []board.Reader{}
	for _, r := range roles {
		if slices.Contains(r.Permissions, perm) {
			readers = append(readers, board.Reader{ID: r.ID, NameZh: r.NameZH, NameEn: r.NameEN})
		}
	}
	return readers, err
}
