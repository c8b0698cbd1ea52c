// Package twilioapi is what the channels that go through Twilio share: the
// client, the meaning of its error codes, the signature of its requests and
// the numbers that may be reached. It is no channel, so both sms and
// voicemail may import it; they do not import each other.
package twilioapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/channels"
	"followup/models"
)

// Options of a Client.
type Options struct {
	// BaseURL stands in the place of https://api.twilio.com: a region's own
	// host, or a loopback server in tests; "": Twilio's.
	BaseURL string
	// Workers is how many hand-overs run at once; 0: 16. As many idle
	// connections are kept: net/http's default of two makes nearly every
	// message dial and shake hands anew.
	Workers int
	// Timeout of one request; 0: 10 s.
	Timeout time.Duration
	Clock   models.Clock
}

// Client talks to Twilio for any sender. Connections are shared; accounts and
// tokens are each call's own.
type Client struct {
	transport *http.Transport
	target    *url.URL // nil: Twilio's
	timeout   time.Duration
	clock     models.Clock
}

// NewClient fails where BaseURL is no http address.
func NewClient(o Options) (*Client, error) {
	c := &Client{timeout: o.Timeout, clock: o.Clock}
	if c.timeout == 0 {
		c.timeout = 10 * time.Second
	}
	if o.Workers == 0 {
		o.Workers = 16
	}
	if o.BaseURL != "" {
		u, err := url.Parse(o.BaseURL)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return nil, models.Invalid("twilio.base_url", "%q is not a web address; leave it out to use https://api.twilio.com", o.BaseURL)
		}
		c.target = u
	}
	c.transport = &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: o.Workers,
		MaxConnsPerHost:     o.Workers, // one is dialled too many where one becomes idle meanwhile
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: c.timeout,
		ForceAttemptHTTP2:   true,
	}
	return c, nil
}

// Close drops the idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Call runs do with the API of the sender's account. What do returns as an
// error comes back classified: nothing left (transient, stopped), refused
// (permanent, transient, configuration) or ambiguous.
func (c *Client) Call(ctx context.Context, sender *models.Sender, do func(*openapi.ApiService) error) *channels.SendError {
	if err := ctx.Err(); err != nil {
		return &channels.SendError{Class: models.SendStopped, Detail: "stopped before anything was sent", Err: err}
	}
	if sender == nil || complete(*sender) != nil {
		return &channels.SendError{Class: models.SendConfiguration, Code: "no_credentials",
			Detail: "the sender has no Twilio account SID or no auth token; enter both on the sender's page"}
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	x := &exchange{ctx: limited, base: c.transport, target: c.target}
	if err := do(x.service(sender)); err != nil {
		return x.classify(ctx, err, c.clock())
	}
	return nil
}

// service is twilio-go's API bound to this one exchange. Its methods take no
// context and its base address is a private constant, so both are given
// through the transport. Region and edge are not read from the environment,
// as its own constructor does: BaseURL says where to.
func (x *exchange) service(sender *models.Sender) *openapi.ApiService {
	base := &client.Client{
		Credentials: client.NewCredentials(credentials(sender)),
		HTTPClient: &http.Client{
			Transport:     x,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	base.SetAccountSid(sender.Settings.AccountSID)
	return openapi.NewApiService(&client.RequestHandler{Client: base})
}

// Probe asks Twilio for the sender's number: it fails where the account, the
// token or the number is wrong.
func (c *Client) Probe(ctx context.Context, sender models.Sender) error {
	var owned int
	se := c.Call(ctx, &sender, func(api *openapi.ApiService) error {
		params := (&openapi.ListIncomingPhoneNumberParams{}).SetPhoneNumber(sender.Address).SetLimit(1)
		numbers, err := api.ListIncomingPhoneNumber(params)
		owned = len(numbers)
		return err
	})
	if se != nil {
		return se
	}
	if owned == 0 {
		return notOwned(sender)
	}
	return nil
}
