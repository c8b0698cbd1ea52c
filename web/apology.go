package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"followup/models"
	"followup/replies"
	"followup/store"
)

// apologyBox is a message that a person sends with one click after we missed
// a call that was agreed on: it says so, and offers new times.
type apologyBox struct {
	Form          form
	Token         string
	Channel       string // as the answer box names it
	Way           string // "by text to +1 …: she texted on Tuesday"
	HasSubject    bool
	Subject, Body string
	Refused       string // why they cannot be written to
	Action        string
}

// offeredTimes is how many new times an apology names.
const offeredTimes = 3

// customerHours are when a person may be expected to take a call that nobody
// has asked them about: by day, and where the rep's day leaves none of it,
// within the hours that are lawful nearly everywhere.
var customerHours = [][2]models.TimeOfDay{{9 * 60, 17 * 60}, {8 * 60, 20 * 60}}

// apology is the box on the task of a missed call; nil on any other.
func (s *site) apology(r *http.Request, t times, v store.TaskView, f form) (*apologyBox, error) {
	if v.Task.Reason != models.AttentionMissedCall || v.Task.State != models.TaskOpen || v.Person == nil || v.Appointment == nil {
		return nil, nil
	}
	box := &apologyBox{Action: idPath("/tasks/", v.Task.ID) + "/apology", Form: f, Token: cmp.Or(f.Get("form_token"), newToken())}
	choices, err := s.Replies.Route(r.Context(), v.Person.Prospect.ID)
	if err != nil && models.CodeOf(err) != models.CodeRefused {
		return nil, err
	}
	box.Refused = "There is no way to write to them: call them instead."
	for _, c := range choices {
		if c.AsCall {
			continue
		}
		rules, _ := s.Channels.Rules(c.Channel)
		box.Refused, box.HasSubject = "", rules.HasSubject
		box.Channel = fmt.Sprintf("%s/%d", c.Channel, c.ContactPoint.ID)
		box.Way = c.Why
		break
	}
	if box.Refused != "" {
		return box, nil
	}
	offered, err := s.newTimes(r, t, v)
	if err != nil {
		return nil, err
	}
	box.Subject = cmp.Or(f.Get("subject"), "Our call: my apologies, and new times")
	box.Body = cmp.Or(f.Get("body"), s.apologyText(t, v, offered))
	return box, nil
}

// newTimes are free in the rep's working hours and by day where the customer
// is: the next one, then one on each day that follows. They need no booking
// page: whoever closed theirs, or set no hours, has working hours all the same.
func (s *site) newTimes(r *http.Request, t times, v store.TaskView) ([]time.Time, error) {
	rep := v.Appointment.RepID
	page, err := s.Store.BookingPage(r.Context(), rep)
	if err != nil {
		return nil, err
	}
	page.Closed, page.Minutes = false, max(v.Appointment.Minutes, 15)
	if len(page.Hours) == 0 {
		page.Hours = models.DefaultBookingPage(rep).Hours
	}
	user, err := s.Store.ViewUser(r.Context(), rep)
	if err != nil {
		return nil, err
	}
	loc, err := models.LoadZone(user.Zone)
	if err != nil {
		return nil, nil
	}
	theirs, err := models.LoadZone(v.Person.Prospect.Zone)
	if err != nil {
		return nil, nil
	}
	calls, err := s.Store.RepCalls(r.Context(), rep, models.Interval{From: t.now, To: t.now.AddDate(0, 0, page.DaysAhead+1)})
	if err != nil {
		return nil, err
	}
	busy := append([]models.Interval(nil), page.CalendarBusy...)
	for _, a := range calls {
		busy = append(busy, models.Interval{From: a.StartsAt, To: a.StartsAt.Add(time.Duration(max(a.Minutes, 15)) * time.Minute)})
	}
	slots := page.Slots(loc, t.now, busy)
	for _, hours := range customerHours {
		if offered := spread(slots, theirs, hours[0], hours[1]); len(offered) > 0 {
			return offered, nil
		}
	}
	return nil, nil
}

// spread takes the first time of each of the next days that suits them.
func spread(slots []time.Time, theirs *time.Location, from, to models.TimeOfDay) []time.Time {
	var all []time.Time
	var last models.Date
	for _, at := range slots {
		tod, day := models.TimeOfDayOf(at, theirs), models.DateOf(at, theirs)
		if tod < from || tod >= to || day == last {
			continue
		}
		all, last = append(all, at), day
		if len(all) == offeredTimes {
			break
		}
	}
	return all
}

// apologyText is what the customer reads, with every time in their own zone.
func (s *site) apologyText(t times, v store.TaskView, offered []time.Time) string {
	zone := v.Person.Prospect.Zone
	starts := v.Appointment.StartsAt
	loc, err := models.LoadZone(zone)
	if err != nil {
		loc = t.mine
	}
	var b strings.Builder
	name := cmp.Or(v.Person.Prospect.FirstName, v.Person.Prospect.Name())
	fmt.Fprintf(&b, "Hi %s, we had agreed to speak on %s, and I did not call. That was my mistake, and I am sorry for the time it cost you.", name, starts.In(loc).Format("Monday at 15:04"))
	if len(offered) > 0 {
		words := make([]string, len(offered))
		for i, at := range offered {
			words[i] = at.In(loc).Format("Mon 2 Jan at 15:04")
		}
		fmt.Fprintf(&b, "\n\nI can call you %s (%s). Which suits you best?", orList(words), zoneName(offered[0].In(loc)))
	} else {
		b.WriteString("\n\nWhen would suit you instead? I will call at that minute.")
	}
	return b.String()
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// apologise sends the message and lets the task come back tomorrow, should
// they not have answered by then.
func (s *site) apologise(w http.ResponseWriter, r *http.Request) error {
	v, f, err := s.taskForm(r)
	if err != nil {
		return err
	}
	if err := s.mayMove(r, v.Task); err != nil {
		return err
	}
	id := v.Task.ID
	if v.Who == nil || v.Task.Reason != models.AttentionMissedCall {
		return models.Errorf(models.CodeInvalid, "This task is about no missed call. Go back to Today.")
	}
	kind, to := answerBy(f.Get("channel"))
	_, choice, err := s.Replies.Answer(r.Context(), replies.AnswerRequest{
		ProspectID: v.Who.Prospect.ID, UserID: userOf(r).ID, Body: f.Get("body"), Subject: f.Get("subject"), Channel: kind, ContactPointID: to, FormToken: f.Get("form_token"),
	})
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "body", "subject"); err != nil {
			return err
		}
		return s.renderTask(w, r, id, status, f)
	}
	back := newTimes(s.Clock(), userOf(r).Zone).tomorrow()
	if v.Task.State == models.TaskOpen {
		if _, err := s.CRM.SnoozeTask(r.Context(), userOf(r).ID, id, &back); err != nil {
			return err
		}
	}
	s.flash(r, "Your apology leaves by "+lookOf(choice.Channel).Name+" now. The task comes back tomorrow at 9:00, your time, unless you close it.")
	return redirect(w, r, s.nextTask(r, id))
}
