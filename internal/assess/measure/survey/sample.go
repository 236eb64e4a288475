package survey

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Sample are surveys of a sample city with made-up answers. Everything in it is marked as a sample.
type Sample struct {
	About    string         `json:"about"`
	Elements []fact.Element `json:"elements"`
	Form     *engine.Form   `json:"form"`
	Goal     Goal           `json:"goal"`
	Waves    []Wave         `json:"waves"`
	Recipes  []Recipe       `json:"recipes"`
}

// Wave is one of the sample's surveys. Of two waves the second is compared with the first.
type Wave struct {
	Settings
	Seed    string `json:"seed"`
	Answers int    `json:"answers"`
	Publish bool   `json:"publish"` // otherwise it stays open
	Days    int    `json:"days"`    // how many days ago it began
}

// Recipe makes up answers to a question: each value as likely as its weight says, in each district
// a little more or less, and Drift more likely in the last wave than in the first.
type Recipe struct {
	Question string    `json:"question"`
	Values   []any     `json:"values"`
	Weights  []float64 `json:"weights"`
	Spread   float64   `json:"spread"` // of districts, towards the first value
	Drift    float64   `json:"drift"`
	Silent   float64   `json:"silent"` // share who leave it out
}

// ReadSample reads a sample.
func ReadSample(raw []byte) (*Sample, error) {
	s := new(Sample)
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("survey: sample: %w", err)
	}
	return s, nil
}

// LoadSample makes the surveys of a sample city once.
func (d *Desk) LoadSample(ctx context.Context, s *Sample) error {
	ctx = auth.As(ctx, auth.Actor{ID: "system:sample", Name: "sample"})
	for i := range s.Elements {
		s.Elements[i].Sample = true
	}
	if err := d.Ledger.Seed(ctx, s.Elements); err != nil {
		return err
	}
	had, err := listSurveys(ctx, d.DB, auth.Everywhere, nil, "")
	if err != nil || len(had) > 0 {
		return err
	}
	before := ""
	for n, w := range s.Waves {
		if before, err = d.loadWave(ctx, s, w, n, before); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) loadWave(ctx context.Context, s *Sample, w Wave, n int, before string) (string, error) {
	w.tidy()
	region, err := d.Ledger.Tree().Region(w.RegionCode)
	if err != nil {
		return "", err
	}
	if errs := s.Form.Validate(); len(errs) > 0 {
		return "", errs[0]
	}
	began := d.Clock.Now().AddDate(0, 0, -w.Days)
	by := auth.Person{ID: "system:sample", Name: "sample"}
	w.Opens, w.Before = began.In(d.Zone).Format(time.DateOnly), before
	sv := &Survey{Settings: w.Settings, ID: store.NewID(began), RegionPath: region.Path, State: Open, Version: 1, Latest: 1, Authors: []auth.Person{by}, ApprovedBy: &by, OpenedAt: began, Pins: map[string][]Pin{}, Planned: true, Sample: true, Revision: 1, salt: random(16)}
	if err := sv.suits(s.Form); err != nil {
		return "", err
	}
	form := *s.Form
	form.ID, form.Version = sv.ID, "1"
	plan, err := d.size(sv, &form, s.Goal)
	if err != nil {
		return "", err
	}
	if err := d.fill(plan, d.frame(sv.RegionPath), w.Seed); err != nil {
		return "", err
	}
	v := &Version{Number: 1, Approved: true, Authors: sv.Authors, By: &by, Form: &form}
	return sv.ID, d.DB.Update(ctx, func(tx *store.Tx) error {
		if err := insertSurvey(ctx, tx, sv); err != nil {
			return err
		}
		if err := writeVersion(ctx, tx, sv.ID, v); err != nil {
			return err
		}
		if err := writePlan(ctx, tx, sv.ID, plan); err != nil {
			return err
		}
		if err := d.makeUp(ctx, tx, s, w, sv, v, plan, n, began); err != nil {
			return err
		}
		if w.Publish {
			sv.State, sv.ClosedAt, sv.salt, sv.Published = Published, began.AddDate(0, 0, 14), "", &by
			if err := updateSurvey(ctx, tx, sv); err != nil {
				return err
			}
			r, err := d.reckon(ctx, tx, sv)
			if err != nil {
				return err
			}
			if err := writeResults(ctx, tx, sv.ID, r); err != nil {
				return err
			}
			stated, err := d.facts(sv, r)
			if err != nil {
				return err
			}
			if _, err := d.state(ctx, tx, fact.Origin{Source: fact.FromSample, Object: "survey:" + sv.ID}, stated); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.create", Object: "measure-survey:" + sv.ID, RegionPath: sv.RegionPath, Detail: map[string]any{"sample": true, "answers": w.Answers}})
	})
}

// makeUp answers a survey by a seed.
func (d *Desk) makeUp(ctx context.Context, tx *store.Tx, s *Sample, w Wave, sv *Survey, v *Version, plan *Plan, n int, began time.Time) error {
	rng := engine.NewStream(w.Seed, "answers")
	draw := rand.New(stream{rng})
	for i := range w.Answers {
		at := plan.Drawn[i%len(plan.Drawn)]
		district, _, group := split(at.Stratum)
		answers := engine.Answers{}
		for _, r := range s.Recipes {
			if draw.Float64() >= r.Silent {
				answers[r.Question] = r.pick(draw, district, n)
			}
		}
		if group != "" {
			answers[plan.question()] = group
		}
		clean := v.Form.Effective(answers)
		mode := Phone
		if i%3 == 0 {
			mode = Interviewer
		}
		finished := began.Add(time.Duration(draw.Float64() * float64(min(w.Days, 14)) * 24 * float64(time.Hour))).UTC().Truncate(time.Hour)
		a := &Answer{ID: hash(w.Seed + version(i))[:32], Version: 1, Stratum: at.Stratum, Mode: mode, Lang: "zh", Weight: at.Weight, Started: finished, Finished: finished, Answers: clean, Standing: Counts,
			survey: sv.ID, cluster: hash(sv.salt + at.Code)[:12]}
		if _, faults := v.Form.Check(clean); len(faults) > 0 {
			return fmt.Errorf("survey: sample: %v", faults[0])
		}
		if _, err := insertAnswer(ctx, tx, a); err != nil {
			return err
		}
		if err := d.inQuotas(ctx, tx, v.Form, a, 1); err != nil {
			return err
		}
	}
	return nil
}

// stream lets the survey's own random numbers, which anyone can repeat, feed math/rand.
type stream struct{ *engine.Stream }

func (r *Recipe) pick(draw *rand.Rand, district string, wave int) any {
	lean := (engine.NewStream(district, r.Question).Float()*2-1)*r.Spread + r.Drift*float64(wave)
	weights, sum := append([]float64{}, r.Weights...), 0.0
	for i := range weights {
		if i == 0 {
			weights[i] = max(weights[i]+lean, 0.01)
		}
		sum += weights[i]
	}
	at := draw.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return r.Values[i]
		}
	}
	return r.Values[len(r.Values)-1]
}
