package worktime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// twice is the place of the first name that an object of raw has twice, empty if none has:
// a year pasted under the name of another would otherwise replace it without a word.
func twice(raw []byte) string {
	w := &walk{dec: json.NewDecoder(bytes.NewReader(raw))}
	w.value("")
	return w.found
}

type walk struct {
	dec   *json.Decoder
	found string
	deep  int
}

// value reads one value and says whether to go on; what is no JSON is not its matter.
func (w *walk) value(place string) bool {
	t, err := w.dec.Token()
	if err != nil {
		return false
	}
	open, _ := t.(json.Delim)
	if open == 0 {
		return true
	}
	if w.deep++; w.deep > 20 {
		return false // deeper than any calendar, and the decoder refuses it
	}
	seen := map[string]bool{}
	for i := 0; w.dec.More(); i++ {
		inner := fmt.Sprintf("%s[%d]", place, i)
		if open == '{' {
			key, err := w.dec.Token()
			name, ok := key.(string)
			if err != nil || !ok {
				return false
			}
			inner = clip(name)
			if place != "" {
				inner = place + "." + inner
			}
			same := strings.ToLower(name) // the decoder does not tell them apart
			if seen[same] {
				w.found = inner
				return false
			}
			seen[same] = true
		}
		if !w.value(inner) {
			return false
		}
	}
	w.deep--
	_, err = w.dec.Token()
	return err == nil
}
