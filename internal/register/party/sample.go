package party

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Sample is made-up organisations and people of a city. Days in it are counted from the day on which it
// is loaded, so that some licence is always about to end.
type Sample struct {
	About   string        `json:"about"`
	Parties []SampleParty `json:"parties"`
}

// SampleParty is one of them; others name it by its key.
type SampleParty struct {
	Key  string `json:"key"`
	Kind Kind   `json:"kind"`
	Facts
	Personal *Personal       `json:"personal,omitempty"`
	Licences []SampleLicence `json:"licences,omitempty"`
	Entries  []SampleEntry   `json:"entries,omitempty"`
}

// SampleLicence is a licence with its days counted from today.
type SampleLicence struct {
	LicenceFacts
	State  LicenceState `json:"state,omitempty"`
	Reason string       `json:"reason,omitempty"`
	From   int          `json:"from"`
	To     *int         `json:"to,omitempty"`
}

// SampleEntry is an entry with its days counted from today.
type SampleEntry struct {
	Statement
	From  int  `json:"from"`
	Until *int `json:"until,omitempty"`
}

// ReadSample reads what a city's file says.
func ReadSample(raw []byte) (*Sample, error) {
	s := new(Sample)
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("party: sample: %w", err)
	}
	return s, nil
}

var bySample = auth.Actor{ID: "system:party", Name: "party"}

// LoadSample enters the sample's parties, each marked as made up, where they are not there yet.
func (m *Module) LoadSample(ctx context.Context, s *Sample) error {
	ctx = auth.As(ctx, bySample)
	return m.db.Update(ctx, func(tx *store.Tx) error {
		ids := map[string]string{}
		for i := range s.Parties {
			if err := m.loadOne(ctx, tx, &s.Parties[i], ids); err != nil {
				return fmt.Errorf("party: sample %s: %w", s.Parties[i].Key, err)
			}
		}
		return nil
	})
}

func (m *Module) loadOne(ctx context.Context, tx *store.Tx, s *SampleParty, ids map[string]string) error {
	named := func(key string) (string, error) {
		if key != "" && ids[key] == "" {
			return "", fault.Bad(key, "party.other")
		}
		return ids[key], nil
	}
	var err error
	if s.Parent, err = named(s.Parent); err != nil {
		return err
	}
	p, who, err := m.draft(ctx, NewParty{Kind: s.Kind, Facts: s.Facts, Personal: s.Personal, sample: true})
	if err != nil {
		return err
	}
	if was, err := knownParty(ctx, tx, p); err != nil || was != nil && was.NameZH == p.NameZH && was.RegionCode == p.RegionCode {
		if err == nil {
			ids[s.Key] = was.ID
		}
		return err
	}
	if err := m.enter(ctx, tx, p, who, nil); err != nil {
		return err
	}
	ids[s.Key] = p.ID
	for _, x := range s.Licences {
		l := &Licence{Party: p.ID, LicenceFacts: x.LicenceFacts, State: Valid, Sample: true}
		l.ValidFrom, l.IssuedOn = m.dayAfter(x.From), m.dayAfter(x.From)
		if x.To != nil {
			l.ValidTo = m.dayAfter(*x.To)
		}
		if x.State != "" {
			l.State, l.Reason = x.State, x.Reason
		}
		if err := m.enterLicence(ctx, tx, l); err != nil {
			return err
		}
	}
	for _, x := range s.Entries {
		st := x.Statement
		st.From, st.Until = m.dayAfter(x.From), ""
		if x.Until != nil {
			st.Until = m.dayAfter(*x.Until)
		}
		if st.Other, err = named(st.Other); err != nil {
			return err
		}
		if err := m.settleEntry(ctx, tx, p, &st); err != nil {
			return err
		}
		if _, err := m.enterEntry(ctx, tx, p, st); err != nil {
			return err
		}
	}
	return nil
}
