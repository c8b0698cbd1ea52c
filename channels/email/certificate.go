package email

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"followup/channels"
)

// certificates notes the certificate of the connections that are made.
type certificates struct{ last *x509.Certificate }

// noting makes connections whose server's certificate is kept to be looked at.
func (o Options) noting() (Options, *certificates) {
	o.shown = &certificates{}
	return o, o.shown
}

func (c *certificates) note(state tls.ConnectionState) error {
	if len(state.PeerCertificates) > 0 {
		c.last = state.PeerCertificates[0]
	}
	return nil
}

// certificateNotice is how long before its end a certificate is warned of, at
// most: one that is renewed every few days is warned of in its last sixth.
const certificateNotice = 14 * 24 * time.Hour

// ends warns of a certificate that ends soon: from that moment nothing is sent
// to the server and nothing read there. false: there is nothing to say.
func (c *certificates) ends(now time.Time, what string) (channels.Check, bool) {
	if c.last == nil {
		return channels.Check{}, false
	}
	left, whole := c.last.NotAfter.Sub(now), c.last.NotAfter.Sub(c.last.NotBefore)
	if left >= min(certificateNotice, whole/6) {
		return channels.Check{}, false
	}
	return channels.Check{What: what, State: channels.CheckWarning, Says: fmt.Sprintf(
		"its certificate ends on %s; whoever runs the server must renew it, or from then on no connection is made",
		c.last.NotAfter.UTC().Format("2 January 2006, 15:04 MST"))}, true
}
