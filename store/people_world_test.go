package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// world is one rep with one prospect, for the tests of the people side.
type world struct {
	*testing.T
	ctx    context.Context
	s      *store.Store
	db     *gorm.DB
	now    time.Time
	rep    models.User
	by     string
	person models.Prospect
	email  models.ContactPoint
	phone  models.ContactPoint
	sender models.Sender
	serial int
}

const (
	herEmail = "dana@acme.example.com"
	herPhone = "+12125550142"
	ourEmail = "rep@followup.example.com"
)

func newWorld(t *testing.T, s *store.Store) *world {
	w := &world{T: t, ctx: t.Context(), s: s, db: store.RawDB(s), now: storetest.Now}
	w.rep = w.user("Rita Rep", models.RoleRep)
	w.by = models.UserActor(w.rep.ID)
	sender, err := s.SaveSender(w.ctx, models.Sender{
		OwnerID: &w.rep.ID, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: ourEmail,
	}, models.ActorSystem, w.now)
	w.ok(err)
	w.sender = sender
	w.person = w.prospect("Dana", herEmail, herPhone)
	points := w.points(w.person.ID)
	w.email, w.phone = points[0], points[1]
	return w
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("unexpected error: %v", err)
	}
}

func (w *world) code(err error, want models.ErrorCode) {
	w.Helper()
	if err == nil || models.CodeOf(err) != want {
		w.Fatalf("error = %v (code %q), want code %q", err, models.CodeOf(err), want)
	}
}

func (w *world) user(name string, role models.Role) models.User {
	w.Helper()
	w.serial++
	u, err := w.s.SaveUser(w.ctx, models.User{
		Name: name, Email: fmt.Sprintf("user%d@followup.example.com", w.serial), Role: role, Zone: "America/New_York",
	}, models.ActorSystem, w.now)
	w.ok(err)
	return u
}

func (w *world) prospect(name, email, phone string) models.Prospect {
	w.Helper()
	var points []models.ContactPoint
	if email != "" {
		points = append(points, models.ContactPoint{Kind: models.ContactEmail, Value: email, Label: models.LabelWork})
	}
	if phone != "" {
		points = append(points, models.ContactPoint{Kind: models.ContactPhone, Value: phone, Label: models.LabelCell, Position: 1})
	}
	p, err := w.s.CreateProspect(w.ctx, models.Prospect{
		OwnerID: w.rep.ID, FirstName: name, LastName: "Diaz", Zone: "America/New_York", Locale: "en-US",
	}, &models.Company{Name: "Acme", Domain: "acme.example.com"}, points, nil, w.by, w.now)
	w.ok(err)
	return p
}

func (w *world) points(prospectID int64) []models.ContactPoint {
	w.Helper()
	person, err := w.s.Person(w.ctx, prospectID)
	w.ok(err)
	return person.ContactPoints
}

// follow is a sequence of emails and calls without an anchor.
func follow(key string, timings ...models.Timing) models.Definition {
	d := models.Definition{Key: key, Name: key, CountsAsFollowUp: true, OnReply: models.ReplyPause}
	for i, t := range timings {
		ch := models.ChannelEmail
		if i%2 == 1 {
			ch = models.ChannelCall
		}
		d.Steps = append(d.Steps, models.Step{Key: fmt.Sprintf("s%d", i+1), Channel: ch, Purpose: models.PurposeFollowUp, Timing: t})
	}
	return d
}

func after(minutes, hours, days, business int) models.Timing {
	return models.Timing{Kind: models.TimingAfter, Minutes: minutes, Hours: hours, Days: days, BusinessDays: business}
}

// callBack hangs on an appointment: a reminder the day before, the call, a text.
func callBack(key string) models.Definition {
	nine := models.TimeOfDay(9 * 60)
	return models.Definition{
		Key: key, Name: key, Anchor: models.AnchorAppointment,
		Steps: []models.Step{
			{Key: "reminder", Channel: models.ChannelEmail, Purpose: models.PurposeReminder,
				Timing: models.Timing{Kind: models.TimingAppointment, Days: -1, At: &nine}},
			{Key: "the-call", Channel: models.ChannelCall, Purpose: models.PurposePromised,
				Timing: models.Timing{Kind: models.TimingAppointment}},
			{Key: "text", Channel: models.ChannelSMS, Purpose: models.PurposeFollowUp, Timing: after(10, 0, 0, 0),
				When: models.Condition{Call: "unanswered"}},
		},
	}
}

func (w *world) enrollIn(d models.Definition, prospectID int64) models.Enrollment {
	w.Helper()
	v, err := w.s.PublishSequence(w.ctx, d, d.Key, "", false, &w.rep.ID, w.now)
	w.ok(err)
	e := models.Enrollment{
		ProspectID: prospectID, SequenceID: v.SequenceID, VersionID: v.ID, RepID: w.rep.ID,
		State: models.EnrollmentActive, EnrolledBy: w.by, StartedAt: w.now, UpdatedAt: w.now,
	}
	w.ok(w.db.Create(&e).Error)
	return e
}

func (w *world) enroll(d models.Definition) models.Enrollment { return w.enrollIn(d, w.person.ID) }

// touch arranges one; what is left out is an email due in two hours.
func (w *world) touch(t models.Touch) models.Touch {
	w.Helper()
	w.serial++
	if t.ProspectID == 0 {
		t.ProspectID = w.person.ID
	}
	t.RepID = w.rep.ID
	if t.State == "" {
		t.State = models.TouchPlanned
	}
	if t.Kind == "" {
		t.Kind = models.TouchMessage
	}
	if t.Channel == "" {
		t.Channel = models.ChannelEmail
	}
	if t.Purpose == "" {
		t.Purpose = models.PurposeFollowUp
	}
	if t.StepKey == "" {
		t.StepKey = "s1"
	}
	if t.Occurrence == "" {
		t.Occurrence = "0"
	}
	if t.DueAt.IsZero() {
		t.DueAt = w.now.Add(2 * time.Hour)
	}
	t.PromisedAt, t.PlannedAt, t.UpdatedAt = t.DueAt, w.now, w.now
	w.ok(w.db.Create(&t).Error)
	return t
}

// openCall arranges an open call task with its touch.
func (w *world) openCall(t models.Touch) (models.Task, models.Touch) {
	w.Helper()
	t.Channel, t.State = models.ChannelCall, models.TouchOpen
	if t.Kind == "" {
		t.Kind = models.TouchTask
	}
	t.DueAt, t.ContactPointID = w.now, &w.phone.ID
	t = w.touch(t)
	return w.openTaskFor(t), t
}

func (w *world) openTaskFor(t models.Touch) models.Task {
	w.Helper()
	task := models.Task{
		Kind: models.TaskCall, State: models.TaskOpen, UserID: w.rep.ID, ProspectID: &t.ProspectID, EnrollmentID: t.EnrollmentID,
		TouchID: &t.ID, AppointmentID: t.AppointmentID, DueAt: w.now, CreatedAt: w.now, UpdatedAt: w.now,
	}
	w.ok(w.db.Create(&task).Error)
	return task
}

// open lets a booked call's minute come: its touch and task open.
func (w *world) open(a models.Appointment) models.Task {
	w.Helper()
	t := w.bookedCall(a.ID)
	t.State = models.TouchOpen
	w.ok(w.db.Save(&t).Error)
	var task models.Task
	w.ok(w.db.Where("touch_id = ? AND state = 'upcoming'", t.ID).Take(&task).Error)
	task.State = models.TaskOpen
	w.ok(w.db.Save(&task).Error)
	return task
}

func (w *world) bookedCall(appointmentID int64) models.Touch {
	w.Helper()
	var t models.Touch
	w.ok(w.db.Where("appointment_id = ? AND kind = ?", appointmentID, models.TouchBookedCall).Order("id DESC").Take(&t).Error)
	return t
}

func (w *world) sent(t models.Touch, token string) models.Message {
	w.Helper()
	m := models.Message{
		ProspectID: &t.ProspectID, TouchID: &t.ID, Direction: models.Outbound, Channel: t.Channel, State: models.MessageSent,
		ContactPointID: &w.email.ID, SenderID: &w.sender.ID, Token: token, MailID: "<" + token + "@followup.example.com>",
		Provider: models.ProviderSandbox, Attempt: 1, CreatedAt: w.now, SentAt: &w.now,
	}
	w.ok(w.db.Create(&m).Error)
	return m
}

// load reads a row again.
func load[T any](w *world, id int64) T {
	w.Helper()
	var row T
	w.ok(w.db.Where("id = ?", id).Take(&row).Error)
	return row
}

func count[T any](w *world, query string, args ...any) int {
	w.Helper()
	var n int64
	w.ok(w.db.Model(new(T)).Where(query, args...).Count(&n).Error)
	return int(n)
}

func (w *world) conversation() models.Conversation {
	w.Helper()
	person, err := w.s.Person(w.ctx, w.person.ID)
	w.ok(err)
	return person.Conversation
}

func (w *world) pauses(enrollmentID int64) []models.PauseReason {
	w.Helper()
	var reasons []models.PauseReason
	w.ok(w.db.Model(&models.Pause{}).Where("enrollment_id = ?", enrollmentID).Order("reason").Pluck("reason", &reasons).Error)
	return reasons
}

// reply records a human answer by email, as the replies side does.
func (w *world) reply(engage func(models.Person) models.Effects) models.Recorded {
	w.Helper()
	w.serial++
	raw, _, err := w.s.SaveRaw(w.ctx, models.Raw{
		Provider: models.ProviderSandbox, ProviderID: fmt.Sprint("in-", w.serial), Channel: models.ChannelEmail, Content: []byte("x"), ReceivedAt: w.now,
	})
	w.ok(err)
	rec, err := w.s.RecordInbound(w.ctx, w.inbound(raw.ID, models.ClassHuman), engage)
	w.ok(err)
	return rec
}

func (w *world) inbound(rawID int64, class models.InboundClass) models.InboundRecord {
	return models.InboundRecord{
		RawID: rawID, Now: w.now,
		Message: models.Message{Channel: models.ChannelEmail, FromAddress: herEmail, ToAddress: ourEmail, Text: "Yes, call me."},
		Match:   models.Match{ProspectID: &w.person.ID, ContactPointID: &w.email.ID, SenderID: &w.sender.ID},
		Verdict: models.Verdict{Class: class},
	}
}

// pauseAll is what a human reply does to a person.
func pauseAll(p models.Person) models.Effects {
	e := models.Effects{EndPursuit: models.PursuitReply, Tasks: []models.Task{{Kind: models.TaskReply, Title: "Answer"}}}
	for _, le := range p.Enrollments {
		e.Pauses = append(e.Pauses, models.Pause{EnrollmentID: le.Enrollment.ID, Reason: models.PauseReplied, By: models.ActorCustomer})
	}
	return e
}

func nothing(models.Person) models.Effects { return models.Effects{} }

var errInjected = errors.New("injected")

// failOn makes inserting into a table fail from now on.
func (w *world) failOn(table string) {
	w.ok(w.db.Callback().Create().Before("gorm:create").Register("test:fail", func(tx *gorm.DB) {
		if tx.Statement.Schema != nil && tx.Statement.Schema.Table == table {
			_ = tx.AddError(errInjected)
		}
	}))
}

func (w *world) heal() { w.ok(w.db.Callback().Create().Remove("test:fail")) }
