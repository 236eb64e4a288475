package terminal

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/engine/wire"
)

// machine reads the device's own condition from the Linux kernel. root is "/" on a
// device. What the kernel does not tell is taken as mains and ethernet.
type machine struct{ root string }

// condition fills power and link.
func (m machine) condition(h *wire.Heartbeat) {
	h.Power, h.Battery = m.power()
	h.Link, h.RSSI = m.link()
}

// power looks at every supply: if one that is not a battery is online, or no battery
// is discharging, it is mains.
func (m machine) power() (p wire.Power, percent *int) {
	supplies, _ := filepath.Glob(filepath.Join(m.root, "sys/class/power_supply/*")) // the pattern is well formed
	p = wire.Mains
	online := false
	for _, s := range supplies {
		if word(s, "type") != "Battery" {
			online = online || word(s, "online") == "1"
			continue
		}
		if n, err := strconv.Atoi(word(s, "capacity")); err == nil && n >= 0 && n <= 100 {
			percent = &n
		}
		if word(s, "status") == "Discharging" {
			p = wire.Battery
		}
	}
	if online {
		p = wire.Mains
	}
	return p, percent
}

// link is the kind of interface that the default route goes out by, and for Wi-Fi
// its signal in dBm.
func (m machine) link() (kind string, rssi *int) {
	name := ""
	for _, line := range m.lines("proc/net/route") {
		if f := strings.Fields(line); len(f) > 1 && f[1] == "00000000" {
			name = f[0]
			break
		}
	}
	for _, line := range m.lines("proc/net/wireless") {
		f := strings.Fields(line)
		if len(f) > 3 && strings.TrimSuffix(f[0], ":") == name {
			if x, err := strconv.ParseFloat(f[3], 64); err == nil && x <= 0 && x >= -200 {
				n := int(x)
				rssi = &n
			}
			return "wifi", rssi
		}
	}
	if strings.HasPrefix(name, "ww") || strings.HasPrefix(name, "ppp") || strings.HasPrefix(name, "usb") {
		return "cellular", nil
	}
	return "ethernet", nil
}

func (m machine) lines(path string) []string {
	b, err := os.ReadFile(filepath.Join(m.root, path))
	if err != nil {
		return nil
	}
	return strings.Split(string(b), "\n")
}

func word(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
