package party

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "party-" + id, Method: method, Path: path, Summary: summary, Tag: "party", Access: httpapi.Needs(perm)}
}

// ByID names a party.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

// Changed names a party as it was read.
type Changed struct {
	ByID
	httpapi.IfMatch
}

// Chosen chooses parties.
type Chosen struct {
	Q             string `query:"q" maxLength:"100" doc:"In a name or the code; a telephone or identity number whole"`
	Kind          string `query:"kind" enum:",organisation,person"`
	Role          string `query:"role" enum:",department,street_office,broadcaster,producer,platform,network_operator,maintenance,outlet_operator,hotel,applicant,expert,technician,inspector,interpreter"`
	Region        string `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	Parent        string `query:"parent" maxLength:"26" doc:"Id of the organisation directly above"`
	Member        string `query:"member" maxLength:"26" doc:"Id of an organisation whose people they are today"`
	Licence       string `query:"licence" maxLength:"60" doc:"Kind of a licence that they hold"`
	LicenceState  string `query:"licenceState" enum:",valid,suspended,revoked,cancelled,expired,future"`
	Expiring      int    `query:"expiring" minimum:"0" maximum:"3650" doc:"Days within which a licence that runs ends"`
	Qualification string `query:"qualification" maxLength:"60"`
	State         string `query:"state" enum:",active,merged,erased"`
}

func (c *Chosen) filter(page store.Page) ListFilter {
	return ListFilter{Text: c.Q, Kind: Kind(c.Kind), Role: Role(c.Role), Path: c.Region, Parent: c.Parent, Member: c.Member, Licence: c.Licence, LicenceState: c.LicenceState, Expiring: c.Expiring,
		Qualification: c.Qualification, State: State(c.State), Page: page}
}

// item is a party with all that stands beside it, after an act that gives it back.
func (m *Module) item(ctx context.Context, p *Party, err error) (*httpapi.Item[*View], error) {
	if err != nil {
		return nil, err
	}
	v, err := m.view(ctx, p)
	if err != nil {
		return nil, err
	}
	return httpapi.One(v, v.Revision), nil
}

// Register adds the operations.
func (m *Module) Register(api *httpapi.API) {
	m.registerParties(api)
	m.registerTables(api)
	m.registerTerms(api)
	m.registerLicences(api)
	m.registerEntries(api)
	m.registerMerges(api)
	m.registerPersonal(api)
	m.registerPublic(api)
}

func (m *Module) registerParties(api *httpapi.API) {
	httpapi.Register(api, op("list", http.MethodGet, "/api/parties", "Organisations and people within your regions: organisations first, the latest of each at the head", PermRead), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Chosen
	}) (*httpapi.List[Item], error) {
		found, err := m.List(ctx, in.filter(in.Page()))
		return httpapi.Of(found), err
	})
	add := op("add", http.MethodPost, "/api/parties", "Enter an organisation or a person", PermWrite)
	add.Status = http.StatusCreated
	httpapi.Register(api, add, func(ctx context.Context, in *struct{ Body NewParty }) (*httpapi.Item[*View], error) {
		p, err := m.Add(ctx, in.Body)
		return m.item(ctx, p, err)
	})
	httpapi.Register(api, op("get", http.MethodGet, "/api/parties/{id}", "A party with its licences, entries, accounts and merges, masked", PermRead), func(ctx context.Context, in *ByID) (*httpapi.Item[*View], error) {
		v, err := m.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return httpapi.One(v, v.Revision), nil
	})
	httpapi.Register(api, op("change", http.MethodPut, "/api/parties/{id}", "Correct what is said of a party", PermWrite), func(ctx context.Context, in *struct {
		Changed
		Body Facts
	}) (*httpapi.Item[*View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		p, err := m.Change(ctx, in.ID, revision, in.Body)
		return m.item(ctx, p, err)
	})
	httpapi.Register(api, op("history", http.MethodGet, "/api/parties/{id}/history", "Who changed what of a party, the latest first", PermRead), func(ctx context.Context, in *struct {
		ByID
		httpapi.PageInput
	}) (*httpapi.List[Happening], error) {
		found, err := m.History(ctx, in.ID, in.Page())
		return httpapi.Of(found), err
	})
	link := op("account-link", http.MethodPost, "/api/parties/{id}/accounts", "Say that an account belongs to a person", PermWrite)
	link.Status = http.StatusCreated
	httpapi.Register(api, link, func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Account string `json:"account" minLength:"1" maxLength:"64" doc:"User name or id"`
		}
	}) (*httpapi.Body[*Account], error) {
		a, err := m.LinkAccount(ctx, in.ID, in.Body.Account)
		return httpapi.Of(a), err
	})
	httpapi.Register(api, op("account-unlink", http.MethodDelete, "/api/parties/{id}/accounts/{account}", "Say that an account belongs to a person no more", PermWrite), func(ctx context.Context, in *struct {
		ByID
		Account string `path:"account" maxLength:"26"`
	}) (*httpapi.Empty, error) {
		return nil, m.UnlinkAccount(ctx, in.ID, in.Account)
	})
	pool := op("pool", http.MethodGet, "/api/party-pool", "Who of a role may take part in something on a day, and why the others may not", PermRead)
	pool.PerMinute = 60
	httpapi.Register(api, pool, func(ctx context.Context, in *struct {
		Q             string   `query:"q" maxLength:"100"`
		Role          string   `query:"role" required:"true" enum:"expert,technician,inspector,interpreter,applicant"`
		Field         string   `query:"field" maxLength:"60"`
		Qualification string   `query:"qualification" maxLength:"60"`
		Training      string   `query:"training" maxLength:"60"`
		Region        string   `query:"region" maxLength:"200" doc:"Region path in which it takes place"`
		On            string   `query:"on" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Empty: today"`
		Against       []string `query:"against" maxItems:"50" doc:"Ids of the parties it is about"`
	}) (*httpapi.List[Candidate], error) {
		found, err := m.Judged(ctx, Filter{Role: Role(in.Role), Field: in.Field, Qualification: in.Qualification, Training: in.Training, RegionPath: in.Region, On: in.On, Against: in.Against}, in.Q)
		return httpapi.All(found, err)
	})
}

func (m *Module) registerTables(api *httpapi.API) {
	export := op("export", http.MethodGet, "/api/parties/export", "The parties of a filter as a table, personal data masked", PermRead)
	export.PerMinute, export.AtOnce = 120, 1
	httpapi.Register(api, export, func(ctx context.Context, in *struct {
		Chosen
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	}) (*httpapi.File, error) {
		return m.Export(ctx, in.filter(store.Page{}), in.Format)
	})
	httpapi.Register(api, op("import-template", http.MethodGet, "/api/party-imports/template", "A table to fill in, its headings in the reader's language", PermWrite), func(ctx context.Context, in *struct {
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	}) (*httpapi.File, error) {
		return m.Template(ctx, in.Format)
	})
	bring := op("import", http.MethodPost, "/api/party-imports", "Bring an XLSX or CSV file into the register, or only look at it; good rows are kept, bad ones reported with their cell", PermWrite)
	bring.MaxBody, bring.AtOnce, bring.PerMinute = maxImportBytes, 1, 20
	httpapi.Register(api, bring, func(ctx context.Context, in *struct {
		DryRun  bool   `query:"dryRun" doc:"Only look: write nothing"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[Imported], error) {
		out, err := m.Import(ctx, in.RawBody, in.DryRun)
		return httpapi.Of(out), err
	})
}

func (m *Module) registerTerms(api *httpapi.API) {
	httpapi.Register(api, op("terms", http.MethodGet, "/api/party-terms", "Kinds of licences, qualifications, courses, fields and purposes", PermRead), func(ctx context.Context, _ *struct{}) (*httpapi.List[Term], error) {
		found, err := m.Terms(ctx)
		return httpapi.All(found, err)
	})
	create := op("term-create", http.MethodPost, "/api/party-terms", "Add to a list", PermWrite)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Term }) (*httpapi.Item[Term], error) {
		t, err := m.PutTerm(ctx, in.Body, 0)
		return httpapi.One(t, t.Revision), err
	})
	httpapi.Register(api, op("term-put", http.MethodPut, "/api/party-terms/{code}", "Change or retire an entry of a list", PermWrite), func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"60"`
		httpapi.IfMatch
		Body Term
	}) (*httpapi.Item[Term], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Code = in.Code
		t, err := m.PutTerm(ctx, in.Body, revision)
		return httpapi.One(t, t.Revision), err
	})
}
