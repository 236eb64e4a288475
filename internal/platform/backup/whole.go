package backup

import (
	"archive/tar"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"

	"github.com/emmansun/gmsm/sm3"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// endName is the last entry. A file without it was cut off, also where what is left of it
// is a good archive.
const endName = "ending.json"

// smallEntry is the most that the first and the last entry may take.
const smallEntry = 1 << 20

// ending is what the last entry says of those before it.
type ending struct {
	Rows    map[string]int64 `json:"rows"` // by table
	Objects int64            `json:"objects"`
	SM3     string           `json:"sm3"` // of each entry's name, a line, its size, a line, and its content
}

// tally makes the ending, both while a file is written and while it is read.
type tally struct {
	Rows    map[string]int64
	Objects int64
	sum     hash.Hash
}

func newTally() *tally { return &tally{Rows: map[string]int64{}, sum: sm3.New()} }

// entry counts an entry's content as it is read.
func (t *tally) entry(name string, size int64, body io.Reader) io.Reader {
	fmt.Fprintf(t.sum, "%s\n%d\n", name, size)
	return io.TeeReader(body, t.sum)
}

func (t *tally) ending() ending {
	return ending{Rows: t.Rows, Objects: t.Objects, SM3: hex.EncodeToString(t.sum.Sum(nil))}
}

// check refuses a file of which something is missing or was changed.
func (t *tally) check(in *tar.Reader, m Manifest) error {
	raw, err := io.ReadAll(io.LimitReader(in, smallEntry))
	if err != nil {
		return errNotWhole(err)
	}
	var said ending
	if err := json.Unmarshal(raw, &said); err != nil {
		return errNotWhole(err)
	}
	read := t.ending()
	if said.SM3 != read.SM3 || said.Objects != read.Objects || !maps.Equal(said.Rows, read.Rows) {
		return errNotWhole(fmt.Errorf("its last entry tells of %+v, those before it hold %+v", said, read))
	}
	if more, err := in.Next(); !errors.Is(err, io.EOF) {
		return errNotWhole(errors.Join(err, fmt.Errorf("after its end comes %+v", more)))
	}
	for _, table := range m.Tables {
		if _, is := read.Rows[table.Name]; !is {
			return errNotWhole(errors.New(table.Name + " is missing"))
		}
	}
	return nil
}

func (t *tally) report(progress Progress) {
	if progress == nil {
		return
	}
	var rows int64
	for _, n := range t.Rows {
		rows += n
	}
	progress(rows, t.Objects)
}

// packedReader tells of what cannot be unpacked in a sentence.
type packedReader struct{ io.Reader }

func (r packedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errNotWhole(err)
	}
	return n, err
}

func errNotWhole(cause error) error {
	return fault.New(fault.Invalid, "backup.not_whole").Because(cause)
}
