package twiliotest

import (
	"testing"

	"followup/channels/channeltest"
	"followup/channels/twilioapi"
	"followup/models"
)

// Provoke gives the channeltest.Subject.Fault of a channel that sends through
// client to this server.
func (s *Server) Provoke(t testing.TB, client *twilioapi.Client) func(channeltest.Fault, *models.Message) func() {
	return func(f channeltest.Fault, m *models.Message) func() {
		switch f {
		case channeltest.Unreachable:
			s.Down()
			client.Close() // a connection known to be dead proves nothing about dialling
			return func() { s.Up(t) }
		case channeltest.Configuration:
			wrong := *m.Sender
			wrong.Credentials.AuthToken = "ffffffffffffffffffffffffffffffff"
			m.Sender = &wrong
		default:
			s.Next(map[channeltest.Fault]Fault{
				channeltest.Permanent: Rejected, channeltest.InvalidContact: InvalidNumber, channeltest.OptedOut: OptedOut,
				channeltest.Transient: TooMany, channeltest.Lost: AnswerLost, channeltest.Silent: NoAnswer,
			}[f])
		}
		return nil
	}
}
