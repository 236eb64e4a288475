package delivery

// Figures are how a thread stands: what came of its newest version, and the state that each
// terminal is in. Claimed and heard are counted apart.
type Figures struct {
	Targets     int  `json:"targets" doc:"Terminals that the newest version is for"`
	Answered    int  `json:"answered" doc:"Terminals that sent any receipt for the newest version"`
	Reached     int  `json:"reached" doc:"Terminals that claim to have sounded the newest version"`
	Sent        int  `json:"sent" doc:"No answer yet"`
	Received    int  `json:"received"`
	Queued      int  `json:"queued"`
	Playing     int  `json:"playing"`
	Interrupted int  `json:"interrupted"`
	Played      int  `json:"played"`
	Failed      int  `json:"failed"`
	Refused     int  `json:"refused"`
	Cancelled   int  `json:"cancelled"`
	Heard       int  `json:"heard" doc:"Terminals whose microphone heard the newest version, above its own noise"`
	Unheard     int  `json:"unheard" doc:"Terminals that played the newest version, to the end or until they were stopped, and whose microphone heard nothing"`
	Unmeasured  int  `json:"unmeasured" doc:"Terminals that claim to have played the newest version to the end and have no microphone"`
	Offline     int  `json:"offline" doc:"No answer, and not connected"`
	Late        int  `json:"late" doc:"No answer within the threshold although connected, or taken and not played in time"`
	CancelSent  int  `json:"cancelSent" doc:"Terminals that were told to cancel"`
	CancelDone  int  `json:"cancelDone" doc:"Terminals that confirmed the cancel"`
	Ever        Ever `json:"ever" doc:"The same over all versions"`
}

// Ever counts over all versions of a message, those that an update left out included.
type Ever struct {
	Targets int `json:"targets" doc:"Terminals that any version is for"`
	Reached int `json:"reached" doc:"Terminals that claim to have sounded any version"`
	Heard   int `json:"heard" doc:"Terminals whose microphone heard any version"`
}

// Measured reports whether any microphone has listened to the newest version: until then it
// is unknown how many heard it, which is not zero.
func (f *Figures) Measured() bool { return f.Heard+f.Unheard > 0 }

func (f *Figures) state(s State) *int {
	switch s {
	case Sent:
		return &f.Sent
	case Received:
		return &f.Received
	case Queued:
		return &f.Queued
	case Playing:
		return &f.Playing
	case Interrupted:
		return &f.Interrupted
	case Played:
		return &f.Played
	case Failed:
		return &f.Failed
	case Refused:
		return &f.Refused
	}
	return &f.Cancelled
}

// count adds (by 1) or takes away (by -1) one track of a thread whose newest version is newest.
// A terminal that is apart is none of the message's.
func (f *Figures) count(t *Track, newest, by int) {
	if t.apart() {
		return
	}
	f.Ever.Targets += by
	*f.state(t.State) += by
	has := t.Version == newest
	for _, c := range []struct {
		n    *int
		when bool
	}{
		{&f.Targets, has}, {&f.Answered, has && t.ReceivedAt > 0}, {&f.Reached, has && t.PlayingAt > 0}, {&f.Heard, has && t.WasHeard()},
		{&f.Unheard, has && t.unheard()}, {&f.Unmeasured, has && t.State == Played && !t.measured()},
		{&f.Ever.Reached, t.ReachedAt > 0}, {&f.Ever.Heard, t.HeardEver},
		{&f.CancelSent, t.cancelling()}, {&f.CancelDone, t.cancelling() && t.CancelledAt > 0},
	} {
		if c.when {
			*c.n += by
		}
	}
}
