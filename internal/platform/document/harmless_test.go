package document_test

import (
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/document"
)

func TestNoCellIsAFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "雨": "雨", "a=1": "a=1", "-12.5": "-12.5", "+3": "+3", "110105": "110105", "（=1）": "（=1）",
		"=1+1": "'=1+1", "+1+1": "'+1+1", "-1-1": "'-1-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1",
		"＝1+1": "'＝1+1", "＋1": "'＋1", "－1": "'－1", "＠SUM(A1)": "'＠SUM(A1)", "﹦1": "'﹦1", "﹢1": "'﹢1",
		"41101050000000314010400": "'41101050000000314010400",
	} {
		if got := document.Harmless([]string{cell})[0]; got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
}
