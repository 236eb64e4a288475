package docket

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// What people without an account say to those who work on a case.

// Notice is what is published of a case; fault.NotFound where nothing is.
func (d *Desk) Notice(ctx context.Context, id string) (*Notice, error) {
	n, err := d.noticeOf(ctx, id)
	if err == nil && n == nil {
		err = fault.New(fault.NotFound, "casework.notice.unknown")
	}
	return n, err
}

// Objection is what somebody has against what is on show.
type Objection struct {
	Text    string `json:"text" maxLength:"4000"`
	Contact string `json:"contact,omitempty" maxLength:"200" doc:"How to reach whoever objects; only those who work on the case see it"`
	Key     string `json:"key,omitempty" maxLength:"64" doc:"Chosen at random by the sender; what is sent again with the same key counts once"`
}

// Object tells those who work on a case what somebody has against what is on show of it.
func (d *Desk) Object(ctx context.Context, id string, o Objection) error {
	n, err := d.Notice(ctx, id)
	if err != nil {
		return err
	}
	if !n.Ask {
		return fault.New(fault.Conflict, "casework.notice.over")
	}
	text, err := saidBy(o.Text, "text")
	if err != nil {
		return err
	}
	if contact := strings.TrimSpace(o.Contact); contact != "" {
		if contact, err = saidBy(contact, "contact"); err != nil {
			return err
		}
		text += "\n\n" + contact
	}
	key := o.Key
	if key == "" {
		key = paperCode()
	}
	return d.tellStaff(ctx, id, visitor("object "+key), text, key)
}

// WritePublic adds what whoever opened a case says about it. inner is for those who work on it, such
// as who filled it in for somebody else; else it stands in the case for both.
func (d *Desk) WritePublic(ctx context.Context, number, code, text string, inner bool, key string) error {
	k, who, err := d.mine(ctx, number, code)
	if err != nil {
		return err
	}
	if text, err = saidBy(text, "text"); err != nil {
		return err
	}
	if inner {
		return d.tellStaff(ctx, k.ID, who.Who, text, key)
	}
	_, _, err = d.act(asVisitor(ctx, who.Who), &job{id: k.ID, key: scopedKey(who.ID, key), digest: digestOf([]any{k.ID, text}), decide: func(_ *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error) {
		return k.typ.Comment(w, k.Case, who.Who, text, nil, nil, key)
	}})
	return err
}

// tellStaff adds a comment that only those who work on a case see.
func (d *Desk) tellStaff(ctx context.Context, id string, who procedure.Who, text, key string) error {
	_, _, err := d.act(asVisitor(ctx, who), &job{id: id, key: scopedKey(who.ID, key), digest: digestOf([]any{id, text}), decide: func(_ *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error) {
		return k.typ.Comment(w, k.Case, who, text, nil, k.staffRoles(), key)
	}})
	return err
}

// staffRoles are those of a case's type but who opened it.
func (k *kept) staffRoles() (roles []string) {
	for i := range k.typ.Roles {
		if !k.typ.Roles[i].Filled.Opener {
			roles = append(roles, k.typ.Roles[i].ID)
		}
	}
	return roles
}

// saidBy is what somebody wrote without blanks around it, if it can be shown.
func saidBy(text, place string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", fault.Bad(place, "casework.comment.empty")
	case utf8.RuneCountInString(text) > maxComment:
		return "", fault.Bad(place, "procedure.fill.long", fault.Args{"max": maxComment, "is": utf8.RuneCountInString(text)})
	case !utf8.ValidString(text) || i18n.Deceives(text, "\n\r\t"):
		return "", fault.Bad(place, "procedure.fill.text")
	}
	return text, nil
}
