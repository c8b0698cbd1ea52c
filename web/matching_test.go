package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"followup/crm"
	"followup/models"
	"followup/web/webtest"
)

// stranger lets somebody unknown text our number or write to our mailbox.
func stranger(t *testing.T, app *webtest.App, from, body string) int64 {
	t.Helper()
	raw := models.Raw{Provider: models.ProviderSandbox, ProviderID: from + body, Channel: models.ChannelSMS, SenderID: &app.Phone.ID, ReceivedAt: app.Now()}
	if strings.Contains(from, "@") {
		raw.Channel, raw.SenderID = models.ChannelEmail, &app.Mailbox.ID
		raw.Content = fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: Your offer\r\nMessage-ID: <%d@example.org>\r\n\r\n%s\r\n", from, app.Mailbox.Address, len(body), body)
	} else {
		content, err := json.Marshal(models.InboundText{From: from, To: app.Phone.Address, Body: body, Kind: models.ChannelSMS})
		if err != nil {
			t.Fatal(err)
		}
		raw.Content = content
	}
	rec, err := app.Replies.Receive(context.Background(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return rec.MessageID
}

// A message of somebody unknown is given to a prospect: it pauses, and waits,
// as one that was recognised.
func TestMatching(t *testing.T) { webtest.Each(t, webtest.Options{}, testMatching) }

func testMatching(t *testing.T, app *webtest.App) {
	p, other := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	id := stranger(t, app, "Dana at home <dana.home@example.org>", "Friday works for me.")
	rep := app.SignIn(app.Rep)
	_, body := rep.Get("/inbox")
	if !strings.Contains(text(body), "From somebody we do not know") || !strings.Contains(body, "/inbox/matching") {
		t.Errorf("the inbox does not lead to it\n%s", text(body))
	}
	if _, body = rep.Get("/inbox/matching"); !strings.Contains(text(body), "Friday works for me.") {
		t.Errorf("it is not listed\n%s", text(body))
	}
	path := fmt.Sprintf("/inbox/matching/%d", id)
	if _, body = rep.Get(path + "?q=reyes"); !strings.Contains(body, fmt.Sprintf(`name="prospect" value="%d"`, p.ID)) || !strings.Contains(body, "dana.home@example.org") {
		t.Errorf("the search does not find them\n%s", text(body))
	}
	if status, body := rep.Post(path+"/attach", nil); status != http.StatusUnprocessableEntity || !strings.Contains(text(body), "Choose whom it is from") {
		t.Errorf("nobody chosen: status %d", status)
	}
	status, body := rep.Post(path+"/attach", form("prospect", fmt.Sprint(p.ID), "add_address", "1"))
	if status != http.StatusOK || !strings.Contains(text(body), "One sequence was paused") || !strings.Contains(text(body), "Friday works for me.") {
		t.Errorf("status %d\n%s", status, text(body))
	}
	v := person(t, app, p)
	if !v.Enrollments[0].Enrollment.PausedFor(models.PauseReplied) || v.Conversation.WaitingSince == nil || v.Conversation.LastChannel != models.ChannelEmail {
		t.Errorf("enrollment %s, conversation %+v", v.Enrollments[0].Enrollment.State, v.Conversation)
	}
	last := v.Points[len(v.Points)-1]
	if last.Value != "dana.home@example.org" || last.Validity != models.ValidityValid || *v.Conversation.LastContactID != last.ID {
		t.Errorf("the address: %+v", last)
	}
	for _, task := range openTasks(t, app) {
		if task.Reason == models.AttentionUnmatched {
			t.Errorf("a task is still open: %+v", task)
		}
	}
	// Again it does nothing; given to somebody else it is refused.
	if status, _ = rep.Post(path+"/attach", form("prospect", fmt.Sprint(p.ID))); status != http.StatusOK {
		t.Errorf("again: status %d", status)
	}
	if status, _ = rep.Post(path+"/attach", form("prospect", fmt.Sprint(other.ID))); status != http.StatusUnprocessableEntity && status != http.StatusConflict {
		t.Errorf("for somebody else: status %d", status)
	}
	if _, body = rep.Get(path); !strings.Contains(text(body), "Dana Reyes") {
		t.Error("a matched message does not lead to its person")
	}
}

// What concerns nobody is set aside; the task follows to what is left.
func TestDismissUnmatched(t *testing.T) { webtest.Each(t, webtest.Options{}, testDismissUnmatched) }

func testDismissUnmatched(t *testing.T, app *webtest.App) {
	first := stranger(t, app, "+12125550161", "Is this the pizza place?")
	second := stranger(t, app, "+12125550162", "Wrong number, sorry")
	rep := app.SignIn(app.Rep)
	for i, id := range []int64{first, second} {
		if status, _ := rep.Post(fmt.Sprintf("/inbox/matching/%d/dismiss", id), nil); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		var asks []models.Task
		for _, task := range openTasks(t, app) {
			if task.Reason == models.AttentionUnmatched {
				asks = append(asks, task)
			}
		}
		if i == 0 && (len(asks) != 1 || *asks[0].MessageID != second) || i == 1 && len(asks) != 0 {
			t.Errorf("after %d: %+v", i+1, asks)
		}
	}
	if _, body := rep.Get("/inbox/matching"); !strings.Contains(text(body), "Everything is matched") {
		t.Errorf("still listed\n%s", text(body))
	}
}

// Mail that came to a colleague's own mailbox is not for every rep's eyes.
func TestMatchingIsForWhomItConcerns(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	ctx := context.Background()
	own, err := app.Store.SaveSender(ctx, models.Sender{OwnerID: &app.Manager.ID, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "mara@example.com"}, models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	app.Mailbox = own
	id := stranger(t, app, "doctor@example.org", "Your appointment")
	path := fmt.Sprintf("/inbox/matching/%d", id)
	rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
	if _, body := rep.Get("/inbox/matching"); strings.Contains(body, "doctor@example.org") {
		t.Error("a rep sees a colleague's mail")
	}
	for _, at := range []string{path} {
		if status, _ := rep.Get(at); status != http.StatusForbidden {
			t.Errorf("%s: status %d", at, status)
		}
	}
	if status, _ := rep.Post(path+"/dismiss", nil); status != http.StatusForbidden {
		t.Errorf("dismiss: status %d", status)
	}
	if status, _ := manager.Get(path); status != http.StatusOK {
		t.Errorf("a manager: status %d", status)
	}
}

// A reply from an address of theirs that we did not know pauses, and the
// address is kept by one click.
func TestAddTheAddress(t *testing.T) { webtest.Each(t, webtest.Options{}, testAddTheAddress) }

func testAddTheAddress(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	var sent models.Message
	for range 10 {
		app.Advance(24 * time.Hour)
		closeOpenCalls(t, app)
		for _, m := range person(t, app, p).Messages {
			if m.Channel == models.ChannelEmail {
				sent = m
			}
		}
		if sent.ID != 0 {
			break
		}
	}
	if sent.MailID == "" {
		t.Fatalf("no email went out: %+v", person(t, app, p).Messages)
	}
	raw := models.Raw{Provider: models.ProviderSandbox, ProviderID: "alias", Channel: models.ChannelEmail, SenderID: &app.Mailbox.ID, ReceivedAt: app.Now(),
		Content: fmt.Appendf(nil, "From: Dana <dana.alias@example.org>\r\nTo: sales@example.com\r\nSubject: Re: hello\r\nMessage-ID: <a@example.org>\r\nIn-Reply-To: %s\r\n\r\nYes, gladly.\r\n", sent.MailID)}
	if _, err := app.Replies.Receive(context.Background(), raw); err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	_, body := rep.Get(base)
	v := person(t, app, p)
	action := fmt.Sprintf("/messages/%d/address", v.Messages[0].ID)
	if !v.Enrollments[0].Enrollment.PausedFor(models.PauseReplied) || !strings.Contains(body, action) || !strings.Contains(text(body), "none of their contact points") {
		t.Fatalf("it is not offered\n%s", text(body))
	}
	for range 2 {
		if status, _ := rep.Post(action, nil); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	_, body = rep.Get(base)
	v = person(t, app, p)
	if last := v.Points[len(v.Points)-1]; len(v.Points) != 3 || last.Value != "dana.alias@example.org" || *v.Conversation.LastContactID != last.ID {
		t.Errorf("points %+v", v.Points)
	}
	if strings.Contains(body, action) {
		t.Error("it is still offered")
	}
	choices, err := app.Replies.Route(context.Background(), p.ID)
	if err != nil || choices[0].ContactPoint.Value != "dana.alias@example.org" {
		t.Errorf("the answer goes to %+v, %v", choices, err)
	}
}

func openTasks(t *testing.T, app *webtest.App) []models.Task {
	t.Helper()
	tasks, err := app.Store.OpenTasksAfter(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

func closeOpenCalls(t *testing.T, app *webtest.App) {
	t.Helper()
	for _, task := range openTasks(t, app) {
		if task.Kind == models.TaskCall {
			closeCall(t, app, task, models.OutcomeNoAnswer)
		}
	}
}

func closeCall(t *testing.T, app *webtest.App, task models.Task, outcome models.CallOutcome) {
	t.Helper()
	if _, err := app.CRM.CloseCall(context.Background(), crm.CallReport{TaskID: task.ID, UserID: task.UserID, Outcome: outcome}); err != nil {
		t.Fatal(err)
	}
}
