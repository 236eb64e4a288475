package speech

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tongsheng/tongsheng/engine/quality"
	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// need skips loudly when a program is missing; `make deps` installs both.
func need(t *testing.T, programs ...string) {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("SKIPPED: %s is not installed, this was not tested", p)
		}
	}
}

const warning = "市气象台7月28日18:30发布暴雨红色预警：未来6小时降水50~100mm，请潞城、重庆路居民尽快避难，拨打12345。"

// measured reads a finished clip back and measures what a listener gets.
func measured(t *testing.T, data []byte) (wav.Sound, quality.Level) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clip")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-i", file, "-ar", "48000", "-f", "wav", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	s, err := wav.Read(bytes.NewReader(out), 1<<26)
	if err != nil {
		t.Fatal(err)
	}
	level, err := quality.Measure(s.Samples, s.Rate, s.Channels)
	if err != nil {
		t.Fatal(err)
	}
	return s, level
}

func TestSay(t *testing.T) {
	need(t, "espeak-ng", "ffmpeg", "lame")
	studio := New(nil)
	if m := studio.Missing(); len(m) != 0 {
		t.Error(m)
	}
	for _, o := range []Order{
		{Text: warning, Lang: i18n.Chinese, Signal: Red, Format: MP3},
		{Text: "Heavy rain: 50-100 mm expected. Call 12345.", Lang: i18n.English, Signal: Blue, Format: WAV},
		{Text: "好", Lang: i18n.Chinese},
	} {
		clip, err := studio.Say(context.Background(), o)
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		s, level := measured(t, clip.Data)
		if math.Abs(clip.Loudness-quality.TargetLoudness) > 0.3 || clip.TruePeak > quality.PeakCeiling+0.01 {
			t.Errorf("%s %s: %.2f LKFS, %.2f dBTP", o.Format, o.Text, clip.Loudness, clip.TruePeak)
		}
		if math.Abs(level.Loudness-clip.Loudness) > 0.7 || level.TruePeak > -1 {
			t.Errorf("%s %s: says %.2f LKFS, decodes to %+v", o.Format, o.Text, clip.Loudness, level)
		}
		if math.Abs(s.Seconds()-clip.Duration.Seconds()) > 0.15 {
			t.Errorf("%s: %v long, decodes to %.2f s", o.Format, clip.Duration, s.Seconds())
		}
		if len(clip.SM3) != 64 || clip.MIME == "" || clip.Spoken == "" {
			t.Errorf("%+v", clip)
		}
		again, err := studio.Say(context.Background(), o)
		if err != nil || again.SM3 != clip.SM3 {
			t.Errorf("%s: the same order made another clip (%v)", o.Format, err)
		}
	}
}

// Without lame, ffmpeg makes the MP3; it plays as long.
func TestEveryEncoderMakesMP3(t *testing.T) {
	need(t, "ffmpeg", "lame")
	sound := wav.Sound{Rate: 22050, Channels: 1, Samples: make([]float32, 22050)}
	for i := range sound.Samples {
		sound.Samples[i] = float32(math.Sin(float64(i)*0.12)) / 4
	}
	defer func(all []encoder) { encoders = all }(encoders)
	for _, e := range encoders {
		encoders = []encoder{e}
		data, f, err := encode(t.Context(), sound, Auto)
		if err != nil || f != MP3 {
			t.Fatalf("%s: %s, %v", e.program, f, err)
		}
		if s, _ := measured(t, data); math.Abs(s.Seconds()-1) > 0.15 {
			t.Errorf("%s: %.2f s of 1 s", e.program, s.Seconds())
		}
	}
	encoders = []encoder{{program: "no-such-encoder"}}
	if _, f, err := encode(t.Context(), sound, Auto); f != WAV || err != nil {
		t.Errorf("without any: %s, %v", f, err)
	}
	if _, _, err := encode(t.Context(), sound, MP3); !fault.Is(err, "speech.engine_missing") {
		t.Errorf("MP3 that nothing makes: %v", err)
	}
}

// espeak-ng must take the dictionary's pinyin: its own phonemes are the proof.
func TestEspeakFollowsTheDictionary(t *testing.T) {
	need(t, "espeak-ng")
	phonemes := func(text string) string {
		cmd := exec.Command("espeak-ng", "-m", "-v", "cmn-latn-pinyin", "-q", "-x", "--stdin")
		cmd.Stdin = strings.NewReader(ssml(i18n.Chinese, Default().Split(text)))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for text, want := range map[string]string{
		"重庆": "ts.h'ong35", // chóng, not zhòng
		"银行": "X'a35N",     // háng, not xíng
		"处置": "ts.h'u21",   // chǔ, not chù
		"地质": "t'i51",      // dì, not de
		"不要": "p'u35",      // bú
		"切断": "tS;h'iE55",  // qiē
	} {
		if got := phonemes(text); !strings.Contains(got, want) {
			t.Errorf("%s is said %q, want %s in it", text, got, want)
		}
	}
}

func TestSayRefuses(t *testing.T) {
	studio := New(nil)
	for code, o := range map[string]Order{
		"speech.text_empty":    {Text: " \n", Lang: i18n.Chinese},
		"speech.text_too_long": {Text: strings.Repeat("雨", MaxText+1), Lang: i18n.Chinese},
		"speech.order":         {Text: "雨", Lang: i18n.Chinese, Signal: "siren"},
	} {
		if _, err := studio.Say(context.Background(), o); !fault.Is(err, code) {
			t.Errorf("%s: %v", code, err)
		}
	}
	_, err := New([]string{"no-such-voice", "{text_file}"}).Say(context.Background(), Order{Text: "雨", Lang: i18n.Chinese})
	if e := fault.Of(err); e == nil || e.Code != "speech.engine_missing" || e.Args["package"] != "no-such-voice" {
		t.Errorf("%v", err)
	}
	need(t, "espeak-ng")
	if _, err := studio.Say(context.Background(), Order{Text: "……！", Lang: i18n.Chinese, Format: WAV}); !fault.Is(err, "speech.text_empty") {
		t.Errorf("only punctuation: %v", err)
	}
}

// The operator's command gets the text in a file and its death with the context.
func TestCommand(t *testing.T) {
	need(t, "espeak-ng", "sh")
	dir := t.TempDir()
	script := filepath.Join(dir, "voice.sh")
	body := `set -e
cp "$2" "` + dir + `/text"; cp "$3" "` + dir + `/pinyin"; env > "` + dir + `/env"
espeak-ng -v en -f "$2" -w "$4"`
	if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TONGSHENG_SECRET", "hidden")
	studio := New([]string{"sh", script, "{lang}", "{text_file}", "{pinyin_file}", "{out_file}"})
	clip, err := studio.Say(context.Background(), Order{Text: "去重庆5次", Lang: i18n.Chinese, Format: WAV})
	if err != nil || clip.Duration < 300*time.Millisecond {
		t.Fatalf("%v %v", clip.Duration, err)
	}
	for name, want := range map[string]string{"text": "去重庆五次", "pinyin": "去\t\n重庆\tchong2 qing4\n五次\t\n"} {
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if env, _ := os.ReadFile(filepath.Join(dir, "env")); strings.Contains(string(env), "hidden") {
		t.Error("our environment reached the command")
	}

	ctx, cancel := context.WithCancel(context.Background())
	pid := filepath.Join(dir, "pid")
	slow := New([]string{"sh", "-c", "sleep 600 & echo $! > " + pid + "; wait"})
	done := make(chan error, 1)
	go func() {
		_, err := slow.Say(ctx, Order{Text: "雨", Lang: i18n.Chinese})
		done <- err
	}()
	for {
		if b, _ := os.ReadFile(pid); len(b) > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("a cancelled command succeeded")
	}
	b, _ := os.ReadFile(pid)
	for range 200 { // init may need a moment to collect it
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(b)) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the command's child %s is still alive", b)
}

func TestSlowProgramIsStopped(t *testing.T) {
	need(t, "sleep")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err := pipe(ctx, nil, func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }, "sleep", "600")
	if !fault.Is(err, "speech.engine_slow") {
		t.Error(err)
	}
}

// voice is babble in a container made by ffmpeg, as a browser's recorder would.
func voice(t *testing.T, seconds float64, args ...string) []byte {
	t.Helper()
	s := wav.Sound{Rate: 48000, Channels: 2}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range int(seconds * 48000) {
		v := float32(0.01 * r.NormFloat64() * (1 + math.Sin(float64(i)/4000)))
		s.Samples = append(s.Samples, v, v/2)
	}
	file := filepath.Join(t.TempDir(), "in.wav")
	var b bytes.Buffer
	if err := wav.Write(&b, s, 16); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	args = append(append([]string{"-nostdin", "-loglevel", "error", "-i", file}, args...), out)
	if msg, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRecord(t *testing.T) {
	need(t, "ffmpeg")
	studio := New(nil)
	for name, data := range map[string][]byte{
		"webm": voice(t, 2, "-c:a", "libopus", "-f", "webm"),
		"ogg":  voice(t, 2, "-c:a", "libopus", "-f", "ogg"),
		"mp4":  voice(t, 2, "-c:a", "aac", "-f", "mp4"),
		"wav":  voice(t, 2, "-c:a", "pcm_s16le", "-f", "wav"),
		"mp3":  voice(t, 2, "-c:a", "libmp3lame", "-f", "mp3"),
		"bare": voice(t, 2, "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0", "-f", "mp3"),
		"mp2":  voice(t, 2, "-c:a", "mp2", "-f", "mp2"),
	} {
		clip, err := studio.Record(context.Background(), Recording{Sound: bytes.NewReader(data), Signal: Everyday, Format: WAV})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if math.Abs(clip.Loudness-quality.TargetLoudness) > 0.3 || clip.TruePeak > quality.PeakCeiling+0.01 {
			t.Errorf("%s: %.2f LKFS, %.2f dBTP", name, clip.Loudness, clip.TruePeak)
		}
		if d := clip.Duration.Seconds(); d < 3.7 || d > 4.2 { // 1.6 s signal, 0.4 s breath, 2 s voice
			t.Errorf("%s: %.2f s", name, d)
		}
	}
}

// tones is an engine that says everything as a tone: 440 Hz for Chinese, 880 for English.
type tones struct{ said []string }

func (e *tones) Speak(_ context.Context, lang i18n.Lang, words []Word) (wav.Sound, error) {
	text := ""
	for _, w := range words {
		text += w.Text
	}
	e.said = append(e.said, text)
	hz := map[i18n.Lang]float64{i18n.Chinese: 440, i18n.English: 880}[lang]
	s := wav.Sound{Rate: 22050, Channels: 1}
	for i := range 22050 {
		s.Samples = append(s.Samples, 0.05*float32(math.Sin(2*math.Pi*hz*float64(i)/22050)))
	}
	return s, nil
}

// slowly is an engine that says the name of what it says, and then waits to be let go.
type slowly struct {
	began chan string
	end   chan struct{}
}

func (e *slowly) Speak(ctx context.Context, _ i18n.Lang, words []Word) (wav.Sound, error) {
	select {
	case e.began <- words[0].Text:
		select {
		case <-e.end:
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	return wav.Sound{}, errors.New("it was only about the order")
}

// crowd is a studio in which people want texts, one clip at a time as the test lets them.
type crowd struct {
	*slowly
	t      *testing.T
	studio *Studio
	ctx    context.Context
	all    sync.WaitGroup
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{slowly: &slowly{make(chan string), make(chan struct{})}, t: t, studio: New(nil)}
	c.studio.engine = c.slowly
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); c.all.Wait() })
	c.ctx = ctx
	return c
}

// say lets somebody want a text, and waits until they do.
func (c *crowd) say(who, text string, urgent bool) context.CancelFunc {
	c.t.Helper()
	before := c.asked()
	ctx, cancel := context.WithCancel(auth.As(c.ctx, auth.Actor{ID: "user:" + who}))
	c.all.Go(func() { _, _ = c.studio.Say(ctx, Order{Text: text, Lang: i18n.English, Urgent: urgent}) })
	c.until(before + 1)
	return cancel
}

// asked is how many clips are made or waited for.
func (c *crowd) asked() int {
	n := urgent + listening
	for _, l := range []*lane{c.studio.urgent, c.studio.listening} {
		l.mu.Lock()
		n += len(l.waiting) - l.free
		l.mu.Unlock()
	}
	return n
}

func (c *crowd) until(n int) {
	c.t.Helper()
	for range 1000 {
		if c.asked() == n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.t.Fatalf("%d ask, not %d", c.asked(), n)
}

// next is what is made next; "nothing" if nothing is.
func (c *crowd) next() string {
	select {
	case text := <-c.began:
		return text
	case <-time.After(5 * time.Second): // of the bubble: when nobody can go on
		return "nothing"
	}
}

func (c *crowd) want(texts ...string) {
	c.t.Helper()
	for _, want := range texts {
		if got := c.next(); got != want {
			c.t.Fatalf("%q was made, not %q", got, want)
		}
	}
}

// However many wait to listen, what is about to be sent is made at once.
func TestWhatIsUrgentDoesNotWaitForListeners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		for range 20 {
			c.say("li", "listen", false)
		}
		c.say("wang", "listen", false)
		c.want("listen")
		c.say("li", "urgent", true)
		c.want("urgent")
		c.end <- struct{}{}
		c.end <- struct{}{}
		c.want("listen", "nothing") // one listener is made at a time
	})
}

// One drafter's recording and submissions keep no other's submission waiting.
func TestOnePersonLeavesAPlaceToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.say("li", "a recording", false)
		c.want("a recording")
		c.say("li", "one", true)
		c.want("one")
		c.say("li", "two", true)
		c.want("nothing")
		c.say("wang", "another's", true)
		c.want("another's")
	})
}

// Those who wait take turns by person, whoever asked first and however often.
func TestPeopleTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.say("li", "li 1", false)
		c.want("li 1")
		for _, text := range []string{"li 2", "li 3", "li 4"} {
			c.say("li", text, false)
		}
		gone := c.say("wang", "wang 0", false)
		c.say("wang", "wang 1", false)
		c.say("wang", "wang 2", false)
		c.say("zhao", "zhao 1", false)
		gone() // who leaves is not waited for
		c.until(7)
		for _, want := range []string{"wang 1", "zhao 1", "li 2", "wang 2", "li 3", "li 4"} {
			c.end <- struct{}{}
			c.want(want)
		}
	})
}

// What must be said with a recording is said before and after it, as loud as the voice.
func TestRecordingIsFramed(t *testing.T) {
	need(t, "ffmpeg")
	engine := &tones{}
	studio := New(nil)
	studio.engine = engine
	clip, err := studio.Record(context.Background(), Recording{Sound: bytes.NewReader(voice(t, 2, "-c:a", "libopus", "-f", "webm")), Format: WAV,
		Before: "演练，演练。", After: "以上是演练。", Lang: i18n.Chinese})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(engine.said, "|"); got != "演练，演练。|以上是演练。" {
		t.Errorf("said %q", got)
	}
	s, _ := measured(t, clip.Data)
	if d := s.Seconds(); d < 4.9 || d > 5.7 { // 1 s line, breath, 2 s voice, breath, 1 s line
		t.Fatalf("%.2f s", d)
	}
	// A tone stands out of its second at 440 Hz, babble does not.
	tonal := func(from float64) bool {
		part := s.Samples[int(from*float64(s.Rate)):][:s.Rate/2]
		var re, im, all float64
		for i, v := range part {
			sin, cos := math.Sincos(2 * math.Pi * 440 * float64(i) / float64(s.Rate))
			re, im, all = re+float64(v)*cos, im+float64(v)*sin, all+float64(v)*float64(v)
		}
		return (re*re+im*im)*2/float64(len(part)) > all/2
	}
	for at, want := range map[float64]bool{0.2: true, 2.2: false, s.Seconds() - 0.9: true} {
		if tonal(at) != want {
			t.Errorf("at %.1f s: a line of the engine %v, want %v", at, !want, want)
		}
	}
}

// The recorder stops at the limit, which is never exact.
func TestARecordingOfTheLongestLengthIsTaken(t *testing.T) {
	need(t, "ffmpeg")
	data := voice(t, MaxRecordingSeconds+1.5, "-ac", "1", "-ar", "8000", "-f", "wav")
	if clip, err := New(nil).Record(context.Background(), Recording{Sound: bytes.NewReader(data), Format: WAV}); err != nil || clip.Duration < MaxRecordingSeconds*time.Second {
		t.Errorf("%s, %v", clip.Duration, err)
	}
}

// An attachment that says it is sound must be some.
func TestPlays(t *testing.T) {
	need(t, "ffmpeg")
	mp3 := voice(t, 1, "-c:a", "libmp3lame", "-f", "mp3")
	opus := voice(t, 1, "-c:a", "libopus", "-f", "ogg")
	pcm := voice(t, 1, "-c:a", "pcm_s16le", "-f", "wav")
	script := []byte("<script>alert(1)</script>")
	for name, c := range map[string]struct {
		mime  string
		file  []byte
		plays bool
	}{
		"MP3":                      {"audio/mpeg", mp3, true},
		"Ogg":                      {"audio/ogg", opus, true},
		"WAV":                      {"audio/wav", pcm, true},
		"longer than is looked at": {"audio/mpeg", bytes.Repeat(mp3, probeSeconds+20), true},
		"an MP3's first bytes":     {"audio/mpeg", []byte("ID3\x03"), false},
		"a frame's first bytes":    {"audio/mpeg", []byte("\xff\xfb\x90\x00"), false},
		"a script called MP3":      {"audio/mpeg", append([]byte("ID3\x03"), script...), false},
		"a WAV's head":             {"audio/wav", []byte("RIFF\x24\x00\x00\x00WAVE"), false},
		"a WAV without sound":      {"audio/wav", pcm[:44], false},
		"an Ogg's first page":      {"audio/ogg", opus[:60], false},
		"MP3 called Ogg":           {"audio/ogg", mp3, false},
	} {
		err := New(nil).Plays(context.Background(), c.mime, c.file)
		if (err == nil) != c.plays || err != nil && !fault.Is(err, "speech.not_sound") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecordRefuses(t *testing.T) {
	need(t, "ffmpeg")
	good := voice(t, 1, "-c:a", "libopus", "-f", "webm")
	playlist := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"
	cases := map[string]struct {
		data []byte
		code string
	}{
		"empty":          {nil, "speech.recording_format"},
		"text":           {[]byte("hello, this is no sound"), "speech.recording_format"},
		"HLS playlist":   {[]byte(playlist), "speech.recording_format"},
		"playlist in an": {append(bytes.Clone(good[:4]), playlist...), "speech.recording_format"},
		"cut WebM":       {good[:60], "speech.recording_format"},
		"silence":        {silentWAV(t, 2), "speech.recording_silent"},
		"too long":       {silentWAV(t, MaxRecordingSeconds+5), "speech.recording_too_long"},
		"too large":      {make([]byte, MaxRecordingBytes+1), "speech.recording_too_large"},
	}
	for name, c := range cases {
		if _, err := New(nil).Record(context.Background(), Recording{Sound: bytes.NewReader(c.data), Format: WAV}); !fault.Is(err, c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// A recording that is about to be sent is made while others are only listened to.
func TestAnUrgentRecordingDoesNotWaitForListeners(t *testing.T) {
	need(t, "ffmpeg")
	studio := New(nil)
	leave, err := studio.listening.enter(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	sound := voice(t, 1, "-c:a", "pcm_s16le", "-f", "wav")
	if _, err := studio.Record(ctx, Recording{Sound: bytes.NewReader(sound), Urgent: true}); err != nil {
		t.Errorf("it waited: %v", err)
	}
}

// What a program complains of is kept to its last 4 KiB, however it is copied.
func TestComplaintsAreBounded(t *testing.T) {
	var said tail
	n, err := io.Copy(io.Writer(&said), io.LimitReader(strings.NewReader(strings.Repeat("a line of ffmpeg\n", 1<<16)+"the last"), 2<<20))
	if err != nil || n < 1<<20 || said.last.Len() != 4096 || !strings.HasSuffix(said.last.String(), "the last") {
		t.Errorf("%d of %d bytes, %v", said.last.Len(), n, err)
	}
}

func silentWAV(t *testing.T, seconds int) []byte {
	var b bytes.Buffer
	if err := wav.Write(&b, wav.Sound{Rate: 8000, Channels: 1, Samples: make([]float32, seconds*8000)}, 16); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSignals(t *testing.T) {
	for s := range signals {
		tone := s.tone(22050)
		level, err := quality.Measure(tone, 22050, 1)
		if err != nil || math.Abs(level.Loudness-quality.TargetLoudness) > 0.2 {
			t.Errorf("%s: %.2f LKFS (%v)", s, level.Loudness, err)
		}
		if math.Abs(float64(tone[0])) > 0.01 || math.Abs(float64(tone[len(tone)-1])) > 0.01 {
			t.Errorf("%s begins or ends with a click", s)
		}
	}
	if Signal("siren").Known() || !NoSignal.Known() || NoSignal.tone(22050) != nil {
		t.Error("what a signal is has become unclear")
	}
}

func TestTrim(t *testing.T) {
	s := make([]float32, 30000)
	for i := 10000; i < 20000; i++ {
		s[i] = 0.5 * float32(math.Sin(float64(i)/5))
	}
	got := trim(s, 10000)
	if len(got) < 10000 || len(got) > 10000+3000 {
		t.Errorf("%d samples of 10000 loud ones", len(got))
	}
	if n := len(trim(make([]float32, 100), 10000)); n > 100 {
		t.Error(n)
	}
	if len(trim(nil, 10000)) != 0 {
		t.Error("nothing became something")
	}
}
