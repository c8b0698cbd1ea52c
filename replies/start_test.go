package replies_test

import (
	"testing"

	"followup/models"
)

// START and UNSTOP take back what a reply or the provider ordered, on the
// channel they come by or on all; a person's order, a list, an unsubscribe
// link, a complaint and what was said on the phone stand.
func TestStartUndoesOnlyWhatItMay(t *testing.T) {
	on(t, func(d *desk) {
		id := d.w.Prospect.ID
		stands := map[string]bool{}
		for _, c := range []struct {
			source  string
			channel models.ChannelKind
			stands  bool
		}{
			{"reply", "", false}, {"reply", models.ChannelSMS, false}, {"provider", models.ChannelSMS, false},
			{"reply", models.ChannelEmail, true}, {"hand", "", true}, {"import", "", true}, {"unsubscribe", models.ChannelEmail, true},
			{"complaint", models.ChannelEmail, true}, {"phone", models.ChannelCall, true}, {models.SourcePreferences, models.ChannelSMS, true},
		} {
			value := d.w.Cell.Value
			if c.channel == models.ChannelEmail {
				value = d.w.Email.Value
			}
			_, err := d.s.Suppress(d.ctx, models.Suppression{Scope: models.SuppressAddress, ProspectID: &id, Value: value, Channel: c.channel,
				Reason: models.FailOptedOut, Source: c.source, By: models.ActorSystem, CreatedAt: d.now})
			if err != nil {
				d.Fatal(err)
			}
			stands[c.source+" "+string(c.channel)] = c.stands
		}
		for _, word := range []string{"START", "UNSTOP"} {
			d.receive(d.text("t-"+word, d.w.Cell.Value, word))
		}
		left := map[string]bool{}
		for _, s := range d.person().Suppressions {
			left[s.Source+" "+string(s.Channel)] = true
		}
		for name, want := range stands {
			if left[name] != want {
				d.Errorf("the order of %q stands: %v", name, left[name])
			}
		}
	})
}
