package crm

import (
	"context"
	"slices"
	"strings"

	"followup/models"
)

// Voicemail is left by us in the rep's place.
type Voicemail struct {
	ContactPointID int64
	Script         string // what is spoken; or the https address of a recording, which is played
	FormToken      string // pressing the button twice leaves one
}

// MayLeaveVoicemail says from which number of ours a recorded message may be
// left for the prospect. It is a prerecorded-voice call, also where a person
// presses the button, so it needs prior express written consent (FCC 22-85).
func MayLeaveVoicemail(thread models.Thread, contactPointID int64, s *Service) (models.Sender, error) {
	person := thread.Person
	at := slices.IndexFunc(person.ContactPoints, func(cp models.ContactPoint) bool {
		return cp.ID == contactPointID && cp.Kind == models.ContactPhone
	})
	if at < 0 {
		return models.Sender{}, models.Invalid("voicemail", "choose one of their phone numbers")
	}
	point := person.ContactPoints[at]
	if _, no := models.Suppressed(person.Suppressions, person.Prospect, point, models.ChannelVoicemail); no {
		return models.Sender{}, models.Errorf(models.CodeRefused, "They asked not to get voicemails on this number.")
	}
	consent, _ := models.BestConsent(person.Consents, point, models.ChannelVoicemail, s.Clock())
	if consent.Basis.Level() < models.ConsentWritten.Level() {
		return models.Sender{}, models.Errorf(models.CodeRefused, "A message that we leave for you is a recorded call and needs their consent in writing, which is not on record. Leave it yourself and choose “Left a voicemail”.")
	}
	from := slices.IndexFunc(thread.Senders, func(sn models.Sender) bool {
		return sn.Kind == models.SenderPhone && sn.State == models.SenderActive
	})
	if from < 0 {
		return models.Sender{}, models.Errorf(models.CodeRefused, "No number is connected that could leave it. Leave it yourself and choose “Left a voicemail”.")
	}
	return thread.Senders[from], nil
}

func (s *Service) prepareVoicemail(ctx context.Context, rep CallReport) (models.NewAnswer, error) {
	v := rep.Voicemail
	script := strings.TrimSpace(v.Script)
	switch {
	case rep.Outcome != models.OutcomeLeftVoicemail:
		return models.NewAnswer{}, models.Invalid("voicemail", "a voicemail is left with the outcome “left a voicemail” only")
	case script == "":
		return models.NewAnswer{}, models.Invalid("voicemail", "write what the voicemail says")
	case len(script) > maxScript:
		return models.NewAnswer{}, models.Invalid("voicemail", "is longer than %d characters; nobody listens for so long", maxScript)
	}
	thread, err := s.Store.Thread(ctx, rep.ProspectID, 1)
	if err != nil {
		return models.NewAnswer{}, err
	}
	sender, err := MayLeaveVoicemail(thread, v.ContactPointID, s)
	if err != nil {
		return models.NewAnswer{}, err
	}
	return models.NewAnswer{
		ProspectID: rep.ProspectID, UserID: rep.UserID, Channel: models.ChannelVoicemail, ContactPointID: v.ContactPointID, SenderID: &sender.ID,
		Purpose: models.PurposeManual, Body: script, Why: "Left by us: nobody answered the call, and they agreed to recorded messages in writing.",
		FormToken: v.FormToken, Now: s.Clock(),
	}, nil
}

// maxScript is what the channel can speak (Twilio's limit for Twiml, markup included).
const maxScript = 3000
