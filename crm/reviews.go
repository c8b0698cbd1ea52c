package crm

import (
	"context"
	"slices"
	"strings"
	"time"

	"followup/models"
	"followup/templates"
)

// maxLine bounds a line of a card, a discovery or a review.
const maxLine = 2000

// SaveCallCard keeps a call's card as a draft. A reason from the library
// brings its words along.
func (s *Service) SaveCallCard(ctx context.Context, userID int64, card models.CallCard) (models.CallCard, error) {
	for _, f := range []*string{&card.Reason, &card.Summary, &card.Changed, &card.Question, &card.Notes, &card.Voicemail} {
		*f = strings.TrimSpace(strings.ReplaceAll(*f, "\r\n", "\n"))
	}
	lines := map[string]string{"reason": card.Reason, "summary": card.Summary, "changed": card.Changed, "question": card.Question, "voicemail": card.Voicemail, "next_at": card.NextAt}
	if err := bounded(lines, maxLine); err != nil {
		return card, err
	}
	if err := bounded(map[string]string{"notes": card.Notes}, maxNotes); err != nil {
		return card, err
	}
	if card.ReasonFrom != models.ReasonPoint {
		card.TalkingPointID = nil
	}
	card.UpdatedBy = &userID
	return s.Store.SaveCallCard(ctx, card, s.Clock())
}

// FreshReason refuses a reason for calling that this person has heard.
func (s *Service) FreshReason(ctx context.Context, prospectID int64, reason string) error {
	heard, err := s.Store.HeardReasons(ctx, prospectID)
	if err != nil {
		return err
	}
	if h, twice := models.HeardBefore(heard, reason); twice {
		return models.Invalid("reason", "they heard this one on %s; choose another, or write it anew", h.At.UTC().Format("2 January 2006"))
	}
	return nil
}

// SaveDiscovery keeps what is known of a prospect's aims.
func (s *Service) SaveDiscovery(ctx context.Context, userID int64, d models.Discovery) error {
	lines := map[string]*string{
		"goal": &d.Goal, "goal_value": &d.GoalValue, "stretch_goal": &d.StretchGoal, "obstacle": &d.Obstacle, "daily_cost": &d.DailyCost,
		"tried_before": &d.TriedBefore, "why_it_failed": &d.WhyItFailed, "common": &d.Common,
	}
	typed := map[string]string{}
	for name, f := range lines {
		*f = strings.TrimSpace(strings.ReplaceAll(*f, "\r\n", "\n"))
		typed[name] = *f
	}
	if err := bounded(typed, maxLine); err != nil {
		return err
	}
	if d.GoalDate != "" {
		if _, err := models.ParseDate(string(d.GoalDate)); err != nil {
			return models.Invalid("goal_date", "%q is not a date; write it as 2026-12-31", d.GoalDate)
		}
	}
	d.UpdatedBy = &userID
	return s.Store.SaveDiscovery(ctx, d, models.UserActor(userID), s.Clock())
}

// SaveReview keeps a review as a draft.
func (s *Service) SaveReview(ctx context.Context, r models.CallReview) (models.CallReview, error) {
	if err := cleanReview(&r); err != nil {
		return r, err
	}
	return s.Store.SaveReview(ctx, r, s.Clock())
}

// ReviewReport is a review to be finished.
type ReviewReport struct {
	Review     models.CallReview
	UserID     int64
	ProspectID int64
	NextAt     *time.Time // NextCall: when
	Quiet      bool       // NextCall: the customer gets no confirmation
}

// FinishReview records a review. The objection is never left out: without it
// nobody knows what the next follow-up is to answer.
func (s *Service) FinishReview(ctx context.Context, rep ReviewReport) (models.Task, error) {
	r := rep.Review
	if err := cleanReview(&r); err != nil {
		return models.Task{}, err
	}
	if err := checkObjection(r); err != nil {
		return models.Task{}, err
	}
	d := models.ReviewDone{Review: r, By: models.UserActor(rep.UserID), Now: s.Clock()}
	if err := addPromise(&d, rep); err != nil {
		return models.Task{}, err
	}
	if err := s.addNextStep(ctx, &d, rep); err != nil {
		return models.Task{}, err
	}
	task, err := s.Store.FinishReview(ctx, d)
	if err == nil {
		s.wake()
	}
	return task, err
}

func cleanReview(r *models.CallReview) error {
	r.Notes = strings.TrimSpace(strings.ReplaceAll(r.Notes, "\r\n", "\n"))
	for _, f := range []*string{&r.ObjectionWords, &r.Promise, &r.PromiseValue, &r.PromiseWords, &r.NextAt} {
		*f = strings.TrimSpace(*f)
	}
	if err := bounded(map[string]string{"notes": r.Notes}, maxNotes); err != nil {
		return err
	}
	return bounded(map[string]string{
		"objection_words": r.ObjectionWords, "promise": r.Promise, "promise_value": r.PromiseValue, "promise_words": r.PromiseWords,
		"promise_date": string(r.PromiseDate), "next_at": r.NextAt,
	}, maxLine)
}

func bounded(fields map[string]string, longest int) error {
	for name, text := range fields {
		if len(text) > longest {
			return models.Invalid(name, "is longer than %d characters; shorten it", longest)
		}
	}
	return nil
}

func checkObjection(r models.CallReview) error {
	switch {
	case r.Objection == "":
		return models.Invalid("objection", "say what stood in the way, or choose “None raised” and why; without it no further follow-up is made")
	case r.Objection != models.ObjectionNone && !slices.Contains(models.ObjectionKinds, r.Objection):
		return models.Invalid("objection", "%q is no kind of objection; choose one of the list", r.Objection)
	case r.Objection == models.ObjectionNone && r.ObjectionWords == "":
		return models.Invalid("objection_words", "none was raised, because …: finish the sentence")
	case r.ObjectionWords == "":
		return models.Invalid("objection_words", "write it in their own words; they tell what answers it")
	}
	return nil
}

// addPromise: a promise has what, and by when.
func addPromise(d *models.ReviewDone, rep ReviewReport) error {
	r := d.Review
	if r.Promise == "" {
		if r.PromiseDate != "" || r.PromiseWords != "" || r.PromiseValue != "" {
			return models.Invalid("promise", "say what they promised to do, or leave the promise empty")
		}
		return nil
	}
	if _, err := models.ParseDate(string(r.PromiseDate)); err != nil {
		return models.Invalid("promise_date", "say by when, as a date such as 2026-12-04; a promise without one is none")
	}
	d.Commitment = &models.Commitment{
		RepID: rep.UserID, Outcome: r.Promise, Value: r.PromiseValue, DueOn: r.PromiseDate, Words: r.PromiseWords,
	}
	return nil
}

func (s *Service) addNextStep(ctx context.Context, d *models.ReviewDone, rep ReviewReport) error {
	switch d.Review.NextWhat {
	case "":
		return models.Invalid("next_what", "say what comes next: with a date and a time, or that nothing does")
	case models.NextGoesOn:
		d.GoesOn = true
	case models.NextBooked, models.NextNothing:
	case models.NextCall:
		if rep.NextAt == nil {
			return models.Invalid("next_at", "say when: the next call is booked at an exact minute")
		}
		b := models.Booking{ProspectID: rep.ProspectID, RepID: rep.UserID, StartsAt: *rep.NextAt, By: d.By}
		b, err := s.prepareBooking(ctx, b, templates.NoticeBooked, rep.Quiet)
		if err != nil {
			return err
		}
		d.Next = &b
	default:
		return models.Invalid("next_what", "%q is no next step; choose one of the list", d.Review.NextWhat)
	}
	return nil
}
