package twilioapi

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"followup/channels"
	"followup/models"
)

// Inspect looks at the account, the number, its webhooks and what carriers
// demand of it, in this order; what depends on a part that failed is left out.
func (c *Client) Inspect(ctx context.Context, sender models.Sender, publicURL string) []channels.Check {
	if err := complete(sender); err != nil {
		return []channels.Check{failed("Twilio account", err)}
	}
	checks := []channels.Check{c.account(ctx, sender)}
	if checks[0].State == channels.CheckFailed {
		return checks
	}
	n, err := c.number(ctx, sender)
	if err == nil && n == nil {
		err = notOwned(sender)
	}
	if err != nil {
		return append(checks, failed("Number "+sender.Address, asked(err)))
	}
	checks = append(checks, abilities(*n), hooks(*n, publicURL))
	if sender.Credentials.AuthToken == "" {
		checks = append(checks, channels.Check{What: "Webhooks' signatures", State: channels.CheckWarning,
			Says: "without the account's auth token nobody can tell whether a webhook is Twilio's, so they are all refused; enter the token beside the API key"})
	}
	return append(checks, c.registration(ctx, sender, *n)...)
}

func failed(what string, err error) channels.Check {
	says := err.Error()
	var told *models.Error
	if errors.As(err, &told) {
		says = told.Message
	}
	return channels.Check{What: what, State: channels.CheckFailed, Says: says}
}

func (c *Client) account(ctx context.Context, sender models.Sender) channels.Check {
	var a struct {
		Name   string `json:"friendly_name"`
		Status string `json:"status"`
		Type   string `json:"type"`
	}
	const what = "Twilio account"
	if err := c.ask(ctx, sender, apiHost, accountPath(sender, ".json"), nil, &a); err != nil {
		var se *channels.SendError
		// A restricted API key may use numbers and messages without being
		// allowed to look at the account.
		if errors.As(err, &se) && sender.Settings.APIKeySID != "" && se.Class == models.SendPermanent {
			return channels.Check{What: what, State: channels.CheckNote, Says: "the API key may not look at the account itself"}
		}
		return failed(what, asked(err))
	}
	switch {
	case a.Status != "active":
		return channels.Check{What: what, State: channels.CheckFailed, Says: "Twilio calls the account " + a.Status + "; see why in the Twilio console"}
	case a.Type == "Trial":
		return channels.Check{What: what, State: channels.CheckWarning, Says: "a trial account reaches verified numbers only and adds a notice to each message; upgrade it in the Twilio console"}
	}
	return channels.Check{What: what, State: channels.CheckFine, Says: strings.TrimSpace(a.Name + " is active")}
}

func abilities(n ownedNumber) channels.Check {
	var can, cannot []string
	for _, a := range []struct {
		does bool
		what string
	}{{n.Capabilities.SMS, "texts"}, {n.Capabilities.MMS, "pictures"}, {n.Capabilities.Voice, "calls"}} {
		if a.does {
			can = append(can, a.what)
		} else {
			cannot = append(cannot, a.what)
		}
	}
	check := channels.Check{What: "Number " + n.Number, State: channels.CheckFine, Says: "can do " + strings.Join(can, ", ")}
	switch {
	case !n.Capabilities.SMS && !n.Capabilities.Voice:
		check.State, check.Says = channels.CheckFailed, "can do neither texts nor calls; choose another number"
	case !n.Capabilities.SMS || !n.Capabilities.Voice:
		check.State = channels.CheckWarning
		check.Says += "; it cannot do " + strings.Join(cannot, ", ")
	}
	return check
}

// hooks tells whether what comes in is pushed to us.
func hooks(n ownedNumber, publicURL string) channels.Check {
	check := channels.Check{What: "Webhooks", State: channels.CheckFine, Says: "texts and calls arrive at once"}
	at := strings.TrimRight(publicURL, "/")
	switch {
	case publicURL == "":
		check.State = channels.CheckNote
		check.Says = "there is no public address, so what comes in is listed every 15 seconds; inbound calls ring nobody and voicemails cannot be left"
	case n.SMSApplication != "" || n.VoiceApplication != "" || n.Trunk != "":
		check.State, check.Says = channels.CheckWarning, "the number is given to a TwiML application or a trunk, which takes its texts or calls; set the webhooks to change that"
	case n.SMSURL != at+MessagePath || n.VoiceURL != at+VoicePath:
		check.State, check.Says = channels.CheckWarning, "the number does not point here, so texts are up to four minutes late and calls ring nobody; set the webhooks"
	}
	return check
}

// tollFree are the North American codes whose numbers need a verification.
var tollFree = []string{"+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"}

// registration is what US carriers demand before a number's texts pass.
func (c *Client) registration(ctx context.Context, sender models.Sender, n ownedNumber) []channels.Check {
	if !strings.HasPrefix(n.Number, "+1") || !n.Capabilities.SMS {
		return nil
	}
	for _, prefix := range tollFree {
		if strings.HasPrefix(n.Number, prefix) {
			return []channels.Check{c.tollFree(ctx, sender, n)}
		}
	}
	return c.tenDLC(ctx, sender, n)
}

func (c *Client) tollFree(ctx context.Context, sender models.Sender, n ownedNumber) channels.Check {
	const what = "Toll-free verification"
	var list struct {
		Verifications []struct {
			Status string `json:"status"`
			Reason string `json:"rejection_reason"`
		} `json:"verifications"`
	}
	if err := c.ask(ctx, sender, messagingHost, "/v1/Tollfree/Verifications?TollfreePhoneNumberSid="+url.QueryEscape(n.SID), nil, &list); err != nil {
		return unknown(what, err)
	}
	if len(list.Verifications) == 0 {
		return channels.Check{What: what, State: channels.CheckFailed, Says: "not asked for; carriers block texts from it until Twilio has verified the number: Messaging, Regulatory Compliance in the Twilio console"}
	}
	switch v := list.Verifications[0]; v.Status {
	case "TWILIO_APPROVED":
		return channels.Check{What: what, State: channels.CheckFine, Says: "approved"}
	case "TWILIO_REJECTED":
		return channels.Check{What: what, State: channels.CheckFailed, Says: strings.TrimSuffix("rejected: "+v.Reason, ": ") + "; mend it in the Twilio console"}
	default:
		return channels.Check{What: what, State: channels.CheckWarning, Says: plainStatus(v.Status) + "; texts are blocked until it is approved"}
	}
}

// maxServices bounds the search for the messaging service of a number.
const maxServices = 50

// tenDLC finds the campaign under which a long code texts (A2P 10DLC): that of
// the messaging service that it is in.
func (c *Client) tenDLC(ctx context.Context, sender models.Sender, n ownedNumber) []channels.Check {
	const what = "10DLC registration"
	var list struct {
		Services []struct {
			SID       string `json:"sid"`
			Name      string `json:"friendly_name"`
			Inbound   string `json:"inbound_request_url"`
			OnNumbers bool   `json:"use_inbound_webhook_on_number"`
		} `json:"services"`
	}
	if err := c.ask(ctx, sender, messagingHost, "/v1/Services?PageSize=50", nil, &list); err != nil {
		return []channels.Check{unknown(what, err)}
	}
	for _, s := range list.Services[:min(len(list.Services), maxServices)] {
		var member struct {
			SID string `json:"sid"`
		}
		at := "/v1/Services/" + url.PathEscape(s.SID)
		if err := c.ask(ctx, sender, messagingHost, at+"/PhoneNumbers/"+url.PathEscape(n.SID), nil, &member); err != nil || member.SID == "" {
			continue
		}
		checks := []channels.Check{c.campaign(ctx, sender, at)}
		if !s.OnNumbers && s.Inbound != "" && s.Inbound != n.SMSURL {
			checks = append(checks, channels.Check{What: "Messaging service " + s.Name, State: channels.CheckWarning,
				Says: "it sends incoming texts to an address of its own; choose “Defer to sender’s webhook” under its Integration in the Twilio console"})
		}
		return checks
	}
	return []channels.Check{{What: what, State: channels.CheckFailed,
		Says: "the number is in no messaging service with a campaign; US carriers block texts from it: register the brand and a campaign under Messaging, Regulatory Compliance in the Twilio console, then add the number to its service"}}
}

func (c *Client) campaign(ctx context.Context, sender models.Sender, service string) channels.Check {
	const what = "10DLC registration"
	var list struct {
		Campaigns []struct {
			Status string `json:"campaign_status"`
		} `json:"compliance"`
	}
	if err := c.ask(ctx, sender, messagingHost, service+"/Compliance/Usa2p", nil, &list); err != nil {
		return unknown(what, err)
	}
	if len(list.Campaigns) == 0 {
		return channels.Check{What: what, State: channels.CheckFailed, Says: "the number's messaging service has no campaign; US carriers block its texts: register one under Messaging, Regulatory Compliance in the Twilio console"}
	}
	switch status := list.Campaigns[0].Status; status {
	case "VERIFIED":
		return channels.Check{What: what, State: channels.CheckFine, Says: "the campaign is verified"}
	case "FAILED":
		return channels.Check{What: what, State: channels.CheckFailed, Says: "the campaign was refused; see why in the Twilio console"}
	default:
		return channels.Check{What: what, State: channels.CheckWarning, Says: "the campaign is " + plainStatus(status) + "; US carriers block texts until it is verified"}
	}
}

func unknown(what string, err error) channels.Check {
	return channels.Check{What: what, State: channels.CheckNote, Says: "could not be looked up: " + asked(err).Error()}
}

func plainStatus(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", " ")) }
