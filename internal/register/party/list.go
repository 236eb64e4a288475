package party

import (
	"context"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// ListFilter chooses parties.
type ListFilter struct {
	Text          string // in a name or the code; a telephone or identity number whole, for who may see them
	Kind          Kind
	Role          Role
	Path          string // region path; its subtree
	Parent        string // id of the organisation directly above
	Member        string // id of an organisation whose people they are, today
	Licence       string // kind of a licence that they hold
	LicenceState  string // how one stands today
	Expiring      int    // days within which a licence that runs ends; 0: no matter
	Qualification string // that a person has today
	State         State  // active where empty
	Page          store.Page

	phone, identity string // fingers
}

// Item is a party in a list.
type Item struct {
	Party
	Personal Personal `json:"personal" doc:"Masked"`
	Worst    string   `json:"worst,omitempty" doc:"Of its licences that are in use, how the one that needs most care stands: expired, suspended, expiring, valid"`
	Ends     string   `json:"ends,omitempty" doc:"The first last day of those that run"`
}

// choose bounds a filter to what the asker may read.
func (m *Module) choose(ctx context.Context, f ListFilter) (*store.Where, error) {
	if strings.Contains(f.Path, "%") || len(f.Path) > 200 {
		return nil, fault.Bad("query.region", "request.invalid")
	}
	terms, err := readTerms(ctx, m.db)
	if err != nil {
		return nil, err
	}
	f.Text = strings.TrimSpace(f.Text)
	f.phone, f.identity = m.vault.finger("phone", i18n.Phone(f.Text)), m.vault.finger("identity", strings.ToUpper(f.Text))
	return f.where(auth.ScopeOf(ctx, PermRead), auth.ScopeOf(ctx, PermPersonal), m.today(), m.dayAfter(f.Expiring), singles(terms)), nil
}

// List lists parties that the asker may read: organisations before people, the latest of each first.
func (m *Module) List(ctx context.Context, f ListFilter) (out store.Listing[Item], err error) {
	w, err := m.choose(ctx, f)
	if err != nil {
		return out, err
	}
	found, err := listParties(ctx, m.db, w, f.Page)
	if err != nil {
		return out, err
	}
	items, err := m.items(ctx, found.Items)
	return store.Listing[Item]{Items: items, Next: found.Next, Total: found.Total}, err
}

// items puts beside parties what a list shows of them.
func (m *Module) items(ctx context.Context, list []Party) ([]Item, error) {
	ids, pointers := make([]string, len(list)), make([]*Party, len(list))
	for i := range list {
		ids[i], pointers[i] = list[i].ID, &list[i]
	}
	if err := m.nameRegions(ctx, pointers...); err != nil {
		return nil, err
	}
	terms, err := readTerms(ctx, m.db)
	if err != nil {
		return nil, err
	}
	single := singles(terms)
	held, err := licencesOfAll(ctx, m.db, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Item, len(list))
	for i := range list {
		who, err := m.vault.unlock(&list[i])
		if err != nil {
			return nil, err
		}
		out[i] = Item{Party: list[i], Personal: who.masked()}
		out[i].Worst, out[i].Ends = m.worst(held[list[i].ID], single)
	}
	return out, nil
}

// expiringWithin is from how many days before its end a licence is shown as expiring.
const expiringWithin = 90

// care is how much care the standing of a licence needs.
var care = map[string]int{"valid": 1, standsFuture: 1, "expiring": 2, string(Suspended): 3, standsExpired: 4}

// worst is how the licence stands that needs most care, of those in use: one that was renewed, struck
// off or revoked needs none.
func (m *Module) worst(list []Licence, singles []string) (stands, ends string) {
	latest := map[[2]string]Licence{}
	for _, l := range list {
		key := [2]string{l.Kind, l.Number}
		if slices.Contains(singles, l.Kind) {
			key[1] = ""
		}
		if was, ok := latest[key]; !ok || was.ValidTo != "" && (l.ValidTo == "" || l.ValidTo > was.ValidTo) {
			latest[key] = l
		}
	}
	for _, l := range latest {
		l.settle(m.today())
		s := l.Stands
		if s == string(Valid) && l.DaysLeft != nil {
			if *l.DaysLeft <= expiringWithin {
				s = "expiring"
			}
			if ends == "" || l.ValidTo < ends {
				ends = l.ValidTo
			}
		}
		if care[s] > care[stands] {
			stands = s
		}
	}
	return stands, ends
}

// LicenceItem is a licence in a list, with who holds it.
type LicenceItem struct {
	Licence
	Holder Brief `json:"holder"`

	seat string // code of the region of the holder's seat
}

// LicenceFilter chooses licences.
type LicenceFilter struct {
	Kind, Stands, Path, Text string
	Expiring                 int // days within which one that runs ends; 0: no matter
	Page                     store.Page
}

// Licences lists licences of parties that the asker may read, those that end first at the head; those
// without end come last.
func (m *Module) Licences(ctx context.Context, f LicenceFilter) (store.Listing[LicenceItem], error) {
	terms, err := readTerms(ctx, m.db)
	if err != nil {
		return store.Listing[LicenceItem]{}, err
	}
	list, err := listLicences(ctx, m.db, f, auth.ScopeOf(ctx, PermRead), m.today(), m.dayAfter(f.Expiring), singles(terms))
	for i := range list.Items {
		list.Items[i].settle(m.today())
	}
	return list, err
}
