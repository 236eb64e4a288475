package open311

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/georeport"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// via is how cases that came by this interface came.
const via = "open311"

// offer finds a service by its code.
func (d *Desk) offer(code string) (*offer, error) {
	t, err := d.Docket.TypeOf(code, 0)
	if err == nil {
		if o, ok := offerOf(t); ok {
			return o, nil
		}
	}
	return nil, said{georeport.NoService(code)}
}

// submit opens a case.
func (d *Desk) submit(r *http.Request, form *submitted) (*answer, error) {
	ctx, lang := r.Context(), httpapi.LangOf(r.Context())
	s, errs := georeport.DecodeSubmission(form.values, d.cities)
	if len(errs) > 0 {
		return nil, said(errs)
	}
	o, err := d.offer(s.ServiceCode)
	if err != nil {
		return nil, err
	}
	if errs := o.definition(lang).Check(s.Answers); len(errs) > 0 {
		return nil, said(errs)
	}
	n := docket.NewCase{Type: o.typ.Code, Data: map[string]any{}}
	if n.Region, err = d.region(ctx, s); err != nil {
		return nil, err
	}
	d.fill(o, s, &n)
	if form.file != nil && o.media != nil {
		f, err := d.Docket.Upload(ctx, form.fileName, form.file)
		if err != nil {
			return nil, placed{o, err}
		}
		n.Data[o.media.ID] = f.ID
		if o.media.Type == "array" {
			n.Data[o.media.ID] = []any{f.ID}
		}
	}
	receipt, err := d.Docket.OpenPublic(ctx, n, via)
	if err != nil {
		return nil, placed{o, err}
	}
	notice := i18n.T(lang, "casework.open311.notice", map[string]any{"number": receipt.Number, "code": receipt.Code, "site": d.Public})
	return &answer{http.StatusCreated, georeport.Receipts{{RequestID: receipt.Number, Notice: notice}}}, nil
}

// region is the code of the region that a report lies in: of its point, else the one that it names,
// else the whole city.
func (d *Desk) region(ctx context.Context, s *georeport.Submission) (string, error) {
	if s.Point != nil {
		code, err := d.Places.Holding(ctx, s.Point.Long, s.Point.Lat)
		if err != nil {
			return "", err
		}
		if code == "" {
			return "", fault.New(fault.Invalid, "casework.open311.outside").At("lat")
		}
		return code, nil
	}
	if s.AddressID == "" {
		return d.Home, nil
	}
	if _, known := d.Docket.RegionOf(s.AddressID); !known {
		return "", fault.New(fault.Invalid, "casework.region.unknown", fault.Args{"region": short(s.AddressID)}).At("address_id")
	}
	return s.AddressID, nil
}

func short(s string) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), 40)])
}

// fill fills in the form.
func (d *Desk) fill(o *offer, s *georeport.Submission, n *docket.NewCase) {
	put := func(k *procedure.Field, v any) {
		if k != nil && v != "" {
			n.Data[k.ID] = v
		}
	}
	put(o.name, strings.TrimSpace(s.LastName+s.FirstName))
	if latin(s.LastName) || latin(s.FirstName) {
		put(o.name, strings.TrimSpace(s.FirstName+" "+s.LastName))
	}
	put(o.phone, s.Phone)
	put(o.email, s.Email)
	for _, k := range o.where {
		put(k, n.Region)
	}
	for _, a := range s.Answers {
		for _, k := range o.asked {
			if k.ID == a.Code {
				n.Data[k.ID] = read(k, a.Values, d.Zone)
			}
		}
		if o.other && a.Code == deviceCode {
			n.Subject, n.Region = strings.TrimSpace(a.Values[0]), "" // it lies where the device does
		}
	}
	if code, _ := n.Data[deviceCode].(string); code != "" && o.typ.Subject == procedure.AboutDevice {
		n.Subject, n.Region = code, ""
	}
	text := []string{s.Description}
	if at := place(s); len(at) > 0 && o.place != nil {
		n.Data[o.place.ID] = at
	} else if s.AddressString != "" {
		text = append(text, s.AddressString)
	}
	put(o.says, strings.TrimSpace(strings.Join(append(text, s.MediaURL), "\n")))
}

func latin(s string) bool { return s != "" && utf8.RuneCountInString(s) == len(s) }

func place(s *georeport.Submission) map[string]any {
	at := map[string]any{}
	if s.Point != nil {
		at["lat"], at["lon"] = s.Point.Lat, s.Point.Long
	}
	if s.AddressString != "" {
		at["address"] = s.AddressString
	}
	return at
}
