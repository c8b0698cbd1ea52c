package simulate

import (
	"fmt"
	"slices"

	"followup/models"
	"followup/templates"
)

// course is a sequence as the world knows it.
type course struct {
	id      int64
	def     models.Definition
	version int64 // published last
	number  int
}

const generated = 8

// writeSequences publishes random sequences beside the built-in ones.
func (w *world) writeSequences() error {
	if err := w.crm.InstallBuiltins(w.ctx); err != nil {
		return err
	}
	for _, b := range templates.Builtins() {
		seq, err := w.store.SequenceByKey(w.ctx, b.Definition.Key)
		if err != nil {
			return err
		}
		w.sequences = append(w.sequences, &course{id: seq.ID, def: b.Definition, version: *seq.CurrentVersionID, number: 1})
		w.versions[*seq.CurrentVersionID] = b.Definition
	}
	for i := range generated {
		if err := w.publish(&course{def: w.invent(i)}); err != nil {
			return err
		}
	}
	return nil
}

// publish makes the next version as a manager does, through the file.
func (w *world) publish(c *course) error {
	source, err := templates.FormatSequence(c.def)
	if err != nil {
		return err
	}
	v, err := w.crm.Publish(w.ctx, &w.manager.ID, string(source), "simulated")
	if err != nil {
		return fmt.Errorf("publishing %s: %w\n%s", c.def.Key, err, source)
	}
	if c.id == 0 {
		w.sequences = append(w.sequences, c)
	}
	c.id, c.def, c.version, c.number = v.SequenceID, v.Definition, v.ID, v.Number
	w.versions[v.ID] = v.Definition
	return nil
}

var anchors = []models.Anchor{models.AnchorNone, models.AnchorNone, models.AnchorAppointment, models.AnchorCommitment}

// invent makes a random sequence that a manager could have written.
func (w *world) invent(i int) models.Definition {
	d := models.Definition{
		Key: fmt.Sprintf("invented-%d", i), Name: fmt.Sprintf("Invented %d", i), Anchor: oneOf(w, anchors), CountsAsFollowUp: w.chance(0.8),
		DefaultChannel:   oneOf(w, []models.ChannelKind{models.ChannelEmail, models.ChannelSMS}),
		OnReply:          oneOf(w, []models.ReplyAction{models.ReplyPause, models.ReplyPause, models.ReplyFinish, models.ReplyContinue}),
		OnColleagueReply: oneOf(w, []models.ReplyAction{models.ReplyPause, models.ReplyFinish, models.ReplyContinue}),
		OnMeeting:        oneOf(w, []models.ReplyAction{models.ReplyFinish, models.ReplyPause}),
	}
	if i < 2 { // there are always some that hang on a call
		d.Anchor = models.AnchorAppointment
	}
	if w.chance(0.3) {
		d.OnCall = map[models.CallOutcome]models.CallMove{models.OutcomeConnected: oneOf(w, []models.CallMove{models.MoveAdvance, models.MoveFinish, models.MovePause})}
	}
	recurring := d.Anchor == models.AnchorNone && w.chance(0.2)
	steps := 2 + w.rng.IntN(6)
	called := d.Anchor == models.AnchorAppointment
	for n := range steps {
		s := w.step(d, n, called)
		switch {
		case n == 0 && recurring:
			s.Timing = models.Timing{Kind: models.TimingRecurring, Cron: fmt.Sprintf("%d %d %s", w.rng.IntN(60), 7+w.rng.IntN(12), oneOf(w, []string{"* * 1", "1,15 * *", "*/9 * *", "* * 2,4"}))}
			s.Purpose = models.PurposeRecurring
		case d.Anchor == models.AnchorAppointment && n == 0:
			s.Purpose, s.Timing = models.PurposeReminder, w.before(models.TimingAppointment)
			if s.Channel == models.ChannelCall {
				s.Channel = models.ChannelEmail
			}
			s = w.words(d.Key, s)
		case d.Anchor == models.AnchorAppointment && n == 1:
			s.Channel, s.Purpose, s.Timing, s.When = models.ChannelCall, models.PurposePromised, models.Timing{Kind: models.TimingAppointment}, models.Condition{}
			s = w.words(d.Key, s)
		case d.Anchor == models.AnchorCommitment && n < 2:
			s.Timing = w.before(models.TimingCommitment)
			s.Purpose = models.PurposeReminder
			if n == 1 {
				s.Timing, s.Purpose = w.around(models.TimingCommitment), models.PurposePromised
			}
			s.When = models.Condition{}
		}
		called = called || s.Channel == models.ChannelCall
		d.Steps = append(d.Steps, s)
	}
	if last := &d.Steps[len(d.Steps)-1]; w.chance(0.3) && last.Purpose == models.PurposeFollowUp {
		last.Purpose = models.PurposeGoodbye
	}
	return d
}

var (
	stepChannels = []models.ChannelKind{models.ChannelEmail, models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail, models.ChannelCall, models.ChannelLastUsed}
	stepContacts = []models.ContactChoice{models.ContactPrimary, models.ContactPrimary, models.ContactLastUsed, models.ContactNextUntried, models.ContactWork, models.ContactHome, models.ContactCell}
)

func (w *world) step(d models.Definition, n int, called bool) models.Step {
	s := models.Step{Key: fmt.Sprintf("s%d", n), Channel: oneOf(w, stepChannels), Purpose: models.PurposeFollowUp, Contact: oneOf(w, stepContacts), Timing: w.delay()}
	if called && w.chance(0.25) {
		s.When.Call = oneOf(w, []string{"answered", "unanswered", "unanswered", "no_answer", "left_voicemail"})
	}
	if w.chance(0.03) {
		s.Disabled = true
	}
	if d.Anchor == models.AnchorNone && n > 0 && w.chance(0.1) {
		s.Timing = models.Timing{Kind: models.TimingDate, Field: "renewal", Days: w.rng.IntN(5) - 2, At: w.timeOfDay()}
	}
	return w.words(d.Key, s)
}

// words gives a step its texts; they name the step, so that what the far side
// receives can be told apart.
func (w *world) words(key string, s models.Step) models.Step {
	s.Subject, s.Body, s.TalkingPoint, s.Question = "", "", "", ""
	mark := key + "/" + s.Key
	switch s.Channel {
	case models.ChannelCall:
		s.TalkingPoint, s.Question = "you can see "+mark, "What have you set in motion?"
	case models.ChannelEmail, models.ChannelLastUsed:
		s.Subject, s.Body = "On "+mark, "Hello, this is "+mark+". What have you set in motion?"
	default:
		s.Body = "Hello, this is " + mark + ". Call me at {{ sender.address }}."
	}
	return s
}

func (w *world) timeOfDay() *models.TimeOfDay {
	if w.chance(0.4) {
		return nil
	}
	// Also the hours in which clocks change and in which nobody may be texted.
	t := models.TimeOfDay(oneOf(w, []int{90, 120, 150, 7 * 60, 9 * 60, 9*60 + 30, 11 * 60, 14 * 60, 16*60 + 45, 20*60 + 50, 22 * 60, 23*60 + 59, 0}))
	return &t
}

func (w *world) delay() models.Timing {
	t := models.Timing{Kind: models.TimingAfter}
	switch w.rng.IntN(5) {
	case 0:
		t.Minutes = w.rng.IntN(300)
	case 1:
		t.Hours = 1 + w.rng.IntN(72)
	case 2:
		t.BusinessDays, t.At = 1+w.rng.IntN(6), w.timeOfDay()
	default:
		t.Days, t.At = 1+w.rng.IntN(9), w.timeOfDay()
	}
	return t
}

// before is a rule that lies before what it hangs on.
func (w *world) before(kind models.TimingKind) models.Timing {
	t := models.Timing{Kind: kind}
	if kind == models.TimingAppointment && w.chance(0.7) {
		t.Minutes = -5 * (1 + w.rng.IntN(30))
		return t
	}
	t.Days, t.At = -1-w.rng.IntN(2), w.timeOfDay()
	if w.chance(0.3) {
		t.Days, t.BusinessDays = 0, t.Days
	}
	return t
}

func (w *world) around(kind models.TimingKind) models.Timing {
	return models.Timing{Kind: kind, Days: w.rng.IntN(3), At: w.timeOfDay()}
}

// edit changes a sequence as managers do: a step more, a step less, another
// time, other words. Steps keep their keys.
func (w *world) edit(c *course) models.Definition {
	d := c.def
	d.Steps = slices.Clone(d.Steps)
	switch i := w.rng.IntN(len(d.Steps)); w.rng.IntN(4) {
	case 0:
		s := w.step(d, 0, false)
		s.Key = fmt.Sprintf("v%d", c.number+1)
		s = w.words(d.Key, s)
		at := min(len(d.Steps), 2+w.rng.IntN(len(d.Steps)))
		if d.Steps[len(d.Steps)-1].Purpose == models.PurposeGoodbye {
			at = min(at, len(d.Steps)-1)
		}
		if at > 0 {
			d.Steps = slices.Insert(d.Steps, at, s)
		}
	case 1:
		if len(d.Steps) > 3 && i > 1 {
			d.Steps = slices.Delete(d.Steps, i, i+1)
		}
	case 2:
		if d.Steps[i].Timing.Kind == models.TimingAfter {
			d.Steps[i].Timing = w.delay()
		}
	default:
		if s := &d.Steps[i]; s.Body != "" {
			s.Body += " And more."
		} else {
			s.Question += " And what else?"
		}
	}
	// A condition needs a call before it.
	called := d.Anchor == models.AnchorAppointment
	for i := range d.Steps {
		if !called {
			d.Steps[i].When = models.Condition{}
		}
		called = called || d.Steps[i].Channel == models.ChannelCall
	}
	return d
}
