package twilioapi_test

import (
	"context"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/channels/twilioapi/twiliotest"
	"followup/models"
)

const (
	longCode   = "+12125550100"
	freeNumber = "+18005550100"
	publicURL  = "https://followup.example.org"
)

func atTwilio(t *testing.T) (*twiliotest.Server, *twilioapi.Client) {
	t.Helper()
	server := twiliotest.New(t, time.Now, longCode, freeNumber)
	client, err := twilioapi.NewClient(twilioapi.Options{BaseURL: server.URL, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return server, client
}

// stateOf is how the check with that name stands; "" where there is none.
func stateOf(checks []channels.Check, what string) channels.CheckState {
	for _, c := range checks {
		if c.What == what {
			return c.State
		}
	}
	return ""
}

func TestInspect(t *testing.T) {
	server, client := atTwilio(t)
	ctx := context.Background()
	for _, c := range []struct {
		name, number string
		change       func(*twiliotest.Account)
		sender       func(*models.Sender)
		public       string
		what         string
		want         channels.CheckState
	}{
		{"active", longCode, nil, nil, publicURL, "Twilio account", channels.CheckFine},
		{"trial", longCode, func(a *twiliotest.Account) { a.Type = "Trial" }, nil, publicURL, "Twilio account", channels.CheckWarning},
		{"suspended", longCode, func(a *twiliotest.Account) { a.Status = "suspended" }, nil, publicURL, "Twilio account", channels.CheckFailed},
		{"wrong token", longCode, nil, func(s *models.Sender) { s.Credentials.AuthToken = "x" }, publicURL, "Twilio account", channels.CheckFailed},
		{"no SID", longCode, nil, func(s *models.Sender) { s.Settings.AccountSID = "" }, publicURL, "Twilio account", channels.CheckFailed},
		{"API key", longCode, nil, key, publicURL, "Twilio account", channels.CheckFine},
		{"API key alone proves no webhook", longCode, nil, key, publicURL, "Webhooks' signatures", channels.CheckWarning},
		{"not ours", "+12125550199", nil, nil, publicURL, "Number +12125550199", channels.CheckFailed},
		{"no texts", longCode, func(a *twiliotest.Account) { a.NoSMS = true }, nil, publicURL, "Number " + longCode, channels.CheckWarning},
		{"elsewhere", longCode, nil, nil, publicURL, "Webhooks", channels.CheckWarning},
		{"nowhere", longCode, nil, nil, "", "Webhooks", channels.CheckNote},
		{"no campaign", longCode, nil, nil, publicURL, "10DLC registration", channels.CheckFailed},
		{"verified", longCode, func(a *twiliotest.Account) { a.Campaign = "VERIFIED" }, nil, publicURL, "10DLC registration", channels.CheckFine},
		{"in progress", longCode, func(a *twiliotest.Account) { a.Campaign = "IN_PROGRESS" }, nil, publicURL, "10DLC registration", channels.CheckWarning},
		{"refused", longCode, func(a *twiliotest.Account) { a.Campaign = "FAILED" }, nil, publicURL, "10DLC registration", channels.CheckFailed},
		{"not asked for", freeNumber, nil, nil, publicURL, "Toll-free verification", channels.CheckFailed},
		{"approved", freeNumber, func(a *twiliotest.Account) { a.TollFree = "TWILIO_APPROVED" }, nil, publicURL, "Toll-free verification", channels.CheckFine},
		{"in review", freeNumber, func(a *twiliotest.Account) { a.TollFree = "IN_REVIEW" }, nil, publicURL, "Toll-free verification", channels.CheckWarning},
		{"rejected", freeNumber, func(a *twiliotest.Account) { a.TollFree = "TWILIO_REJECTED" }, nil, publicURL, "Toll-free verification", channels.CheckFailed},
	} {
		server.SetAccount(func(a *twiliotest.Account) {
			*a = twiliotest.Account{}
			if c.change != nil {
				c.change(a)
			}
		})
		sender := server.Sender(1, c.number)
		if c.sender != nil {
			c.sender(&sender)
		}
		checks := client.Inspect(ctx, sender, c.public)
		if got := stateOf(checks, c.what); got != c.want {
			t.Errorf("%s: %q is %q, want %q\n%+v", c.name, c.what, got, c.want, checks)
		}
	}
	if len(server.Messages())+len(server.Calls()) != 0 {
		t.Error("something was sent")
	}
}

func key(s *models.Sender) {
	s.Settings.APIKeySID, s.Credentials = twiliotest.APIKeySID, models.SenderCredentials{APISecret: twiliotest.APISecret}
}

func TestSetHooks(t *testing.T) {
	server, client := atTwilio(t)
	ctx := context.Background()
	sender := server.Sender(1, longCode)
	if err := client.SetHooks(ctx, sender, ""); models.CodeOf(err) != models.CodeRefused {
		t.Errorf("without a public address: %v", err)
	}
	if err := client.SetHooks(ctx, sender, publicURL+"/"); err != nil {
		t.Fatal(err)
	}
	told := server.AccountNow().Hooks["PN12125550100"]
	if told.Get("SmsUrl") != publicURL+twilioapi.MessagePath || told.Get("VoiceUrl") != publicURL+twilioapi.VoicePath || told.Get("StatusCallback") != publicURL+twilioapi.CallStatusPath {
		t.Errorf("told %v", told)
	}
	if got := stateOf(client.Inspect(ctx, sender, publicURL), "Webhooks"); got != channels.CheckFine {
		t.Errorf("afterwards: %s", got)
	}
	sender.Address = "+12125550199"
	if err := client.SetHooks(ctx, sender, publicURL); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("a number of somebody else's: %v", err)
	}
}

func TestNumbers(t *testing.T) {
	server, client := atTwilio(t)
	sender := server.Sender(1, "")
	got, err := client.Numbers(context.Background(), sender)
	if err != nil || len(got) != 2 || got[0].Number != longCode || !got[0].SMS || !got[0].Voice {
		t.Errorf("%+v, %v", got, err)
	}
	sender.Credentials.AuthToken = "x"
	if _, err := client.Numbers(context.Background(), sender); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("a wrong token: %v", err)
	}
}

func TestFetchMedia(t *testing.T) {
	server, client := atTwilio(t)
	base := "/2010-04-01/Accounts/" + twiliotest.AccountSID
	server.SetAccount(func(a *twiliotest.Account) {
		a.Media = map[string]twiliotest.Content{
			base + "/Messages/MM1/Media/ME1": {Type: "image/png; charset=binary", Body: "picture", Redirect: true},
			base + "/Recordings/RE1.mp3":     {Type: "audio/mpeg", Body: "sound"},
		}
	})
	sender := server.Sender(1, longCode)
	for address, want := range map[string]string{
		"https://api.twilio.com" + base + "/Messages/MM1/Media/ME1": "image/png picture",
		"https://api.twilio.com" + base + "/Recordings/RE1":         "audio/mpeg sound",
	} {
		got, err := client.FetchMedia(context.Background(), sender, models.Media{URL: address})
		if err != nil || got.Type+" "+string(got.Body) != want {
			t.Errorf("%s: %s %s, %v", address, got.Type, got.Body, err)
		}
	}
	for _, address := range []string{
		"https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000002/Recordings/RE1",
		"https://evil.example.org" + base + "/Recordings/RE1", "http://api.twilio.com" + base + "/Recordings/RE1",
		"https://api.twilio.com" + base + "/../x/Recordings/RE1", "https://api.twilio.com@evil.example.org" + base + "/Recordings/RE1",
		"file:///etc/passwd", "", "https://api.twilio.com" + base + "/Recordings/RE1?x=1",
	} {
		if got, err := client.FetchMedia(context.Background(), sender, models.Media{URL: address}); models.CodeOf(err) != models.CodeRefused {
			t.Errorf("%s was fetched: %+v, %v", address, got, err)
		}
	}
	_, err := client.FetchMedia(context.Background(), sender, models.Media{URL: "https://api.twilio.com" + base + "/Recordings/RE2"})
	if models.CodeOf(err) != models.CodeNotFound {
		t.Errorf("not there: %v", err)
	}
}
