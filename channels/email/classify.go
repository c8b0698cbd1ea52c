package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

// failure is where and how a conversation with an SMTP server went wrong.
type failure struct {
	stage      stage
	err        error
	broken     bool // the connection is of no more use
	lost       bool // by no fault of the message, and before its final dot: another connection may carry it
	handedOver bool // the final dot was written and nothing definite came back
	stopped    bool // we withdrew it ourselves
}

// sendError says what the failure means for the message, its recipient and its
// sender.
func (f *failure) sendError() *channels.SendError {
	switch {
	case f.handedOver:
		return &channels.SendError{Class: models.SendAmbiguous, Code: "no_answer", Err: f.err,
			Detail: cut("the connection was lost after the message had been handed over; it may have been sent: " + f.err.Error())}
	case f.stopped || errors.Is(f.err, errTooLate):
		return stopped(f.err)
	}
	reply, ok := parseReply(f.err)
	if !ok {
		return f.withoutReply()
	}
	verdict, said := reply.judge(f.stage), reply.text
	if a := advice(said); a != "" && verdict.class == models.SendConfiguration {
		said = a + " (" + said + ")" // the advice first: what is long is cut
	}
	return &channels.SendError{Class: verdict.class, Code: reply.label(), Detail: cut(said), RetryAfter: verdict.retryAfter, InvalidContact: verdict.invalid, Err: f.err}
}

// stopped: nothing was handed over, because the time for it was over.
func stopped(cause error) *channels.SendError {
	return &channels.SendError{Class: models.SendStopped, Code: "stopped", Detail: cut("not handed over: " + cause.Error()), Err: cause}
}

// withoutReply judges failures of the network and of TLS. Nothing was handed over.
func (f *failure) withoutReply() *channels.SendError {
	e := &channels.SendError{Class: models.SendTransient, Code: "connection", Detail: cut("while " + doing(f.stage) + ": " + f.err.Error()), Err: f.err}
	var told *models.Error
	switch {
	case errors.As(f.err, &told): // of the token that we sign in with
		e.Code, e.Detail = "oauth", cut(told.Message)
		if told.Code == models.CodeInvalid {
			e.Class = models.SendConfiguration
		}
	case tlsRefused(f.err):
		e.Class, e.Code = models.SendConfiguration, "tls"
	case network(f.err):
	case f.stage == atConnect:
		// What remains are go-mail's own complaints: no STARTTLS, no AUTH, no
		// mechanism in common. Trying again changes none of them.
		e.Class, e.Code = models.SendConfiguration, "login"
	}
	return e
}

func doing(at stage) string {
	if at == atConnect {
		return string(at)
	}
	return "sending " + string(at)
}

// tlsRefused: the certificate or the protocol does not suit; a person must look.
func tlsRefused(err error) bool {
	var certificate *tls.CertificateVerificationError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &certificate) || errors.As(err, &host) || errors.As(err, &authority) || errors.As(err, &record) || errors.As(err, &alert)
}

func network(err error) bool {
	var netErr net.Error
	var protocol textproto.ProtocolError
	return errors.As(err, &netErr) || errors.As(err, &protocol) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// serverReply is a refusal in the server's words.
type serverReply struct {
	code     int
	enhanced string // RFC 3463; "" where the server gave none
	text     string
}

var enhancedCode = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)`)

func parseReply(err error) (serverReply, bool) {
	var protocol *textproto.Error
	if !errors.As(err, &protocol) {
		return serverReply{}, false
	}
	r := serverReply{code: protocol.Code}
	var words []string
	for _, line := range strings.Split(protocol.Msg, "\n") { // each line repeats the code
		line = strings.TrimSpace(line)
		if m := enhancedCode.FindStringSubmatch(line); m != nil {
			if r.enhanced == "" {
				r.enhanced = m[1]
			}
			line = strings.TrimSpace(line[len(m[0]):])
		}
		if line != "" {
			words = append(words, line)
		}
	}
	r.text = strings.Join(words, " ")
	return r, true
}

func (r serverReply) label() string {
	return strings.TrimSpace(strconv.Itoa(r.code) + " " + r.enhanced)
}

type verdict struct {
	class      models.SendClass
	invalid    bool
	retryAfter time.Duration
}

const (
	mailboxFullRetry = 4 * time.Hour // people empty full mailboxes; machines do not
	quotaRetry       = time.Hour
)

// Words for what servers say without, or with a misleading, enhanced code.
var (
	unknownUser = regexp.MustCompile(`(?i)(user|recipient|mailbox|address|account)[^.;]{0,40}(unknown|not found|does ?n[o']t exist|not exist|invalid|disabled|inactive|unavailable)|(no such|unknown|invalid) (user|recipient|mailbox|address|account)|no mailbox here`)
	fullMailbox = regexp.MustCompile(`(?i)(mailbox|inbox|quota|storage)[^.;]{0,30}(full|exceeded)|over ?quota|out of storage`)
	tooLarge    = regexp.MustCompile(`(?i)(size|too (big|large))`)
	relayDenied = regexp.MustCompile(`(?i)\brelay(ing)?\b`)
	wrongSender = regexp.MustCompile(`(?i)send ?as ?denied|not (allowed|permitted|authori[sz]ed) to send (as|from)|sender address rejected: not owned`)
)

// Enhanced codes that say that this address can never work (RFC 3463, RFC 7505).
var invalidCodes = map[string]bool{"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.2.1": true, "5.4.4": true}

func (r serverReply) judge(at stage) verdict {
	switch {
	case r.enhanced == "5.4.5": // how large providers word a mailbox's daily quota
		return verdict{class: models.SendTransient, retryAfter: quotaRetry}
	case r.code/100 != 5:
		return verdict{class: models.SendTransient}
	case r.code == 530 || r.code == 534 || r.code == 535 || r.code == 538 || r.enhanced == "5.7.8" || r.enhanced == "5.7.9":
		return verdict{class: models.SendConfiguration} // authentication
	case r.enhanced == "5.3.4" || r.enhanced == "5.2.3" || r.code == 552 && tooLarge.MatchString(r.text):
		return verdict{class: models.SendPermanent}
	case at == atConnect || at == atMail:
		return verdict{class: models.SendConfiguration} // it is us whom they do not want
	case r.enhanced == "5.7.60" || wrongSender.MatchString(r.text):
		return verdict{class: models.SendConfiguration}
	case r.enhanced == "5.2.2" || r.code == 552 || r.enhanced == "" && fullMailbox.MatchString(r.text):
		return verdict{class: models.SendTransient, retryAfter: mailboxFullRetry}
	case invalidCodes[r.enhanced]:
		return verdict{class: models.SendPermanent, invalid: true}
	case strings.HasPrefix(r.enhanced, "5.7."):
		if at == atRcpt && relayDenied.MatchString(r.text) {
			return verdict{class: models.SendConfiguration} // the server sends for nobody who is not signed in
		}
		return verdict{class: models.SendPermanent} // policy, not the address
	case at == atRcpt && (r.enhanced == "" || r.enhanced == "5.0.0"):
		return verdict{class: models.SendPermanent, invalid: r.code == 551 || r.code == 553 || unknownUser.MatchString(r.text)}
	}
	return verdict{class: models.SendPermanent}
}

const detailLength = 300

// cut makes a server's words safe to store and show.
func cut(s string) string {
	runes := []rune(oneLine(s))
	if len(runes) > detailLength {
		return string(runes[:detailLength-1]) + "…"
	}
	return string(runes)
}
