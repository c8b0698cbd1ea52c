package email

import (
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"

	"followup/models"
)

// security of a connection, as the sender's settings name it.
type security string

const (
	startTLS    security = "starttls"
	implicitTLS security = "implicit"
	noTLS       security = "none" // loopback only
)

// server is where a sender's mail is handed over or read. It is comparable, so
// that a change of settings or password leads to other connections.
type server struct {
	host     string
	port     int
	security security
	username string
	password string
	oauth    bool  // signs in by a token instead of the password
	account  int64 // whose token; 0 without
}

func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// smtpServer reads the settings: port 587 with STARTTLS, or 465 with implicit TLS (RFC 8314).
func smtpServer(sender models.Sender) (server, error) {
	s := sender.Settings
	return newServer(sender, "smtp", s.SMTPHost, s.SMTPPort, s.SMTPTLS, 465, 587, startTLS)
}

// imapServer reads the settings: port 993 with implicit TLS, or 143 with STARTTLS (RFC 8314).
func imapServer(sender models.Sender) (server, error) {
	s := sender.Settings
	return newServer(sender, "imap", s.IMAPHost, s.IMAPPort, s.IMAPTLS, 993, 143, implicitTLS)
}

func newServer(sender models.Sender, protocol, host string, port int, mode string, implicitPort, plainPort int, fallback security) (server, error) {
	srv := server{host: strings.TrimSpace(host), port: port, security: security(mode), password: sender.Credentials.Password}
	if srv.host == "" {
		return srv, models.Invalid(protocol+"_host", "the mailbox %s has no %s server; enter its host name", sender.Address, strings.ToUpper(protocol))
	}
	switch srv.security {
	case startTLS, implicitTLS:
	case "":
		switch port {
		case implicitPort:
			srv.security = implicitTLS
		case plainPort:
			srv.security = startTLS
		default:
			srv.security = fallback
		}
	case noTLS:
		if !loopback(srv.host) {
			return srv, models.Invalid(protocol+"_tls", "connections without TLS are allowed to this machine only, not to %s; choose starttls or implicit", srv.host)
		}
	default:
		return srv, models.Invalid(protocol+"_tls", "%q is no kind of security; choose starttls, implicit or none", mode)
	}
	if srv.port == 0 {
		srv.port = plainPort
		if srv.security == implicitTLS {
			srv.port = implicitPort
		}
	}
	if sender.Settings.OAuth != "" {
		// Its tokens change by the hour and are fetched when they are needed.
		srv.oauth, srv.account, srv.password = true, sender.ID, ""
	}
	srv.username = sender.Settings.Username
	if srv.username == "" && srv.oauth {
		srv.username = sender.Address
	}
	if srv.username == "" && srv.password != "" {
		srv.username = sender.Address
	}
	return srv, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (o Options) tlsConfig(host string) *tls.Config {
	config := &tls.Config{ServerName: host, RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
	if o.shown != nil {
		config.VerifyConnection = o.shown.note
	}
	return config
}

// helo is the name given in EHLO; "" leaves the machine's own.
func (o Options) helo() string {
	if o.Hostname != "" {
		return oneLine(o.Hostname)
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || !strings.Contains(u.Hostname(), ".") || net.ParseIP(u.Hostname()) != nil {
		return ""
	}
	return u.Hostname()
}
