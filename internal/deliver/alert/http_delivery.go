package alert

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

type deliveriesInput struct {
	ByID
	httpapi.PageInput
	State    string `query:"state" enum:"sent,received,queued,playing,interrupted,refused,failed,cancelled,played"`
	Township string `query:"township" maxLength:"12"`
	Device   string `query:"device" pattern:"^[0-9]{0,23}$" doc:"Beginning of a resource code"`
	Q        string `query:"q" maxLength:"100" doc:"Part of the terminal's name, code or numbers"`
	Heard    string `query:"heard" enum:"yes,no" doc:"Whether a microphone heard the version that the terminal has"`
	Problem  string `query:"problem" enum:"failed,late,silent,unheard" doc:"Only terminals that need looking after for this"`
}

// standing is every terminal's state in little space, for the map.
type standing struct {
	Figures *delivery.Figures           `json:"figures"`
	States  map[delivery.State][]string `json:"states" doc:"Resource codes by the state each terminal claims"`
}

// about registers a question about a message whose answer is kept once the message is over.
func about[T any](m *Module, api *httpapi.API, op httpapi.Op, answer func(ctx context.Context, msg *message.Message, scope auth.Scope) (T, error)) {
	httpapi.Register(api, op, func(ctx context.Context, in *struct {
		ByID
		httpapi.KeptInput
	}) (*httpapi.KeptOutput[T], error) {
		msg, err := m.see(ctx, m.DB, in.ID)
		if err != nil {
			return nil, err
		}
		scope := sight(ctx, PermRead, msg)
		k, err := m.written(ctx, msg, scope, op.ID, func(ctx context.Context) (any, error) { return answer(ctx, msg, scope) })
		if err != nil {
			return nil, err
		}
		return httpapi.Hand[T](k, in.KeptInput)
	})
}

func (m *Module) registerDelivery(api *httpapi.API) {
	read, handle := httpapi.Needs(PermRead), httpapi.Needs(PermHandle)
	about[standing](m, api, op("alert-progress", http.MethodGet, "/api/alerts/{id}/progress", "The state of every terminal of a message", read),
		func(ctx context.Context, msg *message.Message, scope auth.Scope) (s standing, err error) {
			if s.Figures, err = m.figures(ctx, msg, scope); err == nil {
				s.States, err = m.desk.Standing(ctx, msg.No, scope)
			}
			return s, err
		})
	about[delivery.Curve](m, api, op("alert-curve", http.MethodGet, "/api/alerts/{id}/curve", "Receipts over time", read),
		func(ctx context.Context, msg *message.Message, scope auth.Scope) (delivery.Curve, error) {
			s, err := m.summary(ctx, msg, scope)
			if err != nil {
				return delivery.Curve{}, err
			}
			return s.Curve, nil
		})
	about[store.Listing[delivery.Township]](m, api, op("alert-townships", http.MethodGet, "/api/alerts/{id}/townships", "Figures by township", read),
		func(ctx context.Context, msg *message.Message, scope auth.Scope) (towns store.Listing[delivery.Township], err error) {
			s, err := m.summary(ctx, msg, scope)
			if err != nil {
				return towns, err
			}
			return store.All(s.Townships), m.nameTownships(ctx, s.Townships)
		})
	httpapi.Register(api, op("alert-troubled", http.MethodGet, "/api/alerts/{id}/troubled", "Terminals that are late, failed, silent or were not heard, by township", read), func(ctx context.Context, in *struct {
		ByID
		Township string `query:"township" pattern:"^([0-9]{12})?$" doc:"Only those of one township, with their names"`
	}) (*httpapi.List[delivery.Troubled], error) {
		msg, err := m.see(ctx, m.DB, in.ID)
		if err != nil {
			return nil, err
		}
		rows, err := m.desk.Troubled(ctx, msg.No, sight(ctx, PermRead, msg))
		if err != nil || in.Township == "" {
			return httpapi.All(rows, err)
		}
		rows = slices.DeleteFunc(rows, func(t delivery.Troubled) bool { return t.Township != in.Township })
		err = nameTerminals(ctx, m, rows, func(t *delivery.Troubled) (string, *string) { return t.Device, &t.Name })
		return httpapi.All(rows, err)
	})
	httpapi.Register(api, op("alert-deliveries", http.MethodGet, "/api/alerts/{id}/deliveries", "Terminals of a message: what each claims and what was heard", read), m.httpDeliveries)
	httpapi.Register(api, op("alert-receipts", http.MethodGet, "/api/alerts/{id}/deliveries/{device}/receipts", "Every receipt of one terminal as it came", read), func(ctx context.Context, in *struct {
		ByID
		Device string `path:"device" pattern:"^[0-9]{23}$"`
	}) (*httpapi.List[delivery.Logged], error) {
		msg, err := m.see(ctx, m.DB, in.ID)
		if err != nil {
			return nil, err
		}
		if scope := sight(ctx, PermRead, msg); !whole(scope) {
			own, _, err := m.desk.Within(ctx, msg.No, []string{in.Device}, scope)
			if err != nil || len(own) == 0 {
				return httpapi.All[delivery.Logged](nil, err)
			}
		}
		rows, err := delivery.DeviceLog(ctx, m.DB, msg.No, in.Device, message.NumberOf)
		return httpapi.All(rows, err)
	})
	httpapi.Register(api, op("alert-retry", http.MethodPost, "/api/alerts/{id}/retry", "Send again to chosen terminals; of a message that was cancelled, the cancellation to those who have not confirmed it", handle), func(ctx context.Context, in *struct {
		ByID
		Body Chosen
	}) (*httpapi.Body[delivery.Retried], error) {
		out, err := m.retry(ctx, in.ID, in.Body)
		return httpapi.Of(out), err
	})
	httpapi.Register(api, op("alert-handoffs", http.MethodGet, "/api/alerts/{id}/handoffs", "Follow-up that was given to somebody", read), func(ctx context.Context, in *ByID) (*httpapi.List[handoff], error) {
		msg, err := m.see(ctx, m.DB, in.ID)
		if err != nil {
			return nil, err
		}
		rows, err := listHandoffs(ctx, m.DB, msg.ID, sight(ctx, PermRead, msg))
		return httpapi.All(rows, err)
	})
	handOn := op("alert-hand-on", http.MethodPost, "/api/alerts/{id}/handoffs", "Hand terminals with a problem on to a person or unit", handle)
	handOn.Status = http.StatusCreated
	httpapi.Register(api, handOn, func(ctx context.Context, in *struct {
		ByID
		Body handover
	}) (*httpapi.Body[*handoff], error) {
		h, err := m.handOn(ctx, in.ID, in.Body)
		return httpapi.Of(h), err
	})
	httpapi.Register(api, op("alert-hand-on-close", http.MethodPost, "/api/alerts/{id}/handoffs/{handoff}/close", "Say what came of a follow-up", handle), func(ctx context.Context, in *struct {
		ByID
		Handoff string `path:"handoff" maxLength:"26"`
		Body    struct {
			Outcome string `json:"outcome" minLength:"1" maxLength:"1000"`
		}
	}) (*httpapi.Empty, error) {
		return nil, m.closeHandoff(ctx, in.ID, in.Handoff, in.Body.Outcome)
	})
	httpapi.Register(api, op("alert-audit", http.MethodGet, "/api/alerts/{id}/audit", "Who did what to this message, newest first", read), func(ctx context.Context, in *struct {
		ByID
		httpapi.PageInput
	}) (*httpapi.List[audit.Record], error) {
		msg, err := m.see(ctx, m.DB, in.ID)
		if err != nil {
			return nil, err
		}
		// Who may see all of the message may see its trail; others, what was done in their regions.
		rows, err := audit.Find(ctx, m.DB, audit.Filter{Object: "alert:" + msg.ID, Scope: sight(ctx, PermRead, msg), Page: in.Page()})
		return httpapi.Of(rows), err
	})
	m.registerReport(api)
}

func (m *Module) httpDeliveries(ctx context.Context, in *deliveriesInput) (*httpapi.List[delivery.Delivery], error) {
	msg, err := m.see(ctx, m.DB, in.ID)
	if err != nil {
		return nil, err
	}
	q := delivery.ListQuery{Thread: msg.No, State: delivery.State(in.State), Township: in.Township, Device: in.Device, Scope: sight(ctx, PermRead, msg), Page: in.Page(), NumberOf: message.NumberOf}
	if in.Heard != "" {
		heard := in.Heard == "yes"
		q.Heard = &heard
	}
	if q.Devices, err = m.found(ctx, q, in.Q, delivery.Problem(in.Problem)); err != nil {
		return nil, err
	}
	if whole(q.Scope) && q.Township == "" && q.Device == "" && q.Devices == nil && q.Heard == nil {
		if q.Figures, err = m.figures(ctx, msg, q.Scope); err != nil {
			return nil, err
		}
	}
	rows, err := delivery.List(ctx, m.DB, q)
	if err == nil {
		err = nameTerminals(ctx, m, rows.Items, func(d *delivery.Delivery) (string, *string) { return d.Device, &d.Name })
	}
	return httpapi.Of(rows), err
}

// found lists those to whom a text in the register or a problem, which only memory knows,
// narrows a message's terminals; nil where neither is asked for.
func (m *Module) found(ctx context.Context, q delivery.ListQuery, text string, problem delivery.Problem) (codes []string, err error) {
	if text != "" {
		named, err := m.Terminals.Named(ctx, text)
		if err != nil {
			return nil, err
		}
		codes = append([]string{}, named...) // none is not nil
		slices.Sort(codes)
	}
	if problem == "" {
		return codes, nil
	}
	troubled, err := m.desk.Troubled(ctx, q.Thread, q.Scope)
	have := []string{}
	for _, t := range troubled {
		_, named := slices.BinarySearch(codes, t.Device)
		if t.Problem == problem && (named || text == "") {
			have = append(have, t.Device)
		}
	}
	return have, err
}

// nameTerminals gives rows the names that their terminals have in the register now.
func nameTerminals[T any](ctx context.Context, m *Module, rows []T, of func(*T) (code string, name *string)) error {
	codes := make([]ebd.ResourceCode, len(rows))
	for i := range rows {
		code, _ := of(&rows[i])
		codes[i] = ebd.ResourceCode(code)
	}
	terminals, err := m.Terminals.Find(ctx, codes)
	names := make(map[string]string, len(terminals))
	for _, t := range terminals {
		names[string(t.Code)] = t.Name
	}
	for i := range rows {
		code, name := of(&rows[i])
		*name = names[code]
	}
	return err
}

// nameTownships gives townships their names in the reader's language, after their district's:
// names of townships repeat, and in English few have one of their own.
func (m *Module) nameTownships(ctx context.Context, rows []delivery.Township) error {
	if len(rows) == 0 {
		return nil
	}
	var codes []string
	for _, r := range rows {
		codes = append(codes, r.Code)
		if d := districtCode(r.Code); !slices.Contains(codes, d) {
			codes = append(codes, d)
		}
	}
	regions, err := m.Regions.Regions(ctx, codes)
	names := make(map[string]string, len(regions))
	for _, r := range regions {
		names[r.Code] = r.NameZh
		if httpapi.LangOf(ctx) == i18n.English && r.NameEn != "" {
			names[r.Code] = r.NameEn
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.Name = names[r.Code]; r.Code != districtCode(r.Code) && r.Name != "" {
			r.Name = i18n.T(httpapi.LangOf(ctx), "alert.place", map[string]any{"district": names[districtCode(r.Code)], "township": r.Name})
		}
	}
	return err
}

// districtCode is the code of the district that a township lies in.
func districtCode(code string) string {
	const digits = 6
	return code[:digits] + strings.Repeat("0", len(code)-digits)
}
