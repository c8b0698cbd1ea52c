package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

const (
	digestJob = "digest"
	// digestLate is until when a digest that was not made in time, e.g. while
	// nothing ran, is still of use.
	digestLate models.TimeOfDay = 12 * 60
	// digestRows is the most of each kind that a digest lists.
	digestRows = 30
)

// SendDigests makes the morning's email for each rep whose day has begun, as
// render words it: once a day and rep however many replicas run, because the
// row that says so commits together with the email. A day with nothing in it
// has none, and who is away has none: their work is in their stand-in's. One
// that fails keeps nobody else from theirs.
func (s *Store) SendDigests(ctx context.Context, now time.Time, render func(models.Digest) (models.Notification, error)) (int, error) {
	var users []models.User
	err := s.reader(ctx).Where("disabled_at IS NULL").
		Where("id NOT IN (SELECT user_id FROM leaves WHERE ended_at IS NULL AND starts_at <= ? AND ends_at > ?)", now, now).Order("id").Find(&users).Error
	if err != nil {
		return 0, fmt.Errorf("digests: %w", err)
	}
	made := 0
	var failed []error
	for _, u := range users {
		loc, err := models.LoadZone(u.Zone)
		if err != nil || u.Notify.NoDigest {
			continue
		}
		at := models.TimeOfDayOf(now, loc)
		if at < models.DigestAt || at >= digestLate {
			continue
		}
		sent, err := s.sendDigest(ctx, u, models.DateOf(now, loc), loc, now, render)
		if err != nil {
			failed = append(failed, fmt.Errorf("the digest of user %d: %w", u.ID, err))
		}
		if sent {
			made++
		}
	}
	return made, errors.Join(failed...)
}

func (s *Store) sendDigest(ctx context.Context, u models.User, day models.Date, loc *time.Location, now time.Time, render func(models.Digest) (models.Notification, error)) (bool, error) {
	period := fmt.Sprintf("%d:%s", u.ID, day)
	var ran int64
	if err := s.reader(ctx).Table("job_runs").Where("job = ? AND period = ?", digestJob, period).Count(&ran).Error; err != nil || ran > 0 {
		return false, err
	}
	sent := false
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		sent = false
		first, err := firstOf(tx, digestJob, period, now)
		if err != nil || !first {
			return err
		}
		d, err := s.digestOf(tx, u, day, loc, now)
		if err != nil || d.Empty() || weekend(day) && len(d.Calls) == 0 {
			return err
		}
		n, err := render(d)
		if err != nil {
			return err
		}
		n.Kind, n.About = models.NotifyDigest, "digest:"+string(day)
		sent = true
		return notify(tx, u, n, now)
	})
	return sent, err
}

// weekend: only a call that was agreed on is work on such a day.
func weekend(d models.Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

func (s *Store) digestOf(tx *gorm.DB, u models.User, day models.Date, loc *time.Location, now time.Time) (models.Digest, error) {
	d := models.Digest{User: u, Date: day}
	dayEnds := day.AddDays(1).At(0, loc)
	var away []int64 // whose day this is as well
	err := tx.Model(&models.Leave{}).Where("ended_at IS NULL AND starts_at <= ? AND ends_at > ? AND stand_in_id = ?", now, now, u.ID).Order("user_id").Pluck("user_id", &away).Error
	if err != nil {
		return d, err
	}
	reps := append(away, u.ID)
	var calls []models.Appointment
	err = tx.Where("rep_id IN ? AND state = 'booked' AND starts_at >= ? AND starts_at < ?", reps, now, dayEnds).Order("starts_at, id").Limit(digestRows).Find(&calls).Error
	if err != nil {
		return d, err
	}
	var waiting []models.Conversation
	err = tx.Where("waiting_since IS NOT NULL AND assignee_id IN ?", reps).
		Order("waiting_since, prospect_id").Limit(digestRows).Find(&waiting).Error
	if err != nil {
		return d, err
	}
	var late []models.Commitment
	err = tx.Where("rep_id IN ? AND state = 'open' AND due_on <> '' AND due_on < ?", reps, day).Order("due_on, id").Limit(digestRows).Find(&late).Error
	if err != nil {
		return d, err
	}
	people, messages := idSet{}, idSet{}
	for i := range calls {
		people.add(&calls[i].ProspectID)
	}
	for i := range waiting {
		people.add(&waiting[i].ProspectID)
		messages.add(waiting[i].LastMessageID)
	}
	for i := range late {
		people.add(&late[i].ProspectID)
	}
	who, err := s.whoByID(tx, people.list())
	if err != nil {
		return d, err
	}
	msgs, err := rowsByID(tx, messages.list(), messageID)
	if err != nil {
		return d, err
	}
	for _, a := range calls {
		w := who[a.ProspectID]
		d.Calls = append(d.Calls, models.DigestCall{At: a.StartsAt, Zone: a.Zone, Name: w.Prospect.Name(), Company: w.Company, Title: a.Title, AppointmentID: a.ID})
	}
	for _, c := range waiting {
		w := who[c.ProspectID]
		row := models.DigestWait{Since: *c.WaitingSince, Name: w.Prospect.Name(), Company: w.Company, ProspectID: c.ProspectID}
		if c.LastMessageID != nil {
			row.Words = firstWords(msgs[*c.LastMessageID])
		}
		d.Waiting = append(d.Waiting, row)
	}
	for _, c := range late {
		w := who[c.ProspectID]
		d.Late = append(d.Late, models.DigestPromise{DueOn: c.DueOn, Name: w.Prospect.Name(), Company: w.Company, Outcome: c.Outcome, ProspectID: c.ProspectID})
	}
	d.Tasks, err = otherTasks(tx, u.ID, now)
	return d, err
}

// otherTasks counts what is open beside answers and booked calls.
func otherTasks(tx *gorm.DB, userID int64, now time.Time) (int, error) {
	n, err := countTo(openTasksOf(tx, []int64{userID}, now).Where("kind <> 'reply' AND (appointment_id IS NULL OR kind <> 'call')"), countLimit)
	return n.N, err
}
