package httpapi

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// File is a document that a browser saves.
type File struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Control     string `header:"Cache-Control"`
	Body        []byte
}

// mediaTypes are what files are by the ends of their names.
var mediaTypes = map[string]string{
	"csv": "text/csv; charset=utf-8", "pdf": "application/pdf", "geojson": "application/geo+json",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// MediaType is what a file is by the end of its name: csv, pdf, geojson or xlsx.
func MediaType(format string) string { return mediaTypes[format] }

// Save makes a file of what write writes. It is called name, where there is one, and plain by
// programs that read ASCII only.
func Save(format, plain, name string, write func(w io.Writer) error) (*File, error) {
	var out bytes.Buffer
	err := write(&out)
	return &File{mediaTypes[format], Attachment(format, plain, name), "no-store", out.Bytes()}, err
}

// maxFileName is how many characters of a title a file is named by.
const maxFileName = 80

// Attachment is the Content-Disposition of a file to save (RFC 6266, RFC 8187).
func Attachment(format, plain, name string) string {
	head := fmt.Sprintf(`attachment; filename="%s.%s"`, plain, format)
	if name == "" {
		return head
	}
	safe := []rune(strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(`/\:*?"<>|`, c) { // what file systems refuse
			return ' '
		}
		return c
	}, name)))
	return head + "; filename*=UTF-8''" + url.PathEscape(string(safe[:min(len(safe), maxFileName)])+"."+format)
}
