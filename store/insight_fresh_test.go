package store_test

import (
	"slices"
	"time"

	"followup/models"
)

// fresh is a whole history counted from its rows, by docs/metrics.md.
type fresh struct{ touches, pursuits, answers, calls, promises []counted }

func all[T any](p *past, where string, id int64) []T {
	var rows []T
	p.ok(p.db.Where(where, id).Order("id").Find(&rows).Error)
	return rows
}

func (p *past) countAfresh() fresh {
	var out fresh
	for _, person := range p.people {
		loc, err := models.LoadZone(person.Zone)
		if err != nil {
			loc = time.UTC
		}
		messages := all[models.Message](p, "prospect_id = ?", person.ID)
		tasks := all[models.Task](p, "prospect_id = ?", person.ID)
		appointments := all[models.Appointment](p, "prospect_id = ?", person.ID)
		stops := all[models.Suppression](p, "prospect_id = ?", person.ID)
		runs := all[models.Enrollment](p, "prospect_id = ?", person.ID)
		touches := all[models.Touch](p, "prospect_id = ?", person.ID)

		mine := p.freshTouches(person, loc, touches, tasks)
		slices.SortStableFunc(mine, func(a, b counted) int { return a.at.Compare(b.at) })
		before := func(at time.Time, days int, voicemail bool) *counted {
			var found *counted
			for i := range mine {
				if !mine[i].at.After(at) && (!voicemail || mine[i].voicemail) {
					found = &mine[i]
				}
			}
			if found == nil || at.Sub(found.at) > time.Duration(days)*24*time.Hour {
				return &counted{} // nobody's
			}
			return found
		}
		for _, m := range messages {
			if m.Direction != models.Inbound || m.Class == models.ClassAutomatic {
				continue
			}
			c := before(*m.SentAt, 30, false)
			c.replied = true
			c.positive = c.positive || m.Mark == models.MarkPositive
			if m.Channel == models.ChannelCall || m.Channel == models.ChannelVoicemail {
				before(*m.SentAt, 7, true).returned = true
			}
		}
		var closings []time.Time
		for _, a := range appointments {
			before(a.CreatedAt, 30, false).met = true
			closings = append(closings, a.CreatedAt)
		}
		for _, s := range stops {
			before(s.CreatedAt, 30, false).optedOut = true
		}
		var wins []time.Time
		for _, e := range runs {
			if e.Outcome == models.FinishWon {
				before(*e.FinishedAt, 30, false).won = true
				wins = append(wins, *e.FinishedAt)
			}
		}
		out.touches = append(out.touches, mine...)
		out.pursuits = append(out.pursuits, p.freshPursuits(person, loc, mine, closings, wins, stops)...)
		out.answers = append(out.answers, freshAnswers(person, loc, messages, touches, tasks)...)
		out.calls = append(out.calls, freshCalls(loc, appointments, tasks)...)
		for _, c := range all[models.Commitment](p, "prospect_id = ?", person.ID) {
			due, err := time.Parse(time.DateOnly, string(c.DueOn))
			p.ok(err)
			worth := map[string]int64{"$1,200 a month": 1200, "3k": 3000}[c.Value]
			out.promises = append(out.promises, counted{at: due, rep: c.RepID, amount: worth, won: worth > 0,
				slot: map[models.CommitmentState]int{models.CommitmentKept: 0, models.CommitmentBroken: 1, models.CommitmentOpen: 2}[c.State]})
		}
	}
	return out
}

func (p *past) freshTouches(person *pastPerson, loc *time.Location, touches []models.Touch, tasks []models.Task) []counted {
	var mine []counted
	for _, t := range touches {
		if t.EnrollmentID == nil || t.State != models.TouchSent && t.State != models.TouchDone {
			continue
		}
		var run *pastRun
		for _, r := range person.runs {
			if r.ID == *t.EnrollmentID {
				run = r
			}
		}
		c := counted{at: t.EndedAt.In(loc), sequence: run.SequenceID, version: run.VersionID, step: t.StepKey, variant: t.Variant, channel: t.Channel,
			rep: t.RepID, voicemail: t.Channel == models.ChannelVoicemail, cohort: models.Date(run.StartedAt.In(loc).Format("2006-01") + "-01")}
		for _, m := range slices.Backward(run.moves) {
			if m.at.After(*t.EndedAt) {
				c.version = m.from
			}
		}
		for _, task := range tasks {
			if task.TouchID != nil && *task.TouchID == t.ID {
				switch task.Outcome {
				case models.OutcomeLeftVoicemail:
					c.voicemail = true
				case models.OutcomeBooked, models.OutcomeCallBack, models.OutcomeMeetingHeld:
					c.replied, c.positive = true, true
				case models.OutcomeConnected, models.OutcomeNotInterested, models.OutcomeDoNotCall:
					c.replied = true
				}
			}
		}
		mine = append(mine, c)
	}
	return mine
}

func (p *past) freshPursuits(person *pastPerson, loc *time.Location, touches []counted, booked, won []time.Time, stops []models.Suppression) []counted {
	var pursuits []models.Pursuit
	p.ok(p.db.Where("prospect_id = ? AND follow_ups > 0", person.ID).Order("started_at, id").Find(&pursuits).Error)
	out := make([]counted, len(pursuits))
	for i, u := range pursuits {
		out[i] = counted{at: u.StartedAt.In(loc), rep: person.OwnerID, slot: min(u.FollowUps, 20), replied: u.EndedBy != models.PursuitRestart}
		for _, t := range touches {
			if !t.at.Before(u.StartedAt) && !t.at.After(*u.EndedAt) {
				out[i].rep, out[i].sequence = t.rep, t.sequence
			}
		}
	}
	last := func(at time.Time) *counted {
		for i := len(pursuits) - 1; i >= 0; i-- {
			if !pursuits[i].StartedAt.After(at) {
				if at.Sub(*pursuits[i].EndedAt) <= 30*24*time.Hour {
					return &out[i]
				}
				break
			}
		}
		return &counted{}
	}
	for _, at := range booked {
		c := last(at)
		c.met, c.amount = true, 1
	}
	for _, at := range won {
		c := last(at)
		c.won, c.amount = true, 1
	}
	for _, s := range stops {
		last(s.CreatedAt).optedOut = true
	}
	return out
}

func freshAnswers(person *pastPerson, loc *time.Location, messages []models.Message, touches []models.Touch, tasks []models.Task) []counted {
	type ours struct {
		at  time.Time
		rep int64
	}
	var answers []ours
	for _, t := range touches {
		if t.Purpose == models.PurposeAnswer && t.State == models.TouchSent {
			answers = append(answers, ours{*t.EndedAt, t.RepID})
		}
	}
	for _, t := range tasks {
		at := t.ClosedAt
		if t.DialedAt != nil {
			at = t.DialedAt
		}
		answers = append(answers, ours{*at, t.UserID})
	}
	var asked []models.Message
	for _, m := range messages {
		switch {
		case m.Direction == models.Outbound:
			answers = append(answers, ours{*m.SentAt, *m.UserID})
		case m.Class == models.ClassHuman:
			asked = append(asked, m)
		}
	}
	slices.SortStableFunc(answers, func(a, b ours) int { return a.at.Compare(b.at) })
	slices.SortStableFunc(asked, func(a, b models.Message) int { return a.SentAt.Compare(*b.SentAt) })
	var out []counted
	var until time.Time // they wait until then: what they write meanwhile is the same wait
	for _, m := range asked {
		if !until.IsZero() && !m.SentAt.After(until) {
			continue
		}
		c := counted{at: m.SentAt.In(loc), channel: m.Channel, rep: person.OwnerID, slot: 5}
		until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		for _, a := range answers {
			if !a.at.Before(*m.SentAt) {
				d := a.at.Sub(*m.SentAt)
				c.rep, c.amount, until = a.rep, int64(d.Seconds()), a.at
				switch {
				case d <= 15*time.Minute:
					c.slot = 0
				case d <= time.Hour:
					c.slot = 1
				case d <= 4*time.Hour:
					c.slot = 2
				case d <= 24*time.Hour:
					c.slot = 3
				default:
					c.slot = 4
				}
				break
			}
		}
		out = append(out, c)
	}
	return out
}

func freshCalls(loc *time.Location, appointments []models.Appointment, tasks []models.Task) []counted {
	var out []counted
	for _, a := range appointments {
		if a.State == models.AppointmentBooked || a.State == models.AppointmentCanceled {
			continue
		}
		c := counted{at: a.StartsAt.In(loc), rep: a.RepID, slot: 4}
		if a.State != models.AppointmentMissed {
			dialed := *a.EndedAt
			for _, t := range tasks {
				if t.AppointmentID != nil && *t.AppointmentID == a.ID && t.DialedAt != nil {
					dialed = *t.DialedAt
				}
			}
			late := max(dialed.Sub(a.StartsAt), 0)
			c.amount = int64(late.Seconds())
			switch {
			case late < time.Minute:
				c.slot = 0
			case late <= 5*time.Minute:
				c.slot = 1
			case late <= 15*time.Minute:
				c.slot = 2
			default:
				c.slot = 3
			}
		}
		out = append(out, c)
	}
	return out
}
