package channel

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Sample is a timetable that comes with a sample city.
type Sample struct {
	About      string  `json:"about"` // where it comes from
	Name       string  `json:"name"`
	NameEn     string  `json:"nameEn"`
	RegionCode string  `json:"regionCode"`
	Content    Content `json:"content"`
}

// ReadSample reads a sample and refuses one that could not be published.
func ReadSample(raw []byte) (s Sample, err error) {
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("channel: sample timetable: %w", err)
	}
	s.Content = s.Content.whole()
	return s, s.Content.Check().OrNil()
}

// LoadSample publishes a sample, labelled as one, unless there is a timetable already.
func (m *Module) LoadSample(ctx context.Context, s Sample) error {
	list, err := standing(ctx, m.DB, auth.Everywhere, "")
	if err != nil || len(list) > 0 {
		return err
	}
	r, err := m.Regions.Region(ctx, s.RegionCode)
	if err != nil {
		return err
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:sample", Name: "sample"})
	t := &Timetable{Name: s.Name, NameEn: s.NameEn, RegionCode: r.Code, RegionPath: r.Path, Level: r.Level, Sample: true, CreatedBy: person(ctx)}
	if err := m.insert(ctx, t, s.Content, ""); err != nil {
		return err
	}
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		if err := t.submit(person(ctx), tx.Now, "", 0); err != nil {
			return err
		}
		if err := m.publish(ctx, tx, t); err != nil {
			return err
		}
		return writeTimetable(ctx, tx, t)
	})
	if err == nil {
		m.wake()
	}
	return err
}
