package tables

import (
	"net/netip"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

func (*Clock) tag() uint8         { return 1 }
func (*AssignCode) tag() uint8    { return 2 }
func (*LockFrequency) tag() uint8 { return 3 }
func (*ReturnAddress) tag() uint8 { return 4 }
func (*ReturnPeriod) tag() uint8  { return 5 }
func (*Volume) tag() uint8        { return 6 }
func (*Query) tag() uint8         { return 7 }

// lastYear is the last that other forms of a time can hold.
const lastYear = 9999

func (c *Clock) write(w *writer) {
	t := c.Time.In(ebd.China)
	if y := t.Year(); y < 1970 || y > lastYear {
		w.fail("time", "the year %d", y)
	}
	w.u16(uint16(t.Year()))
	for _, v := range []int{int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()} {
		w.u8(uint8(v))
	}
}

func (c *Clock) read(r *reader) {
	year := int(r.u16("time"))
	b := r.take("time", 5)
	c.Time = time.Date(year, time.Month(b[0]), int(b[1]), int(b[2]), int(b[3]), int(b[4]), 0, ebd.China)
	if y, m, d := c.Time.Date(); r.err == nil && (y != year || y > lastYear || int(m) != int(b[0]) || d != int(b[1]) || b[2] > 23 || b[3] > 59 || b[4] > 59) {
		r.fail("time", "%d and % d are no date and time", year, b)
	}
}

func (a *AssignCode) write(w *writer) {
	w.count("address", len(a.Address), 1, 255)
	w.raw(a.Address)
	w.code("code", a.Code)
}

func (a *AssignCode) read(r *reader) {
	a.Address = r.take("address", int(r.u8("address")))
	a.Code = r.code("code", 23)
}

func (f *LockFrequency) write(w *writer) {
	if f.Constellation > 5 {
		w.fail("constellation", "%d is not in table 11", f.Constellation)
	}
	w.u32(f.Frequency)
	w.u32(f.SymbolRate)
	w.u8(f.Constellation)
	w.codes("terminals", f.Terminals)
}

func (f *LockFrequency) read(r *reader) {
	f.Frequency, f.SymbolRate = uint32(r.number("frequency", 4)), uint32(r.number("symbol_rate", 4))
	if f.Constellation = r.u8("constellation"); f.Constellation > 5 {
		r.warn("constellation", "%d is not in table 11", f.Constellation)
	}
	f.Terminals = r.codes("terminals", 23)
}

func (a *ReturnAddress) write(w *writer) {
	w.u8(a.Method)
	w.counted("address", 1, func() {
		switch a.Method {
		case ReturnBySMS:
			if !telephone(a.Address) {
				w.fail("address", "%q is not a telephone number of 11 digits", a.Address)
			}
			w.raw([]byte(a.Address))
		case ReturnByIP:
			to, err := netip.ParseAddrPort(a.Address)
			if err != nil || !to.Addr().Is4() {
				w.fail("address", "%q is not an IPv4 address with a port", a.Address)
				return
			}
			ip := to.Addr().As4()
			w.raw(ip[:])
			w.u16(to.Port())
		case ReturnByDomain:
			if !domain(a.Address) {
				w.fail("address", "%q is not a domain with a port", a.Address)
			}
			w.raw([]byte(a.Address))
		default:
			w.fail("method", "%d is not in table 12", a.Method)
		}
	})
	w.codes("terminals", a.Terminals)
}

func (a *ReturnAddress) read(r *reader) {
	a.Method = r.u8("method")
	b := r.take("address", int(r.u8("address")))
	switch a.Address = string(b); {
	case r.err != nil:
	case a.Method == ReturnByIP && len(b) == 6:
		port := uint16(b[4])<<8 | uint16(b[5])
		a.Address = netip.AddrPortFrom(netip.AddrFrom4([4]byte(b)), port).String()
	case a.Method == ReturnBySMS && !telephone(a.Address),
		a.Method == ReturnByIP,
		a.Method == ReturnByDomain && !domain(a.Address):
		r.warn("address", "%q does not fit method %d", b, a.Method)
		a.Address = strings.ToValidUTF8(a.Address, "\uFFFD")
	case a.Method < ReturnBySMS || a.Method > ReturnByDomain:
		r.warn("method", "%d is not in table 12", a.Method)
		a.Address = strings.ToValidUTF8(a.Address, "\uFFFD")
	}
	a.Terminals = r.codes("terminals", 23)
}

func telephone(s string) bool {
	return len(s) == 11 && strings.Trim(s, "0123456789") == ""
}

// domain reports whether s is a name, a colon and a port, all ASCII.
func domain(s string) bool {
	name, port, ok := strings.Cut(s, ":")
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return ok && name != "" && len(s) <= 255 && port != "" && len(port) <= 5 && strings.Trim(port, "0123456789") == ""
}

func (p *ReturnPeriod) write(w *writer) {
	if p.Seconds == 0 {
		w.fail("seconds", "a period of 0")
	}
	w.u32(p.Seconds)
	w.codes("terminals", p.Terminals)
}

func (p *ReturnPeriod) read(r *reader) {
	p.Seconds = uint32(r.number("seconds", 4))
	p.Terminals = r.codes("terminals", 23)
}

func (v *Volume) write(w *writer) {
	if v.Percent > 100 {
		w.fail("percent", "%d; 0 to 100 can be", v.Percent)
	}
	w.u8(v.Percent)
	w.codes("terminals", v.Terminals)
}

func (v *Volume) read(r *reader) {
	if v.Percent = r.u8("percent"); v.Percent > 100 {
		r.warn("percent", "%d; 0 to 100 have a meaning", v.Percent)
	}
	v.Terminals = r.codes("terminals", 23)
}

func (q *Query) write(w *writer) {
	w.count("parameters", len(q.Parameters), 1, 255)
	for i, p := range q.Parameters {
		if p < 1 || p > 10 {
			w.fail(nth("parameters", i), "%d is not in GD/J 089 table D.8", p)
		}
	}
	w.raw(q.Parameters)
	w.codes("terminals", q.Terminals)
}

func (q *Query) read(r *reader) {
	q.Parameters = r.take("parameters", int(r.u8("parameters")))
	for i, p := range q.Parameters {
		if p < 1 || p > 10 {
			r.warn(nth("parameters", i), "%d is not in GD/J 089 table D.8", p)
		}
	}
	q.Terminals = r.codes("terminals", 23)
}
