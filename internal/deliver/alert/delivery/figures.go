package delivery

// Figures are how a thread stands. Claimed and heard are counted apart.
type Figures struct {
	Targets     int `json:"targets" doc:"Terminals it is for"`
	Answered    int `json:"answered" doc:"Terminals that sent any receipt for the newest version"`
	Reached     int `json:"reached" doc:"Terminals that claim to have sounded any version"`
	Sent        int `json:"sent" doc:"No answer yet"`
	Received    int `json:"received"`
	Queued      int `json:"queued"`
	Playing     int `json:"playing"`
	Interrupted int `json:"interrupted"`
	Played      int `json:"played"`
	Failed      int `json:"failed"`
	Refused     int `json:"refused"`
	Cancelled   int `json:"cancelled"`
	Heard       int `json:"heard" doc:"Terminals whose microphone heard it, above its own noise"`
	Offline     int `json:"offline" doc:"No answer, and not connected"`
	Late        int `json:"late" doc:"No answer within the threshold although connected, or taken and not played in time"`
	CancelSent  int `json:"cancelSent" doc:"Terminals that were told to cancel"`
	CancelDone  int `json:"cancelDone" doc:"Terminals that confirmed the cancel"`
}

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

// count adds (by 1) or takes away (by -1) one track.
func (f *Figures) count(t *Track, by int) {
	f.Targets += by
	*f.state(t.State) += by
	for _, c := range []struct {
		n    *int
		when bool
	}{
		{&f.Answered, t.ReceivedAt > 0}, {&f.Reached, t.ReachedAt > 0}, {&f.Heard, t.WasHeard()},
		{&f.CancelSent, t.cancelling()}, {&f.CancelDone, t.cancelling() && t.CancelledAt > 0},
	} {
		if c.when {
			*c.n += by
		}
	}
}
