package demo

import (
	"time"

	"followup/models"
)

// part is what one prospect of the play does, and what must come of it.
type part struct {
	name      string
	sequences []string
	place     *place              // nil: the next of the usual ones
	company   string              // ""  : one of their own
	homeEmail bool                // has a second address
	consent   models.ConsentBasis // "": written
	customer  []reaction
	calls     []models.CallOutcome // of the call tasks in order; past the end nobody answers
	answer    string               // the rep's to a reply; "": left waiting
	then      then
	// want is what the script says must have happened after two weeks, as
	// store.Tally counts. It is worked out from the sequences by hand; the
	// play is compared with it, not the other way round.
	want map[string]int
}

// dayOne is when people are enrolled: 09:30 in New York on the first day, a
// Monday in the demonstration.
const dayOne = 90 * time.Minute

var (
	london  = place{zone: "Europe/London", country: "GB"}
	nowhere = place{country: "US", region: "TX"} // two zones: which one is not known
)

// shared is the company at which two of the people work.
const shared = "Kestrel Bakery"

func parts() []part {
	all := bookedParts()
	all = append(all, sevenTouchParts()...)
	return append(all, commitmentParts()...)
}

// A call on the second day after, Wednesday 15:00 their time: a confirmation
// at once and a reminder on Tuesday 09:00 are two emails each.
func bookedParts() []part {
	return []part{
		{
			name: "keeps the booked call", sequences: []string{bookedCallBack},
			calls: []models.CallOutcome{models.OutcomeConnected},
			want:  map[string]int{"sent email": 2, "call connected": 1, "finished replied": 1},
		},
		{
			// The monthly word to regular customers comes on the first of the
			// month, after the play; until then the sequence waits and a reply pauses it.
			name: "misses the call, then texts", sequences: []string{bookedCallBack, regularCustomer},
			customer: []reaction{onText(1, 40*time.Minute, "texts back", texts("Sorry, I was on the shop floor. Could you do Friday at 10?"))},
			answer:   "Friday at 10 works. I will have the pump curves with me.", then: resumes,
			want: map[string]int{
				"sent email": 2, "sent voicemail": 1, "sent sms": 2, "call no_answer": 1, "received human_reply": 1,
				"paused replied": 1, "finished completed": 1, "enrollment active": 1,
			},
		},
		{
			name: "calls back after the voicemail", sequences: []string{bookedCallBack, regularCustomer},
			customer: []reaction{onVoicemail(1, time.Hour, "calls back", callsBack)},
			want: map[string]int{
				"sent email": 2, "sent voicemail": 1, "sent sms": 1, "call no_answer": 1, "received human_reply": 1,
				"paused replied": 1, "finished completed": 1, "enrollment paused": 1,
			},
		},
		{
			name: "has not agreed to recorded voices: the rep speaks the script", sequences: []string{bookedCallBack},
			consent: models.ConsentInquiry, calls: []models.CallOutcome{models.OutcomeNoAnswer, models.OutcomeLeftVoicemail},
			want: map[string]int{"sent email": 2, "sent sms": 1, "call no_answer": 1, "call left_voicemail": 1, "finished completed": 1},
		},
		{
			name: "was promised a call that nobody dialled", sequences: []string{bookedCallBack},
			calls: []models.CallOutcome{notDialled},
			want: map[string]int{
				"sent email": 2, "call task missed": 1, "asked for missed_call": 1, "paused needs_attention": 1, "enrollment paused": 1,
			},
		},
	}
}

// Seven touches from Monday on: a call at once, an email on Tuesday, a call on
// Thursday, a text on Friday, an email on the next Wednesday; the third call
// comes after the play.
func sevenTouchParts() []part {
	return []part{
		{
			name: "lets everything pass", sequences: []string{sevenTouch},
			want: map[string]int{"sent email": 2, "sent sms": 1, "call no_answer": 2, "enrollment active": 1},
		},
		{
			name: "answers the first email and buys", sequences: []string{sevenTouch}, company: shared,
			customer: []reaction{onEmail(1, 3*time.Hour, "answers by email", says("Good timing. We came to about 700 a week. Can you send the offer for two pumps?"))},
			answer:   "With pleasure: the offer is on its way. 700 a week is two pumps paid in eight weeks.", then: wins,
			want: map[string]int{
				"sent email": 2, "call no_answer": 1, "received human_reply": 1, "paused replied": 1, "finished won": 1,
			},
		},
		{
			name: "works with somebody who answered", sequences: []string{sevenTouch}, company: shared,
			want: map[string]int{"sent email": 1, "call no_answer": 1, "paused colleague_replied": 1, "enrollment paused": 1},
		},
		{
			// Away from Tuesday until the next Monday: it goes on the day after,
			// and Thursday's call is two working days on, as it was.
			name: "is out of office, then lets it pass", sequences: []string{sevenTouch},
			customer: []reaction{onEmail(1, 2*time.Minute, "is away", isAway(6))},
			want: map[string]int{
				"sent email": 1, "sent sms": 1, "call no_answer": 2, "received auto_reply": 1, "paused out_of_office": 1, "enrollment active": 1,
			},
		},
		{
			name: "has a dead address and another", sequences: []string{sevenTouch}, homeEmail: true,
			customer: []reaction{onEmail(1, time.Minute, "bounces", bounces)},
			want: map[string]int{
				"sent email": 2, "sent sms": 1, "call no_answer": 2, "received bounce_hard": 1, "enrollment active": 1,
			},
		},
		{
			// The second text confirms the opt-out.
			name: "texts STOP", sequences: []string{sevenTouch},
			customer: []reaction{onText(1, 5*time.Minute, "texts STOP", texts("STOP"))},
			want: map[string]int{
				"sent email": 1, "sent sms": 2, "call no_answer": 2, "received opt_out": 1, "finished opted_out": 1,
			},
		},
		{
			name: "asks to be taken off the list", sequences: []string{sevenTouch},
			customer: []reaction{onEmail(1, time.Hour, "opts out by email", says("Please take me off your list."))},
			want:     map[string]int{"sent email": 1, "call no_answer": 1, "received opt_out": 1, "finished opted_out": 1},
		},
		{
			name: "is not interested", sequences: []string{sevenTouch},
			calls: []models.CallOutcome{models.OutcomeNotInterested},
			want:  map[string]int{"call not_interested": 1, "finished lost": 1},
		},
		{
			// The call back is a booked call with its confirmation; the sequence rests meanwhile.
			name: "asks to be called back", sequences: []string{sevenTouch},
			calls: []models.CallOutcome{models.OutcomeCallBack, models.OutcomeConnected},
			want: map[string]int{
				"sent email": 1, "call call_back": 1, "call connected": 1, "paused replied": 1, "enrollment paused": 1,
			},
		},
		{
			// Without a phone the calls, the text and the voicemail are left
			// out; the rest moves up and the goodbye comes within the two weeks.
			name: "gave an email address only", sequences: []string{sevenTouch}, place: &london,
			want: map[string]int{"sent email": 3, "skipped no_contact_point": 5, "finished completed": 1},
		},
		{
			name: "gave a wrong number", sequences: []string{sevenTouch},
			calls: []models.CallOutcome{models.OutcomeWrongNumber},
			want: map[string]int{
				"call wrong_number": 1, "sent email": 3, "skipped no_contact_point": 4, "finished completed": 1,
			},
		},
		{
			name: "lives in a zone nobody knows", sequences: []string{sevenTouch}, place: &nowhere,
			want: map[string]int{"skipped no_contact_point": 1, "asked for unknown_zone": 1, "paused needs_attention": 1, "enrollment paused": 1},
		},
	}
}

// Promised for Thursday: a note on Wednesday, a call on the day at 09:00.
func commitmentParts() []part {
	return []part{
		{
			name: "keeps a promise", sequences: []string{commitmentFollowUp},
			calls: []models.CallOutcome{models.OutcomeConnected},
			want:  map[string]int{"sent email": 1, "call connected": 1, "finished replied": 1},
		},
		{
			name: "is late with a promise", sequences: []string{commitmentFollowUp},
			want: map[string]int{"sent email": 2, "sent sms": 1, "call no_answer": 2, "finished completed": 1},
		},
	}
}
