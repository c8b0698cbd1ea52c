package twilioapi_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/channels/twilioapi/twiliotest"
	"followup/models"
)

var noon = time.Date(2026, 11, 24, 17, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func client(t *testing.T, base string, timeout time.Duration) *twilioapi.Client {
	t.Helper()
	c, err := twilioapi.NewClient(twilioapi.Options{BaseURL: base, Timeout: timeout, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func create(api *openapi.ApiService) error {
	_, err := api.CreateMessage((&openapi.CreateMessageParams{}).SetTo(theirs).SetFrom(ours).SetBody("hello"))
	return err
}

// What each answer, and each missing one, means for the message.
func TestCallClassifies(t *testing.T) {
	for name, c := range map[string]struct {
		fault      twiliotest.Fault
		class      models.SendClass
		code       string
		retryAfter time.Duration
		taken      int
	}{
		"opted out":                 {twiliotest.OptedOut, models.SendPermanent, "21610", 0, 0},
		"an invalid number":         {twiliotest.InvalidNumber, models.SendPermanent, "21211", 0, 0},
		"an unknown code":           {twiliotest.Rejected, models.SendPermanent, "21999", 0, 0},
		"an unknown code at 429":    {twiliotest.Fault{Status: 429, Code: 99999, Message: "slow down"}, models.SendTransient, "99999", 0, 0},
		"an unknown code at 500":    {twiliotest.Fault{Status: 500, Code: 99999, Message: "oh"}, models.SendAmbiguous, "99999", 0, 0},
		"too many":                  {twiliotest.TooMany, models.SendTransient, "20429", 7 * time.Second, 0},
		"a 503 that is no JSON":     {twiliotest.Unavailable, models.SendTransient, "http_503", 30 * time.Second, 0},
		"Retry-After as a date":     {twiliotest.Fault{Status: 503, Plain: "x", RetryAfter: noon.Add(time.Minute).Format(http.TimeFormat)}, models.SendTransient, "http_503", time.Minute, 0},
		"Retry-After in the past":   {twiliotest.Fault{Status: 503, Plain: "x", RetryAfter: noon.Add(-time.Minute).Format(http.TimeFormat)}, models.SendTransient, "http_503", 0, 0},
		"Retry-After that is none":  {twiliotest.Fault{Status: 503, Plain: "x", RetryAfter: "soon"}, models.SendTransient, "http_503", 0, 0},
		"a gateway that gave up":    {twiliotest.BadGateway, models.SendAmbiguous, "http_502", 0, 0},
		"a gateway's 401":           {twiliotest.Fault{Status: 401, Plain: "x"}, models.SendConfiguration, "http_401", 0, 0},
		"a gateway's 404":           {twiliotest.Fault{Status: 404, Plain: "x"}, models.SendPermanent, "http_404", 0, 0},
		"unauthorized":              {twiliotest.Unauthorized, models.SendConfiguration, "20003", 0, 0},
		"the answer lost":           {twiliotest.AnswerLost, models.SendAmbiguous, "no_answer", 0, 1},
		"no answer":                 {twiliotest.NoAnswer, models.SendAmbiguous, "no_answer", 0, 1},
		"an answer that is no JSON": {twiliotest.Fault{Status: 201, Plain: "<created/>", Taken: true}, models.SendAmbiguous, "http_201", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := twiliotest.New(t, clock, ours)
			sender := server.Sender(1, ours)
			server.Next(c.fault)
			timeout := 5 * time.Second
			if c.fault.Silent {
				timeout = time.Second
			}
			se := client(t, server.URL, timeout).Call(context.Background(), &sender, create)
			if se == nil {
				t.Fatal("Call succeeded")
			}
			if se.Class != c.class || se.Code != c.code || se.RetryAfter != c.retryAfter || se.Detail == "" {
				t.Errorf("got %s %s retry after %s (%s), want %s %s %s", se.Class, se.Code, se.RetryAfter, se.Detail, c.class, c.code, c.retryAfter)
			}
			if got := len(server.Messages()); got != c.taken {
				t.Errorf("the server took %d messages, want %d", got, c.taken)
			}
			for _, secret := range []string{twiliotest.AuthToken, twiliotest.AccountSID} {
				if strings.Contains(se.Error(), secret) || (se.Err != nil && strings.Contains(se.Err.Error(), secret)) {
					t.Errorf("the account shows in %v", se)
				}
			}
		})
	}
}

// A context that ends while the request is on its way leaves its fate open;
// one that ended before leaves nothing open.
func TestCallContext(t *testing.T) {
	server := twiliotest.New(t, clock, ours)
	sender := server.Sender(1, ours)
	c := client(t, server.URL, time.Minute)

	server.Next(twiliotest.NoAnswer)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan *channels.SendError)
	go func() { done <- c.Call(ctx, &sender, create) }()
	for len(server.Messages()) == 0 { // taken; its answer never comes
		select {
		case se := <-done:
			t.Fatalf("Call ended early: %v", se)
		default:
		}
	}
	cancel()
	if se := <-done; se == nil || se.Class != models.SendAmbiguous {
		t.Errorf("cancelled on the way: %v, want ambiguous", se)
	}
	if se := c.Call(ctx, &sender, create); se == nil || se.Class != models.SendStopped {
		t.Errorf("cancelled before: %v, want stopped", se)
	}
	if got := len(server.Messages()); got != 1 {
		t.Errorf("the server took %d messages, want 1", got)
	}
}

func TestCallUnreachable(t *testing.T) {
	server := twiliotest.New(t, clock, ours)
	sender := server.Sender(1, ours)
	c := client(t, server.URL, time.Second)
	server.Down()
	if se := c.Call(context.Background(), &sender, create); se == nil || se.Class != models.SendTransient || se.Code != "unreachable" {
		t.Errorf("refused connection: %v, want transient", se)
	}
	server.Up(t)
	if se := c.Call(context.Background(), &sender, create); se != nil {
		t.Errorf("after it is back: %v", se)
	}
}

func TestCallCredentials(t *testing.T) {
	server := twiliotest.New(t, clock, ours)
	for name, spoil := range map[string]func(*models.Sender){
		"no token":       func(s *models.Sender) { s.Credentials.AuthToken = "" },
		"no account":     func(s *models.Sender) { s.Settings.AccountSID = "" },
		"a wrong token":  func(s *models.Sender) { s.Credentials.AuthToken = "0000" },
		"a broken token": func(s *models.Sender) { s.Credentials.AuthToken = "not a token!" },
	} {
		sender := server.Sender(1, ours)
		spoil(&sender)
		se := client(t, server.URL, time.Second).Call(context.Background(), &sender, create)
		if se == nil || se.Class != models.SendConfiguration {
			t.Errorf("%s: %v, want configuration", name, se)
		}
	}
	if got := len(server.Messages()); got != 0 {
		t.Errorf("the server took %d messages", got)
	}
}

// Refusals must not cost the connection: twilio-go leaves their bodies open.
func TestCallKeepsConnections(t *testing.T) {
	server := twiliotest.New(t, clock, ours)
	sender := server.Sender(1, ours)
	c := client(t, server.URL, 5*time.Second)
	const rounds, workers = 20, 8
	for range rounds {
		server.Next(twiliotest.OptedOut, twiliotest.Unavailable)
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range rounds {
				_ = c.Call(context.Background(), &sender, create)
			}
		})
	}
	wg.Wait()
	// net/http may dial for a request that then takes a connection just freed.
	if got := server.Connections(); got > 2*workers {
		t.Errorf("%d connections for %d messages of %d workers", got, rounds*workers, workers)
	}
}

func TestProbe(t *testing.T) {
	server := twiliotest.New(t, clock, ours)
	c := client(t, server.URL, time.Second)
	if err := c.Probe(context.Background(), server.Sender(1, ours)); err != nil {
		t.Error(err)
	}
	if err := c.Probe(context.Background(), server.Sender(1, theirs)); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("a number of others: %v, want CodeInvalid", err)
	}
	wrong := server.Sender(1, ours)
	wrong.Credentials.AuthToken = "0000"
	if err := c.Probe(context.Background(), wrong); err == nil || channels.AsSendError(err).Class != models.SendConfiguration {
		t.Errorf("a wrong token: %v, want configuration", err)
	}
}

func TestNewClientRefusesBadAddress(t *testing.T) {
	for _, base := range []string{"api.twilio.com", "ftp://api.twilio.com", "https://", "://"} {
		if _, err := twilioapi.NewClient(twilioapi.Options{BaseURL: base}); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("NewClient(%q) = %v, want CodeInvalid", base, err)
		}
	}
}
