package app

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"
)

// The committed document is what clients are made from; a change to an operation that
// does not update it would leave them behind.
func TestCommittedInterfaceIsTheOneThatIsServed(t *testing.T) {
	doc, err := Interface(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var served bytes.Buffer
	enc := json.NewEncoder(&served)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, served.Bytes()) {
		t.Error("docs/openapi.json is not what the code serves: run make generate and commit")
	}
}
