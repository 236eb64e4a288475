package app

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/register/party"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// wireParties makes the register of organisations and people, with the answers it asks of others.
func (a *App) wireParties(ctx context.Context, home region.Region) (err error) {
	a.parties, err = party.New(ctx, party.Deps{DB: a.db, Clock: a.clock, Zone: a.zone, Log: a.log, Blob: a.objects, Sealer: a.sealer,
		Regions: assetRegions{a.regions}, Accounts: partyAccounts{a.accounts}, Home: home.Path})
	return err
}

// partyAccounts answers what the register of parties asks of accounts.
type partyAccounts struct{ *account.Module }

func (p partyAccounts) Account(ctx context.Context, idOrName string) (party.Account, error) {
	u, err := p.Known(ctx, idOrName)
	return party.Account{ID: u.ID, Username: u.Username, Name: u.Name}, err
}

// portalLicences tells the portal who holds licences that are public.
type portalLicences struct{ *party.Module }

func (p portalLicences) Licences(ctx context.Context, text string) ([]portal.Licence, error) {
	found, err := p.Public(ctx, "", text)
	out := make([]portal.Licence, len(found))
	for i, l := range found {
		out[i] = portal.Licence{Kind: portal.Name{ZH: l.KindZH, EN: l.KindEN}, Number: l.Number, Holder: portal.Name{ZH: l.NameZH, EN: l.NameEN}, Region: l.Region,
			Scope: portal.Name{ZH: l.ScopeZH, EN: l.ScopeEN}, Issuer: l.Issuer, From: l.ValidFrom, To: l.ValidTo, Sample: l.Sample}
	}
	return out, err
}

// loadParties enters the city's sample organisations and people, where it has some and this node serves
// all of their regions.
func (a *App) loadParties(ctx context.Context) error {
	raw, err := fs.ReadFile(a.cityFiles(), "parties.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s, err := party.ReadSample(raw)
	if err != nil {
		return err
	}
	home, err := a.home(ctx)
	if err != nil {
		return err
	}
	for _, p := range s.Parties {
		if path, err := a.regionPath(ctx, p.RegionCode); err != nil || !strings.HasPrefix(path, home.Path) {
			return err
		}
	}
	return a.parties.LoadSample(ctx, s)
}
