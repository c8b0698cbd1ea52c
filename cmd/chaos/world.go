package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"followup/models"
	"followup/scheduler"
	"followup/store"
)

// The people. .test names and these numbers reach nobody; real channels
// refuse the ranges meant for examples, so others are used.
const (
	customerDomain = "customers.test"
	firstLine      = 2000 // 555-2000 to 555-9999 of each area code
	linesPerArea   = 8000
	zone           = "America/New_York"
)

// areas are all in the zone, so that quiet hours have one answer.
var areas = []string{"212", "315", "347", "516", "518", "585", "607", "631", "646", "716", "718", "845", "914", "917", "929"}

func customerMail(i int) string { return fmt.Sprintf("p%06d@%s", i, customerDomain) }

func customerPhone(i int) string {
	return fmt.Sprintf("+1%s555%04d", areas[i/linesPerArea], firstLine+i%linesPerArea)
}

// customer finds the number of a customer in an address; -1: nobody's.
func customer(address string) int {
	if local, domain, isMail := strings.Cut(address, "@"); isMail {
		n, err := strconv.Atoi(strings.TrimPrefix(local, "p"))
		if err != nil || domain != customerDomain {
			return -1
		}
		return n
	}
	if len(address) != 12 || address[5:8] != "555" {
		return -1
	}
	line, err := strconv.Atoi(address[8:])
	if err != nil || line < firstLine {
		return -1
	}
	for a, area := range areas {
		if area == address[2:5] {
			return a*linesPerArea + line - firstLine
		}
	}
	return -1
}

func repMail(i int) string  { return fmt.Sprintf("rep%d@sellers.test", i) }
func repPhone(i int) string { return fmt.Sprintf("+1212555%04d", 1000+i) }

// stepMark is in every message: by it and the address the providers know a
// touch, whatever our database calls it.
const stepMark = "chaos-step-"

func stepKey(i int) string { return fmt.Sprintf("s%02d", i) }

// markedStep reads the mark; -1: there is none.
func markedStep(text string) int {
	_, rest, ok := strings.Cut(text, stepMark)
	if !ok || len(rest) < 2 {
		return -1
	}
	n, err := strconv.Atoi(rest[:2])
	if err != nil {
		return -1
	}
	return n
}

// definition alternates between email and text, each step right after the other.
func definition(steps int) models.Definition {
	d := models.Definition{
		Key: "chaos", Name: "Chaos", CountsAsFollowUp: true, DefaultChannel: models.ChannelEmail,
		OnReply: models.ReplyPause, OnColleagueReply: models.ReplyContinue, OnMeeting: models.ReplyFinish,
	}
	for i := range steps {
		mark := fmt.Sprintf("%s%02d", stepMark, i)
		step := models.Step{
			Key: stepKey(i), Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp,
			Timing: models.Timing{Kind: models.TimingAfter}, Subject: mark, Body: "Hello {{ prospect.first_name }}, this is " + mark + ".",
		}
		if i%2 == 1 {
			step.Channel, step.Subject = models.ChannelSMS, ""
		}
		d.Steps = append(d.Steps, step)
	}
	return d
}

// shift moves every process's clock to a Tuesday morning where the customers
// live, so that quiet hours play no part. Time goes on as always.
func shift(now time.Time) time.Duration {
	return time.Date(2026, time.June, 9, 14, 0, 0, 0, time.UTC).Sub(now).Round(time.Second)
}

func shiftedClock(by time.Duration) models.Clock {
	return func() time.Time { return time.Now().UTC().Add(by) }
}

// people is how many customers make that many touches, with enough to spare:
// for those who stop their sequence, and for those whose sequence waits for a
// person because a kill left a touch unconfirmed.
func (p plan) people() int {
	violent := p.kills + p.freezes + p.nodes*p.outages + len(crashPoints)*p.points
	n := int(math.Ceil(float64(p.touches)/float64(p.steps)*1.25)) + 7*violent + outcries*p.outages
	return min(n, len(areas)*linesPerArea)
}

// perMinute is each sender's rate: at thrice the pace that is needed, so that
// standing still can be made up for.
func (p plan) perMinute() int {
	rate := p.rate
	if rate == 0 {
		rate = 3 * float64(p.touches) / p.storm.Seconds()
	}
	return max(int(rate*60/float64(2*p.senders)), 6)
}

// seeder fills the database by the product's own methods.
type seeder struct {
	plan  plan
	store *store.Store
	clock models.Clock
	mail  string // host:port of the mail server
	sched *scheduler.Scheduler
}

func (s *seeder) seed(ctx context.Context) error {
	settings, err := s.store.Settings(ctx)
	if err != nil {
		return err
	}
	settings.Workspace, settings.PostalAddress = "Storm & Sons", "1 Main Street, Springfield"
	settings.Caps = models.Caps{} // a storm makes in minutes what takes weeks
	if err := s.store.SaveSettings(ctx, settings, models.ActorSystem, s.clock()); err != nil {
		return err
	}
	reps, err := s.reps(ctx)
	if err != nil {
		return err
	}
	if _, err := s.store.PublishSequence(ctx, definition(s.plan.steps), "", "", false, nil, s.clock()); err != nil {
		return err
	}
	seq, err := s.store.SequenceByKey(ctx, "chaos")
	if err != nil {
		return err
	}
	registry, _, err := nodeChannels(orders{}, s.store, s.clock, "", &crashPoint{}) // enrolling asks what each channel needs
	if err != nil {
		return err
	}
	s.sched = &scheduler.Scheduler{Store: s.store, Channels: registry, Clock: s.clock, Replica: "seed"}
	var next atomic.Int64
	errs := make(chan error, seeders)
	var wg sync.WaitGroup
	for range seeders {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < s.plan.people(); i = int(next.Add(1)) - 1 {
				if err := s.person(ctx, i, reps[i%len(reps)], seq.ID); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

const seeders = 6

func (s *seeder) reps(ctx context.Context) ([]models.User, error) {
	host, port, err := splitPort(s.mail)
	if err != nil {
		return nil, err
	}
	var reps []models.User
	for i := range s.plan.senders {
		rep, err := s.store.SaveUser(ctx, models.User{
			Email: repMail(i), Name: fmt.Sprintf("Rep %d", i), Role: models.RoleRep, Zone: zone, Locale: "en-US", Phone: repPhone(100 + i),
		}, models.ActorSystem, s.clock())
		if err != nil {
			return nil, err
		}
		reps = append(reps, rep)
		for _, sender := range []models.Sender{
			{Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: repMail(i), Inbound: models.InboundNone,
				Settings: models.SenderSettings{SMTPHost: host, SMTPPort: port, SMTPTLS: "none"}},
			{Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: repPhone(i), Inbound: models.InboundPoll,
				Settings: models.SenderSettings{AccountSID: accountSID}, Credentials: models.SenderCredentials{AuthToken: authToken}},
		} {
			sender.OwnerID, sender.Name, sender.RatePerMinute = &rep.ID, rep.Name, s.plan.perMinute()
			if _, err := s.store.SaveSender(ctx, sender, models.ActorSystem, s.clock()); err != nil {
				return nil, err
			}
		}
	}
	return reps, nil
}

func (s *seeder) person(ctx context.Context, i int, rep models.User, sequence int64) error {
	now := s.clock()
	given := func(point int64, ch models.ChannelKind) models.Consent {
		return models.Consent{ContactPointID: point, Channel: ch, Basis: models.ConsentWritten, Source: "form", GivenAt: now}
	}
	p, err := s.store.CreateProspect(ctx, models.Prospect{
		OwnerID: rep.ID, FirstName: fmt.Sprintf("P%d", i), LastName: "Customer", Zone: zone, Locale: "en-US", Country: "US", Region: "NY",
	}, nil, []models.ContactPoint{
		{Kind: models.ContactEmail, Value: customerMail(i), Label: models.LabelWork},
		{Kind: models.ContactPhone, Value: customerPhone(i), Label: models.LabelCell, Position: 1},
	}, []models.Consent{given(1, models.ChannelEmail), given(2, models.ChannelSMS)}, models.ActorSystem, now)
	if err != nil {
		return fmt.Errorf("prospect %d: %w", i, err)
	}
	_, err = s.sched.Enroll(ctx, scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: sequence, RepID: rep.ID, By: models.ActorSystem})
	if err != nil {
		return fmt.Errorf("enroll %d: %w", i, err)
	}
	return nil
}
