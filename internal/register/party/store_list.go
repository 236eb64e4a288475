package party

import (
	"context"
	"database/sql"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// renewed is a condition on l: its party has a later one in its place, with the same number or, of a kind
// of which it has one at a time, with another.
func renewed(w *store.Where, singles []string) string {
	same := "n.number = l.number"
	for _, kind := range singles {
		same += " OR l.kind = " + w.Arg(kind)
	}
	// A party has few licences and a kind has many: counted, so that the index by party is taken and the
	// licences of all are never joined with each other.
	return "((SELECT count(*) FROM party_licence n WHERE n.party = l.party AND (n.kind = l.kind) IS TRUE AND n.id <> l.id AND (n.state = 'valid') IS TRUE AND (n.valid_to = '' OR n.valid_to > l.valid_to) AND (" + same + ")) > 0)"
}

// licenceStands is a condition on l for how a licence stands today; what is over and was renewed since
// is not what somebody looks for who asks what is over.
func licenceStands(w *store.Where, stands, today string, singles []string) string {
	switch stands {
	case standsExpired:
		return "(l.state = 'valid' AND l.valid_to <> '' AND l.valid_to < " + w.Arg(today) + " AND NOT " + renewed(w, singles) + ")"
	case standsFuture:
		return "(l.state = 'valid' AND l.valid_from > " + w.Arg(today) + ")"
	case string(Valid):
		return "(l.state = 'valid' AND l.valid_from <= " + w.Arg(today) + " AND (l.valid_to = '' OR l.valid_to >= " + w.Arg(today) + "))"
	}
	return "l.state = " + w.Arg(stands)
}

// where is what a filter and the reader's regions leave. A telephone or identity number finds its
// party only where the reader may see such.
func (f *ListFilter) where(scope, personal auth.Scope, today, by string, singles []string) *store.Where {
	w := new(store.Where)
	scope.Where(w, "p.region_path")
	state := f.State
	if state == "" {
		state = Active
	}
	w.And("p.state = ?", string(state))
	if f.Path != "" {
		auth.NewScope(f.Path).Where(w, "p.region_path")
	}
	for _, c := range []struct{ column, value string }{{"p.kind", string(f.Kind)}, {"p.parent", f.Parent}} {
		if c.value != "" {
			w.And(c.column+" = ?", c.value)
		}
	}
	if f.Role != "" {
		w.And("p.id IN (SELECT party FROM party_role WHERE role = ?)", string(f.Role))
	}
	if f.Member != "" {
		w.And("p.id IN (SELECT party FROM party_entry WHERE other = ? AND class = 'membership' AND from_day <= ? AND (until_day = '' OR until_day >= ?))", f.Member, today, today)
	}
	if f.Qualification != "" {
		w.And("p.id IN (SELECT party FROM party_entry WHERE class = 'qualification' AND term = ? AND from_day <= ? AND (until_day = '' OR until_day >= ?))", f.Qualification, today, today)
	}
	if f.Licence != "" || f.LicenceState != "" || f.Expiring > 0 {
		var conds []string
		if f.Licence != "" {
			conds = append(conds, "l.kind = "+w.Arg(f.Licence))
		}
		if f.LicenceState != "" {
			conds = append(conds, licenceStands(w, f.LicenceState, today, singles))
		}
		if f.Expiring > 0 {
			conds = append(conds, "l.state = 'valid' AND l.valid_to >= "+w.Arg(today)+" AND l.valid_to <= "+w.Arg(by)+" AND NOT "+renewed(w, singles))
		}
		w.And("p.id IN (SELECT l.party FROM party_licence l WHERE " + strings.Join(conds, " AND ") + ")")
	}
	if f.Text != "" {
		cond := `p.search LIKE ` + w.Arg("%"+store.Like(strings.ToLower(f.Text))+"%") + ` ESCAPE '\'`
		for _, by := range []struct{ column, finger string }{{"p.phone_finger", f.phone}, {"p.id_finger", f.identity}} {
			if by.finger != "" && !personal.Empty() {
				cond += " OR (" + by.column + " = " + w.Arg(by.finger) + " AND " + personal.Cond(w, "p.region_path") + ")"
			}
		}
		w.And("(" + cond + ")")
	}
	return w
}

// listKey orders a list: organisations before people, the latest of each first.
const listKey = `(CASE p.kind WHEN 'organisation' THEN '2' ELSE '1' END || p.id)`

func (p *Party) listKey() string {
	if p.Kind == Organisation {
		return "2" + p.ID
	}
	return "1" + p.ID
}

func listParties(ctx context.Context, q store.Queryer, w *store.Where, page store.Page) (store.Listing[Party], error) {
	return store.List(ctx, q, store.ListQuery[Party]{Columns: partyColumns, From: "party_party p", Where: w, Key: listKey, Descending: true, Page: page, Scan: onePartyRow,
		KeyOf: func(p Party) string { return p.listKey() }})
}

// licencesOfAll are those of some parties.
func licencesOfAll(ctx context.Context, q store.Queryer, parties []string) (map[string][]Licence, error) {
	w := new(store.Where)
	w.In("l.party", parties)
	list, err := store.Collect(ctx, q, oneLicenceRow, `SELECT `+licenceColumns+` FROM party_licence l`+w.SQL(), w.Args()...)
	out := map[string][]Licence{}
	for _, l := range list {
		out[l.Party] = append(out[l.Party], l)
	}
	return out, err
}

// held is licences with who holds them.
const held = `party_licence l JOIN party_party p ON p.id = l.party`

// endKey orders licences by their last day, those without end last.
const endKey = `(CASE WHEN l.valid_to = '' THEN '9999-12-31' ELSE l.valid_to END || l.id)`

func listLicences(ctx context.Context, q store.Queryer, f LicenceFilter, scope auth.Scope, today, by string, singles []string) (store.Listing[LicenceItem], error) {
	w := new(store.Where)
	scope.Where(w, "p.region_path")
	w.And("p.state = 'active'")
	if f.Path != "" {
		auth.NewScope(f.Path).Where(w, "p.region_path")
	}
	if f.Kind != "" {
		w.And("l.kind = ?", f.Kind)
	}
	if f.Stands != "" {
		w.And(licenceStands(w, f.Stands, today, singles))
	}
	if f.Expiring > 0 {
		w.And("l.state = 'valid' AND l.valid_to >= ? AND l.valid_to <= ?", today, by)
		w.And("NOT " + renewed(w, singles))
	}
	if f.Text != "" {
		text := "%" + store.Like(strings.ToLower(f.Text)) + "%"
		w.And(`(lower(l.number) LIKE ? ESCAPE '\' OR p.search LIKE ? ESCAPE '\')`, text, text)
	}
	return store.List(ctx, q, store.ListQuery[LicenceItem]{Columns: licenceColumns + `, p.kind, p.region_path, p.body`, From: held, Where: w, Key: endKey, Page: f.Page, Scan: scanHeld, KeyOf: func(l LicenceItem) string {
		if l.ValidTo == "" {
			return "9999-12-31" + l.ID
		}
		return l.ValidTo + l.ID
	}})
}

func scanHeld(rows *sql.Rows) (out LicenceItem, err error) {
	var state, kind, path string
	var b issued
	var of body
	err = rows.Scan(append(licenceTargets(&out.Licence, &state, &b), &kind, &path, store.ScanJSON(&of))...)
	out.fill(state, b)
	p := Party{ID: out.Party, Kind: Kind(kind), RegionPath: path, Facts: of.Facts}
	out.Holder, out.seat = p.brief(), of.RegionCode
	return out, err
}

// publicLicences are those of a kind that organisations hold and that run on a day.
func publicLicences(ctx context.Context, q store.Queryer, kinds []string, today string, limit int) ([]LicenceItem, error) {
	w := new(store.Where)
	w.And("p.state = 'active' AND p.kind = 'organisation'")
	w.In("l.kind", kinds)
	w.And(licenceStands(w, string(Valid), today, nil))
	return store.Collect(ctx, q, scanHeld, `SELECT `+licenceColumns+`, p.kind, p.region_path, p.body FROM `+held+w.SQL()+` ORDER BY p.name, l.id LIMIT `+w.Arg(limit), w.Args()...)
}
