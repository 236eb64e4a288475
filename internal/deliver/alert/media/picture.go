package media

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// maxPixels bounds what a picture unpacks to on every screen and phone that shows it: a
// few kilobytes may say that they are a wall.
const maxPixels = 40_000_000

var headers = map[string]func(io.Reader) (image.Config, error){
	"image/png": png.DecodeConfig, "image/jpeg": jpeg.DecodeConfig, "image/gif": gif.DecodeConfig, "image/webp": webp.DecodeConfig,
}

// checkPicture refuses a picture that is not what its first bytes say, or too large to
// show; what is no picture it leaves alone.
func checkPicture(mime string, content []byte) error {
	header := headers[mime]
	if header == nil {
		return nil
	}
	c, err := header(bytes.NewReader(content))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return fault.Bad("file", "alert.attachment.broken", fault.Args{"type": mime}).Because(err)
	}
	if int64(c.Width)*int64(c.Height) > maxPixels {
		return fault.Bad("file", "alert.attachment.pixels", fault.Args{"width": c.Width, "height": c.Height, "limit": maxPixels / 1_000_000})
	}
	return nil
}
