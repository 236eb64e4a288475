package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// What an operator does who has nothing but this command and curl: docs/platforms.md.
func TestAPlatformJoinsWithCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("THIS TEST NEEDS curl")
	}
	t.Parallel()
	n := newNode(t, 0)
	dir := t.TempDir()
	key, err := ebd.GenerateKey()
	n.must(err)
	number := ebd.SerialNumber{0, 0, 0, 0, 9, 9}
	cert, err := ebd.IssueCertificate(key, number, number, key.Public(), time.Now().AddDate(1, 0, 0))
	n.must(err)
	pem, err := key.PEM()
	n.must(err)
	n.must(os.WriteFile(filepath.Join(dir, "key.pem"), pem, 0o600))
	n.must(os.WriteFile(filepath.Join(dir, "cert.bin"), cert.Encode(), 0o600))
	public := key.Public()
	guard := n.signIn("security")
	n.must(guard.call("POST", "/api/alert-peers", map[string]any{"direction": "upper", "name": "省平台", "code": "21300000000000101010101", "regionCode": "110000000000", "trust": []any{},
		"add": []map[string]string{{"certificate": hex.EncodeToString(cert.Encode()), "issuerKey": hex.EncodeToString(public[:])}}, "enabled": true}, nil))

	run := func(in, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		if name == "tongsheng" {
			cmd = command(t, args...)
		}
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(in)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %v: %v", name, args, err)
		}
		return string(out)
	}
	result := func(file string) string {
		t.Helper()
		text := run("", "tar", "-xOf", file, "--wildcards", "EBDB_*")
		_, text, _ = strings.Cut(text, "<ResultCode>")
		code, _, _ := strings.Cut(text, "<")
		return code
	}
	post := func(name, ebdid string) string {
		t.Helper()
		run("", "curl", "-sS", "-F", "file=@"+name+";type=application/x-tar;filename=EBDT_"+ebdid+".tar", "-o", name+".receipt", n.cfg.HTTP.PublicURL+"/ebd")
		if line := run("", "tongsheng", "ebd", "decode", name+".receipt"); !strings.Contains(line, `"type":"EBDResponse"`) || !strings.Contains(line, `"strict":true`) {
			t.Errorf("the receipt: %s", line)
		}
		return result(name + ".receipt")
	}
	now := time.Now().In(ebd.China)
	at := func(t time.Time) string { return t.In(ebd.China).Format("2006-01-02 15:04:05") }
	beat := "01213000000000001010101010000000000000000"
	run(fmt.Sprintf(`{"EBDID":%q,"SRC":{"EBRID":"21300000000000101010101"},"EBDTime":%q,"ConnectionCheck":{"RptTime":%q}}`, beat, at(now), at(now)), "tongsheng", "ebd", "encode", "--package", "-o", "beat.tar")
	if code := post("beat.tar", beat); code != "1" {
		t.Errorf("the heartbeat got %s", code)
	}
	id := "10213000000000001010101010000000000000001"
	ebmid := "21300000000000101010101" + now.Format("20060102") + "0001"
	message := fmt.Sprintf(`{"EBDID":%q,"SRC":{"EBRID":"21300000000000101010101"},"EBDTime":%q,"EBM":{"EBMID":%q,"MsgBasicInfo":{"MsgType":3,"SenderName":"省平台","SenderCode":"21300000000000101010101",
		"SendTime":%q,"EventType":"10203","Severity":1,"StartTime":%q,"EndTime":%q},"MsgContent":[{"LanguageCode":"zho","MsgTitle":"暴雨演练","MsgDesc":"这是演练。","AreaCode":"110105000000"}]}}`,
		id, at(now), ebmid, at(now), at(now), at(now.Add(time.Hour)))
	run(message, "tongsheng", "ebd", "encode", "--package", "-o", "message.tar")
	if code := post("message.tar", id); code != "4" {
		t.Errorf("without a signature it got %s", code)
	}
	run("", "tongsheng", "ebd", "sign", "message.tar", "--key", "key.pem", "--cert", "cert.bin", "-o", "signed.tar")
	if code := post("signed.tar", id); code != "1" {
		t.Errorf("signed it got %s", code)
	}
	run("", "curl", "-sS", "--data-binary", "@signed.tar", "-H", "Content-Type: application/x-tar", "-o", "again.tar", n.cfg.HTTP.PublicURL+"/ebd")
	if code := result("again.tar"); code != "1" {
		t.Errorf("by itself, and again, it got %s", code)
	}
	n.until("the drill is on the air", func() bool {
		var found struct {
			Items []struct{ EBMID, State string }
		}
		var raw []byte
		if err := guard.call("GET", "/api/alerts?limit=10", nil, &raw); err != nil || json.Unmarshal(raw, &found) != nil {
			return false
		}
		return len(found.Items) == 1 && found.Items[0].EBMID == ebmid && (found.Items[0].State == "issued" || found.Items[0].State == "in_progress")
	})
}
