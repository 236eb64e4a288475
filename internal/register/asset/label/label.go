// Package label draws the QR labels that are stuck on devices: one as PNG or SVG, and
// sheets of them to print on A4.
package label

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/skip2/go-qrcode"
)

// Recovery is how much of a code may be scratched away: a label on a pole weathers, so
// a quarter.
const recovery = qrcode.High

// PNG draws a code as an image of size × size pixels.
func PNG(content string, size int) ([]byte, error) { return qrcode.Encode(content, recovery, size) }

// SVG draws a code as a vector image with its quiet zone, one unit to a module. Runs of
// modules are one path, so that it stays small.
func SVG(content string) (string, error) {
	q, err := qrcode.New(content, recovery)
	if err != nil {
		return "", err
	}
	bits := q.Bitmap()
	var path strings.Builder
	for y, row := range bits {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			start := x
			for x+1 < len(row) && row[x+1] {
				x++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start, y, x-start+1, x-start+1)
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="%s"/></svg>`,
		len(bits), path.String()), nil
}

// Label is one label.
type Label struct {
	Title string   // what it is called, largest
	Code  string   // resource code, in groups
	Lines []string // place, whom to ring
	Link  string   // what the QR code opens
	QR    template.HTML
}

// Groups sets a 23-digit code in groups that can be read aloud: level, area, type and
// sequence, subtype and sequence.
func Groups(code string) string {
	if len(code) != 23 {
		return code
	}
	return strings.Join([]string{code[:1], code[1:7], code[7:13], code[13:19], code[19:]}, " ")
}

// CodeLines is the code in the lines of the label: where it lies, and what it is. One line
// would be too long, and left to itself would break before the last group.
func (l Label) CodeLines() []string {
	groups := strings.Fields(l.Code)
	if len(groups) < 5 {
		return []string{l.Code}
	}
	return []string{strings.Join(groups[:3], " "), strings.Join(groups[3:], " ")}
}

// Sheet writes a page that prints on A4 as labels of 70 × 37 mm, three by eight to a
// sheet, which is a common size of adhesive paper.
func Sheet(w io.Writer, lang, title string, labels []Label) error {
	for i := range labels {
		svg, err := SVG(labels[i].Link)
		if err != nil {
			return err
		}
		labels[i].QR = template.HTML(svg) // our own drawing, no foreign text in it
	}
	return sheet.Execute(w, struct {
		Lang, Title string
		Labels      []Label
	}{lang, title, labels})
}

var sheet = template.Must(template.New("sheet").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Title}}</title><style>
@page { size: A4; margin: 0.5mm 0 }
body { margin: 0; font: 8pt/1.3 "PingFang SC","HarmonyOS Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif; color: #000 }
main { display: grid; grid-template-columns: repeat(3, 70mm) }
article { box-sizing: border-box; width: 70mm; height: 37mm; padding: 3mm; display: flex; gap: 2.5mm; align-items: center; overflow: hidden; break-inside: avoid }
svg { width: 27mm; height: 27mm; flex: none }
h2 { margin: 0 0 1mm; font-size: 10pt; line-height: 1.2; max-height: 2.4em; overflow: hidden }
p { margin: 0; overflow-wrap: anywhere; max-height: 2.6em; overflow: hidden }
code { display: block; white-space: nowrap; font: 7pt/1.3 ui-monospace,monospace; font-variant-numeric: tabular-nums }
@media screen { body { background: #eee } main { width: 210mm; margin: 1em auto; background: #fff } article { outline: 1px dotted #bbb } }
</style></head><body><main>
{{range .Labels}}<article>{{.QR}}<div><h2>{{.Title}}</h2><p>{{range .CodeLines}}<code>{{.}}</code>{{end}}</p>{{range .Lines}}<p>{{.}}</p>{{end}}</div></article>
{{end}}</main></body></html>
`))
