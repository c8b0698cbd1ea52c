package templates

import (
	"fmt"
	"strings"
	"testing"

	"followup/models"
)

func TestBuiltinsPassTheLint(t *testing.T) {
	all := Builtins()
	if len(all) != 4 {
		t.Fatalf("%d built-in sequences", len(all))
	}
	for _, b := range all {
		for _, f := range Lint(b.Definition, []byte(b.Source)) {
			t.Errorf("%s: %+v", b.Definition.Key, f)
		}
	}
}

func TestBuiltinsAreWhatTheyAreCalled(t *testing.T) {
	byKey := map[string]models.Definition{}
	for _, b := range Builtins() {
		byKey[b.Definition.Key] = b.Definition
	}

	d := byKey["booked-call-back"]
	if reminder := d.Steps[0]; d.Anchor != models.AnchorAppointment || reminder.Purpose != models.PurposeReminder || reminder.Timing.Days != -1 || reminder.Timing.At.String() != "09:00" {
		t.Errorf("%+v", reminder)
	}
	if call := d.Steps[1]; call.Channel != models.ChannelCall || call.Timing != (models.Timing{Kind: models.TimingAppointment}) {
		t.Errorf("%+v", call)
	}
	if v, text := d.Steps[2], d.Steps[3]; v.Channel != models.ChannelVoicemail || v.When.Call != "unanswered" || text.Channel != models.ChannelSMS || text.Timing.Minutes != 10 || text.When.Call != "unanswered" {
		t.Errorf("%+v %+v", v, text)
	}
	if d.MoveOn(models.OutcomeConnected) != models.MoveFinish {
		t.Error("a held call does not finish the sequence")
	}

	d = byKey["seven-touch-follow-up"]
	followUps, channels := 0, map[models.ChannelKind]bool{}
	for i, s := range d.Steps {
		channels[s.Channel] = true
		if s.Purpose.Counts() {
			followUps++
		}
		if s.Channel == models.ChannelCall && s.Contact != models.ContactNextUntried || i > 0 && s.Timing.BusinessDays == 0 {
			t.Errorf("%+v", s)
		}
	}
	if followUps != 7 || len(d.Steps) != 8 || d.Steps[7].Purpose != models.PurposeGoodbye || len(channels) != 4 {
		t.Errorf("%d follow-ups in %d steps over %v", followUps, len(d.Steps), channels)
	}

	d = byKey["commitment-follow-up"]
	if note, call := d.Steps[0], d.Steps[1]; d.Anchor != models.AnchorCommitment || note.Timing.Days != -1 || call.Channel != models.ChannelCall || call.Timing.Days != 0 || call.Timing.Kind != models.TimingCommitment {
		t.Errorf("%+v %+v", note, call)
	}

	if d = byKey["regular-customer"]; !d.Recurring() || d.CountsAsFollowUp || d.Steps[0].Purpose != models.PurposeRecurring {
		t.Errorf("%+v", d)
	}
}

// Every text must come out for a prospect of whom hardly anything is known.
func TestBuiltinsRenderForAnybody(t *testing.T) {
	full := sample()
	bare := Data{
		Rep: models.User{Name: "Sam Rivera"}, Sender: &models.Sender{Address: "+15555550100"}, Settings: models.DefaultSettings(), Now: full.Now,
		Prospect: models.Prospect{Zone: "Europe/London"}, Appointment: full.Appointment, Commitment: &models.Commitment{DueOn: "2026-11-30"},
	}
	named := bare
	named.Prospect.FirstName = "Ana"
	for name, d := range map[string]Data{"bare": bare, "first-name": named, "full": full} {
		var out strings.Builder
		for _, b := range Builtins() {
			for _, s := range b.Definition.Steps {
				fmt.Fprintf(&out, "===== %s, %s\n", b.Definition.Key, s.Key)
				renderStep(t, &out, s, d)
			}
		}
		golden(t, "builtin/"+name+".txt", out.String())
		for _, bad := range []string{"{{", "{%", " ,", ",,", "..", "( )", "()"} {
			if strings.Contains(out.String(), bad) {
				t.Errorf("%s: %q in the texts", name, bad)
			}
		}
	}
}

func renderStep(t *testing.T, out *strings.Builder, s models.Step, d Data) {
	t.Helper()
	if s.Channel == models.ChannelEmail {
		r, err := RenderEmail(s.Subject, s.Body, d)
		if err != nil {
			t.Errorf("%s: %v", s.Key, err)
		}
		fmt.Fprintf(out, "Subject: %s\n\n%s\n", r.Subject, r.Text)
		return
	}
	for _, f := range textFields(s) {
		text, err := Render(f.text, d)
		if err != nil {
			t.Errorf("%s, %s: %v", s.Key, f.name, err)
		}
		if f.text != "" {
			fmt.Fprintf(out, "%s: %s\n", f.name, strings.TrimSpace(text))
		}
		if f.name == "talking_point" && strings.HasSuffix(text, ".") {
			t.Errorf("%s: the reason is to complete a sentence: %q", s.Key, text)
		}
	}
}
