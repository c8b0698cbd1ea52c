package twiliotest

import (
	"net/http"
	"net/url"
	"strings"
)

// An API key of the account, in place of its token.
const (
	APIKeySID = "SK00000000000000000000000000000001"
	APISecret = "fedcba9876543210fedcba9876543210"
)

// Account is what the account's owner has set up. Change it before the test asks.
type Account struct {
	Status   string // "": active
	Type     string // "": Full
	Campaign string // of the messaging service that every number is in; "": the numbers are in none
	TollFree string // the verification's status; "": none was asked for
	NoSMS    bool
	// Media are the contents under api.twilio.com's paths, with their types.
	Media map[string]Content
	// Hooks are the forms that numbers were told, by SID.
	Hooks map[string]url.Values
}

// Content is a picture or a recording.
type Content struct {
	Type     string
	Body     string
	Redirect bool // it is kept on another path, which wants no credentials
}

// SetAccount changes the account.
func (s *Server) SetAccount(change func(*Account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.account)
}

// AccountNow is a look at it.
func (s *Server) AccountNow() Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account
}

func (s *Server) accountRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /2010-04-01/Accounts/{file}", s.signedIn(func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("file") != AccountSID+".json" {
			s.refuse(w, r, Fault{Status: 404, Code: 20404, Message: "The account was not found"})
			return
		}
		a := s.AccountNow()
		writeJSON(w, http.StatusOK, map[string]any{"sid": AccountSID, "friendly_name": "Loopback", "status": or(a.Status, "active"), "type": or(a.Type, "Full")})
	}))
	mux.HandleFunc("POST "+accountPath+"IncomingPhoneNumbers/{number}", s.inAccount(s.setHooks))
	mux.HandleFunc("GET "+accountPath+"Recordings/{file}", s.inAccount(s.media))
	mux.HandleFunc("GET "+accountPath+"Messages/{message}/Media/{file}", s.inAccount(s.media))
	mux.HandleFunc("GET /kept/{rest...}", s.media)
	mux.HandleFunc("GET /v1/Services", s.signedIn(func(w http.ResponseWriter, r *http.Request) {
		list := []map[string]any{}
		if s.AccountNow().Campaign != "" {
			list = append(list, map[string]any{"sid": "MG1", "friendly_name": "Sales", "use_inbound_webhook_on_number": true})
		}
		writeJSON(w, http.StatusOK, map[string]any{"services": list})
	}))
	mux.HandleFunc("GET /v1/Services/MG1/PhoneNumbers/{number}", s.signedIn(func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"sid": r.PathValue("number")})
	}))
	mux.HandleFunc("GET /v1/Services/MG1/Compliance/Usa2p", s.signedIn(func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"compliance": []map[string]any{{"campaign_status": s.AccountNow().Campaign}}})
	}))
	mux.HandleFunc("GET /v1/Tollfree/Verifications", s.signedIn(func(w http.ResponseWriter, r *http.Request) {
		list := []map[string]any{}
		if status := s.AccountNow().TollFree; status != "" {
			list = append(list, map[string]any{"status": status, "rejection_reason": "The address is missing."})
		}
		writeJSON(w, http.StatusOK, map[string]any{"verifications": list})
	}))
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// signedIn demands the account's token or its API key.
func (s *Server) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !known(r) {
			s.refuse(w, r, Unauthorized)
			return
		}
		next(w, r)
	}
}

func known(r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	return user == AccountSID && password == AuthToken || user == APIKeySID && password == APISecret
}

// numberSID names a number of the account.
func numberSID(number string) string { return "PN" + strings.TrimPrefix(number, "+") }

func (s *Server) setHooks(w http.ResponseWriter, r *http.Request) {
	sid := strings.TrimSuffix(r.PathValue("number"), ".json")
	if err := r.ParseForm(); err != nil || !absolute(r.PostForm.Get("SmsUrl")) || !absolute(r.PostForm.Get("VoiceUrl")) {
		s.refuse(w, r, *bad(21502, "The URL is not valid"))
		return
	}
	s.mu.Lock()
	if s.account.Hooks == nil {
		s.account.Hooks = map[string]url.Values{}
	}
	s.account.Hooks[sid] = r.PostForm
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"sid": sid})
}

func (s *Server) media(w http.ResponseWriter, r *http.Request) {
	at, kept := strings.CutPrefix(r.URL.Path, "/kept")
	content, ok := s.AccountNow().Media[at]
	switch {
	case !ok || kept && r.Header.Get("Authorization") != "":
		http.NotFound(w, r)
	case content.Redirect && !kept:
		// Another host of Twilio's, to which no credentials may go.
		http.Redirect(w, r, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)+"/kept"+at, http.StatusTemporaryRedirect)
	default:
		w.Header().Set("Content-Type", content.Type)
		_, _ = w.Write([]byte(content.Body)) // the client went away: nothing to tell it
	}
}
