package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

type entry struct {
	name string
	body []byte
	kind byte
}

func unpack(t *testing.T, file []byte) (entries []entry) {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry{h.Name, body, h.Typeflag})
	}
}

func pack(t *testing.T, entries []entry) []byte {
	t.Helper()
	var file bytes.Buffer
	z, err := zstd.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	out := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Size: int64(len(e.body)), Typeflag: e.kind, Mode: 0o600}
		if e.kind == tar.TypeSymlink {
			h.Linkname = "/etc/passwd"
		}
		if err := out.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// ended gives entries, but the last, an ending that is true of them.
func ended(t *testing.T, entries []entry) []entry {
	t.Helper()
	rows, objects, all := map[string]int64{}, 0, []byte{}
	for _, e := range entries[:len(entries)-1] {
		all = append(all, e.name+"\n"+strconv.Itoa(len(e.body))+"\n"...)
		all = append(all, e.body...)
		if part, is := strings.CutPrefix(e.name, "tables/"); is {
			table, _, _ := strings.Cut(part, ".")
			rows[table] += int64(bytes.Count(e.body, []byte("\n")))
		} else if strings.HasPrefix(e.name, "blobs/") {
			objects++
		}
	}
	raw, err := json.Marshal(map[string]any{"rows": rows, "objects": objects, "sm3": blob.Digest(all)})
	if err != nil {
		t.Fatal(err)
	}
	return append(slices.Clone(entries[:len(entries)-1]), entry{"ending.json", raw, tar.TypeReg})
}

// What lacks something, or holds something else, is not taken for a backup, however good
// an archive it is.
func TestOnlyAWholeBackupIsRestored(t *testing.T) {
	ctx := context.Background()
	source, _ := storetest.SQLite(t)
	from := objects(t)
	if err := from.Put(ctx, sound, strings.NewReader("sound"), 5); err != nil {
		t.Fatal(err)
	}
	err := source.Update(ctx, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Action: "test.do", Object: "thing:1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := backup.Write(ctx, &file, "test", source, from, nil); err != nil {
		t.Fatal(err)
	}
	good := unpack(t, file.Bytes())
	end := len(good) - 1
	at := func(name string) int {
		return slices.IndexFunc(good, func(e entry) bool { return strings.HasPrefix(e.name, name) })
	}
	audited, object := at("tables/platform_audit."), at("blobs/")
	with := func(i int, e entry) []entry {
		changed := slices.Clone(good)
		changed[i] = e
		return changed
	}
	manifest := func(form, by string) entry {
		return entry{good[0].name, regexp.MustCompile(form).ReplaceAll(good[0].body, []byte(by)), tar.TypeReg}
	}
	without := slices.Delete(ended(t, with(0, manifest(`(?s),\s*\{\s*"name": "platform_audit",.*?\}`, ""))), audited, audited+1)
	for name, c := range map[string]struct {
		entries []entry
		code    string
	}{
		"as it was":                       {good, ""},
		"as it was, packed by the test":   {ended(t, good), ""},
		"only the manifest":               {good[:1], "backup.not_whole"},
		"two thirds":                      {good[:len(good)*2/3], "backup.not_whole"},
		"without its end":                 {good[:end], "backup.not_whole"},
		"without a table":                 {slices.Delete(slices.Clone(good), audited, audited+1), "backup.not_whole"},
		"a true end without a table":      {ended(t, slices.Delete(slices.Clone(good), audited, audited+1)), "backup.not_whole"},
		"a manifest without a table":      {ended(t, without), "backup.not_whole"},
		"without an object":               {slices.Delete(slices.Clone(good), object, object+1), "backup.not_whole"},
		"a row less":                      {with(audited, entry{good[audited].name, nil, tar.TypeReg}), "backup.not_whole"},
		"a changed row":                   {with(audited, entry{good[audited].name, bytes.Replace(good[audited].body, []byte("thing:1"), []byte("thing:2"), 1), tar.TypeReg}), "backup.not_whole"},
		"more after its end":              {append(slices.Clone(good), good[object]), "backup.not_whole"},
		"another object of that name":     {ended(t, with(object, entry{"blobs/" + sound, make([]byte, 1<<20), tar.TypeReg})), "backup.object"},
		"an object without a digest":      {ended(t, with(object, entry{"blobs/sm3/ab/cd", make([]byte, 1<<20), tar.TypeReg})), "backup.object"},
		"a link for an object":            {ended(t, with(object, entry{"blobs/" + sound, nil, tar.TypeSymlink})), "backup.entry"},
		"something else":                  {ended(t, with(object, entry{"etc/passwd", nil, tar.TypeReg})), "backup.entry"},
		"another format":                  {ended(t, with(0, manifest(`"format": \d+`, `"format": 1`))), "backup.format"},
		"a platform that is not migrated": {ended(t, with(0, manifest(`"platform": \d+`, `"platform": 0`))), "backup.not_whole"},
	} {
		to := objects(t)
		_, _, err := backup.Restore(ctx, bytes.NewReader(pack(t, c.entries)), storetest.EmptySQLite(t), to, nil, nil)
		if c.code == "" && err != nil || c.code != "" && !fault.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
		if err := to.List(ctx, "", func(i blob.Info) error {
			if c.code == "backup.object" || c.code == "backup.entry" {
				t.Errorf("%s: %s was kept", name, i.Key)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	file.Reset()
	if err := from.Put(ctx, sound, strings.NewReader("noise"), 5); err != nil {
		t.Fatal(err)
	}
	if err := backup.Write(ctx, &file, "test", source, from, nil); !fault.Is(err, "backup.object") {
		t.Errorf("a damaged object went into a backup: %v", err)
	}
}
