package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/party"
)

// party is an organisation or an expert of a district.
func (s *scene) party(kind party.Kind) *party.Party {
	s.t.Helper()
	n := party.NewParty{Kind: kind, Facts: party.Facts{NameZH: fmt.Sprintf("第%d号主体", s.next()), RegionCode: s.code, Roles: []party.Role{party.Producer}}}
	if kind == party.Person {
		n.Roles = []party.Role{party.Expert}
	}
	p, err := s.a.parties.Add(s.as(registrar), n)
	s.must(err)
	return p
}

func (s *scene) licence(of *party.Party) *party.Licence {
	l, err := s.a.parties.AddLicence(s.as(registrar), of.ID, party.LicenceFacts{Kind: "other", Number: fmt.Sprint("M", s.next()), ValidFrom: "2026-01-01"})
	s.must(err)
	return l
}

// twin is one of two that have the same code.
func (s *scene) twin() string {
	code := map[place]string{home: "91350100M000100Y43", away: "91110000600037341L"}[s.place]
	var id string
	for range 2 {
		p, err := s.a.parties.Add(s.as(registrar), party.NewParty{Kind: party.Organisation, Facts: party.Facts{NameZH: fmt.Sprintf("孪生%d号", s.next()), RegionCode: s.code, Code: code, Roles: []party.Role{party.Hotel}}})
		s.must(err)
		id = p.ID
	}
	return id
}

// parties makes what an operation on a party works on.
func (s *scene) parties(op operation, fill map[string]string, in *request) string {
	kind := party.Organisation
	switch op.id {
	case "party-entry-add", "party-entry-change", "party-entry-end", "party-entry-remove", "party-account-link", "party-account-unlink", "party-erase", "party-holds":
		kind = party.Person
	}
	p := s.party(kind)
	in.match = httpapi.ETag(p.Revision)
	switch op.id {
	case "party-licence-add":
		in.body = fmt.Sprintf(`{"kind":"other","number":"N%d","validFrom":"2026-01-01"}`, s.next())
	case "party-licence-change", "party-licence-state":
		l := s.licence(p)
		fill["licence"], in.match = l.ID, httpapi.ETag(l.Revision)
		in.body = map[string]string{"party-licence-change": `{"kind":"other","number":"` + l.Number + `","validFrom":"2026-01-01"}`}[op.id]
	case "party-entry-add", "party-entry-change", "party-entry-end", "party-entry-remove":
		in.body = `{"class":"absence","from":"2026-01-01","until":"2026-01-02"}`
		if op.id == "party-entry-add" {
			break
		}
		e, err := s.a.parties.AddEntry(s.as(registrar), p.ID, party.Statement{Class: party.Absence, From: "2026-01-01", Until: "2026-01-02"})
		s.must(err)
		fill["entry"], in.match = e.ID, httpapi.ETag(e.Revision)
		if op.id == "party-entry-end" {
			in.body = `{"day":"2026-01-03"}`
		}
	case "party-account-link":
		in.body = `{"account":"` + s.person() + `"}`
	case "party-account-unlink":
		fill["account"] = s.person()
		_, err := s.a.parties.LinkAccount(s.as(registrar), p.ID, fill["account"])
		s.must(err)
	case "party-document", "party-document-add":
		in.query, in.raw = "name=a.png", true
		d, err := s.a.parties.KeepDocument(s.as(registrar), p.ID, "a.png", []byte(dot()))
		s.must(err)
		fill["sm3"] = d.SM3
		if op.id == "party-document-add" {
			in.body = dot()
		}
	case "party-distinguish":
		in.body = `{"other":"` + s.party(kind).ID + `"}`
	case "party-merge":
		in.body = `{"merged":"` + s.party(kind).ID + `","revision":1,"take":[]}`
	case "party-merge-undo":
		g, err := s.a.parties.MergeInto(s.as(registrar), p.ID, s.party(kind).ID, [2]int64{1, 1}, nil)
		s.must(err)
		return g.ID
	case "party-reveal":
		in.body = `{"purpose":"matrix"}`
	case "party-erase":
		in.body = `{"reason":"matrix"}`
	}
	return p.ID
}

// wideTerm is a change of a list of the register.
func (a *App) wideTerm(t *testing.T, op operation, serial *int, in *request) {
	*serial++
	code := fmt.Sprintf("course.m%d", *serial)
	in.fill, in.body = map[string]string{"code": code}, fmt.Sprintf(`{"code":"%s","nameZh":"试","nameEn":"matrix"}`, code)
	if op.id == "party-term-put" {
		in.match = httpapi.ETag(a.made(t, registrar, "/api/party-terms", in.body, "").Revision)
	}
}

// What a role may see of people ends where the role does: a viewer reads the register and nothing
// personal in it.
func TestOnlyFewSeeWhatIsPersonal(t *testing.T) {
	a := openTest(t)
	for _, role := range builtinRoles() {
		for _, p := range role.Permissions {
			allowed := role.ID == registrar || role.ID == privacyOfficer
			if (p == party.PermPersonal || p == party.PermErase) && !allowed {
				t.Errorf("%s holds %s", role.ID, p)
			}
			if p == party.PermErase && role.ID == registrar {
				t.Error("whoever keeps the register also erases from it")
			}
		}
	}
	if got := a.ask(operation{method: "GET", path: "/api/public/licences"}, request{}, "", ""); got.status != 200 {
		t.Errorf("the public register: %d %s", got.status, got.body)
	}
}

// The sample city's organisations and people are whole, and marked.
func TestSamplePartiesLoad(t *testing.T) {
	a := openTest(t)
	for range 2 { // again adds nothing
		if err := a.loadParties(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s := &scene{place: home, a: a, t: t}
	count := func(f party.ListFilter) int64 {
		l, err := a.parties.List(s.as(registrar), f)
		s.must(err)
		for _, p := range l.Items {
			if !p.Sample || !strings.Contains(p.NameZH, "样例") {
				t.Errorf("%s is not marked", p.NameZH)
			}
		}
		return l.Total
	}
	for role, least := range map[party.Role]int64{party.Expert: 60, party.Technician: 30, party.Inspector: 20, party.Maintenance: 3, party.Producer: 12, party.StreetOffice: 4, party.Department: 6} {
		if n := count(party.ListFilter{Role: role}); n < least {
			t.Errorf("%s: %d of %d", role, n, least)
		}
	}
	if n := count(party.ListFilter{Kind: party.Organisation}); n < 38 {
		t.Errorf("%d organisations", n)
	}
	pool, err := a.parties.Pool(t.Context(), a.db, party.Filter{Role: party.Technician, Qualification: "height", Training: "safety", RegionPath: home.path})
	s.must(err)
	may := 0
	for _, c := range pool {
		if c.Eligible {
			may++
		}
	}
	if may == 0 || may == len(pool) {
		t.Errorf("%d of %d technicians may", may, len(pool))
	}
	pairs, err := a.parties.Duplicates(s.as(registrar), "", store.Page{})
	s.must(err)
	if len(pairs.Items) < 2 {
		t.Errorf("%d pairs", len(pairs.Items))
	}
}
