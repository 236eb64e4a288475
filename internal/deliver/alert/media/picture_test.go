package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// wall is a PNG of a few bytes that says it is this wide and high.
func wall(width, height uint32) []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	head = binary.BigEndian.AppendUint32(head, height)
	head = append(head, 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

// deepWall has 16 bits to a channel.
func deepWall(width, height uint32) []byte {
	out := wall(width, height)
	out[24] = 16
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

// frames is a GIF of n frames, each of which says that it covers the canvas; only the first
// pixels are there where the canvas is large.
func frames(width, height uint16, n int) []byte {
	var one bytes.Buffer
	small := image.NewPaletted(image.Rect(0, 0, 20, 10), color.Palette{color.Black, color.White})
	if err := gif.EncodeAll(&one, &gif.GIF{Image: []*image.Paletted{small}, Delay: []int{0}}); err != nil {
		panic(err)
	}
	b := one.Bytes()
	at := 13 + bytes.IndexByte(b[13:], ',') // there is no table before the frame
	binary.LittleEndian.PutUint16(b[6:], width)
	binary.LittleEndian.PutUint16(b[8:], height)
	binary.LittleEndian.PutUint16(b[at+5:], width)
	binary.LittleEndian.PutUint16(b[at+7:], height)
	out := bytes.Clone(b[:at])
	for range n {
		out = append(out, b[at:len(b)-1]...)
	}
	return append(out, ';')
}

// A picture must be one, and of a size that can be shown.
func TestPicturesAreWhatTheySay(t *testing.T) {
	small := image.NewPaletted(image.Rect(0, 0, 20, 10), color.Palette{color.Black})
	var asPNG, asJPEG, asGIF bytes.Buffer
	if err := png.Encode(&asPNG, small); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&asJPEG, small, nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&asGIF, small, nil); err != nil {
		t.Fatal(err)
	}
	var large bytes.Buffer
	quick := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := quick.Encode(&large, image.NewPaletted(image.Rect(0, 0, 8000, 5000), color.Palette{color.Black, color.White})); err != nil {
		t.Fatal(err)
	}
	// 1×1, as the format's own documentation shows it.
	asWebP := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	for name, c := range map[string]struct {
		content    []byte
		mime, code string
	}{
		"PNG":                      {asPNG.Bytes(), "image/png", ""},
		"JPEG":                     {asJPEG.Bytes(), "image/jpeg", ""},
		"GIF":                      {asGIF.Bytes(), "image/gif", ""},
		"WebP":                     {asWebP, "image/webp", ""},
		"as large as may be":       {large.Bytes(), "image/png", ""},
		"a PNG's head alone":       {wall(800, 500), "", "alert.attachment.broken"},
		"a PNG cut short":          {asPNG.Bytes()[:asPNG.Len()-20], "", "alert.attachment.broken"},
		"a script behind a PNG":    {append(bytes.Clone(asPNG.Bytes()), "<script>alert(1)</script>"...), "", "alert.attachment.broken"},
		"a JPEG cut short":         {asJPEG.Bytes()[:asJPEG.Len()-20], "", "alert.attachment.broken"},
		"more behind a JPEG":       {append(bytes.Clone(asJPEG.Bytes()), "of a camera"...), "image/jpeg", ""},
		"a GIF cut short":          {asGIF.Bytes()[:asGIF.Len()-3], "", "alert.attachment.broken"},
		"a script behind a GIF":    {append(bytes.Clone(asGIF.Bytes()), "<script>alert(1)</script>"...), "", "alert.attachment.broken"},
		"a GIF that moves":         {frames(20, 10, 10), "image/gif", ""},
		"a GIF of many walls":      {frames(6000, 6000, 150_000), "", "alert.attachment.pixels"},
		"a script behind a WebP":   {append(bytes.Clone(asWebP), "<script>alert(1)</script>"...), "", "alert.attachment.broken"},
		"deep and half as large":   {deepWall(8000, 2501), "", "alert.attachment.pixels"},
		"a line too many":          {wall(8000, 5001), "", "alert.attachment.pixels"},
		"a wall":                   {wall(65_535, 65_535), "", "alert.attachment.pixels"},
		"sides that overflow":      {wall(0x7FFFFFFF, 0x7FFFFFFF), "", "alert.attachment.broken"},
		"no height":                {wall(10, 0), "", "alert.attachment.broken"},
		"a script called JPEG":     {append([]byte("\xff\xd8\xff\xe0"), "<script>alert(1)</script>"...), "", "alert.attachment.broken"},
		"only a JPEG's first mark": {[]byte("\xff\xd8\xff"), "", "alert.attachment.broken"},
		"only a GIF's name":        {[]byte("GIF89a"), "", "alert.attachment.broken"},
		"sound":                    {[]byte("ID3\x03"), "audio/mpeg", ""},
	} {
		mime, err := Sniff(c.content)
		if mime != c.mime || (err == nil) != (c.code == "") || err != nil && !fault.Is(err, c.code) {
			t.Errorf("%s: %q, %v", name, mime, err)
		}
	}
}
