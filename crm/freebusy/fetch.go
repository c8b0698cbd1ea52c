package freebusy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"followup/models"
)

// Bounds of a fetch.
const (
	maxBytes  = 5 << 20
	fetchTime = 10 * time.Second
	maxHops   = 3
)

// errPrivate is an address that is not on the public internet.
var errPrivate = errors.New("not a public address")

// Fetcher fetches calendars from the public internet, and from nowhere else:
// what is asked for was typed by a user, and must not reach what only this
// machine or its network does.
type Fetcher struct {
	client *http.Client
}

// NewFetcher makes one. The address that a name leads to is looked at when the
// connection is made, after the name was resolved: a name that answers
// differently the second time does not get around it.
func NewFetcher() *Fetcher { return newFetcher(public, nil) }

func newFetcher(allowed func(netip.Addr) bool, base *http.Transport) *Fetcher {
	dialer := &net.Dialer{Timeout: fetchTime, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		if !allowed(at.Addr().Unmap()) {
			return errPrivate
		}
		return nil
	}}
	if base == nil {
		base = &http.Transport{ForceAttemptHTTP2: true}
	}
	base.Proxy, base.DialContext = nil, dialer.DialContext
	base.MaxResponseHeaderBytes, base.DisableKeepAlives = 64<<10, true
	return &Fetcher{client: &http.Client{Transport: base, Timeout: fetchTime, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > maxHops {
			return errors.New("too many redirects")
		}
		return CheckAddress(r.URL.String())
	}}}
}

// CheckAddress says what is wrong with a calendar's address; webcal is what
// calendars call https.
func CheckAddress(address string) error {
	u, err := url.Parse(Normal(address))
	if err != nil || u.Host == "" || len(address) > 2000 {
		return models.Invalid("calendar", "is no address; copy the secret address in iCal format from your calendar's settings")
	}
	if u.Scheme != "https" {
		return models.Invalid("calendar", "must begin with https://, so that nobody else reads your calendar on the way")
	}
	if u.User != nil {
		return models.Invalid("calendar", "must not hold a name or a password")
	}
	if p := u.Port(); p != "" && p != "443" && p != "8443" {
		return models.Invalid("calendar", "names the port %s; only the usual one for https is asked", p)
	}
	return nil
}

// Normal is the address with the scheme that is really meant.
func Normal(address string) string {
	address = strings.TrimSpace(address)
	if rest, ok := strings.CutPrefix(address, "webcal://"); ok {
		return "https://" + rest
	}
	return address
}

// Fetch opens the calendar; the caller reads at most what is allowed and closes it.
func (f *Fetcher) Fetch(ctx context.Context, address string) (io.ReadCloser, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	return f.get(ctx, Normal(address))
}

func (f *Fetcher) get(ctx context.Context, address string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, models.Invalid("calendar", "is no address that can be asked")
	}
	req.Header.Set("Accept", "text/calendar")
	res, err := f.client.Do(req)
	if err != nil {
		return nil, fetchFailed(err)
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, models.Invalid("calendar", "the server answered %d; copy the address anew from your calendar's settings", res.StatusCode)
	}
	return struct {
		io.Reader
		io.Closer
	}{&limited{r: res.Body, left: maxBytes}, res.Body}, nil
}

// fetchFailed tells no more than that it failed: the words of a refused
// connection would map the network behind us.
func fetchFailed(err error) error {
	var said *models.Error
	switch {
	case errors.As(err, &said):
		return said
	case errors.Is(err, errPrivate):
		return models.Invalid("calendar", "does not lead to a public address on the internet")
	}
	return &models.Error{Code: models.CodeUnavailable, Field: "calendar", Message: "the calendar's server could not be reached", Err: err}
}

// limited fails where a plain LimitReader would end: half a calendar would
// offer times that are taken.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, models.Invalid("calendar", "is larger than %d MB; share one with less of the past", maxBytes>>20)
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// notPublic are blocks beside those that netip names: shared, documentation,
// benchmarks, reserved, and the ways of writing an IPv4 address in IPv6.
var notPublic = func() []netip.Prefix {
	var all []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

// public tells whether an address is one of the public internet.
func public(a netip.Addr) bool {
	if !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsInterfaceLocalMulticast() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
