package party

import (
	"context"
	"strings"
)

// PublicLicence is a licence as the public register tells of it: of an organisation, nothing of people.
type PublicLicence struct {
	Kind      string `json:"kind"`
	KindZH    string `json:"kindZh"`
	KindEN    string `json:"kindEn"`
	Number    string `json:"number"`
	NameZH    string `json:"nameZh"`
	NameEN    string `json:"nameEn"`
	Region    string `json:"region" doc:"Name of the region of its seat"`
	ScopeZH   string `json:"scopeZh"`
	ScopeEN   string `json:"scopeEn"`
	Issuer    string `json:"issuer"`
	ValidFrom string `json:"validFrom"`
	ValidTo   string `json:"validTo" doc:"Empty: without end"`
	Sample    bool   `json:"sample" doc:"Made up"`
}

// maxPublic is how many licences the public register tells of at once.
const maxPublic = 20_000

// Public is the public register: organisations that hold a valid licence of a kind that is public, in
// the order of their names. The text is in a name, or a number.
func (m *Module) Public(ctx context.Context, kind, text string) ([]PublicLicence, error) {
	terms, err := readTerms(ctx, m.db)
	if err != nil {
		return nil, err
	}
	open, kinds := map[string]Term{}, []string{}
	for _, t := range terms {
		code := strings.TrimPrefix(t.Code, listLicence+".")
		if t.of() == listLicence && t.Public && (kind == "" || kind == code) {
			open[code], kinds = t, append(kinds, code)
		}
	}
	found, err := publicLicences(ctx, m.db, kinds, m.today(), maxPublic)
	if err != nil {
		return nil, err
	}
	text = strings.ToLower(strings.TrimSpace(text))
	out := []PublicLicence{}
	names := map[string]string{}
	for _, l := range found {
		if text != "" && !strings.Contains(strings.ToLower(l.Holder.NameZH+"\n"+l.Holder.NameEN+"\n"+l.Number), text) {
			continue
		}
		p := Party{Facts: Facts{RegionCode: l.seat}}
		if name, ok := names[l.seat]; ok {
			p.Region = name
		} else if err := m.nameRegions(ctx, &p); err != nil {
			return nil, err
		}
		names[l.seat] = p.Region
		t := open[l.Kind]
		out = append(out, PublicLicence{l.Kind, t.NameZH, t.NameEN, l.Number, l.Holder.NameZH, l.Holder.NameEN, p.Region, l.ScopeZH, l.ScopeEN, l.Issuer, l.ValidFrom, l.ValidTo, l.Sample})
	}
	return out, nil
}
