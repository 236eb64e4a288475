package docket

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// View is a case as somebody may see it.
type View struct {
	ID        string            `json:"id"`
	Number    string            `json:"number"`
	Type      string            `json:"type"`
	Version   int               `json:"version" doc:"Of its type"`
	TypeName  procedure.Words   `json:"typeName"`
	Title     string            `json:"title"`
	State     string            `json:"state"`
	StateName procedure.Words   `json:"stateName"`
	Outcome   string            `json:"outcome,omitempty"`
	Region    Place             `json:"region"`
	Subject   *Place            `json:"subject,omitempty" doc:"Device, site or party that it is about"`
	Opener    *Hand             `json:"opener,omitempty" doc:"Absent where the reader may not learn it"`
	Via       string            `json:"via"`
	Parent    string            `json:"parent,omitempty"`
	OpenedAt  time.Time         `json:"openedAt"`
	ChangedAt time.Time         `json:"changedAt"`
	ClosedAt  time.Time         `json:"closedAt,omitzero"`
	Data      map[string]any    `json:"data"`
	Hidden    []string          `json:"hidden,omitempty" doc:"Fields that hold something the reader does not see"`
	Roles     []string          `json:"roles" doc:"What the reader is to the case"`
	Steps     []StepView        `json:"steps" doc:"What the reader may do now"`
	Deadlines []DeadlineView    `json:"deadlines"`
	Hands     []Hand            `json:"hands"`
	Children  []ChildView       `json:"children,omitempty"`
	Lots      []procedure.Lot   `json:"lots,omitempty"`
	Papers    []PaperView       `json:"papers,omitempty"`
	Entries   int64             `json:"entries"`
	Head      string            `json:"head"`
	CanUndo   bool              `json:"canUndo,omitempty"`
	Names     map[string]string `json:"names" doc:"Of the people, parties and files that its data names, by id"`
}

// Place is a region or a thing with its name.
type Place struct {
	ID   string          `json:"id"`
	Path string          `json:"path,omitempty"`
	Name procedure.Words `json:"name"`
}

// Hand is who has a role.
type Hand struct {
	Role   string          `json:"role,omitempty"`
	Name   procedure.Words `json:"name,omitzero"`
	People []auth.Person   `json:"people"`
}

// StepView is a step that may be done.
type StepView struct {
	ID      string          `json:"id"`
	Name    procedure.Words `json:"name"`
	Form    string          `json:"form,omitempty"`
	Warn    procedure.Words `json:"warn,omitzero"`
	Offline bool            `json:"offline,omitempty"`
	To      string          `json:"to,omitempty"`
}

// DeadlineView is how a deadline stands.
type DeadlineView struct {
	ID     string          `json:"id"`
	Name   procedure.Words `json:"name"`
	Due    time.Time       `json:"due"`
	Start  time.Time       `json:"start"`
	Paused bool            `json:"paused,omitempty"`
	Past   bool            `json:"past,omitempty"`
	Done   bool            `json:"done,omitempty"`
	Guess  bool            `json:"guess,omitempty" doc:"It hangs on a year whose holidays are not known yet"`
}

// ChildView is a case that this one opened.
type ChildView struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	TypeName  procedure.Words `json:"typeName"`
	State     string          `json:"state"`
	StateName procedure.Words `json:"stateName"`
	End       bool            `json:"end"`
	Link      string          `json:"link"`
	Seen      bool            `json:"seen" doc:"The reader may open it"`
}

// PaperView is a document that the case issued.
type PaperView struct {
	ID    string          `json:"id"`
	Title procedure.Words `json:"title"`
	At    time.Time       `json:"at"`
	Until time.Time       `json:"until,omitzero"`
}

// Get is a case as the reader may see it.
func (d *Desk) Get(ctx context.Context, id string) (*View, error) {
	k, who, err := d.seen(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.view(ctx, k, who)
}

func (d *Desk) view(ctx context.Context, k *kept, who *person) (*View, error) {
	c, t := k.Case, k.typ
	roles := t.RolesOf(c, who.Who)
	w := &procedure.World{Now: d.Clock.Now(), Calendar: d.Calendar, District: func(code string) string { r, _ := d.regions.byCode(code); return r.District }}
	data, hidden := t.Seen(c, roles)
	v := &View{ID: c.ID, Number: c.Number, Type: c.Type, Version: c.Version, TypeName: t.Name, Title: k.title, State: c.State, StateName: t.State(c.State).Name, Outcome: c.Outcome, Region: d.place(c.Region), Via: c.Via,
		Parent: c.Parent, OpenedAt: c.OpenedAt, ChangedAt: c.ChangedAt, ClosedAt: c.ClosedAt, Data: data, Hidden: hidden, Roles: orEmpty(roles), Steps: []StepView{}, Deadlines: []DeadlineView{}, Hands: []Hand{}, Entries: c.Seq, Head: c.Hash}
	for _, s := range t.StepsFor(w, c, who.Who) {
		v.Steps = append(v.Steps, StepView{s.ID, s.Name, s.Form, s.Warn, s.Offline, s.To})
	}
	for i := range t.Deadlines {
		dl := &t.Deadlines[i]
		if r := c.Clocks[dl.ID]; r != nil {
			v.Deadlines = append(v.Deadlines, DeadlineView{dl.ID, dl.Name, r.Due, r.Start, r.Paused() && !r.Done, r.Past || r.Late, r.Done, r.Guess})
		}
	}
	if err := d.people(ctx, v, k, roles); err != nil {
		return nil, err
	}
	for _, child := range c.Children {
		kid := ChildView{ID: child.ID, Type: child.Type, State: child.State, End: child.End, Link: child.Link}
		if ct, err := d.types.current(child.Type); err == nil {
			kid.TypeName = ct.Name
			if s := ct.State(child.State); s != nil {
				kid.StateName = s.Name
			}
		}
		v.Children = append(v.Children, kid)
	}
	if err := d.seenChildren(ctx, v, who); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Lots)) {
		v.Lots = append(v.Lots, *c.Lots[name])
	}
	for _, p := range c.Papers {
		v.Papers = append(v.Papers, PaperView{p.ID, p.Title, p.From, p.Until})
	}
	return v, d.mayUndo(ctx, v, k, who)
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (d *Desk) place(code string) Place {
	r, _ := d.regions.byCode(code)
	return Place{ID: code, Path: r.Path, Name: procedure.Words{Zh: r.NameZH, En: r.NameEN}}
}

// people names who has to do with a case, as far as the reader may learn it.
func (d *Desk) people(ctx context.Context, v *View, k *kept, roles []string) error {
	c, t := k.Case, k.typ
	blind := t.IsBlind(roles)
	ids := idsIn(t, v.Data)
	if !blind {
		ids = append(ids, c.Opener)
		for _, held := range c.Hands {
			ids = append(ids, held...)
		}
	}
	names, err := d.names(ctx, ids)
	if err != nil {
		return err
	}
	v.Names = names
	if !blind && c.Opener != "" {
		v.Opener = &Hand{People: []auth.Person{{ID: c.Opener, Name: names[c.Opener]}}}
	}
	for i := range t.Roles {
		r := &t.Roles[i]
		if len(c.Hands[r.ID]) == 0 || blind && !slices.Contains(roles, r.ID) {
			continue
		}
		h := Hand{Role: r.ID, Name: r.Name}
		for _, id := range c.Hands[r.ID] {
			if !blind || names[id] != "" {
				h.People = append(h.People, auth.Person{ID: id, Name: names[id]})
			}
		}
		v.Hands = append(v.Hands, h)
	}
	if c.Subject != "" {
		p := Place{ID: c.Subject, Name: procedure.Words{Zh: c.Subject, En: c.Subject}}
		if _, name, err := d.Subjects.Place(ctx, t.Subject, c.Subject); err == nil {
			p.Name = procedure.Words{Zh: name, En: name}
		}
		v.Subject = &p
	}
	return nil
}

// idsIn are the people, parties and files that data names.
func idsIn(t *procedure.Type, data map[string]any) (ids []string) {
	for id, v := range data {
		f := t.Field(id)
		if f == nil {
			continue
		}
		format := f.Format
		if len(f.Items) == 1 {
			format = f.Items[0].Format
		}
		if !slices.Contains([]string{"account", "party", "file", "signature"}, format) {
			continue
		}
		switch v := v.(type) {
		case string:
			ids = append(ids, v)
		case []any:
			for _, item := range v {
				if s, ok := item.(string); ok {
					ids = append(ids, s)
				}
			}
		}
	}
	return ids
}

// names gives the names of accounts, parties and files.
func (d *Desk) names(ctx context.Context, ids []string) (map[string]string, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	people, err := d.Staff.Named(ctx, ids)
	if err != nil {
		return nil, err
	}
	parties, err := d.Parties.Named(ctx, d.DB, ids)
	if err != nil {
		return nil, err
	}
	files, err := fileNames(ctx, d.DB, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		switch {
		case people[id] != "":
			names[id] = people[id]
		case parties[id].Zh != "":
			names[id] = parties[id].Zh
		case files[id] != "":
			names[id] = files[id]
		}
	}
	return names, nil
}

// seenChildren marks the children that the reader may open.
func (d *Desk) seenChildren(ctx context.Context, v *View, who *person) error {
	if len(v.Children) == 0 {
		return nil
	}
	ids := make([]string, len(v.Children))
	for i, c := range v.Children {
		ids[i] = c.ID
	}
	found, err := readCases(ctx, d.DB, ids)
	if err != nil {
		return err
	}
	for _, k := range found {
		t, err := d.types.of(k.Type, k.Version)
		if err != nil {
			continue // its type cannot be read any more, and nobody opens it
		}
		i := slices.Index(ids, k.ID)
		v.Children[i].State, v.Children[i].StateName, v.Children[i].End = k.State, t.State(k.State).Name, k.Closed()
		v.Children[i].Seen = d.sees(t, k.Case, k.path, who)
	}
	return nil
}

// mayUndo asks whether what was done last can be taken back by the reader.
func (d *Desk) mayUndo(ctx context.Context, v *View, k *kept, who *person) error {
	if d.Clock.Now().Sub(k.ChangedAt) > procedure.UndoFor || k.Seq < 2 {
		return nil
	}
	last, err := readEntry(ctx, d.DB, k.ID, k.Seq)
	if err != nil {
		return err
	}
	_, err = k.typ.Undo(&procedure.World{Now: d.Clock.Now(), Calendar: d.Calendar}, k.Case, who.Who, last)
	v.CanUndo = err == nil
	return nil
}

// Happening is an entry as the reader may see it.
type Happening struct {
	Seq    int64             `json:"seq"`
	At     time.Time         `json:"at"`
	Actor  *auth.Person      `json:"actor,omitempty" doc:"Absent where the reader may not learn it"`
	For    string            `json:"for,omitempty" doc:"In whose absence it was done"`
	Events []procedure.Event `json:"events"`
	Undone bool              `json:"undone,omitempty" doc:"It was taken back"`
	Hash   string            `json:"hash"`
}

// History lists what happened to a case, the first first.
func (d *Desk) History(ctx context.Context, id string) ([]Happening, error) {
	k, who, err := d.seen(ctx, id)
	if err != nil {
		return nil, err
	}
	texts, hashes, err := readChain(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	roles := k.typ.RolesOf(k.Case, who.Who)
	return history(k, texts, hashes, roles, who.ID)
}

// history is what those who have roles see of a chain.
func history(k *kept, texts [][]byte, hashes, roles []string, me string) ([]Happening, error) {
	blind := k.typ.IsBlind(roles)
	all := make([]Happening, len(texts))
	for i, text := range texts {
		var e procedure.Entry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, err
		}
		h := Happening{Seq: e.Seq, At: e.At, For: e.Actor.For, Events: []procedure.Event{}, Hash: hashes[i]}
		if !blind || e.Actor.ID == me {
			h.Actor = &auth.Person{ID: e.Actor.ID, Name: e.Actor.Name}
		}
		for _, ev := range e.Events {
			if ev.Kind == procedure.Undone && ev.Seq > 0 && ev.Seq <= int64(len(all)) {
				all[ev.Seq-1].Undone = true
			}
			if shown, ok := shownTo(k, ev, roles, blind); ok {
				h.Events = append(h.Events, shown)
			}
		}
		all[i] = h
	}
	return all, nil
}

// shownTo is an event without what the reader may not see.
func shownTo(k *kept, ev procedure.Event, roles []string, blind bool) (procedure.Event, bool) {
	switch ev.Kind {
	case procedure.Commented:
		if len(ev.Roles) > 0 && !slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(ev.Roles, r) }) {
			return ev, false
		}
	case procedure.Assigned, procedure.Released, procedure.Spawned, procedure.Came, procedure.Drawn:
		if blind {
			return ev, false
		}
	}
	if ev.Birth != nil && blind {
		birth := *ev.Birth
		birth.Opener = ""
		ev.Birth = &birth
	}
	if ev.Child != nil {
		child := *ev.Child
		child.With, child.Give = nil, nil // the child shows what of it may be seen
		ev.Child = &child
	}
	if ev.Data != nil {
		data := map[string]any{}
		for id, v := range ev.Data {
			if f := k.typ.Field(id); f == nil || k.Sees(f, roles) {
				data[id] = v
			}
		}
		ev.Data = data
	}
	return ev, true
}
