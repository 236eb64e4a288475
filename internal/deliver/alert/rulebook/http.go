package rulebook

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func op(id, method, path, summary string, access httpapi.Access) httpapi.Op {
	return httpapi.Op{ID: id, Method: method, Path: path, Summary: summary, Tag: "alert-rules", Access: access}
}

// eventType is one row of the table of events.
type eventType struct {
	Code     string `json:"code"`
	Category string `json:"category"`
	Class    string `json:"class"`
	Zh       string `json:"zh"`
	En       string `json:"en"`
	Derived  bool   `json:"derived" doc:"The code follows from the 2006 classification by rule"`
}

// Register adds the operations on rules.
func (b *Book) Register(api *httpapi.API) {
	read, edit := httpapi.Needs(b.Read), httpapi.Needs(b.Edit)
	httpapi.Register(api, op("alert-event-types", http.MethodGet, "/api/alert-event-types", "Event types of GB/T 35561", read), func(context.Context, *struct{}) (*httpapi.List[eventType], error) {
		var rows []eventType
		for _, e := range ebd.Events() {
			rows = append(rows, eventType{string(e.Code), string(e.Code.Category()), string(e.Code.Class()), e.Name.Zh, e.Name.En, e.Derived})
		}
		return httpapi.All(rows, nil)
	})
	b.registerTemplates(api, read, edit)
	registerTable(b, api, "alert-rules", "/api/alert-rules", "who may send what where", sending, read, edit, rule.CheckSending)
	httpapi.Register(api, op("alert-rules-try", http.MethodPost, "/api/alert-rules/try", "What the table of who may send what where says of a case; nothing is sent", read), func(ctx context.Context, in *struct{ Body rule.Request }) (*httpapi.Body[rule.Verdict], error) {
		table, err := b.Sending(ctx, b.DB)
		return httpapi.Of(rule.Evaluate(table, in.Body)), err
	})
	registerTable(b, api, "alert-precedence", "/api/alert-precedence", "which message goes before which", precedence, read, edit, rule.Precedence.Check)
	registerTable(b, api, "alert-escalation", "/api/alert-escalation", "what follows when too few terminals sounded a message", escalation, read, edit, rule.CheckEscalations)
	registerTable(b, api, "alert-conduct", "/api/alert-conduct", "quiet hours, and how long logs are kept", conduct, read, edit, rule.Conduct.Check)
	b.registerPronunciations(api, read, edit)
}

// registerTable adds the operations on a table that changes as one.
func registerTable[T any](b *Book, api *httpapi.API, id, path, what string, k kind, read, edit httpapi.Access, check func(T) error) {
	httpapi.Register(api, op(id+"-get", http.MethodGet, path, "The table of "+what, read), func(ctx context.Context, _ *struct{}) (*httpapi.Item[Kept[T]], error) {
		kept, err := one[T](ctx, b.DB, k, whole)
		return httpapi.One(kept, kept.Version), err
	})
	httpapi.Register(api, op(id+"-put", http.MethodPut, path, "Replace the table of "+what, edit), func(ctx context.Context, in *struct {
		httpapi.IfMatch
		Body T
	}) (*httpapi.Item[Kept[T]], error) {
		version, err := in.Version()
		if err != nil {
			return nil, err
		}
		if err := check(in.Body); err != nil {
			return nil, err
		}
		if _, err := b.change(ctx, k, whole, in.Body, version, false); err != nil {
			return nil, err
		}
		kept, err := one[T](ctx, b.DB, k, whole)
		return httpapi.One(kept, kept.Version), err
	})
	httpapi.Register(api, op(id+"-history", http.MethodGet, path+"/history", "Every version of the table of "+what+", newest first", read), func(ctx context.Context, _ *struct{}) (*httpapi.List[Kept[T]], error) {
		rows, err := history[T](ctx, b.DB, k, whole)
		return httpapi.All(rows, err)
	})
}

// ByKey names a rule.
type ByKey struct {
	Key string `path:"key" maxLength:"60" doc:"Key of the rule"`
}

// filled is a template with its blanks filled.
type filled struct {
	Texts   []message.Text `json:"texts"`
	Missing []string       `json:"missing" doc:"Blanks that still need a value"`
}

// shown is a template with the names of its blanks.
type shown struct {
	Kept[rule.Template]
	Blanks []string `json:"blanks"`
}

func (b *Book) registerTemplates(api *httpapi.API, read, edit httpapi.Access) {
	const path = "/api/alert-templates"
	httpapi.Register(api, op("alert-templates-list", http.MethodGet, path, "Templates", read), func(ctx context.Context, in *struct {
		Event string `query:"event" maxLength:"5" doc:"Beginning of an event code"`
	}) (*httpapi.List[shown], error) {
		kept, err := list[rule.Template](ctx, b.DB, templates)
		var rows []shown
		for _, k := range kept {
			if len(k.Rule.Event) >= len(in.Event) && k.Rule.Event[:len(in.Event)] == in.Event {
				rows = append(rows, shown{k, k.Rule.Blanks()})
			}
		}
		return httpapi.All(rows, err)
	})
	httpapi.Register(api, op("alert-templates-get", http.MethodGet, path+"/{key}", "One template", read), func(ctx context.Context, in *ByKey) (*httpapi.Item[shown], error) {
		k, err := one[rule.Template](ctx, b.DB, templates, in.Key)
		return httpapi.One(shown{k, k.Rule.Blanks()}, k.Version), err
	})
	create := op("alert-templates-create", http.MethodPost, path, "Add a template", edit)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body rule.Template }) (*httpapi.Item[shown], error) {
		return b.putTemplate(ctx, in.Body, 0)
	})
	httpapi.Register(api, op("alert-templates-put", http.MethodPut, path+"/{key}", "Change a template", edit), func(ctx context.Context, in *struct {
		ByKey
		httpapi.IfMatch
		Body rule.Template
	}) (*httpapi.Item[shown], error) {
		version, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Key = in.Key
		return b.putTemplate(ctx, in.Body, version)
	})
	httpapi.Register(api, op("alert-templates-delete", http.MethodDelete, path+"/{key}", "Retire a template", edit), func(ctx context.Context, in *struct {
		ByKey
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		return nil, b.retire(ctx, templates, in.Key, in.IfMatch)
	})
	httpapi.Register(api, op("alert-templates-history", http.MethodGet, path+"/{key}/history", "Every version of a template, newest first", read), func(ctx context.Context, in *ByKey) (*httpapi.List[Kept[rule.Template]], error) {
		rows, err := history[rule.Template](ctx, b.DB, templates, in.Key)
		return httpapi.All(rows, err)
	})
	httpapi.Register(api, op("alert-templates-fill", http.MethodPost, path+"/{key}/fill", "Fill the blanks of a template", read), func(ctx context.Context, in *struct {
		ByKey
		Body struct {
			Values map[string]string `json:"values" maxProperties:"40" doc:"By name of the blank; name.en for another value in English"`
		}
	}) (*httpapi.Body[filled], error) {
		k, err := one[rule.Template](ctx, b.DB, templates, in.Key)
		if err != nil {
			return nil, err
		}
		texts, missing := k.Rule.Fill(in.Body.Values)
		if missing == nil {
			missing = []string{}
		}
		return httpapi.Of(filled{texts, missing}), nil
	})
}

func (b *Book) putTemplate(ctx context.Context, t rule.Template, expect int64) (*httpapi.Item[shown], error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	if _, err := b.change(ctx, templates, t.Key, t, expect, false); err != nil {
		return nil, err
	}
	k, err := one[rule.Template](ctx, b.DB, templates, t.Key)
	return httpapi.One(shown{k, k.Rule.Blanks()}, k.Version), err
}

// retire takes a rule out of use; its history stays.
func (b *Book) retire(ctx context.Context, k kind, key string, match httpapi.IfMatch) error {
	version, err := match.Version()
	if err != nil {
		return err
	}
	kept, err := one[any](ctx, b.DB, k, key)
	if err != nil {
		return err
	}
	_, err = b.change(ctx, k, key, kept.Rule, version, true)
	return err
}

// ByWord names a pronunciation.
type ByWord struct {
	Word string `path:"word" maxLength:"48" doc:"The word"`
}

func (b *Book) registerPronunciations(api *httpapi.API, read, edit httpapi.Access) {
	const path = "/api/pronunciations"
	httpapi.Register(api, op("pronunciations-list", http.MethodGet, path, "How place names and polyphones are said, beside the built-in dictionary", read), func(ctx context.Context, _ *struct{}) (*httpapi.List[Kept[rule.Pronunciation]], error) {
		rows, err := list[rule.Pronunciation](ctx, b.DB, pronunciations)
		return httpapi.All(rows, err)
	})
	create := op("pronunciations-create", http.MethodPost, path, "Say how a word is said", edit)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body rule.Pronunciation }) (*httpapi.Item[Kept[rule.Pronunciation]], error) {
		return b.putPronunciation(ctx, in.Body, 0)
	})
	httpapi.Register(api, op("pronunciations-put", http.MethodPut, path+"/{word}", "Change how a word is said", edit), func(ctx context.Context, in *struct {
		ByWord
		httpapi.IfMatch
		Body rule.Pronunciation
	}) (*httpapi.Item[Kept[rule.Pronunciation]], error) {
		version, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Word = in.Word
		return b.putPronunciation(ctx, in.Body, version)
	})
	httpapi.Register(api, op("pronunciations-delete", http.MethodDelete, path+"/{word}", "Go back to how the engine says a word", edit), func(ctx context.Context, in *struct {
		ByWord
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		return nil, b.retire(ctx, pronunciations, in.Word, in.IfMatch)
	})
}

func (b *Book) putPronunciation(ctx context.Context, p rule.Pronunciation, expect int64) (*httpapi.Item[Kept[rule.Pronunciation]], error) {
	if err := checkPronunciation(p); err != nil {
		return nil, err
	}
	if _, err := b.change(ctx, pronunciations, p.Word, p, expect, false); err != nil {
		return nil, err
	}
	k, err := one[rule.Pronunciation](ctx, b.DB, pronunciations, p.Word)
	return httpapi.One(k, k.Version), err
}
