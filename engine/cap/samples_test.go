package cap

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestSketch(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/alert/cap/alerts/*")
	if len(files) == 0 {
		files, _ = filepath.Glob("/work/shared/data/alert/cap/alerts/*")
	}
	for _, f := range files {
		b, _ := os.ReadFile(f)
		r := Check(b)
		fmt.Printf("%s wf=%v v=%q schema=%v valid=%v\n", filepath.Base(f), r.WellFormed, r.Version, r.SchemaValid, r.Valid)
		for i, x := range r.Findings {
			if i < 6 && x.Rule != RuleUnplaced {
				fmt.Println("    ", x)
			}
		}
	}
}
