package templates

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"followup/models"
)

func words1(words []string) *rapid.Generator[string] { return rapid.SampledFrom(words) }

// anyText is a text of whatever people type, without braces and control characters.
var anyText = rapid.Custom(func(t *rapid.T) string {
	s := rapid.OneOf(
		rapid.StringN(0, 40, -1),
		rapid.StringMatching(`[ a-z\n\t:#'"\-\[\]{,&*!|>%@?0-9]{0,40}`),
		rapid.SampledFrom([]string{"true", "null", "~", "- a", "09:00", "2026-01-01", "a: b", " lead", "trail ", "a\n\nb", "a \nb", "\ta", "a\n\tb", "#c", "'", "\"", "a\u0085b", "\u2028", "é\n ö", "yes", "1e3", "0x1"}),
	).Draw(t, "text")
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '{' || r == '}' || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
	return strings.TrimRight(s, "\n")
})

var anyTiming = func(t *rapid.T, first bool, anchor models.Anchor) models.Timing {
	kinds := []models.TimingKind{models.TimingAfter, models.TimingDate}
	if anchor == models.AnchorAppointment {
		kinds = append(kinds, models.TimingAppointment)
	}
	if anchor == models.AnchorCommitment {
		kinds = append(kinds, models.TimingCommitment)
	}
	if first && anchor == models.AnchorNone {
		kinds = append(kinds, models.TimingRecurring)
	}
	tm := models.Timing{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	least := -100
	switch tm.Kind {
	case models.TimingRecurring:
		tm.Cron = rapid.SampledFrom([]string{"0 9 * * 1", "*/5 8-18 1,15 * MON-FRI", "0 0 1 1 *"}).Draw(t, "cron")
		return tm
	case models.TimingDate:
		if rapid.Bool().Draw(t, "on") {
			tm.On = "2026-12-24"
		} else {
			tm.Field = "renewal: date"
		}
	case models.TimingAfter:
		least = 0
	}
	exact := tm.Kind == models.TimingAfter || tm.Kind == models.TimingAppointment
	if exact && rapid.Bool().Draw(t, "exact") {
		tm.Minutes = rapid.IntRange(least, 100).Draw(t, "minutes")
		tm.Hours = rapid.IntRange(least, 100).Draw(t, "hours")
		return tm
	}
	if rapid.Bool().Draw(t, "business") {
		tm.BusinessDays = rapid.IntRange(least, 100).Draw(t, "business days")
	} else {
		tm.Days = rapid.IntRange(least, 100).Draw(t, "days")
	}
	if rapid.Bool().Draw(t, "at") {
		at := models.TimeOfDay(rapid.IntRange(0, 24*60-1).Draw(t, "time"))
		tm.At = &at
	}
	return tm
}

var anyStep = func(t *rapid.T, i int, d models.Definition) models.Step {
	s := models.Step{
		Key:      rapid.StringMatching(`[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}`).Draw(t, "key") + "-" + strings.Repeat("i", i+1),
		Name:     anyText.Draw(t, "name"),
		Channel:  models.ChannelKind(words1(channelWords).Draw(t, "channel")),
		Purpose:  models.PurposeFollowUp,
		Timing:   anyTiming(t, i == 0, d.Anchor),
		Disabled: rapid.Bool().Draw(t, "disabled"),
	}
	if c := words1(contactWords).Draw(t, "contact"); c != "primary" {
		s.Contact = models.ContactChoice(c)
	}
	if d.Anchor == models.AnchorAppointment && rapid.Bool().Draw(t, "conditional") {
		s.When.Call = words1(conditionWords()).Draw(t, "call")
	}
	sh := shapes[s.Channel]
	if sh.subject {
		s.Subject = anyText.Draw(t, "subject")
	}
	if sh.body {
		s.Body = anyText.Draw(t, "body")
	}
	if sh.scripts {
		s.TalkingPoint, s.Question = anyText.Draw(t, "point"), anyText.Draw(t, "question")
		s.Answered, s.NotAnswered = anyText.Draw(t, "answered"), anyText.Draw(t, "not answered")
	}
	return s
}

func anyDefinition(t *rapid.T) models.Definition {
	d := models.Definition{
		Key: "k", Description: anyText.Draw(t, "description"),
		Name:             "n" + anyText.Draw(t, "name"),
		Locale:           rapid.SampledFrom([]string{"en", "de-AT", "no"}).Draw(t, "locale"),
		Anchor:           rapid.SampledFrom([]models.Anchor{"", models.AnchorAppointment, models.AnchorCommitment}).Draw(t, "anchor"),
		DefaultChannel:   models.ChannelKind(words1(defaultChannelWords).Draw(t, "default")),
		CountsAsFollowUp: rapid.Bool().Draw(t, "counts"),
		OnReply:          models.ReplyAction(words1(replyActionWords).Draw(t, "reply")),
		OnColleagueReply: models.ReplyAction(words1(replyActionWords).Draw(t, "colleague")),
		OnMeeting:        models.ReplyAction(words1(replyActionWords).Draw(t, "meeting")),
	}
	for _, o := range models.CallOutcomes {
		if rapid.IntRange(0, 4).Draw(t, "named") == 0 {
			if d.OnCall == nil {
				d.OnCall = map[models.CallOutcome]models.CallMove{}
			}
			d.OnCall[o] = models.CallMove(words1(callMoveWords).Draw(t, "move"))
		}
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "steps") {
		d.Steps = append(d.Steps, anyStep(t, i, d))
	}
	return d
}

func TestFormatAndParseAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDefinition(t)
		source, err := FormatSequence(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseSequence(source)
		if err != nil {
			t.Fatalf("%v\n%s", err, source)
		}
		if !reflect.DeepEqual(d, again) {
			t.Fatalf("not the same after\n%s\n%#v\n%#v", source, d, again)
		}
		twice, err := FormatSequence(again)
		if err != nil || string(twice) != string(source) {
			t.Fatalf("%v\n%s\n%s", err, source, twice)
		}
	})
}
