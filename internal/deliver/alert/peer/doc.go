// Package peer speaks with the platforms above and below by GD/J 083: packages that come are
// verified, stored and answered on the same connection, then acted on; packages that go are
// rows that a worker for each peer carries.
//
// Invariants:
//   - Nothing is acted on before its signature was verified. A heartbeat may be unsigned, and
//     does nothing but say that somebody was there.
//   - A package is stored before it is answered, and each once: the same document again gets
//     the same answer and does nothing; another document under a used number is refused.
//   - What was stored is acted on, and what waits to go is sent, also after a crash.
//   - A peer that is slow or away delays no other.
//
// Told to browsers: alert.peer (its state), alert.peer_package (one came or went).
package peer
