package ebd

// EBM is an emergency broadcasting message 应急广播消息 (082 §6.2).
type EBM struct {
	EBMVersion   string        `ebd:"ev1"`
	EBMID        EBMID         `ebd:"ebmid"`
	RelatedInfo  *RelatedInfo  `ebd:",opt" json:",omitempty"`
	MsgBasicInfo *MsgBasicInfo `ebd:",opt" json:",omitempty"` // mandatory where EBMID's sequence is not 0
	MsgContent   []MsgContent  `ebd:",due"`                   // by the schema at least one
	Dispatch     []Dispatch    `ebd:",opt" json:",omitempty"`
}

// RelatedInfo names what a message follows from, or cancels.
type RelatedInfo struct {
	EBIID InfoID `ebd:"info,opt" json:",omitempty"`
	EBMID EBMID  `ebd:"ebmid,opt" json:",omitempty"`
}

// MsgBasicInfo says who broadcasts what and when (082 table 3).
type MsgBasicInfo struct {
	MsgType    MsgType   `ebd:"int:1-5"`
	SenderName string    `ebd:""`
	SenderCode string    `ebd:""`
	SendTime   DateTime  `ebd:"time,also=SentTime"`
	EventType  EventType `ebd:"event"`
	Severity   Severity  `ebd:"int:0-4"`
	StartTime  DateTime  `ebd:"time"`
	EndTime    DateTime  `ebd:"time"`
}

// MsgContent is a message in one language for some areas (082 table 4).
type MsgContent struct {
	LanguageCode string      `ebd:"lang"` // "zho"
	MsgTitle     string      `ebd:""`
	MsgDesc      string      `ebd:""`
	AreaCode     string      `ebd:"areas"` // codes with commas between them
	ProgramNum   int         `ebd:"int:0-65535,opt" json:",omitempty"`
	Auxiliary    []Auxiliary `ebd:",opt" json:",omitempty"`
}

// Types of Auxiliary (082 table G.1); 0, 5–40, 44–60 and 62–255 are reserved.
const (
	AuxMP2     = 1
	AuxMP3     = 2
	AuxDRA     = 3
	AuxDRAPlus = 4
	AuxPNG     = 41
	AuxJPEG    = 42
	AuxGIF     = 43
	AuxStream  = 61
)

// Auxiliary names a resource file of the package, or a stream.
type Auxiliary struct {
	AuxiliaryType int    `ebd:"int:0-255"`
	AuxiliaryDesc string `ebd:""`                                       // the file's name or the stream's address
	Size          int    `ebd:"int:0-2147483647,opt" json:",omitempty"` // bytes
	Digest        string `ebd:"sm3,opt" json:",omitempty"`              // SM3, hexadecimal or Base64
}

// Dispatch names resources that a message calls on (082 table 5).
type Dispatch struct {
	LanguageCode string        `ebd:"lang"`
	EBRPS        *Ref          `ebd:",opt" json:",omitempty"`            // platform
	EBRRTS       *Ref          `ebd:",opt,also=EBRST" json:",omitempty"` // station
	EBRAS        *Ref          `ebd:",opt" json:",omitempty"`            // adapter
	EBRBS        []Transmitter `ebd:",opt" json:",omitempty"`
}

// Ref names a resource by its code.
type Ref struct {
	EBRID ResourceCode `ebd:"code"`
}

// Transmitter names transmission equipment 传输覆盖播出设备 by kinds or one by one:
// (code,parameter,value) with commas between them, parameter being 1 programme name,
// 2 programme number, 3 frequency in kHz.
type Transmitter struct {
	BrdSysType string `ebd:"types,opt" json:",omitempty"`
	BrdSysInfo string `ebd:"sys,opt" json:",omitempty"`
}

// BrdState is the state of a broadcast, BrdStateCode of 083 table 7.
type BrdState int

// States of a broadcast.
const (
	BrdUntouched BrdState = 0
	BrdWaiting   BrdState = 1 // for its time to come
	BrdPlaying   BrdState = 2
	BrdDone      BrdState = 3
	BrdFailed    BrdState = 4 // also in part, or not as asked
	BrdCancelled BrdState = 5
)

// EBMRef names a message.
type EBMRef struct {
	EBMID EBMID `ebd:"ebmid"`
}

// EBMStateRequest asks how a message is faring (083 table 5).
type EBMStateRequest struct {
	EBM *EBMRef `ebd:""`
}

// EBMStateResponse tells how a message is faring (083 table 7; figure 8 leaves the
// order of its parts open).
type EBMStateResponse struct {
	_            struct{}     `ebd:"unordered"`
	RptTime      DateTime     `ebd:"time"`
	EBM          *EBMRef      `ebd:""`
	BrdStateCode BrdState     `ebd:"int:0-5"`
	BrdStateDesc string       `ebd:",also=BrdStateDes"`
	Coverage     *BrdCoverage `ebd:",opt" json:",omitempty"`
	ResBrdInfo   *ResBrdInfo  `ebd:",due" json:",omitempty"` // mandatory in table 7, optional in figure 8
}

// BrdCoverage is what a broadcast reached.
type BrdCoverage struct {
	CoverageRate string `ebd:"dec"`   // "0.99"
	AreaCode     string `ebd:"areas"` // codes with commas between them
	ResBrdStat   string `ebd:"stat"`  // how many platforms, adapters, transmitters, terminals
}

// ResBrdInfo lists the resources a broadcast called on.
type ResBrdInfo struct {
	ResBrdItem []ResBrdItem `ebd:",opt,record" json:",omitempty"`
}

// ResBrdItem is one of them with the way to it.
type ResBrdItem struct {
	EBRPS *Ref    `ebd:",opt" json:",omitempty"`
	EBRST *Ref    `ebd:",opt,also=EBRRTS" json:",omitempty"`
	EBRAS *Ref    `ebd:",opt" json:",omitempty"`
	EBRBS []Aired `ebd:",due" json:",omitempty"` // mandatory in table 7, optional and repeated in table 21
}

// Aired is what one transmitter did for a message.
type Aired struct {
	RptTime      DateTime `ebd:"time"`
	BrdSysInfo   string   `ebd:"sys"`
	StartTime    DateTime `ebd:"time"`
	EndTime      DateTime `ebd:"end"` // empty while it goes on
	FileURL      string   `ebd:""`    // of the recording
	BrdStateCode BrdState `ebd:"int:0-5"`
	BrdStateDesc string   `ebd:",also=BrdStateDes"`
}

// EBMBrdLog is a playback log 播发记录 (083 table 21).
type EBMBrdLog struct {
	Params     *LogParams   `ebd:",opt" json:",omitempty"`
	EBMBrdItem []EBMBrdItem `ebd:",opt,record" json:",omitempty"`
}

// LogParams are the times between which a log lies.
type LogParams struct {
	RptStartTime DateTime `ebd:"time,due"` // mandatory in table 21, optional in figure 15
	RptEndTime   DateTime `ebd:"time,due"`
	RptType      string   `ebd:"in:Full|Incremental,old" json:",omitempty"`
}

// EBMBrdItem is a log's entry on one message.
type EBMBrdItem struct {
	EBM          *LoggedEBM   `ebd:""`
	UnitInfo     *UnitInfo    `ebd:",opt" json:",omitempty"`
	BrdStateCode BrdState     `ebd:"int:0-5"`
	BrdStateDesc string       `ebd:",also=BrdStateDes"`
	Coverage     *BrdCoverage `ebd:",opt" json:",omitempty"`
	ResBrdInfo   *ResBrdInfo  `ebd:",opt" json:",omitempty"`
}

// LoggedEBM is as much of a message as a log repeats.
type LoggedEBM struct {
	EBMID        EBMID         `ebd:"ebmid"`
	MsgBasicInfo *MsgBasicInfo `ebd:",opt" json:",omitempty"`
	MsgContent   *LoggedText   `ebd:""`
}

// LoggedText is a message's text in a log, without its resources.
type LoggedText struct {
	LanguageCode string `ebd:"lang"`
	MsgTitle     string `ebd:""`
	MsgDesc      string `ebd:""`
	AreaCode     string `ebd:"areas"`
	ProgramNum   int    `ebd:"int:0-65535,opt" json:",omitempty"`
}

// UnitInfo lists who broadcast a message.
type UnitInfo struct {
	Unit []Unit `ebd:",opt" json:",omitempty"`
}

// Unit is a department and the person in it.
type Unit struct {
	EBRPS      *Ref   `ebd:""`
	UnitID     string `ebd:""`
	UnitName   string `ebd:""`
	PersonID   string `ebd:""`
	PersonName string `ebd:""`
}
