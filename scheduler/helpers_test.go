package scheduler

import (
	"context"
	"testing"
	"time"

	"followup/channels"
	"followup/models"
)

func ptr[T any](v T) *T { return &v }

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := models.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// localAt reads a local time: "2026-11-26 09:00".
func localAt(t testing.TB, name, local string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", local, zone(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return v.UTC()
}

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v.UTC()
}

func tod(s string) *models.TimeOfDay {
	v, err := models.ParseTimeOfDay(s)
	if err != nil {
		panic(err)
	}
	return &v
}

// silentChannel checks and takes everything.
type silentChannel struct {
	rules models.ChannelRules
	check error
}

func (c silentChannel) Kind() models.ChannelKind   { return c.rules.Kind }
func (c silentChannel) Rules() models.ChannelRules { return c.rules }
func (c silentChannel) Check(models.Message) error { return c.check }
func (c silentChannel) Send(context.Context, models.Message) (channels.Outcome, error) {
	return channels.Outcome{}, nil
}

func registry() *channels.Registry {
	r := channels.NewRegistry()
	for _, rules := range []models.ChannelRules{channels.EmailRules, channels.SMSRules, channels.VoicemailRules} {
		r.Add(models.ProviderSandbox, silentChannel{rules: rules})
	}
	return r
}

const newYork = "America/New_York"

// Contact points of the test prospect.
const (
	workMail = int64(1 + iota)
	homeMail
	cell
	workPhone
)

// person is an input for planning: a prospect in New York with two email
// addresses and two phones, all permitted, started on Monday 23 November 2026
// at 10:00.
func person(t testing.TB, d models.Definition) models.PlanInput {
	t.Helper()
	started := localAt(t, newYork, "2026-11-23 10:00")
	points := []models.ContactPoint{
		{ID: workMail, ProspectID: 7, Kind: models.ContactEmail, Value: "dana@example.com", Label: models.LabelWork, Position: 0},
		{ID: cell, ProspectID: 7, Kind: models.ContactPhone, Value: "+12125550111", Label: models.LabelCell, Position: 1},
		{ID: workPhone, ProspectID: 7, Kind: models.ContactPhone, Value: "+12125550122", Label: models.LabelWork, Position: 2},
		{ID: homeMail, ProspectID: 7, Kind: models.ContactEmail, Value: "dana@example.org", Label: models.LabelHome, Position: 3},
	}
	var consents []models.Consent
	for _, cp := range []int64{cell, workPhone} {
		for _, ch := range []models.ChannelKind{models.ChannelSMS, models.ChannelVoicemail} {
			consents = append(consents, models.Consent{ProspectID: 7, ContactPointID: cp, Channel: ch, Basis: models.ConsentWritten, GivenAt: started})
		}
	}
	for _, cp := range []int64{workMail, homeMail} {
		consents = append(consents, models.Consent{ProspectID: 7, ContactPointID: cp, Channel: models.ChannelEmail, Basis: models.ConsentInquiry, GivenAt: started})
	}
	if d.Name == "" {
		d.Name = "Test sequence"
	}
	return models.PlanInput{
		Enrollment:    models.Enrollment{ID: 70, ProspectID: 7, SequenceID: 1, VersionID: 1, RepID: 3, State: models.EnrollmentActive, StartedAt: started},
		Sequence:      models.Sequence{ID: 1, Name: d.Name, State: models.SequenceActive},
		Version:       models.SequenceVersion{ID: 1, SequenceID: 1, Definition: d},
		Prospect:      models.Prospect{ID: 7, OwnerID: 3, FirstName: "Dana", LastName: "Example", Zone: newYork, Country: "US", Locale: "en-US"},
		Rep:           models.User{ID: 3, Name: "Robin Rep", Zone: newYork},
		ContactPoints: points, Consents: consents, Settings: models.DefaultSettings(),
		Senders: []models.Sender{
			{ID: 11, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "robin@example.com", State: models.SenderActive},
			{ID: 12, Kind: models.SenderPhone, Provider: models.ProviderSandbox, Address: "+12125550100", State: models.SenderActive},
		},
	}
}

func sequence(steps ...models.Step) models.Definition {
	return models.Definition{Key: "test", CountsAsFollowUp: true, Steps: steps}
}

// after is an email step with a delay.
func after(key string, timing models.Timing) models.Step {
	timing.Kind = models.TimingAfter
	return models.Step{Key: key, Channel: models.ChannelEmail, Timing: timing, Subject: "s", Body: "b"}
}

// ended is a touch of the enrollment that is over.
func ended(key string, state models.TouchState, when time.Time) models.Touch {
	return models.Touch{ProspectID: 7, EnrollmentID: ptr(int64(70)), StepKey: key, Occurrence: "0", Kind: models.TouchMessage, State: state, EndedAt: &when, UpdatedAt: when}
}

var testCalendar = NewCalendar()

func planAt(in models.PlanInput, now time.Time) models.PlanResult {
	return Plan(in, now, testCalendar, registry())
}

// due plans and gives the time of the next touch.
func due(t testing.TB, in models.PlanInput, now time.Time) time.Time {
	t.Helper()
	res := planAt(in, now)
	if res.Next == nil {
		t.Fatalf("nothing planned: %+v", res)
	}
	return res.Next.DueAt
}
