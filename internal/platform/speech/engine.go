package speech

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// maxSpoken bounds what an engine may answer: 20 minutes, three times what the longest
// text takes.
const maxSpoken = 20 * 60 // seconds

// Engine says words that were already written out as they are read. Words is the whole
// text in order. It gives up when ctx ends.
type Engine interface {
	Speak(ctx context.Context, lang i18n.Lang, words []Word) (wav.Sound, error)
}

// Espeak speaks with espeak-ng (1.50 or later).
type Espeak struct {
	WordsPerMinute int // 0 means 160, a calm announcer
}

var espeakVoices = map[i18n.Lang]string{i18n.Chinese: "cmn-latn-pinyin", i18n.English: "en-gb"}

// Speak hands espeak-ng SSML on its standard input and reads WAV from its output.
func (e Espeak) Speak(ctx context.Context, lang i18n.Lang, words []Word) (s wav.Sound, err error) {
	speed := e.WordsPerMinute
	if speed == 0 {
		speed = 160
	}
	err = pipe(ctx, strings.NewReader(ssml(lang, words)), func(out io.Reader) (err error) {
		s, err = wav.Read(out, maxSpoken*22050)
		return err
	}, "espeak-ng", "-m", "-v", espeakVoices[lang], "-s", strconv.Itoa(speed), "--stdin", "--stdout")
	return s, err
}

var (
	rhotic   = regexp.MustCompile(`\b([a-zü]*[^e\s\d])r([1-5])`)
	initials = regexp.MustCompile(`[A-Z]{2,}`)
)

// ssml marks foreign words for the English voice. After a change of voice espeak-ng
// would fall back to its plain cmn voice, so every stretch names its own.
func ssml(lang i18n.Lang, words []Word) string {
	var b strings.Builder
	b.WriteString("<speak>")
	open := ""
	for _, w := range words {
		voice := espeakVoices[lang]
		if w.Latin {
			voice = espeakVoices[i18n.English]
		}
		if voice != open {
			if open != "" {
				b.WriteString("</voice> ")
			}
			b.WriteString(`<voice name="` + voice + `">`)
			open = voice
		}
		switch {
		case w.Pinyin != "":
			// lar4 is unknown to espeak-ng; la4 with a toneless er is close to it.
			b.WriteString(" " + rhotic.ReplaceAllString(w.Pinyin, "$1$2 er5") + " ")
		default:
			text := w.Text
			if lang == i18n.Chinese && !w.Latin {
				text = initials.ReplaceAllStringFunc(text, func(s string) string {
					return " " + strings.Join(strings.Split(s, ""), " ") + " "
				})
			}
			_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder cannot fail
		}
	}
	if open != "" {
		b.WriteString("</voice>")
	}
	b.WriteString("</speak>")
	return b.String()
}

// Command speaks with a program the operator chose, for instance a neural voice. Its
// arguments may hold {lang} (zh or en), {text_file} (the text as it is read aloud,
// UTF-8), {pinyin_file} (one word a line: the word, a tab, its pinyin when known) and
// {out_file}, where it leaves a WAV file. Both files live in a folder that is removed
// afterwards.
type Command []string

// Speak runs the command.
func (c Command) Speak(ctx context.Context, lang i18n.Lang, words []Word) (wav.Sound, error) {
	dir, err := os.MkdirTemp("", "speech-")
	if err != nil {
		return wav.Sound{}, fault.New(fault.Internal, "internal").Because(err)
	}
	defer os.RemoveAll(dir)
	var text, pinyin bytes.Buffer
	for _, w := range words {
		text.WriteString(w.Text)
		pinyin.WriteString(strings.ReplaceAll(w.Text, "\n", " ") + "\t" + w.Pinyin + "\n")
	}
	files := map[string]string{"{lang}": string(lang)}
	for token, body := range map[string][]byte{"{text_file}": text.Bytes(), "{pinyin_file}": pinyin.Bytes()} {
		files[token] = filepath.Join(dir, strings.Trim(token, "{}")+".txt")
		if err := os.WriteFile(files[token], body, 0o600); err != nil {
			return wav.Sound{}, fault.New(fault.Internal, "internal").Because(err)
		}
	}
	files["{out_file}"] = filepath.Join(dir, "out.wav")
	args := make([]string, len(c)-1)
	for i, a := range c[1:] {
		for token, value := range files {
			a = strings.ReplaceAll(a, token, value)
		}
		args[i] = a
	}
	read := func(out io.Reader) error {
		_, err := io.Copy(io.Discard, out) // what it says on standard output is not sound
		return err
	}
	if err := pipe(ctx, nil, read, c[0], args...); err != nil {
		return wav.Sound{}, err
	}
	f, err := os.Open(files["{out_file}"])
	if err != nil {
		return wav.Sound{}, fault.New(fault.Unavailable, "speech.engine_failed", fault.Args{"program": c[0]}).Because(err)
	}
	defer f.Close()
	s, err := wav.Read(f, maxSpoken*48000)
	if err != nil {
		return wav.Sound{}, fault.New(fault.Unavailable, "speech.engine_failed", fault.Args{"program": c[0]}).Because(err)
	}
	return s, nil
}
