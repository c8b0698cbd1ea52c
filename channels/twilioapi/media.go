package twilioapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"followup/channels"
	"followup/models"
)

// maxMedia bounds what is fetched: MMS are at most 5 MB, a three-minute recording 3 MB.
const maxMedia = 25 << 20

// FetchMedia fetches a picture or a recording with the sender's credentials.
// Its address came from outside, so it must be a resource of the sender's own
// account: anything else is refused before a request is made.
func (c *Client) FetchMedia(ctx context.Context, sender models.Sender, m models.Media) (channels.MediaContent, error) {
	none := channels.MediaContent{}
	u, err := url.Parse(m.URL)
	if err != nil || u.Scheme != "https" || u.Host != apiHost || u.RawQuery != "" || strings.Contains(u.Path, "..") ||
		!strings.HasPrefix(u.Path, "/2010-04-01/Accounts/"+sender.Settings.AccountSID+"/") {
		return none, models.Errorf(models.CodeRefused, "The attachment does not lie in the account that it came to, so it is not fetched.")
	}
	if strings.Contains(u.Path, "/Recordings/") && !strings.Contains(u.Path[strings.LastIndexByte(u.Path, '/'):], ".") {
		u.Path += ".mp3" // a tenth of the wave file's size
	}
	limited, cancel := context.WithTimeout(ctx, 3*c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return none, err
	}
	req.SetBasicAuth(credentials(&sender))
	res, err := (&http.Client{Transport: aimed{c}, CheckRedirect: c.elsewhere}).Do(req)
	if err != nil {
		return none, fmt.Errorf("fetch the attachment: %w", cause(err))
	}
	defer func() { _ = res.Body.Close() }()
	switch {
	case res.StatusCode == http.StatusNotFound:
		return none, models.Errorf(models.CodeNotFound, "Twilio does not have it. A recording is there about a minute after the call; pictures are gone once somebody deletes them.")
	case res.StatusCode != http.StatusOK:
		return none, fmt.Errorf("fetch the attachment: %s", res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxMedia+1))
	if err != nil {
		return none, fmt.Errorf("fetch the attachment: %w", err)
	}
	if len(body) > maxMedia {
		return none, models.Errorf(models.CodeRefused, "The attachment is larger than %d MB. Look at it in the Twilio console.", maxMedia>>20)
	}
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		kind = "application/octet-stream"
	}
	return channels.MediaContent{Type: strings.ToLower(kind), Body: body}, nil
}

// elsewhere follows Twilio to where it keeps files; net/http drops the
// credentials on the way to another host.
func (c *Client) elsewhere(req *http.Request, via []*http.Request) error {
	if len(via) > 3 {
		return errors.New("too many redirects")
	}
	if req.URL.Scheme != "https" && c.target == nil {
		return errors.New("a redirect to an insecure address")
	}
	return nil
}

// aimed sends requests for Twilio's API to where the client is aimed.
type aimed struct{ c *Client }

// RoundTrip implements http.RoundTripper.
func (a aimed) RoundTrip(req *http.Request) (*http.Response, error) {
	if t := a.c.target; t != nil && req.URL.Host == apiHost {
		req = req.Clone(req.Context())
		req.URL.Scheme, req.URL.Host, req.Host = t.Scheme, t.Host, ""
		req.URL.Path = strings.TrimRight(t.Path, "/") + req.URL.Path
	}
	return a.c.transport.RoundTrip(req)
}
