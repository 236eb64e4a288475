package party

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Sealer encrypts what is personal at rest; what was sealed for one purpose opens for no other.
type Sealer interface {
	Seal(plain []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Personal is what is sealed of a party: of a person who they are, of an organisation whom to ring.
type Personal struct {
	Phone    string    `json:"phone,omitempty" maxLength:"40" text:"bared"`
	Email    string    `json:"email,omitempty" maxLength:"120" text:"bared"`
	IDNumber string    `json:"idNumber,omitempty" maxLength:"20" text:"bared" doc:"Identity number of a citizen, or of a passport"`
	Address  string    `json:"address,omitempty" maxLength:"200" text:"bared"`
	Birth    string    `json:"birth,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Day of birth; follows from a citizen's identity number"`
	Contacts []Contact `json:"contacts,omitempty" maxItems:"20" doc:"Of an organisation: whom to ring"`
}

// Contact is somebody to ring in an organisation.
type Contact struct {
	Name  string `json:"name" minLength:"1" maxLength:"60" text:"name"`
	Post  string `json:"post,omitempty" maxLength:"60" text:"bared"`
	Phone string `json:"phone,omitempty" maxLength:"40" text:"bared"`
	Email string `json:"email,omitempty" maxLength:"120" text:"bared"`
}

func (p *Personal) empty() bool {
	return p.Phone == "" && p.Email == "" && p.IDNumber == "" && p.Address == "" && p.Birth == "" && len(p.Contacts) == 0
}

var (
	email    = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
	passport = regexp.MustCompile(`^[A-Z0-9]{5,20}$`)
)

// check finds what is wrong with what is personal, and brings it into form.
func (p *Personal) check(k Kind, today string) (bad fault.List) {
	p.IDNumber = strings.ToUpper(strings.TrimSpace(p.IDNumber))
	if k == Organisation {
		for place, text := range map[string]string{"phone": p.Phone, "email": p.Email, "idNumber": p.IDNumber, "address": p.Address, "birth": p.Birth} {
			if text != "" {
				bad.Add(fault.Bad("personal."+place, "party.organisation.personal"))
			}
		}
	} else if len(p.Contacts) > 0 {
		bad.Add(fault.Bad("personal.contacts", "party.person.contacts"))
	}
	if p.Phone != "" && i18n.Phone(p.Phone) == "" {
		bad.Add(fault.Bad("personal.phone", "party.phone"))
	}
	if p.Email != "" && !email.MatchString(p.Email) {
		bad.Add(fault.Bad("personal.email", "party.email"))
	}
	for _, c := range p.Contacts {
		if c.Phone != "" && i18n.Phone(c.Phone) == "" {
			bad.Add(fault.Bad("personal.contacts", "party.phone"))
		}
		if c.Email != "" && !email.MatchString(c.Email) {
			bad.Add(fault.Bad("personal.contacts", "party.email"))
		}
	}
	if p.IDNumber != "" {
		born, citizen := birthOf(p.IDNumber)
		switch {
		case citizen && p.Birth == "":
			p.Birth = born
		case citizen && p.Birth != born:
			bad.Add(fault.Bad("personal.birth", "party.birth.other"))
		case !citizen && (len(p.IDNumber) == 18 || !passport.MatchString(p.IDNumber)):
			bad.Add(fault.Bad("personal.idNumber", "party.identity"))
		}
	}
	if p.Birth != "" && (!isDay(p.Birth) || p.Birth > today) {
		bad.Add(fault.Bad("personal.birth", "party.birth"))
	}
	return bad
}

// childUnder is the age from which people consent for themselves, 个人信息保护法 art. 31.
const childUnder = 14

// child reports whether somebody is under 14 on a day.
func (p *Personal) child(today string) bool {
	born, err := time.Parse(time.DateOnly, p.Birth)
	return err == nil && born.AddDate(childUnder, 0, 0).Format(time.DateOnly) > today
}

// masked is what a reader without the permission sees: enough to tell two apart, not to reach anybody.
func (p Personal) masked() Personal {
	out := Personal{Phone: maskNumber(p.Phone, 3, 4), Email: maskEmail(p.Email), IDNumber: maskNumber(p.IDNumber, 2, 2), Address: maskText(p.Address, 3)}
	if len(p.Birth) >= 4 {
		out.Birth = p.Birth[:4]
	}
	for _, c := range p.Contacts {
		out.Contacts = append(out.Contacts, Contact{Name: maskText(c.Name, 1), Post: c.Post, Phone: maskNumber(c.Phone, 3, 4), Email: maskEmail(c.Email)})
	}
	return out
}

// maskNumber keeps some characters at either end of what is long enough to hide something.
func maskNumber(text string, head, tail int) string {
	r := []rune(text)
	if len(r) == 0 {
		return ""
	}
	if len(r) < head+tail+3 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:head]) + strings.Repeat("*", len(r)-head-tail) + string(r[len(r)-tail:])
}

func maskText(text string, head int) string {
	if text == "" {
		return ""
	}
	r := []rune(text)
	return string(r[:min(head, len(r)-1)]) + "**"
}

func maskEmail(text string) string {
	name, host, ok := strings.Cut(text, "@")
	if !ok {
		return ""
	}
	return maskText(name, 1) + "@" + host
}

// vault seals what is personal, and makes keyed hashes by which the same is found again: telephone
// numbers are so few that an unkeyed hash of one would tell it.
type vault struct {
	sealer Sealer
	key    []byte
}

// openVault reads the key of the hashes, which is made once and kept sealed.
func openVault(ctx context.Context, db *store.DB, sealer Sealer) (*vault, error) {
	const name, purpose = "finger", "party.finger"
	sealed, err := readSecret(ctx, db, name)
	if err != nil {
		return nil, err
	}
	if sealed == "" {
		fresh := make([]byte, 32)
		_, _ = rand.Read(fresh)
		raw, err := sealer.Seal(fresh, purpose)
		if err != nil {
			return nil, err
		}
		sealed = base64.StdEncoding.EncodeToString(raw)
		if err := db.Housekeep(ctx, func(tx *store.Tx) error { return writeSecret(ctx, tx, name, sealed) }); err != nil {
			return nil, err
		}
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	key, err := sealer.Open(raw, purpose)
	return &vault{sealer, key}, err
}

func (v *vault) seal(value any, purpose string) (string, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	raw, err := v.sealer.Seal(plain, purpose)
	return base64.StdEncoding.EncodeToString(raw), err
}

func (v *vault) open(sealed, purpose string, into any) error {
	if sealed == "" {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return err
	}
	plain, err := v.sealer.Open(raw, purpose)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, into)
}

// Sealed values are bound to their rows, so that rows cannot be exchanged.
func ofParty(id string) string { return "party." + id }
func ofEntry(id string) string { return "party.entry." + id }

// lock puts what is personal into a party's row.
func (v *vault) lock(p *Party, who Personal) (err error) {
	p.phoneFinger, p.idFinger = v.finger("phone", i18n.Phone(who.Phone)), v.finger("identity", who.IDNumber)
	if who.empty() {
		p.sealed = ""
		return nil
	}
	p.sealed, err = v.seal(who, ofParty(p.ID))
	return err
}

func (v *vault) unlock(p *Party) (who Personal, err error) {
	err = v.open(p.sealed, ofParty(p.ID), &who)
	return who, err
}

// finger is the keyed hash of a text of one kind, empty for an empty one.
func (v *vault) finger(kind, text string) string {
	if text == "" {
		return ""
	}
	m := hmac.New(sha256.New, v.key)
	_, _ = m.Write([]byte(kind + "\n" + text))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

func clip(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most])
}
