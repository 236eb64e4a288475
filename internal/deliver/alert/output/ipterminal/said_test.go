package ipterminal

import "testing"

// A terminal's words stand in a row beside those of all others, in a database that takes no NUL.
func TestWhatATerminalSaysHoldsNothingUnseen(t *testing.T) {
	if got := short("忙\x00\u202e\n碌"); got != "忙 碌" {
		t.Errorf("%q", got)
	}
}
