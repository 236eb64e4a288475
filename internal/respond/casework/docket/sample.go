package docket

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Sample is a made-up case: who opens it and what is done to it, by the same operations as of any
// other.
type Sample struct {
	By     string         `json:"by"` // the post of who opens it
	Type   string         `json:"type"`
	Start  string         `json:"start"`
	Region string         `json:"region,omitempty"` // code
	Device int            `json:"device,omitempty"` // which of the sample devices it is about, from 1
	Via    string         `json:"via,omitempty"`
	Hours  float64        `json:"hours,omitempty"` // how long ago it was opened
	Data   map[string]any `json:"data"`
	Deeds  []SampleDeed   `json:"deeds,omitempty"`
}

// SampleDeed is a step that is done, or something that is said.
type SampleDeed struct {
	By   string         `json:"by"`
	Step string         `json:"step,omitempty"`
	Say  string         `json:"say,omitempty"`
	Data map[string]any `json:"data,omitempty"` // "@technician" stands for somebody of that post
}

// Cast finds the people of a sample by their posts; "technician 2" is the second who holds it.
type Cast func(ctx context.Context, post string) (*auth.Principal, error)

// LoadSample opens made-up cases.
func (d *Desk) LoadSample(ctx context.Context, samples []Sample, cast Cast, devices []string) error {
	for i, s := range samples {
		if err := d.loadOne(ctx, s, cast, devices); err != nil {
			return fmt.Errorf("sample case %d: %w", i+1, err)
		}
	}
	return nil
}

func (d *Desk) loadOne(ctx context.Context, s Sample, cast Cast, devices []string) error {
	opener, err := cast(ctx, s.By)
	if err != nil {
		return err
	}
	n := NewCase{Type: s.Type, Start: s.Start, Region: s.Region, Data: s.Data, Via: s.Via}
	if s.Device > 0 && len(devices) > 0 {
		n.Subject = devices[(s.Device-1)%len(devices)]
	}
	if s.Hours > 0 {
		n.at = d.Clock.Now().Add(-time.Duration(s.Hours * float64(time.Hour)))
	}
	v, err := d.Open(auth.With(ctx, opener), n)
	for _, deed := range s.Deeds {
		if err != nil {
			return err
		}
		err = d.loadDeed(ctx, v.ID, deed, cast)
	}
	return err
}

func (d *Desk) loadDeed(ctx context.Context, id string, deed SampleDeed, cast Cast) error {
	actor, err := cast(ctx, deed.By)
	if err != nil {
		return err
	}
	data := map[string]any{}
	for field, value := range deed.Data {
		if text, ok := value.(string); ok && strings.HasPrefix(text, "@") {
			somebody, err := cast(ctx, text[1:])
			if err != nil {
				return err
			}
			value = somebody.ID
		}
		data[field] = value
	}
	if ctx = auth.With(ctx, actor); deed.Say != "" {
		_, err = d.Comment(ctx, id, deed.Say, nil, false, "")
		return err
	}
	_, err = d.Do(ctx, id, Deed{Step: deed.Step, Data: data})
	return err
}
