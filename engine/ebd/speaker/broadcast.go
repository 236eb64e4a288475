package speaker

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Power says whether a broadcast starts or stops.
type Power uint8

// The values of power_switch.
const (
	Start Power = 1
	Stop  Power = 2
)

// Class is what a broadcast is (ebm_class; 广播类型 in Annexes D and E).
type Class uint8

// The classes of Table A.12.
const (
	ClassPlatformDrill  Class = 1
	ClassSimulatedDrill Class = 2
	ClassRealDrill      Class = 3
	ClassEmergency      Class = 4
	ClassEveryday       Class = 5
)

// Auxiliary data types of GD/J 082 table G.1 that loudspeakers are sent. Annex A writes
// the number 61 as it is printed; whether hexadecimal is meant the tables leave open, and
// A.32 speaks of 0x62.
const (
	AuxMP2        uint8 = 1
	AuxMP3        uint8 = 2
	AuxStream     uint8 = 61   // the address of a stream
	AuxStreamHex  uint8 = 0x61 // as devices that take the table's numbers for hexadecimal write it
	AuxAskAddress uint8 = 0x62 // the adapter shall name an address to send a stream to (Table A.32)
)

// Broadcast is Table A.12, which starts and stops broadcasts. To stop, only EBMID and
// Targets count; EveryMessage stops all in the area.
type Broadcast struct {
	EBMID       ebd.EBMID     `json:"ebm_id"`
	Power       Power         `json:"power_switch"`
	Class       Class         `json:"ebm_class"`
	Event       ebd.EventType `json:"ebm_type"`
	Level       ebd.Severity  `json:"ebm_level"`
	Start       Stamp         `json:"start_time"`
	End         Stamp         `json:"end_time"`
	Volume      Volume        `json:"volume"`
	Targets     Targets       `json:"targets"`
	Texts       []Text        `json:"multilingual_content"`
	Auxiliaries []Auxiliary   `json:"auxiliary"`
	Input       ChannelID     `json:"input_channel_id"`
	Outputs     []ChannelID   `json:"output_channel_id"`
	Private     Raw           `json:"private_data"`
}

// Auxiliary is data that goes with a broadcast: a file, or the address of a stream.
type Auxiliary struct {
	Type uint8
	Data Raw
}

// Address is the address of a stream, empty if the data is something else.
func (a Auxiliary) Address() string {
	if a.Type != AuxStream && a.Type != AuxStreamHex || !utf8.Valid(a.Data) {
		return ""
	}
	return string(a.Data)
}

// MarshalJSON implements json.Marshaler; an address is shown as one.
func (a Auxiliary) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type    uint8  `json:"auxiliary_data_type"`
		Data    Raw    `json:"auxiliary_data"`
		Address string `json:"address,omitempty"`
	}{a.Type, a.Data, a.Address()})
}

// Text is the words of a message in one language.
type Text struct {
	Language string  `json:"language_code"` // three letters of GB/T 4880.2
	Charset  Charset `json:"coded_character_set"`
	Text     string  `json:"text"`
	Agency   string  `json:"agency_name"`
}

// compact is the layout, seen from devices, of a stop that leaves out what it needs not.
const compact = 1

func (b *Broadcast) fields(c *coder) {
	c.message("ebm_id", &b.EBMID)
	choice(c, "power_switch", &b.Power, Start, Stop)
	if c.layout == compact {
		if c.misfit = b.Power != Stop; !c.misfit && c.left() > 0 {
			b.Targets.fields(c)
		}
		return
	}
	choice(c, "ebm_class", &b.Class, 0, ClassEveryday)
	c.event("ebm_type", &b.Event)
	c.severity("ebm_level", &b.Level)
	u32(c, "start_time", &b.Start)
	u32(c, "end_time", &b.End)
	c.volume("volume", &b.Volume)
	b.Targets.fields(c)
	list(c, "multilingual_content_number", 1, &b.Texts, func(c *coder, t *Text) { t.fields(c) })
	list(c, "auxiliary_number", 1, &b.Auxiliaries, func(c *coder, a *Auxiliary) {
		u8(c, "auxiliary_data_type", &a.Type)
		c.blob("auxiliary_data_length", 4, &a.Data)
	})
	u8(c, "input_channel_id", &b.Input)
	list(c, "output_channel_number", 1, &b.Outputs, func(c *coder, v *ChannelID) { u8(c, "output_channel_id", v) })
	c.blob("private_data_length", 2, &b.Private)
}

func (t *Text) fields(c *coder) {
	lang := Raw(t.Language)
	if c.writing && (len(lang) != 3 || !lowercase(t.Language)) {
		c.fail("language_code", ebd.CodeRange, t.Language)
	}
	c.raw("language_code", 3, &lang)
	choice(c, "coded_character_set", &t.Charset, 0, charsetTibetan)
	text, agency := t.Charset.encode(c, "text_char", t.Text), t.Charset.encode(c, "agency_name_char", t.Agency)
	c.blob("text_length", 2, &text)
	c.blob("agency_name_length", 1, &agency)
	if !c.writing {
		t.Language = string(lang)
		if c.err == nil && !lowercase(t.Language) {
			c.deviate("language_code", ebd.CodeRange, t.Language)
		}
		t.Text, t.Agency = t.Charset.decode(c, "text_char", text), t.Charset.decode(c, "agency_name_char", agency)
	}
}

func lowercase(s string) bool { return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "" }

// Charset is how a Text is coded (coded_character_set).
type Charset uint8

// The character sets of Table A.12. GB 21669 and GB 16959 place their letters as GB 13000
// does, so the last three are two bytes a character, high byte first.
const (
	CharsetGB2312  Charset = 0
	CharsetGB18030 Charset = 1
	CharsetGB13000 Charset = 2
	charsetTibetan Charset = 4
)

func (s Charset) encoding() encoding.Encoding {
	if s <= CharsetGB18030 {
		return simplifiedchinese.GB18030
	}
	return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
}

func (s Charset) encode(c *coder, field, text string) Raw {
	if !c.writing || text == "" {
		return nil
	}
	b, err := s.encoding().NewEncoder().Bytes([]byte(text))
	if err != nil || s == CharsetGB2312 && !inGB2312(b) {
		c.fail(field, ebd.CodeRange, text)
	}
	return b
}

// inGB2312 reports whether GB 18030 text is of ASCII and the two-byte rows of GB 2312.
func inGB2312(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		if i+1 >= len(b) || b[i] < 0xA1 || b[i] > 0xF7 || b[i+1] < 0xA1 || b[i+1] > 0xFE {
			return false
		}
		i++
	}
	return true
}

func (s Charset) decode(c *coder, field string, b Raw) string {
	out, err := s.encoding().NewDecoder().Bytes(b)
	if err != nil || s == CharsetGB2312 && !inGB2312(b) || strings.ContainsRune(string(out), '\uFFFD') {
		c.deviate(field, ebd.CodeRange, "")
	}
	return string(out)
}

// The everyday commands of Annex C, which a TSCommand carries. Their table 0xFA in a
// transport stream holds the same.

// ProgrammeStart is Table C.3: terminals change to a programme of a multiplex.
type ProgrammeStart struct {
	EBMID      ebd.EBMID          `json:"id"`
	Network    uint16             `json:"network_id"`
	Stream     uint16             `json:"transport_stream_id"`
	Service    uint16             `json:"service_id"`
	PCR        uint16             `json:"pcr_pid"`
	StreamType uint8              `json:"stream_type"`
	PID        uint16             `json:"program_pid"`
	Priority   uint8              `json:"priority"`
	Volume     Volume             `json:"volume"`
	End        time.Time          `json:"end_time"` // to the second
	Terminals  []ebd.ResourceCode `json:"resource_code"`
}

func (b *ProgrammeStart) fields(c *coder) {
	c.message("id", &b.EBMID)
	u16(c, "NetID", &b.Network)
	u16(c, "TSID", &b.Stream)
	u16(c, "serviceID", &b.Service)
	c.pid("PCR_PID", &b.PCR)
	u8(c, "stream_type", &b.StreamType)
	c.pid("program_PID", &b.PID)
	u8(c, "priority", &b.Priority)
	c.volume("volume", &b.Volume)
	c.moment("EndTime", &b.End)
	c.terminals(&b.Terminals)
}

// ProgrammeStop is Table C.4.
type ProgrammeStop struct {
	EBMID     ebd.EBMID          `json:"id"`
	Network   uint16             `json:"network_id"`
	Stream    uint16             `json:"transport_stream_id"`
	Service   uint16             `json:"service_id"`
	PCR       uint16             `json:"pcr_pid"`
	PID       uint16             `json:"program_pid"`
	Terminals []ebd.ResourceCode `json:"resource_code"`
}

func (b *ProgrammeStop) fields(c *coder) {
	c.message("id", &b.EBMID)
	u16(c, "NetID", &b.Network)
	u16(c, "TSID", &b.Stream)
	u16(c, "serviceID", &b.Service)
	c.pid("PCR_PID", &b.PCR)
	c.pid("program_PID", &b.PID)
	c.terminals(&b.Terminals)
}

// ProgrammeSwitch is Table C.5.
type ProgrammeSwitch struct {
	Switch    uint8              `json:"switch_status"` // SwitchOff or SwitchOn
	Terminals []ebd.ResourceCode `json:"resource_code"`
}

func (b *ProgrammeSwitch) fields(c *coder) {
	choice(c, "switch_status", &b.Switch, SwitchOff, SwitchOn)
	c.terminals(&b.Terminals)
}

// ProgrammeText is Table C.6.
type ProgrammeText struct {
	Kind      uint8              `json:"text_type"` // 1 emergency, 2 everyday, 3 test
	Charset   Charset            `json:"coded_character_set"`
	EBMID     ebd.EBMID          `json:"ebm_ID"`
	Terminals []ebd.ResourceCode `json:"resource_code"`
	Text      string             `json:"text_content"`
}

func (b *ProgrammeText) fields(c *coder) {
	first := b.Kind<<4 | uint8(b.Charset)&0xF
	u8(c, "text_type", &first)
	if kind, set := first>>4, Charset(first&0xF); kind < 1 || kind > 3 || set > charsetTibetan {
		c.deviate("text_type", ebd.CodeRange, hexByte(first))
	}
	c.message("ebm_ID", &b.EBMID)
	c.terminals(&b.Terminals)
	if !c.writing {
		b.Kind, b.Charset = first>>4, Charset(first&0xF)
	}
	text := b.Charset.encode(c, "text_content", b.Text)
	c.blob("text_length", 2, &text)
	if !c.writing {
		b.Text = b.Charset.decode(c, "text_content", text)
	}
}

func (c *coder) terminals(v *[]ebd.ResourceCode) {
	list(c, "terminal_number", 1, v, func(c *coder, v *ebd.ResourceCode) { c.resource("resource_code", v) })
}

// pid codes thirteen bits after three that are set.
func (c *coder) pid(field string, v *uint16) {
	const set = 0xE000
	n := *v | set
	if c.writing && *v >= 1<<13 {
		c.fail(field, ebd.CodeRange, "")
	}
	u16(c, field, &n)
	if !c.writing {
		if n&set != set && !c.missing {
			c.deviate(field, ebd.CodeRange, "")
		}
		*v = n &^ set
	}
}

// moment codes a time of the clock in China: year in two bytes, month, day, hour, minute,
// second.
func (c *coder) moment(field string, v *time.Time) {
	if c.writing {
		t := v.In(ebd.China)
		if t.Year() < 0 || t.Year() > 9999 {
			c.fail(field, ebd.CodeRange, t.String())
		}
		c.put(byte(t.Year()>>8), byte(t.Year()), byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second()))
		return
	}
	b := c.take(field, 7)
	if b == nil {
		return
	}
	const last = 9999 // years that other forms of a time can hold
	year := int(b[0])<<8 | int(b[1])
	if year > last {
		c.deviate(field, ebd.CodeDate, hex.EncodeToString(b))
		return
	}
	*v = time.Date(year, time.Month(b[2]), int(b[3]), int(b[4]), int(b[5]), int(b[6]), 0, ebd.China)
	if v.Month() != time.Month(b[2]) || v.Day() != int(b[3]) || v.Hour() != int(b[4]) || v.Minute() != int(b[5]) || v.Second() != int(b[6]) {
		c.deviate(field, ebd.CodeDate, hex.EncodeToString(b))
	}
}
