package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// caseSample is a sample city's people who work on cases, and cases.
type caseSample struct {
	People []struct {
		Username, Name, Region string
		Roles                  []string
	} `json:"people"`
	Cases []docket.Sample `json:"cases"`
}

// readCaseSample reads the sample of the city; nil where it has none, or where this node serves
// another region.
func (a *App) readCaseSample(ctx context.Context, home string) (*caseSample, error) {
	raw, err := fs.ReadFile(a.cityFiles(), "cases.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := new(caseSample)
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("cases.json: %w", err)
	}
	for _, p := range s.People {
		if path, err := a.regionPath(ctx, p.Region); err != nil || !strings.HasPrefix(path, home) {
			return nil, err
		}
	}
	return s, nil
}

// officers are the accounts of the sample's people.
func (s *caseSample) officers(ctx context.Context, a *App) (officers []account.Officer, err error) {
	for _, p := range s.People {
		path, err := a.regionPath(ctx, p.Region)
		if err != nil {
			return nil, err
		}
		o := account.Officer{NewUser: account.NewUser{Username: p.Username, Name: p.Name, RegionPath: path}, Roles: map[string]string{}}
		for _, role := range p.Roles {
			o.Roles[role] = path
		}
		officers = append(officers, o)
	}
	return officers, nil
}

// open opens the sample's cases.
func (s *caseSample) open(ctx context.Context, a *App) error {
	return a.cases.Docket.LoadSample(ctx, s.Cases, func(ctx context.Context, post string) (*auth.Principal, error) { return s.cast(ctx, a, post) }, a.sampleDevices)
}

// cast is somebody of a post.
func (s *caseSample) cast(ctx context.Context, a *App, post string) (*auth.Principal, error) {
	name, nth, _ := strings.Cut(post, " ")
	n, err := strconv.Atoi(nth)
	if err != nil {
		n = 1
	}
	for _, p := range s.People {
		if !slices.Contains(p.Roles, name) {
			continue
		}
		if n--; n > 0 {
			continue
		}
		path, err := a.regionPath(ctx, p.Region)
		if err != nil {
			return nil, err
		}
		found, err := a.accounts.Holders(ctx, docket.PermOf(name), path)
		for _, h := range found {
			if h.Name == p.Name {
				return a.accounts.Principal(ctx, h.ID)
			}
		}
		return nil, err
	}
	return nil, fmt.Errorf("the sample has no %s", post)
}
