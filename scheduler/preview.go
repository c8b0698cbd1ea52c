package scheduler

import (
	"context"
	"errors"
	"slices"
	"time"

	"followup/models"
)

// Preview shows every step of the sequence for the prospect with dates and
// rendered texts, and what would stop it (refusals; empty: nothing).
func (s *Scheduler) Preview(ctx context.Context, req EnrollRequest) (steps []models.PlannedStep, refusals []string, err error) {
	now := s.clock(time.Time{})
	in, err := s.enrollInput(ctx, &req, now)
	if err != nil {
		return nil, nil, err
	}
	if err := s.refuse(in, req, now); err != nil {
		refusals = append(refusals, messageOf(err))
	} else if req.CallAt != nil {
		if _, err := s.booking(in, req, now); err != nil {
			refusals = append(refusals, messageOf(err))
		}
	}
	switch err := s.giveReason(ctx, &in, req); models.CodeOf(err) {
	case models.CodeRefused, models.CodeNotFound:
		refusals = append(refusals, messageOf(err))
	default:
		if err != nil {
			return nil, nil, err
		}
	}
	sim := s.simulation(in, now)
	if in.Version.ID != 0 && (in.Version.Definition.Anchor != models.AnchorAppointment || in.Appointment != nil) {
		sim.play()
	}
	for _, r := range sim.refusals {
		if !slices.Contains(refusals, r) {
			refusals = append(refusals, r)
		}
	}
	return sim.steps, refusals, nil
}

// Upcoming previews what a running enrollment still has before it; a paused
// one as if it were resumed now.
func (s *Scheduler) Upcoming(_ context.Context, in models.PlanInput) []models.PlannedStep {
	if !in.Enrollment.Live() {
		return nil
	}
	sim := s.simulation(in, s.clock(time.Time{}))
	if !in.Enrollment.Active() {
		sim.in.Enrollment.State, sim.in.Enrollment.ResumedAt = models.EnrollmentActive, &sim.now
		sim.estimated = true
	}
	sim.play()
	return sim.steps
}

// messageOf is an error's message without the name of the field.
func messageOf(err error) string {
	var e *models.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
