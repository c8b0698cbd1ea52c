package webtest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// BrowserOff tells, and says in the test's log, that browser tests are
// switched off by FOLLOWUP_TEST_BROWSER=off.
func BrowserOff(t testing.TB) bool {
	t.Helper()
	if os.Getenv("FOLLOWUP_TEST_BROWSER") != "off" {
		return false
	}
	t.Log("FOLLOWUP_TEST_BROWSER=off: no page is opened in a browser")
	return true
}

// Browser starts a headless Chromium that ends with the test. FOLLOWUP_CHROMIUM
// names another binary.
func Browser(t testing.TB, limit time.Duration) context.Context {
	t.Helper()
	path := os.Getenv("FOLLOWUP_CHROMIUM")
	if path == "" {
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
			if p, err := exec.LookPath(name); err == nil {
				path = p
				break
			}
		}
	}
	if path == "" {
		t.Fatal("there is no Chromium: install it (apt-get install chromium) or set FOLLOWUP_CHROMIUM to its path")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	ctx, cancelBrowser := chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancelBrowser)
	ctx, cancelTab := chromedp.NewContext(ctx)
	t.Cleanup(cancelTab)
	// The first run opens the tab and binds it to its context: not to one with
	// a time-out of its own, whose end would close it.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// Colours makes the browser prefer a colour scheme, and no motion: a page that
// is open has the new colours at once.
func Colours(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	})
}
