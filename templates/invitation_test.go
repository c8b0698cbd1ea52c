package templates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"followup/models"
)

func inviteData() Data {
	created := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	return Data{
		Prospect: models.Prospect{FirstName: "Dana", LastName: `"Danny" Reyes`, Zone: "America/Chicago"},
		Email:    "dana.reyes@example.com", Phone: "+13125550142", Rep: models.User{Name: "Rae Kim"},
		Appointment: &models.Appointment{
			ID: 12, Revision: 3, StartsAt: time.Date(2026, 11, 26, 21, 0, 0, 0, time.UTC), Minutes: 45, CreatedAt: created,
			Title: "Renewal; the second site, and what it needs in the new year\nwith numbers – größere Mengen",
		},
		Settings: models.DefaultSettings(), Now: created,
	}
}

func TestInvitationGolden(t *testing.T) {
	for method, file := range map[string]string{InviteRequest: "invite.ics", InviteCancel: "invite_cancel.ics"} {
		got := Invitation(method, inviteData(), "rae@example.com")
		path := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is\n%s\nwant\n%s", method, got, want)
		}
	}
}

// TestInvitationLines: at most 75 octets a line, whole letters, and nothing
// that a person wrote begins a line of its own.
func TestInvitationLines(t *testing.T) {
	d := inviteData()
	d.Appointment.Title = strings.Repeat("größer ", 40) + "\r\nATTENDEE:mailto:eve@example.com"
	d.Prospect.FirstName = "Dana\r\nMETHOD:CANCEL"
	got := Invitation(InviteRequest, d, "rae@example.com")
	for _, l := range strings.Split(strings.TrimSuffix(got, "\r\n"), "\r\n") {
		if len(l) > 75 || !utf8.ValidString(l) {
			t.Errorf("a line of %d octets: %q", len(l), l)
		}
		if strings.HasPrefix(l, "ATTENDEE:mailto:eve") || l == "METHOD:CANCEL" || strings.ContainsAny(l, "\r\n") {
			t.Errorf("words of a person became a line: %q", l)
		}
	}
}

func TestInvitationNeedsACallAndSomebody(t *testing.T) {
	d := inviteData()
	d.Email = ""
	if got := Invitation(InviteRequest, d, "rae@example.com"); got != "" {
		t.Errorf("invited nobody: %s", got)
	}
	d = inviteData()
	d.Appointment = nil
	if got := Invitation(InviteRequest, d, "rae@example.com"); got != "" {
		t.Errorf("invited to nothing: %s", got)
	}
}
