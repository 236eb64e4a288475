package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"sync"

	"golang.org/x/image/webp"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// maxPixels bounds what a picture unpacks to on every screen and phone that shows it, and
// maxMoving what all frames of a moving one do: a few kilobytes may say that they are a wall.
const (
	maxPixels = 40_000_000
	maxMoving = 100_000_000
)

// format is how a kind of picture is read.
type format struct {
	head  func(io.Reader) (image.Config, error)
	whole func([]byte) bool // whether it ends where its file ends; nil where cameras put more behind it
	read  func(io.Reader) error
}

var formats = map[string]format{
	"image/png":  {png.DecodeConfig, endsPNG, reading(png.Decode)},
	"image/jpeg": {jpeg.DecodeConfig, nil, reading(jpeg.Decode)},
	"image/gif":  {gif.DecodeConfig, endsGIF, func(r io.Reader) error { _, err := gif.DecodeAll(r); return err }},
	"image/webp": {webp.DecodeConfig, endsWebP, reading(webp.Decode)},
}

func reading(decode func(io.Reader) (image.Image, error)) func(io.Reader) error {
	return func(r io.Reader) error { _, err := decode(r); return err }
}

// unpacking lets one picture at a time take the memory that its pixels need.
var unpacking sync.Mutex

// checkPicture refuses a picture that is not what its first bytes say, cannot be read to
// its end, has something else behind it, or is too large to show; what is no picture it
// leaves alone.
func checkPicture(mime string, content []byte) error {
	f, ok := formats[mime]
	if !ok {
		return nil
	}
	broken := fault.Bad("file", "alert.attachment.broken", fault.Args{"type": mime})
	c, err := f.head(bytes.NewReader(content))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return broken.Because(err)
	}
	pixels := int64(c.Width) * int64(c.Height)
	if deep(c.ColorModel) {
		pixels *= 2 // they take twice the room
	}
	if pixels > maxPixels || mime == "image/gif" && moving(content) > maxMoving {
		return fault.Bad("file", "alert.attachment.pixels", fault.Args{"width": c.Width, "height": c.Height, "limit": maxPixels / 1_000_000})
	}
	if f.whole != nil && !f.whole(content) {
		return broken
	}
	unpacking.Lock()
	defer unpacking.Unlock()
	if err := f.read(bytes.NewReader(content)); err != nil {
		return broken.Because(err)
	}
	return nil
}

func deep(m color.Model) bool {
	return m == color.RGBA64Model || m == color.NRGBA64Model || m == color.Gray16Model
}

// endsPNG walks the chunks to the last.
func endsPNG(b []byte) bool {
	for at := 8; at+12 <= len(b); {
		size, kind := int(binary.BigEndian.Uint32(b[at:])), string(b[at+4:at+8])
		if at += 12 + size; kind == "IEND" {
			return at == len(b)
		}
	}
	return false
}

// endsWebP asks the container how long it is.
func endsWebP(b []byte) bool {
	size := 8 + int64(binary.LittleEndian.Uint32(b[4:]))
	return int64(len(b)) == size+size%2 || int64(len(b)) == size
}

func endsGIF(b []byte) bool {
	end, _ := walkGIF(b)
	return end == len(b)
}

// moving is how many pixels the frames of a GIF have together.
func moving(b []byte) int64 {
	_, pixels := walkGIF(b)
	return pixels
}

// walkGIF goes over the blocks of a GIF without unpacking them: where it ends, −1 if it
// does not, and the pixels of its frames. A frame may be a few bytes and yet unpack to the
// whole canvas, so each counts for all that it covers.
func walkGIF(b []byte) (end int, pixels int64) {
	table := func(flags byte) int { // bytes of a colour table
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	if len(b) < 13 {
		return -1, 0
	}
	at := 13 + table(b[10])
	for at < len(b) {
		switch b[at] {
		case ';':
			return at + 1, pixels
		case '!': // an extension: its label, then data
			at += 2
		case ',':
			if at+10 > len(b) {
				return -1, pixels
			}
			pixels += int64(binary.LittleEndian.Uint16(b[at+5:])) * int64(binary.LittleEndian.Uint16(b[at+7:]))
			at += 11 + table(b[at+9]) // the size of its codes before the data
		default:
			return -1, pixels
		}
		for at < len(b) && b[at] != 0 { // blocks of data
			at += 1 + int(b[at])
		}
		at++
	}
	return -1, pixels
}
