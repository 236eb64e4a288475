package ebd

// AreaCode is the twelve digits of GD/J 080 §4: six of GB/T 2260 (province, city,
// county, two digits each) and six of GB/T 10114 (town and village, three each).
// Trailing zeros mean "all of it": 110101000000 is the whole of a district.
type AreaCode string

// Nation is the area code of the whole country (GB/T 2260 code 100000).
const Nation AreaCode = "100000000000"

// ParseAreaCode checks twelve digits that begin with a province, or Nation.
func ParseAreaCode(s string) (AreaCode, error) {
	if err := digits("area code", s, 12); err != nil {
		return "", err
	}
	if s[0] == '0' {
		return "", bad("area code", "province", CodeRange, 1, s[:2])
	}
	if s[:2] == "10" && AreaCode(s) != Nation {
		return "", bad("area code", "province", CodeRange, 3, s[2:])
	}
	return AreaCode(s), nil
}

// steps are the widths at which a code may end, from village up to province.
var steps = [...]int{12, 9, 6, 4, 2}

// Prefix is the significant part of the code: 0 (Nation), 2, 4, 6, 9 or 12 digits.
func (a AreaCode) Prefix() string {
	if a == Nation || len(a) != 12 {
		return ""
	}
	for i, n := range steps {
		if i == len(steps)-1 {
			return string(a[:n])
		}
		for _, c := range a[steps[i+1]:n] {
			if c != '0' {
				return string(a[:n])
			}
		}
	}
	return string(a)
}

// Covers reports whether b lies in a or is a. A malformed a covers nothing.
func (a AreaCode) Covers(b AreaCode) bool {
	if len(a) != 12 || len(b) != 12 {
		return false
	}
	p := a.Prefix()
	return string(b[:len(p)]) == p
}

// UnmarshalText implements encoding.TextUnmarshaler by ParseAreaCode.
func (a *AreaCode) UnmarshalText(b []byte) (err error) {
	*a, err = ParseAreaCode(string(b))
	return err
}

// Level is the level of 080 table 3 that a region with this code has.
func (a AreaCode) Level() Level {
	return map[int]Level{0: Central, 2: Province, 4: City, 6: County, 9: Town, 12: Village}[len(a.Prefix())]
}
