package speaker

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Stamp is a time as the frames carry it: seconds since 1970-01-01 00:00:00 UTC. Annex A
// says "Beijing time, as the seconds since the epoch"; an instant has no zone, so it is
// read like the times of Annex D, which says UTC. A device that counts the seconds of the
// clock on a Beijing wall is eight hours ahead: see WallClock.
type Stamp uint32

// StampOf is the stamp of t, to the second; 0 if t is outside 1970–2106.
func StampOf(t time.Time) Stamp {
	if s := t.Unix(); s >= 0 && s < 1<<32 {
		return Stamp(s)
	}
	return 0
}

// Time is the instant, shown in China's zone.
func (s Stamp) Time() time.Time { return time.Unix(int64(s), 0).In(ebd.China) }

// WallClock is the instant if the sender counted the seconds of local time in China.
func (s Stamp) WallClock() time.Time { return s.Time().Add(-8 * time.Hour) }

// MarshalText implements encoding.TextMarshaler with an RFC 3339 time.
func (s Stamp) MarshalText() ([]byte, error) { return s.Time().AppendFormat(nil, time.RFC3339), nil }

// Frequency is a frequency in steps of 10 kHz, as its six BCD digits carry it (MHz, two
// decimals): 9850 is 98.50 MHz.
type Frequency uint32

func (c *coder) frequency(field string, v *Frequency) {
	s := fmt.Sprintf("%06d", *v)
	if c.writing && len(s) != 6 {
		c.fail(field, ebd.CodeRange, s)
		return
	}
	c.digits(field, 3, &s)
	if c.writing {
		return
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil && s != "" {
		c.deviate(field, ebd.CodeDigit, s)
	}
	*v = Frequency(n)
}

// digits codes n bytes as 2n hexadecimal digits, which is how BCD reads.
func (c *coder) digits(field string, n int, v *string) {
	if !c.writing {
		*v = hex.EncodeToString(c.take(field, n))
		return
	}
	b, err := hex.DecodeString(*v)
	if err != nil || len(b) != n {
		c.fail(field, ebd.CodeLength, *v)
	}
	c.put(b...)
}

// reserved codes an odd number of digits after four reserved bits, which are 1111.
func (c *coder) reserved(field string, n int, v *string) {
	all := "f" + *v
	c.digits(field, n, &all)
	if c.writing || all == "" {
		return
	}
	if all[0] != 'f' {
		c.deviate(field, ebd.CodeRange, all[:1])
	}
	*v = all[1:]
}

// resource codes a resource code of 23 digits in 12 bytes. In writing only the form is
// checked: a code that a device reported must be a code it can be addressed by.
func (c *coder) resource(field string, v *ebd.ResourceCode) {
	s := string(*v)
	if c.writing && !decimal(s, 23) {
		c.fail(field, ebd.CodeDigit, s)
	}
	c.reserved(field, 12, &s)
	if !c.writing {
		*v = ebd.ResourceCode(s)
		c.judge(field, s)
	}
}

// judge warns of a resource code that was read and that GD/J 080 does not allow.
func (c *coder) judge(field, s string) {
	if c.missing || c.err != nil {
		return
	}
	if err := ebd.ResourceCode(s).Validate(ebd.GDJ2018); err != nil {
		e := err.(*ebd.Error)
		c.deviate(field, e.Code, s)
	}
}

// What stands where an EBMID is expected and none is meant.
const (
	EveryMessage ebd.EBMID = "00000000000000000000000000000000000" // stop: all of the area (Table A.12)
	AnyMessage   ebd.EBMID = "fffffffffffffffffffffffffffffffffff" // query: not restricted (Table A.9)
)

// message codes an EBMID of 35 digits in 18 bytes; in writing as resource does.
func (c *coder) message(field string, v *ebd.EBMID) {
	s := string(*v)
	if c.writing && !decimal(s, 35) && *v != AnyMessage {
		c.fail(field, ebd.CodeDigit, s)
	}
	c.reserved(field, 18, &s)
	if c.writing {
		return
	}
	*v = ebd.EBMID(s)
	if s == "" || *v == EveryMessage || *v == AnyMessage {
		return
	}
	if _, err := ebd.ParseEBMID(s); err != nil {
		c.deviate(field, err.(*ebd.Error).Code, s)
	}
}

func decimal(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// event codes an event type, five characters; five zero bytes stand for none.
func (c *coder) event(field string, v *ebd.EventType) {
	if c.writing {
		if *v == "" {
			c.put(0, 0, 0, 0, 0)
			return
		}
		if _, err := ebd.ParseEventType(string(*v)); err != nil {
			c.fail(field, ebd.CodeDigit, string(*v))
		}
		c.put([]byte(*v)...)
		return
	}
	b := c.take(field, 5)
	if string(b) == "\x00\x00\x00\x00\x00" || b == nil {
		*v = ""
		return
	}
	*v = ebd.EventType(b)
	if _, err := ebd.ParseEventType(string(b)); err != nil {
		c.deviate(field, err.(*ebd.Error).Code, hex.EncodeToString(b))
	}
}

// severity codes an event level in one byte.
func (c *coder) severity(field string, v *ebd.Severity) {
	if c.writing && !v.Valid() {
		c.fail(field, ebd.CodeRange, "")
	}
	n := uint8(*v)
	choice(c, field, &n, 0, 4)
	if c.writing {
		return
	}
	*v = ebd.Severity(n)
}

// Volume is a loudness in percent: 0 mutes, 1–100 set it, KeepVolume leaves it.
type Volume uint8

// KeepVolume leaves the volume as it is.
const KeepVolume Volume = 0xFF

func (c *coder) volume(field string, v *Volume) {
	u8(c, field, v)
	if *v > 100 && *v != KeepVolume {
		c.deviate(field, ebd.CodeRange, hex.EncodeToString([]byte{byte(*v)}))
	}
}

// ipv4 codes four bytes of an IPv4 address; the zero Addr is 0.0.0.0.
func (c *coder) ipv4(field string, v *netip.Addr) {
	if c.writing {
		a := *v
		if a == (netip.Addr{}) {
			a = netip.IPv4Unspecified()
		}
		if !a.Is4() {
			c.fail(field, ebd.CodeRange, a.String())
			return
		}
		b := a.As4()
		c.put(b[:]...)
		return
	}
	if b := c.take(field, 4); b != nil {
		*v = netip.AddrFrom4([4]byte(b))
	} else {
		*v = netip.IPv4Unspecified()
	}
}

// Raw is bytes that people read as hexadecimal digits.
type Raw []byte

// MarshalText implements encoding.TextMarshaler.
func (r Raw) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, r), nil }

// ChannelID numbers a channel of an adapter; 0 is none, or any.
type ChannelID uint8

// MarshalJSON implements json.Marshaler, so that a list of them is one of numbers.
func (id ChannelID) MarshalJSON() ([]byte, error) {
	return strconv.AppendUint(nil, uint64(id), 10), nil
}

// Ways to address terminals (resource_code_type).
const (
	Logical  uint8 = 1 // by resource code
	Physical uint8 = 2 // by the address a terminal was made with
)

// Targets are the terminals or areas a command is for. Logical codes are 23 digits;
// physical addresses are hexadecimal digits, all of the same even number.
type Targets struct {
	Kind  uint8    `json:"resource_code_type"`
	Codes []string `json:"resource_code"`
}

func (t *Targets) fields(c *coder) {
	choice(c, "resource_code_type", &t.Kind, Logical, Physical)
	codes(c, t.Kind, &t.Codes)
}

// codes codes a number of codes, their common length, and each of them.
func codes(c *coder, kind uint8, list *[]string) {
	n := c.count("resource_code_number", 1, len(*list))
	size := 12
	if kind == Physical && c.writing {
		size = 0
		if n > 0 {
			size = len((*list)[0]) / 2
		}
	}
	size = c.count("resource_code_length", 1, size)
	c.inner++
	defer func() { c.inner-- }()
	if c.writing {
		for i := range *list {
			c.code(kind, size, &(*list)[i])
		}
		return
	}
	*list = nil
	for i := 0; i < n && c.err == nil; i++ {
		var s string
		c.code(kind, size, &s)
		*list = append(*list, s)
	}
}

// code codes one resource code or physical address of size bytes.
func (c *coder) code(kind uint8, size int, v *string) {
	const field = "resource_code"
	if kind != Physical && size == 12 {
		code := ebd.ResourceCode(*v)
		c.resource(field, &code)
		if !c.writing {
			*v = string(code)
		}
		return
	}
	c.digits(field, size, v)
	if kind != Physical && !c.writing {
		*v = strings.TrimPrefix(*v, "f")
		c.deviate(field, ebd.CodeLength, *v) // older codes have 17 to 20 digits
	}
}

// physical codes hexadecimal digits after a length of one byte.
func (c *coder) physical(field string, v *string) {
	c.inner++
	c.digits(field, c.count(field+"_length", 1, len(*v)/2), v)
	c.inner--
}

// ReturnAddress is where a device sends what it reports: a telephone for short messages,
// or a host and port. A host that is an IPv4 address is sent as one.
type ReturnAddress struct {
	Phone string `json:"phone,omitempty"` // eleven digits
	Host  string `json:"host,omitempty"`  // IPv4 address or domain
	Port  uint16 `json:"port,omitempty"`
	Kind  uint8  `json:"kind,omitempty"` // a reserved kind that was read, with its Raw bytes
	Raw   Raw    `json:"raw,omitempty"`
}

// The kinds of reback_type.
const (
	returnPhone  = 1
	returnIP     = 2
	returnDomain = 3
)

func (a *ReturnAddress) kind() uint8 {
	ip, err := netip.ParseAddr(a.Host)
	switch {
	case a.Kind != 0:
		return a.Kind
	case a.Phone != "":
		return returnPhone
	case err == nil && ip.Is4():
		return returnIP
	}
	return returnDomain
}

// fieldsA codes the address as Annex A does: kind, length, and for a domain "name:port".
// between is what the table puts after the kind.
func (a *ReturnAddress) fieldsA(c *coder, between func()) {
	kind := a.kind()
	u8(c, "reback_type", &kind)
	between()
	c.part("reback_address", 1, func() {
		switch {
		case kind == returnPhone:
			c.phone(c.left(), &a.Phone)
		case kind == returnIP && (c.writing || c.left() == 6):
			a.ip(c)
		case kind == returnDomain && c.writing:
			if !c.domain(a.Host) {
				return
			}
			c.put([]byte(a.Host + ":" + strconv.Itoa(int(a.Port)))...)
		case kind == returnDomain:
			b := string(c.take("reback_address", c.left()))
			// The tables print their example with a full-width colon.
			host, port, _ := strings.Cut(strings.Replace(b, "：", ":", 1), ":")
			n, err := strconv.ParseUint(port, 10, 16)
			if a.Host, a.Port = host, uint16(n); err != nil || !isDomain(host) {
				c.deviate("reback_address", ebd.CodeRange, b)
			}
		default:
			a.reserved(c, kind)
		}
	})
}

// fields codes the address as parameter 3 of Annexes D and E does.
func (a *ReturnAddress) fields(c *coder) {
	kind := a.kind()
	switch kind { // Table E.5 numbers the kinds otherwise than Annex A
	case returnIP:
		kind = 1
	case returnDomain:
		kind = 2
	case returnPhone:
		kind = 3
	}
	u8(c, "kind", &kind)
	switch kind {
	case 1:
		a.ip(c)
	case 2:
		if c.writing && !c.domain(a.Host) {
			return
		}
		c.text("domain", 1, &a.Host)
		u16(c, "port", &a.Port)
	case 3:
		n := c.count("phone_length", 1, len(a.Phone))
		c.phone(n, &a.Phone)
	default:
		a.reserved(c, kind)
	}
}

func (a *ReturnAddress) ip(c *coder) {
	ip, _ := netip.ParseAddr(a.Host)
	c.ipv4("ip", &ip)
	u16(c, "port", &a.Port)
	if !c.writing {
		a.Host = ip.String()
	}
}

// reserved keeps the bytes of a kind the tables do not know; such a kind is not written.
func (a *ReturnAddress) reserved(c *coder, kind uint8) {
	c.deviate("kind", ebd.CodeUnknown, hexByte(kind))
	if !c.writing {
		a.Kind = kind
		c.raw("address", c.left(), &a.Raw)
	}
}

// domain refuses what cannot be a host's name.
func (c *coder) domain(s string) bool {
	if !isDomain(s) {
		c.fail("domain", ebd.CodeRange, s)
		return false
	}
	return true
}

func isDomain(s string) bool {
	return s != "" && len(s) <= 240 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}

// phone codes n ASCII digits, which should be eleven. Table A.6 says only "a byte each",
// so the bytes 0–9 are digits too.
func (c *coder) phone(n int, v *string) {
	if c.writing {
		if !decimal(*v, 11) {
			c.fail("phone", ebd.CodeDigit, *v)
		}
		c.put([]byte(*v)...)
		return
	}
	c.inner++
	b := bytes.Clone(c.take("phone", n))
	c.inner--
	for i, d := range b {
		if d <= 9 {
			b[i] += '0'
		}
	}
	if *v = string(b); c.err == nil && !decimal(*v, 11) {
		c.deviate("phone", ebd.CodeDigit, hex.EncodeToString(b))
	}
}
