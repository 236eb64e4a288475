package open311

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/georeport"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// offer is a public type with what its form asks, as GeoReport has arguments for it.
type offer struct {
	typ   *procedure.Type
	form  *procedure.Form
	says  *procedure.Field // takes the description
	place *procedure.Field
	media *procedure.Field // takes a file
	name  *procedure.Field
	phone *procedure.Field
	email *procedure.Field
	where []*procedure.Field // take the code of the region
	asked []*procedure.Field // by attributes
	other bool               // the device is asked beside the form
}

// deviceCode is the attribute by which a report names the device that it is about.
const deviceCode = "device"

// offerOf is how a type is offered; false for one that is not public, or that asks what no argument
// of GeoReport can say.
func offerOf(t *procedure.Type) (*offer, bool) {
	if t.Public == nil {
		return nil, false
	}
	start := t.Opening(t.Public.Start)
	o := &offer{typ: t, form: t.Form(start.Form), other: t.Subject == procedure.AboutDevice}
	if o.form == nil {
		return o, true
	}
	o.says = words(o.form)
	for i := range o.form.Fields {
		if !o.put(&o.form.Fields[i]) {
			return nil, false
		}
	}
	return o, true
}

// words is the field that takes the description: the first long text that must be filled in, else
// the first long text, else the first text that must be filled in.
func words(f *procedure.Form) (best *procedure.Field) {
	rank := func(k *procedure.Field) int {
		switch {
		case k.Type != "string" || k.Format != "" || len(k.Options) > 0 || k.Personal || k.Sealed || len(k.When) > 0:
			return 0
		case k.Long && k.Required:
			return 3
		case k.Long:
			return 2
		case k.Required:
			return 1
		}
		return 0
	}
	for i := range f.Fields {
		if k := &f.Fields[i]; rank(k) > 0 && (best == nil || rank(k) > rank(best)) {
			best = k
		}
	}
	return best
}

// put finds the argument that fills a field; false where there is none and it must be filled in.
func (o *offer) put(k *procedure.Field) bool {
	first := func(at **procedure.Field) bool {
		if *at != nil {
			return false
		}
		*at = k
		return true
	}
	switch {
	case k == o.says:
		return true
	case k.Format == "place" && first(&o.place):
		return true
	case k.Format == "region":
		o.where = append(o.where, k)
		return true
	case isFile(k) && first(&o.media):
		return true
	case k.Format == "phone" && first(&o.phone), k.Format == "email" && first(&o.email):
		return true
	case k.Personal && strings.Contains(k.ID, "name") && k.Type == "string" && first(&o.name):
		return true
	}
	if k.ID == deviceCode {
		o.other = false
	}
	if _, can := datatype(k); can {
		o.asked = append(o.asked, k)
		return true
	}
	return !k.Required
}

func isFile(k *procedure.Field) bool {
	return k.Format == "file" || len(k.Items) == 1 && k.Items[0].Format == "file"
}

// datatype is how GeoReport asks for a field; false where it cannot.
func datatype(k *procedure.Field) (georeport.Datatype, bool) {
	switch {
	case k.Sealed:
		return "", false
	case len(k.Options) > 0 || k.Type == "boolean":
		return georeport.SingleValueList, true
	case k.Type == "array":
		return georeport.MultiValueList, len(k.Items) == 1 && len(k.Items[0].Options) > 0
	case k.Type == "number" || k.Type == "integer":
		return georeport.Number, true
	case k.Type != "string":
		return "", false
	}
	switch k.Format {
	case "date", "minute", "date-time":
		return georeport.Datetime, true
	case "", "device", "phone", "email", "money", "time":
		if k.Long {
			return georeport.Text, true
		}
		return georeport.String, true
	}
	return "", false // ids of people, parties and files, which nobody outside knows
}

func pick(lang i18n.Lang, w procedure.Words) string {
	if lang == i18n.English && w.En != "" {
		return w.En
	}
	return w.Zh
}

func (o *offer) service(lang i18n.Lang) georeport.Service {
	t := o.typ
	var keywords []string
	for _, k := range t.Public.Keywords {
		keywords = append(keywords, strings.ReplaceAll(k, ",", " "))
	}
	return georeport.Service{Code: t.Code, Name: pick(lang, t.Name), Description: pick(lang, t.About), Metadata: len(o.asked) > 0 || o.other, Type: georeport.Realtime, Keywords: keywords, Group: pick(lang, t.Public.Group)}
}

func (o *offer) definition(lang i18n.Lang) *georeport.Definition {
	d := &georeport.Definition{ServiceCode: o.typ.Code}
	for _, k := range o.asked {
		kind, _ := datatype(k)
		d.Attributes = append(d.Attributes, georeport.Attribute{Variable: true, Code: k.ID, Datatype: kind, Required: k.Required && len(k.When) == 0, DatatypeDescription: pick(lang, k.Help), Order: len(d.Attributes) + 1,
			Description: pick(lang, k.Title), Values: valuesOf(k, lang)})
	}
	if o.other {
		d.Attributes = append(d.Attributes, georeport.Attribute{Variable: true, Code: deviceCode, Datatype: georeport.String, Order: len(d.Attributes) + 1,
			DatatypeDescription: i18n.T(lang, "casework.open311.device_help", nil), Description: i18n.T(lang, "casework.open311.device", nil)})
	}
	return d
}

// options are what may be chosen.
func options(k *procedure.Field) []procedure.Option {
	if len(k.Items) == 1 {
		return k.Items[0].Options
	}
	if k.Type == "boolean" && len(k.Options) == 0 {
		return []procedure.Option{{Value: true, Title: procedure.Words{Zh: "是", En: "Yes"}}, {Value: false, Title: procedure.Words{Zh: "否", En: "No"}}}
	}
	return k.Options
}

func valuesOf(k *procedure.Field, lang i18n.Lang) (values []georeport.Value) {
	for _, o := range options(k) {
		values = append(values, georeport.Value{Key: fmt.Sprint(o.Value), Name: pick(lang, o.Title)})
	}
	return values
}

// read is an answer, which was checked, as the form takes it.
func read(k *procedure.Field, values []string, zone *time.Location) any {
	chosen := func(v string) any {
		for _, o := range options(k) {
			if fmt.Sprint(o.Value) == v {
				return o.Value
			}
		}
		return v
	}
	kind, _ := datatype(k)
	v := strings.TrimSpace(values[0])
	switch kind {
	case georeport.SingleValueList:
		return chosen(values[0])
	case georeport.MultiValueList:
		all := make([]any, len(values))
		for i, v := range values {
			all[i] = chosen(v)
		}
		return all
	case georeport.Number:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return n
		}
	case georeport.Datetime:
		return moment(v, k.Format, zone)
	}
	return values[0]
}

// moment is a time as a field of a format has it; without a zone it is one of the city's.
func moment(v, format string, zone *time.Location) any {
	layouts := map[string]string{"date": time.DateOnly, "minute": "2006-01-02T15:04", "date-time": time.RFC3339}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, v, zone); err == nil {
			return at.Format(layouts[format])
		}
	}
	if at, ok := georeport.Moment(v); ok {
		return at.In(zone).Format(layouts[format])
	}
	return v
}

// argumentOf is what a client calls a field.
func (o *offer) argumentOf(field string) string {
	for name, k := range map[string]*procedure.Field{"description": o.says, "address_string": o.place, "media_url": o.media, "first_name": o.name, "phone": o.phone, "email": o.email} {
		if k != nil && k.ID == field {
			return name
		}
	}
	switch {
	case field == "region" || slices.ContainsFunc(o.where, func(k *procedure.Field) bool { return k.ID == field }):
		return "address_id"
	case field == "":
		return ""
	}
	return "attribute[" + field + "]"
}
