package replies

import (
	"context"
	"fmt"
	"strings"

	"followup/models"
)

// What providers' failure codes mean for the person behind the number; any
// other failure is noted with its message (FACTS: Twilio's error classes).
var (
	codesInvalid  = map[string]bool{"21211": true, "21217": true, "21614": true, "30005": true, "30006": true}
	codesOptedOut = map[string]bool{"21610": true}
)

// Receipt takes what a provider says of a message later.
func (s *Service) Receipt(ctx context.Context, r models.Receipt) error {
	if r.At.IsZero() {
		r.At = s.Clock()
	}
	err := s.Store.RecordReceipt(ctx, r, func(m models.Message, p models.Person) models.Effects {
		return receiptEffects(r, m, p)
	})
	if err != nil {
		return fmt.Errorf("record the receipt of %s %s: %w", r.Provider, r.ProviderID, err)
	}
	return nil
}

// receiptEffects decides what a failure means. Deliveries, reads and what
// answering-machine detection heard move the message alone.
func receiptEffects(r models.Receipt, m models.Message, p models.Person) models.Effects {
	if r.Status != models.MessageFailed {
		return models.Effects{}
	}
	e := engagement{p: p, rec: models.InboundRecord{Now: r.At, Message: models.Message{Channel: m.Channel, FromAddress: m.ToAddress}}}
	switch {
	case codesOptedOut[r.Code]:
		// They said STOP to our number at the provider: the same as to us.
		e.suppress(models.SuppressPerson, "", "", "provider")
		if cp := e.contact(); cp != nil {
			e.suppress(models.SuppressAddress, "", cp.Value, "provider")
		}
		e.finishAll()
		e.out.WithdrawBookedCalls = true
	case codesInvalid[r.Code]:
		cp := e.contact()
		if cp != nil && cp.Usable() {
			e.out.Invalidate = append(e.out.Invalidate, models.Invalidation{ContactPointID: cp.ID, Reason: models.FailRefused})
		}
		for _, l := range p.Enrollments {
			if l.Enrollment.Active() {
				e.out.Replan = append(e.out.Replan, l.Enrollment.ID)
			}
		}
	}
	if m.UserID != nil { // a person's own words did not arrive: they must know
		e.task(models.TaskResolve, models.AttentionRefused, "Your message to "+p.Prospect.Name()+" was not delivered",
			strings.TrimSpace("The provider reports "+r.Code+" "+r.Detail)+". Answer another way.")
		e.out.Tasks[len(e.out.Tasks)-1].UserID = *m.UserID
	}
	return e.out
}
