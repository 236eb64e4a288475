package party

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Kind is what a party is before the law.
type Kind string

// Kinds.
const (
	Organisation Kind = "organisation"
	Person       Kind = "person"
)

// Role is what a party does here. A party may have several.
type Role string

// Roles.
const (
	Department   Role = "department"       // 部门
	StreetOffice Role = "street_office"    // 街道、乡镇
	Broadcaster  Role = "broadcaster"      // 播出机构
	Producer     Role = "producer"         // 制作机构
	NetPlatform  Role = "platform"         // 网络视听平台
	NetOperator  Role = "network_operator" // 传输网络运营单位
	Maintenance  Role = "maintenance"      // 维护单位
	Outlet       Role = "outlet_operator"  // 网点运营单位
	Hotel        Role = "hotel"
	Applicant    Role = "applicant"
	Expert       Role = "expert"
	Technician   Role = "technician"
	Inspector    Role = "inspector"
	Interpreter  Role = "interpreter" // 手语翻译
)

// Roles lists them all; those of people only come last.
var Roles = []Role{Department, StreetOffice, Broadcaster, Producer, NetPlatform, NetOperator, Maintenance, Outlet, Hotel, Applicant, Expert, Technician, Inspector, Interpreter}

// fits reports whether a party of a kind may have a role.
func (r Role) fits(k Kind) bool {
	switch at := slices.Index(Roles, r); {
	case at < 0:
		return false
	case r == Applicant:
		return true
	default:
		return (at > slices.Index(Roles, Applicant)) == (k == Person)
	}
}

// State is what became of a party.
type State string

// States.
const (
	Active State = "active"
	Merged State = "merged" // an alias of its survivor
	Erased State = "erased" // a stub without a name
)

// Facts is what people say of a party, and nothing personal but a name.
type Facts struct {
	NameZH     string   `json:"nameZh" minLength:"1" maxLength:"120" text:"name"`
	NameEN     string   `json:"nameEn,omitempty" maxLength:"160" text:"bared" doc:"Empty: the Chinese name"`
	RegionCode string   `json:"regionCode" pattern:"^[0-9]{12}$" doc:"Code of the region of its seat; a person's, where they work from"`
	Roles      []Role   `json:"roles" nullable:"false" minItems:"1" maxItems:"14" enum:"department,street_office,broadcaster,producer,platform,network_operator,maintenance,outlet_operator,hotel,applicant,expert,technician,inspector,interpreter"`
	Serves     []string `json:"serves,omitempty" maxItems:"60" doc:"Codes of regions that it serves; empty: that of its seat"`
	Code       string   `json:"code,omitempty" maxLength:"18" doc:"Unified social credit code of an organisation (GB 32100)"`
	Parent     string   `json:"parent,omitempty" maxLength:"26" doc:"Id of the organisation above"`
	Phone      string   `json:"phone,omitempty" maxLength:"40" text:"bared" doc:"Of an organisation: its switchboard. A person's stands in what is personal"`
	Address    string   `json:"address,omitempty" maxLength:"200" text:"bared" doc:"Of an organisation"`
	Website    string   `json:"website,omitempty" maxLength:"200" text:"bared"`
	Note       string   `json:"note,omitempty" maxLength:"1000" doc:"Of an organisation; no place for what is personal"`
	Fields     []string `json:"fields,omitempty" maxItems:"12" doc:"What a person knows: codes of fields"`
	Weekdays   []int    `json:"weekdays,omitempty" maxItems:"7" doc:"On which days of the week a person can be asked, 1 Monday to 7; empty: every day"`
	ClosedOn   string   `json:"closedOn,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Day from which it is no more: dissolved, retired"`
}

// Party is an organisation or a person as it stands in the register.
type Party struct {
	ID    string `json:"id"`
	Kind  Kind   `json:"kind" enum:"organisation,person"`
	State State  `json:"state" enum:"active,merged,erased"`
	Facts
	Survivor   string    `json:"survivor,omitempty" doc:"Of a merged one, the party it leads to"`
	RegionPath string    `json:"regionPath"`
	Region     string    `json:"region" doc:"Name of the region of its seat"`
	Sample     bool      `json:"sample" doc:"Made up"`
	Revision   int64     `json:"revision"`
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`

	sealed                string
	phoneFinger, idFinger string
	servesPaths           []string
	guardedUntil          string // of a child whose guardian withdrew: until when nothing is taken without consent
}

// Brief is what others need to know of a party to name it.
type Brief struct {
	ID         string `json:"id"`
	Kind       Kind   `json:"kind" enum:"organisation,person"`
	NameZH     string `json:"nameZh"`
	NameEN     string `json:"nameEn"`
	Roles      []Role `json:"roles" nullable:"false"`
	RegionPath string `json:"regionPath"`
	RegionCode string `json:"regionCode"`
}

func (p *Party) brief() Brief {
	return Brief{p.ID, p.Kind, p.NameZH, p.NameEN, p.Roles, p.RegionPath, p.RegionCode}
}

var website = regexp.MustCompile(`^https?://[^\s/]+(/\S*)?$`)

// check finds what is wrong with facts that needs no look at others, and brings them into form.
func (f *Facts) check(k Kind) (bad fault.List) {
	f.NameZH, f.NameEN = strings.TrimSpace(f.NameZH), strings.TrimSpace(f.NameEN)
	f.Code = strings.ToUpper(strings.TrimSpace(f.Code))
	if i18n.Blank(f.NameZH) || i18n.Deceives(f.NameZH, "") {
		bad.Add(fault.Bad("nameZh", "validate.name"))
	}
	slices.SortFunc(f.Roles, func(a, b Role) int { return slices.Index(Roles, a) - slices.Index(Roles, b) })
	f.Roles = slices.Compact(f.Roles)
	if len(f.Roles) == 0 {
		bad.Add(fault.Bad("roles", "party.roles.none"))
	}
	for _, r := range f.Roles {
		if !r.fits(k) {
			bad.Add(fault.Bad("roles", "party.roles.kind", fault.Args{"role": word("party.role.", string(r))}))
		}
	}
	if f.Website != "" && !website.MatchString(f.Website) {
		bad.Add(fault.Bad("website", "party.website"))
	}
	if f.ClosedOn != "" && !isDay(f.ClosedOn) {
		bad.Add(fault.Bad("closedOn", "party.day"))
	}
	slices.Sort(f.Weekdays)
	f.Weekdays = slices.Compact(f.Weekdays)
	for _, d := range f.Weekdays {
		if d < 1 || d > 7 {
			bad.Add(fault.Bad("weekdays", "party.weekdays"))
		}
	}
	if k == Person { // whose telephone and address are personal, and stand elsewhere
		for place, text := range map[string]string{"code": f.Code, "phone": f.Phone, "address": f.Address, "note": f.Note, "parent": f.Parent} {
			if text != "" {
				bad.Add(fault.Bad(place, "party.person.plain"))
			}
		}
		return bad
	}
	if f.Code != "" && !CreditCode(f.Code) {
		bad.Add(fault.Bad("code", "party.code"))
	}
	if len(f.Fields) > 0 {
		bad.Add(fault.Bad("fields", "party.organisation.fields"))
	}
	f.Weekdays = nil
	return bad
}

// word is a name of the catalogue in both languages, for a sentence.
func word(under, key string) i18n.Both {
	return i18n.Both{Zh: i18n.T(i18n.Chinese, under+key, nil), En: i18n.T(i18n.English, under+key, nil)}
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// runs reports whether a stretch of days holds a day; an empty end is open.
func runs(from, until, day string) bool { return from <= day && (until == "" || day <= until) }
