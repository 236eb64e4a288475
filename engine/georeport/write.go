package georeport

import "strings"

func (l Services) write(e *encoder) {
	e.list("services", "service", len(l), func(i int) {
		s := &l[i]
		e.text("service_code", s.Code)
		e.text("service_name", s.Name)
		e.text("description", s.Description)
		e.flag("metadata", s.Metadata)
		e.text("type", string(s.Type))
		e.text("keywords", strings.Join(s.Keywords, ", "))
		e.text("group", s.Group)
	})
}

func (d *Definition) write(e *encoder) {
	e.object("service_definition", func() {
		e.text("service_code", d.ServiceCode)
		e.list("attributes", "attribute", len(d.Attributes), func(i int) {
			a := &d.Attributes[i]
			e.flag("variable", a.Variable)
			e.text("code", a.Code)
			e.text("datatype", string(a.Datatype))
			e.flag("required", a.Required)
			e.text("datatype_description", a.DatatypeDescription)
			e.number("order", float64(a.Order))
			e.text("description", a.Description)
			if a.Datatype.list() { // the schema has no null here
				e.list("values", "value", len(a.Values), func(i int) {
					e.text("key", a.Values[i].Key)
					e.text("name", a.Values[i].Name)
				})
			}
		})
	})
}

func (l Receipts) write(e *encoder) {
	e.list("service_requests", "request", len(l), func(i int) {
		r := &l[i]
		switch { // never both
		case r.RequestID != "":
			e.text("service_request_id", r.RequestID)
		case r.Token != "":
			e.text("token", r.Token)
		}
		e.text("service_notice", r.Notice)
		e.text("account_id", r.AccountID)
	})
}

func (l Tokens) write(e *encoder) {
	e.list("service_requests", "request", len(l), func(i int) {
		e.text("service_request_id", l[i].RequestID)
		e.text("token", l[i].Token)
	})
}

func (l Requests) write(e *encoder) {
	e.list("service_requests", "request", len(l), func(i int) {
		r := &l[i]
		e.text("service_request_id", r.ID)
		e.text("status", string(r.Status))
		e.text("status_notes", r.StatusNotes)
		e.text("service_name", r.ServiceName)
		e.text("service_code", r.ServiceCode)
		e.text("description", cut(r.Description, MaxDescription))
		e.text("agency_responsible", r.Agency)
		e.text("service_notice", r.Notice)
		e.time("requested_datetime", r.Requested)
		e.time("updated_datetime", r.Updated)
		e.time("expected_datetime", r.Expected)
		e.text("address", r.Address)
		e.text("address_id", r.AddressID)
		e.text("zipcode", r.Zipcode)
		if r.Point != nil {
			e.number("lat", r.Point.Lat)
			e.number("long", r.Point.Long)
		} else {
			e.text("lat", "")
			e.text("long", "")
		}
		e.text("media_url", r.MediaURL)
	})
}

func (d *Discovery) write(e *encoder) {
	e.object("discovery", func() {
		e.text("changeset", d.Changeset)
		e.text("contact", d.Contact)
		e.text("key_service", d.KeyService)
		e.list("endpoints", "endpoint", len(d.Endpoints), func(i int) {
			p := &d.Endpoints[i]
			e.text("specification", p.Specification)
			e.text("url", p.URL)
			e.text("changeset", p.Changeset)
			e.text("type", p.Type)
			e.words("formats", "format", len(p.Formats), func(i int) string { return p.Formats[i].MIME() })
		})
	})
}

func (l Faults) write(e *encoder) {
	e.list("errors", "error", len(l), func(i int) {
		e.number("code", float64(l[i].Code))
		e.text("description", l[i].Description)
	})
}

// cut is the first n characters of s.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
