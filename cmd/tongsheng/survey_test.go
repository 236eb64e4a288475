package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const surveyForm = `{"id":"s","version":"1","languages":["zh","en"],"title":{"zh":"满意度","en":"Satisfaction"},"pages":[{"questions":[
 {"id":"age","kind":"number","title":{"zh":"年龄","en":"Age"},"integer":true,"min":16},
 {"id":"score","kind":"scale","title":{"zh":"满意吗","en":"Content?"},"scale":{"low":1,"high":5},"show":{"question":"age","op":"ge","value":18}}]}]}`

func TestSurveysOnTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	form, bad := write("form.json", surveyForm), write("bad.json", strings.Replace(surveyForm, `"age","op"`, `"old","op"`, 1))
	if out, said, status := run(t, "en_US.UTF-8", "survey", "check", form); status != 0 || out != "" {
		t.Errorf("exit %d: %s%s", status, out, said)
	}
	out, _, status := run(t, "en_US.UTF-8", "survey", "check", bad)
	var f surveyFinding
	if err := json.Unmarshal([]byte(out), &f); err != nil || status != 1 || f.Place != "pages[0].questions[1].show" || f.Message != "There is no question “old”." {
		t.Errorf("exit %d %v: %s", status, err, out)
	}

	// To a workbook and back.
	book := filepath.Join(dir, "form.xlsx")
	if out, said, status := run(t, "en_US.UTF-8", "survey", "convert", form, "-o", book); status != 0 || out != "" || !strings.Contains(said, "no place for this") {
		t.Fatalf("exit %d: %s%s", status, out, said)
	}
	back, said, status := run(t, "en_US.UTF-8", "survey", "convert", book)
	if status != 0 || !strings.Contains(back, `"question": "age"`) || !strings.Contains(back, `"min": 16`) {
		t.Errorf("exit %d: %s%s", status, back, said)
	}

	strata := write("strata.csv", "stratum,population,response\neast,2000,0.5\nwest,8000,0.5\n")
	out, said, status = run(t, "en_US.UTF-8", "survey", "plan", strata, "--per-stratum")
	if want := "stratum,population,answers,issued,margin\neast,2000,323,646,0.0499\nwest,8000,367,734,0.0500\n,10000,690,1380,0.0412\n"; status != 0 || out != want { // 323 of 2,000: Israel 1992
		t.Errorf("exit %d: %s%s", status, out, said)
	}

	frame, takes := write("frame.csv", "id,stratum,size\nv1,east,50\nv2,east,150\nv3,east,70\n"), write("takes.csv", "stratum,places,each\neast,2,3\n")
	first, said, status := run(t, "en_US.UTF-8", "survey", "draw", frame, takes, "--seed", "7")
	again, _, _ := run(t, "en_US.UTF-8", "survey", "draw", frame, takes, "--seed", "7")
	if status != 0 || first != again || strings.Count(first, "\n") != 7 || !strings.Contains(first, "east,v2,") {
		t.Errorf("exit %d: %s%s", status, first, said)
	}
	apart := write("apart.csv", "stratum,places,each,group,share\neast,2,3,young,0.6\neast,2,2,old,0.4\n")
	out, said, status = run(t, "en_US.UTF-8", "survey", "draw", frame, apart, "--seed", "7")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); status != 0 || len(lines) != 11 || lines[0] != "stratum,group,place,person,probability,weight" || strings.Count(out, "east,old,v2,") != 2 {
		t.Errorf("exit %d: %s%s", status, out, said)
	}
	shareless := write("shareless.csv", "stratum,places,each,group,share\neast,2,3,young,\n")
	if out, said, status := run(t, "en_US.UTF-8", "survey", "draw", frame, shareless, "--seed", "7"); status != 1 || out != "" || !strings.Contains(said, "E2") {
		t.Errorf("exit %d: %s%s", status, out, said)
	}
	wrong := write("wrong.csv", "id,stratum,size\nv1,east,many\n")
	if out, said, status := run(t, "en_US.UTF-8", "survey", "draw", wrong, takes, "--seed", "7"); status != 1 || out != "" || !strings.Contains(said, "C2 must be a whole number") {
		t.Errorf("exit %d: %s%s", status, out, said)
	}
	if _, said, status := run(t, "en_US.UTF-8", "survey", "draw", frame, takes); status != 2 || !strings.Contains(said, "--seed") {
		t.Errorf("exit %d: %s", status, said)
	}

	answers := write("answers.txt", "喇叭声音太小\n声音小,听不清喇叭\n收费太贵\n收费不合理,太贵\n喇叭声音不清楚\n希望降低收费\n")
	out, said, status = run(t, "en_US.UTF-8", "survey", "topics", answers, "--topics", "2")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); status != 0 || len(lines) != 3 || !strings.Contains(out, "收费") {
		t.Errorf("exit %d: %s%s", status, out, said)
	}
}
