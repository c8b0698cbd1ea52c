package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/config"
	"followup/models"
	"followup/store"
	"followup/web/webtest"
)

// look is one way in which a page is looked at.
type look struct {
	name          string
	width, height int64
	scheme        string
	most          int // of a picture's height
}

var looks = []look{{"light", 1360, 850, "light", 2 * 850}, {"dark", 1360, 850, "dark", 2 * 850}, {"phone", 390, 844, "light", 3 * 844}}

// TestScreenshots opens each page of the demonstration workspace in a real
// browser, in light, dark and phone width: every one must answer and fit its
// width. With FOLLOWUP_SCREENSHOTS set to a folder, pictures of them go there.
func TestScreenshots(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	dir := os.Getenv("FOLLOWUP_SCREENSHOTS")
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	url, users, a := demonstration(t)
	shoot(t, webtest.Browser(t, time.Minute), dir, "sign-in", url+"/sign-in")
	for _, who := range []struct {
		role  models.Role
		pages [][2]string
	}{{models.RoleRep, pagesOf(t, a)}, {models.RoleManager, managersPages}} {
		ctx := webtest.Browser(t, 8*time.Minute)
		if err := chromedp.Do(ctx,
			chromedp.Navigate(url+"/sign-in"),
			chromedp.SendKeys(chromedp.CSS("#f-email"), users[who.role][0]),
			chromedp.SendKeys(chromedp.CSS("#f-password"), users[who.role][1]+"\r"),
			chromedp.WaitVisible(chromedp.CSS("#queue")),
		); err != nil {
			t.Fatal(err)
		}
		for _, p := range who.pages {
			shoot(t, ctx, dir, p[0], url+p[1])
		}
	}
}

// managersPages are those worth a picture that a rep does not see.
var managersPages = [][2]string{
	{"team-queue", "/?whose=team"}, {"sequence-editor", "/sequences/seven-touch-follow-up/edit"}, {"sequence-history", "/sequences/seven-touch-follow-up/history"},
	{"insights", "/insights"}, {"library", "/library/points"}, {"stories", "/library/stories"}, {"attention", "/attention"}, {"audit", "/audit"},
	{"team", "/team"}, {"settings", "/settings"}, {"rules", "/settings/rules"}, {"retention", "/settings/retention"}, {"accounts", "/accounts"},
	{"privacy", "/prospects/1/privacy"}, {"member", "/team/3"}, {"account", "/accounts/1"}, {"account-new", "/accounts/new?at=gmail"},
	{"library-entry", "/library/points/1"}, {"answers", "/library/points/1/answers"}, {"brainstorm", "/library/brainstorm"}, {"voicemails", "/library/voicemails"},
	{"sequence-yaml", "/sequences/seven-touch-follow-up/yaml"},
	{"insights-rates", "/insights?view=rates"}, {"insights-people", "/insights?view=people"},
}

// demonstration is the workspace that the first sign-in offers, served.
func demonstration(t *testing.T) (url string, users map[models.Role][2]string, a *app) {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	now := time.Date(2026, time.December, 3, 16, 30, 0, 0, time.UTC) // Thursday, 11:30 in New York
	a, err := wire(t.Context(), cfg, func() time.Time { return now }, slog.New(slog.DiscardHandler), wireOptions{synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.close() })
	var out strings.Builder
	if err := a.seed(t.Context(), modeDemonstration, &out); err != nil {
		t.Fatal(err)
	}
	if err := a.scheduler.Tick(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.RollInsights(t.Context()); err != nil {
		t.Fatal(err)
	}
	users = map[models.Role][2]string{}
	for line := range strings.Lines(out.String()) {
		if f := strings.Fields(line); len(f) == 3 {
			if _, known := users[models.Role(f[0])]; !known {
				users[models.Role(f[0])] = [2]string{f[1], f[2]}
			}
		}
	}
	handler, err := a.handler(nil)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv.URL, users, a
}

// pagesOf names the pages worth a picture.
func pagesOf(t *testing.T, a *app) [][2]string {
	t.Helper()
	tasks, err := a.store.OpenTasksAfter(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := a.store.UserByEmail(t.Context(), "rae@example.com")
	if err != nil {
		t.Fatal(err)
	}
	pages := [][2]string{
		{"today", "/"}, {"inbox", "/inbox"}, {"prospects", "/prospects"}, {"sequences", "/sequences"},
		{"sequence", "/sequences/seven-touch-follow-up"}, {"sandbox", "/sandbox"}, {"scheduler", "/scheduler"}, {"help", "/help"},
		{"me", "/me"}, {"commitments", "/commitments"}, {"companies", "/companies"}, {"duplicates", "/duplicates"}, {"imports", "/imports"}, {"booking", "/me/booking"},
		{"company", "/companies/1"}, {"prospect-edit", "/prospects/1/edit"}, {"commitment", "/commitments/1"}, {"booked-call", "/appointments/1"}, {"enroll-many", "/enroll"},
	}
	pairs, err := a.store.ViewDuplicates(t.Context(), store.Everything, models.Page{})
	if err != nil {
		t.Fatal(err)
	}
	if len(pairs.Rows) > 0 {
		pages = append(pages, [2]string{"merge", fmt.Sprintf("/duplicates/merge?keep=%d&drop=%d", pairs.Rows[0].OneID, pairs.Rows[0].OtherID)})
	}
	seen := map[models.TaskKind]bool{}
	for _, task := range tasks {
		if task.UserID != rep.ID || seen[task.Kind] {
			continue
		}
		seen[task.Kind] = true
		pages = append(pages, [2]string{"task-" + string(task.Kind), fmt.Sprintf("/tasks/%d", task.ID)})
		if task.Kind == models.TaskReply {
			pages = append(pages, [2]string{"conversation", fmt.Sprintf("/prospects/%d", *task.ProspectID)})
			pages = append(pages, [2]string{"enroll", fmt.Sprintf("/prospects/%d/enroll", *task.ProspectID)})
			pages = append(pages, [2]string{"inbox-open", fmt.Sprintf("/inbox?open=%d", *task.ProspectID)})
			pages = append(pages, [2]string{"sandbox-phone", fmt.Sprintf("/sandbox/%d", *task.ProspectID)})
		}
	}
	return pages
}

func shoot(t *testing.T, ctx context.Context, dir, name, address string) {
	t.Helper()
	for i, l := range looks {
		do := []chromedp.Action[chromedp.Void]{chromedp.EmulateViewport(l.width, l.height), webtest.Colours(l.scheme)}
		if i == 0 || l.width != looks[i-1].width { // other colours need no other page
			do = append(do, chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("main")))
		}
		if err := chromedp.Do(ctx, do...); err != nil {
			t.Fatalf("%s (%s): %v", address, l.name, err)
		}
		if there, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("performance.getEntriesByType('navigation')[0].responseStatus === 200")); err != nil || !there {
			t.Errorf("%s is not there (%v)", address, err)
		}
		width, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
		if err != nil {
			t.Fatal(err)
		}
		if width > l.width {
			t.Errorf("%s is %d px wide in a window of %d", address, width, l.width)
		}
		if past, err := chromedp.Run(ctx, chromedp.Evaluate[int64](pastTheEnd)); err != nil || past > 2 {
			t.Errorf("%s (%s) scrolls %d px past its end (%v)", address, l.name, past, err)
		}
		if dir != "" {
			keepPicture(t, ctx, filepath.Join(dir, name+"-"+l.name+".png"), l)
		}
	}
}

// pastTheEnd is how far a page scrolls beyond what is on it: words for screen
// readers alone stand where they are written, also in a part that scrolls by
// itself, unless that is what they are placed in.
const pastTheEnd = `document.documentElement.scrollHeight - Math.max(innerHeight, ...[...document.body.children].map((e) => Math.round(e.getBoundingClientRect().bottom + scrollY)))`

func keepPicture(t *testing.T, ctx context.Context, path string, l look) {
	t.Helper()
	if l.name == "phone" { // as long as the picture, or its bar would lie over the page's middle
		long, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollHeight"))
		if err == nil {
			err = chromedp.Do(ctx, chromedp.EmulateViewport(l.width, min(max(long, l.height), int64(l.most))))
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		png, err = lighter(png, l.most)
	}
	if err == nil {
		err = os.WriteFile(path, png, 0o644)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
