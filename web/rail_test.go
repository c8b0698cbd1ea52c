package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"followup/web/webtest"
)

// Every page of the rail has a letter of its own after g, which ? shows and
// which leads there, also from Today, where some letters act on a row.
func TestEveryRailPageHasItsKey(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	app.Text(app.AddProspect("Dana", "Reyes"), "Can we do Friday?")
	b := signedIn(t, app, app.Admin)
	pages := strings.Fields(b.eval(`[...document.querySelectorAll(".rail > ul a, .rail a.me-name")].map((a) => (a.dataset.go || "?") + a.getAttribute("href")).join(" ")`))
	if len(pages) < 14 {
		t.Fatalf("the rail has %v", pages)
	}
	seen := map[string]bool{}
	for _, page := range pages {
		key, path := page[:1], page[1:]
		if key == "?" || seen[key] {
			t.Errorf("%s has no letter of its own: %s", path, key)
			continue
		}
		seen[key] = true
		b.do("Today", chromedp.Navigate(app.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#queue")), chromedp.KeyEvent("?"), chromedp.WaitVisible(chromedp.CSS("#help[open]")))
		if shown := b.eval(fmt.Sprintf(`String([...document.querySelectorAll("#help .go-keys kbd")].some((k) => k.innerText === %q))`, key)); shown != "true" {
			t.Errorf("? does not show g %s", key)
		}
		b.do("g "+key, chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("g"), chromedp.KeyEvent(key))
		b.until("g "+key+" leads to "+path, fmt.Sprintf(`location.pathname.startsWith(%q) && (%q !== "/" || location.pathname === "/") && document.readyState === "complete"`, path, path))
	}
}
