package archtest

import (
	"slices"
	"strings"
	"testing"
)

var wings = []string{"register", "deliver", "watch", "respond", "assess"}

// grants are the libraries an engine may import beyond the standard library,
// golang.org/x and gonum, by name and with the reason.
var grants = map[string][]string{
	"engine/ebd":  {"github.com/emmansun/gmsm"}, // SM2 signatures, SM3 digests
	"engine/wire": {"github.com/emmansun/gmsm"}, // SM3 message authentication

	"engine/procedure": {"cel.dev/cel-go", "github.com/santhosh-tekuri/jsonschema", "go.yaml.in/yaml"}, // guards, forms, and files that people write
}

// layer is how high a package stands; imports point to a lower layer, or stay within.
func layer(dir string) int {
	switch {
	case under(dir, "cmd"), under(dir, "bench"):
		return 5
	case under(dir, "internal/app"), under(dir, "internal/archtest"):
		return 4
	case wingOf(dir) != "", under(dir, "internal/terminal"):
		return 3
	case under(dir, "internal/platform"), under(dir, "web"), under(dir, "city"):
		return 2
	case under(dir, "internal/event"):
		return 1
	case under(dir, "engine"):
		return 0
	}
	return -1
}

func under(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }

func wingOf(dir string) string {
	parts := strings.Split(dir, "/")
	if len(parts) >= 3 && parts[0] == "internal" && slices.Contains(wings, parts[1]) {
		return parts[1]
	}
	return ""
}

// moduleOf is the module a package belongs to, "internal/deliver/alert", or nothing.
func moduleOf(dir string) string {
	if wingOf(dir) == "" {
		return ""
	}
	return strings.Join(strings.Split(dir, "/")[:3], "/")
}

func TestImportsPointDown(t *testing.T) {
	for _, f := range goFiles(t) {
		if layer(f.dir) < 0 {
			t.Errorf("%s: no layer is known for this folder; the house has a place for everything", f.path)
			continue
		}
		own, _ := f.imports()
		for _, spec := range own {
			to := ownPath(spec)
			switch {
			case layer(to) > layer(f.dir):
				t.Errorf("%s: imports %s, which stands above it", f.at(spec), to)
			case moduleOf(f.dir) != "" && moduleOf(to) != "" && moduleOf(f.dir) != moduleOf(to):
				t.Errorf("%s: module %s imports module %s; emit an event or ask through an interface wired in app", f.at(spec), moduleOf(f.dir), moduleOf(to))
			case under(f.dir, "internal/terminal") && moduleOf(to) != "":
				t.Errorf("%s: the terminal is the far end and knows no module", f.at(spec))
			}
		}
	}
}

func TestEnginesArePure(t *testing.T) {
	// What would give an engine a network, a database or a clock of its own.
	forbidden := []string{"net", "net/http", "database/sql", "os/exec"}
	for _, f := range goFiles(t) {
		if !under(f.dir, "engine") || f.test() {
			continue
		}
		own, others := f.imports()
		for _, spec := range own {
			if !under(ownPath(spec), "engine") {
				t.Errorf("%s: an engine imports only engines", f.at(spec))
			}
		}
		for _, spec := range others {
			path := importPath(spec)
			standard := !strings.Contains(strings.Split(path, "/")[0], ".")
			granted := slices.ContainsFunc(grants[f.dir], func(g string) bool { return under(path, g) })
			switch {
			case slices.Contains(forbidden, path):
				t.Errorf("%s: an engine has no network, database or processes", f.at(spec))
			case !standard && !granted && !under(path, "golang.org/x") && !under(path, "gonum.org/v1/gonum"):
				t.Errorf("%s: %s is not granted to engines", f.at(spec), path)
			}
		}
	}
}
