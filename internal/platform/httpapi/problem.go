package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"syscall"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Problem is RFC 9457 problem details with our machine code and, for bad input, every
// place that is wrong.
type Problem struct {
	Type   string         `json:"type" doc:"urn:tongsheng:<code>"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail" doc:"A sentence in the reader's language that says what to do"`
	Code   string         `json:"code" doc:"Machine code"`
	Errors []ProblemPlace `json:"errors,omitempty" doc:"Each thing that is wrong and where"`
}

// ProblemPlace is one thing that is wrong.
type ProblemPlace struct {
	Location string `json:"location" doc:"Path into the input, such as areas[0].code"`
	Message  string `json:"message"`
	Code     string `json:"code"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[fault.Kind]int{
	fault.Internal: http.StatusInternalServerError, fault.Invalid: http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.Stale: http.StatusPreconditionFailed, fault.TooLarge: http.StatusRequestEntityTooLarge,
	fault.Limited: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
	fault.Full: http.StatusInsufficientStorage,
}

// problem maps an error, once, to what the caller is told. Internal causes go to the log.
func problem(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	lang := LangOf(ctx)
	if errors.Is(err, context.Canceled) {
		err = fault.New(fault.Unavailable, "request.cancelled")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = fault.New(fault.TooLarge, "request.too_large", fault.Args{"limit": tooLarge.Limit})
	}
	if errors.Is(err, syscall.ENOSPC) { // a file; the database says so itself
		err = fault.New(fault.Full, "store.full").Because(err)
	}
	var list fault.List
	if !errors.As(err, &list) {
		list = fault.List{fault.Of(err)}
	}
	first := list[0]
	args := map[string]any{"request": middleware.GetReqID(ctx)}
	for k, v := range first.Args {
		args[k] = v
	}
	if first.Kind == fault.Internal || first.Kind == fault.Full {
		slog.ErrorContext(ctx, "a request failed", "request", args["request"], "error", err)
	}
	out := &Problem{
		Type: "urn:tongsheng:" + first.Code, Code: first.Code, Status: statuses[first.Kind],
		Title: http.StatusText(statuses[first.Kind]), Detail: i18n.T(lang, first.Code, args),
	}
	for _, e := range list {
		if e.Place != "" {
			out.Errors = append(out.Errors, ProblemPlace{Location: e.Place, Message: i18n.T(lang, e.Code, e.Args), Code: e.Code})
		}
	}
	if len(list) > 1 {
		out.Detail = i18n.T(lang, "input.several", map[string]any{"count": len(list)})
	}
	return out
}

// WriteProblem answers a plain handler's request with err.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problem(r.Context(), err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// huma checks inputs against their schema itself. Its messages are replaced by codes,
// so that its findings come out of our catalogues in the reader's language.
func init() {
	for message, code := range map[*string]string{
		&validation.MsgUnexpectedProperty: "unexpected_property", &validation.MsgExpectedRFC3339DateTime: "date_time",
		&validation.MsgExpectedRFC3339Date: "date", &validation.MsgExpectedRFC3339Time: "time",
		&validation.MsgExpectedBoolean: "boolean", &validation.MsgExpectedNumber: "number", &validation.MsgExpectedInteger: "integer",
		&validation.MsgExpectedString: "string", &validation.MsgExpectedArray: "array", &validation.MsgExpectedObject: "object",
		&validation.MsgExpectedArrayItemsUnique: "unique", &validation.MsgExpectedBase64String: "base64",
	} {
		*message = "validate." + code
	}
	for message, code := range map[*string]string{
		&validation.MsgExpectedOneOf: "one_of|%s", &validation.MsgExpectedMinimumNumber: "minimum|%v",
		&validation.MsgExpectedExclusiveMinimumNumber: "above|%v", &validation.MsgExpectedMaximumNumber: "maximum|%v",
		&validation.MsgExpectedExclusiveMaximumNumber: "below|%v", &validation.MsgExpectedMinLength: "min_length|%d",
		&validation.MsgExpectedMaxLength: "max_length|%d", &validation.MsgExpectedMatchPattern: "pattern|%s",
		&validation.MsgExpectedBePattern: "pattern|%s", &validation.MsgExpectedMinItems: "min_items|%d",
		&validation.MsgExpectedMaxItems: "max_items|%d", &validation.MsgExpectedRequiredProperty: "required|%s",
	} {
		*message = "validate." + code
	}
	huma.NewErrorWithContext = func(hctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		ctx := context.Background()
		if hctx != nil {
			ctx = hctx.Context()
		}
		if msg == noBody && hctx != nil {
			p := problem(ctx, fault.Bad(bodyPlace(hctx.Operation()), "request.empty"))
			p.Status, p.Title = status, http.StatusText(status)
			return p
		}
		if msg == unreadable { // it was cut off or is not as HTTP has it
			status = http.StatusBadRequest
		}
		return schemaProblem(ctx, status, msg, errs)
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return schemaProblem(context.Background(), status, msg, errs)
	}
}

// noBody is huma's message for a request without the body it must have.
const noBody = "request body is required"

// unreadable is huma's message, with status 500, for a body that could not be read to its
// end. It is the sender's doing.
const unreadable = "cannot read request body"

// bodyPlace is what a body is called where a problem names it.
func bodyPlace(op *huma.Operation) string {
	if op.RequestBody != nil && op.RequestBody.Content["application/octet-stream"] != nil {
		return "file"
	}
	return "body"
}

func schemaProblem(ctx context.Context, status int, msg string, errs []error) *Problem {
	lang := LangOf(ctx)
	for _, err := range errs {
		var p *Problem
		if errors.As(err, &p) {
			return p
		}
	}
	code := map[int]string{
		http.StatusBadRequest: "request.unreadable", http.StatusUnprocessableEntity: "request.invalid",
		http.StatusRequestEntityTooLarge: "request.too_large", http.StatusUnsupportedMediaType: "request.media_type",
		http.StatusRequestTimeout: "request.timeout", http.StatusNotAcceptable: "request.not_acceptable",
	}[status]
	if code == "" {
		code = "internal"
	}
	if status >= http.StatusInternalServerError { // huma asks with 0 for the shape alone
		slog.ErrorContext(ctx, "a request failed", "status", status, "message", msg, "errors", errs)
	}
	out := &Problem{Type: "urn:tongsheng:" + code, Code: code, Status: status, Title: http.StatusText(status),
		Detail: i18n.T(lang, code, map[string]any{"request": middleware.GetReqID(ctx)})}
	for _, err := range errs {
		var d huma.ErrorDetailer
		if !errors.As(err, &d) {
			continue
		}
		detail := d.ErrorDetail()
		key, value, _ := strings.Cut(detail.Message, "|")
		if !strings.HasPrefix(key, "validate.") {
			key = unread(detail.Message)
		}
		place := strings.TrimPrefix(strings.TrimPrefix(detail.Location, "body"), ".")
		out.Errors = append(out.Errors, ProblemPlace{Location: place, Code: key,
			Message: i18n.T(lang, plainly(key, value), map[string]any{"value": value})})
	}
	return out
}

// plainly is what a finding is told people by: that something is missing, not how short it is, and
// what is expected, not a pattern, where they are to write it themselves.
func plainly(key, value string) string {
	switch {
	case key == "validate.min_length" && value == "1":
		return "validate.missing"
	case key == "validate.pattern" && patterns[value] != "":
		return patterns[value]
	}
	return key
}

// patterns are those of what people write.
var patterns = map[string]string{
	`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`: "validate.code", `^[a-z][a-z0-9_]*$`: "validate.code",
	`^[0-9]{12}$`: "validate.region", `^([0-9]{12})?$`: "validate.region",
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`: "validate.date", `^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`: "validate.date", `^(\d{4}-\d{2}-\d{2})?$`: "validate.date",
}

// unread is what a value could not be read as. The parsers speak English, and of
// themselves; their words are not for people.
func unread(message string) string {
	for beginning, code := range map[string]string{"invalid integer": "validate.integer", "invalid boolean": "validate.boolean",
		"invalid float": "validate.number", "invalid date/time": "validate.date_time", "required ": "validate.missing",
		"unknown content type": "request.media_type", "unexpected end of JSON": "validate.json", "invalid character": "validate.json", "json: ": "validate.json"} {
		if strings.HasPrefix(message, beginning) {
			return code
		}
	}
	return "validate.unreadable"
}
