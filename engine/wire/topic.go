package wire

import (
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// DownTopic is the MQTT topic a terminal subscribes to.
func DownTopic(code ebd.ResourceCode) string { return "t/" + string(code) + "/down" }

// UpTopic is the MQTT topic a terminal publishes to.
func UpTopic(code ebd.ResourceCode) string { return "t/" + string(code) + "/up" }

// DownSubject and UpSubject are the same topics as NATS subjects.
func DownSubject(code ebd.ResourceCode) string { return "t." + string(code) + ".down" }

// UpSubject is UpTopic as a NATS subject.
func UpSubject(code ebd.ResourceCode) string { return "t." + string(code) + ".up" }

// AllUpSubjects is the NATS subject that matches every terminal's up topic.
const AllUpSubjects = "t.*.up"

// CodeOfSubject is the resource code in an up or down subject or topic; ok is false
// if it is neither. The code's own form is not checked.
func CodeOfSubject(s string) (code ebd.ResourceCode, ok bool) {
	if len(s) < 2 || s[0] != 't' || s[1] != '.' && s[1] != '/' {
		return "", false
	}
	rest := s[2:]
	i := strings.IndexByte(rest, s[1])
	if i < 0 || rest[i+1:] != "up" && rest[i+1:] != "down" {
		return "", false
	}
	return ebd.ResourceCode(rest[:i]), true
}
