package procedure_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/engine/worktime"
)

// shipped reads the procedures that come with the product.
func shipped(t testing.TB) map[string]*procedure.Type {
	t.Helper()
	files, err := filepath.Glob("../../city/beijing/procedures/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no procedures", err)
	}
	types := map[string]*procedure.Type{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		typ, err := procedure.Read(src)
		if err != nil {
			t.Fatalf("%s:\n%v", filepath.Base(file), err)
		}
		if want := strings.TrimSuffix(filepath.Base(file), ".yaml"); typ.Code != want {
			t.Errorf("%s holds the type %s", file, typ.Code)
		}
		types[typ.Code] = typ
	}
	return types
}

func calendar(t testing.TB) *worktime.Calendar {
	t.Helper()
	c, errs := worktime.Decode(strings.NewReader(`{"zone":"Asia/Shanghai","hours":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]],"sat":[],"sun":[]},"years":{}}`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return c
}

// platform is what the product offers to procedures.
func platform(t testing.TB, types map[string]*procedure.Type) procedure.Platform {
	t.Helper()
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	src, err := os.ReadFile("../../city/beijing/procedures/elements.json")
	if err != nil {
		t.Fatal(err)
	}
	var elements []struct{ Code string }
	if err := json.Unmarshal(src, &elements); err != nil {
		t.Fatal(err)
	}
	on := procedure.Platform{Types: types, Elements: map[string]bool{},
		Grants: set("operator", "dispatcher", "technician", "contractor-clerk", "township-clerk", "department-clerk", "case-supervisor", "examiner", "approver", "inspector",
			"benefit-officer", "selection-officer", "expert", "playout-officer", "playout-leader", "media-monitor", "finance"),
		Urns: set("experts", "inspectors", "hotels", "outlets", "screens", "stations"), Licences: set("production", "transmission", "satellite", "frequency"),
		Purposes: set("repair", "grant", "benefit"), Events: set("device.online", "device.faulty", "device.offline")}
	for _, e := range elements {
		on.Elements[e.Code] = true
	}
	return on
}

func TestShippedProceduresFitThePlatform(t *testing.T) {
	types := shipped(t)
	on := platform(t, types)
	left := maps.Clone(on.Elements)
	for code, typ := range types {
		if err := typ.Fits(on); err != nil {
			t.Errorf("%s:\n%v", code, err)
		}
		for _, element := range typ.Elements() {
			delete(left, element)
		}
	}
	if len(left) > 0 {
		t.Errorf("elements that no procedure states: %v", slices.Sorted(maps.Keys(left)))
	}
}

// Personal data of residents is seen by those who need it alone, and what a citizen fills in says
// in plain words what is meant.
func TestShippedFormsAskLittleAndShowLess(t *testing.T) {
	for code, typ := range shipped(t) {
		for i := range typ.Forms {
			for _, f := range typ.Forms[i].Fields {
				if f.Personal && len(f.See) == 0 {
					t.Errorf("%s: everybody sees %s", code, f.ID)
				}
				if (f.Format == "phone" || f.ID == "name" || f.ID == "contact") && !f.Personal {
					t.Errorf("%s: %s is personal", code, f.ID)
				}
			}
		}
		if typ.Public == nil {
			continue
		}
		form := typ.Form(typ.Opening(typ.Public.Start).Form)
		if len(form.Fields) > 25 {
			t.Errorf("%s: a citizen is asked %d things", code, len(form.Fields))
		}
	}
}
