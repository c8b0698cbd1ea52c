package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"followup/channels/twilioapi/twiliotest"
	"followup/models"
	"followup/web"
	"followup/web/webtest"
)

// TestAxeReplies looks at the pages for messages of nobody we know, for
// accounts, and at a voicemail in a conversation: as TestAxe does, in light,
// dark and phone width. With FOLLOWUP_SCREENSHOTS set the pictures go there.
func TestAxeReplies(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	axe := readAxe(t)
	app := webtest.New(t, webtest.Options{Configured: map[string]web.FixedAccount{"+12125550171": {Owner: true, Rate: true}}})
	smtp, imap, twilio := real(t, app)
	story := app.Play()
	fixed, err := app.Store.SaveSender(t.Context(), twilio.Sender(0, "+12125550171"), models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"SM-broken", "SM-broken-too"} {
		_, err := app.Replies.Receive(t.Context(), models.Raw{Provider: models.ProviderTwilio, ProviderID: id, Channel: models.ChannelSMS, Content: []byte("{"), ReceivedAt: app.Now()})
		if err != nil {
			t.Fatal(err)
		}
	}
	fromStranger := stranger(t, app, "Kim Novak <kim@northwind.example.com>", "Hello, Dana said that you can tell me more about the counts. Could you call me on Thursday, after lunch? My line is best.")
	stranger(t, app, "+12125550162", "Is this still your number?")
	ctx := context.Background()
	content := fmt.Sprintf(`{"from":%q,"to":%q,"kind":"voicemail","media":["https://api.twilio.com/x"],"seconds":94}`, phoneOf(t, app, story.Waiting), app.Phone.Address)
	if _, err := app.Replies.Receive(ctx, models.Raw{Provider: models.ProviderTwilio, ProviderID: "RE1", Channel: models.ChannelCall, SenderID: &app.Phone.ID, Content: []byte(content), ReceivedAt: app.Now()}); err != nil {
		t.Fatal(err)
	}
	manager := app.SignIn(app.Manager)
	f := mailboxForm(smtp, imap, "plugh-xyzzy")
	manager.Post("/accounts/mailbox", form(fields(f)...))
	f["address"], f["password"], f["owner"] = "joe@sales.test", "wrong", fmt.Sprint(app.Rep.ID)
	manager.Post("/accounts/mailbox", form(fields(f)...))
	twilio.SetAccount(func(a *twiliotest.Account) { a.Campaign = "IN_PROGRESS" })
	_, body := manager.Post("/accounts/twilio", form("account_sid", twiliotest.AccountSID, "auth_token", twiliotest.AuthToken))
	_, rest, _ := strings.Cut(body, `name="sealed" value="`)
	sealed, _, _ := strings.Cut(rest, `"`)
	manager.Post("/accounts/twilio", form("sealed", sealed, "account_sid", twiliotest.AccountSID, "number", "+12125550170", "name", "Main line"))
	good, bad, number := senderAt(t, app, "rae@sales.test"), senderAt(t, app, "joe@sales.test"), senderAt(t, app, "+12125550170")
	manager.Post(fmt.Sprintf("/accounts/%d/limits", good.ID), form("name", "Rae Kim", "rate", "30", "cap", "50", "secret_expires", "2026-12-01"))
	if err := app.Store.WarnOfSecrets(ctx, app.Now(), nil); err != nil {
		t.Fatal(err)
	}

	b := signedIn(t, app, app.Manager)
	pages := [][2]string{
		{"inbox", "/inbox?owner=all"}, {"matching", "/inbox/matching"}, {"match", fmt.Sprintf("/inbox/matching/%d?q=reyes", fromStranger)},
		{"conversation", fmt.Sprintf("/prospects/%d", story.Waiting.ID)}, {"move", fmt.Sprintf("/prospects/%d/enroll?from=1", story.Waiting.ID)},
		{"accounts", "/accounts"}, {"account", fmt.Sprintf("/accounts/%d", good.ID)}, {"account-stopped", fmt.Sprintf("/accounts/%d", bad.ID)},
		{"account-number", fmt.Sprintf("/accounts/%d", number.ID)}, {"mailbox-new", "/accounts/new?at=gmail"}, {"mailbox-microsoft", "/accounts/new?at=microsoft"},
		{"mailbox-edit", fmt.Sprintf("/accounts/%d/edit", good.ID)}, {"twilio", "/accounts/twilio"}, {"team", "/team"},
		{"account-configured", fmt.Sprintf("/accounts/%d", fixed.ID)}, {"attention-replies", "/attention"},
	}
	for _, look := range []string{"light", "dark", "phone"} {
		if look == "phone" {
			b.do(look, webtest.Colours("light"), chromedp.EmulateViewport(390, 844))
		} else {
			b.do(look, webtest.Colours(look), chromedp.EmulateViewport(1360, 850))
		}
		for _, p := range pages {
			b.accessible(axe, p[1])
			b.shoot(p[0] + "-" + look)
		}
		// What a check found stands in the answer to the form.
		b.do("check", chromedp.Navigate(app.URL+fmt.Sprintf("/accounts/%d", number.ID)), chromedp.Click(chromedp.CSS(`form[action$="/check"] button`)), chromedp.WaitVisible(chromedp.CSS(".checks")))
		b.see("10DLC registration", "campaign is in progress")
		b.shoot("account-checked-" + look)
	}
	// One key changes the channel of an answer.
	b.do("open", chromedp.EmulateViewport(1360, 850), chromedp.Navigate(app.URL+fmt.Sprintf("/prospects/%d", story.Waiting.ID)), chromedp.WaitVisible(chromedp.CSS("#body")))
	first := b.eval(`document.querySelector("[name=channel]:checked").value`)
	b.do("press c", chromedp.KeyEvent("c"))
	if next := b.eval(`document.querySelector("[name=channel]:checked").value`); next == first {
		t.Errorf("the channel is still %s", next)
	}
}

func phoneOf(t *testing.T, app *webtest.App, p models.Prospect) string {
	t.Helper()
	for _, cp := range person(t, app, p).Points {
		if cp.Kind == models.ContactPhone {
			return cp.Value
		}
	}
	t.Fatal("no number")
	return ""
}

// shoot keeps a picture where FOLLOWUP_SCREENSHOTS names a folder, and tells
// where the page is wider than the window.
func (b browser) shoot(name string) {
	b.t.Helper()
	if wide := b.eval(`String(Math.max(0, document.documentElement.scrollWidth - window.innerWidth))`); wide != "0" {
		b.t.Errorf("%s is %s px wider than the window: %s", name, wide, b.eval(`[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth).map((e) => e.tagName + "." + e.className).slice(0, 12).join(" ")`))
	}
	dir := os.Getenv("FOLLOWUP_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
