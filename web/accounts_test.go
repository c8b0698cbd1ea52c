package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/channels/sms"
	"followup/channels/twilioapi"
	"followup/channels/twilioapi/twiliotest"
	"followup/models"
	"followup/web"
	"followup/web/webtest"
)

// real adds the real channels, at servers of the test.
func real(t *testing.T, app *webtest.App) (*emailtest.SMTP, *emailtest.IMAP, *twiliotest.Server) {
	t.Helper()
	imap := emailtest.StartIMAP(t, "rae@sales.test", "plugh-xyzzy")
	smtp := emailtest.StartSMTP(t, emailtest.SMTPOptions{Username: "rae@sales.test", Password: "plugh-xyzzy", OnMail: func(m emailtest.Received) { imap.Deliver(t, "INBOX", m.Content) }})
	mail := email.New(email.Options{Clock: app.Now, RootCAs: emailtest.RootCAs(t)})
	t.Cleanup(func() { _ = mail.Close() })
	app.Channels.Add(models.ProviderSMTP, mail)
	twilio := twiliotest.New(t, app.Now, "+12125550170", "+12125550171")
	client, err := twilioapi.NewClient(twilioapi.Options{BaseURL: twilio.URL, Clock: app.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	app.Channels.Add(models.ProviderTwilio, sms.New(sms.Options{Client: client, PublicURL: "https://followup.example.com", Clock: app.Now}))
	return smtp, imap, twilio
}

func mailboxForm(smtp *emailtest.SMTP, imap *emailtest.IMAP, password string) map[string]string {
	var s models.Sender
	smtp.Configure(&s)
	imap.Configure(&s)
	set := s.Settings
	return map[string]string{
		"id": "0", "address": "Rae@sales.test", "name": "Rae Kim", "password": password,
		"smtp_host": set.SMTPHost, "smtp_port": fmt.Sprint(set.SMTPPort), "smtp_tls": set.SMTPTLS, "imap_host": set.IMAPHost, "imap_port": fmt.Sprint(set.IMAPPort), "imap_tls": set.IMAPTLS,
	}
}

func fields(m map[string]string) []string {
	var all []string
	for k, v := range m {
		all = append(all, k, v)
	}
	return all
}

func senderAt(t *testing.T, app *webtest.App, address string) models.Sender {
	t.Helper()
	x, ok, err := app.Store.SenderByAddress(context.Background(), address)
	if err != nil || !ok {
		t.Fatalf("%s: %v, %v", address, ok, err)
	}
	return x
}

// A mailbox is connected, mended, tried there and back, stopped and started;
// its password is in no page.
func TestConnectMailbox(t *testing.T) { webtest.Each(t, webtest.Options{}, testConnectMailbox) }

func testConnectMailbox(t *testing.T, app *webtest.App) {
	smtp, imap, _ := real(t, app)
	rep := app.SignIn(app.Rep)
	var pages strings.Builder
	get := func(path string) string {
		_, body := rep.Get(path)
		pages.WriteString(body)
		return body
	}
	post := func(path string, f map[string]string) (int, string) {
		status, body := rep.Post(path, form(fields(f)...))
		pages.WriteString(body)
		return status, text(body)
	}
	if body := get("/accounts"); !strings.Contains(text(body), "Nothing real is connected yet") {
		t.Errorf("accounts: %s", text(body))
	}
	if body := get("/accounts/new?at=gmail"); !strings.Contains(body, "imap.gmail.com") || !strings.Contains(text(body), "App password") {
		t.Error("the preset is not filled in")
	}
	if status, body := post("/accounts/mailbox", mailboxForm(smtp, imap, "")); status != http.StatusUnprocessableEntity || !strings.Contains(body, "enter the password") && !strings.Contains(body, "Enter the password") {
		t.Errorf("without a password: status %d\n%s", status, body)
	}
	// A wrong one is kept, stopped; only the password needs to be entered again.
	if status, body := post("/accounts/mailbox", mailboxForm(smtp, imap, "wrong secret")); status != http.StatusUnprocessableEntity || !strings.Contains(body, "does not send yet") {
		t.Errorf("a wrong password: status %d\n%s", status, body)
	}
	x := senderAt(t, app, "rae@sales.test")
	if x.State != models.SenderStopped || x.StoppedReason != models.StopUntested || *x.OwnerID != app.Rep.ID || x.Inbound != models.InboundPoll {
		t.Errorf("kept as %+v", x)
	}
	mended := mailboxForm(smtp, imap, "plugh-xyzzy")
	mended["id"] = fmt.Sprint(x.ID)
	if status, body := post("/accounts/mailbox", mended); status != http.StatusOK || !strings.Contains(body, "Signed in") {
		t.Errorf("mended: status %d\n%s", status, body)
	}
	at := fmt.Sprintf("/accounts/%d", x.ID)
	if x = senderAt(t, app, "rae@sales.test"); x.State != models.SenderActive || x.Credentials.Password != "plugh-xyzzy" {
		t.Errorf("after mending: %s", x.State)
	}
	if status, body := post(at+"/test", nil); status != http.StatusOK || !strings.Contains(body, "It comes back") || !strings.Contains(body, "Found in INBOX") {
		t.Errorf("there and back: status %d\n%s", status, body)
	}
	if n := len(smtp.Accepted()); n != 1 {
		t.Errorf("%d mails", n)
	}
	if status, _ := post(at+"/limits", map[string]string{"name": "Rae", "rate": "12", "cap": "40", "secret_expires": "2026-11-30"}); status != http.StatusOK {
		t.Errorf("limits: status %d", status)
	}
	if x = senderAt(t, app, "rae@sales.test"); x.RatePerMinute != 12 || x.DailyCap != 40 || *x.OwnerID != app.Rep.ID || x.Credentials.Password != "plugh-xyzzy" {
		t.Errorf("limits: %+v", x)
	}
	if body := text(get("/accounts")); !strings.Contains(body, "ends in 7 days") || !strings.Contains(body, "12 a minute, 40 a day") {
		t.Errorf("accounts: %s", body)
	}
	if status, body := post(at+"/stop", nil); status != http.StatusOK || !strings.Contains(body, "stopped: by hand") {
		t.Errorf("stop: status %d", status)
	}
	if status, body := post(at+"/start", nil); status != http.StatusOK || !strings.Contains(body, "sends again") {
		t.Errorf("start: status %d\n%s", status, body)
	}
	// Another server must not get the password that is kept.
	elsewhere := mailboxForm(smtp, imap, "")
	elsewhere["id"], elsewhere["smtp_host"], elsewhere["smtp_tls"] = fmt.Sprint(x.ID), "mail.evil.test", "starttls"
	if status, body := post("/accounts/mailbox", elsewhere); status != http.StatusUnprocessableEntity || !strings.Contains(body, "nter the password again") {
		t.Errorf("another server: status %d\n%s", status, body)
	}
	get(at)
	get(at + "/edit")
	for _, secret := range []string{"plugh-xyzzy", "wrong secret"} {
		if strings.Contains(pages.String(), secret) {
			t.Errorf("a page shows %q", secret)
		}
	}
}

// A shared real mailbox takes the sandbox's place, and what waited in it.
func TestRealTakesOverFromTheSandbox(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		smtp, imap, _ := real(t, app)
		p := app.AddProspect("Dana", "Reyes")
		app.Enroll(p, "seven-touch-follow-up", nil)
		app.Tick()
		if status, body := app.SignIn(app.Manager).Post("/accounts/mailbox", form(fields(mailboxForm(smtp, imap, "plugh-xyzzy"))...)); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, text(body))
		}
		if x := senderAt(t, app, "rae@sales.test"); x.OwnerID != nil || x.State != models.SenderActive {
			t.Errorf("the mailbox: %+v", x)
		}
		if box := senderAt(t, app, app.Mailbox.Address); box.State != models.SenderStopped || box.StoppedReason != models.StopReplaced {
			t.Errorf("the sandbox's: %s", box.State)
		}
		if phone := senderAt(t, app, app.Phone.Address); phone.State != models.SenderActive {
			t.Errorf("the sandbox's phone: %s", phone.State)
		}
	})
}

// A number is chosen from the account's, its webhooks are set, and the token
// is in no page.
func TestConnectTwilio(t *testing.T) { webtest.Each(t, webtest.Options{}, testConnectTwilio) }

func testConnectTwilio(t *testing.T, app *webtest.App) {
	_, _, twilio := real(t, app)
	twilio.SetAccount(func(a *twiliotest.Account) { a.Campaign = "IN_PROGRESS" })
	manager := app.SignIn(app.Manager)
	var pages strings.Builder
	post := func(path string, pairs ...string) (int, string) {
		status, body := manager.Post(path, form(pairs...))
		pages.WriteString(body)
		return status, body
	}
	if status, body := post("/accounts/twilio", "account_sid", twiliotest.AccountSID, "auth_token", "not the token"); status != http.StatusUnprocessableEntity || !strings.Contains(text(body), "refuses the account SID or the auth token") {
		t.Errorf("a wrong token: status %d\n%s", status, text(body))
	}
	status, body := post("/accounts/twilio", "account_sid", twiliotest.AccountSID, "auth_token", twiliotest.AuthToken)
	if status != http.StatusOK || !strings.Contains(body, `value="+12125550170"`) && !strings.Contains(body, `value="&#43;12125550170"`) {
		t.Fatalf("the numbers: status %d\n%s", status, text(body))
	}
	_, rest, _ := strings.Cut(body, `name="sealed" value="`)
	sealed, _, _ := strings.Cut(rest, `"`)
	if status, _ = app.SignIn(app.Admin).Post("/accounts/twilio", form("sealed", sealed, "account_sid", twiliotest.AccountSID, "number", "+12125550170")); status != http.StatusUnprocessableEntity {
		t.Errorf("another user's form: status %d", status)
	}
	status, body = post("/accounts/twilio", "sealed", sealed, "account_sid", twiliotest.AccountSID, "number", "+12125550170", "name", "Main line")
	if status != http.StatusUnprocessableEntity && status != http.StatusOK || !strings.Contains(text(body), "campaign is in progress") || !strings.Contains(text(body), "can do texts, pictures, calls") && !strings.Contains(text(body), "Can do texts, pictures, calls") {
		t.Errorf("connecting: status %d\n%s", status, text(body))
	}
	x := senderAt(t, app, "+12125550170")
	if x.State != models.SenderActive || x.Credentials.AuthToken != twiliotest.AuthToken || x.Settings.AccountSID != twiliotest.AccountSID {
		t.Errorf("kept as %+v", x)
	}
	if status, body = post(fmt.Sprintf("/accounts/%d/hooks", x.ID)); status != http.StatusOK || !strings.Contains(text(body), "exts and calls arrive at once") {
		t.Errorf("webhooks: status %d\n%s", status, text(body))
	}
	if len(twilio.AccountNow().Hooks) != 1 {
		t.Errorf("told %v", twilio.AccountNow().Hooks)
	}
	if strings.Contains(pages.String(), twiliotest.AuthToken) || strings.Contains(pages.String(), "not the token") {
		t.Error("a page shows the token")
	}
	app.Stall(time.Hour)
	if status, _ = post("/accounts/twilio", "sealed", sealed, "account_sid", twiliotest.AccountSID, "number", "+12125550171"); status != http.StatusUnprocessableEntity {
		t.Errorf("an old form: status %d", status)
	}
}

// Reps manage their own accounts only; sandbox senders are nobody's to change.
func TestAccountsAreTheirOwners(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	ctx := context.Background()
	other, err := app.Store.SaveSender(ctx, models.Sender{OwnerID: &app.Manager.ID, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "mara@sales.test",
		Credentials: models.SenderCredentials{Password: "hers"}}, models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	if _, body := rep.Get("/accounts"); strings.Contains(body, "mara@sales.test") {
		t.Error("a rep sees a colleague's account")
	}
	at := fmt.Sprintf("/accounts/%d", other.ID)
	for _, path := range []string{at, at + "/edit", "/accounts/twilio", fmt.Sprintf("/accounts/%d", app.Mailbox.ID)} {
		if status, _ := rep.Get(path); status != http.StatusForbidden {
			t.Errorf("GET %s: status %d", path, status)
		}
	}
	for _, path := range []string{at + "/check", at + "/test", at + "/hooks", at + "/start", at + "/stop", at + "/limits", "/accounts/twilio"} {
		if status, _ := rep.Post(path, form("rate", "1")); status != http.StatusForbidden {
			t.Errorf("POST %s: status %d", path, status)
		}
	}
	for _, f := range []map[string]string{{"id": fmt.Sprint(other.ID)}, {"id": "0"}} {
		f["address"], f["smtp_host"], f["password"], f["owner"] = "mara@sales.test", "mail.evil.test", "x", ""
		if status, _ := rep.Post("/accounts/mailbox", form(fields(f)...)); status != http.StatusForbidden && status != http.StatusConflict && status != http.StatusUnprocessableEntity {
			t.Errorf("taking it over: status %d", status)
		}
	}
	if x := senderAt(t, app, "mara@sales.test"); *x.OwnerID != app.Manager.ID || x.Credentials.Password != "hers" || x.Settings.SMTPHost != "" {
		t.Errorf("it was changed: %+v", x)
	}
}

// The phone that return calls ring is each user's own; the postal address is a
// manager's to set.
func TestPhoneAndPostalAddress(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
		if status, body := rep.Post("/accounts/phone", form("phone", "none")); status != http.StatusUnprocessableEntity || !strings.Contains(text(body), "not a phone number") {
			t.Errorf("no number: status %d", status)
		}
		if status, _ := rep.Post("/accounts/phone", form("phone", "(212) 555-0188")); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
		if u, err := app.Store.ViewUser(context.Background(), app.Rep.ID); err != nil || u.Phone != "+12125550188" {
			t.Errorf("kept as %q, %v", u.Phone, err)
		}
		if status, _ := app.SignIn(app.Rep).Get("/accounts"); status != http.StatusOK {
			t.Errorf("signing in afterwards: status %d", status)
		}
		if status, _ := rep.Post("/accounts/address", form("postal_address", "x")); status != http.StatusForbidden {
			t.Errorf("a rep's address: status %d", status)
		}
		if status, _ := manager.Post("/accounts/address", form("postal_address", " ")); status != http.StatusUnprocessableEntity {
			t.Errorf("no address: status %d", status)
		}
		if status, _ := manager.Post("/accounts/address", form("postal_address", "Northwind, 1 Example Street")); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
		if set, err := app.Store.Settings(context.Background()); err != nil || set.PostalAddress != "Northwind, 1 Example Street" {
			t.Errorf("kept as %q, %v", set.PostalAddress, err)
		}
	})
}

// What the configuration file says of an account cannot be changed on its page,
// which shows it; the rest can.
func TestAccountOfTheConfiguration(t *testing.T) {
	app := webtest.New(t, webtest.Options{Configured: map[string]web.FixedAccount{"rae@sales.test": {Rate: true, Owner: true}}})
	x, err := app.Store.SaveSender(t.Context(), models.Sender{
		OwnerID: &app.Rep.ID, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "rae@sales.test", RatePerMinute: 12,
		Settings: models.SenderSettings{SMTPHost: "smtp.sales.test"}, Credentials: models.SenderCredentials{Password: "secret"},
	}, models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	manager := app.SignIn(app.Manager)
	at := fmt.Sprintf("/accounts/%d", x.ID)
	_, body := manager.Get(at)
	for _, want := range []string{`<output id="x-rate">12</output>`, "Set in the configuration file", `name="cap"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, no := range []string{`name="rate"`, at + "/edit"} {
		if strings.Contains(body, no) {
			t.Errorf("the page offers %s", no)
		}
	}
	status, _ := manager.Post(at+"/limits", form("name", "Rae Moss", "rate", "99", "cap", "40", "owner", ""))
	got := senderAt(t, app, "rae@sales.test")
	if status != http.StatusSeeOther && status != http.StatusOK || got.RatePerMinute != 12 || got.OwnerID == nil || got.Name != "Rae Moss" || got.DailyCap != 40 {
		t.Errorf("limits: status %d, %+v", status, got)
	}
	if status, body := manager.Get(at + "/edit"); status != http.StatusConflict || !strings.Contains(text(body), "is in the configuration file") {
		t.Errorf("its servers: status %d", status)
	}
	if status, _ := manager.Post("/accounts/mailbox", form("id", fmt.Sprint(x.ID), "address", "rae@sales.test", "smtp_host", "smtp.elsewhere.test", "password", "another", "owner", fmt.Sprint(app.Rep.ID))); status != http.StatusConflict {
		t.Errorf("another server: status %d", status)
	}
	if got := senderAt(t, app, "rae@sales.test"); got.Settings.SMTPHost != "smtp.sales.test" {
		t.Errorf("the server was changed: %+v", got.Settings)
	}
}
