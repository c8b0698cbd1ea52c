package storetest

import (
	"testing"

	"followup/models"
	"followup/store"
)

// World is the smallest workspace in which the main job can be done.
type World struct {
	Rep      models.User
	Mailbox  models.Sender // sandbox, the rep's
	Phone    models.Sender // sandbox, the rep's
	Company  models.Company
	Prospect models.Prospect // in New York, with an email and a cell phone
	Email    models.ContactPoint
	Cell     models.ContactPoint
	Sequence models.Sequence
	Version  models.SequenceVersion // two emails, two days apart at 09:00, and a text
}

// Definition of the sequence that Seed publishes.
func Definition() models.Definition {
	nine := models.TimeOfDay(9 * 60)
	return models.Definition{
		Key: "seed-follow-up", Name: "Seed follow-up", CountsAsFollowUp: true, DefaultChannel: models.ChannelEmail,
		OnReply: models.ReplyPause, OnColleagueReply: models.ReplyContinue, OnMeeting: models.ReplyFinish,
		Steps: []models.Step{
			{Key: "first", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp,
				Timing: models.Timing{Kind: models.TimingAfter}, Subject: "Your question", Body: "Hello {{ prospect.first_name }}"},
			{Key: "second", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp,
				Timing: models.Timing{Kind: models.TimingAfter, Days: 2, At: &nine}, Subject: "Your question", Body: "One more thing"},
			{Key: "text", Channel: models.ChannelSMS, Purpose: models.PurposeFollowUp,
				Timing: models.Timing{Kind: models.TimingAfter, BusinessDays: 1, At: &nine}, Body: "A short word"},
		},
	}
}

// Seed fills a fresh database with a World, by the store's own methods.
func Seed(t testing.TB, s *store.Store) World {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("seed: %v", err)
		}
	}
	var w World
	var err error
	w.Rep, err = s.SaveUser(ctx, models.User{
		Email: "rep@example.com", Name: "Robin Rep", Role: models.RoleRep, Zone: "America/New_York", Locale: "en-US", Phone: "+12125550100",
	}, models.ActorSystem, Now)
	must(err)
	w.Mailbox, err = s.SaveSender(ctx, models.Sender{
		OwnerID: &w.Rep.ID, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "robin@example.com", Name: "Robin Rep",
	}, models.ActorSystem, Now)
	must(err)
	w.Phone, err = s.SaveSender(ctx, models.Sender{
		OwnerID: &w.Rep.ID, Kind: models.SenderPhone, Provider: models.ProviderSandbox, Address: "+12125550101", Name: "Robin Rep",
	}, models.ActorSystem, Now)
	must(err)
	w.Prospect, err = s.CreateProspect(ctx, models.Prospect{
		OwnerID: w.Rep.ID, FirstName: "Pat", LastName: "Prospect", Zone: "America/New_York", Locale: "en-US", Country: "US", Region: "NY",
	}, &models.Company{Name: "Example Works", Domain: "works.example.com"},
		[]models.ContactPoint{
			{Kind: models.ContactEmail, Value: "pat@works.example.com", Label: models.LabelWork},
			{Kind: models.ContactPhone, Value: "+12125550142", Label: models.LabelCell, Position: 1},
		}, Consents(1, 2), models.ActorSystem, Now)
	must(err)
	person, err := s.Person(ctx, w.Prospect.ID)
	must(err)
	w.Email, w.Cell = person.ContactPoints[0], person.ContactPoints[1]
	w.Company = models.Company{ID: *person.Prospect.CompanyID, Name: "Example Works", Domain: "works.example.com"}
	w.Version, err = s.PublishSequence(ctx, Definition(), "", "", false, &w.Rep.ID, Now)
	must(err)
	w.Sequence, err = s.SequenceByKey(ctx, Definition().Key)
	must(err)
	return w
}

// Consents are written ones for every channel: email on the point at place
// email (from 1), texts and voicemail on the one at place phone.
func Consents(email, phone int64) []models.Consent {
	var all []models.Consent
	for ch, place := range map[models.ChannelKind]int64{
		models.ChannelEmail: email, models.ChannelSMS: phone, models.ChannelVoicemail: phone,
	} {
		all = append(all, models.Consent{ContactPointID: place, Channel: ch, Basis: models.ConsentWritten, Source: "form", GivenAt: Now})
	}
	return all
}
