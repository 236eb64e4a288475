package georeport

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Submission is what somebody reports: the arguments of POST requests.
type Submission struct {
	Jurisdiction  string
	APIKey        string
	ServiceCode   string
	Point         *Point // one of Point, AddressString and AddressID is there
	AddressString string
	AddressID     string
	Answers       []Answer // in the order of their codes
	Email         string
	DeviceID      string
	AccountID     string
	FirstName     string
	LastName      string
	Phone         string
	Description   string
	MediaURL      string
}

// Answer is what was answered to an attribute, several values to a list of such.
type Answer struct {
	Code   string
	Values []string
}

// DecodeSubmission reads the arguments of a report, whichever way they were encoded, and
// names all that is wrong with them. What the service asks besides is Definition.Check's.
func DecodeSubmission(form url.Values, j Jurisdictions) (*Submission, []*Error) {
	a := read(form)
	s := &Submission{
		APIKey: a.line("api_key", maxID), ServiceCode: a.line("service_code", maxID), Point: a.point(),
		AddressString: a.line("address_string", maxLine), AddressID: a.line("address_id", maxID), Answers: a.answers(),
		Email: a.line("email", maxEmail), DeviceID: a.line("device_id", maxID), AccountID: a.line("account_id", maxID),
		FirstName: a.line("first_name", maxName), LastName: a.line("last_name", maxName), Phone: a.line("phone", maxPhone),
		Description: a.lines("description", MaxDescription), MediaURL: a.web("media_url"),
	}
	var err *Error
	s.Jurisdiction, err = j.Find(a.line("jurisdiction_id", maxID))
	a.add(err)
	said := func(names ...string) bool { // something was wrong with one of them already
		return slices.ContainsFunc(a.errs, func(e *Error) bool { return slices.Contains(names, e.Place) })
	}
	if s.ServiceCode == "" && !said("service_code") {
		a.bad("service_code", "georeport.service.missing", nil)
	}
	if s.Point == nil && s.AddressString == "" && s.AddressID == "" && !said("lat", "long", "address_string", "address_id") {
		a.bad("", "georeport.location.missing", nil)
	}
	if local, domain, ok := strings.Cut(s.Email, "@"); s.Email != "" && (!ok || local == "" || domain == "" || strings.ContainsAny(s.Email, " <>,;") || strings.Contains(domain, "@")) {
		a.bad("email", "georeport.email.bad", nil)
	}
	if len(a.errs) > 0 {
		return nil, a.errs
	}
	return s, nil
}

// answers reads attribute[code]=value and attribute[code][]=value. An empty value is none.
func (a *arguments) answers() (list []Answer) {
	values := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(a.form)) {
		inner, ok := strings.CutPrefix(name, "attribute[")
		if !ok {
			continue
		}
		code, ok := strings.CutSuffix(strings.TrimSuffix(inner, "[]"), "]")
		if !ok || !isCode(code) {
			a.bad(clip(name), "georeport.attribute.form", nil)
			continue
		}
		values[code] = append(values[code], a.form[name]...)
	}
	codes := slices.Sorted(maps.Keys(values))
	if len(codes) > maxAttributes {
		a.bad("attribute", "georeport.list.many", map[string]any{"limit": maxAttributes})
		return nil
	}
	for _, code := range codes {
		answer := Answer{Code: code}
		for _, v := range values[code] {
			v = newlines(v)
			if v == "" || slices.Contains(answer.Values, v) {
				continue
			}
			if len(answer.Values) == maxChosen {
				a.bad(placeOf(code), "georeport.list.many", map[string]any{"limit": maxChosen})
				break
			}
			if v = a.checked(placeOf(code), v, MaxDescription, true); v == "" {
				break
			}
			answer.Values = append(answer.Values, v)
		}
		if len(answer.Values) > 0 {
			list = append(list, answer)
		}
	}
	return list
}

func placeOf(code string) string { return "attribute[" + clip(code) + "]" }

// Values writes a submission as arguments, for a client.
func (s *Submission) Values() url.Values {
	form := url.Values{}
	for name, v := range map[string]string{
		"jurisdiction_id": s.Jurisdiction, "api_key": s.APIKey, "service_code": s.ServiceCode, "address_string": s.AddressString, "address_id": s.AddressID,
		"email": s.Email, "device_id": s.DeviceID, "account_id": s.AccountID, "first_name": s.FirstName, "last_name": s.LastName, "phone": s.Phone,
		"description": s.Description, "media_url": s.MediaURL,
	} {
		if v != "" {
			form.Set(name, v)
		}
	}
	setPoint(form, s.Point)
	for _, answer := range s.Answers {
		name := "attribute[" + answer.Code + "]"
		if len(answer.Values) > 1 {
			name += "[]"
		}
		form[name] = slices.Clone(answer.Values)
	}
	return form
}

func setPoint(form url.Values, p *Point) {
	if p != nil {
		form.Set("lat", strconv.FormatFloat(p.Lat, 'g', -1, 64))
		form.Set("long", strconv.FormatFloat(p.Long, 'g', -1, 64))
	}
}
