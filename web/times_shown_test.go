package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// clocks finds a time of day as people read it.
var clocks = regexp.MustCompile(`<time datetime="[^"]+" title="([^"]*)">`)

// Times say whose they are: each page names the zone of those that name none,
// each time carries its zone, and a customer's time is said to be theirs.
func TestTimesSayWhoseZone(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	story := app.Play()
	rep := app.SignIn(app.Rep)
	for _, path := range []string{"/", "/?part=booked", "/inbox?show=all", fmt.Sprintf("/inbox?show=all&open=%d", story.Waiting.ID), fmt.Sprintf("/prospects/%d", story.Booked.ID), "/tasks/1", "/prospects", "/commitments", "/scheduler", "/me"} {
		_, body := rep.Get(path)
		if !strings.Contains(body, "Times that name no zone are yours: EST (America/New_York).") {
			t.Errorf("%s does not say whose zone its times are of", path)
		}
		for _, m := range clocks.FindAllStringSubmatch(body, -1) {
			if !regexp.MustCompile(`\d\d:\d\d [A-Z]{3,4}`).MatchString(m[1]) {
				t.Errorf("%s: a time has the title %q", path, m[1])
			}
		}
	}
	_, body := rep.Get(fmt.Sprintf("/prospects/%d", story.Idle.ID))
	if !regexp.MustCompile(`\d\d:\d\d their time \(CST\) · \d\d:\d\d yours`).MatchString(text(body)) {
		t.Errorf("the booked call names one zone only\n%s", text(body))
	}
}

// A call that is booked for next month stands among the booked calls from its
// booking on.
func TestBookedCallFarAhead(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	book(t, app, p, app.Now().AddDate(0, 1, 0).Truncate(time.Minute))
	rep := app.SignIn(app.Rep)
	if _, body := rep.Get("/?part=booked"); !strings.Contains(text(body), "Dana Reyes") {
		t.Errorf("it is not there\n%s", text(body))
	}
	_, body := rep.Get("/?part=booked")
	if status, body := rep.Get(fmt.Sprintf("/tasks/%d", taskIn(t, body))); status != 200 || !strings.Contains(body, "The reason I’m calling is") {
		t.Errorf("it cannot be prepared: status %d\n%s", status, text(body))
	}
}

// What the providers say later stands beside the message in its thread.
func TestReceiptsInTheThread(t *testing.T) { webtest.Each(t, webtest.Options{}, testReceipts) }

func testReceipts(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	customerTexts(t, app, p, "Can we do Friday?")
	rep := app.SignIn(app.Rep)
	path := fmt.Sprintf("/prospects/%d", p.ID)
	rep.Post(path+"/answer", form("channel", "sms", "body", "Friday it is.", "form_token", "one"))
	app.Advance(models.UndoAnswer + time.Second)
	m := person(t, app, p).Messages[0]
	for _, c := range []struct {
		status models.MessageState
		says   string
	}{{models.MessageSent, "Sent"}, {models.MessageDelivered, "Delivered"}, {models.MessageFailed, "Failed: the phone is switched off"}} {
		if c.status != models.MessageSent {
			if err := app.Replies.Receipt(t.Context(), models.Receipt{Provider: m.Provider, ProviderID: m.ProviderID, Status: c.status, Detail: "the phone is switched off", At: app.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		for _, at := range []string{path, fmt.Sprintf("/inbox?open=%d", p.ID)} {
			if _, body := rep.Get(at); !strings.Contains(body, "· "+c.says) {
				t.Errorf("%s does not say %q\n%s", at, c.says, text(body))
			}
		}
	}
}
