package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestCreateProspect(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		p, err := s.CreateProspect(w.ctx, models.Prospect{OwnerID: w.rep.ID, FirstName: "Ann", Custom: map[string]string{"plan": "gold"}},
			&models.Company{Name: "ACME Inc", Domain: "acme.example.com"},
			[]models.ContactPoint{
				{Kind: models.ContactEmail, Value: "ann@example.com"},
				{Kind: models.ContactPhone, Value: "+12125550190", Position: 1},
			},
			[]models.Consent{{ContactPointID: 2, Channel: models.ChannelSMS, Basis: models.ConsentWritten, Source: "form"}}, w.by, w.now)
		w.ok(err)
		if *p.CompanyID != *w.person.CompanyID || p.Revision != 1 {
			t.Errorf("prospect = %+v, want company %d by its domain", p, *w.person.CompanyID)
		}
		person, err := s.Person(w.ctx, p.ID)
		w.ok(err)
		if person.Prospect.Custom["plan"] != "gold" || len(person.ContactPoints) != 2 || len(person.Consents) != 1 ||
			person.Consents[0].ContactPointID != person.ContactPoints[1].ID || !person.Consents[0].GivenAt.Equal(w.now) {
			t.Errorf("person = %+v", person)
		}
		found, err := s.FindProspects(w.ctx, []string{"ann@example.com", herPhone, "nobody@example.com"})
		w.ok(err)
		if len(found) != 2 || found["ann@example.com"] != p.ID || found[herPhone] != w.person.ID {
			t.Errorf("found = %v", found)
		}
		// Half a prospect is none.
		_, err = s.CreateProspect(w.ctx, models.Prospect{OwnerID: w.rep.ID, FirstName: "Bad"}, nil, nil,
			[]models.Consent{{ContactPointID: 1, Channel: models.ChannelSMS}}, w.by, w.now)
		w.code(err, models.CodeInvalid)
		if n := count[models.Prospect](w, "first_name = ?", "Bad"); n != 0 {
			t.Error("a refused prospect was left behind")
		}
	})
}

func TestUpdateProspect(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		effect := models.Effects{Invalidate: []models.Invalidation{{ContactPointID: w.email.ID, Reason: models.FailBounced}}}
		w.reply(func(models.Person) models.Effects { return effect })
		w.ok(w.db.Model(&e).UpdateColumn("replan_at", nil).Error)

		p := load[models.Prospect](w, w.person.ID)
		p.Zone, p.LastName = "Europe/Berlin", "Diaz-Weber"
		p.LastTouchAt = &w.now // not a person's to edit
		mended := w.email
		mended.Value = "dana.weber@acme.example.com"
		saved, err := s.UpdateProspect(w.ctx, p, nil, []models.ContactPoint{mended, {Kind: models.ContactPhone, Value: "+4930555010", Position: 2}}, w.by, w.now)
		w.ok(err)
		if saved.Revision != p.Revision+1 || saved.Zone != "Europe/Berlin" || saved.LastTouchAt != nil || saved.CompanyID == nil {
			t.Errorf("saved = %+v", saved)
		}
		points := w.points(p.ID)
		if len(points) != 3 || points[0].Value != mended.Value || points[0].Validity != models.ValidityUnknown || points[1].Value != herPhone {
			t.Errorf("points = %+v", points)
		}
		if got := load[models.Enrollment](w, e.ID); got.ReplanAt == nil {
			t.Error("another zone does not plan anew")
		}
		// The form of somebody slower.
		p.LastName = "Lost"
		_, err = s.UpdateProspect(w.ctx, p, nil, nil, w.by, w.now)
		w.code(err, models.CodeConflict)
		if got := load[models.Prospect](w, p.ID); got.LastName != "Diaz-Weber" {
			t.Errorf("the stale form won: %s", got.LastName)
		}
		_, err = s.Person(w.ctx, 999)
		w.code(err, models.CodeNotFound)
	})
}

func TestConsents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		stop := func(ch models.ChannelKind) models.Suppression {
			sup, err := s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressAddress, Value: herPhone, Channel: ch,
				Reason: models.FailOptedOut, Source: "reply", By: w.by, CreatedAt: w.now})
			w.ok(err)
			return sup
		}
		texts, calls := stop(models.ChannelSMS), stop(models.ChannelCall)
		given := models.Consent{ProspectID: w.person.ID, ContactPointID: w.phone.ID, Channel: models.ChannelSMS, Basis: models.ConsentRelationship,
			GivenAt: w.now, CreatedAt: w.now, RecordedBy: w.by}
		_, err := s.RecordConsent(w.ctx, given)
		w.ok(err)
		if got := load[models.Suppression](w, texts.ID); got.LiftedAt != nil {
			t.Error("an assumed consent took back a stop")
		}
		given.Basis = models.ConsentWritten
		c, err := s.RecordConsent(w.ctx, given)
		w.ok(err)
		if got := load[models.Suppression](w, texts.ID); got.LiftedAt == nil {
			t.Error("a written consent did not take back the stop for texts")
		}
		if got := load[models.Suppression](w, calls.ID); got.LiftedAt != nil {
			t.Error("a consent to texts took back the stop for calls")
		}
		// What STOP ordered for everything goes as with START; a person's order stays.
		var all []models.Suppression
		for _, source := range []string{"reply", "hand"} {
			sup, err := s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressPerson, ProspectID: &w.person.ID,
				Reason: models.FailOptedOut, Source: source, By: w.by, CreatedAt: w.now})
			w.ok(err)
			all = append(all, sup)
		}
		_, err = s.RecordConsent(w.ctx, given)
		w.ok(err)
		if load[models.Suppression](w, all[0].ID).LiftedAt == nil || load[models.Suppression](w, all[1].ID).LiftedAt != nil {
			t.Error("a consent lifts what a reply ordered, and only that")
		}
		for range 2 {
			w.ok(s.WithdrawConsent(w.ctx, c.ID, w.by, w.now.Add(time.Hour)))
		}
		if got := load[models.Consent](w, c.ID); got.ValidAt(w.now.Add(2*time.Hour)) || count[models.Event](w, "kind = ?", models.EventConsentWithdrawn) != 1 {
			t.Errorf("consent = %+v", got)
		}
		given.ContactPointID = 999
		_, err = s.RecordConsent(w.ctx, given)
		w.code(err, models.CodeNotFound)
	})
}

func TestSuppress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		colleague := w.prospect("Cole", "cole@acme.example.com", "+12125550177")
		a, err := s.Book(w.ctx, w.booking(w.now.Add(48*time.Hour))) // before the sequences, which would rest for it
		w.ok(err)
		own, theirs := w.enroll(follow("a", after(0, 1, 0, 0))), w.enrollIn(follow("b", after(0, 1, 0, 0)), colleague.ID)
		touch := w.touch(models.Touch{EnrollmentID: &own.ID})
		order := models.Suppression{Scope: models.SuppressAddress, Value: herEmail, Reason: models.FailOptedOut, Source: "hand", By: w.by, CreatedAt: w.now}

		// One address of two: she is still reached on the other.
		_, err = s.Suppress(w.ctx, order)
		w.ok(err)
		if got := load[models.Enrollment](w, own.ID); got.State != models.EnrollmentActive || got.ReplanAt == nil {
			t.Errorf("enrollment = %s", got.State)
		}
		order.Scope, order.Value, order.ProspectID = models.SuppressPerson, "", &w.person.ID
		first, err := s.Suppress(w.ctx, order)
		w.ok(err)
		again, err := s.Suppress(w.ctx, order)
		w.ok(err)
		if first.ID != again.ID {
			t.Error("an equal order was added twice")
		}
		if got := load[models.Enrollment](w, own.ID); got.Outcome != models.FinishOptedOut {
			t.Errorf("enrollment = %s, %s", got.State, got.Outcome)
		}
		if got := load[models.Touch](w, touch.ID); got.State != models.TouchCanceled || got.EndReason != models.CancelFinished {
			t.Errorf("touch = %s", got.State)
		}
		if got := load[models.Appointment](w, a.ID); got.State != models.AppointmentCanceled {
			t.Errorf("appointment = %s", got.State)
		}
		if got := load[models.Enrollment](w, theirs.ID); got.State != models.EnrollmentActive {
			t.Errorf("the colleague's enrollment = %s", got.State)
		}
		for range 2 {
			w.ok(s.LiftSuppression(w.ctx, first.ID, w.by, w.now))
		}
		if n := count[models.Event](w, "kind = ?", models.EventSuppressionLifted); n != 1 {
			t.Errorf("%d lifted events", n)
		}

		epoch := func() (v int64) {
			w.ok(w.db.Raw("SELECT value FROM epochs WHERE name = 'stops'").Scan(&v).Error)
			return v
		}
		before := epoch()
		order = models.Suppression{Scope: models.SuppressCompany, CompanyID: colleague.CompanyID, Reason: models.FailOptedOut, By: w.by, CreatedAt: w.now}
		_, err = s.Suppress(w.ctx, order)
		w.ok(err)
		if got := load[models.Enrollment](w, theirs.ID); got.Outcome != models.FinishOptedOut {
			t.Errorf("the colleague's enrollment = %s", got.State)
		}
		if epoch() == before {
			t.Error("a stop wider than a person did not raise the epoch")
		}
		person, err := s.Person(w.ctx, colleague.ID)
		w.ok(err)
		if len(person.Suppressions) != 1 {
			t.Errorf("suppressions of the colleague = %+v", person.Suppressions)
		}
	})
}

func TestEnrollmentByHand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a, err := s.Book(w.ctx, w.booking(w.now.Add(48*time.Hour))) // before the sequence, which would rest for it
		w.ok(err)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		until := w.now.Add(24 * time.Hour)
		w.ok(s.PauseEnrollment(w.ctx, e.ID, &until, w.by, w.now))
		person, err := s.Person(w.ctx, w.person.ID)
		w.ok(err)
		if p := person.Enrollments[0].Enrollment.Pauses; len(p) != 1 || !p[0].Until.Equal(until) || p[0].By != w.by {
			t.Errorf("pauses = %+v", p)
		}
		for range 2 {
			w.ok(s.FinishEnrollment(w.ctx, e.ID, models.FinishWon, w.by, w.now))
		}
		if got := load[models.Enrollment](w, e.ID); got.Outcome != models.FinishWon || len(w.pauses(e.ID)) != 0 {
			t.Errorf("enrollment = %+v", got)
		}
		if got := load[models.Appointment](w, a.ID); got.State != models.AppointmentCanceled {
			t.Errorf("won left the booked call: %s", got.State)
		}
		w.code(s.ResumeEnrollment(w.ctx, e.ID, w.by, w.now), models.CodeConflict)
		w.code(s.PauseEnrollment(w.ctx, e.ID, nil, w.by, w.now), models.CodeConflict)
		w.code(s.FinishEnrollment(w.ctx, e.ID, models.FinishLost, w.by, w.now), models.CodeConflict)
		w.code(s.FinishEnrollment(w.ctx, 999, models.FinishLost, w.by, w.now), models.CodeNotFound)
	})
}
