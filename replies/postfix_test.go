package replies

import (
	"os"
	"testing"

	"followup/models"
)

// What Postfix, Dovecot's Sieve and the classic vacation program wrote in the
// trial of docs/mail-system.md, as it lay in the mailbox.
func TestWhatPostfixAndDovecotWrite(t *testing.T) {
	for _, c := range []struct {
		file      string
		class     models.InboundClass
		recipient string
		status    string
		hard      bool
		delayed   bool
		answers   string // the id of ours that leads to the person
	}{
		{file: "sieve-vacation", class: models.ClassAutomatic, answers: "<sam-token@mail.test>"},
		{file: "classic-vacation", class: models.ClassAutomatic},
		{file: "dsn-5.1.1", class: models.ClassBounceHard, recipient: "gone@partner.test", status: "5.1.1", hard: true, answers: "<gone-token@mail.test>"},
		{file: "dsn-5.2.1", class: models.ClassBounceHard, recipient: "left@partner.test", status: "5.2.1", hard: true, answers: "<left-token@mail.test>"},
		{file: "dsn-5.2.2", class: models.ClassBounceSoft, recipient: "full@partner.test", status: "5.2.2", answers: "<full-token@mail.test>"},
		{file: "delay-notice", class: models.ClassBounceSoft, recipient: "slow@partner.test", status: "4.2.0", delayed: true, answers: "<slow-token@mail.test>"},
	} {
		t.Run(c.file, func(t *testing.T) {
			content, err := os.ReadFile("testdata/postfix/" + c.file + ".eml")
			if err != nil {
				t.Fatal(err)
			}
			u := understandMail(models.Raw{Content: content}, corpusNow)
			if u.verdict.Class != c.class {
				t.Errorf("class %s (%s), want %s", u.verdict.Class, u.verdict.Why, c.class)
			}
			if b := u.verdict.Bounce; c.recipient != "" && (b == nil || b.Recipient != c.recipient || b.Status != c.status || b.Hard != c.hard || b.Delayed != c.delayed) {
				t.Errorf("bounce %+v", b)
			}
			found := c.answers == ""
			for _, id := range u.keys.MailIDs {
				found = found || id == c.answers
			}
			if !found {
				t.Errorf("nothing leads to %s: %v", c.answers, u.keys.MailIDs)
			}
		})
	}
}
