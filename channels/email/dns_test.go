package email

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net"
	"strings"
	"testing"

	"followup/channels"
	"followup/models"
)

// zone answers from a map; what is not in it does not exist.
func zone(records map[string][]string) LookupTXT {
	return func(_ context.Context, name string) ([]string, error) {
		if found, ok := records[name]; ok {
			return found, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
}

func inspectZone(t *testing.T, records map[string][]string, c models.SenderCredentials) map[string]channels.Check {
	t.Helper()
	ch := &Channel{options: Options{LookupTXT: zone(records)}, composer: &composer{}}
	checks := map[string]channels.Check{}
	for _, check := range ch.inspectDNS(t.Context(), models.Sender{Address: "rep@Mail.Example.com", Credentials: c}) {
		kind, _, _ := strings.Cut(check.What, " ")
		checks[kind] = check
	}
	return checks
}

func TestSPF(t *testing.T) {
	deep := map[string][]string{"mail.example.com": {"v=spf1 include:a.example.com ~all"}}
	for _, from := range []string{"a", "b", "c", "d"} {
		deep[from+".example.com"] = []string{"v=spf1 a mx include:" + string(from[0]+1) + ".example.com -all"}
	}
	for _, c := range []struct {
		name  string
		zone  map[string][]string
		state channels.CheckState
		says  string
	}{
		{"none", nil, channels.CheckWarning, "no SPF record"},
		{"another TXT", map[string][]string{"mail.example.com": {"google-site-verification=x"}}, channels.CheckWarning, "no SPF record"},
		{"one", map[string][]string{"mail.example.com": {"something", "v=spf1 ip4:192.0.2.1 -all"}}, channels.CheckFine, "ip4:192.0.2.1"},
		{"two", map[string][]string{"mail.example.com": {"v=spf1 a -all", "v=spf1 mx -all"}}, channels.CheckFailed, "counts as none"},
		{"anybody", map[string][]string{"mail.example.com": {"v=spf1 a +all"}}, channels.CheckFailed, "anybody"},
		{"too many look-ups", deep, channels.CheckFailed, "look-ups"},
		{"in a circle", map[string][]string{"mail.example.com": {"v=spf1 include:mail.example.com ~all"}}, channels.CheckFailed, "look-ups"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := inspectZone(t, c.zone, models.SenderCredentials{})["SPF"]
			if got.State != c.state || !strings.Contains(got.Says, c.says) {
				t.Errorf("%s: %s", got.State, got.Says)
			}
		})
	}
}

func TestDMARC(t *testing.T) {
	for _, c := range []struct {
		name  string
		zone  map[string][]string
		state channels.CheckState
		says  string
	}{
		{"none", nil, channels.CheckWarning, "v=DMARC1; p=none"},
		{"its own", map[string][]string{"_dmarc.mail.example.com": {"v=DMARC1; p=reject"}}, channels.CheckFine, "p=reject"},
		{"the domain above", map[string][]string{"_dmarc.example.com": {"v=DMARC1; p=none; rua=mailto:d@example.com"}}, channels.CheckFine, "_dmarc.example.com"},
		{"no policy", map[string][]string{"_dmarc.example.com": {"v=DMARC1; rua=mailto:d@example.com"}}, channels.CheckFailed, "no policy"},
		{"two", map[string][]string{"_dmarc.example.com": {"v=DMARC1; p=none", "v=DMARC1; p=reject"}}, channels.CheckFailed, "several"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := inspectZone(t, c.zone, models.SenderCredentials{})["DMARC"]
			if got.State != c.state || !strings.Contains(got.Says, c.says) {
				t.Errorf("%s: %s", got.State, got.Says)
			}
		})
	}
}

func pemKey(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestDKIMKeyIsTheOnePublished(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaRecord := "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaPublic)
	edRecord := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPublic)
	const at = "fu._domainkey.mail.example.com"
	for _, c := range []struct {
		name, key, record string
		state             channels.CheckState
	}{
		{"rsa", pemKey(t, rsaKey), rsaRecord, channels.CheckFine},
		{"ed25519", pemKey(t, edKey), edRecord, channels.CheckFine},
		{"another one", pemKey(t, edKey), rsaRecord, channels.CheckFailed},
		{"withdrawn", pemKey(t, rsaKey), "v=DKIM1; p=", channels.CheckFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := inspectZone(t, map[string][]string{at: {c.record}}, models.SenderCredentials{DKIMKey: c.key, DKIMName: "fu"})["DKIM"]
			if got.State != c.state {
				t.Errorf("%s: %s", got.State, got.Says)
			}
		})
	}
	if got := inspectZone(t, nil, models.SenderCredentials{})["DKIM"]; got.State != channels.CheckWarning {
		t.Errorf("without any key: %s: %s", got.State, got.Says)
	}
	if got := inspectZone(t, map[string][]string{"google._domainkey.mail.example.com": {rsaRecord}}, models.SenderCredentials{})["DKIM"]; got.State != channels.CheckFine {
		t.Errorf("with the provider's key: %s: %s", got.State, got.Says)
	}
}

// A DNS that is down says nothing about the domain.
func TestSilentDNSIsNoFault(t *testing.T) {
	ch := &Channel{options: Options{LookupTXT: func(context.Context, string) ([]string, error) { return nil, errors.New("i/o timeout") }}, composer: &composer{}}
	for _, check := range ch.inspectDNS(t.Context(), models.Sender{Address: "rep@example.com"}) {
		if check.State != channels.CheckWarning {
			t.Errorf("%s: %s: %s", check.What, check.State, check.Says)
		}
	}
}
