package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"followup/models"
	"followup/store"
	"followup/templates"
)

// reasonsShown is how many talking points a card offers.
const reasonsShown = 5

// cardView is what a rep prepares before a call, prefilled as far as it can be.
type cardView struct {
	Form      form
	Prep      models.CallPrep
	Card      models.CallCard
	Reasons   []reasonChoice
	More      bool           // the library has others
	Find      string         // what others were looked for by
	Found     []reasonChoice // them
	From      string         // the choice that is taken
	Heard     []heardView
	Reason    string // the sentence's end, as it stands
	Missing   bool   // there is no reason yet
	Ask       models.CallReason
	Again     string // they heard this reason: when
	Draft     string // the summary as the notes and messages give it
	Objection *models.Objection
	Closed    []templates.Finding // questions that yes or no answers
	Discovery models.Discovery
	Promises  []promiseView
	Cue       bool
	Numbers   []models.ContactPoint // that may be dialled
	Chosen    int64                 // the one of them that is called
}

// reasonChoice is a reason for calling that this person has not heard.
type reasonChoice struct {
	Value, Text, Kind, Source string
}

type heardView struct {
	Text string
	When moment
}

// Where the chosen reason comes from, as the form says it.
const (
	fromFresh  = models.ReasonFresh
	fromBooked = models.ReasonBooked
	fromPoint  = "point:"
)

func (s *site) cardView(r *http.Request, t times, v store.TaskView, f form) (*cardView, error) {
	ctx := r.Context()
	card, err := s.Store.CallCard(ctx, v.Task.ID)
	if err != nil {
		return nil, err
	}
	heard, err := s.Store.HeardReasons(ctx, v.Person.Prospect.ID)
	if err != nil {
		return nil, err
	}
	points, err := s.Store.TalkingPointsFor(ctx, v.Person.Prospect.ID, "")
	if err != nil {
		return nil, err
	}
	set, err := s.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	prep, err := s.Scheduler.Prepare(ctx, v.Task.ID)
	if err != nil {
		s.Log.Error("prepare a call", "id", requestID(r), "task", v.Task.ID, "error", err)
		prep = v.Task.Prep // what is there is shown
	}
	c := &cardView{Form: f, Prep: prep, Card: card, Ask: set.CallReason, Draft: lastTalk(t, *v.Person, v.LastCall), Cue: !cueDismissed(r)}
	for _, h := range heard {
		c.Heard = append(c.Heard, heardView{Text: h.Text, When: t.Mine(h.At)})
	}
	c.offer(v, points, heard)
	if err := s.addFound(r, c, v, f, heard); err != nil {
		return nil, err
	}
	c.prefill(v, heard)
	if v.Task.Live() { // of a closed call the card is history, whatever a form says
		c.show(f)
	}
	if h, twice := models.HeardBefore(heard, c.Reason); twice && c.From != fromBooked && v.Task.Live() {
		c.Again = t.Mine(h.At).Text
	}
	c.Missing = models.ReasonKey(c.Reason) == ""
	c.Closed = closedQuestions(c.Card.Question, v.Person.Prospect.Locale)
	c.Promises = openPromises(t, *v.Person)
	for _, cp := range v.Person.Points {
		if cp.Kind == models.ContactPhone && cp.Usable() {
			if _, no := models.Suppressed(v.Person.Suppressions, v.Person.Prospect, cp, models.ChannelCall); !no {
				c.Numbers = append(c.Numbers, cp)
			}
		}
	}
	return c, nil
}

// offer lists the reasons that this person has not heard, the best first.
func (c *cardView) offer(v store.TaskView, points []models.TalkingPoint, heard []models.HeardReason) {
	if v.Appointment != nil {
		c.Reasons = append(c.Reasons, reasonChoice{Value: fromBooked, Text: bookedReason(*v.Appointment), Kind: "they agreed to this call"})
	}
	for _, p := range points {
		if _, twice := models.HeardBefore(heard, p.Text); twice {
			continue
		}
		if len(c.Reasons) >= reasonsShown {
			c.More = true
			break
		}
		c.Reasons = append(c.Reasons, reasonOf(p))
	}
}

func reasonOf(p models.TalkingPoint) reasonChoice {
	return reasonChoice{Value: fromPoint + strconv.FormatInt(p.ID, 10), Text: p.Text, Kind: plain(p.Kind), Source: p.Source}
}

// bookedReason: who agreed to a call need not be told why it comes.
func bookedReason(a models.Appointment) string {
	reason := "you asked me to call at this time"
	if title := strings.TrimSpace(a.Title); title != "" && !strings.HasPrefix(strings.ToLower(title), "you asked") {
		reason += ", about: " + title
	}
	return reason
}

// prefill takes what was saved, else what is known.
func (c *cardView) prefill(v store.TaskView, heard []models.HeardReason) {
	if v.Person.Discovery != nil {
		c.Discovery = *v.Person.Discovery
	}
	c.Discovery.ProspectID = v.Person.Prospect.ID
	if i := slices.IndexFunc(v.Objections, func(o models.Objection) bool { return o.Kind != models.ObjectionNone }); i >= 0 {
		c.Objection = &v.Objections[i]
	}
	if c.Card.Revision > 0 {
		c.From, c.Reason = c.Card.ReasonFrom, c.Card.Reason
		if c.Card.TalkingPointID != nil {
			c.From = fromPoint + strconv.FormatInt(*c.Card.TalkingPointID, 10)
			if !slices.ContainsFunc(c.Reasons, func(r reasonChoice) bool { return r.Value == c.From }) {
				c.Reasons = append(c.Reasons, reasonChoice{Value: c.From, Text: c.Card.Reason, Kind: "chosen before"})
			}
		}
		return
	}
	c.Card.Summary = c.Draft
	c.Card.Question = c.Prep.Question
	if c.Card.Question == "" {
		c.Card.Question = presumedQuestion(*v.Person)
	}
	c.From, c.Reason = c.firstReason(heard)
}

// firstReason: what they asked for, else the sequence's own reason, else the
// best of the library.
func (c *cardView) firstReason(heard []models.HeardReason) (from, text string) {
	if len(c.Reasons) > 0 && c.Reasons[0].Value == fromBooked {
		return fromBooked, c.Reasons[0].Text
	}
	prepared := afterCalling(c.Prep.TalkingPoint)
	key := models.ReasonKey(prepared)
	for _, r := range c.Reasons {
		if key != "" && models.ReasonKey(r.Text) == key {
			return r.Value, r.Text
		}
	}
	if _, twice := models.HeardBefore(heard, prepared); key != "" && !twice {
		return fromFresh, prepared
	}
	if len(c.Reasons) > 0 {
		return c.Reasons[0].Value, c.Reasons[0].Text
	}
	return fromFresh, ""
}

// Known tells whether anything of their aims is known yet.
func (c *cardView) Known() bool {
	d := c.Discovery
	d.Common = "" // it stands on the card by itself
	return strings.Join(discoveryTexts(d), "") != ""
}

// show puts what was typed, where a form came back, over what is known.
func (c *cardView) show(f form) {
	if !f.Values.Has("card_revision") {
		return
	}
	c.From = f.Get("reason_from")
	c.Reason = c.reasonOf(f)
	c.Card.Summary, c.Card.Changed, c.Card.Question = f.Values.Get("summary"), f.Values.Get("changed"), f.Values.Get("question")
	c.Card.Reason = f.Values.Get("reason")
	d := discoveryFrom(f, c.Discovery.ProspectID)
	d.Revision, d.UpdatedAt, d.UpdatedBy = c.Discovery.Revision, c.Discovery.UpdatedAt, c.Discovery.UpdatedBy
	c.Discovery = d
}

// reasonOf is the sentence's end that the form chose.
func (c *cardView) reasonOf(f form) string {
	from := f.Get("reason_from")
	for _, r := range c.Reasons {
		if r.Value == from {
			return r.Text
		}
	}
	return f.Get("reason")
}

// Fresh is what stands in the box for a reason of one's own.
func (c *cardView) Fresh() string {
	if c.From == fromFresh {
		return c.Reason
	}
	return ""
}

// closedQuestions are those that yes or no would answer.
func closedQuestions(text, locale string) []templates.Finding {
	var closed []templates.Finding
	for _, f := range templates.LintText(text, locale) {
		if f.Rule == "closed-question" {
			closed = append(closed, f)
		}
	}
	return closed
}

// presumedQuestion presumes progress: on the promise, else towards the goal.
func presumedQuestion(v store.PersonView) string {
	for _, c := range v.Commitments {
		if c.State == models.CommitmentOpen {
			return "How far have you come with this: " + lowerFirst(c.Outcome) + "?"
		}
	}
	if d := v.Discovery; d != nil && d.Goal != "" {
		return "What has moved towards this goal since we spoke: " + lowerFirst(d.Goal) + "?"
	}
	return "What has changed since we last spoke?"
}

func lowerFirst(s string) string {
	s = strings.TrimRight(strings.TrimSpace(s), ".!?")
	if len(s) > 1 && strings.ToUpper(s[:2]) != s[:2] { // a name in capitals stays
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
