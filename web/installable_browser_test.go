package web_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"followup/web/webtest"
)

// A phone can install the site: the browser finds no fault in its manifest.
func TestInstallable(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	b := signedIn(t, app, app.Rep)
	b.do("the manifest", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		m, err := cdp.Call(ctx, tab, page.GetAppManifest, page.GetAppManifestParams{})
		if err != nil {
			return err
		}
		if len(m.Errors) > 0 || m.Data == "" {
			t.Errorf("the manifest: %+v", m.Errors)
		}
		found, err := cdp.Call(ctx, tab, page.GetInstallabilityErrors, cdp.Empty{})
		for _, e := range found.InstallabilityErrors {
			t.Errorf("not installable: %+v", e)
		}
		return err
	}))
}
