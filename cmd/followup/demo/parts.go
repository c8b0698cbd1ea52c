package demo

import (
	"time"

	"followup/models"
)

// part is what one prospect of the play does, and what must come of it.
type part struct {
	name      string
	enters    time.Duration // after the start of the play
	sequences []string
	place     *place              // nil: the next of the usual ones
	homeEmail bool                // has a second address
	consent   models.ConsentBasis // "": written
	customer  []reaction
	calls     []models.CallOutcome // of the call tasks in order; past the end nobody answers
	answer    string               // the rep's to a reply; "": left waiting
	then      then
	want      map[string]int // as store.Tally counts, exactly
}

// dayOne is 09:30 in New York on the first day.
const dayOne = 90 * time.Minute

func parts() []part { return nil }
