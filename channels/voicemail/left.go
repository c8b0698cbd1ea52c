package voicemail

import (
	"context"
	"time"

	"followup/channels/twilioapi"
	"followup/models"
)

// Left implements channels.Ledger: Twilio lists every call from the number.
func (c *Channel) Left(ctx context.Context, sender models.Sender, since time.Time, take func(models.Left) error) (bool, error) {
	return twilioapi.LeftCalls(ctx, c.o.Client, sender, since, take)
}
