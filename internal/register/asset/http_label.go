package asset

import (
	"bytes"
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset/label"
)

type fileOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

const labelPixels = 512

func (m *Module) registerLabels(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: "asset-label", Method: http.MethodGet, Path: "/api/assets/{id}/label", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "The QR code that opens a device's public page"},
		func(ctx context.Context, in *struct {
			IDInput
			Format string `query:"format" enum:"svg,png" default:"svg"`
		}) (*fileOutput, error) {
			e, err := m.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if in.Format == "png" {
				png, err := label.PNG(m.link(&e.Device), labelPixels)
				return &fileOutput{ContentType: "image/png", Body: png}, err
			}
			svg, err := label.SVG(m.link(&e.Device))
			return &fileOutput{ContentType: "image/svg+xml", Body: []byte(svg)}, err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-label-sheet", Method: http.MethodGet, Path: "/api/assets/labels", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "A page of labels to print on A4, for at most 500 devices of a filter"},
		func(ctx context.Context, in *struct {
			httpapi.PageInput
			FilterInput
		}) (*fileOutput, error) {
			sheet, err := m.labelSheet(ctx, in.filter(), in.Page(), httpapi.LangOf(ctx))
			return &fileOutput{ContentType: "text/html; charset=utf-8", Body: sheet}, err
		})
}

// link is what a device's label opens.
func (m *Module) link(d *Device) string { return m.publicURL + "/d/" + string(d.Code) }

func (m *Module) labelSheet(ctx context.Context, f Filter, page store.Page, lang i18n.Lang) ([]byte, error) {
	list, err := m.List(ctx, f, ByCode, page)
	if err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, fault.New(fault.NotFound, "asset.label.none")
	}
	labels := make([]label.Label, len(list.Items))
	for i := range list.Items {
		d := &list.Items[i].Device
		labels[i] = label.Label{Title: d.Name, Code: label.Groups(string(d.Code)), Lines: []string{d.Region}, Link: m.link(d)}
		if d.Contact != "" {
			labels[i].Lines = append(labels[i].Lines, i18n.T(lang, "asset.label.contact", map[string]any{"contact": d.Contact}))
		}
		if d.Sample {
			labels[i].Lines = append(labels[i].Lines, i18n.T(lang, "asset.label.sample", nil))
		}
	}
	var out bytes.Buffer
	err = label.Sheet(&out, string(lang), i18n.T(lang, "asset.label.title", nil), labels)
	return out.Bytes(), err
}
