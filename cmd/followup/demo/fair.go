package demo

import (
	"context"
	"fmt"
	"time"

	"followup/models"
)

// A trial that is decided: people who were met at a fair get one of two
// openings, and one of the two is answered far more. It stands beside the
// scripted people; a rep who is away today has a share of them.

const fairKey = "after-the-fair"

const fairSource = `key: after-the-fair
name: After the fair
description: Two openings tried against each other with people whom we met at the fair.
on_colleague_reply: continue
steps:
  - key: opening
    name: Opening
    channel: email
    timing: {after: {minutes: 30}}
    subject: 'The pump that you saw at our stand'
    body: |
      Hello {{ prospect.first_name | default: "there" }},

      at our stand you saw the pump that runs without a seal. Here is what it replaces, and for how long.

      **Which of your lines would you put it on first?**

      {{ rep.signature | default: rep.name }}
    variants:
      - key: a
        name: Our pump
      - key: b
        name: Their hours
        subject: 'What one hour of standing still costs {{ company.name | default: "you" }}'
        body: |
          Hello {{ prospect.first_name | default: "there" }},

          you told us at the fair how often a line stands still. One sum shows what that comes to in a year: hours a month, times what an hour costs, times twelve.

          **What number do you arrive at?** Send me just that, and I will show you which part of it goes away first.

          {{ rep.signature | default: rep.name }}
  - key: numbers
    name: The sum of others
    channel: email
    timing: {after: {business_days: 4, at: "09:00"}}
    subject: 'What others arrive at'
    body: |
      Hello {{ prospect.first_name | default: "there" }},

      plants of your size arrive at 700 to 900 a week. Two thirds of it are waiting for a seal.

      **How does that compare with yours?**

      {{ rep.signature | default: rep.name }}
`

// metAtFair is how many people each rep met there: enough for a test to speak.
const metAtFair = 26

// awayNow is on leave when the demonstration is looked at.
var awayNow = models.User{Email: "tove@example.com", Name: "Tove Lang", Role: models.RoleRep, Zone: "America/New_York", Phone: "+12125550184", Locale: "en-US"}

var fairPlaces = [2][]string{
	{"Upper", "Lower", "North", "South", "East", "West", "Old", "New", "Long", "Broad"},
	{"Mill", "Weir", "Quay", "Forge", "Kiln", "Lock", "Barn", "Depot"},
}

// fair publishes the trial and has the people in it enrolled soon after the
// play's beginning.
func (w *World) fair(ctx context.Context, end time.Time) error {
	manager, err := w.Store.UserByEmail(ctx, "morgan@example.com")
	if err != nil {
		return err
	}
	if _, err := w.CRM.Publish(ctx, &manager.ID, fairSource, ""); err != nil {
		return fmt.Errorf("the trial: %w", err)
	}
	away, _, err := w.CRM.AddUser(ctx, models.ActorSystem, awayNow, "")
	if err != nil {
		return err
	}
	_, err = w.Store.SaveSender(ctx, models.Sender{
		OwnerID: &away.ID, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "tove.lang@example.com", State: models.SenderActive, Inbound: models.InboundNone,
	}, models.ActorSystem, w.Clock.Now())
	if err != nil {
		return err
	}
	first := models.DateOf(end, time.UTC).AddDays(-1)
	if _, err := w.CRM.GoOnLeave(ctx, models.ActorSystem, away, string(first), string(first.AddDays(6)), &w.reps[0], false); err != nil {
		return err
	}
	reps := append([]int64{away.ID}, w.reps...)
	for i := range metAtFair * len(reps) {
		if err := w.meetAtFair(ctx, i, reps[i%len(reps)]); err != nil {
			return fmt.Errorf("met at the fair, %d: %w", i+1, err)
		}
	}
	return nil
}

func (w *World) meetAtFair(ctx context.Context, i int, rep int64) error {
	of, what := fairPlaces[0], fairPlaces[1]
	visitor := part{
		name: "was at the fair", sequences: []string{fairKey}, place: &place{zone: "America/New_York", country: "US", region: "NY"},
		company: of[i%len(of)] + " " + what[i/len(of)%len(what)],
		answer:  "Thank you. I am putting the sum for your line together and send it tomorrow.",
	}
	// The sum about their own hours is answered by two of five, the pump by one of twelve.
	answers := func(sent models.Message) bool {
		if sent.Subject == "The pump that you saw at our stand" {
			return i%12 == 0
		}
		return i%5 < 2
	}
	reply := onEmail(1, time.Duration(2+i%40)*time.Hour, "answers after the fair", says("We come to about 800 a week, most of it waiting for seals. What would you change first?"))
	reply.when = answers
	visitor.customer = []reaction{reply}
	p, err := w.meet(ctx, i, visitor, w.firstNames[(i*3+1)%len(w.firstNames)], w.lastNames[(i*7+i/len(w.lastNames))%len(w.lastNames)], rep)
	if err != nil {
		return err
	}
	w.people = append(w.people, p)
	w.byID[p.prospect.ID] = p
	w.after(dayOne+time.Duration(i)*7*time.Minute, p.prospect.Name()+" is enrolled after the fair", func(ctx context.Context) error { return w.enroll(ctx, p) })
	return nil
}
