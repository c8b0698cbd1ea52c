//go:build mailsystem

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"followup/config"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
)

// trial is Followup against Postfix and Dovecot, which run in a folder of
// their own (docs/mail-system.md).
type trial struct {
	*app
	t   *testing.T
	dir string
	rep models.User
	cas *x509.CertPool
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	dir, err := os.MkdirTemp("", "followup-mail")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../../docs/mail-system/servers.sh")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(script, "stop", dir).CombinedOutput(); err != nil {
			t.Errorf("stopping the servers: %v\n%s", err, out)
		}
		if t.Failed() {
			t.Logf("the servers' logs are in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	// Its own files: the servers keep what they inherit open.
	out, err := os.Create(filepath.Join(dir, "start.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	start := exec.Command(script, "start", dir)
	start.Stdout, start.Stderr = out, out
	if err := start.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		t.Fatalf("starting Postfix and Dovecot: %v\n%s", err, said)
	}
	tr := &trial{t: t, dir: dir, cas: x509.NewCertPool()}
	cert, err := os.ReadFile(filepath.Join(dir, "tls/cert.pem"))
	if err != nil || !tr.cas.AppendCertsFromPEM(cert) {
		t.Fatalf("the servers' certificate: %v", err)
	}
	tr.run()
	return tr
}

func (tr *trial) run() {
	t := tr.t
	cfg, err := config.Load(filepath.Join(tr.dir, "followup.yaml"), true, func() []string { return nil })
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	if tr.app, err = wire(t.Context(), cfg, time.Now, log, wireOptions{rootCAs: tr.cas}); err != nil {
		t.Fatal(err)
	}
	tr.rep, _, err = tr.crm.AddUser(t.Context(), models.ActorSystem, models.User{Email: "rae@mail.test", Name: "Rae Moss", Role: models.RoleAdmin, Zone: "America/New_York"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.crm.SetIdentity(t.Context(), models.ActorSystem, "Moss Pumps", "1 Example Street, Springfield"); err != nil {
		t.Fatal(err)
	}
	if err := tr.configureSenders(t.Context()); err != nil {
		t.Fatal(err)
	}
	handler, err := tr.handler(nil)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- tr.serve(t.Context(), ln, handler) }()
	t.Cleanup(func() {
		if err := errors.Join(<-done, tr.close()); err != nil {
			t.Error(err)
		}
	})
}

// meet makes a prospect who is in a sequence.
func (tr *trial) meet(address string) models.Prospect {
	tr.t.Helper()
	name, _, _ := strings.Cut(address, "@")
	p, err := tr.crm.CreateProspect(tr.t.Context(), models.UserActor(tr.rep.ID), crm.ProspectInput{
		FirstName: strings.ToUpper(name[:1]) + name[1:], Zone: "America/New_York", Country: "US", Region: "NY", OwnerID: tr.rep.ID,
		Points:       []crm.PointInput{{Kind: models.ContactEmail, Value: address}, {Kind: models.ContactPhone, Value: "+1212555" + fmt.Sprintf("%04d", 2000+len(name)*100+int(name[1]))}},
		ConsentBasis: models.ConsentWritten, ConsentSource: "contract",
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	seq, err := tr.store.SequenceByKey(tr.t.Context(), "seven-touch-follow-up")
	if err != nil {
		tr.t.Fatal(err)
	}
	if _, err := tr.scheduler.Enroll(tr.t.Context(), scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: seq.ID, RepID: tr.rep.ID, By: models.UserActor(tr.rep.ID)}); err != nil {
		tr.t.Fatal(err)
	}
	return p
}

// write sends them a message of the rep's.
func (tr *trial) write(p models.Prospect) {
	tr.t.Helper()
	_, _, err := tr.replies.Answer(tr.t.Context(), replies.AnswerRequest{
		ProspectID: p.ID, UserID: tr.rep.ID, Channel: models.ChannelEmail, Subject: "The pumps you asked about", Body: "They arrive on Tuesday.", FormToken: "form-" + p.FirstName,
	})
	if err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trial) within(limit time.Duration, what string, ok func() bool) time.Duration {
	tr.t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > limit {
			tr.t.Fatalf("not within %s: %s", limit, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

func (tr *trial) thread(p models.Prospect) models.Thread {
	tr.t.Helper()
	th, err := tr.store.Thread(tr.t.Context(), p.ID, 20)
	if err != nil {
		tr.t.Fatal(err)
	}
	return th
}

// heard waits for the first inbound of a prospect.
func (tr *trial) heard(p models.Prospect) (m models.Message) {
	tr.t.Helper()
	tr.within(90*time.Second, "something from "+p.FirstName, func() bool {
		for _, one := range tr.thread(p).Messages {
			if one.Direction == models.Inbound {
				m = one
				return true
			}
		}
		return false
	})
	return m
}

// paused tells whether an answer of theirs was noticed.
func (tr *trial) paused(p models.Prospect) bool {
	es := tr.thread(p).Person.Enrollments
	return len(es) == 1 && es[0].Enrollment.PausedFor(models.PauseReplied)
}

func (tr *trial) replyTasks(p models.Prospect) int {
	tr.t.Helper()
	all, err := tr.store.OpenTasksAfter(tr.t.Context(), 0)
	if err != nil {
		tr.t.Fatal(err)
	}
	n := 0
	for _, task := range all {
		if task.Kind == models.TaskReply && *task.ProspectID == p.ID {
			n++
		}
	}
	return n
}

// deliver hands a customer's mail to the mail exchanger.
func (tr *trial) deliver(from, text string) {
	tr.t.Helper()
	client, err := smtp.Dial("127.0.0.1:2525") // no TLS: a mail exchanger's certificate says nothing
	if err != nil {
		tr.t.Fatal(err)
	}
	defer client.Close()
	if err := errors.Join(client.Mail(from), client.Rcpt("rae@mail.test")); err != nil {
		tr.t.Fatal(err)
	}
	w, err := client.Data()
	if err != nil {
		tr.t.Fatal(err)
	}
	if _, err := w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		tr.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tr.t.Fatal(err)
	}
}

// play runs one part of the trial.
func (tr *trial) play(name string, part func(t *testing.T)) {
	whole := tr.t
	defer func() { tr.t = whole }()
	whole.Run(name, func(t *testing.T) {
		tr.t = t
		part(t)
	})
}

func TestPostfixAndDovecot(t *testing.T) {
	tr := newTrial(t)
	people := map[string]models.Prospect{}
	for _, address := range []string{"dana@mail.test", "sam@mail.test", "pat@office.test", "robin@mail.test", "gone@partner.test", "left@partner.test", "full@partner.test", "slow@partner.test"} {
		p := tr.meet(address)
		people[p.FirstName] = p
		if p.FirstName != "Robin" {
			tr.write(p)
		}
	}
	tr.play("an answer pauses within two seconds of its delivery", func(t *testing.T) {
		dana, id := people["Dana"], ""
		tr.within(20*time.Second, "the message in Dana's mailbox", func() bool {
			files, _ := filepath.Glob(filepath.Join(tr.dir, "mail/dana/Maildir/new/*"))
			if len(files) == 0 {
				return false
			}
			content, err := os.ReadFile(files[0])
			id = headerOf(strings.ReplaceAll(string(content), "\n", "\r\n"), "Message-ID")
			return err == nil && id != ""
		})
		tr.deliver("dana@mail.test", "From: Dana <dana@mail.test>\nTo: rae@mail.test\nSubject: Re: The pumps\nMessage-ID: <1@mail.test>\nIn-Reply-To: "+id+"\n\nTuesday is fine, thank you.\n")
		took := tr.within(2*time.Second, "Dana's sequence is paused", func() bool { return tr.paused(dana) })
		t.Logf("paused %s after the server had taken the answer", took.Round(time.Millisecond))
		if tr.replyTasks(dana) != 1 {
			t.Error("nobody was asked to answer")
		}
	})
	tr.play("an answer that a rule files away", func(t *testing.T) {
		tr.deliver("robin@mail.test", "From: Robin <robin@mail.test>\nTo: rae@mail.test\nSubject: A question\nMessage-ID: <2@mail.test>\n\nDo you deliver to Ohio?\n")
		took := tr.within(20*time.Second, "Robin's sequence is paused", func() bool { return tr.paused(people["Robin"]) })
		t.Logf("paused after %s", took.Round(time.Millisecond))
	})
	tr.play("the rep answers on the phone", func(t *testing.T) {
		tr.file("Sent", "From: Rae <rae@mail.test>\nTo: Dana <dana@mail.test>\nSubject: Re: The pumps\nMessage-ID: <3@phone.test>\nIn-Reply-To: <1@mail.test>\n\nSee you then.\n")
		tr.within(20*time.Second, "the answer joins the conversation", func() bool {
			return tr.replyTasks(people["Dana"]) == 0 && tr.thread(people["Dana"]).Person.Conversation.WrittenAt != nil
		})
		if !tr.paused(people["Dana"]) {
			t.Error("the sequence went on by itself")
		}
	})
	for _, name := range []string{"Sam", "Pat"} {
		tr.play("the vacation reply of "+name+" is no engagement", func(t *testing.T) {
			m := tr.heard(people[name])
			if m.Class != models.ClassAutomatic || tr.paused(people[name]) || tr.replyTasks(people[name]) != 0 {
				t.Errorf("class %s (%s), paused %v", m.Class, m.ClassWhy, tr.paused(people[name]))
			}
		})
	}
	for _, c := range []struct {
		name, status string
		class        models.InboundClass
		usable       bool
	}{
		{"Gone", "5.1.1", models.ClassBounceHard, false},
		{"Left", "5.2.1", models.ClassBounceHard, false},
		{"Full", "5.2.2", models.ClassBounceSoft, true},
		{"Slow", "4.2.0", models.ClassBounceSoft, true},
	} {
		tr.play("the report on "+c.name, func(t *testing.T) {
			m := tr.heard(people[c.name])
			if m.Class != c.class || m.ErrorCode != c.status {
				t.Errorf("class %s, status %s: %s; want %s %s", m.Class, m.ErrorCode, m.ClassWhy, c.class, c.status)
			}
			p := tr.thread(people[c.name]).Person
			if p.ContactPoints[0].Usable() != c.usable || tr.paused(people[c.name]) {
				t.Errorf("contact point %+v, paused %v", p.ContactPoints[0], tr.paused(people[c.name]))
			}
		})
	}
}

// file puts a message into a folder, as another mail program does.
func (tr *trial) file(folder, text string) {
	tr.t.Helper()
	client, err := imapclient.DialStartTLS("127.0.0.1:2143", &imapclient.Options{TLSConfig: &tls.Config{ServerName: "127.0.0.1", RootCAs: tr.cas}})
	if err != nil {
		tr.t.Fatal(err)
	}
	defer client.Close()
	if err := client.Login("rae@mail.test", "trial").Wait(); err != nil {
		tr.t.Fatal(err)
	}
	content := strings.ReplaceAll(text, "\n", "\r\n")
	command := client.Append(folder, int64(len(content)), nil)
	if _, err := command.Write([]byte(content)); err != nil {
		tr.t.Fatal(err)
	}
	if err := command.Close(); err != nil {
		tr.t.Fatal(err)
	}
	if _, err := command.Wait(); err != nil {
		tr.t.Fatal(err)
	}
}
