package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"followup/models"
)

// TextReply is the customer's text in answer to sent, from the number it was
// sent to or, where from is given, from that one.
func TextReply(sent models.Message, from, body string, at time.Time) models.Raw {
	return spoken(sent, models.InboundText{From: from, Body: body, Kind: models.ChannelSMS}, at)
}

// InboundCall is the customer calling the number that sent came from.
func InboundCall(sent models.Message, from string, at time.Time) models.Raw {
	return spoken(sent, models.InboundText{From: from, Kind: models.ChannelCall}, at)
}

func spoken(sent models.Message, in models.InboundText, at time.Time) models.Raw {
	if in.From == "" {
		in.From = sent.ToAddress
	}
	in.To = sent.FromAddress
	content, err := json.Marshal(in)
	if err != nil {
		panic("sandbox: " + err.Error()) // strings always encode
	}
	return raw(sent, in.Kind, content, at)
}

// Status is what a provider would say later of a message that was sent.
// answeredBy is for voicemails: human, machine_end_beep …; else "".
func Status(sent models.Message, status models.MessageState, answeredBy string, at time.Time) models.Receipt {
	return models.Receipt{
		Provider: models.ProviderSandbox, ProviderID: accepted(sent).ProviderID, Token: sent.Token,
		Status: status, AnsweredBy: answeredBy, At: at,
	}
}

// raw wraps the content. Its provider id follows from content and time, so a
// simulation that runs again gives the same, and a repeat is recognised.
func raw(sent models.Message, kind models.ChannelKind, content []byte, at time.Time) models.Raw {
	return models.Raw{
		Provider: models.ProviderSandbox, ProviderID: "sandbox-in-" + digest(string(content), at), Channel: kind,
		SenderID: sent.SenderID, Content: content, State: models.RawReceived, ReceivedAt: at,
	}
}

func digest(content string, at time.Time) string {
	sum := sha256.Sum256([]byte(at.UTC().Format(time.RFC3339Nano) + "\x00" + content))
	return hex.EncodeToString(sum[:12])
}
