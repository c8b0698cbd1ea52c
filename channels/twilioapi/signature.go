package twilioapi

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's choice; HMAC does not rest on SHA-1's collision resistance
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// SignatureHeader carries the signature of a request from Twilio.
const SignatureHeader = "X-Twilio-Signature"

// Sign gives Twilio's signature of a request to the address with the form's
// values: base64(HMAC-SHA1(token, address + each key and value)), keys sorted.
// A key that comes more than once counts with each of its different values,
// sorted; twilio-go's own validator takes the first only and so rejects
// genuine requests.
func Sign(token, address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	keys := make([]string, 0, len(form))
	for k := range form {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		values := slices.Clone(form[k])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			mac.Write([]byte(k + v))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// genuine tells whether the request was signed with the token. body is its
// whole body, form what it holds.
func genuine(token, publicURL string, r *http.Request, body []byte, form url.Values) bool {
	given := []byte(r.Header.Get(SignatureHeader))
	if len(given) == 0 || token == "" {
		return false
	}
	signed := form
	if want := r.URL.Query().Get("bodySHA256"); want != "" {
		// A body that is no form is signed by its hash in the address.
		sum := sha256.Sum256(body)
		if !hmac.Equal([]byte(hex.EncodeToString(sum[:])), []byte(strings.ToLower(want))) {
			return false
		}
		signed = nil
	}
	for _, address := range addresses(publicURL, r) {
		if hmac.Equal([]byte(Sign(token, address, signed)), given) {
			return true
		}
	}
	return false
}

// addresses are the forms under which Twilio may know the address it posted
// to: behind a proxy only PublicURL says what that was, a proxy may or may
// not have cut its path off, and Twilio signs with the port on some requests
// and without it on others.
func addresses(publicURL string, r *http.Request) []string {
	base, err := url.Parse(publicURL)
	if err != nil || base.Host == "" {
		base = &url.URL{Scheme: "http", Host: r.Host}
		if r.TLS != nil {
			base.Scheme = "https"
		}
	}
	rest := r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		rest += "?" + r.URL.RawQuery
	}
	prefix := strings.TrimRight(base.EscapedPath(), "/")
	paths := []string{rest}
	if prefix != "" {
		paths = append(paths, prefix+rest)
	}
	var all []string
	for _, host := range hosts(base) {
		for _, p := range paths {
			all = append(all, base.Scheme+"://"+host+p)
		}
	}
	return all
}

// hosts are the authority as it is configured, without and with its port.
func hosts(u *url.URL) []string {
	bare := u.Hostname()
	if strings.Contains(bare, ":") { // IPv6
		bare = "[" + bare + "]"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return []string{bare, bare + ":" + port}
}
