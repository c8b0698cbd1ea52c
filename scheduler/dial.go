package scheduler

import (
	"context"
	"fmt"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

// DialRequest is a press of Dial.
type DialRequest struct {
	TaskID         int64
	UserID         int64
	ContactPointID *int64 // nil: the number on the card
	// Asked says why the call is made before its minute, or outside of the
	// hours: they asked for it. "" : it is not.
	Asked     string
	FormToken string // of the button: pressing it twice rings once
}

// longestAsked bounds the reason for calling early.
const longestAsked = 300

// Dial asks the gate once more and lets the call begin: through the provider,
// which rings the rep and then the prospect, or on the rep's own phone. An
// order not to call is never overridden; the hours and the minute only by the
// customer's own wish, which is recorded.
func (s *Scheduler) Dial(ctx context.Context, req DialRequest) (models.Dial, error) {
	s.engine() // prepares what the fields leave out
	now := s.clock(time.Time{})
	req.Asked = strings.TrimSpace(req.Asked)
	if len(req.Asked) > longestAsked {
		return models.Dial{}, models.Invalid("asked", "say it in fewer words (%d characters at most)", longestAsked)
	}
	task, due, err := s.Store.DialDue(ctx, req.TaskID, now)
	if err != nil {
		return models.Dial{}, err
	}
	point, until, err := judgeDial(due, s.gate(now), req.ContactPointID, req.Asked != "")
	if err != nil {
		return models.Dial{}, err
	}
	if task.State == models.TaskUpcoming {
		if req.Asked == "" && now.Before(task.DueAt) {
			return models.Dial{}, models.Invalid("asked", "this call opens at its minute; say why it is made before, if they asked for it")
		}
		if task, err = s.Store.OpenEarly(ctx, task.ID, models.UserActor(req.UserID), now); err != nil {
			return models.Dial{}, err
		}
	}
	d := models.Dial{
		TaskID: task.ID, UserID: req.UserID, ContactPointID: &point.ID, Number: point.Value, Asked: req.Asked,
		FormToken: req.FormToken, State: models.DialByHand, ValidUntil: until, CreatedAt: now,
	}
	if d.FormToken == "" {
		d.FormToken = s.NewToken()
	}
	bridge, sender, err := s.bridgeFor(ctx, &d)
	if err != nil {
		return d, err
	}
	d, repeat, err := s.Store.BeginDial(ctx, d)
	if err != nil || repeat || bridge == nil {
		return d, err
	}
	return s.ring(ctx, bridge, *sender, d)
}

// bridgeFor finds the way by which we place the call; nil where the rep's own
// phone dials: no number of ours at a provider that can, no phone of the
// rep's, or no address at which the provider reaches us.
func (s *Scheduler) bridgeFor(ctx context.Context, d *models.Dial) (channels.Bridger, *models.Sender, error) {
	if s.PublicURL == "" {
		return nil, nil, nil
	}
	rep, sender, err := s.Store.PhoneOf(ctx, d.UserID)
	if err != nil || sender == nil || rep.Phone == "" {
		return nil, nil, err
	}
	bridge, ok := s.Channels.Bridger(sender.Provider)
	if !ok {
		return nil, nil, nil
	}
	d.State, d.SenderID, d.RepNumber, d.Token = models.DialAsked, &sender.ID, rep.Phone, s.NewToken()
	return bridge, sender, nil
}

// ring places the call that was recorded, once.
func (s *Scheduler) ring(ctx context.Context, bridge channels.Bridger, sender models.Sender, d models.Dial) (models.Dial, error) {
	if rules, _ := s.Channels.Rules(models.ChannelCall); turnOf(rules, sender) != nil {
		// A turn that cannot be counted is no reason not to call.
		if err := s.Store.TakeTurn(ctx, *turnOf(rules, sender), s.clock(time.Time{})); err != nil {
			s.Log.WarnContext(ctx, "a call took no turn", "task", d.TaskID, "error", err)
		}
	}
	out, err := bridge.Connect(ctx, channels.Ring{Sender: sender, RepNumber: d.RepNumber, Number: d.Number, Token: d.Token})
	d.State, d.Detail, d.ProviderID = models.DialRinging, "", out.ProviderID
	if err != nil {
		se := channels.AsSendError(err)
		d.State, d.Detail = models.DialFailed, se.Detail
		if se.Class == models.SendAmbiguous {
			d.State, d.Detail = models.DialUnsure, "the provider did not answer in time; if your phone does not ring within a minute, dial again"
		}
		if d.Detail == "" {
			d.Detail = se.Error()
		}
	}
	// The call is under way whatever happens to the request.
	kept := context.WithoutCancel(ctx)
	if err := s.Store.DialPlaced(kept, d.ID, d.State, d.ProviderID, d.Detail, s.clock(time.Time{})); err != nil {
		return d, fmt.Errorf("record the call of task %d: %w", d.TaskID, err)
	}
	return d, nil
}

// JudgeDial asks, at the moment of dialling, whether this person may be
// called on this number now, and gives the number. asked: they asked for it.
func JudgeDial(d models.Due, g Gate, chosen *int64, asked bool) (models.ContactPoint, error) {
	point, _, err := judgeDial(d, g, chosen, asked)
	return point, err
}

// judgeDial also says until when the number may ring; nil: they asked for it.
func judgeDial(d models.Due, g Gate, chosen *int64, asked bool) (models.ContactPoint, *time.Time, error) {
	j := &judgement{Gate: g, d: d, kind: models.ChannelCall, byHand: true, task: true, booked: d.Touch.Kind == models.TouchBookedCall}
	j.rules, _ = g.Channels.Rules(models.ChannelCall)
	if j.personGone() || j.appointmentChanged() {
		return models.ContactPoint{}, nil, j.refused()
	}
	if s, ok := j.workspaceOrder(); ok {
		return models.ContactPoint{}, nil, models.Errorf(models.CodeRefused, "Nobody may be contacted: %s.", DescribeReason(s.Reason))
	}
	if chosen == nil {
		chosen = d.Touch.ContactPointID
	}
	pick := j.outlets().fallThrough(chosen, j.rules, false)
	if pick.reason != "" {
		return models.ContactPoint{}, nil, models.Errorf(models.CodeRefused, "%s cannot be called: %s.", d.Prospect.Name(), j.noPointDetail(pick.reason))
	}
	if chosen != nil && pick.point.ID != *chosen {
		if cp := j.outlets().find(chosen); cp != nil {
			if s, no := models.Suppressed(d.Suppressions, d.Prospect, *cp, models.ChannelCall); no {
				return models.ContactPoint{}, nil, models.Errorf(models.CodeRefused, "%s must not be called (%s). Choose another number, or record a new consent.", cp.Value, DescribeReason(s.Reason))
			}
		}
	}
	j.point = pick.point
	early := j.booked && g.Now.Before(d.Touch.PromisedAt)
	if asked || j.booked && !early {
		return *pick.point, nil, nil
	}
	if !early && j.quietHours() {
		return models.ContactPoint{}, nil, models.Errorf(models.CodeRefused, "It is not a time to call %s: %s. Where they asked for the call, say so under “They asked”.", d.Prospect.Name(), j.dec.Detail)
	}
	if closes, ok := j.window.Closes(g.Now); ok {
		return *pick.point, &closes, nil
	}
	return *pick.point, nil, nil
}

func (j *judgement) refused() error {
	return models.Errorf(models.CodeRefused, "This call must not be made: %s.", j.dec.Detail)
}

// Prepare is what the rep reads before a call: as it was made ready, or, of a
// call that is still far off, as it would be now.
func (s *Scheduler) Prepare(ctx context.Context, taskID int64) (models.CallPrep, error) {
	task, due, err := s.Store.DialDue(ctx, taskID, s.clock(time.Time{}))
	if err != nil || task.State != models.TaskUpcoming || task.ReadyAt != nil {
		return task.Prep, err
	}
	g := s.gate(due.Touch.PromisedAt)
	if dec := Judge(due, g); dec.Task != nil {
		return dec.Task.Prep, nil
	}
	return task.Prep, nil
}
