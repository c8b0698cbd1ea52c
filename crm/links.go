package crm

import "context"

// LinkOpened notes that somebody opened a tracked link of a message. It is a
// note beside the message: no sequence rests and nothing is counted by it, for
// machines open links too.
func (s *Service) LinkOpened(ctx context.Context, messageToken, address string) error {
	return s.Store.LinkOpened(ctx, messageToken, address, s.Clock())
}
