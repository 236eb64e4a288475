package wire

import (
	"net/url"
	"regexp"
	"strings"
)

// tuned is a broadcast that a terminal receives by itself: FM with its frequency, or a service
// of a DTMB multiplex with frequency and service id, all in kHz.
var tuned = regexp.MustCompile(`^(fm:[0-9]{5,6}|dtmb:[0-9]{5,6}:[0-9]{1,5})$`)

// Tuned reports whether a relay is received off the air and not fetched.
func Tuned(relay string) bool { return tuned.MatchString(relay) }

// ValidRelay reports whether s names what a terminal can relay: the address of a stream (http
// or https, without credentials), a path under the media base, or a tuned broadcast.
func ValidRelay(s string) bool {
	switch {
	case len(s) > 512:
		return false
	case strings.HasPrefix(s, "/"):
		return validPath(s)
	case Tuned(s):
		return true
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' || strings.IndexByte(`"<>\\^`+"`{|}", s[i]) >= 0 {
			return false
		}
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.Fragment == "" && !strings.HasPrefix(s, "HTTP")
}
