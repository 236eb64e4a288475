package party

import "strings"

// The characters of a unified social credit code and their weights, GB 32100-2015, 5.3.
const creditDigits = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var creditWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// CreditCode reports whether a text is a unified social credit code: 18 characters of which the last
// checks the rest.
func CreditCode(code string) bool {
	if len(code) != 18 {
		return false
	}
	sum := 0
	for i, w := range creditWeights {
		at := strings.IndexByte(creditDigits, code[i])
		if at < 0 {
			return false
		}
		sum += at * w
	}
	return code[17] == creditDigits[(31-sum%31)%31]
}

// The weights of a citizen's identity number and what its last character is for each remainder,
// GB 11643-1999 (ISO 7064, MOD 11-2).
var identityWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const identityChecks = "10X98765432"

// birthOf is the day of birth that a citizen's identity number names; ok is false for what is none.
func birthOf(number string) (day string, ok bool) {
	if len(number) != 18 {
		return "", false
	}
	sum := 0
	for i, w := range identityWeights {
		if number[i] < '0' || number[i] > '9' {
			return "", false
		}
		sum += int(number[i]-'0') * w
	}
	day = number[6:10] + "-" + number[10:12] + "-" + number[12:14]
	return day, number[17] == identityChecks[sum%11] && isDay(day)
}
