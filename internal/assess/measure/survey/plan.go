package survey

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Goal is what a sample is wanted for.
type Goal struct {
	Margin      float64   `json:"margin" minimum:"0.005" maximum:"0.3" doc:"Half the width of the interval wanted"`
	Confidence  float64   `json:"confidence" minimum:"0.5" maximum:"0.999"`
	PerDistrict bool      `json:"perDistrict" doc:"The margin holds in every stratum, not only overall"`
	Allocation  string    `json:"allocation" enum:"proportional,equal,power"`
	Response    float64   `json:"response" minimum:"0.01" maximum:"1" doc:"Share of those asked who answer"`
	Each        int       `json:"each" minimum:"1" maximum:"100" doc:"People asked in one village or community"`
	Alike       float64   `json:"alike" minimum:"0" maximum:"0.5" doc:"How alike people of one place answer (intraclass correlation)"`
	Least       int       `json:"least" minimum:"2" maximum:"1000" doc:"Answers in each stratum at least"`
	Total       int       `json:"total,omitempty" minimum:"0" maximum:"1000000" doc:"Answers in all, in place of a margin: what can be paid for; 0 for as many as the margin takes"`
	Group       *Grouping `json:"group,omitempty" doc:"Makes groups of people strata of their own; absent: strata are districts by area"`
	Minutes     float64   `json:"minutes,omitempty" minimum:"0" maximum:"600" doc:"Of one interview with the way there"`
}

// Plan is a stratified sample.
type Plan struct {
	Goal   Goal      `json:"goal"`
	Strata []Stratum `json:"strata" nullable:"false"`
	N      int       `json:"n" doc:"Answers wanted"`
	Issued int       `json:"issued" doc:"People to ask"`
	Margin float64   `json:"margin" doc:"Expected overall"`
	Deff   float64   `json:"deff" doc:"Expected of asking several people in one place"`
	Cost   float64   `json:"cost" doc:"Of all interviews, yuan"`
	Hours  float64   `json:"hours" doc:"Of all interviews"`
	Seed   string    `json:"seed" doc:"By which places were drawn; empty before"`
	Drawn  []Drawn   `json:"drawn" nullable:"false"`
}

// Stratum is a part of the population that is sampled by itself.
type Stratum struct {
	Where
	ID         string  `json:"id" doc:"district.area, or district.area.group"`
	District   string  `json:"district"`
	Population int     `json:"population"`
	Share      float64 `json:"share,omitempty" doc:"Of the people there, that belong to the group"`
	Frame      int     `json:"frame" doc:"Villages and communities there"`
	N          int     `json:"n"`
	Issued     int     `json:"issued"`
	Places     int     `json:"places" doc:"To draw; the groups of a district and area are asked in the same"`
	Each       int     `json:"each,omitempty" doc:"People of the group to ask in each place"`
	Margin     float64 `json:"margin"`
	Short      bool    `json:"short" doc:"There are not enough people or places"`
}

// Drawn is a place of the sample.
type Drawn struct {
	Code        string  `json:"code"`
	NameZh      string  `json:"nameZh"`
	NameEn      string  `json:"nameEn"`
	Within      string  `json:"within" doc:"Township"`
	Stratum     string  `json:"stratum"`
	Size        int     `json:"size"`
	Certain     bool    `json:"certain"`
	Probability float64 `json:"probability"`
	People      []int   `json:"people" nullable:"false" doc:"Numbers of the list of people there"`
	Weight      float64 `json:"weight" doc:"Of each person"`
}

// frame are the villages and communities of a survey's region.
func (d *Desk) frame(path string) (frame []engine.Place) {
	for _, r := range d.Ledger.Tree().Within(path, "village") {
		stratum := d.StratumWithin(path, r.Code)
		if _, area, _ := split(stratum); area != "" && d.People[r.Code] > 0 {
			frame = append(frame, engine.Place{ID: r.Code, Stratum: stratum, Size: int(d.People[r.Code])})
		}
	}
	return frame
}

// Try sizes a sample for a goal.
func (d *Desk) Try(ctx context.Context, id string, goal Goal) (*Plan, error) {
	s, err := d.may(ctx, d.DB, d.Build, id)
	if err != nil {
		return nil, err
	}
	v, err := readVersion(ctx, d.DB, id, s.asks())
	if err != nil {
		return nil, err
	}
	return d.size(s, v.Form, goal)
}

// size sizes a sample. Places are drawn once in a district and area, whatever groups are told
// apart there: each is asked in all of them, in proportion to how many of it are wanted.
func (d *Desk) size(s *Survey, form *engine.Form, goal Goal) (*Plan, error) {
	people, places := map[string]int{}, map[string]int{}
	for _, p := range d.frame(s.RegionPath) {
		people[p.Stratum] += p.Size
		places[p.Stratum]++
	}
	if len(people) == 0 {
		return nil, fault.New(fault.Conflict, "measure.survey.no_frame")
	}
	where := slices.Sorted(maps.Keys(people))
	parts, err := goal.parts(form, where, people)
	if err != nil {
		return nil, err
	}
	var strata []engine.Stratum
	for _, p := range parts {
		strata = append(strata, engine.Stratum{ID: p.ID, Population: p.Population})
	}
	deff := max(engine.ClusterEffect(float64(goal.Each)*goal.Response, goal.Alike), 1)
	made, err := engine.MakePlan(strata, engine.Goal{Margin: goal.Margin, Confidence: goal.Confidence, PerStratum: goal.PerDistrict, Allocation: engine.Allocation(cmp.Or(goal.Allocation, "proportional")),
		Deff: deff, Response: goal.Response, Least: goal.Least, Total: goal.Total})
	if err != nil {
		return nil, told(err)
	}
	issued := map[string]int{} // of all groups there
	for _, m := range made.Strata {
		issued[base(m.ID)] += m.Issued
	}
	p := &Plan{Goal: goal, Strata: parts, N: made.N, Issued: made.Issued, Margin: made.Margin, Deff: deff, Cost: float64(made.N) * s.Cost, Hours: float64(made.N) * goal.Minutes / 60, Drawn: []Drawn{}}
	for i, m := range made.Strata {
		at := &p.Strata[i]
		district, err := d.Ledger.Tree().Region(at.District)
		if err != nil {
			return nil, err
		}
		frame, wanted := places[base(m.ID)], (issued[base(m.ID)]+goal.Each-1)/goal.Each
		at.NameZh, at.NameEn, at.N, at.Issued, at.Margin = district.NameZh, district.NameEn, m.N, m.Issued, m.Margin
		at.Frame, at.Places, at.Short = frame, min(wanted, frame), m.Short || wanted > frame
		if at.Group != "" {
			at.Each = max((m.Issued+wanted-1)/wanted, 1)
		}
	}
	return p, nil
}

// Plan is a survey's sample; nil where none is planned.
func (d *Desk) Plan(ctx context.Context, id string) (*Plan, error) {
	s, err := d.may(ctx, d.DB, d.Read, id)
	if err != nil {
		return nil, err
	}
	p, err := readPlan(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, fault.New(fault.NotFound, "measure.survey.no_plan")
	}
	p.Cost = float64(p.N) * s.Cost // of an interview as it is now: it may be known only after the sample was sized
	return p, nil
}

// PutPlan keeps a plan, by which answers are weighed; places that were drawn by an earlier one are drawn
// no more.
func (d *Desk) PutPlan(ctx context.Context, id string, revision int64, goal Goal) (p *Plan, err error) {
	_, err = d.change(ctx, d.Build, id, revision, "measure.survey.plan", func(tx *store.Tx, s *Survey) (any, error) {
		if s.State != Draft && s.State != Approved {
			return nil, s.wrong()
		}
		v, err := readVersion(ctx, tx, id, s.asks())
		if err != nil {
			return nil, err
		}
		if p, err = d.size(s, v.Form, goal); err != nil {
			return nil, err
		}
		// Who was brought as a contact is of a stratum of the plan before.
		had, err := contactCounts(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		for _, c := range had {
			if !slices.ContainsFunc(p.Strata, func(s Stratum) bool { return s.ID == c.ID }) {
				return nil, fault.New(fault.Conflict, "measure.survey.contact.planned", fault.Args{"contacts": c.Contacts})
			}
		}
		s.Planned, s.Authors = true, withAuthor(s.Authors, auth.Who(ctx).Person())
		return goal, writePlan(ctx, tx, id, p)
	})
	return p, err
}

// Draw draws places and people by a seed that anybody can use again. A plan is drawn once.
func (d *Desk) Draw(ctx context.Context, id string, revision int64, seed string) (p *Plan, err error) {
	_, err = d.change(ctx, d.Build, id, revision, "measure.survey.draw", func(tx *store.Tx, s *Survey) (any, error) {
		if s.State != Draft && s.State != Approved {
			return nil, s.wrong()
		}
		if p, err = readPlan(ctx, tx, id); err != nil {
			return nil, err
		}
		if p == nil {
			return nil, fault.New(fault.Conflict, "measure.survey.no_plan")
		}
		if p.Seed != "" {
			return nil, fault.New(fault.Conflict, "measure.survey.drawn")
		}
		if err := d.fill(p, d.frame(s.RegionPath), seed); err != nil {
			return nil, err
		}
		return map[string]any{"seed": seed, "places": len(p.Drawn)}, writePlan(ctx, tx, id, p)
	})
	return p, err
}

// fill draws a plan's places and people.
func (d *Desk) fill(p *Plan, frame []engine.Place, seed string) error {
	drawn, err := engine.Draw(frame, p.takes(), seed)
	if err != nil {
		return told(err)
	}
	p.Seed = seed
	for _, at := range drawn {
		r, err := d.Ledger.Tree().Region(at.ID)
		if err != nil {
			return err
		}
		within, err := d.Ledger.Tree().Region(r.Parent)
		if err != nil {
			return err
		}
		p.Drawn = append(p.Drawn, Drawn{Code: at.ID, NameZh: r.NameZh, NameEn: r.NameEn, Within: within.NameZh, Stratum: strings.TrimSuffix(at.Stratum+"."+at.Group, "."), Size: at.Size, Certain: at.Certain,
			Probability: at.Probability, People: at.People, Weight: at.Weight})
	}
	return nil
}

// takes are how many places, and people in each, are drawn in each stratum.
func (p *Plan) takes() (takes []engine.Take) {
	for _, s := range p.Strata {
		switch n := len(takes) - 1; {
		case s.Places == 0:
		case s.Group == "":
			takes = append(takes, engine.Take{Stratum: s.ID, Places: s.Places, Each: p.Goal.Each})
		case n >= 0 && takes[n].Stratum == base(s.ID):
			takes[n].Parts = append(takes[n].Parts, engine.Part{Group: s.Group, Share: s.Share, Each: s.Each})
		default:
			takes = append(takes, engine.Take{Stratum: base(s.ID), Places: s.Places, Parts: []engine.Part{{Group: s.Group, Share: s.Share, Each: s.Each}}})
		}
	}
	return takes
}

// weightIn is how many people somebody of a list stands for in a stratum.
func (p *Plan) weightIn(stratum string) float64 {
	if p != nil {
		for _, s := range p.Strata {
			if s.ID == stratum && s.Issued > 0 {
				return max(float64(s.Population)/float64(s.Issued), 1)
			}
		}
	}
	return 1
}

// at is what was drawn at a place: once, or of each group.
func (p *Plan) at(code string) (drawn []Drawn) {
	if p == nil {
		return nil
	}
	for _, at := range p.Drawn {
		if at.Code == code {
			drawn = append(drawn, at)
		}
	}
	return drawn
}

// of is what was drawn at a place of the group of a stratum; nil where nobody was.
func (p *Plan) of(code, stratum string) *Drawn {
	_, _, group := split(stratum)
	for _, at := range p.at(code) {
		if _, _, of := split(at.Stratum); of == group {
			return &at
		}
	}
	return nil
}

func version(n int) string { return strconv.Itoa(n) }
