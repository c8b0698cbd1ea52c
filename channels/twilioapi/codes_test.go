package twilioapi_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/models"
)

// Each class of Twilio's codes, by what must happen to the message and its sender.
func TestCodes(t *testing.T) {
	const yes, no = true, false
	for _, c := range []struct {
		class             models.SendClass
		invalid, optedOut bool
		codes             []int
	}{
		// The recipient has opted out: recorded as such.
		{models.SendPermanent, no, yes, []int{21610}},
		// The address can never work.
		{models.SendPermanent, yes, no, []int{21211, 21217, 21614, 30005, 30006}},
		// The content is at fault.
		{models.SendPermanent, no, no, []int{30007, 21617, 21602}},
		// The sender stops and somebody is told.
		{models.SendConfiguration, no, no, []int{20003, 21222, 21224, 21408, 21606, 21608, 21703, 21704, 30002, 30018, 30032, 30034}},
		// Try again.
		{models.SendTransient, no, no, []int{20429, 20500, 20503, 21611, 30001, 30003, 30008, 30017, 30022, 30023, 30027}},
	} {
		for _, code := range c.codes {
			got, known := twilioapi.Lookup(code)
			if !known || got.Class != c.class || got.InvalidContact != c.invalid || got.OptedOut != c.optedOut || got.Words == "" {
				t.Errorf("Lookup(%d) = %+v, %v, want class %s, invalid %v, opted out %v", code, got, known, c.class, c.invalid, c.optedOut)
			}
			r := models.Receipt{}
			twilioapi.Failed(&r, strconv.Itoa(code))
			if r.Status != models.MessageFailed || r.InvalidContact != c.invalid || r.OptedOut != c.optedOut || r.Detail != got.Words {
				t.Errorf("Failed(%d) = %+v", code, r)
			}
		}
	}
	if _, known := twilioapi.Lookup(99999); known {
		t.Error("Lookup knows 99999")
	}
	for _, code := range []string{"99999", "undelivered", ""} {
		r := models.Receipt{}
		twilioapi.Failed(&r, code)
		if r.Status != models.MessageFailed || r.Code != code || r.Detail == "" || r.InvalidContact || r.OptedOut {
			t.Errorf("Failed(%q) = %+v", code, r)
		}
	}
}

func TestAllowList(t *testing.T) {
	list := twilioapi.NewAllowList([]string{"+1 (500) 555-1000", "+4915550000000", "+12125550123"})
	for number, code := range map[string]string{
		"+15005551000":      "",
		"+4915550000000":    "",
		"+15005551001":      "not_allowed",
		"+12125550123":      "reserved", // on the list or not
		"5005551000":        "bad_number",
		"+05005551000":      "bad_number",
		"+1500":             "bad_number",
		"+150055510001111":  "not_allowed",
		"+1500555100011112": "bad_number",
		"+1500555100a":      "bad_number",
		"+15005551000 ":     "bad_number",
		"":                  "no_recipient",
		" ":                 "no_recipient",
	} {
		se := list.Check(number)
		if got := codeOf(se); got != code {
			t.Errorf("Check(%q) = %q, want %q", number, got, code)
		}
	}
	if se := twilioapi.NewAllowList(nil).Check("+15005551000"); codeOf(se) != "not_allowed" {
		t.Errorf("the empty list: %v, want not_allowed", se)
	}
}

func codeOf(se *channels.SendError) string {
	if se == nil {
		return ""
	}
	return se.Code
}

func TestSearchJudge(t *testing.T) {
	since := noon
	at := func(d time.Duration) string { return since.Add(d).Format(time.RFC1123Z) }
	full := make([]twilioapi.Candidate, twilioapi.ListLimit)
	for i := range full {
		full[i] = twilioapi.Candidate{SID: "SMx", DateCreated: at(time.Second)}
	}
	match := twilioapi.Candidate{SID: "SM1", DateCreated: at(3 * time.Second), Matches: true}
	for name, c := range map[string]struct {
		list  []twilioapi.Candidate
		after time.Duration // the attempt, when we look
		known string
		want  channels.Finding
	}{
		"it is there":                         {[]twilioapi.Candidate{match}, time.Second, "", channels.Found},
		"by a clock a little behind":          {[]twilioapi.Candidate{{SID: "SM1", DateCreated: at(-30 * time.Second), Matches: true}}, 0, "", channels.Found},
		"an older one with the same text":     {[]twilioapi.Candidate{{SID: "SM1", DateCreated: at(-time.Hour), Matches: true}}, time.Hour, "", channels.Absent},
		"one that another message has":        {[]twilioapi.Candidate{match}, time.Hour, "SM1", channels.Absent},
		"the one beside another's":            {[]twilioapi.Candidate{{SID: "SM2", DateCreated: at(time.Second), Matches: true}, match}, time.Hour, "SM2", channels.Found},
		"nothing, too early":                  {nil, time.Minute, "", channels.Unknown},
		"nothing, after the grace":            {nil, 2 * time.Minute, "", channels.Absent},
		"a list that may go on":               {full, time.Hour, "", channels.Unknown},
		"a match whose date cannot be read":   {[]twilioapi.Candidate{{SID: "SM1", DateCreated: "?", Matches: true}}, time.Hour, "", channels.Unknown},
		"another whose date cannot be read":   {[]twilioapi.Candidate{{SID: "SM1", DateCreated: "?"}}, time.Hour, "", channels.Absent},
		"a full list that reaches far enough": {append(full[:twilioapi.ListLimit-1:twilioapi.ListLimit-1], twilioapi.Candidate{DateCreated: at(-time.Hour)}), time.Hour, "", channels.Absent},
	} {
		search := twilioapi.Search{Since: since, Now: since.Add(c.after), Grace: 2 * time.Minute,
			Known: func(_ context.Context, id string) (bool, error) { return id == c.known, nil }}
		got, outcome, err := search.Judge(context.Background(), c.list)
		if err != nil || got != c.want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, c.want)
		}
		if got == channels.Found && outcome.ProviderID != "SM1" {
			t.Errorf("%s: found %q, want SM1", name, outcome.ProviderID)
		}
	}
	broken := errors.New("the database is away")
	search := twilioapi.Search{Since: since, Now: since.Add(time.Hour), Known: func(context.Context, string) (bool, error) { return false, broken }}
	if got, _, err := search.Judge(context.Background(), []twilioapi.Candidate{match}); got != channels.Unknown || !errors.Is(err, broken) {
		t.Errorf("a failing lookup: %s, %v, want unknown and its error", got, err)
	}
}
