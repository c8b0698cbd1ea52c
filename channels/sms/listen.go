package sms

import (
	"context"

	"followup/channels/twilioapi"
	"followup/models"
)

// Listen implements channels.Listener for a phone sender as a whole: texts and
// calls to its number are listed together, so that one reading position says
// how far both are known.
func (c *Channel) Listen(ctx context.Context, sender models.Sender, deliver func(context.Context, models.Raw) error, current func(ctx context.Context, cursor string) error) error {
	return twilioapi.Listing{Client: c.o.Client, Clock: c.o.Clock, Every: c.o.ListEvery}.Listen(ctx, sender, deliver, current)
}
