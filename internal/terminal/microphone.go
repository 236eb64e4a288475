package terminal

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/engine/wire"
)

const (
	sampleSeconds = 5       // of each pass that are recorded
	maxSample     = 1 << 20 // bytes; docs/wire.md §6
	keptSamples   = 16      // files kept on the device
	uploadTries   = 8       // of each, within half an hour to an hour
)

// microphone records the beginning of what the loudspeaker plays and says how loud it
// really was.
type microphone struct {
	command string
	dir     folder
	running func() context.Context // until the terminal ends
	upload  func(ctx context.Context, digest string, sample []byte) error
	log     *slog.Logger

	mu  sync.Mutex
	bad bool
}

// record captures while o plays and gives one account, nil if the microphone failed.
// The sample is uploaded in the background; the account names it at once.
func (m *microphone) record(ctx context.Context, o *wire.Order) <-chan *wire.Heard {
	done := make(chan *wire.Heard, 1)
	go func() {
		length, _ := spokenFor(o)
		seconds := min(max(int(length/time.Second), 1), sampleSeconds)
		h, err := m.capture(ctx, seconds)
		if ctx.Err() != nil {
			err = nil // cut short by what interrupted the message, no fault of the microphone
		}
		if err != nil {
			m.log.Warn("the microphone failed", "error", err)
		}
		m.mu.Lock()
		m.bad = err != nil
		m.mu.Unlock()
		done <- h
	}()
	return done
}

func (m *microphone) capture(ctx context.Context, seconds int) (*wire.Heard, error) {
	if err := os.MkdirAll(string(m.dir), 0o700); err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, time.Duration(seconds+5)*time.Second)
	defer stop()
	raw := m.dir.path("recording.wav")
	if _, err := run(ctx, m.command, "", "{seconds}", strconv.Itoa(seconds), "{file}", raw); err != nil {
		return nil, err
	}
	sample, err := os.ReadFile(raw)
	if err != nil {
		return nil, err
	}
	if len(sample) > maxSample {
		return nil, errors.New("terminal: the recording is over 1 MiB")
	}
	sound, err := wav.Read(bytes.NewReader(sample), 48000*60)
	if err != nil {
		return nil, err
	}
	sum := sm3.Sum(sample)
	digest := hex.EncodeToString(sum[:])
	if err := os.Rename(raw, m.dir.path(digest+".wav")); err != nil {
		return nil, err
	}
	m.prune()
	go m.bring(m.running(), digest)
	return &wire.Heard{DBFS: rms(sound.Samples), SM3: digest}, nil
}

// bring uploads a recording. Where the platform has no room for it now it is brought again
// later, while the device keeps it: after a message all terminals bring one at once, so none
// comes again when another does.
func (m *microphone) bring(ctx context.Context, digest string) {
	for try := 1; ; try++ {
		sample, err := os.ReadFile(m.dir.path(digest + ".wav"))
		if err != nil {
			m.log.Warn("sample not uploaded", "error", err)
			return
		}
		pause := min(firstRepeat<<(try-1), lastRepeat)
		err = m.uploadWithin(ctx, digest, sample)
		var no *refusal
		var later *busy
		switch {
		case err == nil:
			return
		case errors.As(err, &no) || try == uploadTries:
			m.log.Warn("sample not uploaded", "error", err)
			return
		case errors.As(err, &later):
			pause = max(pause, later.after)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause + rand.N(pause)):
		}
	}
}

func (m *microphone) uploadWithin(ctx context.Context, digest string, sample []byte) error {
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	return m.upload(ctx, digest, sample)
}

// rms is the level of samples in dB of full scale, to a tenth; silence is −120.
func rms(samples []float32) float64 {
	sum := 0.0
	for _, x := range samples {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return -120
	}
	return max(-120, math.Round(100*math.Log10(sum/float64(len(samples))))/10)
}

// prune keeps the newest recordings.
func (m *microphone) prune() {
	files, _ := filepath.Glob(m.dir.path("*.wav")) // the pattern is well formed
	for len(files) > keptSamples {
		oldest := 0
		var at time.Time
		for i, f := range files {
			if s, err := os.Stat(f); err == nil && (at.IsZero() || s.ModTime().Before(at)) {
				oldest, at = i, s.ModTime()
			}
		}
		_ = os.Remove(files[oldest])
		files = append(files[:oldest], files[oldest+1:]...)
	}
}

func (m *microphone) failed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bad
}
