package party

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// ByLicence names a licence of a party.
type ByLicence struct {
	Changed
	Licence string `path:"licence" maxLength:"26"`
}

// ByEntry names an entry of a party.
type ByEntry struct {
	Changed
	Entry string `path:"entry" maxLength:"26"`
}

func licenceItem(l *Licence, err error) (*httpapi.Item[*Licence], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(l, l.Revision), nil
}

func (m *Module) registerLicences(api *httpapi.API) {
	httpapi.Register(api, op("licences", http.MethodGet, "/api/party-licences", "Licences of parties within your regions, those that end first at the head", PermRead), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Q        string `query:"q" maxLength:"100" doc:"In the number, or a name of its holder"`
		Kind     string `query:"kind" maxLength:"60"`
		Stands   string `query:"stands" enum:",valid,suspended,revoked,cancelled,expired,future"`
		Expiring int    `query:"expiring" minimum:"0" maximum:"3650" doc:"Days within which one that runs ends"`
		Region   string `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	}) (*httpapi.List[LicenceItem], error) {
		found, err := m.Licences(ctx, LicenceFilter{Kind: in.Kind, Stands: in.Stands, Path: in.Region, Text: in.Q, Expiring: in.Expiring, Page: in.Page()})
		return httpapi.Of(found), err
	})
	add := op("licence-add", http.MethodPost, "/api/parties/{id}/licences", "Enter a licence of a party", PermWrite)
	add.Status = http.StatusCreated
	httpapi.Register(api, add, func(ctx context.Context, in *struct {
		ByID
		Body LicenceFacts
	}) (*httpapi.Item[*Licence], error) {
		return licenceItem(m.AddLicence(ctx, in.ID, in.Body))
	})
	httpapi.Register(api, op("licence-change", http.MethodPut, "/api/parties/{id}/licences/{licence}", "Correct or renew a licence", PermWrite), func(ctx context.Context, in *struct {
		ByLicence
		Body LicenceFacts
	}) (*httpapi.Item[*Licence], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return licenceItem(m.ChangeLicence(ctx, in.ID, in.Licence, revision, in.Body))
	})
	httpapi.Register(api, op("licence-state", http.MethodPost, "/api/parties/{id}/licences/{licence}/state", "Suspend, revoke, strike off or restore a licence", PermWrite), func(ctx context.Context, in *struct {
		ByLicence
		Body struct {
			State  LicenceState `json:"state" enum:"suspended,valid,revoked,cancelled"`
			Reason string       `json:"reason" minLength:"1" maxLength:"500"`
		}
	}) (*httpapi.Item[*Licence], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return licenceItem(m.DecideLicence(ctx, in.ID, in.Licence, revision, in.Body.State, in.Body.Reason))
	})
	keep := op("document-add", http.MethodPost, "/api/parties/{id}/documents", "Keep a PDF or a picture of a party, such as that of a licence, at most 8 MB", PermWrite)
	keep.MaxBody, keep.AtOnce, keep.Status = maxDocument, 2, http.StatusCreated
	httpapi.Register(api, keep, func(ctx context.Context, in *struct {
		ByID
		Name    string `query:"name" required:"true" maxLength:"200"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[*Document], error) {
		d, err := m.KeepDocument(ctx, in.ID, in.Name, in.RawBody)
		return httpapi.Of(d), err
	})
	read := op("document", http.MethodGet, "/api/parties/{id}/documents/{sm3}", "A document of a party; one of a person needs the permission to see personal data", PermRead)
	read.PerMinute = 120
	httpapi.Register(api, read, func(ctx context.Context, in *struct {
		ByID
		SM3 string `path:"sm3" maxLength:"64"`
	}) (*httpapi.File, error) {
		d, content, err := m.OpenDocument(ctx, in.ID, in.SM3)
		if err != nil {
			return nil, err
		}
		ending := map[string]string{"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[d.Type]
		return &httpapi.File{ContentType: d.Type, Disposition: httpapi.Attachment(ending, "document", d.Name), Control: "no-store", Body: content}, nil
	})
}

func entryItem(e *Entry, err error) (*httpapi.Item[*Entry], error) {
	if err != nil {
		return nil, err
	}
	e.Private, e.Number = e.Private.masked(), maskNumber(e.Number, 2, 2)
	return httpapi.One(e, e.Revision), nil
}

func (m *Module) registerEntries(api *httpapi.API) {
	add := op("entry-add", http.MethodPost, "/api/parties/{id}/entries", "State a membership, qualification, training, conflict of interest, absence or consent of a person", PermWrite)
	add.Status = http.StatusCreated
	httpapi.Register(api, add, func(ctx context.Context, in *struct {
		ByID
		Body Statement
	}) (*httpapi.Item[*Entry], error) {
		return entryItem(m.AddEntry(ctx, in.ID, in.Body))
	})
	httpapi.Register(api, op("entry-change", http.MethodPut, "/api/parties/{id}/entries/{entry}", "Correct what was stated", PermWrite), func(ctx context.Context, in *struct {
		ByEntry
		Body Statement
	}) (*httpapi.Item[*Entry], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return entryItem(m.ChangeEntry(ctx, in.ID, in.Entry, revision, in.Body))
	})
	httpapi.Register(api, op("entry-end", http.MethodPost, "/api/parties/{id}/entries/{entry}/end", "Say when what was stated ends; of consent, that it was withdrawn", PermWrite), func(ctx context.Context, in *struct {
		ByEntry
		Body struct {
			Day string `json:"day" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`
		}
	}) (*httpapi.Item[*Entry], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return entryItem(m.EndEntry(ctx, in.ID, in.Entry, revision, in.Body.Day))
	})
	httpapi.Register(api, op("entry-remove", http.MethodDelete, "/api/parties/{id}/entries/{entry}", "Take back what was entered in error", PermWrite), func(ctx context.Context, in *ByEntry) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, m.RemoveEntry(ctx, in.ID, in.Entry, revision)
	})
}
