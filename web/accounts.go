package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"followup/channels"
	"followup/models"
	"followup/store"
)

// checkFor bounds a look at an account, testFor a mail there and back.
const (
	checkFor = 20 * time.Second
	testFor  = 45 * time.Second
)

// accountView is a sender as the pages show it.
type accountView struct {
	models.Sender
	Owner   string // "" where it is shared
	Icon    string
	By      string // who carries it
	State   accountState
	Inbound accountState
	Secret  *accountState // a secret that ends soon, or has
	May     bool          // the signed-in user may change it
	Real    bool          // no sandbox
	Week    models.SenderHealth
}

// accountState is a word with its tone and what stands behind it.
type accountState struct {
	Text, Tone, Icon string
	Why              string
	When             *moment
}

var providerNames = map[models.Provider]string{models.ProviderSMTP: "SMTP and IMAP", models.ProviderTwilio: "Twilio", models.ProviderSandbox: "Sandbox"}

func (s *site) viewAccount(t times, u models.User, x models.Sender, owners map[int64]string) accountView {
	v := accountView{Sender: x, Icon: "mail", By: wordOr(providerNames[x.Provider], string(x.Provider)), Real: x.Provider != models.ProviderSandbox}
	if x.Kind == models.SenderPhone {
		v.Icon = "phone"
	}
	if x.OwnerID != nil {
		v.Owner = owners[*x.OwnerID]
	}
	v.May = v.Real && mayChange(u, x)
	v.State = accountState{Text: "sends", Tone: "good", Icon: "check"}
	switch {
	case x.State == models.SenderStopped:
		v.State = accountState{Text: "stopped: " + reasonText(x.StoppedReason), Tone: "bad", Icon: "alert", Why: x.StoppedDetail}
		if x.StoppedReason == models.StopByHand || x.StoppedReason == models.StopReplaced { // as it should be
			v.State.Tone, v.State.Icon = "", "pause"
		}
		if x.StoppedAt != nil {
			m := t.Ago(*x.StoppedAt)
			v.State.When = &m
		}
	case x.PausedTill != nil && x.PausedTill.After(t.now):
		m := t.Ago(*x.PausedTill)
		v.State = accountState{Text: "rests: the provider asked for a pause", Tone: "warn", Icon: "pause", When: &m}
	}
	v.Inbound = inboundState(t, x)
	if days, known := x.SecretEnds(t.now); known && days < models.SecretNotice {
		end := accountState{Tone: "warn", Icon: "clock", Text: "its password or token ends in " + span(time.Duration(max(days, 0))*24*time.Hour)}
		switch {
		case days < 0:
			end.Tone, end.Text = "bad", "its password or token has ended"
		case days == 0:
			end.Text = "its password or token ends today"
		}
		v.Secret = &end
	}
	return v
}

// inboundState says whether answers to it are being read.
func inboundState(t times, x models.Sender) accountState {
	if x.InboundReadAt != nil {
		m := t.Ago(*x.InboundReadAt)
		if x.InboundCurrent(t.now, models.InboundCurrency) {
			return accountState{Text: "answers are read", Tone: "good", Icon: "check", When: &m}
		}
		return accountState{Text: "answers not read lately", Tone: "bad", Icon: "alert", When: &m, Why: "Automatic messages from it wait until they are."}
	}
	switch {
	case x.Provider == models.ProviderSandbox:
		return accountState{Text: "you play the answers", Icon: "sandbox"}
	case x.Inbound == models.InboundPoll:
		return accountState{Text: "answers not read yet", Tone: "warn", Icon: "clock", Why: "Automatic messages from it wait until they are. That takes a minute after it was connected."}
	case x.Inbound == models.InboundPush:
		return accountState{Text: "answers are posted to us", Tone: "good", Icon: "check"}
	}
	return accountState{Text: "answers are not read", Tone: "warn", Icon: "alert", Why: "Nothing pauses when somebody answers. Give it an IMAP server."}
}

// mayChange: managers change every account, reps their own.
func mayChange(u models.User, x models.Sender) bool {
	return can(u.Role, mayManageSenders) || x.OwnerID != nil && *x.OwnerID == u.ID
}

type accountsPage struct {
	page
	Rows    []accountView
	Nothing bool // no real account yet
	Public  string
	SignIn  []signInWith
	Form    form
	Phone   string // the signed-in user's own
	Postal  string
	Company string // "" : nobody has named the workspace
}

// signInWith is a provider at which a mailbox is connected by signing in.
type signInWith struct{ Key, Name, Path string }

// signIns are those that the configuration knows.
func (s *site) signIns() []signInWith {
	var all []signInWith
	for _, by := range []signInWith{{Key: "google", Name: "Google"}, {Key: "microsoft", Name: "Microsoft"}} {
		if _, known := s.OAuth[by.Key]; known {
			by.Path = "/accounts/oauth/" + by.Key + "/start"
			all = append(all, by)
		}
	}
	return all
}

// accounts lists what is sent from: everybody's for managers, else one's own
// and the shared ones.
func (s *site) accounts(w http.ResponseWriter, r *http.Request) error {
	return s.renderAccounts(w, r, http.StatusOK, newForm())
}

func (s *site) renderAccounts(w http.ResponseWriter, r *http.Request, status int, f form) error {
	u := userOf(r)
	of := u.ID
	if can(u.Role, mayManageSenders) {
		of = 0
	}
	senders, err := s.Store.ViewSenders(r.Context(), of)
	if err != nil {
		return err
	}
	owners, err := s.ownerNames(r)
	if err != nil {
		return err
	}
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	week, err := s.Store.SenderHealth(r.Context(), models.DateOf(s.Clock(), time.UTC).AddDays(1-store.HealthDays))
	if err != nil {
		return err
	}
	p := accountsPage{page: s.page(r, "Accounts", "accounts"), Public: s.PublicURL, Nothing: true, SignIn: s.signIns(), Form: f, Phone: u.Phone, Postal: set.PostalAddress, Company: set.Company()}
	for _, x := range senders {
		row := s.viewAccount(p.times, u, x, owners)
		row.Week = week[x.ID]
		p.Nothing = p.Nothing && !row.Real
		p.Rows = append(p.Rows, row)
	}
	return s.views.render(w, status, "accounts", p)
}

func (s *site) ownerNames(r *http.Request) (map[int64]string, error) {
	users, err := s.Store.ViewUsers(r.Context())
	names := map[int64]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	return names, err
}

type accountPage struct {
	page
	Account accountView
	Checks  []channels.Check
	Checked string // what the checks are of
	Form    form
	Owners  []option
	Guide   guide
	Hooks   bool // its webhooks can be set
	Trip    bool // a mail there and back can be tried
	SignIn  []signInWith
	Desk    deskView
	// Configured: the file's values, those of Fixed, come back at the next start.
	Configured bool
	Fixed      FixedAccount
	RampNow    string // what the ramp lets it send today
	// What its forms show, so that a save tells whether it has changed since.
	LimitsSeen, DeskSeen string
}

// rampNow says how far the ramp has come.
func rampNow(x models.Sender, today models.Date) string {
	if x.RampStart == 0 || x.RampFrom == "" {
		return ""
	}
	cap := x.CapOn(today)
	if cap == x.DailyCap {
		return fmt.Sprintf("It has reached its %d a day.", x.DailyCap)
	}
	return fmt.Sprintf("Today it may send %d of the %d that it is to send a day in the end.", cap, x.DailyCap)
}

// Passed tells whether nothing of a check failed.
func (p accountPage) Passed() bool { return trouble(p.Checks) == "" }

var checkIcons = map[channels.CheckState]string{channels.CheckFine: "check", channels.CheckWarning: "alert", channels.CheckFailed: "block", channels.CheckNote: "help"}

// trouble is what failed of a check, the first of it.
func trouble(checks []channels.Check) string {
	for _, c := range checks {
		if c.State == channels.CheckFailed {
			return c.What + ": " + c.Says
		}
	}
	return ""
}

func (s *site) accountShow(w http.ResponseWriter, r *http.Request) error {
	x, err := s.account(r)
	if err != nil {
		return err
	}
	return s.renderAccount(w, r, x, http.StatusOK, newForm(), "", nil)
}

// account loads the sender that the address names, with its credentials, for
// who may change it.
func (s *site) account(r *http.Request) (models.Sender, error) {
	id, err := pathID(r)
	if err != nil {
		return models.Sender{}, err
	}
	x, err := s.Store.SenderOpened(r.Context(), id)
	if err != nil {
		return x, err
	}
	if !mayChange(userOf(r), x) {
		return models.Sender{}, models.Errorf(models.CodeForbidden, "This account is not yours to change. Its owner or a manager can.")
	}
	return x, nil
}

func (s *site) renderAccount(w http.ResponseWriter, r *http.Request, x models.Sender, status int, f form, checked string, checks []channels.Check) error {
	return s.showAccount(w, r, x, status, f, newForm(), checked, checks)
}

func (s *site) renderAccountDesk(w http.ResponseWriter, r *http.Request, x models.Sender, status int, desk form) error {
	return s.showAccount(w, r, x, status, newForm(), desk, "", nil)
}

func (s *site) showAccount(w http.ResponseWriter, r *http.Request, x models.Sender, status int, f, desk form, checked string, checks []channels.Check) error {
	owners, err := s.ownerNames(r)
	if err != nil {
		return err
	}
	x.Credentials = models.SenderCredentials{} // nothing of it reaches a page
	p := accountPage{page: s.page(r, x.Address, "accounts"), Form: f, Checked: checked, Checks: checks}
	p.Account = s.viewAccount(p.times, userOf(r), x, owners)
	p.LimitsSeen, p.DeskSeen = limitsSeen(x), deskSeen(x)
	p.RampNow = rampNow(x, models.DateOf(s.Clock(), p.mine))
	p.Fixed, p.Configured = s.fixedOf(x.Address)
	p.Guide = guideOf(x)
	p.Hooks, p.Trip = s.Channels.HookSetter(x) != nil, s.Channels.RoundTripper(x) != nil
	if x.Settings.OAuth != "" {
		p.SignIn = s.signIns()
	}
	if p.Owners, err = s.ownerOptions(r, ownerValue(x.OwnerID), true); err != nil {
		return err
	}
	p.Owners[0].Label = "Shared by everybody"
	if p.Desk, err = s.deskOf(r, x, desk); err != nil {
		return err
	}
	return s.views.render(w, status, "account", p)
}

// try runs one of an account's checks and shows what it found, in the answer itself.
func (s *site) try(w http.ResponseWriter, r *http.Request, what string, limit time.Duration, do func(context.Context, models.Sender) ([]channels.Check, error)) error {
	x, err := s.account(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	checks, err := do(ctx, x)
	f := newForm()
	status := http.StatusOK
	if err != nil {
		status = statusOf(err)
		if err := f.take(err); err != nil && status != http.StatusServiceUnavailable {
			return err
		}
		if f.General == "" {
			f.General = messageOf(err)
		}
	}
	if now, err := s.Store.SenderOpened(r.Context(), x.ID); err == nil {
		x = now // the test may have changed it
	}
	return s.renderAccount(w, r, x, status, f, what, checks)
}

func (s *site) accountCheck(w http.ResponseWriter, r *http.Request) error {
	return s.try(w, r, "Checked", checkFor, func(ctx context.Context, x models.Sender) ([]channels.Check, error) {
		return s.Channels.Inspect(ctx, x), nil
	})
}

// accountTest sends a mail from the account to itself and awaits it.
func (s *site) accountTest(w http.ResponseWriter, r *http.Request) error {
	return s.try(w, r, "There and back", testFor, func(ctx context.Context, x models.Sender) ([]channels.Check, error) {
		tripper := s.Channels.RoundTripper(x)
		if tripper == nil {
			return nil, models.Errorf(models.CodeRefused, "Nothing can be sent to this account itself. Check it instead.")
		}
		checks, settings := tripper.RoundTrip(ctx, x)
		if trouble(checks) != "" || settings.FilesSentCopies == x.Settings.FilesSentCopies {
			return checks, nil
		}
		return checks, s.CRM.KeepTested(r.Context(), actorOf(r), x.ID, settings.FilesSentCopies)
	})
}

// accountHooks tells the provider where we are, then looks whether it took it.
func (s *site) accountHooks(w http.ResponseWriter, r *http.Request) error {
	return s.try(w, r, "Webhooks set, and checked", 2*checkFor, func(ctx context.Context, x models.Sender) ([]channels.Check, error) {
		setter := s.Channels.HookSetter(x)
		if setter == nil {
			return nil, models.Errorf(models.CodeRefused, "This account has no webhooks.")
		}
		if err := setter.SetHooks(ctx, x); err != nil {
			return nil, err
		}
		return s.Channels.Inspect(ctx, x), nil
	})
}

// accountStart lets a stopped account send again, once it is found to work.
func (s *site) accountStart(w http.ResponseWriter, r *http.Request) error {
	x, err := s.account(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), checkFor)
	defer cancel()
	checks := s.Channels.Inspect(ctx, x)
	if trouble(checks) != "" {
		f := newForm()
		f.General = "It stays stopped: what failed below must be mended first."
		return s.renderAccount(w, r, x, http.StatusUnprocessableEntity, f, "Checked", checks)
	}
	if err := s.CRM.StartSender(r.Context(), actorOf(r), x.ID); err != nil {
		return err
	}
	s.flash(r, x.Address+" sends again. What waited for it leaves now.")
	return redirect(w, r, idPath("/accounts/", x.ID))
}

func (s *site) accountStop(w http.ResponseWriter, r *http.Request) error {
	x, err := s.account(r)
	if err != nil {
		return err
	}
	if err := s.CRM.StopSender(r.Context(), actorOf(r), x.ID); err != nil {
		return err
	}
	s.flash(r, x.Address+" is stopped. Answers to it are read all the same.")
	return redirect(w, r, idPath("/accounts/", x.ID))
}
