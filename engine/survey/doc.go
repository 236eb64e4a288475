// Package survey is what a public survey stands on: the questionnaire and its
// conditions, the plan and draw of a stratified sample, weights, intervals, results,
// ranks, and the suppression of small cells. It reads and writes XLSForm.
//
// A questionnaire is JSON. The browser evaluates it by web/shared/survey/form.ts, which
// is held to the same table of cases (web/shared/survey/testdata/cases.json).
//
// Answers are the values that encoding/json decodes into any: a choice's id, a list of
// ids, a number, a text, a date as YYYY-MM-DD, a grid as an object of row to number or
// nonresponse id, and {"$": ID} for an item nonresponse such as "do not know".
//
// Nothing here has a clock, a network or randomness of its own: whoever draws or
// shuffles gives a seed, and the same seed gives the same result everywhere.
//
// Methods, formulas and their sources are in docs/surveys.md.
package survey

import "fmt"

// Error is one thing wrong, at one place: in a questionnaire
// "pages[1].questions[3].show.all[0]", in an XLSForm "survey!F12".
type Error struct {
	Code  string         // machine code and message key, e.g. "survey.condition.unknown"
	Place string         // where in the input
	Args  map[string]any // values the message names
}

func (e *Error) Error() string {
	s := e.Code
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if len(e.Args) > 0 {
		s += fmt.Sprint(" ", e.Args)
	}
	return s
}
