// Package link joins this node to those of other levels: one above it at most, any number
// below. A node below connects to the one above as a NATS leaf node and is kept to subjects
// of its own; what is asked over a link is answered with a signature of the answering
// node's SM2 key, which the asker holds to the authority that it was given at joining.
//
// A link carries questions and answers only, and nothing is kept in it: whoever lacks
// something asks for it, notes how far it came beside what it stored, and asks again after
// a cut. The NATS server here is apart from the bus, has no JetStream, and knows no subject
// of it, so that nothing of a node's events can leave by a link.
package link
