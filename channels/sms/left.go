package sms

import (
	"context"
	"time"

	"followup/channels/twilioapi"
	"followup/models"
)

// Left implements channels.Ledger: Twilio lists every text from the number.
func (c *Channel) Left(ctx context.Context, sender models.Sender, since time.Time, take func(models.Left) error) (bool, error) {
	return twilioapi.LeftTexts(ctx, c.o.Client, sender, since, take)
}
