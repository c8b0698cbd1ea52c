package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/crm"
	"followup/models"
	"followup/web/webtest"
)

// callDesk is a rep with an open call, for the tests of its page.
type callDesk struct {
	*testing.T
	app  *webtest.App
	rep  *webtest.Client
	who  models.Prospect
	task int64
	path string
}

func newCallDesk(t *testing.T, app *webtest.App) *callDesk {
	d := &callDesk{T: t, app: app, who: app.AddProspect("Dana", "Reyes")}
	app.Enroll(d.who, "seven-touch-follow-up", nil)
	app.Tick()
	d.rep = app.SignIn(app.Rep)
	d.task = openCall(t, app, d.who)
	d.path = fmt.Sprintf("/tasks/%d", d.task)
	return d
}

func (d *callDesk) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *callDesk) settings(change func(*models.Settings)) {
	d.Helper()
	set, err := d.app.Store.Settings(context.Background())
	d.ok(err)
	change(&set)
	d.ok(d.app.Store.SaveSettings(context.Background(), set, models.ActorSystem, d.app.Now()))
}

func (d *callDesk) load() models.Task {
	d.Helper()
	v, err := d.app.Store.ViewTask(context.Background(), d.task)
	d.ok(err)
	return v.Task
}

// card posts the card as the page does, with what is given over it.
func (d *callDesk) card(pairs ...string) url.Values {
	f := form("card_revision", "0", "discovery_revision", "0", "reason_from", "fresh", "reason", "", "summary", "", "changed", "", "question", "", "told_asked", "1", "told", "1")
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

func (d *callDesk) post(status int, path string, f url.Values, words ...string) string {
	d.Helper()
	got, body := d.rep.Post(path, f)
	if got != status {
		d.Fatalf("%s: status %d, want %d\n%s", path, got, status, text(body))
	}
	for _, w := range words {
		if !strings.Contains(body, w) {
			d.Errorf("%s does not say %q\n%s", path, w, text(body))
		}
	}
	return body
}

// The team's rule on reasons, and that none is told twice.
func TestReasonForCalling(t *testing.T) {
	d := newCallDesk(t, webtest.New(t, webtest.Options{}))
	_, body := d.rep.Get(d.path)
	if !strings.Contains(body, `name="reason_from"`) || !strings.Contains(body, "data-key=\"d\"") {
		t.Errorf("the card has no reasons or no Dial\n%s", text(body))
	}
	// Nudged: dialling without one is one press.
	d.post(http.StatusOK, d.path+"/dial", d.card("dial_token", "one"), "on this phone")
	if d.load().DialedAt == nil {
		t.Error("it was not dialled")
	}
	// Required: it is not.
	d.settings(func(s *models.Settings) { s.CallReason = models.ReasonRequired })
	d.post(http.StatusUnprocessableEntity, d.path+"/dial", d.card("dial_token", "two"), "with a reason only")
	d.post(http.StatusOK, d.path+"/dial", d.card("dial_token", "three", "reason", "your new dock opens in May"))
	// Spoken once, it is not told again, however it is written.
	d.post(http.StatusOK, d.path+"/outcome", d.card("reason", "your new dock opens in May", "outcome", "connected", "notes", "Spoke"), "One minute while it is fresh")
	again := d.open()
	d.post(http.StatusUnprocessableEntity, again+"/dial", d.card("dial_token", "four", "reason", "The reason I’m calling is that YOUR new dock opens, in May!"), "They heard this one on", "dock opens, in May!")
	d.post(http.StatusOK, again+"/dial", d.card("dial_token", "five", "reason", "a new grant for docks"))
}

// open makes another call task for the same person.
func (d *callDesk) open() string {
	d.Helper()
	ctx := context.Background()
	v := person(d.T, d.app, d.who)
	var point int64
	for _, p := range v.Points {
		if p.Kind == models.ContactPhone {
			point = p.ID
		}
	}
	_, _, err := d.app.Store.Answer(ctx, models.NewAnswer{ProspectID: d.who.ID, UserID: d.app.Rep.ID, Channel: models.ChannelCall, ContactPointID: point, AsCall: true,
		Purpose: models.PurposeManual, Why: "They asked to be called.", FormToken: fmt.Sprint("again", d.app.Now().UnixNano()), Now: d.app.Now()})
	if err != nil {
		d.Fatal(err)
	}
	d.app.Advance(time.Second)
	d.task = openCall(d.T, d.app, d.who)
	return fmt.Sprintf("/tasks/%d", d.task)
}

// What is typed is kept while it is typed; two windows lose nothing.
func TestCardIsKept(t *testing.T) {
	d := newCallDesk(t, webtest.New(t, webtest.Options{}))
	type told struct {
		Revision  int64  `json:"card_revision"`
		Discovery int64  `json:"discovery_revision"`
		Question  string `json:"question"`
		Error     string `json:"error"`
	}
	save := func(status int, f url.Values) told {
		t.Helper()
		got, body := d.rep.Send(d.path+"/card", f, map[string]string{"Sec-Fetch-Site": "same-origin", "Accept": "application/json"})
		var out told
		if err := json.Unmarshal([]byte(body), &out); err != nil || got != status {
			t.Fatalf("status %d, want %d: %v\n%s", got, status, err, body)
		}
		return out
	}
	first := save(http.StatusOK, d.card("question", "Did you read it?", "summary", "We spoke of docks", "goal", "Open by May", "common", "Both sail"))
	if first.Revision != 1 || first.Discovery != 1 || !strings.Contains(first.Question, "yes or no") {
		t.Errorf("told %+v", first)
	}
	stale := save(http.StatusConflict, d.card("summary", "Another window"))
	if !strings.Contains(stale.Error, "another window") {
		t.Errorf("told %+v", stale)
	}
	body := d.post(http.StatusConflict, d.path+"/card", d.card("summary", "Another window"), "Another window", "still")
	// Saving it again puts it over the other, as the page said.
	if !strings.Contains(body, `name="card_revision" value="1"`) {
		t.Error("the page does not carry the newest revision")
	}
	d.post(http.StatusOK, d.path+"/card", d.card("card_revision", "1", "discovery_revision", "1", "goal", "Open by May", "common", "Both sail", "summary", "Another window"), "Another window", "Both sail")
	v := person(t, d.app, d.who)
	if v.Discovery == nil || v.Discovery.Goal != "Open by May" || v.Discovery.Revision != 1 {
		t.Errorf("discovery = %+v", v.Discovery)
	}
}

// A booked call is prepared before its minute; only Dial waits, and the
// customer's wish opens it.
func TestBookedCallWaitsForItsMinute(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	d := &callDesk{T: t, app: app, who: app.AddProspect("Joe", "Park"), rep: app.SignIn(app.Rep)}
	at := app.Now().Add(2 * time.Hour).Truncate(time.Minute)
	a, err := app.CRM.Book(context.Background(), models.UserActor(app.Rep.ID), crm.BookRequest{ProspectID: d.who.ID, RepID: app.Rep.ID, StartsAt: at, Title: "The second dock"})
	d.ok(err)
	v, err := app.Store.ViewAppointment(context.Background(), a.ID)
	d.ok(err)
	d.task, d.path = v.TaskID, fmt.Sprintf("/tasks/%d", v.TaskID)
	_, body := d.rep.Get(d.path)
	for _, want := range []string{"Dial opens", "Dial now: they asked", "you asked me to call", "The second dock", "Prepare it now"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %q\n%s", want, text(body))
		}
	}
	if strings.Contains(body, `value="no_answer"`) {
		t.Error("its outcome can be given before it is made")
	}
	d.post(http.StatusOK, d.path+"/card", d.card("reason_from", "booked", "summary", "Bring the plan"), "Bring the plan")
	d.post(http.StatusUnprocessableEntity, d.path+"/dial", d.card("reason_from", "booked", "dial_token", "a"), "opens at its minute")
	if d.load().State != models.TaskUpcoming {
		t.Fatal("it opened")
	}
	app.Advance(at.Sub(app.Now()) - 12*time.Second)
	d.post(http.StatusOK, d.path+"/dial", d.card("reason_from", "booked", "dial_token", "b", "asked", "She wrote: now please"), "12 s early", "She wrote: now please", `value="no_answer"`)
	task := d.load()
	if task.State != models.TaskOpen || task.DialedAt == nil {
		t.Errorf("task = %s, dialled %v", task.State, task.DialedAt)
	}
	app.Advance(time.Hour) // it is never missed: it was made
	if got := d.load().State; got != models.TaskOpen {
		t.Errorf("an hour later: %s", got)
	}
}

// After a conversation comes its review, and nothing follows without the
// objection; unanswered calls go on at once.
func TestReviewAfterAConversation(t *testing.T) { webtest.Each(t, webtest.Options{}, testReview) }

func testReview(t *testing.T, app *webtest.App) {
	d := newCallDesk(t, app)
	d.post(http.StatusOK, d.path+"/outcome", d.card("reason", "a grant for docks", "outcome", "connected", "notes", "Likes it"), "What stood in the way", "Likes it")
	review, err := app.Store.ReviewOf(context.Background(), d.task)
	d.ok(err)
	path := fmt.Sprintf("/tasks/%d/review", review)
	full := func(pairs ...string) url.Values {
		f := form("revision", "0", "notes", "Likes it, wants numbers", "summarised", "1", "objection", "price", "objection_words", "Too dear", "next_what", "call", "next_at", "2026-11-27T10:00")
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	for field, f := range map[string]url.Values{
		"objection":       full("objection", ""),
		"objection_words": full("objection", "none", "objection_words", ""),
		"promise_date":    full("promise", "send the counts"),
		"next_at":         full("next_at", ""),
		"promise":         full("promise_words", "by Friday"),
	} {
		body := d.post(http.StatusUnprocessableEntity, path, f, "Likes it, wants numbers", `id="e-`+field+`"`)
		if !strings.Contains(body, `name="summarised" value="1" checked`) {
			t.Errorf("%s: the checks are lost", field)
		}
	}
	d.post(http.StatusUnprocessableEntity, path, full("next_what", ""), "Say what comes next")
	d.post(http.StatusUnprocessableEntity, fmt.Sprintf("/tasks/%d/close", review), form("state", "dismissed"), "finished by writing it")
	d.post(http.StatusOK, path+"/draft", full("notes", "Half of it"), "The review is kept for later")
	if _, body := d.rep.Get(fmt.Sprintf("/tasks/%d", review)); !strings.Contains(body, "Half of it") {
		t.Errorf("the draft is gone\n%s", text(body))
	}
	d.post(http.StatusConflict, path, full(), "Likes it, wants numbers", "still")
	done := full("revision", "1", "promise", "send the counts", "promise_date", "2026-12-04", "promise_words", "You have them by the fourth")
	for range 2 { // a double click
		d.post(http.StatusOK, path, done)
	}
	v := person(t, app, d.who)
	if len(v.Commitments) != 1 || v.Commitments[0].DueOn != "2026-12-04" || len(v.Appointments) != 1 || !v.Appointments[0].StartsAt.Equal(time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("commitments %+v, appointments %+v", v.Commitments, v.Appointments)
	}
	if v.Conversation.UnreviewedSince != nil {
		t.Error("it still waits for its review")
	}
}

// The voicemail that we leave needs written consent, and is left once.
func TestDropVoicemail(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	d := newCallDesk(t, app)
	v := person(t, app, d.who)
	point := v.Points[1]
	f := d.card("voicemail", "This is Rae. Call me back.", "point", fmt.Sprint(point.ID), "voicemail_token", "leave-1")
	for range 2 {
		d.rep.Post(d.path+"/voicemail", f)
	}
	app.Tick()
	v = person(t, app, d.who)
	left := 0
	for _, m := range v.Messages {
		if m.Channel == models.ChannelVoicemail && m.Text == "This is Rae. Call me back." && m.UserID != nil && *m.UserID == app.Rep.ID {
			left++
		}
	}
	if task := d.load(); left != 1 || task.Outcome != models.OutcomeLeftVoicemail {
		t.Errorf("%d were left, the call ended as %q", left, task.Outcome)
	}
	// Without it the page says so, and a form sent all the same is refused.
	for _, c := range v.Consents {
		d.ok(app.Store.WithdrawConsent(context.Background(), c.ID, models.ActorSystem, app.Now()))
	}
	path := d.open()
	if _, body := d.rep.Get(path); !strings.Contains(body, "consent in writing") {
		t.Error("the page does not say why it cannot be left")
	}
	d.post(http.StatusUnprocessableEntity, path+"/voicemail", d.card("voicemail", "Hello", "point", fmt.Sprint(point.ID), "voicemail_token", "leave-2"), "consent in writing")
}
