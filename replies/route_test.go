package replies_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/replies"
)

// The answer leaves where the customer wrote last, says why, and once.
func TestAnswerFollowsTheCustomer(t *testing.T) {
	on(t, func(d *desk) {
		d.receive(d.mail("m1", "Please send the figures."))
		d.now = d.now.Add(2 * time.Hour)
		d.receive(d.text("t1", d.w.Cell.Value, "Or text me."))
		choices, err := d.svc.Route(d.ctx, d.w.Prospect.ID)
		d.must(err)
		if c := choices[0]; c.Channel != models.ChannelSMS || c.ContactPoint.ID != d.w.Cell.ID || c.Sender == nil || c.Sender.ID != d.w.Phone.ID || c.Why != "By text: Pat texted today 12:00 EST" {
			d.Fatalf("first choice: %+v", c)
		}
		if c := choices[1]; c.Channel != models.ChannelEmail || c.Why != "By email: Pat wrote today 10:00 EST" {
			d.Fatalf("second choice: %+v", c)
		}
		touch, c, err := d.svc.Answer(d.ctx, replies.AnswerRequest{ProspectID: d.w.Prospect.ID, UserID: d.w.Rep.ID, Body: " On their way. \r\n", FormToken: "f1"})
		d.must(err)
		if touch.Channel != models.ChannelSMS || touch.Draft.Body != "On their way." || !touch.Urgent || touch.Purpose != models.PurposeAnswer || c.Channel != models.ChannelSMS || d.woken != 1 {
			d.Fatalf("touch: %+v", touch)
		}
		again, _, err := d.svc.Answer(d.ctx, replies.AnswerRequest{ProspectID: d.w.Prospect.ID, UserID: d.w.Rep.ID, Body: "On their way.", FormToken: "f1"})
		d.must(err)
		if again.ID != touch.ID || len(d.tasks()) != 0 {
			d.Fatalf("the form again: %d, %d; tasks %+v", again.ID, touch.ID, d.tasks())
		}
		byMail, _, err := d.svc.Answer(d.ctx, replies.AnswerRequest{ProspectID: d.w.Prospect.ID, UserID: d.w.Rep.ID, Body: "By mail, too.", FormToken: "f2", Channel: models.ChannelEmail})
		d.must(err)
		if byMail.Draft.Subject != "Re: Your question" {
			d.Fatalf("subject: %q", byMail.Draft.Subject)
		}
		if _, _, err := d.svc.Answer(d.ctx, replies.AnswerRequest{ProspectID: d.w.Prospect.ID, UserID: d.w.Rep.ID, Body: " "}); models.CodeOf(err) != models.CodeInvalid {
			d.Fatalf("an empty answer: %v", err)
		}
		if _, _, err := d.svc.Answer(d.ctx, replies.AnswerRequest{ProspectID: d.w.Prospect.ID, UserID: d.w.Rep.ID, Body: strings.Repeat("x", 2000)}); models.CodeOf(err) != models.CodeRefused {
			d.Fatalf("a text that is too long: %v", err)
		}
	})
}

// A number that takes no texts any more: the answer falls through to email, and says why.
func TestAnswerFallsThrough(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		d.receive(d.mail("m1", "Please send the figures."))
		d.receive(d.text("t1", d.w.Cell.Value, "Or text me."))
		m := d.sent(models.ChannelSMS, d.w.Phone, d.w.Cell, "")
		r := models.Receipt{Provider: m.Provider, ProviderID: m.ProviderID, Token: m.Token, Status: models.MessageFailed, Code: "30005", Detail: "unknown", At: d.now}
		d.must(d.svc.Receipt(d.ctx, r))
		d.must(d.svc.Receipt(d.ctx, r))
		choices, err := d.svc.Route(d.ctx, d.w.Prospect.ID)
		d.must(err)
		if c := choices[0]; c.Channel != models.ChannelEmail || !strings.Contains(c.Why, "+12125550142 is marked invalid") {
			d.Fatalf("first choice: %+v", c)
		}
		failed := 0
		for _, task := range d.tasks() {
			if task.Kind == models.TaskResolve && strings.Contains(task.Title, "not delivered") {
				failed++
			}
		}
		if failed != 1 {
			d.Fatalf("tasks: %+v", d.tasks())
		}
	})
}

// After a call from the customer the answer is a call; in writing it goes as they wrote last.
func TestAnswerToACallIsACall(t *testing.T) {
	on(t, func(d *desk) {
		d.receive(d.mail("m1", "Please send the figures."))
		d.now = d.now.Add(26 * time.Hour)
		content, _ := json.Marshal(models.InboundText{From: d.w.Cell.Value, To: d.w.Phone.Address, Kind: models.ChannelCall})
		d.receive(models.Raw{Provider: models.ProviderSandbox, ProviderID: "c1", Channel: models.ChannelCall, SenderID: &d.w.Phone.ID, Content: content, ReceivedAt: d.now})
		d.now = d.now.Add(24 * time.Hour)
		choices, err := d.svc.Route(d.ctx, d.w.Prospect.ID)
		d.must(err)
		if c := choices[0]; !c.AsCall || c.Channel != models.ChannelCall || c.Sender != nil || c.Why != "By phone: Pat called yesterday 12:00 EST" {
			d.Fatalf("first choice: %+v", c)
		}
		if c := choices[1]; c.Channel != models.ChannelEmail || c.Why != "By email: Pat wrote on Monday 10:00 EST" {
			d.Fatalf("in writing: %+v", c)
		}
		touch, _, err := d.svc.Answer(d.ctx, replies.AnswerRequest{ProspectID: d.w.Prospect.ID, UserID: d.w.Rep.ID, Body: "Call back about the figures", FormToken: "f1"})
		d.must(err)
		if touch.Kind != models.TouchTask || touch.Channel != models.ChannelCall {
			d.Fatalf("touch: %+v", touch)
		}
	})
}

// They wrote to another of our numbers: the answer leaves from that one, and
// an email in their thread.
func TestAnswerLeavesFromWhereTheyWrote(t *testing.T) {
	on(t, func(d *desk) {
		other, err := d.s.SaveSender(d.ctx, models.Sender{
			OwnerID: &d.w.Rep.ID, Kind: models.SenderPhone, Provider: models.ProviderSandbox, Address: "+12125550109", Name: "Robin Rep",
		}, models.ActorSystem, d.now)
		d.must(err)
		content, err := json.Marshal(models.InboundText{From: d.w.Cell.Value, To: other.Address, Body: "Is this still your number?", Kind: models.ChannelSMS})
		d.must(err)
		d.receive(models.Raw{Provider: models.ProviderSandbox, ProviderID: "t1", Channel: models.ChannelSMS, SenderID: &other.ID, Content: content, ReceivedAt: d.now})
		touch, _, err := d.svc.Answer(d.ctx, replies.AnswerRequest{ProspectID: d.w.Prospect.ID, UserID: d.w.Rep.ID, Body: "It is.", FormToken: "f1"})
		d.must(err)
		if touch.SenderID == nil || *touch.SenderID != other.ID {
			d.Errorf("the answer leaves from sender %v, want %d", touch.SenderID, other.ID)
		}
		// Stopped, it cannot; then another of ours does.
		d.must(d.s.HaltSender(d.ctx, other.ID, models.StopByHand, "", models.ActorSystem, d.now))
		choices, err := d.svc.Route(d.ctx, d.w.Prospect.ID)
		d.must(err)
		if c := choices[0]; c.Channel != models.ChannelSMS || c.Sender.ID != d.w.Phone.ID {
			d.Errorf("with that number stopped: %+v", c)
		}
	})
}

// After a call from another number the written answer still goes to the
// number and the address last written from; where that is closed, elsewhere.
func TestWrittenAnswerAfterACall(t *testing.T) {
	on(t, func(d *desk) {
		d.receive(d.mail("m1", "Please send the figures."))
		d.now = d.now.Add(time.Hour)
		d.receive(d.text("t1", d.w.Cell.Value, "Or text me."))
		d.now = d.now.Add(time.Hour)
		content, err := json.Marshal(models.InboundText{From: d.w.Cell.Value, To: d.w.Phone.Address, Kind: models.ChannelCall})
		d.must(err)
		d.receive(models.Raw{Provider: models.ProviderSandbox, ProviderID: "c1", Channel: models.ChannelCall, SenderID: &d.w.Phone.ID, Content: content, ReceivedAt: d.now})
		written := func() replies.Choice {
			d.Helper()
			choices, err := d.svc.Route(d.ctx, d.w.Prospect.ID)
			d.must(err)
			for _, c := range choices {
				if !c.AsCall {
					return c
				}
			}
			d.Fatalf("no way to write: %+v", choices)
			return replies.Choice{}
		}
		if c := written(); c.Channel != models.ChannelSMS || c.ContactPoint.ID != d.w.Cell.ID || !strings.HasPrefix(c.Why, "By text: Pat texted today") {
			d.Errorf("in writing: %+v", c)
		}
		if talk := d.person().Conversation; talk.LastChannel != models.ChannelCall || talk.LastWritten != models.ChannelSMS {
			d.Errorf("the conversation: %+v", talk)
		}
		m := d.sent(models.ChannelSMS, d.w.Phone, d.w.Cell, "")
		d.must(d.svc.Receipt(d.ctx, models.Receipt{Provider: m.Provider, ProviderID: m.ProviderID, Token: m.Token, Status: models.MessageFailed, Code: "30005", At: d.now}))
		if c := written(); c.Channel != models.ChannelEmail || c.ContactPoint.ID != d.w.Email.ID {
			d.Errorf("with the number invalid: %+v", c)
		}
	})
}
