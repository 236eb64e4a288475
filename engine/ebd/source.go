package ebd

import "reflect"

// EBI is source information 应急广播信息, the EBDI_….xml of a package (082 §5.2). The
// schema of its Annex B does not compile; the order of parts and what is mandatory are
// those of its figures and tables.
type EBI struct {
	EBMainInfo      *EBMainInfo      `ebd:""`
	EBContents      *EBContents      `ebd:""`
	PublishStrategy *PublishStrategy `ebd:",due" json:",omitempty"` // mandatory, but left out in the sample D.4
	ExtendInfo      []Element        `ebd:",opt,also=ExtendedInfo" json:",omitempty"`
	Area            *EBIArea         `ebd:",opt" json:",omitempty"`
	Attachment      []Attachment     `ebd:",opt" json:",omitempty"` // in the schema and the samples, not in the figure
}

// EBMainInfo says what happened and who says so (table A.1). The table, the figure and
// the samples order it differently.
type EBMainInfo struct {
	_            struct{}  `ebd:"unordered"`
	EBIVersion   string    `ebd:"v1"`
	InfoID       InfoID    `ebd:"info"`
	EBIID        InfoID    `ebd:"info"` // the same
	Identifier   string    `ebd:",opt" json:",omitempty"`
	Sender       string    `ebd:",opt" json:",omitempty"`
	SenderCode   string    `ebd:",opt" json:",omitempty"`
	EventType    EventType `ebd:"event"`
	EventLevel   string    `ebd:"in:01|02|03|04"`    // red, orange, yellow, blue
	InfoType     string    `ebd:"in:01|02|03|04"`    // real, drill, test, reserved
	InfoStatus   string    `ebd:"in:01|02|03|04|05"` // first, update, cancel, error, reserved
	ReferenceID  InfoID    `ebd:"info,opt" json:",omitempty"`
	Instructions string    `ebd:",opt" json:",omitempty"`
	IsMediaRes   int       `ebd:"int:0-2"` // 1 with a strategy; without it 0 by table A.1, 2 by the samples
	IsTTS        int       `ebd:"int:1-4"` // speech 1 is made, 2 is not; video 3 is made, 4 is not
}

// EBContents holds the information in each language.
type EBContents struct {
	EBContent []EBContent `ebd:""`
}

// EBContent is the information in one language (table A.2).
type EBContent struct {
	Language         string       `ebd:""`
	LanguageCode     string       `ebd:""` // "zho" by GB/T 4880.2; the samples have "zh-CN"
	CodeSet          string       `ebd:""`
	Headline         string       `ebd:""`
	EventDescription string       `ebd:""`
	ProgramNum       string       `ebd:",opt" json:",omitempty"`
	Signer           string       `ebd:",opt" json:",omitempty"`
	Attachment       []Attachment `ebd:",opt" json:",omitempty"`
}

// PublishStrategy is how the source would have it broadcast (table A.3).
type PublishStrategy struct {
	PublishRegion     string           `ebd:"areas"`
	BroadcastDateTime DateTime         `ebd:"time,also=BoradcastDateTime"`
	OverDateTime      DateTime         `ebd:"time,opt" json:",omitempty"`
	BroadcastStyles   *BroadcastStyles `ebd:",also=BoradcastStyles"`
}

// BroadcastStyles lists media.
type BroadcastStyles struct {
	BroadcastStyle []BroadcastStyle `ebd:",also=BoradcastStyle"`
}

// BroadcastStyle is one medium and how often it repeats.
type BroadcastStyle struct {
	PublishMeans     string `ebd:"types"` // with commas between them
	Presentation     string `ebd:""`      // table C.7
	PublishFrequency string `ebd:",also=PublishFrequence"`
	RollFrequency    string `ebd:""`
}

// EBIArea is where it may be felt (table A.5).
type EBIArea struct {
	AreaDescription string `ebd:",opt" json:",omitempty"`
	AreaPolygon     string `ebd:",opt" json:",omitempty"`
	AreaCircle      string `ebd:",opt" json:",omitempty"`
}

// Attachment names a resource file (table A.4).
type Attachment struct {
	AttName        string `ebd:",opt" json:",omitempty"`
	AttDescription string `ebd:",opt" json:",omitempty"`
	AttSize        string `ebd:",opt" json:",omitempty"`
	AttType        string `ebd:",opt" json:",omitempty"` // 01 video, 02 audio, 03 picture, 04 document
	AttSuffix      string `ebd:",opt" json:",omitempty"`
	AttURL         string `ebd:",opt" json:",omitempty"`
	Digest         string `ebd:"sm3,opt" json:",omitempty"`
}

// ID is the document's InfoID, empty where there is none.
func (i *EBI) ID() InfoID {
	if i.EBMainInfo == nil {
		return ""
	}
	return i.EBMainInfo.InfoID
}

func (d *decoder) info() any {
	i := &EBI{}
	v := reflect.ValueOf(i).Elem()
	d.element(planOf(v.Type()), v, nil)
	d.check(i)
	return i
}
