package web_test

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"followup/web/webtest"
)

// axeFile comes from npm; nothing of it is committed.
const axeFile = "../node_modules/axe-core/axe.min.js"

// TestAxe lets axe-core look at every page: WCAG in light, dark and phone width.
func TestAxe(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	axe := readAxe(t)
	app, pages := everyPage(t)
	b := browser{t: t, ctx: webtest.Browser(t, 10*time.Minute), app: app}
	b.accessible(axe, "/sign-in")
	b.signIn(app.Admin)
	b.everywhere(axe, pages)
}

// readAxe is axe-core's script.
func readAxe(t *testing.T) []byte {
	t.Helper()
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		t.Fatalf("%v; run make node_modules, which gets it from npm", err)
	}
	return axe
}

// everywhere looks at pages in light, dark and phone width.
func (b browser) everywhere(axe []byte, pages []string) {
	b.t.Helper()
	for _, path := range pages {
		b.do("light", webtest.Colours("light"))
		b.accessible(axe, path)
		b.do("dark", webtest.Colours("dark"))
		b.judge(path + " in dark")
	}
	b.do("phone", chromedp.EmulateViewport(390, 844))
	for _, path := range pages {
		b.accessible(axe, path)
	}
}

// accessible opens a page and lets axe-core look at it.
func (b browser) accessible(axe []byte, path string) {
	b.t.Helper()
	b.do(path, chromedp.Navigate(b.app.URL+path))
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](string(axe)+";true")); err != nil {
		b.t.Fatal(err)
	}
	b.judge(path)
}

// judge lets axe-core look at the page that is open, as it is now.
func (b browser) judge(what string) {
	b.t.Helper()
	const js = `axe.run({resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.target.join(" ") + " " + (n.any[0] ? n.any[0].message : "")).slice(0, 4).join(" | ")).join("\n"))`
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js, func(p *runtime.EvaluateParams) { awaited := true; p.AwaitPromise = &awaited }))
	if err != nil {
		b.t.Fatal(err)
	}
	if found != "" {
		b.t.Errorf("%s\n%s", what, found)
	}
}
