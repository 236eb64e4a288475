package terminal

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// tune is a second of 440 Hz with this amplitude.
func tune(t *testing.T, amplitude float64) []byte {
	t.Helper()
	s := wav.Sound{Rate: 8000, Channels: 1, Samples: make([]float32, 8000)}
	for i := range s.Samples {
		s.Samples[i] = float32(amplitude * math.Sin(2*math.Pi*440*float64(i)/8000))
	}
	var b bytes.Buffer
	if err := wav.Write(&b, s, 16); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// booth is an agent whose commands are real programs that leave what they were given
// in a folder.
func booth(t *testing.T, w *town, change func(dir string, c *Commands)) (a *Agent, dir string) {
	t.Helper()
	dir = t.TempDir()
	c := w.enrolled(t.TempDir())
	c.Commands = Commands{Play: "cp {file} " + dir + "/played", Speak: "tee " + dir + "/spoken-{voice}-{amplitude}"}
	if change != nil {
		change(dir, &c.Commands)
	}
	a, _ = w.run(c)
	return a, dir
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLoudspeakerPlaysTheSignedAudio(t *testing.T) {
	w := newTown(t)
	a, dir := booth(t, w, nil)
	b := tune(t, 0.5)
	o := w.message(func(o *wire.Order) { o.Texts = nil })
	o.Audio, o.Repeat = []wire.Audio{w.sound("/media/a.wav", b, 1000)}, 2
	o.Attachments = []wire.Attachment{{SM3: o.Audio[0].SM3, Bytes: 5000, MIME: "image/png", Path: "/media/map.png"}} // left by who cannot show it
	w.issue(a.Code(), o)
	if r := w.reaches(o, wire.Played, ""); r.Source != wire.FromAudio || r.Heard != nil {
		t.Errorf("%+v", r)
	}
	if !bytes.Equal(read(t, dir+"/played"), b) || w.fetches != 1 {
		t.Errorf("fetched %d times", w.fetches)
	}
}

func TestLoudspeakerSpeaksWhenTheAudioCannotBeHad(t *testing.T) {
	w := newTown(t)
	a, dir := booth(t, w, nil)
	volume := 40
	o := w.message(func(o *wire.Order) { o.Volume = &volume })
	o.Audio = []wire.Audio{w.sound("/media/a.wav", tune(t, 0.5), 1000)}
	delete(w.files, "/media/a.wav")
	w.issue(a.Code(), o)
	if r := w.reaches(o, wire.Played, ""); r.Source != wire.FromSpeech {
		t.Errorf("%+v", r)
	}
	if s := string(read(t, dir+"/spoken-cmn-80")); !strings.Contains(s, "请立即转移") {
		t.Errorf("spoken: %q", s)
	}
}

func TestForgedAudioIsNeverPlayed(t *testing.T) {
	w := newTown(t)
	a, dir := booth(t, w, func(_ string, c *Commands) { c.Speak = "" })
	for name, b := range map[string][]byte{"other": tune(t, 0.4), "longer": append(tune(t, 0.5), 0), "shorter": tune(t, 0.5)[1:]} {
		o := w.message()
		o.Audio = []wire.Audio{w.sound("/media/"+name, tune(t, 0.5), 1000)}
		w.files["/media/"+name] = b
		w.issue(a.Code(), o)
		w.reaches(o, wire.Failed, wire.AudioCorrupt)
	}
	if _, err := os.Stat(dir + "/played"); err == nil {
		t.Error("it was played")
	}
}

// Each kind of sound goes to a program that knows it; where none does, the text is
// spoken, and where nothing speaks the terminal says that it failed.
func TestPlayerIsChosenByTheKindOfSound(t *testing.T) {
	for name, x := range map[string]struct {
		installed string
		mime      string
		by        string // the program that must have had the sound or the text
		source    wire.Source
		reason    wire.Reason
	}{
		"mp3 with everything":     {"ffplay mpv mpg123 aplay espeak-ng", "audio/mpeg", "ffplay", wire.FromAudio, ""},
		"mp3 beside aplay":        {"mpg123 aplay espeak-ng", "audio/mpeg", "mpg123", wire.FromAudio, ""},
		"wav beside mpg123":       {"mpg123 aplay espeak-ng", "audio/wav", "aplay", wire.FromAudio, ""},
		"opus":                    {"mpv mpg123 aplay", "audio/ogg; codecs=opus", "mpv", wire.FromAudio, ""},
		"mp3 with aplay alone":    {"aplay espeak-ng", "audio/mpeg", "espeak-ng", wire.FromSpeech, ""},
		"mp3 and nothing for it":  {"aplay", "audio/mpeg", "", "", wire.PlayerFailed},
		"opus and nothing for it": {"mpg123 aplay", "audio/ogg; codecs=opus", "", "", wire.PlayerFailed},
	} {
		t.Run(name, func(t *testing.T) {
			bin, out := t.TempDir(), t.TempDir()
			for _, p := range strings.Fields(x.installed) {
				stub := "#!/bin/sh\n/bin/sleep 0.6\nprintf '%s ' \"$@\" > " + out + "/" + p + "\n/bin/cat >> " + out + "/" + p + "\n"
				if err := os.WriteFile(filepath.Join(bin, p), []byte(stub), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", bin)
			w := newTown(t)
			a, _ := booth(t, w, func(_ string, c *Commands) { *c = Commands{}.FindCommands() })
			o := w.message()
			o.Audio = []wire.Audio{w.sound("/media/a", tune(t, 0.5), 1000)}
			o.Audio[0].MIME = x.mime
			w.issue(a.Code(), o)
			if x.reason != "" {
				w.reaches(o, wire.Failed, x.reason)
			} else if r := w.reaches(o, wire.Played, ""); r.Source != x.source {
				t.Errorf("%+v", r)
			}
			for _, p := range strings.Fields(x.installed) {
				given, err := os.ReadFile(filepath.Join(out, p))
				if (err == nil) != (p == x.by) {
					t.Errorf("%s: %v, given %q", p, err, given)
				}
				if p == x.by && x.source == wire.FromAudio && !strings.Contains(string(given), o.Audio[0].SM3) {
					t.Errorf("%s was given %q", p, given)
				}
			}
		})
	}
}

// Without a sound device ffplay and espeak-ng end at once and as if all were well. They were
// not heard: what can still sound does, and where nothing can the terminal says that it failed.
func TestAProgramThatEndsTooSoonWasNotHeard(t *testing.T) {
	const mute, broken, sounds = "echo audio open failed >&2", "echo no card >&2", "/bin/sleep 0.6"
	for name, x := range map[string]struct {
		installed map[string]string
		change    func(*Commands)
		tone      int // milliseconds; 0: a message of a second
		source    wire.Source
		reason    wire.Reason
	}{
		"nothing sounds":              {installed: map[string]string{"ffplay": mute, "espeak-ng": broken}, reason: wire.PlayerFailed},
		"another player does":         {installed: map[string]string{"ffplay": mute, "aplay": sounds}, source: wire.FromAudio},
		"speech does":                 {installed: map[string]string{"ffplay": mute, "espeak-ng": sounds}, source: wire.FromSpeech},
		"the player says so late":     {installed: map[string]string{"ffplay": sounds + "; " + mute}, reason: wire.PlayerFailed},
		"the tone":                    {installed: map[string]string{"ffplay": broken}, tone: 700, reason: wire.PlayerFailed},
		"a given command is believed": {change: func(c *Commands) { c.Play = "true" }, source: wire.FromAudio},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			for p, does := range x.installed {
				if err := os.WriteFile(filepath.Join(bin, p), []byte("#!/bin/sh\n"+does+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if x.change == nil {
				t.Setenv("PATH", bin)
			}
			w := newTown(t)
			a, _ := booth(t, w, func(_ string, c *Commands) {
				if x.change == nil {
					*c = Commands{}.FindCommands()
				} else {
					x.change(c)
				}
			})
			o := w.message()
			o.Audio = []wire.Audio{w.sound("/media/a", tune(t, 0.5), 1000)}
			if x.tone > 0 {
				o.Kind, o.Texts, o.Audio, o.ToneMillis = wire.Test, nil, nil, x.tone
			}
			w.issue(a.Code(), o)
			switch {
			case x.tone > 0:
				r := w.await("result", func(r report) bool { return r.up.Result != nil })
				if r.up.Result.OK || r.up.Result.Reason != x.reason {
					t.Errorf("%+v", r.up.Result)
				}
			case x.reason != "":
				r := w.await("an end", func(r report) bool { return r.up.Receipt != nil && r.up.Receipt.Phase.Final() })
				if r.up.Receipt.Phase != wire.Failed || r.up.Receipt.Reason != x.reason {
					t.Errorf("%+v", r.up.Receipt)
				}
			default:
				if r := w.reaches(o, wire.Played, ""); r.Source != x.source {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

func TestPlayerFailureIsTold(t *testing.T) {
	w := newTown(t)
	a, _ := booth(t, w, func(_ string, c *Commands) { c.Play, c.Speak = "false", "false" })
	o := w.message()
	w.issue(a.Code(), o)
	w.reaches(o, wire.Failed, wire.PlayerFailed)
	w.await("a heartbeat that tells it", func(r report) bool {
		return r.up.Heartbeat != nil && len(r.up.Heartbeat.Faults) == 1 && r.up.Heartbeat.Faults[0] == "player"
	})
}

func TestMicrophoneMeasuresAndUploads(t *testing.T) {
	w := newTown(t)
	heard := tune(t, 0.1)
	a, _ := booth(t, w, func(dir string, c *Commands) {
		if err := os.WriteFile(dir+"/air.wav", heard, 0o600); err != nil {
			t.Fatal(err)
		}
		c.Capture = "cp " + dir + "/air.wav {file}"
	})
	o := w.message()
	o.Audio = []wire.Audio{w.sound("/media/a.wav", tune(t, 0.5), 1000)}
	w.issue(a.Code(), o)
	r := w.reaches(o, wire.Played, "")
	if r.Heard == nil || math.Abs(r.Heard.DBFS-20*math.Log10(0.1/math.Sqrt2)) > 0.2 {
		t.Fatalf("%+v", r.Heard)
	}
	for i := 0; ; i++ {
		w.mu.Lock()
		got := w.samples[r.Heard.SM3]
		w.mu.Unlock()
		if bytes.Equal(got, heard) {
			break
		}
		if i > 1000 {
			t.Fatal("the sample was not uploaded")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestToneIsShortAndQuiet(t *testing.T) {
	w := newTown(t)
	a, dir := booth(t, w, nil)
	o := w.message(func(o *wire.Order) { o.Kind, o.Texts, o.ToneMillis = wire.Test, nil, 700 })
	w.issue(a.Code(), o)
	w.await("result", func(r report) bool { return r.up.Result != nil && r.up.Result.OK })
	s, err := wav.Read(bytes.NewReader(read(t, dir+"/played")), 1<<20)
	if err != nil || math.Abs(s.Seconds()-0.7) > 0.01 || rms(s.Samples) > -20 {
		t.Errorf("%v s at %v dBFS: %v", s.Seconds(), rms(s.Samples), err)
	}
}

func TestARunningPlayerYieldsAtOnce(t *testing.T) {
	w := newTown(t)
	a, _ := booth(t, w, func(_ string, c *Commands) { c.Speak = "sleep 30" })
	low, high := w.message(), w.message(func(o *wire.Order) { o.Rank = 200 })
	w.issue(a.Code(), low)
	w.reaches(low, wire.Playing, "")
	w.issue(a.Code(), high)
	w.reaches(low, wire.Interrupted, wire.HigherRank)
	w.reaches(high, wire.Playing, "")
	w.issue(a.Code(), w.message(func(o *wire.Order) { o.Kind, o.Texts, o.Rank = wire.Stop, nil, 1000 }))
	w.reaches(high, wire.CancelledAt, wire.ByStop)
}

func TestRealSpeechEngine(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("SKIPPED: espeak-ng is not installed, speaking was not tested")
	}
	out := filepath.Join(t.TempDir(), "speech.wav")
	_, err := run(context.Background(), "espeak-ng -v {voice} -a {amplitude} --stdin -w "+out, "请立即转移。\n", "{voice}", voice("zh-CN"), "{amplitude}", "120")
	if err != nil {
		t.Fatal(err)
	}
	s, err := wav.Read(bytes.NewReader(read(t, out)), 1<<22)
	if err != nil || s.Seconds() < 0.5 || rms(s.Samples) < -50 {
		t.Errorf("%v s at %v dBFS: %v", s.Seconds(), rms(s.Samples), err)
	}
}

// A recording for which the platform has no room now is brought again, later each time and
// not before it says; one that it refuses is not, nor one that the device keeps no more.
func TestASampleIsBroughtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &microphone{dir: folder(t.TempDir()), log: quiet}
		keep := func() {
			if err := os.WriteFile(m.dir.path("one.wav"), []byte("sound"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var at []time.Duration
		bring := func(answer func(try int) error) {
			keep()
			began := time.Now()
			at = nil
			m.upload = func(_ context.Context, digest string, sample []byte) error {
				if digest != "one" || string(sample) != "sound" {
					t.Errorf("brought %s, %q", digest, sample)
				}
				at = append(at, time.Since(began))
				return answer(len(at))
			}
			m.bring(t.Context(), "one")
		}
		bring(func(try int) error {
			return map[int]error{1: &busy{"503", 5 * time.Second}, 2: &busy{"503", 5 * time.Minute}, 3: errors.New("no network")}[try]
		})
		if len(at) != 4 || at[1] < firstRepeat || at[1] > 2*firstRepeat || at[2]-at[1] < 5*time.Minute || at[3]-at[2] < 4*firstRepeat {
			t.Errorf("brought after %v", at)
		}
		if bring(func(int) error { return &refusal{422, "no sound"} }); len(at) != 1 {
			t.Errorf("refused, it was brought after %v", at)
		}
		if bring(func(int) error { return &busy{"503", 0} }); len(at) != uploadTries {
			t.Errorf("never taken, it was brought after %v", at)
		}
		if bring(func(int) error { _ = os.Remove(m.dir.path("one.wav")); return &busy{"503", 0} }); len(at) != 1 {
			t.Errorf("no longer kept, it was brought after %v", at)
		}
	})
}

func TestWhatThePlatformAnswersSaysWhetherToComeAgain(t *testing.T) {
	var status int
	var after string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", after)
		w.WriteHeader(status)
	}))
	defer server.Close()
	p, err := newPlatform(server.URL, "", clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status int
		after  string
		want   time.Duration // negative: never
	}{{503, "5", 5 * time.Second}, {429, "", 0}, {503, "Wed, 21 Oct 2026 07:28:00 GMT", 0}, {500, "-7", 0}, {503, "9999999999", time.Hour}, {408, "1", time.Second}, {422, "5", -1}} {
		status, after = c.status, c.after
		_, err := p.now(t.Context())
		var later *busy
		var no *refusal
		if c.want < 0 && !errors.As(err, &no) || c.want >= 0 && (!errors.As(err, &later) || later.after != c.want) {
			t.Errorf("%d, Retry-After %q: %v", c.status, c.after, err)
		}
	}
}

func TestMediaKeepsWithinItsLimit(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	p, err := newPlatform(w.http.URL, w.pin, c.Clock)
	if err != nil {
		t.Fatal(err)
	}
	m := &media{platform: p, base: w.http.URL, dir: t.TempDir(), limit: 40_000}
	for i := range 5 { // 16 kB each
		a := w.sound("/media/"+string(rune('a'+i)), tune(t, 0.1*float64(i+1)), 1000)
		if _, err := m.file(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(m.dir)
		if err != nil || len(files) > 2 {
			t.Fatalf("%d files: %v", len(files), err)
		}
	}
}

func TestMachineCondition(t *testing.T) {
	root := t.TempDir()
	put := func(path, text string) {
		t.Helper()
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var h wire.Heartbeat
	machine{root}.condition(&h)
	if h.Power != wire.Mains || h.Battery != nil || h.Link != "ethernet" {
		t.Errorf("%+v", h)
	}
	put("sys/class/power_supply/BAT0/type", "Battery\n")
	put("sys/class/power_supply/BAT0/status", "Discharging\n")
	put("sys/class/power_supply/BAT0/capacity", "83\n")
	put("sys/class/power_supply/AC/type", "Mains\n")
	put("sys/class/power_supply/AC/online", "0\n")
	put("proc/net/route", "Iface\tDestination\tGateway\nwlan0\t00000000\t0101A8C0\n")
	put("proc/net/wireless", "Inter-| sta-|   Quality\n face | tus | link level noise\n wlan0: 0000   54.  -56.  -256\n")
	machine{root}.condition(&h)
	if h.Power != wire.Battery || h.Battery == nil || *h.Battery != 83 || h.Link != "wifi" || h.RSSI == nil || *h.RSSI != -56 {
		t.Errorf("%+v", h)
	}
	put("sys/class/power_supply/AC/online", "1\n")
	machine{root}.condition(&h)
	if h.Power != wire.Mains {
		t.Errorf("%+v", h)
	}
}

// A relay sounds until its end, is taken up again where it breaks off, and yields.
func TestLoudspeakerRelaysUntilTheEnd(t *testing.T) {
	w := newTown(t)
	a, dir := booth(t, w, func(dir string, c *Commands) {
		bin := filepath.Join(dir, "stub")
		stub := "#!/bin/sh\necho \"$@\" >> " + dir + "/lines\n/bin/sleep 0.1\n"
		if err := os.WriteFile(bin, []byte(stub), 0o700); err != nil {
			t.Fatal(err)
		}
		c.Play, c.Tune = bin+" {file} {from}", bin+" tune {source}"
	})
	for relay, want := range map[string]string{"/media/live": w.http.URL + "/media/live 0", "http://radio.example/live": "http://radio.example/live 0", "fm:98200": "tune fm:98200"} {
		o := w.message(func(o *wire.Order) {
			o.Class, o.Relay, o.Texts = wire.Everyday, relay, nil
			o.ValidUntil = w.now().Add(500 * time.Millisecond).UnixMicro()
		})
		w.issue(a.Code(), o)
		if r := w.reaches(o, wire.Played, ""); r.Source != wire.FromAudio {
			t.Errorf("%+v", r)
		}
		if lines := string(read(t, dir+"/lines")); !strings.Contains(lines, want+"\n") {
			t.Errorf("%s: %s", relay, lines)
		}
	}
}

// A station that was heard and is away for a while is taken up again when it is back; it has
// failed if it is away to the end.
func TestRelayWaitsForAStationThatWasHeard(t *testing.T) {
	defer func(was time.Duration) { relayPause = was }(relayPause)
	relayPause = 10 * time.Millisecond
	for back, want := range map[int]wire.Phase{9: wire.Played, 1 << 30: wire.Failed} {
		w := newTown(t)
		var lines string
		a, _ := booth(t, w, func(dir string, c *Commands) {
			lines = dir + "/lines"
			stub := "#!/bin/sh\necho >> " + lines + "\nn=$(/usr/bin/wc -l < " + lines + ")\n" +
				"[ $n = 1 ] && exec /bin/sleep 1.2\n[ $n -ge " + strconv.Itoa(back) + " ] && exec /bin/sleep 1.2\nexit 1\n"
			if err := os.WriteFile(filepath.Join(dir, "stub"), []byte(stub), 0o700); err != nil {
				t.Fatal(err)
			}
			*c = Commands{Players: []Program{{Command: filepath.Join(dir, "stub") + " {file}", Streams: true}}}
		})
		o := w.message(func(o *wire.Order) {
			o.Class, o.Relay, o.Texts = wire.Everyday, "http://radio.example/live", nil
			o.ValidUntil = w.now().Add(4 * time.Second).UnixMicro()
		})
		w.issue(a.Code(), o)
		reason := wire.Reason("")
		if want == wire.Failed {
			reason = wire.PlayerFailed
		}
		w.reaches(o, want, reason)
		if n := strings.Count(string(read(t, lines)), "\n"); n < 9 {
			t.Errorf("it was tried %d times", n)
		}
	}
}

func TestRelayThatCannotBeHadHasFailed(t *testing.T) {
	w := newTown(t)
	a, _ := booth(t, w, func(_ string, c *Commands) {
		*c = Commands{Players: []Program{{Command: "false {file}", Types: []string{"audio/wav"}}}}
	})
	o := w.message(func(o *wire.Order) { o.Class, o.Relay, o.Texts = wire.Everyday, "fm:98200", nil })
	w.issue(a.Code(), o)
	w.reaches(o, wire.Failed, wire.PlayerFailed)
}

// What a player prints through a relay of a day fills no memory.
func TestWhatAPlayerPrintsIsBounded(t *testing.T) {
	out, err := run(t.Context(), "seq 100000", "")
	if err != nil || len(out) != 2*maxPrinted || !strings.HasPrefix(out, "1\n2\n") || !strings.HasSuffix(out, "\n100000\n") {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}
