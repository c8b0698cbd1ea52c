package crm

import (
	"context"
	"slices"
	"strings"
	"time"

	"followup/models"
)

// PostponeCommitment gives a promise that was not kept a new date; the cause
// is what one speaks of then.
func (s *Service) PostponeCommitment(ctx context.Context, actor string, id int64, due models.Date, cause string) (models.Commitment, error) {
	if _, err := models.ParseDate(string(due)); err != nil {
		return models.Commitment{}, models.Invalid("due_on", "choose the new date")
	}
	if due < models.DateOf(s.Clock().Add(-14*time.Hour), time.UTC) {
		return models.Commitment{}, models.Invalid("due_on", "the new date lies in the past")
	}
	if cause = clean(cause); cause == "" {
		return models.Commitment{}, models.Invalid("cause", "say what came in between, in their words")
	}
	return s.Store.PostponeCommitment(ctx, id, due, cause, actor, s.Clock())
}

// PlanCall plans a call by hand: the next step of somebody who has none.
func (s *Service) PlanCall(ctx context.Context, prospectID, userID int64, at time.Time, formToken string) (models.Touch, error) {
	now := s.Clock()
	if at.Before(now.Add(-time.Minute)) {
		return models.Touch{}, models.Invalid("at", "that time has passed; choose a later one")
	}
	if at.After(now.AddDate(2, 0, 0)) {
		return models.Touch{}, models.Invalid("at", "that is more than two years away; check the year")
	}
	t, err := s.Store.PlanCall(ctx, prospectID, userID, at.UTC(), "You set this as the next step.", formToken, now)
	if err == nil {
		s.wake()
	}
	return t, err
}

// talking is how long after their last message somebody is in conversation.
const talking = 7 * 24 * time.Hour

// Talking tells whether somebody is in conversation with us: an automatic
// message would talk over it.
func Talking(talk models.Conversation, now time.Time) bool {
	return talk.WaitingSince != nil || talk.LastInboundAt != nil && now.Sub(*talk.LastInboundAt) < talking
}

// TellCohort tells one more person of a success. The gate judges it as any
// follow-up, when it leaves; whoever was told before is not told again.
func (s *Service) TellCohort(ctx context.Context, userID int64, c models.Commitment, prospectID int64, to models.ContactPoint, subject, body string) (told bool, err error) {
	thread, err := s.Store.Thread(ctx, prospectID, 1)
	if err != nil {
		return false, err
	}
	from := slices.IndexFunc(thread.Senders, func(s models.Sender) bool {
		return s.Kind == models.SenderMailbox && s.State == models.SenderActive
	})
	if from < 0 {
		return false, models.Errorf(models.CodeInvalid, "There is no mailbox to send from. Connect one under Accounts.")
	}
	now, token := s.Clock(), models.CohortToken(c.ID, prospectID)
	repeat, err := s.Store.PlanNote(ctx, models.Touch{
		ProspectID: prospectID, StepKey: "cohort", Occurrence: "0", FormToken: &token, Kind: models.TouchMessage, Channel: models.ChannelEmail,
		Purpose: models.PurposeFollowUp, ContactPointID: &to.ID, SenderID: &thread.Senders[from].ID, RepID: userID, State: models.TouchPlanned,
		DueAt: now, PromisedAt: now, Draft: &models.Draft{Subject: subject, Body: body, Template: true},
		Why: "Somebody else with a promise kept it, and agreed that others hear of it.", PlannedAt: now, UpdatedAt: now,
	}, models.UserActor(userID))
	return !repeat, err
}

// Literal keeps a person's words from being read as a template.
func Literal(s string) string { return strings.NewReplacer("{", "(", "}", ")").Replace(s) }
