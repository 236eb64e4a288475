package ebd

// Values of RptType: in Params of a whole report, and in each entry.
const (
	RptFull        = "Full"
	RptIncremental = "Incremental"
	RptSync        = "Sync"   // new or changed
	RptDelete      = "Delete" // nothing but the code means anything
)

// OMDRequest asks for data on resources 运维数据请求 (083 table 9).
type OMDRequest struct {
	OMDType string  `ebd:"in:EBRPSInfo|EBRSTInfo|EBRASInfo|EBRBSInfo|EBRDTInfo|EBMBrdLog|EBRPSState|EBRASState|EBRBSState|EBRDTState"`
	Params  *Params `ebd:",opt" json:",omitempty"`
}

// Params say which data a report holds or is asked to hold.
type Params struct {
	RptStartTime DateTime `ebd:"time,opt" json:",omitempty"`
	RptEndTime   DateTime `ebd:"time,opt" json:",omitempty"`
	RptType      string   `ebd:"in:Full|Incremental,opt" json:",omitempty"`
}

// EBRPSInfo reports platforms (083 table 11).
type EBRPSInfo struct {
	Params *Params    `ebd:",opt" json:",omitempty"`
	EBRPS  []Platform `ebd:",opt,record" json:",omitempty"`
}

// Platform is an emergency broadcasting platform 应急广播平台.
type Platform struct {
	RptTime      DateTime     `ebd:"time"`
	RptType      string       `ebd:"in:Sync|Delete"`
	RelatedEBRPS *Ref         `ebd:",opt" json:",omitempty"`
	EBRID        ResourceCode `ebd:"code"`
	EBRName      string       `ebd:",also=Name"`
	Address      string       `ebd:""`
	Contact      string       `ebd:""`
	PhoneNumber  string       `ebd:""`
	Longitude    string       `ebd:""`
	Latitude     string       `ebd:""`
	URL          string       `ebd:""`
}

// EBRSTInfo reports stations (083 table 13).
type EBRSTInfo struct {
	Params *Params   `ebd:",opt" json:",omitempty"`
	EBRST  []Station `ebd:",opt,record" json:",omitempty"`
}

// Station is a station or head-end 台站（前端）.
type Station struct {
	RptTime      DateTime     `ebd:"time"`
	RptType      string       `ebd:"in:Sync|Delete"`
	RelatedEBRPS *Ref         `ebd:",opt" json:",omitempty"`
	EBRID        ResourceCode `ebd:"code"`
	EBRName      string       `ebd:""`
	Address      string       `ebd:""`
	Contact      string       `ebd:""`
	PhoneNumber  string       `ebd:""`
	Longitude    string       `ebd:""`
	Latitude     string       `ebd:""`
}

// EBRASInfo reports adapters (083 table 15).
type EBRASInfo struct {
	Params *Params   `ebd:",opt" json:",omitempty"`
	EBRAS  []Adapter `ebd:",opt,record" json:",omitempty"`
}

// Adapter is an emergency broadcasting adapter 应急广播适配器.
type Adapter struct {
	RptTime      DateTime     `ebd:"time"`
	RptType      string       `ebd:"in:Sync|Delete"`
	RelatedEBRPS *Ref         `ebd:",opt" json:",omitempty"`
	RelatedEBRST *Ref         `ebd:",opt" json:",omitempty"`
	EBRID        ResourceCode `ebd:"code"`
	EBRName      string       `ebd:""`
	Longitude    string       `ebd:""`
	Latitude     string       `ebd:""`
	URL          string       `ebd:""`
	Params       []Element    `ebd:",opt" json:",omitempty"` // whatever two sides agree on
}

// EBRBSInfo reports transmission equipment (083 table 17).
type EBRBSInfo struct {
	Params *Params     `ebd:",opt" json:",omitempty"`
	EBRBS  []Equipment `ebd:",opt,record" json:",omitempty"`
}

// Equipment is transmission equipment 传输覆盖播出设备 (figure 13 leaves the order of
// its parts open).
type Equipment struct {
	_            struct{}     `ebd:"unordered"`
	RptTime      DateTime     `ebd:"time"`
	RptType      string       `ebd:"in:Sync|Delete"`
	RelatedEBRPS *Ref         `ebd:",opt" json:",omitempty"`
	RelatedEBRST *Ref         `ebd:",opt" json:",omitempty"`
	RelatedEBRAS *Ref         `ebd:",opt" json:",omitempty"`
	EBRID        ResourceCode `ebd:"code"`
	EBRName      string       `ebd:""`
	URL          string       `ebd:",opt" json:",omitempty"`
	Longitude    string       `ebd:""`
	Latitude     string       `ebd:""`
	Square       string       `ebd:""`
	AreaCode     string       `ebd:"areas"`
	Population   string       `ebd:"dec"` // ten thousands
	LanguageCode string       `ebd:"lang"`
	EquipRoom    string       `ebd:""`
	RadioParams  *RadioParams `ebd:",opt" json:",omitempty"`
	TVParams     *TVParams    `ebd:",opt" json:",omitempty"`
	Schedule     *Schedule    `ebd:",opt" json:",omitempty"`
}

// RadioParams are those of an analogue transmitter; yes is 1, no is 2.
type RadioParams struct {
	ChannelName   string `ebd:""`
	Freq          int    `ebd:"int:0-99999999999"` // Hz
	Power         int    `ebd:"int:0-2147483647"`  // W
	Backup        int    `ebd:"int:1-2"`
	AutoSwitch    int    `ebd:"int:1-2"`
	RemoteControl int    `ebd:"int:1-2"`
}

// TVParams are those of digital television.
type TVParams struct {
	ChannelName string `ebd:""`
	Freq        int    `ebd:"int:0-99999999999"`
	ProgramNum  string `ebd:""`
	ChannelNum  string `ebd:""`
}

// Schedule says when a transmitter is on.
type Schedule struct {
	Switch []Switch `ebd:",opt" json:",omitempty"`
}

// Switch is a day's times; Weekday is 1 for Monday.
type Switch struct {
	Weekday   int      `ebd:"int:1-7"`
	StartTime DateTime `ebd:"time"`
	EndTime   DateTime `ebd:"time"`
}

// EBRDTInfo reports devices and terminals (083 table 19).
type EBRDTInfo struct {
	Params *Params    `ebd:",opt" json:",omitempty"`
	EBRDT  []Terminal `ebd:",opt,record" json:",omitempty"`
}

// Terminal is a platform's device or a terminal 平台设备及终端.
type Terminal struct {
	RptTime      DateTime     `ebd:"time"`
	RptType      string       `ebd:"in:Sync|Delete"`
	RelatedEBRPS *Ref         `ebd:",opt" json:",omitempty"`
	EBRID        ResourceCode `ebd:"code"`
	EBRName      string       `ebd:""`
	Longitude    string       `ebd:""`
	Latitude     string       `ebd:""`
	Params       []Element    `ebd:",opt" json:",omitempty"`
}

// RunState is the state of a resource, StateCode of 083 table 23.
type RunState int

// States of a resource.
const (
	RunNormal    RunState = 1
	RunOff       RunState = 2
	RunFault     RunState = 3
	RunRecovered RunState = 4
	RunPlaying   RunState = 5
)

// State is the state of one resource.
type State struct {
	RptTime   DateTime     `ebd:"time"`
	EBRID     ResourceCode `ebd:"code"`
	StateCode RunState     `ebd:"int:1-5"`
	StateDesc string       `ebd:""`
}

// TerminalState is State, whose description table 29 leaves out and figure 19 demands.
type TerminalState struct {
	RptTime   DateTime     `ebd:"time"`
	EBRID     ResourceCode `ebd:"code"`
	StateCode RunState     `ebd:"int:1-5"`
	StateDesc string       `ebd:",due"`
}

// EBRPSState reports the state of platforms (083 table 23).
type EBRPSState struct {
	EBRPS []State `ebd:",opt,record" json:",omitempty"`
}

// EBRASState reports the state of adapters (083 table 25).
type EBRASState struct {
	EBRAS []State `ebd:",opt,record" json:",omitempty"`
}

// EBRBSState reports the state of transmission equipment (083 table 27).
type EBRBSState struct {
	EBRBS []State `ebd:",opt,record" json:",omitempty"`
}

// EBRDTState reports the state of devices and terminals (083 table 29).
type EBRDTState struct {
	EBRDT []TerminalState `ebd:",opt,record" json:",omitempty"`
}

// ConnectionCheck is a heartbeat 心跳检测 (083 table 31).
type ConnectionCheck struct {
	RptTime DateTime `ebd:"time"`
}

// ResultCode says what became of a package (083 tables 33 and 35). From
// ResultUnreadable on nothing more follows.
type ResultCode int

// Result codes.
const (
	ResultReceived     ResultCode = 0 // not yet looked at
	ResultGood         ResultCode = 1 // read and checked
	ResultUnreadable   ResultCode = 2
	ResultIncomplete   ResultCode = 3
	ResultBadSignature ResultCode = 4
	ResultOther        ResultCode = 5
)

// EBDNotify tells later what became of a package 处理结果通知.
type EBDNotify struct {
	ResultCode ResultCode `ebd:"int:0-5"`
	ResultDesc string     `ebd:""`
}

// EBDResponse is the receipt on the same connection 接收回执.
type EBDResponse struct {
	ResultCode ResultCode `ebd:"int:0-5"`
	ResultDesc string     `ebd:""`
}
