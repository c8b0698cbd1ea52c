package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"followup/channels"
	"followup/crm"
	"followup/models"
)

func ownerValue(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

// ownerFrom reads whose an account is: a rep's own, or what a manager chose.
func ownerFrom(u models.User, f form) *int64 {
	if can(u.Role, mayManageSenders) {
		return f.ptr("owner")
	}
	return &u.ID
}

// accountLimits saves what may be changed without a secret.
func (s *site) accountLimits(w http.ResponseWriter, r *http.Request) error {
	x, err := s.account(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if f.stale(limitsSeen(x), limitsNow(x)) {
		return s.renderAccount(w, r, x, http.StatusConflict, f, "", nil)
	}
	if !f.whole("rate", "cap", "gap", "ramp_start", "ramp_step") {
		return s.renderAccount(w, r, x, http.StatusUnprocessableEntity, f, "", nil)
	}
	u := userOf(r)
	limits := crm.Limits{
		Name: f.Get("name"), RatePerMinute: int(f.int64("rate")), DailyCap: int(f.int64("cap")),
		OwnerID: f.ptr("owner"), KeepOwner: !can(u.Role, mayManageSenders), SecretExpires: models.Date(f.Get("secret_expires")),
		RampStart: int(f.int64("ramp_start")), RampStep: int(f.int64("ramp_step")), RampFrom: models.Date(f.Get("ramp_from")), GapSeconds: int(f.int64("gap")),
	}
	if fixed, ok := s.fixedOf(x.Address); ok {
		fixed.keep(&limits, x)
	}
	err = s.CRM.LimitSender(r.Context(), actorOf(r), x.ID, limits)
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "rate", "cap", "secret_expires", "ramp_start", "ramp_step", "ramp_from", "gap"); err != nil {
			return err
		}
		return s.renderAccount(w, r, x, status, f, "", nil)
	}
	s.flash(r, "Saved.")
	return redirect(w, r, idPath("/accounts/", x.ID))
}

type mailboxPage struct {
	page
	Form   form
	ID     int64
	Guide  guide
	Guides []guide
	Owners []option
	TLS    []option
	SignIn []signInWith
	OAuth  string
}

var tlsOptions = []option{{Value: "", Label: "As usual for the port"}, {Value: "starttls", Label: "STARTTLS"}, {Value: "implicit", Label: "TLS from the start"}, {Value: "none", Label: "None (this machine only)"}}

// mailboxNew asks for a mailbox, with what is known of the provider filled in.
func (s *site) mailboxNew(w http.ResponseWriter, r *http.Request) error {
	f := newForm()
	g := guideNamed(r.URL.Query().Get("at"))
	f.Values.Set("at", g.Key)
	g.fill(f)
	me := userOf(r).ID
	f.Values.Set("owner", ownerValue(&me))
	return s.renderMailbox(w, r, 0, http.StatusOK, f, "")
}

func (s *site) mailboxEdit(w http.ResponseWriter, r *http.Request) error {
	x, err := s.account(r)
	if err != nil {
		return err
	}
	if x.Kind != models.SenderMailbox {
		return redirect(w, r, idPath("/accounts/", x.ID))
	}
	if err := s.mayConnect(x.Address); err != nil {
		return err
	}
	f := newForm()
	set := x.Settings
	for name, value := range map[string]string{
		"at": guideOf(x).Key, "address": x.Address, "name": x.Name, "username": set.Username, "owner": ownerValue(x.OwnerID), "secret_expires": string(set.SecretExpires),
		"smtp_host": set.SMTPHost, "smtp_port": portText(set.SMTPPort), "smtp_tls": set.SMTPTLS, "imap_host": set.IMAPHost, "imap_port": portText(set.IMAPPort), "imap_tls": set.IMAPTLS,
	} {
		f.Values.Set(name, value)
	}
	return s.renderMailbox(w, r, x.ID, http.StatusOK, f, set.OAuth)
}

func portText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (s *site) renderMailbox(w http.ResponseWriter, r *http.Request, id int64, status int, f form, oauth string) error {
	p := mailboxPage{page: s.page(r, "Connect a mailbox", "accounts"), Form: f, ID: id, Guide: guideNamed(f.Get("at")), Guides: guides[:3], TLS: tlsOptions, SignIn: s.signIns(), OAuth: oauth}
	if id != 0 {
		p.Title = "Change " + f.Get("address")
	}
	var err error
	if p.Owners, err = s.ownerOptions(r, f.Get("owner"), true); err != nil {
		return err
	}
	p.Owners[0].Label = "Shared by everybody"
	return s.views.render(w, status, "mailbox", p)
}

// mailboxSave tries what was entered and keeps it; what does not work is kept
// stopped, so that only what is wrong needs to be entered again.
func (s *site) mailboxSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := crm.MailboxInput{
		ID: f.int64("id"), OwnerID: ownerFrom(userOf(r), f), Address: f.Get("address"), Name: f.Get("name"), Password: f.Values.Get("password"),
		Settings: models.SenderSettings{
			SMTPHost: f.Get("smtp_host"), SMTPPort: int(f.int64("smtp_port")), SMTPTLS: f.Get("smtp_tls"),
			IMAPHost: f.Get("imap_host"), IMAPPort: int(f.int64("imap_port")), IMAPTLS: f.Get("imap_tls"),
			Username: f.Get("username"), SecretExpires: models.Date(f.Get("secret_expires")),
		},
	}
	oauth := ""
	if in.ID != 0 {
		old, err := s.Store.SenderOpened(r.Context(), in.ID)
		if err != nil {
			return err
		}
		if !mayChange(userOf(r), old) {
			return models.Errorf(models.CodeForbidden, "This account is not yours to change. Its owner or a manager can.")
		}
		oauth = old.Settings.OAuth
	}
	x, err := s.CRM.Mailbox(r.Context(), in)
	if err == nil {
		return s.connect(w, r, x)
	}
	status := statusOf(err)
	if err := f.take(err, "address", "password", "smtp_host", "smtp_port", "smtp_tls", "imap_host", "imap_port", "imap_tls", "secret_expires"); err != nil {
		return err
	}
	return s.renderMailbox(w, r, in.ID, status, f, oauth)
}

// connect tries a sender, keeps it, and shows it with what was found.
func (s *site) connect(w http.ResponseWriter, r *http.Request, x models.Sender) error {
	if err := s.mayConnect(x.Address); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), checkFor)
	defer cancel()
	checks := s.Channels.Inspect(ctx, x)
	saved, err := s.CRM.Connect(r.Context(), actorOf(r), x, trouble(checks))
	if err != nil {
		return err
	}
	s.Scheduler.Wake()
	status, f := http.StatusOK, newForm()
	if trouble(checks) != "" {
		status = http.StatusUnprocessableEntity
		f.General = "It is saved and does not send yet: something did not work. What was entered is kept; mend what failed."
	}
	return s.renderAccount(w, r, saved, status, f, "Connected", checks)
}

type twilioPage struct {
	page
	Form    form
	Guide   guide
	Owners  []option
	Sealed  string // the token, for the next step; nobody can read it
	Numbers []channels.Number
	Asked   bool
}

func (s *site) twilioNew(w http.ResponseWriter, r *http.Request) error {
	return s.renderTwilio(w, r, http.StatusOK, newForm(), "", nil)
}

func (s *site) renderTwilio(w http.ResponseWriter, r *http.Request, status int, f form, sealed string, numbers []channels.Number) error {
	p := twilioPage{page: s.page(r, "Connect Twilio", "accounts"), Form: f, Guide: guideNamed("twilio"), Sealed: sealed, Numbers: numbers, Asked: sealed != ""}
	var err error
	if p.Owners, err = s.ownerOptions(r, f.Get("owner"), true); err != nil {
		return err
	}
	p.Owners[0].Label = "Shared by everybody"
	return s.views.render(w, status, "twilio", p)
}

// sealedFor is how long somebody may take to choose a number.
const sealedFor = 15 * time.Minute

// twilioSave has two steps: the account is asked for its numbers, then one of
// them is connected. The token goes along sealed.
func (s *site) twilioSave(w http.ResponseWriter, r *http.Request) error {
	u := userOf(r)
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := crm.NumberInput{OwnerID: f.ptr("owner"), Number: f.Get("number"), Name: f.Get("name"), AccountSID: f.Get("account_sid"), APIKeySID: f.Get("api_key_sid"),
		Credentials: models.SenderCredentials{AuthToken: f.Get("auth_token"), APISecret: f.Get("api_secret")}}
	f.Values.Del("auth_token")
	f.Values.Del("api_secret")
	again := func(err error, sealed string, numbers []channels.Number) error {
		status := statusOf(err)
		if status == http.StatusServiceUnavailable {
			f.General = messageOf(err)
		} else if err := f.take(err, "account_sid", "auth_token", "api_secret", "number"); err != nil {
			return err
		}
		return s.renderTwilio(w, r, status, f, sealed, numbers)
	}
	if sealed := f.Get("sealed"); sealed != "" {
		if in.Credentials, err = s.Store.OpenCredentials(sealed, u.ID); err != nil {
			return again(err, "", nil)
		}
	}
	x, err := s.CRM.Number(r.Context(), in)
	if err == nil && in.Number != "" {
		return s.connect(w, r, x)
	}
	if err != nil {
		return again(err, "", nil)
	}
	lister := s.Channels.NumberLister(x)
	if lister == nil {
		return again(models.Errorf(models.CodeRefused, "This program was built without Twilio."), "", nil)
	}
	ctx, cancel := context.WithTimeout(r.Context(), checkFor)
	defer cancel()
	numbers, err := lister.Numbers(ctx, x)
	if err != nil {
		return again(err, "", nil)
	}
	sealed, err := s.Store.SealCredentials(in.Credentials, u.ID, s.Clock().Add(sealedFor))
	if err != nil {
		return err
	}
	if f.Get("sealed") != "" {
		f.Errors["number"] = "Choose a number."
		return s.renderTwilio(w, r, http.StatusUnprocessableEntity, f, sealed, numbers)
	}
	return s.renderTwilio(w, r, http.StatusOK, f, sealed, numbers)
}

// phoneSave keeps the number on which the signed-in user is rung.
func (s *site) phoneSave(w http.ResponseWriter, r *http.Request) error {
	return s.smallForm(w, r, "phone", "Saved. Customers who call back ring you there.", func(f form) error {
		return s.CRM.SetPhone(r.Context(), actorOf(r), userOf(r).ID, f.Get("phone"))
	})
}

// postalSave keeps who writes: the company and its postal address.
func (s *site) postalSave(w http.ResponseWriter, r *http.Request) error {
	return s.smallForm(w, r, "postal_address", "Saved. Every email carries it from now on.", func(f form) error {
		return s.CRM.SetIdentity(r.Context(), actorOf(r), f.Get("workspace"), f.Get("postal_address"))
	})
}

func (s *site) smallForm(w http.ResponseWriter, r *http.Request, field, done string, do func(form) error) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if err := do(f); err != nil {
		status := statusOf(err)
		if err := f.take(err, field, "workspace"); err != nil {
			return err
		}
		return s.renderAccounts(w, r, status, f)
	}
	s.flash(r, done)
	return redirect(w, r, "/accounts")
}
