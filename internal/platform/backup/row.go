package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// rowLimit is the most that a row takes in a backup: a small file can unpack to a row that
// no machine has the memory for.
const rowLimit = 64 << 20

func errRow(table string) error {
	return fault.New(fault.TooLarge, "backup.row", fault.Args{"table": table, "megabytes": rowLimit >> 20})
}

// rowReader reads a table's rows one by one and, of each, value by value.
type rowReader struct {
	table string
	body  io.Reader
	left  int64 // of the row that is being read
	dec   *json.Decoder
}

func newRowReader(table string, body io.Reader) *rowReader {
	r := &rowReader{table: table, body: body}
	r.dec = json.NewDecoder(r)
	r.dec.UseNumber()
	return r
}

// Read is what the decoder reads from.
func (r *rowReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errRow(r.table)
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	return n, err
}

// next reads a row of so many values, none of which is a list or an object; io.EOF after
// the last row.
func (r *rowReader) next(count int) ([]any, error) {
	r.left = rowLimit
	if t, err := r.dec.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('[') {
		return nil, fmt.Errorf("%v where a row begins", t)
	}
	values := make([]any, count)
	for i := range values {
		t, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		if _, is := t.(json.Delim); is {
			return nil, fmt.Errorf("%v where value %d of %d belongs", t, i+1, count)
		}
		values[i] = t
	}
	if t, err := r.dec.Token(); err != nil || t != json.Delim(']') {
		return nil, errors.Join(err, fmt.Errorf("it has more than %d values", count))
	}
	return values, nil
}
