package speaker

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// MaxBody is the longest body of Annex A that readers accept if not told otherwise, in
// bytes. The length field would allow 4 GiB.
const MaxBody = 1 << 20

// PacketReader cuts a byte stream into the frames of Annex A. There is nothing in a stream
// to find the next frame by after a bad one, so the first error ends it: Next repeats the
// error, and the caller closes the connection. Deadlines are the connection's affair.
type PacketReader struct {
	r   *bufio.Reader
	max int
	buf bytes.Buffer
	err error
}

// NewPacketReader reads r; maxBody bounds a body, MaxBody if 0.
func NewPacketReader(r io.Reader, maxBody int) *PacketReader {
	if maxBody == 0 {
		maxBody = MaxBody
	}
	return &PacketReader{r: bufio.NewReader(r), max: maxBody}
}

// Next is the next frame. At the end of the stream it fails with io.EOF, within a frame
// with io.ErrUnexpectedEOF, at a bad frame with an *ebd.Error; then the packet holds what
// was read, so that it can be answered, and is nil otherwise.
func (r *PacketReader) Next() (p *Packet, err error) {
	if r.err == nil {
		p, r.err = r.next()
	}
	return p, r.err
}

func (r *PacketReader) next() (*Packet, error) {
	r.buf.Reset()
	if err := grow(&r.buf, r.r, headSize); err != nil {
		return nil, err
	}
	head := r.buf.Bytes()
	if d := Direction(head[0]); d != Down && d != Up || binary.BigEndian.Uint16(head[1:]) != Version {
		return Decode(head) // which says what is wrong with it
	}
	n := binary.BigEndian.Uint32(head[5:])
	if uint64(n) > uint64(r.max) {
		p := &Packet{Direction: Direction(head[0]), Type: Type(head[3]), Origin: head[4], Name: Type(head[3]).Name().En}
		return p, &ebd.Error{Thing: thingPacket, Field: "data_length", Code: ebd.CodeRange, Pos: 6, Found: strconv.Itoa(int(n))}
	}
	if err := grow(&r.buf, r.r, int(n)+2); err != nil {
		return nil, unexpected(err)
	}
	signature := binary.BigEndian.Uint16(r.buf.Bytes()[headSize+n:])
	if err := grow(&r.buf, r.r, int(signature)+crcSize); err != nil {
		return nil, unexpected(err)
	}
	return Decode(r.buf.Bytes())
}

// grow reads n more bytes; memory follows what arrives, not what was announced.
func grow(buf *bytes.Buffer, r io.Reader, n int) error {
	got, err := io.CopyN(buf, r, int64(n))
	if got > 0 {
		return unexpected(err)
	}
	return err
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// FrameReader cuts a byte stream into the frames of Annexes D and E, as PacketReader does
// with those of Annex A.
type FrameReader struct {
	r     *bufio.Reader
	annex Annex
	buf   bytes.Buffer
	err   error
}

// NewFrameReader reads r, whose frames are of annex a, or of both if a is 0. Which of the
// two a frame is of is told by the length in its header, and where both could be, by the
// CRC-32.
func NewFrameReader(r io.Reader, a Annex) *FrameReader {
	return &FrameReader{r: bufio.NewReader(r), annex: a}
}

// Next is the next frame; its errors are those of PacketReader.Next.
func (r *FrameReader) Next() (f *Frame, err error) {
	if r.err == nil {
		f, r.err = r.next()
	}
	return f, r.err
}

func (r *FrameReader) next() (*Frame, error) {
	r.buf.Reset()
	const head = 12 // no frame of either annex is shorter
	if err := grow(&r.buf, r.r, head); err != nil {
		return nil, err
	}
	b := r.buf.Bytes()
	d, e := lengths(b)
	if r.annex == AnnexE || d == 0 {
		d = e
	}
	if r.annex == AnnexD || e == 0 {
		e = d
	}
	first, second := min(d, e), max(d, e)
	if string(b[:4]) != preamble || first == 0 {
		return DecodeFrame(b, r.annex)
	}
	if err := grow(&r.buf, r.r, first-head); err != nil {
		return nil, unexpected(err)
	}
	if second > first && !intact(r.buf.Bytes()) {
		if err := grow(&r.buf, r.r, second-first); err != nil {
			return nil, unexpected(err)
		}
	}
	return DecodeFrame(r.buf.Bytes(), r.annex)
}
