package email_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/channeltest"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

func TestConformance(t *testing.T) {
	var mutex sync.Mutex
	script := map[emailtest.Stage]emailtest.Answer{}
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{
		Security: emailtest.StartTLS, Username: "riley", Password: "tr0ub4dor",
		Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
			mutex.Lock()
			defer mutex.Unlock()
			return script[at]
		},
	})
	play := func(at emailtest.Stage, answer emailtest.Answer) func() {
		mutex.Lock()
		defer mutex.Unlock()
		script[at] = answer
		return func() {
			mutex.Lock()
			defer mutex.Unlock()
			delete(script, at)
		}
	}
	channeltest.Exercise(t, channeltest.Subject{
		Channel: newChannel(t, func(o *email.Options) { o.FinalWait, o.Sender = 300*time.Millisecond, hookSenders }),
		Rules:   channels.EmailRules,
		Message: func(n int) models.Message {
			m := letter(mailbox(server))
			m.Token = fmt.Sprintf("token%d", n)
			m.MailID = fmt.Sprintf("<token%d@sales.test>", n)
			m.ToAddress = fmt.Sprintf("customer%d@customer.test", n)
			return m
		},
		Accepted: func() int { return len(server.Accepted()) },
		Fault: func(f channeltest.Fault, m *models.Message) func() {
			switch f {
			case channeltest.Permanent:
				return play(emailtest.AtDot, emailtest.Answer{Code: 554, Enhanced: [3]int{5, 7, 1}, Text: "spam"})
			case channeltest.InvalidContact:
				return play(emailtest.AtRcpt, emailtest.Answer{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "no such user"})
			case channeltest.Transient:
				return play(emailtest.AtRcpt, emailtest.Answer{Code: 450, Enhanced: [3]int{4, 2, 1}, Text: "later"})
			case channeltest.Unreachable:
				m.Sender.Settings.SMTPPort = 1
			case channeltest.Configuration:
				m.Sender.Credentials.Password = "wrong"
			case channeltest.Lost:
				return play(emailtest.AtDot, emailtest.Answer{Drop: true, Take: true})
			case channeltest.Silent:
				silence := make(chan struct{})
				repair := play(emailtest.AtDot, emailtest.Answer{Wait: silence, Drop: true, Take: true})
				return func() {
					repair()
					close(silence)
					waitFor(t, "the server to take what it had been silent about", func() bool { return taken(server, m.MailID) })
				}
			}
			return nil
		},
		Unprovokable: map[channeltest.Fault]string{channeltest.OptedOut: "SMTP has no word for an opt-out; complaints and unsubscriptions arrive otherwise"},
		Webhook: func(n int) channeltest.WebhookCase {
			body := answer(fmt.Sprintf("posted-%d", n))
			post := func() *http.Request { return hookRequest("riley@sales.test", "message/rfc822", body) }
			return channeltest.WebhookCase{
				Genuine: sign(post(), body, hookSecret, noon), Forged: sign(post(), body, "whsec_b3RoZXI=", noon), Unsigned: post(),
			}
		},
		Reserved: []string{"dana@example.com", "dana@mail.example.org", "dana@shop.example", "dana@nowhere.invalid"},
		Secrets:  []string{"tr0ub4dor"},
	})
}

func taken(server *emailtest.SMTP, mailID string) bool {
	for _, m := range server.Accepted() {
		if string(headerOf(m.Content, "Message-Id")) == mailID {
			return true
		}
	}
	return false
}
