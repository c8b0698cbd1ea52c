package web

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"followup/models"
)

// The words people read for what the models call by codes. A code that is
// not in a table is shown in plain letters, so that a new one is never blank.

// channelLook is a channel's name and icon; colour alone never tells.
type channelLook struct{ Name, Icon string }

var channelLooks = map[models.ChannelKind]channelLook{
	models.ChannelEmail:     {"Email", "mail"},
	models.ChannelSMS:       {"Text", "text"},
	models.ChannelVoicemail: {"Voicemail", "voicemail"},
	models.ChannelCall:      {"Call", "phone"},
	models.ChannelLastUsed:  {"Their last channel", "reply"},
}

func lookOf(k models.ChannelKind) channelLook {
	if l, ok := channelLooks[k]; ok {
		return l
	}
	return channelLook{Name: sentence(plain(string(k))), Icon: "text"}
}

// outcomeLook is a call outcome as a button: its words, its key, and whether
// it asks for the next time.
type outcomeLook struct {
	Outcome  models.CallOutcome
	Label    string
	Key      string
	NextTime bool
	Tone     string
	Group    string
}

var outcomes = []outcomeLook{
	{models.OutcomeConnected, "Talked", "1", false, "good", "We spoke"},
	{models.OutcomeCallBack, "Call back at a time", "2", true, "good", "We spoke"},
	{models.OutcomeBooked, "Meeting agreed", "3", true, "good", "We spoke"},
	{models.OutcomeMeetingHeld, "Meeting held", "4", false, "good", "We spoke"},
	{models.OutcomeNoAnswer, "No answer", "5", false, "", "Nobody answered"},
	{models.OutcomeLeftVoicemail, "Left a voicemail", "6", false, "", "Nobody answered"},
	{models.OutcomeBusy, "Busy", "7", false, "", "Nobody answered"},
	{models.OutcomeWrongNumber, "Wrong number", "8", false, "bad", "It ends here"},
	{models.OutcomeNotInterested, "Not interested", "9", false, "bad", "It ends here"},
	{models.OutcomeDoNotCall, "Do not call again", "0", false, "bad", "It ends here"},
}

func outcomeLabel(o models.CallOutcome) string {
	for _, l := range outcomes {
		if l.Outcome == o {
			return l.Label
		}
	}
	return sentence(plain(string(o)))
}

var reasonWords = map[models.Reason]string{
	models.HoldQuietHours:    "quiet hours where they are",
	models.HoldWindow:        "outside of the sending window",
	models.HoldInboundBehind: "answers to this mailbox have not been read lately",
	models.HoldUnread:        "something of theirs arrived and is being read",
	models.HoldSenderStopped: "the sender is stopped",
	models.HoldProviderPause: "the provider asked for a pause",
	models.HoldRetry:         "refused for now, tried again later",
	models.HoldCompany:       "a colleague at the same company answered",
	models.HoldCap:           "enough was sent to them for now",
	models.HoldRests:         "they asked for fewer messages",
	models.HoldGap:           "too soon after the last one",
	models.HoldReview:        "the review of the last call is not written",
	models.HoldRestored:      "restored from a backup; it may have gone out before that",

	models.SkipMomentPassed:   "its moment had passed",
	models.SkipCondition:      "its condition did not hold",
	models.SkipDisabled:       "the step is switched off",
	models.SkipNoContactPoint: "no contact point for it",
	models.SkipNoConsent:      "no consent for this channel",
	models.SkipSuppressed:     "do not contact",
	models.SkipFollowUpLimit:  "the follow-up limit is reached",
	models.SkipNotAllowed:     "the channel does not permit this address",
	models.SkipByHand:         "left out by a person",
	models.SkipNoSender:       "there is nothing to send from",

	models.CancelPaused:      "the sequence was paused",
	models.CancelReplanned:   "planned anew",
	models.CancelFinished:    "the sequence ended",
	models.CancelMoved:       "the call was moved",
	models.CancelAppointment: "the call was canceled",
	models.CancelVersionMove: "moved to a new version",
	models.CancelWithdrawn:   "taken back before it left",
	models.CancelMerged:      "merged with another record",

	models.EndSent:             "sent",
	models.EndRefused:          "refused by the provider",
	models.EndDone:             "done",
	models.EndMissed:           "we did not call in time",
	models.EndDismissed:        "set aside",
	models.EndUnconfirmedFound: "found to be sent",

	models.AttentionZone:        "their time zone is not known",
	models.AttentionRender:      "a text could not be filled in",
	models.AttentionUnconfirmed: "it is not known whether it was sent",
	models.AttentionMailbox:     "the mailbox cannot be read",
	models.AttentionSecret:      "a password or token ends soon",
	models.AttentionUnmatched:   "a message from somebody unknown",
	models.AttentionInvalid:     "a contact point does not work",
	models.AttentionWrongPerson: "they are not, or no longer, the one to talk to",
	models.AttentionMissedCall:  "a booked call was missed",
	models.AttentionPlan:        "the next step could not be planned",
	models.AttentionUnanswered:  "nobody has answered them",
	models.AttentionUndialled:   "a booked call was not dialled at its minute",

	models.StopByHand:      "by hand",
	models.StopUntested:    "its set-up is not finished",
	models.StopReplaced:    "a real account is connected",
	models.StopBounces:     "too much of what it sent came back",
	models.StopComplaints:  "too much of what it sent was marked as spam",
	models.StopOwnerLeft:   "its owner has left",
	models.AttentionOptOut: "they may want us to stop",
	models.HoldWorkspace:   "everything automatic is paused",

	models.FailBounced:     "bounced",
	models.FailWrongNumber: "wrong number",
	models.FailOptedOut:    "opted out",
	models.FailConfig:      "a setting is wrong",
}

func reasonText(r models.Reason) string {
	if w, ok := reasonWords[r]; ok {
		return w
	}
	return plain(string(r))
}

var pauseWords = map[models.PauseReason]string{
	models.PauseReplied:          "they answered",
	models.PauseOutOfOffice:      "out of office",
	models.PauseManual:           "paused by hand",
	models.PauseNeedsAttention:   "something must be repaired",
	models.PauseColleagueReplied: "a colleague answered",
	models.PauseOnLeave:          "their rep is away",
}

var finishWords = map[models.EnrollmentOutcome]string{
	models.FinishCompleted:     "Every step made",
	models.FinishReplied:       "They answered",
	models.FinishMeetingBooked: "Meeting booked",
	models.FinishWon:           "Won",
	models.FinishLost:          "Lost",
	models.FinishOptedOut:      "Opted out",
	models.FinishBounced:       "Bounced",
	models.FinishUnreachable:   "Unreachable",
	models.FinishRemoved:       "Taken out",
}

// objections are what may have stood in the way, "none" with its because.
var objections = []option{
	{Value: "", Label: "Nothing noted"}, {Value: "price", Label: "Price"}, {Value: "timing", Label: "Timing"}, {Value: "authority", Label: "Somebody else decides"},
	{Value: "need", Label: "No need seen"}, {Value: "trust", Label: "Trust"}, {Value: "other", Label: "Something else"}, {Value: "none", Label: "None raised, because …"},
}

func objectionLabel(kind string) string {
	for _, o := range objections {
		if o.Value == kind {
			return strings.TrimSuffix(o.Label, ", because …")
		}
	}
	return sentence(plain(kind))
}

// finishChoices are the outcomes that a person may give.
var finishChoices = []models.EnrollmentOutcome{models.FinishWon, models.FinishLost, models.FinishMeetingBooked, models.FinishReplied, models.FinishUnreachable, models.FinishRemoved}

var consentWords = map[models.ConsentBasis]string{
	models.ConsentNone:         "None",
	models.ConsentInquiry:      "They asked us something",
	models.ConsentRelationship: "Business relationship",
	models.ConsentOral:         "Said so on the phone",
	models.ConsentWritten:      "In writing",
}

var consentChoices = []models.ConsentBasis{models.ConsentInquiry, models.ConsentRelationship, models.ConsentOral, models.ConsentWritten}

var classWords = map[models.InboundClass]string{
	models.ClassAutomatic:   "Automatic reply",
	models.ClassBounceHard:  "Bounce: the address does not work",
	models.ClassBounceSoft:  "Bounce: not delivered for now",
	models.ClassComplaint:   "Marked as spam",
	models.ClassOptOut:      "Asked to stop",
	models.ClassOptIn:       "Asked to start again",
	models.ClassHelp:        "Asked for help",
	models.ClassWrongPerson: "Not the right person",
}

var anchorWords = map[models.Anchor]string{
	models.AnchorNone:        "Starts when somebody is enrolled",
	models.AnchorAppointment: "Hangs on a booked call",
	models.AnchorCommitment:  "Hangs on what they promised",
}

var eventWords = map[models.EventKind]string{
	models.EventEnrolled:          "Enrolled",
	models.EventPaused:            "Sequence paused",
	models.EventResumed:           "Sequence resumed",
	models.EventFinished:          "Sequence ended",
	models.EventVersionMoved:      "Moved to a new version",
	models.EventTouchPlanned:      "Next step planned",
	models.EventTouchHeld:         "Held",
	models.EventTouchEnded:        "Step ended",
	models.EventTouchUnconfirmed:  "Sending not confirmed",
	models.EventTaskPlanned:       "Call set in the queue for its minute",
	models.EventTaskOpened:        "Task opened",
	models.EventTaskClosed:        "Task closed",
	models.EventDialed:            "Dialled",
	models.EventReviewed:          "Call reviewed",
	models.EventTaskSnoozed:       "Task put off",
	models.EventTaskReturned:      "Task came back",
	models.EventTaskEscalated:     "Task open for a working day: shown to the manager",
	models.EventNotified:          "Rep notified",
	models.EventInbound:           "Message received",
	models.EventReceipt:           "Delivery report",
	models.EventAnswered:          "Answered",
	models.EventSuppressed:        "Do not contact",
	models.EventPreferences:       "Chose on their own page",
	models.EventSuppressionLifted: "May be contacted again",
	models.EventConsent:           "Consent recorded",
	models.EventConsentWithdrawn:  "Consent withdrawn",
	models.EventBooked:            "Call booked",
	models.EventMoved:             "Call moved",
	models.EventAppointmentEnded:  "Booked call ended",
	models.EventCommitment:        "Promise recorded",
	models.EventCommitmentClosed:  "Promise closed",
	models.EventErased:            "Personal data erased",
	models.EventExported:          "Personal data exported",
	models.EventProspectChanged:   "Details changed",
	models.EventImported:          "Imported",
	models.EventMerged:            "Merged",
	models.EventMergeUndone:       "Told apart again",
	models.EventDistinct:          "Said to be two people",
	models.EventUnread:            "Marked as unread",
	models.EventAnswerWithdrawn:   "Answer taken back",
	models.EventContactInvalid:    "Contact point does not work",
	models.EventPursuit:           "A new pursuit began",
	models.EventSignIn:            "Signed in",
	models.EventSignedOut:         "Signed out everywhere",
	models.EventInvited:           "Invited",
	models.EventPasswordLink:      "Link for a new password made",
	models.EventSecondFactor:      "Second factor changed",
	models.EventUserLeft:          "Left; everything was handed over",
	models.EventUserChanged:       "User changed",
	models.EventLeaveStarted:      "Away: the stand-in takes over",
	models.EventLeaveEnded:        "Back from leave",
	models.EventTaskHanded:        "Task handed over",
	models.EventReassigned:        "Given to another owner",
	models.EventTeam:              "Team changed",
	models.EventResolved:          "Resolved by a person",
	models.EventSenderChanged:     "Account changed",
	models.EventSenderStopped:     "Account stopped",
	models.EventSenderStarted:     "Account started",
	models.EventWorkspacePaused:   "Everything paused",
	models.EventWorkspaceResumed:  "Everything goes on",
	models.EventSettings:          "Rules changed",
	models.EventPublished:         "Sequence published",
	models.EventSequenceDrafted:   "Sequence draft begun",
	models.EventSequenceShared:    "Sequence shared",
	models.EventSequenceOpened:    "Sequence opened again",
	models.EventSequenceArchived:  "Sequence archived",
	models.EventCompanyReleased:   "Company may be written to again",
	models.EventCompanyHeld:       "Company held",
	models.EventCompanyChanged:    "Company changed",
	models.EventLibrary:           "Library changed",
	models.EventReplyMarked:       "Reply judged by a person",
}

// codeText is an event's code in words, whatever family it is of.
func codeText(code string) string {
	if w, ok := pauseWords[models.PauseReason(code)]; ok {
		return w
	}
	if w, ok := finishWords[models.EnrollmentOutcome(code)]; ok {
		return strings.ToLower(w)
	}
	if w, ok := reasonWords[models.Reason(code)]; ok {
		return w
	}
	return plain(code)
}

// plain makes a code readable: "no_answer" → "no answer".
func plain(code string) string {
	return strings.NewReplacer("_", " ", ".", " ").Replace(code)
}

// afterCalling takes off the words that the card's heading says already.
func afterCalling(text string) string {
	const said = "the reason i'm calling is "
	if norm := strings.ReplaceAll(strings.ToLower(text), "’", "'"); strings.HasPrefix(norm, said) {
		return strings.TrimLeft(text[len(text)-len(norm[len(said):]):], " ")
	}
	return text
}

// sentence begins with a capital letter.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// initials of a name, for the avatar.
func initials(name string) string {
	var out []rune
	for _, w := range strings.Fields(name) {
		r, _ := utf8.DecodeRuneInString(w)
		if unicode.IsLetter(r) {
			out = append(out, unicode.ToUpper(r))
		}
	}
	switch {
	case len(out) == 0:
		return "?"
	case len(out) > 2:
		out = []rune{out[0], out[len(out)-1]}
	}
	return string(out)
}

// phoneText groups a North American number for reading; others stay as they are.
func phoneText(e164 string) string {
	if len(e164) == 12 && strings.HasPrefix(e164, "+1") {
		return "+1 " + e164[2:5] + " " + e164[5:8] + "-" + e164[8:]
	}
	return e164
}
