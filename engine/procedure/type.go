package procedure

import "github.com/tongsheng/tongsheng/engine/worktime"

// Type is a procedure: what its cases ask, where they stand, who may do what and by when.
type Type struct {
	Code      string     `json:"type"`
	Version   int        `json:"version"`
	Name      Words      `json:"name"`
	About     Words      `json:"about,omitzero"`
	Prefix    string     `json:"prefix"` // of case numbers, "WX"
	Basis     []string   `json:"basis,omitempty"`
	Subject   Subject    `json:"subject,omitempty"`
	Title     string     `json:"title,omitempty"`  // CEL: what a case is called in lists; its number where there is none
	Public    *Public    `json:"public,omitempty"` // how citizens and other programs open one; nil for staff only
	Blind     []string   `json:"blind,omitempty"`  // roles that do not learn who opened a case or who else works on it
	Roles     []Role     `json:"roles" keyed:"true"`
	Forms     []Form     `json:"forms" keyed:"true"`
	Start     []Start    `json:"start" keyed:"true"`
	Takes     []Intake   `json:"takes,omitempty" keyed:"true"`
	States    []State    `json:"states" keyed:"true"`
	Steps     []Step     `json:"steps" keyed:"true"`
	Deadlines []Deadline `json:"deadlines,omitempty" keyed:"true"`

	lines map[string]int
	exprs map[string]*expression // by place
	steps map[string]*Step
	known map[string]*Field // every field of every form
	zeros map[string]any    // what expressions see of them where nobody filled them in
}

// Subject is what the cases of a type are about.
type Subject string

// Subjects. A case about a device, a site or a party can be found from it, and lies in its region.
const (
	AboutRegion Subject = "region"
	AboutDevice Subject = "device"
	AboutSite   Subject = "site"
	AboutParty  Subject = "party"
)

// Public is how a type is offered to citizens and, by Open311, to other programs.
type Public struct {
	Start    string   `json:"start"` // the opening that they use
	Group    Words    `json:"group,omitzero"`
	Keywords []string `json:"keywords,omitempty"`
}

// Role is what somebody is to a case.
type Role struct {
	ID     string  `json:"id"`
	Name   Words   `json:"name"`
	Filled Filling `json:"filled"`
}

// Filling says who has a role: who opened the case, whoever holds a role of the platform over the
// case's region, a person whom a step assigned, or those of an organisation that a step assigned.
type Filling struct {
	Opener   bool   `json:"opener,omitempty"`
	Grant    string `json:"grant,omitempty"`    // role of the platform
	Assigned string `json:"assigned,omitempty"` // "person" or "party"; with Grant only those who hold it
}

// What may be assigned.
const (
	ToPerson = "person"
	ToParty  = "party"
)

// State is where a case can stand.
type State struct {
	ID      string `json:"id"`
	Name    Words  `json:"name"`
	End     bool   `json:"end,omitempty"`
	Outcome string `json:"outcome,omitempty"` // of an end: "done", "refused", "withdrawn", "merged"
}

// Start is a way to open a case.
type Start struct {
	ID      string            `json:"id"`
	Name    Words             `json:"name"`
	By      []string          `json:"by,omitempty"` // roles by grant or opener; "public", "system", "parent"
	Form    string            `json:"form,omitempty"`
	To      string            `json:"to"`
	On      string            `json:"on,omitempty"`    // event of the platform that opens one by itself
	With    map[string]string `json:"with,omitempty"`  // field of the form: CEL, of such an event
	Under   string            `json:"under,omitempty"` // type that takes these: it is opened under a case of it
	If      string            `json:"if,omitempty"`
	Effects []Effect          `json:"effects,omitempty"`
}

// Intake is what others may open under a case: applications under a call. ID is the link.
type Intake struct {
	ID    string   `json:"id"`
	Name  Words    `json:"name"`
	Type  string   `json:"type"`
	Start string   `json:"start"`
	In    []string `json:"in"` // states in which it is open to them
}

// Openers that are no roles.
const (
	ByPublic = "public" // anybody, without an account
	BySystem = "system" // the platform, upon an event or in a batch
	ByParent = "parent" // another case
)

// Step brings a case from a state to another, or leaves it where it is.
type Step struct {
	ID      string   `json:"id"`
	Name    Words    `json:"name"`
	From    []string `json:"from"`
	To      string   `json:"to,omitempty"` // where it stands if empty
	By      []string `json:"by,omitempty"`
	On      *Trigger `json:"on,omitempty"`
	Form    string   `json:"form,omitempty"`
	If      string   `json:"if,omitempty"`
	Effects []Effect `json:"effects,omitempty"`
	Warn    Words    `json:"warn,omitzero"`     // said before it is done, of steps that cannot be taken back
	Offline bool     `json:"offline,omitempty"` // may be done on a phone without a network and sent later
}

// Trigger is what makes a step happen by itself.
type Trigger struct {
	Entry    bool   `json:"entry,omitempty"`    // as soon as the case stands there and the guard holds
	Deadline string `json:"deadline,omitempty"` // it fell due
	Event    string `json:"event,omitempty"`    // of the platform, about the case's subject
	Children *Join  `json:"children,omitempty"`
	Parent   string `json:"parent,omitempty"` // the case that this one is under said so; see Signal
}

// Join is how far child cases must have come. Where there are none, there is nothing to wait for.
type Join struct {
	Link string   `json:"link"`
	Need string   `json:"need"`         // "all", "any" or a number
	In   []string `json:"in,omitempty"` // states; any end if empty
}

// Deadline is by when a case must have left some states.
type Deadline struct {
	ID       string     `json:"id"`
	Name     Words      `json:"name"`
	In       []string   `json:"in"`
	Pause    []string   `json:"pause,omitempty"` // states in which it does not run
	Again    bool       `json:"again,omitempty"` // runs anew at every entry of In from outside; else once
	Take     []Taking   `json:"take,omitempty"`
	Until    string     `json:"until,omitempty"` // CEL giving a date or a time instead
	Remind   []Reminder `json:"remind,omitempty"`
	Tell     []string   `json:"tell,omitempty"` // roles that learn when it falls due
	Escalate []Rung     `json:"escalate,omitempty"`
}

// Taking is how long it takes, where a condition holds.
type Taking struct {
	If   string `json:"if,omitempty"`
	Term string `json:"term"` // "2h", "5wd"

	term worktime.Term
}

// Reminder is said before a deadline falls due.
type Reminder struct {
	Before string   `json:"before"` // a term
	Tell   []string `json:"tell"`

	term worktime.Term
}

// Rung is said after a deadline fell due, to somebody higher.
type Rung struct {
	After string   `json:"after"`
	Tell  []string `json:"tell"`

	term worktime.Term
}

// Effect is one thing that a step makes happen. The list is closed: what is not here, no type can
// do.
type Effect struct {
	If      string            `json:"if,omitempty"`
	Set     map[string]string `json:"set,omitempty"` // field: CEL
	Assign  *Assign           `json:"assign,omitempty"`
	Release string            `json:"release,omitempty"` // role
	Notify  *Notify           `json:"notify,omitempty"`
	Spawn   *Spawn            `json:"spawn,omitempty"`
	Signal  *Signal           `json:"signal,omitempty"`
	Draw    *Draw             `json:"draw,omitempty"`
	Unseal  []string          `json:"unseal,omitempty"` // sealed fields, of this case and of its children
	Record  *Record           `json:"record,omitempty"`
	Pay     *Pay              `json:"pay,omitempty"`
	Issue   *Issue            `json:"issue,omitempty"`
	Publish *Publish          `json:"publish,omitempty"`
	Stock   *Stock            `json:"stock,omitempty"`
	Move    string            `json:"move,omitempty"` // CEL giving a region's code: the case goes there
}

// Assign gives a role to people or organisations.
type Assign struct {
	Role string `json:"role"`
	To   string `json:"to"` // CEL giving an id or a list of ids
}

// Notify tells those who have a role.
type Notify struct {
	To  []string `json:"to"`
	Say Words    `json:"say"`
}

// Spawn opens child cases.
type Spawn struct {
	Type  string            `json:"type"`
	Start string            `json:"start"`
	Link  string            `json:"link"`
	Each  string            `json:"each,omitempty"`  // CEL giving a list; a case for each, which With, Give and About know as "each"
	About string            `json:"about,omitempty"` // CEL giving what the child is about; the same as this case if empty
	With  map[string]string `json:"with,omitempty"`  // field of the child's form: CEL
	Give  map[string]string `json:"give,omitempty"`  // role of the child: CEL
}

// Signal tells children something, which makes a step of theirs happen: that they were chosen, or
// are needed no more. Those that stand where no such step begins do nothing.
type Signal struct {
	Link  string `json:"link"`
	Name  string `json:"name"`
	Which string `json:"which,omitempty"` // CEL giving the ids of some; all of the link if empty
}

// Draw is a draw by lot that anyone can replay: its secret is committed to before it is known who
// is in the urn, and told with the result.
type Draw struct {
	Name   string `json:"name"`
	Commit bool   `json:"commit,omitempty"` // commit to a secret; without it the draw is made
	From   string `json:"from,omitempty"`   // an urn of the platform: "experts", "inspectors", "hotels", …
	Among  string `json:"among,omitempty"`  // CEL giving a list, instead of an urn
	Count  string `json:"count,omitempty"`  // CEL
	Avoid  string `json:"avoid,omitempty"`  // CEL giving the parties that nobody drawn may have to do with
	Salt   string `json:"salt,omitempty"`   // CEL giving what others put in, who do not know the secret
	Role   string `json:"role,omitempty"`   // who gets it, of people
	Into   string `json:"into,omitempty"`   // field that takes the list
}

// Record leaves a fact.
type Record struct {
	Element string `json:"element"`
	Value   string `json:"value"`          // CEL giving a number
	Unit    string `json:"unit,omitempty"` // "region" (default), "party", "device"
	Of      string `json:"of,omitempty"`   // CEL giving whose fact it is; what the case is about if empty
}

// Pay asks for a payment.
type Pay struct {
	Amount   string `json:"amount"` // CEL giving yuan
	To       string `json:"to"`     // CEL giving a party
	Purpose  string `json:"purpose"`
	Contract string `json:"contract,omitempty"` // CEL
}

// Issue makes a signed document.
type Issue struct {
	Document string            `json:"document"` // "certificate", "notice", "answer"
	Title    Words             `json:"title"`
	Lines    []Line            `json:"lines"`
	Licence  string            `json:"licence,omitempty"` // kind of licence that the register takes
	Holder   string            `json:"holder,omitempty"`  // CEL giving a party
	Scope    string            `json:"scope,omitempty"`   // CEL
	Months   string            `json:"months,omitempty"`  // CEL: how long it is valid
	With     map[string]string `json:"with,omitempty"`
}

// Line is a line of a document.
type Line struct {
	Name  Words  `json:"name"`
	Value string `json:"value"` // CEL
}

// Publish lays fields open to everyone.
type Publish struct {
	Title  string   `json:"title"` // CEL
	Fields []string `json:"fields"`
	Ask    bool     `json:"ask,omitempty"` // anyone may object while it is on show
	Down   bool     `json:"down,omitempty"`
}

// Stock takes parts from the store.
type Stock struct {
	Parts string `json:"parts"` // CEL giving a list of {part, count}
	By    string `json:"by,omitempty"`
}

// State finds a state, nil if there is none.
func (t *Type) State(id string) *State {
	return find(t.States, id, func(s *State) string { return s.ID })
}

// Step finds a step, nil if there is none.
func (t *Type) Step(id string) *Step { return find(t.Steps, id, func(s *Step) string { return s.ID }) }

// Role finds a role, nil if there is none.
func (t *Type) Role(id string) *Role { return find(t.Roles, id, func(r *Role) string { return r.ID }) }

// Intake finds what may be opened under a case by its link, nil if there is none.
func (t *Type) Intake(link string) *Intake {
	return find(t.Takes, link, func(k *Intake) string { return k.ID })
}

// Form finds a form, nil if there is none.
func (t *Type) Form(id string) *Form { return find(t.Forms, id, func(f *Form) string { return f.ID }) }

// Opening finds a way to open a case, nil if there is none.
func (t *Type) Opening(id string) *Start {
	return find(t.Start, id, func(s *Start) string { return s.ID })
}

// Deadline finds a deadline, nil if there is none.
func (t *Type) Deadline(id string) *Deadline {
	return find(t.Deadlines, id, func(d *Deadline) string { return d.ID })
}

// Field finds a field of any form, nil if there is none.
func (t *Type) Field(id string) *Field { return t.known[id] }

func find[T any](all []T, id string, of func(*T) string) *T {
	for i := range all {
		if of(&all[i]) == id {
			return &all[i]
		}
	}
	return nil
}
