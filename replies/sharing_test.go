package replies_test

import (
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// Two records hold one address: whichever of them the answer is matched to,
// both rest, for nothing is sent after an answer.
func TestReplyPausesEveryHolderOfTheAddress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		first := d.enroll()
		twin, err := s.CreateProspect(d.ctx, models.Prospect{FirstName: "Pat", LastName: "Twin", OwnerID: d.w.Rep.ID, Zone: "America/New_York"}, nil,
			[]models.ContactPoint{{Kind: models.ContactEmail, Value: "pat@works.example.com", Label: models.LabelWork}}, nil, models.ActorSystem, d.now)
		d.must(err)
		second, err := s.Enroll(d.ctx, models.NewEnrollment{
			ProspectID: twin.ID, SequenceID: d.w.Sequence.ID, VersionID: d.w.Version.ID, RepID: d.w.Rep.ID, By: models.ActorSystem, Now: d.now,
		})
		d.must(err)
		d.receive(d.mail("shared", "Yes, please send the offer."))
		for _, of := range []models.Enrollment{first, second} {
			person, err := s.Person(d.ctx, of.ProspectID)
			d.must(err)
			if len(person.Enrollments) != 1 || !person.Enrollments[0].Enrollment.PausedFor(models.PauseReplied) {
				t.Errorf("enrollment %d after the answer: %+v", of.ID, person.Enrollments)
			}
		}
	})
}
