package ebd

// Severity is the event level of GD/J 082 table 3: 0 unknown, then from the gravest.
type Severity int

// Severities; a smaller number other than 0 is graver.
const (
	SeverityUnknown Severity = 0
	SeverityRed     Severity = 1 // level I, extremely serious
	SeverityOrange  Severity = 2 // level II, serious
	SeverityYellow  Severity = 3 // level III, major
	SeverityBlue    Severity = 4 // level IV, ordinary
)

var severityNames = [...]Name{{"未知", "unknown"}, {"红色", "red"}, {"橙色", "orange"}, {"黄色", "yellow"}, {"蓝色", "blue"}}

// Valid reports whether s is one of the five.
func (s Severity) Valid() bool { return s >= SeverityUnknown && s <= SeverityBlue }

// Name is the severity's colour.
func (s Severity) Name() Name {
	if !s.Valid() {
		return severityNames[0]
	}
	return severityNames[s]
}

// MsgType is the message type of GD/J 082 table 3.
type MsgType int

// Message types.
const (
	MsgReal          MsgType = 1
	MsgCancel        MsgType = 2
	MsgPlatformDrill MsgType = 3 // stays within platforms
	MsgHeadEndDrill  MsgType = 4 // reaches stations and head-ends, not terminals
	MsgTerminalDrill MsgType = 5 // is heard at terminals
)

var msgNames = [...]Name{
	MsgReal:          {"实际播发", "real"},
	MsgCancel:        {"取消播发", "cancel"},
	MsgPlatformDrill: {"平台演练播发", "platform drill"},
	MsgHeadEndDrill:  {"前端演练播发", "head-end drill"},
	MsgTerminalDrill: {"终端演练播发", "terminal drill"},
}

// Valid reports whether t is one of the five.
func (t MsgType) Valid() bool { return t >= MsgReal && t <= MsgTerminalDrill }

// Name is the type's name; empty if invalid.
func (t MsgType) Name() Name {
	if !t.Valid() {
		return Name{}
	}
	return msgNames[t]
}
