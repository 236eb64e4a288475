package standard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Sample is what comes with a sample city: standards with their versions, and the elements and
// indicators by which their items are judged.
type Sample struct {
	About      string                 `json:"about"` // where it comes from
	Elements   []fact.Element         `json:"elements"`
	Indicators []indicator.Definition `json:"indicators"`
	Standards  []SampleStandard       `json:"standards" nullable:"false"`
}

// SampleStandard is one standard of it; its versions are in force from their days, and a draft that
// is worked on may follow them.
type SampleStandard struct {
	Facts
	RegionCode string    `json:"regionCode"`
	Versions   []Content `json:"versions" nullable:"false"` // the first first
	Draft      *Content  `json:"draft,omitempty"`
}

// ReadSample reads a sample and refuses what it does not know.
func ReadSample(raw []byte) (s Sample, err error) {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(&s); err != nil {
		return s, fmt.Errorf("measure: sample standards: %w", err)
	}
	for i := range s.Elements {
		s.Elements[i].Sample = true
	}
	for i := range s.Indicators {
		s.Indicators[i].Sample = true
	}
	return s, nil
}

// LoadSample puts samples in force, labelled as such, where there is no standard at all yet: what
// people wrote or did away with stays as it is.
func (d *Desk) LoadSample(ctx context.Context, sample Sample) error {
	there, err := readAll(ctx, d.DB)
	if err != nil || len(there) > 0 {
		return err
	}
	if err := d.Ledger.Seed(ctx, sample.Elements); err != nil {
		return err
	}
	if err := d.Book.Seed(ctx, sample.Indicators); err != nil {
		return err
	}
	zones, err := d.Zones.Zones(ctx)
	if err != nil {
		return err
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:sample", Name: "sample"})
	for _, one := range sample.Standards {
		r, err := d.Ledger.Tree().Region(one.RegionCode)
		if err != nil {
			return err
		}
		s := &Standard{Code: one.Code, Kind: one.Kind, NameZh: one.NameZh, NameEn: one.NameEn, RegionCode: r.Code, RegionPath: r.Path, Sample: true, CreatedBy: auth.Who(ctx).Person(), Revision: 1}
		err = d.DB.Update(ctx, func(tx *store.Tx) error {
			s.ID, s.CreatedAt = store.NewID(tx.Now), tx.Now
			for _, c := range one.Versions {
				if err := d.putInForce(s, c, zones, auth.Who(ctx).Person(), tx.Now); err != nil {
					return fmt.Errorf("measure: sample standard %s: %w", s.Code, err)
				}
			}
			if one.Draft != nil {
				if _, err := d.draw(s, *one.Draft, zones, auth.Who(ctx).Person(), tx.Now); err != nil {
					return fmt.Errorf("measure: sample draft of %s: %w", s.Code, err)
				}
			}
			if err := insertStandard(ctx, tx, s); err != nil {
				return err
			}
			return record(ctx, tx, "sample", s, map[string]any{"versions": len(s.Versions)})
		})
		if err != nil {
			return err
		}
	}
	return d.readRefs(ctx)
}

// putInForce adds a version of a sample as one that was published.
func (d *Desk) putInForce(s *Standard, c Content, zones []Zone, by auth.Person, at time.Time) error {
	v, err := d.draw(s, c, zones, by, at)
	if err != nil {
		return err
	}
	v.State, v.PublishedBy, v.PublishedAt = Published, &by, &at
	return nil
}

// draw adds a version of a sample as a draft that is ready to be argued about.
func (d *Desk) draw(s *Standard, c Content, zones []Zone, by auth.Person, at time.Time) (*Version, error) {
	c.tidy()
	for _, check := range []func() error{func() error { return c.check(d.knownTo(s, zones)) }, c.ready, c.dated} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	base := 0
	if len(s.Versions) > 0 {
		base = s.Versions[0].Number
	}
	return s.begin(c, base, by, at)
}
