package ebd

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// DateTime is a time as the standards write it, "2006-01-02 15:04:05" in China.
type DateTime string

const dateTime = "2006-01-02 15:04:05"

// At is t in the standards' form.
func At(t time.Time) DateTime { return DateTime(t.In(China).Format(dateTime)) }

// otherTimes are forms seen in the field; those without a zone are meant in China.
var otherTimes = []string{
	dateTime, "2006-1-2 15:4:5", "2006/1/2 15:4:5", "2006-01-02T15:04:05", "20060102150405", "2006-1-2 15:4", "2006/1/2 15:4",
	"2006年1月2日 15:04:05", "2006-01-02 15:04:05.999", time.RFC3339, "2006-01-02",
}

// Time reads the standards' form and others that are seen in the field.
func (d DateTime) Time() (time.Time, error) {
	for _, form := range otherTimes {
		if t, err := time.ParseInLocation(form, string(d), China); err == nil {
			return t, nil
		}
	}
	return time.Time{}, bad("time", "", CodeDate, 0, string(d))
}

// rule is what a value must be. check gives a warning code and what should stand there,
// or nothing; the rest is the rule's form in an XML Schema.
type rule struct {
	check   func(ed *Edition, s string) (code, want string)
	base    string   // schema type, xs:string by default
	pattern string   // schema pattern
	values  []string // all that is allowed
}

// rules by the names that struct tags give. A tag may also say in:A|B or int:0-5.
var rules = map[string]*rule{
	"":      {},
	"v1":    {check: version, values: []string{"1"}},
	"ev1":   {check: messageVersion, values: []string{"1"}},
	"code":  {check: valid[ResourceCode](23), pattern: `[1-6]\d{22}`},
	"ebdid": {check: valid[EBDID](41), pattern: `(01|10)\d{39}`},
	"ebmid": {check: valid[EBMID](35), pattern: `\d{35}`},
	"info":  {check: valid[InfoID](40), pattern: `\d{40}`},
	"time":  {check: timeForm, pattern: `\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}`},
	"end":   {check: timeOrNone, pattern: `(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})?`},
	"event": {check: eventForm, pattern: `\d{5}|\d{2}[A-Z]\d{2}`},
	"areas": {check: areaList, pattern: `\d{12}(,\d{12})*`},
	"lang":  {check: language, pattern: `[a-z]{3}`},
	"dec":   {check: decimal, base: "xs:decimal"},
	"sm3":   {check: sm3Form, pattern: `[0-9A-Fa-f]{64}|[A-Za-z0-9+/]{43}=`},
	"stat":  {check: statistics, pattern: `\d+,\d+,\d+,\d+`},
	"sys":   {check: systems, pattern: `(\(\d{23},[123]?,[^()]*\)(,\(\d{23},[123]?,[^()]*\))*)?`},
	"types": {check: systemTypes, pattern: `\d{4}(,\d{4})*`},
	"sn":    {check: serial, pattern: `[0-9A-Fa-f]{12}([0-9A-Fa-f]{4})?`},
	"sig":   {check: signatureForm, pattern: `[A-Za-z0-9+/]{99}=`},
}

func fine() (string, string) { return "", "" }

func version(ed *Edition, s string) (string, string) {
	if s != ed.Version {
		return WarnVersion, ed.Version
	}
	return fine()
}

// messageVersion is a number in 082 table 2, so that 1.0000, as its Annex F has it, is 1.
func messageVersion(ed *Edition, s string) (string, string) {
	if s == ed.Version+".0000" {
		return fine()
	}
	return version(ed, s)
}

// explain tells an *Error as a warning: another width, or a wrong value.
func explain(err error, width int) (string, string) {
	e, ok := err.(*Error)
	if !ok || err == nil {
		return fine()
	}
	if e.Code == CodeLength {
		return WarnLength, strconv.Itoa(width) + " digits"
	}
	want := e.Code
	if e.Field != "" {
		want = e.Field + ": " + want
	}
	if e.Pos > 0 {
		want += " at " + strconv.Itoa(e.Pos)
	}
	return WarnValue, want
}

// identifier is a code or an id that an edition's tables say is right.
type identifier interface {
	~string
	Validate(*Edition) error
}

func valid[T identifier](width int) func(*Edition, string) (string, string) {
	return func(ed *Edition, s string) (string, string) {
		if err := T(s).Validate(ed); err != nil {
			return explain(err, width)
		}
		return fine()
	}
}

func timeForm(_ *Edition, s string) (string, string) {
	// Most times in a report of many items are well formed, and time.Parse is slow.
	if len(s) == 19 && s[4] == '-' && s[7] == '-' && s[10] == ' ' && s[13] == ':' && s[16] == ':' {
		y, m, d, h, n, sec := number2(s[0:4]), number2(s[5:7]), number2(s[8:10]), number2(s[11:13]), number2(s[14:16]), number2(s[17:19])
		if y >= 0 && m >= 1 && m <= 12 && d >= 1 && d <= days(y, m) && h >= 0 && h < 24 && n >= 0 && n < 60 && sec >= 0 && sec < 60 {
			return fine()
		}
	}
	return WarnTime, "YYYY-MM-DD HH:MM:SS"
}

// number2 is the value of decimal digits, -1 where there is another character.
func number2(s string) (n int) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func days(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// timeOrNone is a time that is empty while something goes on (083 table 7, EndTime).
func timeOrNone(ed *Edition, s string) (string, string) {
	if s == "" {
		return fine()
	}
	return timeForm(ed, s)
}

// eventForm is five digits of GB/T 35561, or a code of the classification of 2006 that
// 082 table 3 still cites and Annex F uses, such as 11B06.
func eventForm(_ *Edition, s string) (string, string) {
	if len(s) == 5 && s[2] >= 'A' && s[2] <= 'Z' && number2(s[:2]) >= 10 && number2(s[3:]) >= 0 {
		return fine()
	}
	if _, err := ParseEventType(s); err != nil {
		return explain(err, 5)
	}
	return fine()
}

func areaList(_ *Edition, s string) (string, string) {
	for part := range strings.SplitSeq(s, ",") {
		if _, err := ParseAreaCode(part); err != nil {
			return explain(err, 12)
		}
	}
	return fine()
}

func language(_ *Edition, s string) (string, string) {
	if len(s) == 3 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "" {
		return fine()
	}
	return WarnValue, "three letters of GB/T 4880.2"
}

func decimal(_ *Edition, s string) (string, string) {
	if strings.Trim(s, "0123456789.-") == "" {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			return fine()
		}
	}
	return WarnValue, "a decimal number"
}

// sm3Form is a digest of 32 bytes; no text says how to write it, so hexadecimal digits
// and Base64 are both right.
func sm3Form(_ *Edition, s string) (string, string) {
	if _, ok := digestBytes(s); ok {
		return fine()
	}
	return WarnValue, "an SM3 digest"
}

func digestBytes(s string) ([]byte, bool) {
	b, err := hex.DecodeString(s)
	if err != nil {
		b, err = base64.StdEncoding.DecodeString(s)
	}
	return b, err == nil && len(b) == 32
}

// statistics are four counts: platforms, adapters, transmitters, terminals.
func statistics(_ *Edition, s string) (string, string) {
	n := 0
	for part := range strings.SplitSeq(s, ",") {
		if part == "" || number2(part) < 0 {
			n = -1
			break
		}
		n++
	}
	if n != 4 {
		return WarnValue, "four counts"
	}
	return fine()
}

// systems are transmitters with a parameter each: (code,kind,value),(code,kind,value).
func systems(ed *Edition, s string) (string, string) {
	if s == "" {
		return fine()
	}
	for item := range strings.SplitSeq(s, "),(") {
		part := strings.SplitN(strings.Trim(item, "()"), ",", 3)
		if len(part) != 3 || ResourceCode(part[0]).Validate(ed) != nil || len(part[1]) > 1 || strings.Trim(part[1], "123") != "" {
			return WarnValue, "(resource code,1–3,value) and so on"
		}
	}
	if s[0] != '(' || s[len(s)-1] != ')' {
		return WarnValue, "(resource code,1–3,value) and so on"
	}
	return fine()
}

func systemTypes(ed *Edition, s string) (string, string) {
	for part := range strings.SplitSeq(s, ",") {
		if _, ok := ed.Type(part); !ok {
			return WarnValue, "types of 080 table 4"
		}
	}
	return fine()
}

func serial(_ *Edition, s string) (string, string) {
	if _, err := ParseSerialNumber(s); err != nil {
		return WarnValue, "a certificate number of twelve hexadecimal digits"
	}
	return fine()
}

func signatureForm(_ *Edition, s string) (string, string) {
	if _, err := parseSignatureText(s); err != nil {
		return WarnValue, "Base64 of 74 bytes"
	}
	return fine()
}

// parseSignatureText reads Base64, over which line breaks may be strewn.
func parseSignatureText(s string) (*Signature, error) {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return nil, bad("signature", "", CodeLength, 0, s)
	}
	return ParseSignature(b)
}
