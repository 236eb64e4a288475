package document

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestSheetsComeBackAsTheyWent(t *testing.T) {
	want := []Sheet{
		{"survey", [][]string{{"type", "name"}, nil, {"note", "", "=1+1"}}},
		{"choices", [][]string{{"list_name", "2026-11-29", "007"}}},
		{"settings", nil},
	}
	var file bytes.Buffer
	if err := WriteSheets(&file, want[0], Sheet{"Choices", want[1].Rows}); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSheets(context.Background(), &file, "survey", "choices", "settings")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSheetsAreBounded(t *testing.T) {
	long := Sheet{"survey", nil}
	for range MaxSheetRows + 1 {
		long.Rows = append(long.Rows, []string{"x"})
	}
	var file bytes.Buffer
	if err := WriteSheets(&file, long); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	for code, try := range map[string]struct {
		ctx  context.Context
		file string
	}{
		"document.table_too_long": {context.Background(), file.String()},
		"document.table_format":   {context.Background(), "type,name\nnote,n\n"},
	} {
		if _, err := ReadSheets(try.ctx, strings.NewReader(try.file), "survey"); err == nil || fault.Of(err).Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := ReadSheets(stopped, strings.NewReader(file.String()), "survey"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
