package docket

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// The index of words: for each word, and each block of cases in the order in which they were
// opened, which of these hold it. A word is two neighbouring characters of Chinese, a word of
// another script, or a region that the case lies in. A question walks the blocks from the latest
// back and stops when it has a page. It is a projection: what it lacks yet is the latest cases,
// which are looked through one by one.
const blockSize = 4096

// wordsOf are the words of a text.
func wordsOf(text string) map[string]bool {
	words := map[string]bool{}
	var run []rune
	flush := func() {
		if len(run) > 0 {
			words[string(run[:min(len(run), 24)])] = true
			run = nil
		}
	}
	var han rune
	for _, r := range strings.ToLower(text) {
		switch {
		case unicode.Is(unicode.Han, r):
			flush()
			if han != 0 {
				words[string([]rune{han, r})] = true
			}
			words[string(r)] = true
			han = r
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			run = append(run, r)
		default:
			flush()
		}
		han = 0
	}
	flush()
	return words
}

// asked are the words by which a text is looked for: of neighbouring characters the pairs, a single
// one where it stands alone.
func asked(text string) []string {
	all := wordsOf(text)
	paired := map[string]bool{}
	for w := range all {
		if r := []rune(w); len(r) == 2 && unicode.Is(unicode.Han, r[0]) {
			paired[string(r[0])], paired[string(r[1])] = true, true
		}
	}
	return slices.Sorted(maps.Keys(maps.Collect(func(yield func(string, bool) bool) {
		for w := range all {
			if r := []rune(w); len(r) == 1 && unicode.Is(unicode.Han, r[0]) && paired[w] {
				continue
			}
			if !yield(w, true) {
				return
			}
		}
	})))
}

// searched is the text of a case by which it is found: its number, what it is called, what was
// written in it that everybody sees who sees the case.
func searched(t *procedure.Type, k *kept) string {
	var b strings.Builder
	b.WriteString(k.Number + " " + k.title + " " + k.Subject)
	for _, id := range slices.Sorted(maps.Keys(k.Data)) {
		f := t.Field(id)
		if f == nil || f.Personal || f.Sealed || len(f.See) > 0 {
			continue
		}
		switch v := k.Data[id].(type) {
		case string:
			if f.Format == "" && len(f.Options) == 0 {
				b.WriteString(" " + clip(v, 400))
			}
		case map[string]any:
			if address, ok := v["address"].(string); ok {
				b.WriteString(" " + address)
			}
		}
	}
	return b.String()
}

// regionWords are the regions that a case lies in, as words.
func regionWords(path string) (words []string) {
	for i := range path {
		if path[i] == '.' {
			words = append(words, "@"+path[:i+1])
		}
	}
	return words
}

// bitmap is a set of offsets within a block.
type bitmap [blockSize / 64]uint64

func (m *bitmap) set(i int)      { m[i/64] |= 1 << (i % 64) }
func (m *bitmap) has(i int) bool { return m[i/64]&(1<<(i%64)) != 0 }

func (m *bitmap) and(o *bitmap) {
	for i := range m {
		m[i] &= o[i]
	}
}

func (m *bitmap) or(o *bitmap) {
	for i := range m {
		m[i] |= o[i]
	}
}

func (m *bitmap) count() (n int) {
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// encode writes a few offsets as a list, many as bits.
func (m *bitmap) encode() string {
	var raw []byte
	if n := m.count(); n <= 200 {
		raw = make([]byte, 1, 1+2*n)
		for i := range blockSize {
			if m.has(i) {
				raw = binary.LittleEndian.AppendUint16(raw, uint16(i))
			}
		}
	} else {
		raw = make([]byte, 1, 1+blockSize/8)
		raw[0] = 1
		for _, w := range m {
			raw = binary.LittleEndian.AppendUint64(raw, w)
		}
	}
	return base64.RawStdEncoding.EncodeToString(raw)
}

func (m *bitmap) decode(s string) error {
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(raw) == 0 {
		return fmt.Errorf("docket: the index of words holds %q", s)
	}
	if raw[0] == 1 {
		for i := range m {
			m[i] |= binary.LittleEndian.Uint64(raw[1+8*i:])
		}
		return nil
	}
	for raw = raw[1:]; len(raw) >= 2; raw = raw[2:] {
		m.set(int(binary.LittleEndian.Uint16(raw)) % blockSize)
	}
	return nil
}

// indexEvery is how often the index takes in what came.
const indexEvery = time.Second

// indexAll keeps the index until ctx ends.
func (d *Desk) indexAll(ctx context.Context) {
	d.Clock.Every(ctx, indexEvery, func(ctx context.Context) {
		for ctx.Err() == nil {
			n, err := d.index(ctx)
			if err == nil {
				err = d.reindex(ctx)
			}
			if err != nil && !store.Stopped(err) {
				d.Log.Error("the index of cases was not kept and will be tried again", "error", err)
			}
			if err != nil || n < blockSize {
				return
			}
		}
	})
}

// index takes in the next cases, a block's worth at most, and says how many there were.
func (d *Desk) index(ctx context.Context) (int, error) {
	upTo, err := indexed(ctx, d.DB)
	if err != nil {
		return 0, err
	}
	block := (upTo + 1) / blockSize
	last := (block+1)*blockSize - 1
	found, err := casesFrom(ctx, d.DB, upTo+1, last)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	words := map[string]*bitmap{}
	for _, k := range found {
		t, err := d.types.of(k.Type, k.Version)
		if err != nil {
			continue // it is found by its number in lists without a text
		}
		d.indexOne(words, t, k)
	}
	newest := found[len(found)-1].n
	err = d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		if err := putWords(ctx, tx, block, words, upTo >= block*blockSize); err != nil {
			return err
		}
		return setIndexed(ctx, tx, newest)
	})
	return len(found), err
}

// reindex adds the words that cases have by now to what the index has of them. The ones they had
// before stay: a list looks at the case before it shows it.
func (d *Desk) reindex(ctx context.Context) error {
	stale, err := staleCases(ctx, d.DB)
	if err != nil || len(stale) == 0 {
		return err
	}
	upTo, err := indexed(ctx, d.DB)
	if err != nil {
		return err
	}
	blocks := map[int64]map[string]*bitmap{}
	for _, n := range stale {
		if n > upTo {
			continue // the index comes to it
		}
		found, err := casesFrom(ctx, d.DB, n, n)
		if err != nil {
			return err
		}
		for _, k := range found {
			if t, err := d.types.of(k.Type, k.Version); err == nil {
				block := n / blockSize
				if blocks[block] == nil {
					blocks[block] = map[string]*bitmap{}
				}
				d.indexOne(blocks[block], t, k)
			}
		}
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		for _, block := range slices.Sorted(maps.Keys(blocks)) {
			if err := putWords(ctx, tx, block, blocks[block], true); err != nil {
				return err
			}
		}
		return unstale(ctx, tx, stale, upTo)
	})
}

func (d *Desk) indexOne(words map[string]*bitmap, t *procedure.Type, k *kept) {
	put := func(w string) {
		if words[w] == nil {
			words[w] = new(bitmap)
		}
		words[w].set(int(k.n % blockSize))
	}
	for w := range wordsOf(searched(t, k)) {
		put(w)
	}
	for _, w := range regionWords(k.path) {
		put(w)
	}
}

// match is the cases that hold every one of some words and lie in any of some regions.
type match struct {
	blocks map[int64]*bitmap
	order  []int64 // the latest first
}

// find asks the index. Without regions every region counts.
func find(ctx context.Context, q store.Queryer, words, regions []string) (*match, error) {
	var m map[int64]*bitmap
	meet := func(other map[int64]*bitmap) {
		if m == nil {
			m = other
			return
		}
		for block, bits := range m {
			if o := other[block]; o != nil {
				bits.and(o)
			} else {
				delete(m, block)
			}
		}
	}
	for _, w := range words {
		found, err := wordBlocks(ctx, q, []string{w})
		if err != nil {
			return nil, err
		}
		meet(found)
	}
	if len(regions) > 0 {
		in := make([]string, len(regions))
		for i, r := range regions {
			in[i] = "@" + r
		}
		found, err := wordBlocks(ctx, q, in)
		if err != nil {
			return nil, err
		}
		meet(found)
	}
	out := &match{blocks: m, order: slices.Sorted(maps.Keys(m))}
	slices.Reverse(out.order)
	return out, nil
}

// total is how many cases match.
func (m *match) total() (n int) {
	for _, b := range m.blocks {
		n += b.count()
	}
	return n
}

// before walks the matching cases from the latest before n back.
func (m *match) before(n int64, yield func(int64) bool) {
	for _, block := range m.order {
		if block*blockSize >= n {
			continue
		}
		bits := m.blocks[block]
		for i := blockSize - 1; i >= 0; i-- {
			if at := block*blockSize + int64(i); at < n && bits.has(i) && !yield(at) {
				return
			}
		}
	}
}
