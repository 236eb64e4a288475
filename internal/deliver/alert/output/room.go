package output

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Room is the places of a door: so many in all and, so that nobody keeps the others out by
// taking every one, so many of one address.
type Room struct {
	All, Each int

	mu   sync.Mutex
	used int
	by   map[netip.Addr]int
}

// Enter takes a place for a connection, which leave gives back; false says that there is none.
func (r *Room) Enter(conn net.Conn) (leave func(), ok bool) {
	at, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	from := at.Addr().Unmap()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used >= r.All || r.by[from] >= r.Each {
		return nil, false
	}
	if r.by == nil {
		r.by = map[netip.Addr]int{}
	}
	r.used++
	r.by[from]++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.used--
		if r.by[from]--; r.by[from] == 0 {
			delete(r.by, from)
		}
	}, true
}

// Whom a door tells of: each once, and no more than so many before it forgets them all. Whoever
// makes names up does not fill the log.
const (
	maxStrangers = 100
	forgetAfter  = time.Hour
)

// Strangers are who came to a door and were told of.
type Strangers struct {
	mu    sync.Mutex
	since time.Time
	told  map[string]bool
}

// Tell reports whether somebody is to be told of now.
func (s *Strangers) Tell(who string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil || now.Sub(s.since) >= forgetAfter {
		s.told, s.since = map[string]bool{}, now
	}
	if s.told[who] || len(s.told) >= maxStrangers {
		return false
	}
	s.told[who] = true
	return true
}
