package portal

import "context"

// Licences tells who holds a licence whose register is public.
type Licences interface {
	// Licences are the valid ones of organisations with a text in a name or a number, all for an empty
	// one, in the order of their holders' names.
	Licences(ctx context.Context, text string) ([]Licence, error)
}

// Licence is a licence as the public reads it: nothing in it is about a person.
type Licence struct {
	Kind, Holder, Scope    Name
	Number, Region, Issuer string
	From, To               string // days; to may be empty
	Sample                 bool
}

// licencesPage answers: does this company hold a licence, and what may it do?
type licencesPage struct {
	Query  string
	Kinds  []licenceKind
	Count  int
	More   bool // than are shown
	Sample bool
}

// licenceKind is the licences of a kind, in words.
type licenceKind struct {
	Name  string
	Lines []licenceLine
}

type licenceLine struct{ Holder, Number, Scope, Where, Dates, Issuer string }

// maxLicences is how many a page shows; a search finds the others, and the file has all.
const maxLicences = 200

func (p *Portal) licences(ctx context.Context, r *request) (string, any, bool, error) {
	page := licencesPage{Query: query(r.URL)}
	found, err := p.deps.Licences.Licences(ctx, page.Query)
	if err != nil {
		return "", nil, false, err
	}
	page.Count = len(found)
	if page.More = len(found) > maxLicences; page.More {
		found = found[:maxLicences]
	}
	at := map[string]int{}
	for _, l := range found {
		kind := l.Kind.In(r.lang)
		if _, ok := at[kind]; !ok {
			at[kind] = len(page.Kinds)
			page.Kinds = append(page.Kinds, licenceKind{Name: kind})
		}
		line := licenceLine{Holder: l.Holder.In(r.lang), Number: l.Number, Scope: l.Scope.In(r.lang), Where: l.Region, Issuer: l.Issuer}
		line.Dates = r.t("licences.since", "from", r.day(l.From))
		if l.To != "" {
			line.Dates = r.t("licences.dates", "from", r.day(l.From), "until", r.day(l.To))
		}
		of := &page.Kinds[at[kind]]
		of.Lines = append(of.Lines, line)
		page.Sample = page.Sample || l.Sample
	}
	return r.t("licences.title"), page, false, nil
}
