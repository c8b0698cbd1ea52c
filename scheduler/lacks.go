package scheduler

import (
	"context"
	"time"

	"followup/models"
)

// Lacks lists, before anything starts, which steps of the sequence each of the
// people has no right or no way to get, and what becomes of them. People who
// lack nothing are left out. It reads person by person: ask for a page of
// them at a time.
func (s *Scheduler) Lacks(ctx context.Context, sequenceID, repID int64, prospectIDs []int64) ([]models.Lacking, error) {
	s.engine()
	now := s.clock(time.Time{})
	var all []models.Lacking
	for _, id := range prospectIDs {
		in, err := s.Store.PlanContext(ctx, id, sequenceID, repID)
		if err != nil {
			return nil, err
		}
		if l := s.lacking(newPlanner(in, now, s.engine().cal, s.Channels)); len(l.Steps) > 0 {
			all = append(all, l)
		}
	}
	return all, nil
}

func (s *Scheduler) lacking(p *planner) models.Lacking {
	l := models.Lacking{ProspectID: p.in.Prospect.ID, Name: p.in.Prospect.Name()}
	out := p.outlets()
	for _, step := range p.def.Steps {
		if step.Disabled {
			continue
		}
		kind, rules, _ := p.channel(step)
		_, reason := out.permitted(rules, true)
		if reason == "" {
			continue
		}
		lack := models.Lack{StepKey: step.Key, Step: step.Name, Channel: kind, Reason: reason, Needs: out.need(rules).Basis, Why: p.noContactDetail(reason, rules)}
		if lack.Step == "" {
			lack.Step = step.Key
		}
		if _, why := out.permitted(rules, false); reason == models.SkipNoConsent && speakable(rules) && why == "" {
			lack.Spoken = true
		}
		l.Steps = append(l.Steps, lack)
	}
	return l
}
