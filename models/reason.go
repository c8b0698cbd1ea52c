package models

// Reason is a typed answer to "why": why nothing was sent, why it waits, why
// it ended. It is stored and counted; Detail fields beside it hold the words.
type Reason string

// Reasons of holds: the touch waits and is judged again.
const (
	HoldQuietHours    Reason = "quiet_hours"
	HoldWindow        Reason = "sending_window"
	HoldInboundBehind Reason = "inbound_behind" // answers to this sender have not been read lately
	HoldUnread        Reason = "unread"         // something of theirs has arrived and is not understood yet
	HoldSenderStopped Reason = "sender_stopped"
	HoldProviderPause Reason = "provider_pause" // 429
	HoldRetry         Reason = "retry"          // refused for now
	HoldCompany       Reason = "company_hold"
	HoldGap           Reason = "minimum_gap"
	HoldCap           Reason = "cap"         // enough for now: a limit per day, or in 24 hours
	HoldBudget        Reason = "text_budget" // the month's budget for texts is used up
	HoldRests         Reason = "asked_later" // they asked on their own page to hear later, or less often
	HoldWorkspace     Reason = "workspace_paused"
	HoldReview        Reason = "call_unreviewed"   // the review of a conversation is not written
	HoldUnnamed       Reason = "workspace_unnamed" // who writes is not said yet: the company's name, or its postal address
	HoldRestored      Reason = "restored"          // due in a time that a restored database knows nothing of
)

// Reasons of skips and cancellations.
const (
	SkipMomentPassed    Reason = "moment_passed" // a reminder whose time is over
	SkipCondition       Reason = "condition"     // the step's condition does not hold
	SkipDisabled        Reason = "disabled"
	SkipNoContactPoint  Reason = "no_contact_point"
	SkipNoConsent       Reason = "no_consent"
	SkipSuppressed      Reason = "suppressed"
	SkipFollowUpLimit   Reason = "follow_up_limit"
	SkipNotAllowed      Reason = "not_allowed" // the channel's own check: reserved address, not on the allow-list
	SkipNoSender        Reason = "no_sender"
	SkipByHand          Reason = "left_out" // a person let the sequence go on without it
	CancelPaused        Reason = "paused"
	CancelReplanned     Reason = "replanned"
	CancelFinished      Reason = "enrollment_finished"
	CancelMoved         Reason = "appointment_moved"
	CancelAppointment   Reason = "appointment_canceled"
	CancelVersionMove   Reason = "version_moved"
	CancelWithdrawn     Reason = "withdrawn" // an answer taken back before it left
	CancelMerged        Reason = "merged"    // its record became part of another
	EndSent             Reason = "accepted"
	EndRefused          Reason = "refused"
	EndDone             Reason = "done"
	EndMissed           Reason = "missed"
	EndDismissed        Reason = "dismissed"
	EndUnconfirmedFound Reason = "reconciled"
)

// Reasons of resolve tasks: something a person must look at.
const (
	AttentionZone        Reason = "unknown_zone"
	AttentionRender      Reason = "render_failed"
	AttentionNoSender    Reason = "no_sender"
	AttentionUnconfirmed Reason = "unconfirmed"
	AttentionMailbox     Reason = "mailbox_down"
	AttentionSender      Reason = "sender_stopped"
	AttentionSecret      Reason = "secret_ends" // the password, token or client secret of a sender ends soon
	AttentionRefused     Reason = "refused"
	AttentionUnmatched   Reason = "unmatched_inbound"
	AttentionInvalid     Reason = "invalid_contact_point"
	AttentionMissedCall  Reason = "missed_call"
	AttentionPlan        Reason = "plan_failed"
	AttentionVersion     Reason = "version_move"     // their place in the new version is not known
	AttentionWrongPerson Reason = "wrong_person"     // they are not, or no longer, the one to talk to
	AttentionOptOut      Reason = "opt_out_unclear"  // a reply that may be an opt-out
	AttentionRestored    Reason = "restored"         // the workspace came from a backup
	AttentionUndialled   Reason = "call_undialled"   // a booked call's minute has passed and its rep has not dialled
	AttentionCanceled    Reason = "call_canceled"    // by the customer, by the link in a message
	AttentionCommitment  Reason = "commitment_due"   // a promise is due and its person cannot be called
	AttentionUnanswered  Reason = "unanswered_reply" // a customer has waited longer than the workspace wants
)

// Reasons for which a person, or the program, stopped a sender.
const (
	StopByHand   Reason = "stopped_by_hand"
	StopUntested Reason = "set_up_unfinished" // its servers or its provider did not take what was entered
	StopReplaced Reason = "replaced"          // a sandbox sender, by a real one
	// Too much of what it sent came back, or was marked as spam: it rests before its name is spoiled.
	StopBounces    Reason = "too_many_bounces"
	StopComplaints Reason = "too_many_complaints"
	StopOwnerLeft  Reason = "owner_left"
)

// Reasons of failures and invalid contact points.
const (
	FailBounced     Reason = "bounced"
	FailRefused     Reason = "refused"
	FailWrongNumber Reason = "wrong_number"
	FailOptedOut    Reason = "opted_out"
	FailDoNotCall   Reason = "do_not_call" // it is in an imported list
	FailConfig      Reason = "configuration"
)
