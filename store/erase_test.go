package store_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// Whoever adds a table or a column of text says whether it is a person's.
func TestErasureKnowsEveryColumn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		unknown, err := store.PersonalColumns(s)
		if err != nil {
			t.Fatal(err)
		}
		if len(unknown) > 0 {
			t.Errorf("neither personal nor known to be impersonal (store/personal.go): %v", unknown)
		}
	})
}

// everything is all that the database holds, as text.
func (w *world) everything() string {
	w.Helper()
	var b bytes.Buffer
	_, err := w.s.Backup(w.ctx, &b, w.now, nil)
	w.ok(err)
	z, err := gzip.NewReader(&b)
	w.ok(err)
	text, err := io.ReadAll(z)
	w.ok(err)
	return string(text)
}

// zebra is a word that stands in everything that is said to and of them.
const zebra = "zebra-crossing"

func (w *world) liveAFullLife() models.Enrollment {
	w.Helper()
	person := load[models.Prospect](w, w.person.ID)
	person.FirstName, person.Notes, person.Custom = "Zebra-Crossing", "likes the "+zebra, map[string]string{"pet": zebra}
	w.ok(w.db.Save(&person).Error)
	e := w.enroll(follow("seq", after(0, 1, 0, 0)))
	touch := w.queue(models.Touch{StepKey: "first", EnrollmentID: &e.ID, State: models.TouchSent, Draft: &models.Draft{Body: zebra}})
	out := w.sent(touch, "zebratoken")
	out.Text, out.Subject, out.ToAddress, out.ToName = zebra, zebra, herEmail, "Zebra-Crossing"
	w.ok(w.db.Save(&out).Error)
	raw, _, err := w.s.SaveRaw(w.ctx, models.Raw{Provider: models.ProviderSMTP, ProviderID: "1", Channel: models.ChannelEmail,
		Content: []byte("From: " + herEmail + "\r\n\r\n" + strings.Repeat(zebra+" ", 30_000))})
	w.ok(err)
	_, err = w.s.RecordInbound(w.ctx, models.InboundRecord{
		RawID: raw.ID, Now: w.now, Message: models.Message{Channel: models.ChannelEmail, FromAddress: herEmail, FromName: "Zebra-Crossing", Text: zebra, Visible: zebra},
		Match:   models.Match{ProspectID: &w.person.ID, ContactPointID: &w.email.ID},
		Verdict: models.Verdict{Class: models.ClassHuman, Why: zebra},
	}, func(p models.Person) models.Effects {
		return models.Effects{Pauses: []models.Pause{{EnrollmentID: e.ID, Reason: models.PauseReplied}},
			Tasks: []models.Task{{Kind: models.TaskReply, Title: "Answer " + zebra, Detail: zebra}}}
	})
	w.ok(err)
	_, err = w.s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now.Add(time.Hour), Title: zebra, Note: zebra, By: w.by, Now: w.now})
	w.ok(err)
	_, err = w.s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressAddress, Value: herPhone, Channel: models.ChannelSMS, Reason: models.FailOptedOut, Source: "reply", By: models.ActorCustomer, CreatedAt: w.now})
	w.ok(err)
	return e
}

func TestErase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		dir := t.TempDir()
		store.KeepFiles(s, dir)
		e := w.liveAFullLife()
		if n := len(filesIn(t, dir)); n != 1 {
			t.Fatalf("%d files before", n)
		}

		var export bytes.Buffer
		w.ok(s.ExportPerson(w.ctx, w.person.ID, &export, w.by, w.now))
		var doc store.PersonExport
		w.ok(json.Unmarshal(export.Bytes(), &doc))
		for _, table := range []string{"prospects", "contact_points", "messages", "inbounds", "touches", "tasks", "enrollments", "appointments", "events"} {
			if len(doc.Tables[table]) == 0 {
				t.Errorf("the export has nothing of %s", table)
			}
		}
		if !strings.Contains(export.String(), herEmail) || strings.Count(export.String(), zebra) < 30_000 {
			t.Error("the export lacks what was said")
		}

		for range 2 { // a second click
			w.ok(s.Erase(w.ctx, w.person.ID, true, w.by, w.now))
		}
		held := strings.ToLower(w.everything())
		for _, word := range []string{zebra, herEmail, herPhone} {
			if at := strings.Index(held, word); at >= 0 {
				t.Errorf("%q is still there: …%s…", word, held[max(0, at-200):min(len(held), at+60)])
			}
		}
		if n := len(filesIn(t, dir)); n != 0 {
			t.Errorf("%d files are left", n)
		}
		w.isEnrollment(e.ID, models.EnrollmentFinished, false)
		w.want("touches that live", count[models.Touch](w, "prospect_id = ? AND state IN ('planned', 'open')", w.person.ID), 0)
		w.want("tasks that stand", count[models.Task](w, "prospect_id = ? AND state IN ('open', 'upcoming')", w.person.ID), 0)
	})
}

// Whoever opted out and was erased stays so when somebody enters them anew.
func TestOrdersSurviveErasure(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.liveAFullLife()
		w.ok(s.Erase(w.ctx, w.person.ID, false, w.by, w.now))
		again, err := s.CreateProspect(w.ctx, models.Prospect{OwnerID: w.rep.ID, FirstName: "Dana", LastName: "Reyes", Zone: "America/New_York"}, nil,
			[]models.ContactPoint{{Kind: models.ContactEmail, Value: herEmail}, {Kind: models.ContactPhone, Value: herPhone}}, nil, w.by, w.now)
		w.ok(err)
		person, err := s.Person(w.ctx, again.ID)
		w.ok(err)
		for _, cp := range person.ContactPoints {
			_, forbidden := models.Suppressed(person.Suppressions, person.Prospect, cp, models.ChannelSMS)
			if want := cp.Value == herPhone; forbidden != want {
				t.Errorf("texts to %s are forbidden: %v", cp.Value, forbidden)
			}
		}
	})
}

func TestEraseWaitsForWhatIsBeingSent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		w.queue(models.Touch{StepKey: "first", EnrollmentID: &e.ID, State: models.TouchSending})
		if err := s.Erase(w.ctx, w.person.ID, false, w.by, w.now); models.CodeOf(err) != models.CodeConflict {
			t.Errorf("erased while a message was being sent: %v", err)
		}
		w.isEnrollment(e.ID, models.EnrollmentActive, false)
	})
}

func TestRetain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		dir := t.TempDir()
		store.KeepFiles(s, dir)
		w.liveAFullLife()
		rules := models.Retention{Raw: 30, Messages: 400}
		early, late := w.now.AddDate(0, 0, 29), w.now.AddDate(0, 0, 31)
		if n, err := s.Retain(w.ctx, rules, early); err != nil || n != 0 {
			t.Errorf("%d went a day early (%v)", n, err)
		}
		old, err := s.Retained(w.ctx, rules, late)
		w.ok(err)
		n, err := s.Retain(w.ctx, rules, late)
		w.ok(err)
		if n != 1 || old[models.RetainedRaw].N != n {
			t.Errorf("%d went, %+v were announced", n, old)
		}
		w.want("files", len(filesIn(t, dir)), 0)
		w.want("messages with their words", count[models.Message](w, "text <> ''"), 2)
		n, err = s.Retain(w.ctx, rules, w.now.AddDate(0, 0, 401))
		w.ok(err)
		w.want("messages blanked", n, 2)
		if again, err := s.Retain(w.ctx, rules, w.now.AddDate(0, 0, 401)); err != nil || again != 0 {
			t.Errorf("%d went twice (%v)", again, err)
		}
	})
}
