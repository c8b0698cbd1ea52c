package twilioapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/models"
)

const (
	// recordingFor is how long after a call's end its recording may still
	// appear in Twilio's list.
	recordingFor = time.Minute
	// longestCall bounds how far back a listing goes for a call that goes on.
	longestCall = 4 * time.Hour
	// leftMessage is Twilio's word for what <Record> took: a caller spoke to a
	// machine. Recordings of talks have other sources and are no messages.
	leftMessage = "RecordVerb"
)

// VoicemailLeft is what a caller left on our voicemail, under the recording's
// SID, however it came to us: the call it came by is an inbound of its own.
func VoicemailLeft(senderID int64, recording, address, from, to string, seconds int, at time.Time) (models.Raw, error) {
	content, err := json.Marshal(models.InboundText{
		From: from, To: to, Kind: models.ChannelVoicemail, Media: []string{address}, Seconds: max(seconds, 1),
	})
	if err != nil {
		return models.Raw{}, fmt.Errorf("encode inbound voicemail: %w", err)
	}
	return models.Raw{
		Provider: models.ProviderTwilio, ProviderID: recording, Channel: models.ChannelCall,
		SenderID: &senderID, Content: content, State: models.RawReceived, ReceivedAt: at,
	}, nil
}

// voicemails hands on what was recorded in a call, once it has ended. A
// recording is listed some seconds after its call.
func (r *reading) voicemails(ctx context.Context, e entry) error {
	if e.kind != models.ChannelCall || !r.open(e) {
		return nil
	}
	recordings, err := r.recordingsOf(ctx, e.sid)
	if err != nil {
		return err
	}
	making := false
	for _, rec := range recordings {
		switch {
		case str(rec.Source) != leftMessage || str(rec.Status) == "absent":
			continue
		case str(rec.Status) != "completed":
			making = true
			continue
		}
		seconds, _ := strconv.Atoi(str(rec.Duration)) // what is no number counts as a second
		at := created(rec.DateCreated)
		if now := r.Clock(); at.IsZero() || at.After(now) {
			at = now
		}
		address := "https://" + apiHost + "/2010-04-01/Accounts/" + r.sender.Settings.AccountSID + "/Recordings/" + str(rec.Sid)
		raw, err := VoicemailLeft(r.sender.ID, str(rec.Sid), address, e.from, e.to, seconds, at)
		if err != nil {
			return err
		}
		if err := r.deliver(ctx, raw); err != nil {
			return err
		}
	}
	if !making && (len(recordings) > 0 || r.Clock().Sub(e.ended) > recordingFor) {
		delete(r.ongoing, e.sid)
		r.heard[e.sid] = e.created
	}
	return nil
}

// open tells whether a call is to be asked for its recordings now, and keeps
// those in mind that still go on: the next listing reaches back to them.
func (r *reading) open(e entry) bool {
	if _, known := r.heard[e.sid]; known {
		return false
	}
	switch e.status {
	case "completed":
		r.ongoing[e.sid] = e.created
		return true
	case "queued", "ringing", "in-progress":
		r.ongoing[e.sid] = e.created
	default: // nobody and nothing answered it: there is no recording
		delete(r.ongoing, e.sid)
	}
	return false
}

// since is where the next listing begins that followed one at began.
func (r *reading) since(began time.Time) time.Time {
	from := began.Add(-overlap)
	for sid, created := range r.ongoing {
		if created.Before(began.Add(-longestCall)) {
			delete(r.ongoing, sid)
		} else if created.Before(from) {
			from = created
		}
	}
	return from
}

// recordingsOf lists what was recorded in a call.
func (r *reading) recordingsOf(ctx context.Context, call string) ([]openapi.ApiV2010CallRecording, error) {
	var list []openapi.ApiV2010CallRecording
	se := r.Client.Call(ctx, r.sender, func(api *openapi.ApiService) (err error) {
		list, err = api.ListCallRecording(call, (&openapi.ListCallRecordingParams{}).SetLimit(20))
		return err
	})
	switch {
	case se == nil:
		return list, nil
	case se.Class == models.SendPermanent:
		return nil, nil // the call was deleted meanwhile
	}
	return nil, se
}
