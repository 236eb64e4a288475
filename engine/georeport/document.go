package georeport

import "time"

// Services is the answer to GET services.
type Services []Service

// Service is a kind of thing that may be reported.
type Service struct {
	Code        string
	Name        string
	Description string
	Metadata    bool // has a Definition, which clients are to ask for
	Type        Type
	Keywords    []string
	Group       string
}

// Type is what a report of a service is answered with.
type Type string

// The types of services.
const (
	Realtime Type = "realtime" // its service_request_id
	Batch    Type = "batch"    // a token, for which there is one later
	Blackbox Type = "blackbox" // neither
)

// Definition is the answer to GET services/{service_code}: what else is asked.
type Definition struct {
	ServiceCode string
	Attributes  []Attribute
}

// Attribute is one question, or something that is only shown.
type Attribute struct {
	Variable            bool // is answered; else Description is only shown
	Code                string
	Datatype            Datatype
	Required            bool
	DatatypeDescription string
	Order               int // from 1
	Description         string
	Values              []Value // of the lists
}

// Datatype is how a question is answered.
type Datatype string

// The datatypes.
const (
	String          Datatype = "string" // one line
	Number          Datatype = "number"
	Datetime        Datatype = "datetime"
	Text            Datatype = "text" // may have lines
	SingleValueList Datatype = "singlevaluelist"
	MultiValueList  Datatype = "multivaluelist"
)

func (d Datatype) list() bool { return d == SingleValueList || d == MultiValueList }

// Value is what may be chosen from a list.
type Value struct{ Key, Name string }

// Receipts is the answer to POST requests.
type Receipts []Receipt

// Receipt has the ID of a realtime service, the Token of one in batches, or neither.
type Receipt struct {
	RequestID string
	Token     string
	Notice    string // what will be done
	AccountID string
}

// Tokens is the answer to GET tokens/{token}.
type Tokens []Token

// Token leads to a report; its RequestID is empty as long as there is none.
type Token struct{ RequestID, Token string }

// Requests is the answer to GET requests and GET requests/{service_request_id}.
type Requests []Request

// Request is a report and what became of it.
type Request struct {
	ID          string
	Status      State
	StatusNotes string
	ServiceName string
	ServiceCode string
	Description string // at most MaxDescription characters; what is longer is cut
	Agency      string // who is responsible
	Notice      string
	Requested   time.Time
	Updated     time.Time // when closed, for those that are
	Expected    time.Time
	Address     string
	AddressID   string
	Zipcode     string
	Point       *Point
	MediaURL    string
}

// State is where a report stands.
type State string

// The states.
const (
	Open   State = "open"
	Closed State = "closed"
)

// Point is a place in WGS 84, in degrees.
type Point struct{ Lat, Long float64 }

// Discovery says where a city's endpoints are.
type Discovery struct {
	Changeset  string // sorts by time
	Contact    string
	KeyService string // how to come by a key
	Endpoints  []Endpoint
}

// Specification is what an Endpoint that speaks GeoReport v2 says it does.
const Specification = "http://wiki.open311.org/GeoReport_v2"

// Endpoint is one address, "production" or "test".
type Endpoint struct {
	Specification string
	URL           string
	Changeset     string
	Type          string
	Formats       []Format
}

// Faults is the answer where something is wrong.
type Faults []Fault

// Fault is one thing that is wrong, in words for the user.
type Fault struct {
	Code        int // the HTTP status, or a finer number of the server's own
	Description string
}
