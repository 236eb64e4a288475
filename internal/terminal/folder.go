package terminal

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// folder is where an agent keeps what must outlive a power cut. Each file is replaced
// as a whole: written aside, flushed to the disk, renamed.
//
//	device.key     the device's SM2 key, PKCS #8, mode 0600
//	identity.json  what enrolment gave, mode 0600
//	state.json     the desk
//	audio/         fetched audio by digest
//	sample/        the microphone's last recordings, by digest
type folder string

// identity is who the device is and where its platform lives.
type identity struct {
	Server string `json:"server"` // base URL of the platform's HTTP interface
	// Pin is the one given for HTTPS, "" for the system's authorities. The enrolment's is
	// for MQTT: behind a proxy for the web the two have different certificates.
	Pin       *string            `json:"pin,omitempty"`
	Enrolment wire.EnrolResponse `json:"enrolment"`
}

// webPin is what HTTPS is held to. Files from before there were two pins keep to the one
// they have, except on a closed network, where it was for MQTT alone.
func (id *identity) webPin() string {
	switch {
	case id.Pin != nil:
		return *id.Pin
	case strings.HasPrefix(id.Server, "http:"):
		return ""
	}
	return id.Enrolment.TLSPin
}

func (f folder) path(name string) string { return filepath.Join(string(f), name) }

func (f folder) write(name string, b []byte) error {
	return f.replace(name, func(w *bufio.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// replace fills a file anew so that after a power cut it is either the old or the new.
func (f folder) replace(name string, fill func(*bufio.Writer) error) error {
	tmp, err := os.CreateTemp(string(f), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	w := bufio.NewWriterSize(tmp, 1<<16)
	err = errors.Join(fill(w), w.Flush(), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), f.path(name)); err != nil {
		return err
	}
	dir, err := os.Open(string(f))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (f folder) writeJSON(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.write(name, b)
}

// readJSON fills v; found is false if there is no such file.
func (f folder) readJSON(name string, v any) (found bool, err error) {
	b, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(b, v)
}

// key reads the device's key, or makes it the first time.
func (f folder) key() (*ebd.PrivateKey, error) {
	b, err := os.ReadFile(f.path("device.key"))
	if err == nil {
		return ebd.ParsePrivateKey(b)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := ebd.GenerateKey()
	if err != nil {
		return nil, err
	}
	pem, err := key.PEM()
	if err != nil {
		return nil, err
	}
	return key, f.write("device.key", pem)
}
