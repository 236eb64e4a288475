package procedure_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"sort"
	"testing"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

// replay does a draw again, written apart from the engine.
func replay(l *procedure.Lot) []string {
	marks := map[string]string{}
	for _, id := range l.Urn {
		h := hmac.New(sha256.New, []byte(l.Secret))
		h.Write([]byte(l.Salt))
		h.Write([]byte{'\n'})
		h.Write([]byte(id))
		marks[hex.EncodeToString(h.Sum(nil))] = id
	}
	var order []string
	for mark := range marks {
		order = append(order, mark)
	}
	sort.Strings(order)
	var drawn []string
	for _, mark := range order[:l.Count] {
		drawn = append(drawn, marks[mark])
	}
	return drawn
}

func TestADrawIsReplayedByAScript(t *testing.T) {
	urn := []string{"张三", "李四", "0SAMPLE0000000000000000001", "b", "a", "", "c"}
	for count := 1; count <= len(urn); count++ {
		l := procedure.Lot{Name: "experts", Secret: "一个秘密 secret", Digest: procedure.Digest("一个秘密 secret"), Salt: "京A·12345", Urn: urn, Count: count}
		l.Drawn = procedure.DrawLots(l.Secret, l.Salt, l.Urn, count)
		if got := replay(&l); !slices.Equal(got, l.Drawn) {
			t.Fatalf("%v, not %v", got, l.Drawn)
		}
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("SKIPPED: there is no python3, so the script of the guide was not run")
		}
		asked, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(python, "../../docs/examples/replay-draw.py") // of the guide
		cmd.Stdin = bytes.NewReader(asked)
		out, err := cmd.CombinedOutput()
		var got []string
		if err != nil || json.Unmarshal(out, &got) != nil || !slices.Equal(got, l.Drawn) {
			t.Fatalf("the script gives %s %v, not %v", out, err, l.Drawn)
		}
	}
}

// The draw that the guide shows is one.
func TestTheDrawOfTheGuideHolds(t *testing.T) {
	src, err := os.ReadFile("../../docs/examples/draw.json")
	var l procedure.Lot
	if err != nil || json.Unmarshal(src, &l) != nil {
		t.Fatal(err)
	}
	if got := procedure.DrawLots(l.Secret, l.Salt, l.Urn, l.Count); procedure.Digest(l.Secret) != l.Digest || !slices.Equal(got, l.Drawn) {
		t.Errorf("drew %v, not %v", got, l.Drawn)
	}
}

func TestADrawTakesNobodyTwiceAndNotMoreThanThereAre(t *testing.T) {
	if got := procedure.DrawLots("s", "t", []string{"a", "a", "b"}, 5); len(got) != 2 || got[0] == got[1] {
		t.Errorf("drew %v", got)
	}
	if got := procedure.DrawLots("s", "t", []string{"a"}, -1); len(got) != 0 {
		t.Errorf("drew %v", got)
	}
	// Everybody is drawn about as often.
	often := map[string]int{}
	urn := []string{"a", "b", "c", "d", "e"}
	for i := range 5000 {
		for _, id := range procedure.DrawLots("secret", string(rune(i+0x4e00)), urn, 2) {
			often[id]++
		}
	}
	for _, id := range urn {
		if often[id] < 1850 || often[id] > 2150 {
			t.Errorf("%s was drawn %d times of 2000", id, often[id])
		}
	}
}
