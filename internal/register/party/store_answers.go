package party

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func oneText(rows *sql.Rows) (text string, err error) { return text, rows.Scan(&text) }

// membersOn are the ids of people who are members of an organisation on a day.
func membersOn(ctx context.Context, q store.Queryer, organisation, day string) ([]string, error) {
	return store.Collect(ctx, q, oneText, `SELECT DISTINCT party FROM party_entry WHERE other = $1 AND class = 'membership' AND from_day <= $2 AND (until_day = '' OR until_day >= $2) ORDER BY party`, organisation, day)
}

// accountsOfAll are the accounts of some people.
func accountsOfAll(ctx context.Context, q store.Queryer, people []string) (ids []string, err error) {
	ids = []string{}
	for len(people) > 0 {
		n := min(len(people), 500)
		w := new(store.Where)
		w.In("party", people[:n])
		some, err := store.Collect(ctx, q, oneText, `SELECT account FROM party_account`+w.SQL()+` ORDER BY account`, w.Args()...)
		if err != nil {
			return nil, err
		}
		ids, people = append(ids, some...), people[n:]
	}
	return ids, nil
}

// peopleWith are the people with a role, in the order of their ids.
func peopleWith(ctx context.Context, q store.Queryer, role Role) ([]Party, error) {
	return store.Collect(ctx, q, onePartyRow, `SELECT `+partyColumns+` FROM party_party p JOIN party_role r ON r.party = p.id WHERE r.role = $1 AND p.kind = 'person' AND p.state = 'active' ORDER BY p.id`, string(role))
}

func organisationsWith(ctx context.Context, q store.Queryer, role Role, regionPath string) ([]Party, error) {
	w := new(store.Where)
	w.And("r.role = ? AND p.kind = 'organisation' AND p.state = 'active'", string(role))
	auth.NewScope(regionPath).Where(w, "p.region_path")
	return store.Collect(ctx, q, onePartyRow, `SELECT `+partyColumns+` FROM party_party p JOIN party_role r ON r.party = p.id`+w.SQL()+` ORDER BY p.id`, w.Args()...)
}

// knownParty is the active party that one to add would be a second of: by its code, else by kind, name
// and region. Nil where there is none.
func knownParty(ctx context.Context, q store.Queryer, p *Party) (*Party, error) {
	found, err := store.Collect(ctx, q, onePartyRow, `SELECT `+partyColumns+` FROM party_party p WHERE p.state = 'active' AND p.kind = $1 AND (p.code = $2 AND $2 <> '' OR p.name = $3 AND p.region_code = $4) ORDER BY p.code = $2 DESC, p.id LIMIT 1`,
		string(p.Kind), p.Code, p.NameZH, p.RegionCode)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// partiesNamed are the ids of active organisations with a name.
func partiesNamed(ctx context.Context, q store.Queryer, name string) ([]string, error) {
	return store.Collect(ctx, q, oneText, `SELECT id FROM party_party WHERE state = 'active' AND kind = 'organisation' AND name = $1 ORDER BY id LIMIT 2`, name)
}
