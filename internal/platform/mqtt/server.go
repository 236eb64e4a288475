package mqtt

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// ServerOptions are the rules of a server. A client is known by its user name: whatever
// client id it gives, its second connection ends its first. Sessions are clean ones,
// subscriptions are granted at QoS 0, publications taken at QoS 0 and 1; nothing is
// retained.
type ServerOptions struct {
	// Admit judges who connects.
	Admit func(Login) bool
	// MaySubscribe says whether a user may read a topic, wildcards included.
	MaySubscribe func(user, topic string) bool
	// Receive takes a publication; the payload is its own. It is called by one goroutine at
	// a time for each user, and while it waits no more is read from that user. False ends
	// the connection.
	Receive func(user, topic string, payload []byte) bool

	MaxClients int // connections at a time; 0 means 100,000
	MaxJudged  int // …of them unjudged; 0 means maxJudged
	MaxPacket  int // longest packet accepted, bytes; 0 means 128 KiB
	Clock      clock.Clock
}

// Login is what a client says of itself when it connects (§3.1).
type Login struct{ ClientID, User, Password, Address string }

const (
	// maxJudged is how many connections may be unjudged at a time, unless fewer may be open
	// in all; more are turned away.
	maxJudged = 8192
	// fairJudged is how many of one address there may be once half the room is taken, so
	// that no address keeps the others out. Below that an address may be a balancer's, from
	// which a whole city comes back at once: of 10,000 terminals, up to 4,000 were seen to
	// wait on a busy machine.
	fairJudged = 256
	// judgeTime is how long a connection may take until its client is admitted.
	judgeTime = 10 * time.Second
	// longestSilence is how long a client may be silent that promises no keep-alive, or a
	// very long one.
	longestSilence = 30 * time.Minute
	// maxQueued is how much waits for a client, bytes, before it is cut off: whoever comes
	// back after a night is sent all at once what it missed. One that does not read at all
	// is cut off by writeTimeout, whatever waits.
	maxQueued = 4 << 20
	// maxTopics is how many topics a client may read at a time.
	maxTopics = 8
	// maxLogin is the longest CONNECT accepted, bytes.
	maxLogin = 4 << 10
)

// Reasons of a CONNACK (§3.2.2.3).
const (
	accepted        = 0
	wrongProtocol   = 1
	unavailable     = 3
	refusedPassword = 5
)

// Server lets clients in, hands on what they say and sends them what is theirs.
type Server struct {
	o ServerOptions

	mu       sync.RWMutex
	closed   bool
	listener net.Listener
	open     map[net.Conn]struct{}
	unjudged map[netip.Prefix]int
	judging  int                 // sum of unjudged
	clients  map[string]*session // by user
	all      sync.WaitGroup
}

// NewServer makes a server; Serve starts it.
func NewServer(o ServerOptions) *Server {
	if o.MaxClients == 0 {
		o.MaxClients = 100_000
	}
	if o.MaxJudged == 0 {
		o.MaxJudged = min(maxJudged, max(o.MaxClients/2, 1))
	}
	if o.MaxPacket == 0 {
		o.MaxPacket = maxPacket
	}
	return &Server{o: o, open: map[net.Conn]struct{}{}, unjudged: map[netip.Prefix]int{}, clients: map[string]*session{}}
}

// Serve accepts connections until the listener fails or Close is called; then it returns
// nil.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return l.Close()
	}
	for pause := time.Duration(0); ; {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.take(conn)
		case s.isClosed():
			return nil
		case temporary(err): // out of descriptors: others end, and then there are some
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
		default:
			return err
		}
	}
}

func temporary(err error) bool {
	var e interface{ Temporary() bool }
	return errors.As(err, &e) && e.Temporary()
}

func (s *Server) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// Close ends all connections and returns when nothing more is received.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	if s.listener != nil {
		s.listener.Close()
	}
	for conn := range s.open {
		end(conn)
	}
	s.mu.Unlock()
	s.all.Wait()
}

// end ends a connection at once, whoever holds a lock. Closing one under TLS would first
// say goodbye, and wait seconds for a peer that does not read.
func end(conn net.Conn) {
	if c, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = c.NetConn()
	}
	conn.Close()
}

// Clients is how many are connected.
func (s *Server) Clients() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.clients)
}

// Send gives a payload to a user who reads topic, and reports whether one is connected;
// whether it arrives nobody knows.
func (s *Server) Send(user, topic string, payload []byte) bool {
	s.mu.RLock()
	c := s.clients[user]
	s.mu.RUnlock()
	return c != nil && c.reads(topic) && c.send(packet(publish, str(nil, topic), payload))
}

// Drop ends the connection of a user, if there is one.
func (s *Server) Drop(user string) {
	s.mu.RLock()
	c := s.clients[user]
	s.mu.RUnlock()
	if c != nil {
		end(c.conn)
	}
}

// take serves a connection in a goroutine of its own, unless there are too many.
func (s *Server) take(conn net.Conn) {
	if from := source(conn); s.begin(conn, from) {
		go s.attend(conn, from)
	}
}

// ServeConn serves a connection that did not come through the listener, such as a
// WebSocket's, and returns once it has ended. It counts like any other.
func (s *Server) ServeConn(conn net.Conn) {
	if from := source(conn); s.begin(conn, from) {
		s.attend(conn, from)
	}
}

// begin counts a connection, or ends it when there are too many.
func (s *Server) begin(conn net.Conn, from netip.Prefix) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.open) >= s.o.MaxClients || !s.room(from) {
		end(conn)
		return false
	}
	s.open[conn] = struct{}{}
	s.unjudged[from]++
	s.judging++
	s.all.Add(1)
	return true
}

func (s *Server) attend(conn net.Conn, from netip.Prefix) {
	defer s.all.Done()
	s.serve(conn, from)
	end(conn)
	s.mu.Lock()
	delete(s.open, conn)
	s.mu.Unlock()
}

// source is whom a connection comes from; an IPv6 network of 64 bits is one's.
func source(conn net.Conn) netip.Prefix {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}
	}
	from, bits := at.Addr().Unmap().WithZone(""), 32
	if from.Is6() {
		bits = 64
	}
	p, _ := from.Prefix(bits) // as many bits as there are
	return p
}

// room says whether one more may wait to be judged; the lock is held.
func (s *Server) room(from netip.Prefix) bool {
	return s.judging < s.o.MaxJudged/2 || s.judging < s.o.MaxJudged && s.unjudged[from] < min(fairJudged, s.o.MaxJudged/4)
}

func (s *Server) judged(from netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judging--
	if s.unjudged[from]--; s.unjudged[from] == 0 {
		delete(s.unjudged, from)
	}
}

// serve judges who connects and then hears it until it leaves.
func (s *Server) serve(conn net.Conn, from netip.Prefix) {
	c := &session{conn: conn, clock: s.o.Clock, ended: make(chan struct{})}
	defer close(c.ended)
	in := bufio.NewReaderSize(conn, readAhead)
	user, silence, ok := s.judge(c, in)
	s.judged(from)
	if !ok {
		return
	}
	defer s.leave(user, c)
	c.send(packet(connack, []byte{0, accepted}))
	hurry := func() { c.deadline(writeTimeout) }
	for {
		c.deadline(silence)
		kind, body, err := read(in, s.o.MaxPacket, hurry)
		if err != nil || !s.handle(user, c, kind, body) {
			return
		}
	}
}

// judge lets a client in, or tells it why not. It may be silent for so long then.
func (s *Server) judge(c *session, in *bufio.Reader) (user string, silence time.Duration, ok bool) {
	_ = c.conn.SetDeadline(s.o.Clock.Now().Add(judgeTime)) // an unusable conn fails in read
	if first, err := in.Peek(1); err != nil || first[0] != connect {
		return "", 0, false
	}
	_, body, err := read(in, maxLogin, func() {})
	if err != nil {
		return "", 0, false
	}
	login, keepAlive, answer := readLogin(body)
	if answer == accepted {
		login.Address = c.conn.RemoteAddr().String()
		if !s.o.Admit(login) {
			answer = refusedPassword
		}
	}
	if answer == accepted && !s.enter(login.User, c) {
		answer = unavailable
	}
	if answer != accepted {
		_, _ = c.conn.Write(packet(connack, []byte{0, answer}))
		return "", 0, false
	}
	_ = c.conn.SetDeadline(time.Time{})
	silence = keepAlive + keepAlive/2 // §3.1.2.10
	if silence == 0 || silence > longestSilence {
		silence = longestSilence
	}
	return login.User, silence, true
}

// enter makes c the user's connection and ends the one before; nothing of that one is
// received any more when it returns.
func (s *Server) enter(user string, c *session) bool {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false
	}
	before := s.clients[user]
	s.clients[user] = c
	s.mu.Unlock()
	if before != nil {
		end(before.conn)
		<-before.ended
	}
	return true
}

func (s *Server) leave(user string, c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[user] == c {
		delete(s.clients, user)
	}
}

// handle does what a packet asks; false ends the connection.
func (s *Server) handle(user string, c *session, kind byte, body []byte) bool {
	switch {
	case kind&0xF0 == publish:
		p, err := readPublication(kind, body)
		if err != nil || !s.o.Receive(user, p.topic, p.payload) {
			return false
		}
		return len(p.id) == 0 || c.send(packet(puback, p.id))
	case kind == subscribe:
		return c.subscribe(body, func(topic string) bool { return s.o.MaySubscribe(user, topic) })
	case kind == unsubscribe:
		return c.unsubscribe(body)
	case kind == pingreq && len(body) == 0:
		return c.send(packet(pingresp))
	}
	return false // it says goodbye, or what no client may say
}

// readLogin takes a CONNECT apart (§3.1); its will is passed over, as nobody reads it.
func readLogin(body []byte) (l Login, keepAlive time.Duration, answer byte) {
	name, b, ok := cut(body)
	if !ok || len(b) < 4 || string(name) != "MQTT" || b[0] != 4 {
		return l, 0, wrongProtocol
	}
	flags := b[1]
	keepAlive = time.Duration(binary.BigEndian.Uint16(b[2:])) * time.Second
	b = b[4:]
	// With no user name there is no client that anybody knows.
	fields := []struct {
		there bool
		into  *string
	}{{true, &l.ClientID}, {flags&4 != 0, new(string)}, {flags&4 != 0, new(string)}, {flags&0x80 != 0, &l.User}, {flags&0x40 != 0, &l.Password}}
	for _, f := range fields {
		if !f.there {
			continue
		}
		var text []byte
		if text, b, ok = cut(b); !ok {
			return l, 0, wrongProtocol
		}
		*f.into = string(text)
	}
	if l.User == "" {
		return l, 0, refusedPassword
	}
	return l, keepAlive, accepted
}

// session is one client's connection. What is to be sent waits in a queue that a
// goroutine empties, there only as long as something waits: a client that does not read
// holds up nobody.
type session struct {
	conn  net.Conn
	clock clock.Clock
	ended chan struct{} // closed once nothing more is received

	mu      sync.Mutex
	topics  []string
	queue   net.Buffers
	queued  int
	writing bool
	broken  bool
}

func (c *session) deadline(d time.Duration) { _ = c.conn.SetReadDeadline(c.clock.Now().Add(d)) }

func (c *session) reads(topic string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.topics, topic)
}

// send puts a packet in the queue; false says that the connection is lost.
func (c *session) send(p []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.enqueue(p)
}

// enqueue is called with the lock held.
func (c *session) enqueue(p []byte) bool {
	if c.queued += len(p); c.queued > maxQueued && !c.broken {
		c.broken = true
		end(c.conn)
	}
	if c.broken {
		return false
	}
	c.queue = append(c.queue, p)
	if !c.writing {
		c.writing = true
		go c.write()
	}
	return true
}

func (c *session) write() {
	for {
		c.mu.Lock()
		queue := c.queue
		c.queue, c.queued = nil, 0
		if c.writing = len(queue) > 0 && !c.broken; !c.writing {
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		_ = c.conn.SetWriteDeadline(c.clock.Now().Add(writeTimeout)) // an unusable conn fails in the write
		if err := write(c.conn, queue); err != nil {
			end(c.conn)
			c.mu.Lock()
			c.broken = true
			c.mu.Unlock()
		}
	}
}

// write spares a lone packet the detour of several.
func write(conn net.Conn, queue net.Buffers) (err error) {
	if len(queue) == 1 {
		_, err = conn.Write(queue[0])
	} else {
		_, err = queue.WriteTo(conn)
	}
	return err
}

// subscribe answers a SUBSCRIBE (§3.8); what may not be read is refused by itself.
func (c *session) subscribe(body []byte, may func(topic string) bool) bool {
	if len(body) < 2 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	granted := []byte{body[0], body[1]}
	rest := body[2:]
	for len(rest) > 0 || len(granted) == 2 {
		topic, after, ok := cut(rest)
		if !ok || len(after) < 1 || after[0] > 2 {
			return false
		}
		rest = after[1:]
		known := slices.Contains(c.topics, string(topic))
		if !known && (len(c.topics) >= maxTopics || !may(string(topic))) {
			granted = append(granted, 0x80)
			continue
		}
		granted = append(granted, 0)
		if !known {
			c.topics = append(c.topics, string(topic))
		}
	}
	return c.enqueue(packet(suback, granted))
}

// unsubscribe answers an UNSUBSCRIBE (§3.10).
func (c *session) unsubscribe(body []byte) bool {
	if len(body) < 2 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := body[2:]; len(rest) > 0; {
		topic, after, ok := cut(rest)
		if !ok {
			return false
		}
		rest = after
		c.topics = slices.DeleteFunc(c.topics, func(t string) bool { return t == string(topic) })
	}
	return c.enqueue(packet(unsuback, body[:2]))
}
