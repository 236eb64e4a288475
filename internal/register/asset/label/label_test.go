package label_test

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/register/asset/label"
)

const link = "https://ts.example/d/51101050010000314010401"

// The vector and the pixel image of a label are the same code.
func TestSVGAndPNGAgree(t *testing.T) {
	svg, err := label.SVG(link)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		ViewBox string `xml:"viewBox,attr"`
	}
	if err := xml.Unmarshal([]byte(svg), &doc); err != nil {
		t.Fatal(err)
	}
	size := strings.Fields(doc.ViewBox)[3]
	raw, err := label.PNG(link, -1) // one pixel to a module
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, _, _, _ := img.At(x, y).RGBA(); r == 0 {
				dark++
			}
		}
	}
	drawn := 0
	for _, run := range strings.Split(svg, "h-")[1:] {
		n := 0
		for _, c := range run {
			if c < '0' || c > '9' {
				break
			}
			n = n*10 + int(c-'0')
		}
		drawn += n
	}
	if size == "" || drawn != dark {
		t.Errorf("%d modules drawn, %d dark pixels", drawn, dark)
	}
}

func TestSheetEscapesNames(t *testing.T) {
	var out bytes.Buffer
	err := label.Sheet(&out, "zh", "设备标签", []label.Label{{Title: `<script>alert(1)</script>`, Code: label.Groups("51101050010000314010401"), Link: link}})
	if err != nil {
		t.Fatal(err)
	}
	page := out.String()
	if strings.Contains(page, "<script>") || !strings.Contains(page, "<code>5 110105 001000</code><code>031401 0401</code>") || strings.Count(page, "<svg") != 1 {
		t.Error(page)
	}
}
