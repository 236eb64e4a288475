package app

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/party"
	"github.com/tongsheng/tongsheng/internal/register/region"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// wireCases makes the module of cases, with the answers it asks of others.
func (a *App) wireCases(ctx context.Context, home region.Region) error {
	calendar, errs := city.Calendar(a.cityFiles())
	if len(errs) > 0 {
		return errs[0]
	}
	procedures, err := a.procedures()
	if err != nil {
		return err
	}
	a.cases, err = casework.New(ctx, casework.Deps{Procedures: procedures, Devices: caseDevices{a.assets}, Places: a.regions, People: a.accounts, HomeCode: home.Code, Public: a.cfg.HTTP.PublicURL, Host: host(a.cfg.HTTP.PublicURL), Issuer: i18n.Both{Zh: issuer(home).ZH, En: issuer(home).EN}, Deps: docket.Deps{DB: a.db, Clock: a.clock, Log: a.log, Live: a.hub, Blob: a.objects, Zone: a.zone, Home: home.Path, Calendar: calendar,
		Regions: caseRegions{a.regions}, Staff: caseStaff{a.accounts}, Parties: caseParties{a.parties}, Urns: caseUrns{a.parties, a.assets, caseStaff{a.accounts}, a.zone}, Sealer: a.sealer, Signer: caseSigner{a.ring}, Subjects: caseSubjects{a.assets, a.parties, a.db}}})
	return err
}

// procedures are the case types that the city comes with.
func (a *App) procedures() (sources [][]byte, err error) {
	names, err := fs.Glob(a.cityFiles(), "procedures/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		src, err := fs.ReadFile(a.cityFiles(), name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	return sources, nil
}

// caseRegions answers for the register of regions.
type caseRegions struct{ *region.Module }

func (r caseRegions) All(ctx context.Context) ([]docket.Region, error) {
	found, err := r.Module.All(ctx)
	out := make([]docket.Region, len(found))
	districts := map[string]string{} // by path
	for _, g := range found {
		if g.Level == city.District {
			districts[g.Path] = g.Code
		}
	}
	for i, g := range found {
		out[i] = docket.Region{Code: g.Code, Path: g.Path, NameZH: g.Name, NameEN: g.NameEn, District: g.Code}
		for _, above := range auth.Above(g.Path) {
			if code := districts[above]; code != "" {
				out[i].District = code
			}
		}
	}
	return out, err
}

// caseStaff answers for accounts.
type caseStaff struct{ *account.Module }

func (s caseStaff) Holders(ctx context.Context, perm auth.Permission, path string) ([]auth.Person, error) {
	found, err := s.Module.Holders(ctx, perm, path)
	out := make([]auth.Person, len(found))
	for i, h := range found {
		out[i] = auth.Person{ID: h.ID, Name: h.Name}
	}
	return out, err
}

// caseSigner signs documents with the node's key.
type caseSigner struct{ *keyring.Ring }

func (s caseSigner) Sign(_ context.Context, text []byte) (string, error) {
	key, _ := s.Signing()
	sig, err := key.Sign(text)
	return base64.StdEncoding.EncodeToString(sig[:]), err
}

// caseSubjects says where things lie.
type caseSubjects struct {
	*asset.Module
	parties *party.Module
	db      *store.DB
}

// Place finds a device by its code, a party or a site by its id.
func (s caseSubjects) Place(ctx context.Context, _ procedure.Subject, id string) (region, name string, err error) {
	if _, err := ebd.ParseResourceCode(id); err == nil {
		found, err := s.Find(ctx, []ebd.ResourceCode{ebd.ResourceCode(id)})
		if err != nil || len(found) == 0 {
			return "", "", errors.Join(err, fault.New(fault.NotFound, "casework.subject.unknown"))
		}
		return string(found[0].Place.Region), found[0].Name, nil
	}
	p, err := s.parties.Party(ctx, s.db, id)
	if err == nil {
		return p.RegionCode, p.NameZH, nil
	}
	if !fault.IsKind(err, fault.NotFound) {
		return "", "", err
	}
	site, err := s.Site(ctx, id)
	if err != nil {
		return "", "", fault.New(fault.NotFound, "casework.subject.unknown")
	}
	return site.RegionCode, site.Name, nil
}

// Kind is what kind of device one is.
func (s caseSubjects) Kind(ctx context.Context, code string) (string, error) {
	found, err := s.Find(ctx, []ebd.ResourceCode{ebd.ResourceCode(code)})
	if err != nil || len(found) == 0 {
		return "", err
	}
	return string(found[0].Kind), nil
}

// caseDevices answers for the register of devices.
type caseDevices struct{ *asset.Module }

// caseParties answers for the register of parties.
type caseParties struct{ *party.Module }

func (p caseParties) Of(ctx context.Context, q store.Queryer, account string) ([]string, error) {
	return p.OrganisationsOf(ctx, q, account)
}

func (p caseParties) Named(ctx context.Context, _ store.Queryer, ids []string) (map[string]procedure.Words, error) {
	found, err := p.Parties(ctx, ids)
	names := make(map[string]procedure.Words, len(found))
	for id, b := range found {
		names[id] = procedure.Words{Zh: b.NameZH, En: b.NameEN}
	}
	return names, err
}

// licences are the kinds of licences that case types issue, as the register calls them.
var licences = map[string]string{"production": "programme_production", "transmission": "transmission", "satellite": "satellite_reception", "frequency": "frequency"}

func (p caseParties) Licensed(ctx context.Context, tx *store.Tx, number string, paper procedure.Paper) error {
	l := party.Licence{Party: paper.Holder, LicenceFacts: party.LicenceFacts{Kind: licences[paper.Licence], Number: number, ScopeZH: paper.Scope, IssuedOn: paper.From.Format(time.DateOnly), ValidFrom: paper.From.Format(time.DateOnly)}}
	if !paper.Until.IsZero() {
		l.ValidTo = paper.Until.AddDate(0, 0, -1).Format(time.DateOnly) // the last day
	}
	_, err := p.PutLicence(ctx, tx, l)
	return err
}

// caseUrns says who or what may be drawn.
type caseUrns struct {
	parties *party.Module
	assets  *asset.Module
	staff   caseStaff
	zone    *time.Location
}

// urns are those that case types may draw from: people by their role in the register, who also need
// an account with the post; organisations by theirs; devices by their kind.
var urns = struct {
	people  map[string]party.Role
	parties map[string]party.Role
	devices map[string]asset.Kind
}{map[string]party.Role{"experts": party.Expert, "inspectors": party.Inspector}, map[string]party.Role{"hotels": party.Hotel, "outlets": party.Outlet}, map[string]asset.Kind{"screens": "screen", "stations": "station"}}

// Names lists the urns.
func (caseUrns) Names() (names []string) {
	for _, of := range []map[string]party.Role{urns.people, urns.parties} {
		names = slices.AppendSeq(names, maps.Keys(of))
	}
	return slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(urns.devices))))
}

// Urn lists who or what is in an urn, in a set order, and who is not, with the reason.
func (u caseUrns) Urn(ctx context.Context, q store.Queryer, from, path string, avoid []string, day time.Time) (in []string, out []procedure.Out, err error) {
	if role, ok := urns.people[from]; ok {
		return u.people(ctx, q, role, from, path, avoid, day)
	}
	if role, ok := urns.parties[from]; ok {
		found, err := u.parties.With(ctx, q, role, path)
		for _, b := range found {
			in = append(in, b.ID)
		}
		return in, nil, err
	}
	in, err = u.assets.OfKind(ctx, q, urns.devices[from], path)
	return in, nil, err
}

// people are those of a role whom the register finds eligible and who can be reached here: a draw
// gives them something to do.
func (u caseUrns) people(ctx context.Context, q store.Queryer, role party.Role, from, path string, avoid []string, day time.Time) (in []string, out []procedure.Out, err error) {
	holders, err := u.staff.Holders(ctx, docket.PermOf(strings.TrimSuffix(from, "s")), path)
	if err != nil {
		return nil, nil, err
	}
	var against []string
	for _, id := range avoid {
		if _, err := u.parties.Party(ctx, q, id); err == nil { // devices and sites have nothing to do with anybody
			against = append(against, id)
		}
	}
	pool, err := u.parties.Pool(ctx, q, party.Filter{Role: role, RegionPath: path, On: day.In(u.zone).Format(time.DateOnly), Against: against})
	if err != nil {
		return nil, nil, err
	}
	for _, c := range pool {
		if !c.Eligible {
			why := make([]string, len(c.Reasons))
			for i, r := range c.Reasons {
				why[i] = r.Code
			}
			out = append(out, procedure.Out{ID: c.ID, Why: strings.Join(why, ", ")})
			continue
		}
		accounts, err := u.parties.AccountsOf(ctx, q, c.ID)
		if err != nil {
			return nil, nil, err
		}
		i := slices.IndexFunc(accounts, func(id string) bool {
			return slices.ContainsFunc(holders, func(p auth.Person) bool { return p.ID == id })
		})
		if i < 0 {
			out = append(out, procedure.Out{ID: c.ID, Why: "casework.urn.no_account"})
			continue
		}
		in = append(in, accounts[i])
	}
	slices.Sort(in)
	return in, out, nil
}
