package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// Everything that a rep wants before a call stands on its card, prefilled as
// far as it can be.
func TestPrepCard(t *testing.T) { webtest.Each(t, webtest.Options{}, testPrepCard) }

func testPrepCard(t *testing.T, app *webtest.App) {
	ctx := context.Background()
	d := newCallDesk(t, app)
	library := func(words string, answers ...string) models.TalkingPoint {
		t.Helper()
		tp, err := app.Store.SaveTalkingPoint(ctx, models.TalkingPoint{Kind: "new_policy", Text: words, Answers: answers, State: models.LibraryPublished, Source: "Trade journal, November"}, models.ActorSystem, app.Now())
		d.ok(err)
		return tp
	}
	told := library("the rule on stock counts has changed")
	// The last call: a talk, with what stood in the way.
	d.post(http.StatusOK, d.path+"/outcome", d.card("reason_from", fmt.Sprint("point:", told.ID), "outcome", "connected", "notes", "Counts by hand every month."))
	review, err := app.Store.ReviewOf(ctx, d.task)
	d.ok(err)
	d.post(http.StatusOK, fmt.Sprintf("/tasks/%d/review", review), form("revision", "0", "notes", "Counts by hand every month.", "objection", "price", "objection_words", "It costs more than we planned.",
		"promise", "Count the second site", "promise_date", "2026-12-04", "promise_words", "You have it by the fourth.", "next_what", "nothing"))
	d.ok(app.CRM.SaveDiscovery(ctx, app.Rep.ID, models.Discovery{ProspectID: d.who.ID, Goal: "Count both sites in a day", GoalValue: "$36,500 a year", GoalDate: "2027-01-31", StretchGoal: "No counting by hand at all",
		Obstacle: "The warehouse closes for it", DailyCost: "$80 a day", TriedBefore: "A second shift", WhyItFailed: "Nobody came on Sundays", Common: "Both row"}))
	app.Text(d.who, "What would it cost for two sites?")
	app.Advance(2 * time.Minute)
	library("the second site costs nothing this year", "price")
	path := d.open()
	status, body := d.rep.Get(path)
	page := html.UnescapeString(body)
	if status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	// part is one section of the page, so that words found elsewhere don't count.
	part := func(from, to string) string {
		t.Helper()
		_, rest, ok := strings.Cut(page, from)
		if !ok {
			t.Fatalf("the page has no %s", from)
		}
		section, _, _ := strings.Cut(rest, to)
		return section
	}
	field := func(name string) string {
		t.Helper()
		if m := regexp.MustCompile(`(?s)<textarea id="f-` + name + `"[^>]*>(.*?)</textarea>`).FindStringSubmatch(page); m != nil {
			return m[1]
		}
		if m := regexp.MustCompile(`<input id="f-` + name + `"[^>]* value="([^"]*)"`).FindStringSubmatch(page); m != nil {
			return m[1]
		}
		t.Fatalf("the card has no field %s", name)
		return ""
	}
	reasons, facts, promises := part(`class="card reason"`, "</section>"), part(`<aside class="desk-side"`, "</aside>"), part(`class="card call-promises"`, "</section>")
	for _, c := range []struct {
		what, in string
		want     []string
	}{
		{"why now", part(`class="card prep"`, "</section>"), []string{"Why now.</b> They asked to be called."}},
		{"the reason, from the library, what answers their objection first", reasons, []string{"The reason I’m calling is", `id="reason-line">the second site costs nothing this year`, "Trade journal, November", "In my own words"}},
		{"what they have heard", reasons, []string{"They have heard 1 reason", "<li>the rule on stock counts has changed"}},
		{"the summary, from messages and notes", field("summary"), []string{"They wrote by text on Mon 23 Nov: “What would it cost for two sites?”", "Call on Mon 23 Nov: talked. Counts by hand every month.", "They promised: Count the second site, by Fri 4 Dec 2026"}},
		{"what stood in the way, and what has changed", part(`class="card talk"`, "</section>"), []string{"What stood in the way", "Price", "It costs more than we planned.", "What has changed since"}},
		{"one open question that presumes progress", field("question"), []string{"How far have you come with this: count the second site?"}},
		{"common ground", field("common"), []string{"Both row"}},
		{"their local time", part(`class="dial"`, "</button>"), []string{"Mon 09:0", "CST there"}},
		{"contact points with what was tried when", facts, []string{"dana.reyes@example.com", "call ", ": talked", "Their time"}},
		{"promises with the cost of delay and how", promises, []string{"Count the second site", "You have it by the fourth.", "Each day of delay costs them about $180 a day", "How: $36,500 a year ÷ 365 days = $100 of gain missed, and $80 flows out of the door"}},
		{"what they want", field("goal") + field("goal_value") + field("goal_date") + field("stretch_goal") + field("obstacle") + field("daily_cost") + field("tried_before") + field("why_it_failed"),
			[]string{"Count both sites in a day", "$36,500 a year", "2027-01-31", "No counting by hand at all", "The warehouse closes for it", "$80 a day", "A second shift", "Nobody came on Sundays"}},
		{"the cue", page, []string{"Smile. Stand up."}},
	} {
		for _, w := range c.want {
			if !strings.Contains(c.in, w) {
				t.Errorf("%s: no %q in\n%s", c.what, w, strings.Join(strings.Fields(c.in), " "))
			}
		}
	}
	if strings.Contains(part("<fieldset class=\"reasons\"", "</fieldset>"), "stock counts has changed") {
		t.Error("a reason that they have heard is offered again")
	}
	if !regexp.MustCompile(`<details class="known" open>`).MatchString(page) {
		t.Error("what is known of them is folded away")
	}
	// A closed question is pointed out; the cue goes for good.
	body = d.post(http.StatusOK, path+"/card", d.card("reason", "a fresh one", "question", "Did you read it?"), "Did you read it?")
	if !strings.Contains(body, "yes or no") {
		t.Errorf("the closed question is not pointed out\n%s", text(body))
	}
	d.post(http.StatusOK, path+"/cue", d.card("card_revision", "1", "reason", "a fresh one", "question", "What did it show?"), "What did it show?")
	if _, body := d.rep.Get(path); strings.Contains(body, "Smile. Stand up.") {
		t.Error("the cue comes back")
	}
}

// A call that a sequence planned brings its scripts; what was sent to each
// contact point stands beside it.
func TestScriptsAndTries(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	d := newCallDesk(t, app)
	_, body := d.rep.Get(d.path)
	for _, want := range []string{"Why now.", "If they answer", "What have you already set in motion?", "If nobody answers", "Hang up without a word"} {
		if !strings.Contains(html.UnescapeString(body), want) {
			t.Errorf("the card has no %q\n%s", want, text(body))
		}
	}
	d.post(http.StatusOK, d.path+"/outcome", d.card("outcome", "busy"))
	app.Advance(25 * time.Hour) // the email follows
	_, body = d.rep.Get(d.open())
	if !regexp.MustCompile(`email <time[^>]*>[^<]+</time>: sent`).MatchString(body) || !regexp.MustCompile(`call <time[^>]*>[^<]+</time>: busy`).MatchString(body) {
		t.Errorf("the page does not say what was tried\n%s", text(body))
	}
}

// Notes, the next time and the voicemail's words are kept while the call goes
// on, and the review begins with them.
func TestNotesOfACallAreKept(t *testing.T) { webtest.Each(t, webtest.Options{}, testNotesOfACall) }

func testNotesOfACall(t *testing.T, app *webtest.App) {
	d := newCallDesk(t, app)
	typed := d.card("notes", "Counts by hand.\nAsk for May.", "next_at", "2026-11-27T10:00", "voicemail", "This is Rae. Call me back.")
	status, body := d.rep.Send(d.path+"/card", typed, map[string]string{"Sec-Fetch-Site": "same-origin", "Accept": "application/json"})
	if status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, body)
	}
	_, body = d.rep.Get(d.path)
	for _, want := range []string{"Counts by hand.\nAsk for May.</textarea>", `value="2026-11-27T10:00"`, "This is Rae. Call me back.</textarea>"} {
		if !strings.Contains(body, want) {
			t.Errorf("gone: %q\n%s", want, text(body))
		}
	}
	typed.Set("outcome", "call_back")
	d.post(http.StatusOK, d.path+"/outcome", typed, "Counts by hand.", "Fri 27 Nov 10:00 their time")
	if v := person(t, app, d.who); len(v.Appointments) != 1 || !v.Appointments[0].StartsAt.Equal(time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("booked: %+v", v.Appointments)
	}
}

// The result stands beside the number that was called, whichever was planned.
func TestResultOfTheNumberCalled(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	d := newCallDesk(t, app)
	d.post(http.StatusOK, fmt.Sprintf("/prospects/%d", d.who.ID), form("first_name", "Dana", "last_name", "Reyes", "zone", "America/Chicago", "country", "US", "region", "IL", "revision", fmt.Sprint(person(t, app, d.who).Prospect.Revision),
		"point_value", "dana.reyes@example.com", "point_label", "work", "point_value", person(t, app, d.who).Points[1].Value, "point_label", "cell", "point_value", "312 555 0177", "point_label", "work"))
	points := person(t, app, d.who).Points
	if len(points) != 3 {
		t.Fatalf("points %+v", points)
	}
	planned, other := points[1], points[2]
	d.post(http.StatusOK, d.path+"/dial", d.card("dial_token", "other", "point", fmt.Sprint(other.ID)), fmt.Sprintf(`<option value="%d" selected>`, other.ID))
	d.post(http.StatusOK, d.path+"/outcome", d.card("outcome", "wrong_number"))
	for _, p := range person(t, app, d.who).Points {
		if p.ID == planned.ID && !p.Usable() || p.ID == other.ID && p.Usable() {
			t.Errorf("%s: usable %v", p.Value, p.Usable())
		}
	}
}
