package party

import (
	"bytes"
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// OpPublic and OpPublicTable are the operations of the public register.
const (
	OpPublic      = "party-public"
	OpPublicTable = "party-public-table"
)

func (m *Module) registerMerges(api *httpapi.API) {
	duplicates := op("duplicates", http.MethodGet, "/api/party-duplicates", "Pairs that may be one, the surest first, and why", PermMerge)
	duplicates.PerMinute = 60
	httpapi.Register(api, duplicates, func(ctx context.Context, in *struct {
		httpapi.PageInput
		Region string `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	}) (*httpapi.List[Pair], error) {
		found, err := m.Duplicates(ctx, in.Region, in.Page())
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("distinguish", http.MethodPost, "/api/parties/{id}/distinct", "Remember that two parties are two", PermMerge), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Other  string `json:"other" minLength:"1" maxLength:"26"`
			Reason string `json:"reason,omitempty" maxLength:"500"`
		}
	}) (*httpapi.Empty, error) {
		return nil, m.Distinguish(ctx, in.ID, in.Body.Other, in.Body.Reason)
	})
	merge := op("merge", http.MethodPost, "/api/parties/{id}/merge", "Merge another party into this one, which takes the fields that are named", PermMerge)
	httpapi.Register(api, merge, func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Merged   string   `json:"merged" minLength:"1" maxLength:"26" doc:"Id of the party that becomes an alias"`
			Revision int64    `json:"revision" minimum:"1" doc:"Its revision as it was read"`
			Take     []string `json:"take" nullable:"false" maxItems:"20" doc:"Fields that the survivor takes from it"`
		}
	}) (*httpapi.Body[*Merge], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		g, err := m.MergeInto(ctx, in.ID, in.Body.Merged, [2]int64{revision, in.Body.Revision}, in.Body.Take)
		return httpapi.Of(g), err
	})
	httpapi.Register(api, op("merge-undo", http.MethodPost, "/api/party-merges/{id}/undo", "Take a merge back", PermMerge), func(ctx context.Context, in *ByID) (*httpapi.Body[*Merge], error) {
		g, err := m.Undo(ctx, in.ID)
		return httpapi.Of(g), err
	})
}

// Said is a reason in the reader's language.
type Said struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

func (m *Module) registerPersonal(api *httpapi.API) {
	reveal := op("reveal", http.MethodPost, "/api/parties/{id}/reveal", "Unmask what is personal of a party; the record holds why", PermPersonal)
	reveal.PerMinute = 60
	httpapi.Register(api, reveal, func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Purpose string `json:"purpose" minLength:"2" maxLength:"200" text:"name" doc:"What it is needed for"`
		}
	}) (*httpapi.Body[*Revealed], error) {
		out, err := m.Reveal(ctx, in.ID, in.Body.Purpose)
		return httpapi.Of(out), err
	})
	httpapi.Register(api, op("personal-put", http.MethodPut, "/api/parties/{id}/personal", "Replace what is personal of a party", PermPersonal), func(ctx context.Context, in *struct {
		Changed
		Body Personal
	}) (*httpapi.Item[*View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		p, err := m.PutPersonal(ctx, in.ID, revision, in.Body)
		return m.item(ctx, p, err)
	})
	portable := op("portable", http.MethodGet, "/api/parties/{id}/portable", "Everything that is held of a party, for the person to have", PermPersonal)
	portable.PerMinute = 20
	httpapi.Register(api, portable, func(ctx context.Context, in *struct {
		ByID
		Format string `query:"format" enum:"pdf,json" default:"pdf"`
	}) (*httpapi.File, error) {
		return m.HandFile(ctx, in.ID, in.Format)
	})
	httpapi.Register(api, op("holds", http.MethodGet, "/api/parties/{id}/holds", "Why a person cannot be erased now; none where it can be", PermRead), func(ctx context.Context, in *ByID) (*httpapi.List[Said], error) {
		why, err := m.Holds(ctx, in.ID)
		said := make([]Said, len(why))
		for i, r := range why {
			said[i] = Said{r.Code, i18n.T(httpapi.LangOf(ctx), r.Code, r.Args)}
		}
		return httpapi.All(said, err)
	})
	erase := op("erase", http.MethodPost, "/api/parties/{id}/erase", "Erase everything personal of a person, for good; a stub without a name stays", PermErase)
	erase.PerMinute = 20
	httpapi.Register(api, erase, func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"500"`
		}
	}) (*httpapi.Item[*View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		p, err := m.Erase(ctx, in.ID, revision, in.Body.Reason)
		return m.item(ctx, p, err)
	})
}

func (m *Module) registerPublic(api *httpapi.API) {
	list := httpapi.Op{ID: OpPublic, Method: http.MethodGet, Path: "/api/public/licences", Summary: "The public register: organisations with a valid licence of a kind that is public", Tag: "party", Access: httpapi.Public, PerMinute: 120}
	httpapi.Register(api, list, func(ctx context.Context, in *struct {
		Kind string `query:"kind" maxLength:"60" doc:"Empty: all that are public"`
		Q    string `query:"q" maxLength:"100" doc:"In a name, or a number"`
	}) (*httpapi.List[PublicLicence], error) {
		found, err := m.Public(ctx, in.Kind, in.Q)
		return httpapi.All(found, err)
	})
	table := httpapi.Op{ID: OpPublicTable, Method: http.MethodGet, Path: "/api/public/licences.csv", Summary: "The public register as CSV", Tag: "party", Access: httpapi.Public, PerMinute: 60}
	httpapi.Register(api, table, func(ctx context.Context, in *struct {
		Kind string `query:"kind" maxLength:"60"`
	}) (*httpapi.File, error) {
		found, err := m.Public(ctx, in.Kind, "")
		if err != nil {
			return nil, err
		}
		lang := httpapi.LangOf(ctx)
		head := []string{"number", "nameZh", "nameEn", "regionName", "licence", "licenceScope", "issuer", "validFrom", "validTo", "sample"}
		for i, key := range head {
			head[i] = heading(lang, key)
		}
		lines := [][]string{head}
		for _, l := range found {
			sample := ""
			if l.Sample {
				sample = i18n.T(lang, "party.column.is_sample", nil)
			}
			lines = append(lines, []string{l.Number, l.NameZH, l.NameEN, l.Region, picked(lang, l.KindZH, l.KindEN), picked(lang, l.ScopeZH, l.ScopeEN), l.Issuer, l.ValidFrom, l.ValidTo, sample})
		}
		var out bytes.Buffer
		if err := writeTable(&out, "csv", "", lines); err != nil {
			return nil, fault.New(fault.Internal, "internal").Because(err)
		}
		return &httpapi.File{ContentType: httpapi.MediaType("csv"), Disposition: httpapi.Attachment("csv", "licences", ""), Control: "public, max-age=300", Body: out.Bytes()}, nil
	})
}
