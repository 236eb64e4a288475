package ebd

import (
	"archive/tar"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// File is one file of a package.
type File struct {
	Name string
	Data []byte
}

// Limits bound what reading a package takes. A zero field means its default.
type Limits struct {
	Entries  int   // 256
	Document int64 // each XML file: MaxDocument
	Resource int64 // each other file: 256 MB
	Total    int64 // 512 MB
	Bare     bool  // only XML is read, and what is named as a document, source information or a signature: no resources
}

func (l Limits) filled() Limits {
	def := func(n *int64, d int64) {
		if *n == 0 {
			*n = d
		}
	}
	if l.Entries == 0 {
		l.Entries = 256
	}
	def(&l.Document, MaxDocument)
	def(&l.Resource, 256<<20)
	def(&l.Total, 512<<20)
	return l
}

// IsArchive reports whether b begins with the header of a TAR file: one whose checksum
// holds, so that XML is never taken for one.
func IsArchive(b []byte) bool {
	if len(b) < 512 {
		return false
	}
	field := strings.Trim(string(b[148:156]), " \x00")
	want, err := strconv.ParseInt(field, 8, 32)
	if err != nil {
		return false
	}
	sum := int64(8 * ' ')
	for i, c := range b[:512] {
		if i < 148 || i >= 156 {
			sum += int64(c)
		}
	}
	return sum == want && sum > 8*' '
}

// ReadArchive reads the files of a TAR archive, in their order. Folders in names are cut
// off, links and devices left out, of two files of one name the first is kept, each with
// a warning. The error is for what is no archive, or over the limits.
func ReadArchive(r io.Reader, limits Limits) ([]File, []Warning, error) {
	limits = limits.filled()
	var files []File
	var found findings
	names := map[string]bool{}
	left := limits.Total
	in := tar.NewReader(r)
	for entries := 0; ; entries++ {
		h, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return files, found.list, nil
		case err != nil && len(files) > 0 && !errors.Is(err, tar.ErrInsecurePath):
			found.add(WarnArchive, "", files[len(files)-1].Name, "the archive is broken after this file: "+err.Error())
			return files, found.list, nil
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return nil, found.list, &Error{Thing: "package", Code: CodeArchive, Found: err.Error()}
		case entries >= limits.Entries:
			return nil, found.list, bad("package", "entries", CodeLength, 0, "more than "+strconv.Itoa(limits.Entries))
		}
		name, ok := entryName(h, &found)
		if !ok {
			continue
		}
		most := limits.Resource
		if isXML := strings.EqualFold(path.Ext(name), ".xml"); isXML || limits.Bare {
			if most = limits.Document; !isXML && !named(name, GDJ2018) {
				continue
			}
		}
		if most = min(most, left); h.Size > most {
			return nil, found.list, bad("package", name, CodeLength, 0, strconv.FormatInt(h.Size, 10)+" bytes")
		}
		data, err := io.ReadAll(io.LimitReader(in, most))
		left -= int64(len(data))
		if err != nil {
			found.add(WarnArchive, name, name, "the file is cut off")
		}
		if names[strings.ToLower(name)] {
			found.add(WarnArchive, name, name, "a second file of this name was left out")
			continue
		}
		names[strings.ToLower(name)] = true
		files = append(files, File{name, data})
	}
}

// named reports whether a file is by its name a document, source information or a signature.
func named(name string, ed *Edition) bool {
	for _, prefix := range []string{ed.Files.Document, ed.Files.Signature, ed.Files.Info} {
		if strings.HasPrefix(upper(name), upper(prefix)) {
			return true
		}
	}
	return false
}

// maxEntryName is how long a name may be, with its folders, in bytes.
const maxEntryName = 1024

// sparse reports whether an entry says that parts of it are zeros that are not there: a
// few bytes that way may stand for any number.
func sparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// entryName is an entry's name without folders; ok is false for what is no file.
func entryName(h *tar.Header, found *findings) (name string, ok bool) {
	name = h.Name
	if !utf8.ValidString(name) { // written on a Chinese Windows
		if gbk, err := simplifiedchinese.GB18030.NewDecoder().String(name); err == nil {
			name = gbk
		}
		name = strings.ToValidUTF8(name, "_")
		found.add(WarnArchive, "name", name, "the name is not in UTF-8")
	}
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	switch {
	case len(name) > maxEntryName:
		name = strings.ToValidUTF8(name[:maxEntryName], "") + "…"
		found.add(WarnArchive, name, name, "the name is too long and the file was left out")
		return "", false
	case sparse(h):
		found.add(WarnArchive, name, name, "is mostly holes and was left out")
		return "", false
	case h.Typeflag == tar.TypeDir:
		found.add(WarnArchive, "folder", name, "a folder")
		return "", false
	case h.Typeflag != tar.TypeReg || base == "." || base == "/" || base == "..":
		found.add(WarnArchive, name, name, "is no file and was left out")
		return "", false
	case base != strings.TrimPrefix(name, "./"):
		found.add(WarnArchive, "path", name, "the file stands in a folder")
	}
	return base, true
}

// WriteArchive writes files as a TAR archive, each time the same bytes for the same files.
func WriteArchive(w io.Writer, files []File) error {
	out := tar.NewWriter(w)
	for _, f := range files {
		if f.Name == "" || strings.ContainsAny(f.Name, "/\\\x00") {
			return bad("package", f.Name, WarnFile, 0, f.Name)
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.Name, Size: int64(len(f.Data)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if len(f.Name) > 100 || !ascii(f.Name) {
			h.Format = tar.FormatPAX
		}
		if err := out.WriteHeader(h); err != nil {
			return err
		}
		if _, err := out.Write(f.Data); err != nil {
			return err
		}
	}
	return out.Close()
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
