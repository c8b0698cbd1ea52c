package web_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"followup/crm"
	"followup/models"
	"followup/web/webtest"
)

// counted plays the story and counts it: twice, for on PostgreSQL what is new
// waits for what runs beside it.
func counted(t *testing.T, app *webtest.App) webtest.Story {
	t.Helper()
	story := app.Play()
	for range 2 {
		if _, err := app.Store.RollInsights(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return story
}

// TestInsights: every question has an answer with a table and a CSV; a rep
// sees what they may see.
func TestInsights(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		manager, rep := app.SignIn(app.Manager), app.SignIn(app.Rep)
		if status, body := manager.Get("/insights"); status != http.StatusOK || !strings.Contains(body, "Nothing has been counted yet") && !strings.Contains(body, "Nothing to count here yet") {
			t.Errorf("before anything happened: status %d", status)
		}
		counted(t, app)
		for _, query := range []string{
			"", "?view=rates", "?view=rates&by=version", "?view=rates&by=step&measure=met", "?view=rates&by=variant", "?view=rates&by=channel&basis=cohort", "?view=rates&by=weekday",
			"?view=rates&by=hour", "?view=rates&by=rep", "?view=answers", "?view=people", "?view=promises&period=own&from=2026-01-01&to=2026-12-31",
		} {
			status, body := manager.Get("/insights" + query)
			if status != http.StatusOK || !strings.Contains(body, "<svg viewBox") || !strings.Contains(body, "figure-table") {
				t.Errorf("/insights%s: status %d\n%s", query, status, text(body))
			}
			// Each has its CSV: the rows of its table.
			_, table, _ := strings.Cut(body, "figure-table")
			status, file := manager.Get("/insights/export" + query)
			rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
			if shown := strings.Count(table, `<th scope="row">`); status != http.StatusOK || err != nil || len(rows) != shown+1 || shown == 0 {
				t.Errorf("/insights/export%s: status %d, %v, %d lines for %d rows", query, status, err, len(rows), shown)
			}
		}
		// On paper the menus are gone: the page says what was chosen.
		if _, body := manager.Get("/insights?view=rates&by=step&channel=email&period=own&from=2026-01-01&to=2026-12-31"); !strings.Contains(text(body), "from 2026-01-01 to 2026-12-31 · Email") {
			t.Errorf("the printed page does not say what was asked\n%s", text(body))
		}
		status, body := manager.Get("/insights/export?view=rates&by=channel")
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if status != http.StatusOK || err != nil || len(rows) < 3 || rows[0][0] != "Channel" || rows[len(rows)-1][0] != "All" {
			t.Errorf("the CSV: status %d, %v\n%s", status, err, body)
		}
		// What nobody sends is shown as nothing, not as an error.
		for _, query := range []string{"?view=nothing&by=x&rep=x&from=yesterday&period=own", "?period=own&from=2026-12-31&to=2026-01-01", "?version=99999&sequence=-1"} {
			if status, _ := manager.Get("/insights" + query); status != http.StatusOK {
				t.Errorf("/insights%s: status %d", query, status)
			}
		}
		// A rep sees what they may see: here all are theirs, and the other's are nobody's.
		settings, err := app.Store.Settings(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		settings.Visibility = models.SeeOwn
		if err := app.Store.SaveSettings(context.Background(), settings, models.ActorSystem, app.Now()); err != nil {
			t.Fatal(err)
		}
		other := app.SignIn(app.AddUser("Otto Berg", "otto@example.com", models.RoleRep))
		if _, body := rep.Get("/insights?view=rates"); !strings.Contains(body, "figure-table") {
			t.Error("a rep does not see their own figures")
		}
		if _, body := other.Get("/insights?view=rates"); strings.Contains(body, "figure-table") {
			t.Error("a rep sees another's figures")
		}
	})
}

// TestInsightsInTheBrowser: a manager asks, narrows, and reads the same
// numbers in the chart and in the table.
func TestInsightsInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	counted(t, app)
	b := signedIn(t, app, app.Manager)
	b.do("open", chromedp.Navigate(app.URL+"/insights"), chromedp.WaitVisible(chromedp.CSS("figure.chart svg")))
	b.see("by number of follow-ups", "Pursuits with a follow-up", "Counted up to")
	bars := b.eval(`String(document.querySelectorAll(".chart-bar").length) + " " + document.querySelectorAll(".figure-table tbody tr").length`)
	if n := strings.Fields(bars); len(n) != 2 || n[0] != n[1] || n[0] == "0" {
		t.Errorf("bars and rows: %s", bars)
	}
	b.do("ask for rates", chromedp.Click(chromedp.CSS(`a[href*="view=rates"]`)), chromedp.WaitVisible(chromedp.CSS("#i-by")))
	b.do("by channel", chromedp.Navigate(app.URL+"/insights?view=rates&by=channel"), chromedp.WaitVisible(chromedp.CSS("figure.chart svg")))
	b.see("Email", "Reply rate")
	b.do("choose a measure", chromedp.Navigate(app.URL+"/insights?view=rates&by=channel"), chromedp.WaitVisible(chromedp.CSS("#i-measure")))
	b.eval(`(() => { const m = document.querySelector("#i-measure"); m.value = "met"; m.dispatchEvent(new Event("change", {bubbles: true})); return "" })()`)
	b.until("the meetings are shown at once", `document.querySelector(".chart-card h2")?.textContent.includes("Meetings")`)

	// On paper: what was asked, the chart and the whole width of the table, dark ink whatever the screen is.
	b.do("print", chromedp.EmulateViewport(720, 1000), webtest.Colours("dark"), chromedp.Navigate(app.URL+"/insights?view=people&channel=email"), chromedp.WaitVisible(chromedp.CSS("figure.chart svg")),
		chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
			return err
		}))
	b.until("the printed page", `(() => {
		const seen = s => { const e = document.querySelector(s); return !!e && e.getClientRects().length > 0 };
		const ink = getComputedStyle(document.querySelector(".figure-table td")).color.match(/\d+/g).map(Number);
		return seen(".asked") && seen("figure.chart") && !seen(".rail") && !seen(".insight-filters") && Math.max(...ink) < 128 &&
			document.querySelector(".figure-table").getBoundingClientRect().right <= innerWidth + 1;
	})()`)
}

// TestLibraryInTheBrowser: an idea becomes a published reason for calling, and
// whom it answers is enrolled with it.
func TestLibraryInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	ctx := context.Background()
	idle, running := app.AddProspect("Sam", "Whitfield"), app.AddProspect("Dana", "Reyes")
	object(t, app, idle)
	object(t, app, running)
	app.Enroll(running, "seven-touch-follow-up", nil)
	b := signedIn(t, app, app.Manager)
	b.do("brainstorm", chromedp.Navigate(app.URL+"/library/brainstorm"), chromedp.SendKeys(chromedp.CSS("#f-text"), "the price of the small plan fell in November"),
		chromedp.Click(chromedp.CSS(".storm .btn.primary")), chromedp.WaitVisible(chromedp.CSS(".storm-list")))
	b.see("the price of the small plan fell", "proposed", "You have written 1.")
	b.do("open it", chromedp.Click(chromedp.CSS(".storm-list .entry-title")), chromedp.WaitVisible(chromedp.CSS("form[data-autosave]")))
	b.do("say what it answers", chromedp.Click(chromedp.CSS(`input[name=answers][value=price]`)), chromedp.WaitVisible(chromedp.CSS("form[data-autosave]")))
	b.until("the draft saves itself", `document.querySelector("[data-saved]").textContent.includes("Draft saved")`)
	if tp, err := app.Store.TalkingPoint(ctx, 1); err != nil || len(tp.Answers) != 1 || tp.State != models.LibraryDraft {
		t.Errorf("the draft did not save itself: %+v %v", tp, err)
	}
	b.do("publish", chromedp.Click(chromedp.CSS(`button[value=publish]`)), chromedp.WaitVisible(chromedp.CSS("[data-mark-all]")))
	b.see("Sam Whitfield", "Dana Reyes", "in a sequence now", "too dear for a pilot")
	b.do("enroll", chromedp.Click(chromedp.CSS(".answers-act .btn.primary")), chromedp.WaitVisible(chromedp.CSS("main h1")))
	b.until("the one who is in no sequence is enrolled next", fmt.Sprintf(`location.pathname === "/prospects/%d/enroll"`, idle.ID))
}

// object lets a prospect say what stands in the way, on a booked call.
func object(t *testing.T, app *webtest.App, p models.Prospect) {
	t.Helper()
	ctx := context.Background()
	at := app.Now().Add(10 * time.Minute).Truncate(time.Minute)
	if _, err := app.CRM.Book(ctx, models.UserActor(app.Rep.ID), crm.BookRequest{ProspectID: p.ID, RepID: app.Rep.ID, StartsAt: at, Title: "A pilot"}); err != nil {
		t.Fatal(err)
	}
	app.Advance(at.Sub(app.Now()) + time.Second)
	v, err := app.Store.ViewPerson(ctx, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range v.Tasks {
		if task.Kind == models.TaskCall {
			if _, err = app.CRM.CloseCall(ctx, crm.CallReport{TaskID: task.ID, UserID: task.UserID, Outcome: models.OutcomeConnected,
				Objection: &models.Objection{Kind: "price", Words: "too dear for a pilot"}}); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%s has no call to object on", p.Name())
}
