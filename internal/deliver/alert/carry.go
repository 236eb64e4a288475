package alert

import (
	"context"
	"net/http"
	"slices"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/ipterminal"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// carried answers what outputs ask of messages.
type carried struct{ m *Module }

// Issued is a message whose Current is its version number; 0 for the newest that was issued.
func (c carried) Issued(ctx context.Context, id string, number int) (*message.Message, error) {
	msg, err := readMessage(ctx, c.m.DB, id)
	if err != nil || number == 0 || msg.Current != nil && msg.Current.Number == number {
		return msg, err
	}
	versions, err := readVersions(ctx, c.m.DB, id, number, number)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 || versions[0].IssuedAt.IsZero() {
		return nil, notFound()
	}
	msg.Current = versions[0]
	return msg, nil
}

// Halt is a stop.
func (c carried) Halt(ctx context.Context, id string) (*output.Halt, error) {
	s, err := readStop(ctx, c.m.DB, id)
	if err != nil {
		return nil, err
	}
	return &output.Halt{ID: s.ID, Codes: s.Regions, Reason: s.Reason, At: s.At, Until: s.Until}, nil
}

// Places are the regions of a message, or of a stop, by name.
func (c carried) Places(ctx context.Context, msg *message.Message, halt *output.Halt) ([]output.Place, error) {
	area := message.Area{}
	if halt != nil {
		area.Regions = halt.Codes
	} else {
		area = msg.Current.Content.Area
	}
	found, err := c.m.placesOf(ctx, &area)
	places := make([]output.Place, len(found))
	for i, p := range found {
		places[i] = output.Place{Code: p.Code, Path: p.Path, Zh: p.Zh, En: p.En, Part: p.Part}
	}
	return places, err
}

// Named finds the message that was given an EBMID.
func (c carried) Named(ctx context.Context, id ebd.EBMID) (string, error) {
	return byEBMID(ctx, c.m.DB, id)
}

// RegionPath finds a region by code.
func (c carried) RegionPath(ctx context.Context, code string) (string, error) {
	found, err := c.m.Regions.Regions(ctx, []string{code})
	if err != nil {
		return "", err
	}
	if at := slices.IndexFunc(found, func(r Region) bool { return r.Code == code }); at >= 0 {
		return found[at].Path, nil
	}
	return "", fault.Bad("regionCode", "alert.area.unknown_region", fault.Args{"code": code})
}

// registerOutputs adds the operations on what outputs did with one message.
func (m *Module) registerOutputs(api *httpapi.API) {
	httpapi.Register(api, op("alert-carried", http.MethodGet, "/api/alerts/{id}/outputs", "What each output that reaches your regions did with a message, the newest first", httpapi.Needs(PermRead)),
		func(ctx context.Context, in *ByID) (*httpapi.List[output.Carried], error) {
			msg, err := m.see(ctx, m.DB, in.ID)
			if err != nil {
				return nil, err
			}
			found, err := m.board.Of(ctx, msg.ID, sight(ctx, PermRead, msg))
			return httpapi.All(found, err)
		})
	httpapi.Register(api, op("alert-carried-terminals", http.MethodGet, "/api/alerts/{id}/outputs/{output}/terminals", "What became of a message at each IP terminal of an output, by code", httpapi.Needs(PermRead)),
		func(ctx context.Context, in *struct {
			ByID
			Output string `path:"output" maxLength:"26" doc:"Id of the output"`
		}) (*httpapi.List[ipterminal.Reached], error) {
			msg, err := m.see(ctx, m.DB, in.ID)
			if err != nil {
				return nil, err
			}
			seen, err := m.board.Of(ctx, msg.ID, sight(ctx, PermRead, msg))
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(seen, func(c output.Carried) bool { return c.Output == in.Output }) {
				return nil, fault.New(fault.NotFound, "alert.output.not_found")
			}
			found, err := ipterminal.List(ctx, m.DB, in.Output, msg.ID)
			return httpapi.All(found, err)
		})
	again := op("alert-carry-again", http.MethodPost, "/api/alerts/{id}/outputs/{output}/again", "Have an output try a message once more, now", httpapi.Needs(PermHandle))
	again.Vital = true
	httpapi.Register(api, again, func(ctx context.Context, in *struct {
		ByID
		Output string `path:"output" maxLength:"26" doc:"Id of the output"`
	}) (*httpapi.List[output.Carried], error) {
		msg, err := m.sent(ctx, PermHandle, in.ID)
		if err != nil {
			return nil, err
		}
		if err := m.board.Again(ctx, msg.ID, in.Output); err != nil {
			return nil, err
		}
		found, err := m.board.Of(ctx, msg.ID, auth.Everywhere)
		return httpapi.All(found, err)
	})
}
