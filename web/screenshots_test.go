//go:build screenshots

package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"followup/web/webtest"
)

// TestScreenshots writes each page in light, dark and phone width to the
// folder FOLLOWUP_SHOTS.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("FOLLOWUP_SHOTS")
	if dir == "" {
		t.Fatal("set FOLLOWUP_SHOTS to a folder")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	app := webtest.New(t, webtest.Options{})
	story := app.Play()
	ctx := webtest.Browser(t, 5*time.Minute)
	shoot := func(name string, width, height int64, scheme, path string) {
		err := chromedp.Do(ctx,
			chromedp.EmulateViewport(width, height),
			colours(scheme),
			chromedp.Navigate(app.URL+path),
			chromedp.Sleep(250*time.Millisecond),
		)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shoot("signin-light", 1440, 900, "light", "/sign-in")
	if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#f-email"), app.Rep.Email), chromedp.SendKeys(chromedp.CSS("#f-password"), webtest.Password+"\r"), chromedp.WaitVisible(chromedp.CSS("#queue"))); err != nil {
		t.Fatal(err)
	}
	task := int64(0)
	if tasks, err := app.Store.OpenTasksAfter(context.Background(), 0); err == nil {
		for _, x := range tasks {
			if x.Kind == "call" {
				task = x.ID
			}
		}
	}
	p := func(id int64) string { return fmt.Sprintf("/prospects/%d", id) }
	pages := []struct{ name, path string }{
		{"today", "/"}, {"inbox", "/inbox"}, {"prospects", "/prospects"}, {"prospect-waiting", p(story.Waiting.ID)},
		{"prospect-booked", p(story.Booked.ID)}, {"prospect-stopped", p(story.Stopped.ID)}, {"prospect-form", p(story.Idle.ID) + "/edit"}, {"enroll", p(story.Idle.ID) + "/enroll?sequence=1&call_at=2026-12-03T15:00"},
		{"sequences", "/sequences"}, {"sequence", "/sequences/booked-call-back"}, {"sandbox", fmt.Sprintf("/sandbox/%d", story.Waiting.ID)},
		{"scheduler", "/scheduler"}, {"notfound", "/nowhere"}, {"help", "/help"},
	}
	if task != 0 {
		pages = append(pages, struct{ name, path string }{"task", fmt.Sprintf("/tasks/%d", task)})
	}
	pages = append(pages, struct{ name, path string }{"appointment", "/appointments/2"})
	for _, page := range pages {
		shoot(page.name+"-light", 1440, 900, "light", page.path)
		shoot(page.name+"-dark", 1440, 900, "dark", page.path)
		shoot(page.name+"-phone", 390, 844, "light", page.path)
	}
	for _, page := range pages[:5] {
		shoot(page.name+"-tablet", 1024, 768, "light", page.path)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(app.URL+"/"), chromedp.EmulateViewport(1440, 900), chromedp.Click(chromedp.CSS(".me button")), chromedp.WaitVisible(chromedp.CSS("#f-email")),
		chromedp.SendKeys(chromedp.CSS("#f-email"), app.Admin.Email), chromedp.SendKeys(chromedp.CSS("#f-password"), webtest.Password+"\r"), chromedp.WaitVisible(chromedp.CSS("#queue"))); err != nil {
		t.Fatal(err)
	}
	shoot("team-light", 1440, 900, "light", "/team")
	shoot("sequence-edit-light", 1440, 900, "light", "/sequences/booked-call-back/edit")
	shoot("sequence-edit-phone", 390, 844, "light", "/sequences/booked-call-back/edit")
	shoot("sequence-new-light", 1440, 900, "light", "/sequences/new")
}

// colours makes the browser prefer light or dark.
func colours(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	})
}
