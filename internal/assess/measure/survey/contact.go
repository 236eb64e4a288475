package survey

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// contact is somebody whom a survey writes to, as it is stored.
type contact struct {
	id, survey, batch, stratum, door, finger, sealed string
	asked                                            int
	answered                                         bool
}

// identity is what is sealed of a contact.
type identity struct {
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Address string `json:"address"`
	Token   string `json:"token"` // of the link
}

// A link's token leads to two places by two hashes, which nobody can tell to be of one token
// without having it: to the contact, and to the right to answer.
func doorOf(token string) string   { return hash("contact\n" + token) }
func ticketOf(token string) string { return hash("answer\n" + token) }

// seal binds what is sealed to its row, so that rows cannot be exchanged.
func (d *Desk) seal(c *contact, who identity) error {
	plain, err := json.Marshal(who)
	if err != nil {
		return err
	}
	sealed, err := d.Sealer.Seal(plain, "survey.contact."+c.id)
	c.sealed, c.door = base64.StdEncoding.EncodeToString(sealed), doorOf(who.Token)
	return err
}

func (d *Desk) unseal(c *contact) (who identity, err error) {
	raw, err := base64.StdEncoding.DecodeString(c.sealed)
	if err != nil {
		return who, err
	}
	plain, err := d.Sealer.Open(raw, "survey.contact."+c.id)
	if err != nil {
		return who, err
	}
	err = json.Unmarshal(plain, &who)
	return who, err
}

// fingers makes keyed hashes of people: telephone numbers are so few that an unkeyed hash of one
// would tell it. The key is made once and kept sealed.
type fingers []byte

func (d *Desk) fingers(ctx context.Context) (fingers, error) {
	const name = "finger"
	sealed, err := readSecret(ctx, d.DB, name)
	if err != nil {
		return nil, err
	}
	if sealed == "" {
		raw, err := d.Sealer.Seal([]byte(random(32)), "survey."+name)
		if err != nil {
			return nil, err
		}
		err = d.DB.Housekeep(ctx, func(tx *store.Tx) error { // of two who make it at once the first has made it
			if sealed, err = readSecret(ctx, tx, name); err != nil || sealed != "" {
				return err
			}
			sealed = base64.StdEncoding.EncodeToString(raw)
			return writeSecret(ctx, tx, name, sealed)
		})
		if err != nil {
			return nil, err
		}
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	return d.Sealer.Open(raw, "survey."+name)
}

// of is somebody's finger: by the telephone, or without one by name and address.
func (f fingers) of(who identity) string {
	text := who.Phone
	if text == "" {
		text = strings.Join(strings.Fields(who.Name+" "+who.Address), "")
	}
	m := hmac.New(sha256.New, f)
	_, _ = m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// sends gives a survey to who writes to its contacts. Nobody who sees answers may do so.
func (d *Desk) sends(ctx context.Context, q store.Queryer, id string) (*Survey, error) {
	s, err := readSurvey(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if auth.Check(ctx, d.Send, s.RegionPath) != nil {
		return nil, fault.New(fault.NotFound, "measure.survey.not_found")
	}
	return s, d.apart(ctx, s.RegionPath)
}

// apart refuses whoever has a hand in the answers of a region.
func (d *Desk) apart(ctx context.Context, path string) error {
	for _, perm := range []auth.Permission{d.Build, d.Run, d.Interview, d.Agree} {
		if auth.Check(ctx, perm, path) == nil {
			return fault.New(fault.Forbidden, "measure.survey.contact.apart")
		}
	}
	return nil
}

// UndoContacts takes a file of contacts back: those of it who are still here, with their links.
// They go part by part; where the program ends between two, the batch holds the rest, to be taken
// back once more.
func (d *Desk) UndoContacts(ctx context.Context, id, batch string) error {
	s, err := d.sends(ctx, d.DB, id)
	if err != nil {
		return err
	}
	found, err := contactsOf(ctx, d.DB, s.ID, batch)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fault.New(fault.NotFound, "measure.survey.contact.batch")
	}
	for part := range evenly(found, atOnce) {
		people, err := d.identities(part)
		if err != nil {
			return err
		}
		err = d.DB.Update(ctx, func(tx *store.Tx) error {
			if s, err = d.sends(ctx, tx, id); err != nil {
				return err
			}
			return dropContacts(ctx, tx, s, part, people, false, "measure.survey.contacts_undo")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// identities are who contacts are.
func (d *Desk) identities(list []contact) (people []identity, err error) {
	people = make([]identity, len(list))
	for i := range list {
		if people[i], err = d.unseal(&list[i]); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// RemoveContact takes out whoever has a telephone number and asked the sender for it; they are
// not written to again.
func (d *Desk) RemoveContact(ctx context.Context, id, phone string) error {
	number := i18n.Phone(phone)
	if number == "" {
		return fault.Bad("phone", "measure.survey.contact.phone")
	}
	key, err := d.fingers(ctx)
	if err != nil {
		return err
	}
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		s, err := d.sends(ctx, tx, id)
		if err != nil {
			return err
		}
		c, err := contactByFinger(ctx, tx, id, key.of(identity{Phone: number}))
		if err == nil && c == nil {
			err = fault.New(fault.NotFound, "measure.survey.contact.nobody")
		}
		if err != nil {
			return err
		}
		return d.silence(ctx, tx, s, c)
	})
}

// silence deletes a contact who is not written to again.
func (d *Desk) silence(ctx context.Context, tx *store.Tx, s *Survey, c *contact) error {
	who, err := d.unseal(c)
	if err != nil {
		return err
	}
	return dropContacts(ctx, tx, s, []contact{*c}, []identity{who}, true, "measure.survey.contact_silent")
}

// dropContacts deletes contacts and what is left of their right to answer. The record tells how
// many, not who.
func dropContacts(ctx context.Context, tx *store.Tx, s *Survey, found []contact, people []identity, silent bool, action string) error {
	for i, c := range found {
		if _, err := spendTicket(ctx, tx, ticketOf(people[i].Token)); err != nil {
			return err
		}
		if silent {
			if err := addSilent(ctx, tx, c.finger); err != nil {
				return err
			}
		}
		if err := deleteContact(ctx, tx, c.id); err != nil {
			return err
		}
	}
	return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "measure-survey:" + s.ID, RegionPath: s.RegionPath, Detail: map[string]int{"contacts": len(found)}})
}
