package score

import (
	"testing"

	"github.com/tongsheng/tongsheng/engine/index"
)

// No logarithm is taken of what is measured to a target, which is none.
func TestWhatIsMeasuredToATargetKeepsItsUnit(t *testing.T) {
	for normalise, want := range map[string]index.Transform{"minmax": index.LogCT, toTarget: index.NoTransform} {
		x := Index{Method: Reckon{Normalise: normalise, Means: []string{"amean"}, Treat: true}}
		m, err := x.method()
		if err != nil || m.Treat.Then != want || m.Treat.WinMax == 0 {
			t.Errorf("%s: %+v, %v", normalise, m.Treat, err)
		}
	}
}
