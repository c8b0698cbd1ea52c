package web_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"followup/channels/sandbox"
	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/web/webtest"
)

// reader is somebody with two addresses and no telephone, in a sequence of letters.
func reader(t *testing.T, app *webtest.App) models.Prospect {
	t.Helper()
	p, err := app.CRM.CreateProspect(t.Context(), models.UserActor(app.Rep.ID), crm.ProspectInput{
		FirstName: "Dana", LastName: "Reyes", Zone: "America/Chicago", Country: "US", Region: "IL", OwnerID: app.Rep.ID,
		ConsentBasis: models.ConsentWritten, ConsentSource: "web form",
		Points: []crm.PointInput{{Kind: models.ContactEmail, Value: "dana@work.example.com", Label: models.LabelWork}, {Kind: models.ContactEmail, Value: "dana@home.example.com", Label: models.LabelHome}},
	})
	if err != nil {
		t.Fatal(err)
	}
	letters(t, app, p)
	return p
}

func lastMail(t *testing.T, app *webtest.App, p models.Prospect) models.Message {
	t.Helper()
	for _, m := range person(t, app, p).Messages { // newest first
		if m.Direction == models.Outbound && m.Channel == models.ChannelEmail {
			return m
		}
	}
	t.Fatal("no email went out")
	return models.Message{}
}

func receive(t *testing.T, app *webtest.App, raw models.Raw) {
	t.Helper()
	if _, err := app.Replies.Receive(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
}

// recorded tells whether the audit of a person has an event.
func recorded(t *testing.T, app *webtest.App, p models.Prospect, kind models.EventKind, code string) bool {
	t.Helper()
	page, err := app.Store.ViewAudit(t.Context(), store.AuditQuery{ProspectID: p.ID, Kind: kind, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(page.Rows, func(r store.AuditRow) bool { return r.Event.Code == code })
}

// A dead address leads to the next one; only when none is left the sequence
// ends, as unreachable, and each step of that is in the audit.
func TestBouncesLeadToTheNextAddress(t *testing.T) {
	webtest.Each(t, webtest.Options{}, testBouncesLead)
}

func testBouncesLead(t *testing.T, app *webtest.App) {
	p := reader(t, app)
	first := lastMail(t, app, p)
	receive(t, app, sandbox.Bounce(first, "5.1.1", "no such user", app.Now()))
	app.Advance(3 * 24 * time.Hour)
	second := lastMail(t, app, p)
	if first.ToAddress != "dana@work.example.com" || second.ToAddress != "dana@home.example.com" {
		t.Fatalf("the first went to %s, the second to %s", first.ToAddress, second.ToAddress)
	}
	if run := person(t, app, p).Enrollments[0].Enrollment; !run.Active() {
		t.Fatalf("one address works, and the sequence is %s", run.State)
	}
	receive(t, app, sandbox.Bounce(second, "5.2.1", "mailbox disabled", app.Now()))
	app.Advance(time.Minute)
	run := person(t, app, p).Enrollments[0].Enrollment
	if run.Live() || run.Outcome != models.FinishUnreachable {
		t.Errorf("no address is left, and the sequence is %s %s", run.State, run.Outcome)
	}
	if !recorded(t, app, p, models.EventContactInvalid, string(models.FailBounced)) || !recorded(t, app, p, models.EventFinished, string(models.FinishUnreachable)) {
		t.Error("the audit does not tell")
	}
}

// A complaint ends what was running and closes email, a wish to hear no more
// closes everything; both are in the audit and neither asks for an answer.
func TestScopeOfComplaintAndOptOut(t *testing.T) { webtest.Each(t, webtest.Options{}, testScopes) }

func testScopes(t *testing.T, app *webtest.App) {
	for name, c := range map[string]struct {
		raw      func(m models.Message) models.Raw
		byPhone  bool // still open
		recorded string
	}{
		"complaint": {func(m models.Message) models.Raw {
			return models.Raw{Provider: models.ProviderSandbox, ProviderID: "arf-" + m.Token, Channel: models.ChannelEmail, SenderID: m.SenderID, ReceivedAt: app.Now(), Content: fmt.Appendf(nil,
				"From: feedback@isp.example.net\r\nTo: %s\r\nSubject: FW: %s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: %s\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: %s\r\nSubject: %s\r\n\r\n--b--\r\n",
				m.FromAddress, m.Subject, m.ToAddress, m.MailID, m.Subject)}
		}, true, string(models.FailOptedOut)},
		"opt-out": {func(m models.Message) models.Raw {
			return models.Raw{Provider: models.ProviderSandbox, ProviderID: "out-" + m.Token, Channel: models.ChannelEmail, SenderID: m.SenderID, ReceivedAt: app.Now(), Content: fmt.Appendf(nil,
				"From: %s\r\nTo: %s\r\nSubject: Re: %s\r\nIn-Reply-To: %s\r\nMessage-ID: <out@example.com>\r\n\r\nPlease take me off your list.\r\n", m.ToAddress, m.FromAddress, m.Subject, m.MailID)}
		}, false, string(models.FailOptedOut)},
	} {
		t.Run(name, func(t *testing.T) {
			p := app.AddProspect("Dana", name)
			letters(t, app, p)
			receive(t, app, c.raw(lastMail(t, app, p)))
			app.Advance(time.Minute)
			v, err := app.Store.Person(t.Context(), p.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, cp := range v.ContactPoints {
				for _, ch := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelCall} {
					_, closed := models.Suppressed(v.Suppressions, v.Prospect, cp, ch)
					if want := ch == models.ChannelEmail || !c.byPhone; closed != want {
						t.Errorf("%s by %s is closed: %v", cp.Value, ch, closed)
					}
				}
			}
			if run := person(t, app, p).Enrollments[0].Enrollment; run.Live() || run.Outcome != models.FinishOptedOut {
				t.Errorf("the sequence is %s %s", run.State, run.Outcome)
			}
			if !recorded(t, app, p, models.EventSuppressed, c.recorded) || !recorded(t, app, p, models.EventFinished, string(models.FinishOptedOut)) {
				t.Error("the audit does not tell")
			}
			for _, task := range openTasks(t, app) {
				if task.ProspectID != nil && *task.ProspectID == p.ID {
					t.Errorf("somebody is asked: %+v", task)
				}
			}
			before := len(person(t, app, p).Messages)
			app.Advance(10 * 24 * time.Hour)
			if after := len(person(t, app, p).Messages); after != before {
				t.Errorf("%d messages after that", after-before)
			}
		})
	}
}
