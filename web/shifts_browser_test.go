package web_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"followup/web/webtest"
)

// shifted is how much of a page moved after it was first painted (the layout
// shift score of the browser), within the first second.
const shifted = `new Promise((done) => {
  let score = 0;
  new PerformanceObserver((list) => { for (const e of list.getEntries()) score += e.value; }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(String(score)), 900);
})`

// Nothing moves under the hands of whoever opens a page of the day.
func TestPagesDoNotShift(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	story := app.Play()
	b := signedIn(t, app, app.Rep)
	_, body := app.SignIn(app.Rep).Get("/?part=calls")
	call := taskIn(t, body)
	for _, width := range []int64{1440, 390} {
		b.do("width", chromedp.EmulateViewport(width, 900))
		for _, path := range []string{"/", "/inbox", fmt.Sprintf("/inbox?open=%d", story.Waiting.ID), fmt.Sprintf("/tasks/%d", call), fmt.Sprintf("/prospects/%d", story.Waiting.ID), "/prospects", "/commitments"} {
			b.do(path, chromedp.Navigate(app.URL+path))
			got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](shifted, func(p *runtime.EvaluateParams) { awaited := true; p.AwaitPromise = &awaited }))
			if err != nil {
				t.Fatal(err)
			}
			if score, err := strconv.ParseFloat(got, 64); err != nil || score > 0.01 {
				t.Errorf("%s at %d px shifts by %s", path, width, got)
			}
		}
	}
}
