package wire

import "github.com/tongsheng/tongsheng/engine/ebd"

// DownTopic is the MQTT topic a terminal subscribes to.
func DownTopic(code ebd.ResourceCode) string { return "t/" + string(code) + "/down" }

// UpTopic is the MQTT topic a terminal publishes to.
func UpTopic(code ebd.ResourceCode) string { return "t/" + string(code) + "/up" }
