package alert

import (
	"bytes"
	"context"
	"fmt"
	"image"
	encoded "image/png"
	"io"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// dated is an object store on the test's clock.
type dated struct {
	blob.Store
	clk    *clock.Manual
	mu     sync.Mutex
	made   map[string]time.Time
	listed func() // called once all is listed
}

func (d *dated) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	d.mu.Lock()
	d.made[key] = d.clk.Now()
	d.mu.Unlock()
	return d.Store.Put(ctx, key, body, size)
}

func (d *dated) at(o blob.Info) blob.Info {
	d.mu.Lock()
	defer d.mu.Unlock()
	o.Made = d.made[o.Key]
	return o
}

func (d *dated) Stat(ctx context.Context, key string) (blob.Info, error) {
	o, err := d.Store.Stat(ctx, key)
	return d.at(o), err
}

func (d *dated) List(ctx context.Context, prefix string, visit func(blob.Info) error) error {
	err := d.Store.List(ctx, prefix, func(o blob.Info) error { return visit(d.at(o)) })
	if d.listed != nil {
		d.listed()
	}
	return err
}

// dating puts the bench's objects on its clock.
func (b *bench) dating() *dated {
	d := &dated{Store: b.deps.Blobs, clk: b.clk, made: map[string]time.Time{}}
	b.deps.Blobs = d
	b.restart()
	return d
}

func (b *bench) kept(digest string) bool {
	b.Helper()
	_, err := b.deps.Blobs.Stat(context.Background(), blob.DigestKey(digest))
	if err != nil && !blob.Missing(err) {
		b.Fatal(err)
	}
	return err == nil
}

// picture is a small picture unlike the others.
func picture(b *bench, n int) []byte {
	var out bytes.Buffer
	b.do(encoded.Encode(&out, image.NewGray(image.Rect(0, 0, n, 1))))
	return out.Bytes()
}

// What a message has, had on the air or gave up with a version keeps its object; what was
// taken away again or never came to be does not.
func TestObjectsThatNoMessageUsesAreDeleted(t *testing.T) {
	each(t, func(b *bench) {
		b.dating()
		ctx, n := context.Background(), 0
		attach := func(id string) string {
			n++
			msg, err := b.m.attach(b.as("li"), id, "map.png", picture(b, n))
			b.do(err)
			list := msg.Open.Content.Attachments
			return list[len(list)-1].SM3
		}
		draft := func() string {
			b.clk.Advance(time.Millisecond)
			d := b.rain(township1)
			d.Texts[0].Title += fmt.Sprint(n)
			msg, err := b.m.create(b.as("li"), d, "")
			b.do(err)
			return msg.ID
		}
		one := draft()
		stays, goes := attach(one), attach(one)
		_, err := b.m.detach(b.as("li"), one, goes)
		b.do(err)
		refused, err := b.m.shelf.Keep(ctx, []byte("what came too late"))
		b.do(err)

		given := draft()
		discarded := attach(given)
		_, err = b.m.discard(b.as("li"), given, b.read(given).Revision)
		b.do(err)

		aired := draft()
		heard := attach(aired)
		msg, err := b.m.check(b.as("li"), aired, submission{TextOnly: true})
		b.do(err)
		b.approve(msg)
		_, err = b.m.revise(b.as("li"), aired)
		b.do(err)
		_, err = b.m.detach(b.as("li"), aired, heard)
		b.do(err)
		inUpdate := attach(aired)

		written := draft() // its text names what it does not have
		quoted := attach(written)
		w := b.rain(township1).Wording
		w.Texts[0].Body += `"sm3":"` + quoted + `"`
		_, err = b.m.detach(b.as("li"), written, quoted)
		b.do(err)
		_, err = b.m.edit(b.as("li"), written, b.read(written).Revision, w)
		b.do(err)

		b.clk.Advance(50 * time.Minute)
		b.do(b.m.shelf.Sweep(ctx))
		for _, digest := range []string{stays, goes, refused, discarded, heard, inUpdate, quoted} {
			if !b.kept(digest) {
				b.Fatal("what is younger than an hour was deleted")
			}
		}
		b.clk.Advance(6 * time.Hour) // and the message is over
		b.look()
		b.do(b.m.shelf.Sweep(ctx))
		for name, c := range map[string]struct {
			digest string
			kept   bool
		}{
			"a draft's": {stays, true}, "a discarded version's": {discarded, true}, "one that was on the air": {heard, true}, "an update's": {inUpdate, true},
			"one taken away": {goes, false}, "one without a row": {refused, false}, "one that a text names": {quoted, false},
		} {
			if got := b.kept(c.digest); got != c.kept {
				b.Errorf("%s: kept %v", name, got)
			}
			want := 200
			if !c.kept {
				want = 404
			}
			b.call("li", "GET", "/media/"+c.digest, nil, want, nil)
		}
	})
}

// What was open to everybody with an item that is no longer kept is not for that, though a draft has
// the same picture.
func TestWhatIsNoLongerIssuedIsNotServedToEverybody(t *testing.T) {
	each(t, func(b *bench) {
		b.dating()
		attach := func() (id, digest string) {
			msg, err := b.m.create(b.as("li"), b.rain(township1), "")
			b.do(err)
			msg, err = b.m.attach(b.as("li"), msg.ID, "map.png", picture(b, 1))
			b.do(err)
			return msg.ID, msg.Open.Content.Attachments[0].SM3
		}
		aired, digest := attach()
		msg, err := b.m.check(b.as("li"), aired, submission{TextOnly: true})
		b.do(err)
		b.approve(msg)
		b.clk.Advance(time.Millisecond)
		attach()
		b.call("nobody", "GET", "/media/"+digest, nil, 200, nil)
		b.exec(`DELETE FROM alert_media WHERE message_id = '` + aired + `'`)
		b.do(b.m.shelf.Sweep(b.Context()))
		b.call("nobody", "GET", "/media/"+digest, nil, 404, nil)
		b.call("li", "GET", "/media/"+digest, nil, 200, nil)
	})
}

// An object may be kept anew, and its row come back, while the sweep is about to delete it.
func TestASweepSparesWhatIsKeptAnew(t *testing.T) {
	each(t, func(b *bench) {
		d, ctx := b.dating(), context.Background()
		content := picture(b, 1)
		msg, err := b.m.create(b.as("li"), b.rain(township1), "")
		b.do(err)
		msg, err = b.m.attach(b.as("li"), msg.ID, "map.png", content)
		b.do(err)
		digest := msg.Open.Content.Attachments[0].SM3
		_, err = b.m.detach(b.as("li"), msg.ID, digest)
		b.do(err)
		b.clk.Advance(2 * time.Hour)
		d.listed = func() { // its row comes later
			_, err := b.m.shelf.Keep(ctx, content)
			b.do(err)
		}
		b.do(b.m.shelf.Sweep(ctx))
		if d.listed = nil; !b.kept(digest) {
			b.Error("what was kept anew meanwhile is gone")
		}

		// Many at once, over and over: whatever a row names is there in the end.
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				for range 20 {
					kept, err := b.m.shelf.Keep(ctx, picture(b, 10+n))
					if err == nil {
						err = b.deps.DB.Housekeep(ctx, func(tx *store.Tx) error {
							return media.Note(ctx, tx, media.Object{SM3: kept, MessageID: "elsewhere", RegionPath: home, MIME: "image/png"})
						})
					}
					if err != nil || !b.kept(kept) {
						b.Errorf("it is not there: %v", err)
					}
					b.clk.Advance(30 * time.Second)
				}
			})
		}
		for range 20 {
			b.do(b.m.shelf.Sweep(ctx))
		}
		all.Wait()
	})
}

// A backup's rows name objects; a sweep in the middle of it must not take them away.
func TestABackupStaysWholeUnderASweep(t *testing.T) {
	each(t, func(b *bench) {
		b.dating()
		ctx := context.Background()
		msg, err := b.m.create(b.as("li"), b.rain(township1), "")
		b.do(err)
		msg, err = b.m.attach(b.as("li"), msg.ID, "map.png", picture(b, 1))
		b.do(err)
		digest := msg.Open.Content.Attachments[0].SM3
		b.clk.Advance(2 * time.Hour)
		var file bytes.Buffer
		swept := false
		b.do(backup.Write(ctx, &file, "test", b.deps.DB, b.deps.Blobs, func(rows, _ int64) {
			if !swept && rows > 0 { // the snapshot stands
				swept = true
				_, err := b.m.detach(b.as("li"), msg.ID, digest)
				b.do(err)
				b.do(b.m.shelf.Sweep(ctx))
			}
		}))
		objects, err := blob.OpenFolder(b.TempDir())
		b.do(err)
		_, _, err = backup.Restore(ctx, &file, storetest.EmptySQLite(b.T), objects, []store.Migrations{Migrations()}, nil)
		b.do(err)
		if _, err := objects.Stat(ctx, blob.DigestKey(digest)); err != nil || !swept {
			b.Errorf("what the backup's draft names is not in it: %v", err)
		}
		b.do(b.m.shelf.Sweep(ctx))
		if b.kept(digest) {
			b.Error("it is still there after the backup")
		}
	})
}

// Taking away makes no room for attaching without end.
func TestAttachingIsLimitedByTheMinute(t *testing.T) {
	each(t, func(b *bench) {
		msg, err := b.m.create(b.as("li"), b.rain(township1), "")
		b.do(err)
		at := "/api/alerts/" + msg.ID + "/attachments"
		content := picture(b, 1)
		taken := 0
		for ; taken < 25; taken++ {
			r := httptest.NewRequest("POST", at+"?name=map.png", bytes.NewReader(content))
			r.Header.Set("X-Person", "li")
			r.Header.Set("Content-Type", "application/octet-stream")
			w := httptest.NewRecorder()
			if b.handler.ServeHTTP(w, r); w.Code == 429 {
				break
			}
			b.call("li", "DELETE", at+"/"+blob.Digest(content), nil, 200, nil)
		}
		if taken < 20 || taken == 25 { // the limit's minute may turn under the test
			b.Errorf("%d were taken", taken)
		}
	})
}
