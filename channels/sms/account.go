package sms

import (
	"context"

	"followup/channels"
	"followup/models"
)

// For a number as a whole, calls included, this channel looks at the account,
// as it lists what comes in.
var (
	_ channels.Inspector    = (*Channel)(nil)
	_ channels.NumberLister = (*Channel)(nil)
	_ channels.HookSetter   = (*Channel)(nil)
	_ channels.MediaFetcher = (*Channel)(nil)
)

// Inspect implements channels.Inspector.
func (c *Channel) Inspect(ctx context.Context, sender models.Sender) []channels.Check {
	return c.o.Client.Inspect(ctx, sender, c.o.PublicURL)
}

// Numbers implements channels.NumberLister.
func (c *Channel) Numbers(ctx context.Context, sender models.Sender) ([]channels.Number, error) {
	return c.o.Client.Numbers(ctx, sender)
}

// SetHooks implements channels.HookSetter.
func (c *Channel) SetHooks(ctx context.Context, sender models.Sender) error {
	return c.o.Client.SetHooks(ctx, sender, c.o.PublicURL)
}

// FetchMedia implements channels.MediaFetcher.
func (c *Channel) FetchMedia(ctx context.Context, sender models.Sender, m models.Media) (channels.MediaContent, error) {
	return c.o.Client.FetchMedia(ctx, sender, m)
}
