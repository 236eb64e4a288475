package alert

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Chosen names terminals of a message: one by one, or all with a problem, or all in a
// township that have one.
type Chosen struct {
	Devices  []string         `json:"devices,omitempty" maxItems:"5000"`
	Township string           `json:"township,omitempty" maxLength:"12"`
	Problem  delivery.Problem `json:"problem,omitempty" enum:"failed,late,silent,unheard"`
}

// sent is a message that was issued and that the asker may handle.
func (m *Module) sent(ctx context.Context, perm auth.Permission, id string) (*message.Message, error) {
	msg, err := m.see(ctx, m.DB, id)
	if err != nil {
		return nil, err
	}
	if err := auth.Check(ctx, perm, msg.RegionPath); err != nil {
		return nil, err
	}
	if msg.Current == nil {
		return nil, fault.New(fault.Conflict, "alert.state.never_issued")
	}
	return msg, nil
}

// handled is a message that was issued, and where the asker may follow it up: at every
// terminal for those who hold the message's region, else at those in their own regions.
func (m *Module) handled(ctx context.Context, id string) (*message.Message, auth.Scope, error) {
	msg, err := m.see(ctx, m.DB, id)
	if err != nil {
		return nil, auth.Scope{}, err
	}
	scope := sight(ctx, PermHandle, msg)
	reached, err := reaches(ctx, m.DB, msg.ID, scope)
	switch {
	case err != nil:
		return nil, scope, err
	case !whole(scope) && !reached:
		return nil, scope, auth.Check(ctx, PermHandle, msg.RegionPath)
	case msg.Current == nil:
		return nil, scope, fault.New(fault.Conflict, "alert.state.never_issued")
	}
	return msg, scope, nil
}

// pick finds the chosen terminals, as far as they lie in the scope, and the region that
// answers for them: the smallest that holds them all, within the scope.
func (m *Module) pick(ctx context.Context, msg *message.Message, c Chosen, scope auth.Scope) (devices []string, region string, err error) {
	devices = c.Devices
	if len(devices) == 0 {
		troubled, err := m.desk.Troubled(ctx, msg.No, scope)
		if err != nil {
			return nil, "", err
		}
		for _, t := range troubled {
			if (c.Township == "" || t.Township == c.Township) && (c.Problem == "" || t.Problem == c.Problem) {
				devices = append(devices, t.Device)
			}
		}
	}
	return m.regionOf(ctx, msg, devices, scope)
}

// regionOf keeps of these terminals those in the scope, with the region that answers for them.
func (m *Module) regionOf(ctx context.Context, msg *message.Message, codes []string, scope auth.Scope) (devices []string, region string, err error) {
	devices, paths, err := m.desk.Within(ctx, msg.No, codes, scope)
	if err != nil {
		return nil, "", err
	}
	if region = commonPath(paths); len(paths) == 0 {
		region = msg.RegionPath
	}
	for _, own := range scope.Paths() {
		if !scope.Allows(region) && (len(paths) == 0 || strings.HasPrefix(paths[0], own)) {
			region = own
		}
	}
	return devices, region, nil
}

// reached is the chosen terminals, each once; the message must have been sent to all of them,
// and they must lie in the scope.
func (m *Module) reached(ctx context.Context, msg *message.Message, devices []string, scope auth.Scope) ([]string, error) {
	standing, err := m.desk.Standing(ctx, msg.No, scope)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, codes := range standing {
		for _, code := range codes {
			known[code] = true
		}
	}
	for i, code := range devices {
		if !known[code] {
			return nil, fault.Bad(fmt.Sprintf("devices[%d]", i), "alert.handoff.not_sent", fault.Args{"code": shorten(code)})
		}
	}
	devices = slices.Clone(devices)
	slices.Sort(devices)
	return slices.Compact(devices), nil
}

// shorten keeps what a caller sent from coming back at length.
func shorten(code string) string {
	const longest = 30
	if r := []rune(code); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return code
}

// retry sends a message again to chosen terminals and says how many of them can sound. Once
// the message was cancelled, it is the cancellation that is sent again.
func (m *Module) retry(ctx context.Context, id string, c Chosen) (out delivery.Retried, err error) {
	msg, scope, err := m.handled(ctx, id)
	if err != nil {
		return out, err
	}
	pick, action := m.pick, "alert.retry"
	switch again(msg, m.Clock.Now()) {
	case "":
		return out, fault.New(fault.Conflict, "alert.state.over")
	case "recancel":
		if c.Problem != "" { // with the message, which says nothing of who cancelled it
			return out, fault.Bad("problem", "alert.recancel.problem")
		}
		pick, action = m.pickUnconfirmed, "alert.recancel"
	}
	devices, region, err := pick(ctx, msg, c, scope)
	if err != nil {
		return out, err
	}
	// The record first: nothing goes out that is not on it.
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "alert:" + msg.ID, RegionPath: region,
			Detail: map[string]any{"township": c.Township, "problem": c.Problem, "devices": len(devices)}})
	})
	if err != nil {
		return out, err
	}
	return m.desk.Retry(ctx, msg.No, devices)
}

// again is what may be sent again at now: the message while it is on the air (retry), its
// cancellation while terminals could still sound it (recancel), or nothing.
func again(msg *message.Message, now time.Time) string {
	switch {
	case msg.State.Open():
		return "retry"
	case msg.EndReason == message.Cancelled && msg.Kind.ReachesTerminals() && msg.LastEnd.After(now):
		return "recancel"
	}
	return ""
}

// pickUnconfirmed is pick among those who have not confirmed that they cancelled: one by one,
// or all in a township, or all.
func (m *Module) pickUnconfirmed(ctx context.Context, msg *message.Message, c Chosen, scope auth.Scope) (devices []string, region string, err error) {
	owing, err := m.desk.Unconfirmed(ctx, msg.No, c.Township, scope)
	if err != nil {
		return nil, "", err
	}
	if len(c.Devices) > 0 {
		owing = slices.DeleteFunc(owing, func(code string) bool { return !slices.Contains(c.Devices, code) })
	}
	return m.regionOf(ctx, msg, owing, scope)
}

// handover is follow-up to be given to somebody.
type handover struct {
	Chosen
	Party   string `json:"party" minLength:"1" maxLength:"100" doc:"The person or unit it goes to"`
	Contact string `json:"contact,omitempty" maxLength:"100"`
	Note    string `json:"note" minLength:"1" maxLength:"1000"`
}

// handOn gives terminals with a problem to a person or unit, to be looked after.
func (m *Module) handOn(ctx context.Context, id string, o handover) (*handoff, error) {
	msg, scope, err := m.handled(ctx, id)
	if err != nil {
		return nil, err
	}
	if o.Devices, err = m.reached(ctx, msg, o.Devices, scope); err != nil {
		return nil, err
	}
	devices, region, err := m.pick(ctx, msg, o.Chosen, scope)
	if err != nil {
		return nil, err
	}
	if len(devices) == 0 {
		return nil, fault.Bad("devices", "alert.handoff.nobody")
	}
	h := &handoff{MessageID: msg.ID, RegionPath: region, Township: o.Township, Devices: devices, Party: o.Party, Contact: o.Contact, Note: o.Note,
		State: "open", CreatedBy: auth.Who(ctx).Name}
	return h, m.DB.Update(ctx, func(tx *store.Tx) error {
		h.ID, h.CreatedAt = store.NewID(tx.Now), tx.Now
		if err := insertHandoff(ctx, tx, h); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.hand_on", Object: "alert:" + msg.ID, RegionPath: region,
			Detail: map[string]any{"handoff": h.ID, "party": h.Party, "contact": h.Contact, "note": h.Note, "devices": len(devices), "township": h.Township}})
	})
}

// closeHandoff notes what came of it.
func (m *Module) closeHandoff(ctx context.Context, id, handoffID, outcome string) error {
	msg, scope, err := m.handled(ctx, id)
	if err != nil {
		return err
	}
	return m.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := closeHandoff(ctx, tx, msg.ID, handoffID, auth.Who(ctx).Name, outcome, scope)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "alert.handoff.closed")
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.hand_on.close", Object: "alert:" + msg.ID, RegionPath: seat(msg, scope),
			Detail: map[string]any{"handoff": handoffID, "outcome": outcome}})
	})
}

// seat is the region whose trail keeps an act on a message: the message's own, or of those
// who follow up only a part of it, the first of theirs.
func seat(msg *message.Message, scope auth.Scope) string {
	if whole(scope) {
		return msg.RegionPath
	}
	return scope.Paths()[0]
}
