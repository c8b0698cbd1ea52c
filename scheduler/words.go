package scheduler

import (
	"fmt"
	"strings"
	"time"

	"followup/models"
)

// localLayout is how a local time is shown: "Thu 26 Nov 2026 09:00 EST".
const localLayout = "Mon 2 Jan 2006 15:04 MST"

// LocalTime writes t as the clocks of loc show it.
func LocalTime(t time.Time, loc *time.Location) string { return t.In(loc).Format(localLayout) }

var channelWords = map[models.ChannelKind]string{
	models.ChannelEmail:     "email",
	models.ChannelSMS:       "text",
	models.ChannelVoicemail: "voicemail",
	models.ChannelCall:      "call",
	models.ChannelLastUsed:  "message on the channel last used",
}

// channelWord is what people call a channel; a new one goes by its own name.
func channelWord(k models.ChannelKind) string {
	if w, ok := channelWords[k]; ok {
		return w
	}
	return string(k)
}

// Describe says in words when a step comes and what it is: "Day before the
// call, 09:00 their time: email, if the call was not answered".
func Describe(step models.Step) string {
	s := describeTiming(step.Timing) + ": " + channelWord(step.Channel)
	if c := describeContact(step.Contact); c != "" {
		s += " " + c
	}
	if c := describeCondition(step.When); c != "" {
		s += ", " + c
	}
	if step.Disabled {
		s += " (switched off)"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// DescribeIn is Describe of a step at its place: before the first one there is
// no step, but the enrolling.
func DescribeIn(d models.Definition, step models.Step) string {
	s := Describe(step)
	if len(d.Steps) > 0 && d.Steps[0].Key == step.Key {
		s = strings.Replace(s, afterPrevious, "after they are enrolled", 1)
	}
	return s
}

// afterPrevious is what a delay counts from.
const afterPrevious = "after the previous step"

func describeTiming(t models.Timing) string {
	switch t.Kind {
	case models.TimingAppointment:
		return describeAround(t, "the call", "at the booked minute")
	case models.TimingCommitment:
		return describeAround(t, "the promised date", "on the promised date")
	case models.TimingDate:
		on := "on " + string(t.On)
		if t.Field != "" {
			on = "the date in " + t.Field
		}
		return describeAround(t, on, on)
	case models.TimingRecurring:
		return describeCron(t.Cron)
	}
	return describeDelay(t)
}

// describeAround words a rule that hangs on a day; exact is its wording
// without any offset.
func describeAround(t models.Timing, what, exact string) string {
	var s string
	switch {
	case t.BusinessDays != 0:
		s = fmt.Sprintf("%s %s %s", plural(abs(t.BusinessDays), "business day"), side(t.BusinessDays), what)
	case t.Days == -1:
		s = "day before " + what
	case t.Days == 1:
		s = "day after " + what
	case t.Days != 0:
		s = fmt.Sprintf("%s %s %s", plural(abs(t.Days), "day"), side(t.Days), what)
	}
	if off := t.Offset(); off != 0 {
		d := describeDuration(off.Abs()) + " " + side(int(off/time.Minute))
		if s == "" {
			s = d + " " + what
		} else {
			s = d + " the " + s
		}
	}
	if s == "" {
		s = exact
		if t.At != nil && t.Kind == models.TimingAppointment {
			s = "on the day of the call"
		}
	}
	return s + describeAt(t)
}

func describeDelay(t models.Timing) string {
	var parts []string
	if t.BusinessDays > 0 {
		parts = append(parts, plural(t.BusinessDays, "business day"))
	}
	if t.Days > 0 {
		parts = append(parts, plural(t.Days, "day"))
	}
	if off := t.Offset(); off > 0 {
		parts = append(parts, describeDuration(off))
	}
	if len(parts) == 0 {
		if t.At != nil {
			return "at the next" + strings.TrimPrefix(describeAt(t), ",")
		}
		return "at once"
	}
	return strings.Join(parts, " and ") + " " + afterPrevious + describeAt(t)
}

func describeAt(t models.Timing) string {
	if t.At == nil {
		return ""
	}
	return ", " + t.At.String() + " their time"
}

var contactWords = map[models.ContactChoice]string{
	models.ContactLastUsed:    "to where they last wrote from",
	models.ContactNextUntried: "to the next contact point not tried yet",
	models.ContactWork:        "to the work contact point",
	models.ContactHome:        "to the home contact point",
	models.ContactCell:        "to the cell phone",
	models.ContactOther:       "to the other contact point",
}

func describeContact(c models.ContactChoice) string { return contactWords[c] }

func describeCondition(c models.Condition) string {
	switch c.Call {
	case "":
		return ""
	case "answered":
		return "if the call was answered"
	case "unanswered":
		return "if the call was not answered"
	}
	return "if the call ended as " + words(c.Call)
}

var reasonWords = map[models.Reason]string{
	models.HoldQuietHours:       "waits for the hours in which calls and texts are permitted where they are",
	models.HoldWindow:           "waits for the sending window",
	models.HoldInboundBehind:    "waits until the answers to this sender have been read",
	models.HoldUnread:           "waits until what they sent has been read",
	models.HoldSenderStopped:    "waits because its sender is stopped",
	models.HoldProviderPause:    "waits because the provider asked for a pause",
	models.HoldRetry:            "is tried again: the provider refused it for now",
	models.HoldCompany:          "waits because everyone at the company is held",
	models.HoldGap:              "waits because another touch was made a moment ago",
	models.HoldReview:           "waits for the review of the last call",
	models.HoldCap:              "waits because enough was sent for now",
	models.HoldUnnamed:          "waits until the workspace says who writes",
	models.HoldBudget:           "waits because the month's budget for texts is used up",
	models.HoldRests:            "waits because they asked to hear later, or less often",
	models.HoldWorkspace:        "waits because everything automatic is paused",
	models.HoldRestored:         "due between a backup and its restoring: it may have gone out then",
	models.SkipMomentPassed:     "left out: its moment had passed",
	models.SkipCondition:        "left out: its condition does not hold",
	models.SkipDisabled:         "left out: the step is switched off",
	models.SkipNoContactPoint:   "left out: there is no contact point it can use",
	models.SkipNoConsent:        "left out: there is no consent for it",
	models.SkipSuppressed:       "left out: they asked not to be contacted",
	models.SkipFollowUpLimit:    "left out: the follow-up limit is reached",
	models.SkipNotAllowed:       "left out: the channel does not allow it",
	models.SkipByHand:           "left out by a person",
	models.SkipNoSender:         "no sender can send it",
	models.CancelPaused:         "withdrawn: the sequence was paused",
	models.CancelReplanned:      "withdrawn and planned anew",
	models.CancelFinished:       "withdrawn: the sequence ended",
	models.CancelMoved:          "withdrawn: the call was moved",
	models.CancelAppointment:    "withdrawn: the call was canceled",
	models.CancelVersionMove:    "withdrawn: the sequence changed",
	models.EndSent:              "accepted by the provider",
	models.EndRefused:           "refused",
	models.EndDone:              "done",
	models.EndMissed:            "missed: nobody dialled in time",
	models.EndDismissed:         "set aside by a person",
	models.EndUnconfirmedFound:  "found at the provider afterwards: it was sent",
	models.AttentionZone:        "the time zone is not known",
	models.AttentionRender:      "the text could not be filled in",
	models.AttentionUnmatched:   "it is not known whom it is from",
	models.AttentionMailbox:     "the mailbox cannot be read",
	models.AttentionSecret:      "a password or token ends soon",
	models.AttentionInvalid:     "the contact point does not work",
	models.AttentionWrongPerson: "they are not, or no longer, the one to talk to",
	models.StopBounces:          "too much of what it sent came back",
	models.StopComplaints:       "too much of what it sent was marked as spam",
	models.StopOwnerLeft:        "its owner has left",
	models.AttentionPlan:        "the next step could not be planned",
	models.AttentionVersion:     "their place in the new version is not known",
	models.AttentionMissedCall:  "a booked call was missed",
	models.FailBounced:          "bounced",
	models.FailWrongNumber:      "wrong number",
	models.FailOptedOut:         "they opted out",
	models.FailDoNotCall:        "the number is on a do-not-call list",
	models.FailConfig:           "the sender is not set up right",
}

// DescribeReason says a reason in words.
func DescribeReason(r models.Reason) string {
	if w, ok := reasonWords[r]; ok {
		return w
	}
	return words(string(r))
}

// words makes words of a code.
func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

// describeDuration says a duration as people do: "40 minutes", "2 hours and 5 minutes".
func describeDuration(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch {
	case minutes < 60:
		return plural(minutes, "minute")
	case minutes < 48*60 && minutes%60 == 0:
		return plural(minutes/60, "hour")
	case minutes < 4*60:
		return plural(minutes/60, "hour") + " and " + plural(minutes%60, "minute")
	case minutes < 48*60:
		return plural((minutes+30)/60, "hour")
	}
	return plural((minutes+12*60)/(24*60), "day")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func side(n int) string {
	if n < 0 {
		return "before"
	}
	return "after"
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
