package adapter

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
)

// task is a broadcast that was ordered and is not over.
type task struct {
	id         ebd.EBMID
	class      speaker.Class
	level      ebd.Severity
	event      ebd.EventType
	volume     speaker.Volume
	start, end time.Time
	input      speaker.ChannelID
	codes      []string
	begun      time.Time // zero while it waits
}

// maxTasks is how many tasks are held at once, maxRecords how many are remembered.
const (
	maxTasks   = 64
	maxRecords = 200
)

// programme is what a device plays and has played. The caller holds the lock.
type programme struct {
	tasks   []task
	records []record
}

// record is a task that is over.
type record struct {
	task
	ended time.Time
	state speaker.TaskState
}

// add takes a task on; one that is already there goes on as it was. It reports whether
// there was room.
func (p *programme) add(t task) bool {
	for i, old := range p.tasks {
		if old.id == t.id {
			t.begun = old.begun
			p.tasks[i] = t
			return true
		}
	}
	if len(p.tasks) >= maxTasks {
		return false
	}
	p.tasks = append(p.tasks, t)
	return true
}

// step begins what is due at now and ends what is over. A task that was over before it
// could begin leaves only a record of its failure.
func (p *programme) step(now time.Time) (begun, ended []task) {
	for i := range p.tasks {
		if t := &p.tasks[i]; t.begun.IsZero() && !now.Before(t.start) && now.Before(t.end) {
			t.begun = now
			begun = append(begun, *t)
		}
	}
	return begun, p.drop(now, func(t task) bool { return !now.Before(t.end) })
}

// stop ends the tasks named id, all of them for EveryMessage.
func (p *programme) stop(id ebd.EBMID, now time.Time) (ended []task) {
	return p.drop(now, func(t task) bool { return id == speaker.EveryMessage || t.id == id })
}

// drop takes out what is over and gives those that had begun.
func (p *programme) drop(now time.Time, over func(task) bool) (ended []task) {
	kept := p.tasks[:0]
	for _, t := range p.tasks {
		if !over(t) {
			kept = append(kept, t)
			continue
		}
		r := record{t, now, speaker.TaskDone}
		switch {
		case !t.begun.IsZero():
			ended = append(ended, t)
		case now.Before(t.end):
			r.state = speaker.TaskCancelled
		default:
			r.state = speaker.TaskFailed
		}
		p.records = append(p.records, r)
	}
	p.tasks = kept
	if n := len(p.records) - maxRecords; n > 0 {
		p.records = append(p.records[:0], p.records[n:]...)
	}
	return ended
}

// playing reports whether anything sounds.
func (p *programme) playing() bool {
	for _, t := range p.tasks {
		if !t.begun.IsZero() {
			return true
		}
	}
	return false
}

// state is what a heartbeat tells.
func (p *programme) state() speaker.State {
	if p.playing() {
		return speaker.StateWorking
	}
	return speaker.StateIdle
}

// trusted reports whether one of keys signed it, or nothing has to be signed.
func trusted(keys []ebd.PublicKey, find func(ebd.PublicKey) (speaker.Coverage, bool)) bool {
	for _, k := range keys {
		if _, ok := find(k); ok {
			return true
		}
	}
	return len(keys) == 0
}
