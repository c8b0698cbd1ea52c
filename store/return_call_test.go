package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A national holiday is none of the five business days, nor is the workspace's own.
func TestReturnCallOverHolidays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.person.Country = "US"
		w.ok(w.db.Save(&w.person).Error)
		set, err := s.Settings(w.ctx)
		w.ok(err)
		set.Holidays = []models.Date{"2026-11-25"}
		w.ok(s.SaveSettings(w.ctx, set, "user:1", w.now))
		e := w.enroll(follow("a", after(0, 5, 0, 0)))
		left := w.touch(models.Touch{EnrollmentID: &e.ID, Channel: models.ChannelVoicemail, State: models.TouchSent, ContactPointID: &w.phone.ID, Occurrence: "1"})
		// Friday, 20 November 2026. Thanksgiving is the Thursday after, so that the
		// fifth business day is Tuesday, 1 December.
		at := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
		w.ok(w.db.Create(&models.Message{
			ProspectID: &w.person.ID, TouchID: &left.ID, Direction: models.Outbound, Channel: models.ChannelVoicemail, State: models.MessageDelivered, CreatedAt: at, SentAt: &at,
		}).Error)
		for called, want := range map[time.Time]bool{at.AddDate(0, 0, 11): true, at.AddDate(0, 0, 12): false} {
			rec := w.inbound(0, models.ClassHuman)
			rec.Message.Channel, rec.Message.FromAddress, rec.Message.Text = models.ChannelCall, herPhone, ""
			rec.Match.ContactPointID, rec.Match.TouchID, rec.Match.MessageID = &w.phone.ID, nil, nil
			rec.CalledAt = called
			done, err := s.RecordInbound(w.ctx, rec, nothing)
			w.ok(err)
			got := load[models.Message](w, done.MessageID)
			if answers := got.TouchID != nil && *got.TouchID == left.ID; answers != want {
				t.Errorf("called on %s: answers the voicemail: %v", called.Format(time.DateOnly), answers)
			}
		}
	})
}

// A call counts as the answer to the last voicemail within five business days
// of theirs; a written reply, or a call long after, does not.
func TestReturnCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("a", after(0, 5, 0, 0)))
		left := w.touch(models.Touch{EnrollmentID: &e.ID, Channel: models.ChannelVoicemail, State: models.TouchSent, ContactPointID: &w.phone.ID, Occurrence: "1"})
		// Thursday, 26 November 2026, noon in New York.
		at := time.Date(2026, 11, 26, 17, 0, 0, 0, time.UTC)
		w.ok(w.db.Create(&models.Message{
			ProspectID: &w.person.ID, TouchID: &left.ID, Direction: models.Outbound, Channel: models.ChannelVoicemail, State: models.MessageDelivered, CreatedAt: at, SentAt: &at,
		}).Error)
		for _, c := range []struct {
			name   string
			called time.Time
			media  bool
			want   bool
		}{
			{"at once", at.Add(time.Minute), false, true},
			{"on the fifth business day", at.AddDate(0, 0, 7), false, true}, // the next Thursday
			{"on the sixth", at.AddDate(0, 0, 8), false, false},
			{"before it", at.Add(-time.Minute), false, false},
			{"in writing", time.Time{}, false, false},
			{"the voicemail they left in that call", at.Add(2 * time.Minute), true, false},
		} {
			rec := w.inbound(0, models.ClassHuman)
			rec.Message.Channel, rec.Message.FromAddress, rec.Message.Text = models.ChannelCall, herPhone, ""
			rec.Match.ContactPointID, rec.Match.TouchID, rec.Match.MessageID = &w.phone.ID, nil, nil
			rec.CalledAt = c.called
			if c.media {
				rec.Message.Media = []models.Media{{URL: "https://api.twilio.com/x", Seconds: 3}}
			}
			done, err := s.RecordInbound(w.ctx, rec, nothing)
			w.ok(err)
			got := load[models.Message](w, done.MessageID)
			if answers := got.TouchID != nil && *got.TouchID == left.ID; answers != c.want {
				t.Errorf("%s: answers the voicemail: %v", c.name, answers)
			}
			if len(got.Media) != 0 != c.media {
				t.Errorf("%s: media %v", c.name, got.Media)
			}
		}
	})
}
