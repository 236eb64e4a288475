package party

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const (
	maxImportBytes = 8 << 20
	maxImportRows  = 5_000
	importPart     = 100 // rows to a transaction: everybody else waits for it
	maxImportTold  = 500
)

// Imported is what became of a table.
type Imported struct {
	DryRun  bool           `json:"dryRun" doc:"Only looked at: nothing was written"`
	Counts  map[string]int `json:"counts" doc:"Rows by what became of them: added, licence, known, refused"`
	Rows    []ImportedRow  `json:"rows" nullable:"false" doc:"Rows that are worth a look, at most 500"`
	Unknown []string       `json:"unknown" nullable:"false" doc:"Headings that are no column of the register"`
}

// ImportedRow is what became of a row.
type ImportedRow struct {
	Line   int    `json:"line" doc:"In the file, counted from 1"`
	Became string `json:"became" enum:"added,licence,known,refused"`
	Place  string `json:"place,omitempty" doc:"Cell that is wrong, such as C12"`
	Name   string `json:"name"`
	Text   string `json:"text,omitempty" doc:"What is wrong, in the reader's language"`
}

// line is a row of a table as it was read.
type line struct {
	n       int
	who     NewParty
	licence *LicenceFacts
	place   func(string) string // of a field, the cell
	bad     fault.List
}

// Import brings organisations and people in from a table, or only looks at it. Good rows are kept, bad
// ones reported with their cell. A row whose party is there already, by code or by name and region, adds
// its licence and changes nothing else.
func (m *Module) Import(ctx context.Context, raw []byte, dry bool) (out Imported, err error) {
	if scopeOf(ctx).Empty() {
		return out, fault.New(fault.Forbidden, "auth.no_grant", fault.Args{"permission": string(PermWrite)})
	}
	lines, unknown, err := m.readLines(ctx, raw)
	if err != nil {
		return out, err
	}
	out = Imported{DryRun: dry, Counts: map[string]int{}, Rows: []ImportedRow{}, Unknown: append([]string{}, unknown...)}
	for len(lines) > 0 {
		n := min(len(lines), importPart)
		if err := m.importPart(ctx, lines[:n], dry, &out); err != nil {
			return out, err
		}
		lines = lines[n:]
	}
	return out, nil
}

// errDry ends a transaction that only looked.
var errDry = fault.New(fault.Internal, "internal")

func (m *Module) importPart(ctx context.Context, lines []line, dry bool, out *Imported) error {
	var rows []ImportedRow
	err := m.db.Update(ctx, func(tx *store.Tx) error {
		rows = nil // it may run again
		added := 0
		for i := range lines {
			l := &lines[i]
			row := ImportedRow{Line: l.n, Name: l.who.NameZH}
			became, err := m.importLine(ctx, tx, l)
			if bad := faultsOf(err); bad != nil {
				row.Became, row.Place, row.Text = "refused", l.place(bad.Place), i18n.T(httpapi.LangOf(ctx), bad.Code, bad.Args)
			} else if err != nil {
				return err
			} else {
				row.Became = became
			}
			if row.Became == "added" || row.Became == "licence" {
				added++
			}
			rows = append(rows, row)
		}
		if dry {
			return errDry
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "party.import", Object: "party-table", RegionPath: commonPath(scopeOf(ctx)), Detail: map[string]any{"rows": len(lines), "count": added}})
	})
	if err != nil && !(dry && err == error(errDry)) {
		return err
	}
	for _, r := range rows {
		if out.Counts[r.Became]++; r.Became != "added" && len(out.Rows) < maxImportTold {
			out.Rows = append(out.Rows, r)
		}
	}
	return nil
}

// commonPath is the region of an act that touched several.
func commonPath(s auth.Scope) string {
	if paths := s.Paths(); len(paths) == 1 {
		return paths[0]
	}
	return ""
}

// faultsOf is what is wrong with a row, the first of several; nil for what is no fault of the row.
func faultsOf(err error) *fault.Error {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal || f.Kind == fault.Full {
		return nil
	}
	return f
}

func (m *Module) importLine(ctx context.Context, tx *store.Tx, l *line) (became string, err error) {
	if err := l.bad.OrNil(); err != nil {
		return "", err
	}
	if l.who.Parent != "" { // a table names it
		ids, err := partiesNamed(ctx, tx, l.who.Parent)
		if err != nil {
			return "", err
		}
		if len(ids) != 1 {
			return "", fault.Bad("parent", "party.parent")
		}
		l.who.Parent = ids[0]
	}
	p, who, err := m.draft(ctx, l.who)
	if err != nil {
		return "", err
	}
	if err := auth.Check(ctx, PermWrite, p.RegionPath); err != nil {
		return "", fault.Of(err).At("regionCode")
	}
	was, err := knownParty(ctx, tx, p)
	if err != nil {
		return "", err
	}
	became = "known"
	if was == nil {
		// What can be refused is looked at first: within a transaction a row that was half written
		// could not be taken back.
		if err := m.lookAhead(ctx, tx, p, &who, l); err != nil {
			return "", err
		}
		if err := m.enter(ctx, tx, p, who, nil); err != nil {
			return "", err
		}
		was, became = p, "added"
	}
	if l.licence == nil {
		return became, nil
	}
	if !scopeOf(ctx).Allows(was.RegionPath) {
		return "", fault.New(fault.Forbidden, "auth.no_grant", fault.Args{"permission": string(PermWrite)})
	}
	has, err := sameLicence(ctx, tx, was.ID, l.licence.Kind, l.licence.Number)
	if err != nil || has != nil {
		return became, err
	}
	fresh := &Licence{Party: was.ID, LicenceFacts: *l.licence, State: Valid}
	if err := m.enterLicence(ctx, tx, fresh); err != nil {
		return "", err
	}
	if became == "known" {
		became = "licence"
	}
	return became, m.touched(ctx, tx, was, "party.licence.add", licenceDetail(was, fresh))
}

// lookAhead finds everything for which entering a party and its licence would be refused.
func (m *Module) lookAhead(ctx context.Context, q store.Queryer, p *Party, who *Personal, l *line) error {
	if err := settleFacts(ctx, q, p); err != nil {
		return err
	}
	if err := m.guardChild(ctx, q, p, who, nil); err != nil {
		return err
	}
	if l.licence == nil {
		return nil
	}
	return settleLicence(ctx, q, &Licence{Party: p.ID, LicenceFacts: *l.licence})
}

// readLines reads a table and judges each row by itself.
func (m *Module) readLines(ctx context.Context, raw []byte) (lines []line, unknown []string, err error) {
	terms, err := readTerms(ctx, m.db)
	if err != nil {
		return nil, nil, err
	}
	words := map[string]map[string]string{"kind": wordsOf("party.kind.", []string{string(Organisation), string(Person)}), "roles": {}, "licence": {}}
	for _, r := range Roles {
		for text, code := range wordsOf("party.role.", []string{string(r)}) {
			words["roles"][text] = code
		}
	}
	for _, t := range terms {
		if code, ok := strings.CutPrefix(t.Code, listLicence+"."); ok {
			for _, text := range []string{code, t.NameZH, strings.ToLower(t.NameEN)} {
				words["licence"][text] = code
			}
		}
	}
	var wants []document.Want
	for _, c := range columns {
		wants = append(wants, document.Want{Key: c, Names: []string{c, heading(i18n.Chinese, c), heading(i18n.English, c)}, Required: c == "nameZh" || c == "region"})
	}
	for _, c := range toldColumns { // of what was exported
		wants = append(wants, document.Want{Key: c, Names: []string{c, heading(i18n.Chinese, c), heading(i18n.English, c)}})
	}
	read, err := document.ReadLongTable(ctx, bytes.NewReader(raw), document.Limits{Bytes: maxImportBytes, Rows: maxImportRows}, wants, func(row document.Row) error {
		lines = append(lines, m.readLine(row, words))
		return nil
	})
	return lines, read.Unknown, err
}

// wordsOf are the codes of words in every language.
func wordsOf(under string, codes []string) map[string]string {
	out := map[string]string{}
	for _, c := range codes {
		out[c] = c
		for _, lang := range i18n.Langs {
			out[strings.ToLower(i18n.T(lang, under+c, nil))] = c
		}
	}
	return out
}

// cellOf is the column in which a field of a party or a licence stands.
var cellOf = map[string]string{"nameZh": "nameZh", "nameEn": "nameEn", "code": "code", "regionCode": "region", "serves": "region", "roles": "roles", "phone": "phone", "personal.phone": "phone", "address": "address",
	"website": "website", "parent": "parent", "kind": "kind", "number": "licenceNumber", "validFrom": "validFrom", "validTo": "validTo", "licence": "licence", "issuer": "issuer"}

func (m *Module) readLine(row document.Row, words map[string]map[string]string) line {
	l := line{n: row.Line, place: func(field string) string {
		column, ok := cellOf[field]
		if !ok {
			column = "nameZh"
		}
		return row.Place(column)
	}}
	wrong := func(field, code string, args fault.Args) { l.bad.Add(fault.Bad(field, code, args)) }
	l.who = NewParty{Kind: Organisation, Facts: Facts{NameZH: clip(row.Text("nameZh"), 121), NameEN: row.Text("nameEn"), Code: row.Text("code"), RegionCode: row.Text("region"), Website: row.Text("website"), Parent: row.Text("parent")}}
	if text := row.Text("kind"); text != "" {
		kind, ok := words["kind"][strings.ToLower(text)]
		if !ok {
			wrong("kind", "party.import.kind", nil)
		}
		l.who.Kind = Kind(kind)
	}
	for _, text := range strings.FieldsFunc(row.Text("roles"), func(r rune) bool { return strings.ContainsRune("、，,;；/", r) }) {
		role, ok := words["roles"][strings.ToLower(strings.TrimSpace(text))]
		if !ok {
			wrong("roles", "party.import.role", fault.Args{"role": text})
			continue
		}
		l.who.Roles = append(l.who.Roles, Role(role))
	}
	for field, limit := range map[string]int{"nameZh": 120, "nameEn": 160, "phone": 40, "address": 200, "website": 200, "licenceNumber": 80, "licenceScope": 500, "issuer": 120} {
		if text := row.Text(field); len([]rune(text)) > limit {
			wrong(field, "party.import.long", fault.Args{"limit": limit})
		} else if i18n.Deceives(text, "\n") {
			wrong(field, "validate.hidden", nil)
		}
	}
	if phone, address := row.Text("phone"), row.Text("address"); l.who.Kind == Person {
		l.who.Personal = &Personal{Phone: phone, Address: address}
		if strings.Contains(phone, "*") || strings.Contains(address, "**") { // as it was exported
			l.who.Personal = nil
		}
	} else {
		l.who.Phone, l.who.Address = phone, address
	}
	if text := row.Text("licence"); text != "" || row.Text("licenceNumber") != "" {
		kind, ok := words["licence"][strings.ToLower(text)]
		if !ok {
			wrong("licence", "party.import.licence", nil)
		}
		l.licence = &LicenceFacts{Kind: kind, Number: row.Text("licenceNumber"), ScopeZH: row.Text("licenceScope"), Issuer: row.Text("issuer"), ValidFrom: dayIn(row, "validFrom"), ValidTo: dayIn(row, "validTo")}
		for _, key := range []string{"validFrom", "validTo"} {
			if row.Text(key) != "" && dayIn(row, key) == "" {
				wrong(key, "party.day", nil)
			}
		}
	}
	return l
}

// dayIn is a cell as a day; empty for none.
func dayIn(row document.Row, key string) string {
	t, ok := row.Time(key, time.UTC)
	if !ok {
		return ""
	}
	return t.Format(time.DateOnly)
}
