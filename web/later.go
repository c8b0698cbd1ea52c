package web

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"followup/models"
	"followup/store"
)

// laterForms are the forms that put a task off or hand it over.
type laterForms struct {
	TaskID  int64 // 0: the script fills in which
	Back    string
	Form    form
	Choices []snoozeChoice
	To      []option
	Snoozed bool // it is put off now
	At      string
	Booked  string // why it cannot be put off; "" where it can
	Zone    string
}

// snoozeChoice is a time to which a task is put off in one key.
type snoozeChoice struct{ Value, Label, Key string }

// Snooze choices of the form.
const (
	snoozeHour     = "hour"
	snoozeTomorrow = "tomorrow"
	snoozeAt       = "at"
	snoozeBack     = "back"
)

// snoozeHourOf is the user's morning to which "tomorrow" puts a task off.
const snoozeHourOf models.TimeOfDay = 9 * 60

func (s *site) laterForms(r *http.Request, t times) (laterForms, error) {
	users, err := s.Store.ViewUsers(r.Context())
	if err != nil {
		return laterForms{}, err
	}
	f := laterForms{Form: newForm(), Back: r.URL.RequestURI(), Zone: t.now.In(t.mine).Format("MST"), To: []option{{Value: "", Label: "Choose a colleague"}}}
	for _, u := range users {
		if u.DisabledAt == nil && u.ID != userOf(r).ID {
			f.To = append(f.To, option{Value: strconv.FormatInt(u.ID, 10), Label: u.Name})
		}
	}
	hour, tomorrow := t.Mine(t.now.Add(time.Hour)), t.Mine(t.tomorrow())
	f.Choices = []snoozeChoice{{snoozeHour, "1 hour, until " + hour.Text, "1"}, {snoozeTomorrow, tomorrow.Text, "2"}}
	f.At = t.tomorrow().In(t.mine).Format(inputLayout)
	return f, nil
}

// tomorrow is nine o'clock of the user's next day.
func (t times) tomorrow() time.Time {
	return models.DateOf(t.now, t.mine).AddDays(1).At(snoozeHourOf, t.mine)
}

type laterPage struct {
	page
	View   store.TaskView
	Later  laterForms
	Live   bool
	Unkept *unkept // what was typed into a form that came too late
}

// laterShow is where a task is put off or handed over without a script.
func (s *site) laterShow(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.renderLater(w, r, id, http.StatusOK, newForm())
}

func (s *site) renderLater(w http.ResponseWriter, r *http.Request, id int64, status int, f form) error {
	v, err := s.Store.ViewTask(r.Context(), id)
	if err != nil {
		return err
	}
	p := laterPage{page: s.page(r, "Put off or hand over", "today"), View: v, Live: v.Task.Live()}
	if p.Later, err = s.laterForms(r, p.times); err != nil {
		return err
	}
	if !p.Live {
		p.Unkept = unkeptOf(f, v.Person)
	}
	p.Later.TaskID, p.Later.Form, p.Later.Back = id, f, localPath(cmp.Or(f.Get("back"), r.URL.Query().Get("back")))
	p.Later.Snoozed = v.Task.SnoozedUntil != nil && v.Task.SnoozedUntil.After(p.now)
	if v.Task.Kind == models.TaskCall && v.Task.AppointmentID != nil && !v.Task.DueAt.After(p.now) {
		p.Later.Booked = "This call is booked for an exact minute and cannot be put off. Move or cancel it, or hand it over."
	}
	return s.views.render(w, status, "later", p)
}

// taskSnooze puts a task off.
func (s *site) taskSnooze(w http.ResponseWriter, r *http.Request) error {
	return s.moveTask(w, r, func(id int64, f form) (string, error) {
		t := newTimes(s.Clock(), userOf(r).Zone)
		until, err := snoozeUntil(t, f, userOf(r).Zone)
		if err != nil {
			return "", err
		}
		if _, err := s.CRM.SnoozeTask(r.Context(), userOf(r).ID, id, until); err != nil {
			return "", err
		}
		if until == nil {
			return "It is back in the queue.", nil
		}
		return "Snoozed until " + t.Mine(*until).Text + ", your time. It comes back by itself.", nil
	})
}

func snoozeUntil(t times, f form, zone string) (*time.Time, error) {
	var until time.Time
	switch f.Get("for") {
	case snoozeBack:
		return nil, nil
	case snoozeHour:
		until = t.now.Add(time.Hour)
	case snoozeTomorrow:
		until = t.tomorrow()
	default:
		var err error
		if until, err = parseLocal("until", f.Get("until"), zone); err != nil {
			return nil, err
		}
	}
	return &until, nil
}

// taskHandOver gives a task to a colleague.
func (s *site) taskHandOver(w http.ResponseWriter, r *http.Request) error {
	return s.moveTask(w, r, func(id int64, f form) (string, error) {
		task, err := s.CRM.HandOver(r.Context(), userOf(r).ID, id, f.int64("to"), f.Get("note"))
		if err != nil {
			return "", err
		}
		to, err := s.Store.ViewUser(r.Context(), task.UserID)
		if err != nil {
			return "", err
		}
		return "Handed over to " + to.Name + ", who is told.", nil
	})
}

// moveTask runs one of the forms: refused, the page with both is shown again.
func (s *site) moveTask(w http.ResponseWriter, r *http.Request, do func(id int64, f form) (string, error)) error {
	v, f, err := s.taskForm(r)
	if err != nil {
		return err
	}
	if err := s.mayMove(r, v.Task); err != nil {
		return err
	}
	id := v.Task.ID
	done, err := do(id, f)
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "until", "to", "note"); err != nil {
			return err
		}
		return s.renderLater(w, r, id, status, f)
	}
	s.flash(r, done)
	return redirect(w, r, localPath(f.Get("back")))
}
