package twiliotest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"

	"followup/channels/twilioapi"
)

const accountPath = "/2010-04-01/Accounts/{sid}/"

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+accountPath+"Messages.json", s.inAccount(func(w http.ResponseWriter, r *http.Request) {
		s.create(w, r, &s.messages, "SM", s.checkMessage)
	}))
	mux.HandleFunc("POST "+accountPath+"Calls.json", s.inAccount(func(w http.ResponseWriter, r *http.Request) {
		s.create(w, r, &s.calls, "CA", s.checkCall)
	}))
	mux.HandleFunc("GET "+accountPath+"Messages.json", s.inAccount(func(w http.ResponseWriter, r *http.Request) {
		s.list(w, r, "messages", &s.messages, &s.received)
	}))
	mux.HandleFunc("GET "+accountPath+"Calls.json", s.inAccount(func(w http.ResponseWriter, r *http.Request) {
		s.list(w, r, "calls", &s.calls, &s.rung)
	}))
	mux.HandleFunc("GET "+accountPath+"Messages/{message}/Media.json", s.inAccount(s.listMedia))
	mux.HandleFunc("GET "+accountPath+"Calls/{call}/Recordings.json", s.inAccount(s.listRecordings))
	mux.HandleFunc("GET "+accountPath+"IncomingPhoneNumbers.json", s.inAccount(s.listNumbers))
	s.accountRoutes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, Fault{Status: 404, Code: 20404, Message: "The requested resource " + r.URL.Path + " was not found"})
	})
	return mux
}

func (s *Server) inAccount(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !known(r):
			s.refuse(w, r, Unauthorized)
		case r.PathValue("sid") != AccountSID:
			s.refuse(w, r, Fault{Status: 404, Code: 20404, Message: "The account was not found"})
		default:
			next(w, r)
		}
	}
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, f Fault) {
	s.mu.Lock()
	s.refused = append(s.refused, strconv.Itoa(f.Code)+" "+f.Message)
	s.mu.Unlock()
	s.show(w, r, f)
}

func (s *Server) create(w http.ResponseWriter, r *http.Request, into *[]*Record, prefix string, check func(url.Values) *Fault) {
	if err := r.ParseForm(); err != nil {
		s.refuse(w, r, Fault{Status: 400, Code: 20001, Message: err.Error()})
		return
	}
	if bad := check(r.PostForm); bad != nil {
		s.refuse(w, r, *bad)
		return
	}
	fault, faulty := s.takeFault()
	if faulty && !fault.Taken {
		s.show(w, r, fault)
		return
	}
	record := s.accept(into, prefix, r.PostForm)
	if faulty {
		s.show(w, r, fault)
		return
	}
	writeJSON(w, http.StatusCreated, s.resource(*record))
}

func bad(code int, message string) *Fault { return &Fault{Status: 400, Code: code, Message: message} }

// checkNumbers refuses as Twilio does, and forms with keys it does not know,
// which Twilio would ignore: a misspelt parameter must not go unseen.
func (s *Server) checkNumbers(form url.Values, known ...string) *Fault {
	for key := range form {
		if !slices.Contains(known, key) {
			return bad(20001, "unknown parameter "+key)
		}
	}
	switch {
	case form.Get("To") == "":
		return bad(21604, "A 'To' phone number is required.")
	case !twilioapi.E164(form.Get("To")):
		return bad(21211, "The 'To' number is not a valid phone number.")
	case !slices.Contains(s.numbers, form.Get("From")):
		return bad(21606, "The 'From' phone number is not a valid number of this account.")
	}
	return nil
}

func (s *Server) checkMessage(form url.Values) *Fault {
	if f := s.checkNumbers(form, "To", "From", "Body", "StatusCallback", "ValidityPeriod"); f != nil {
		return f
	}
	body := form.Get("Body")
	switch {
	case body == "":
		return bad(21602, "Message body is required.")
	case len(utf16.Encode([]rune(body))) > 1600:
		return bad(21617, "The concatenated message body exceeds the 1600 character limit")
	case form.Has("StatusCallback") && !absolute(form.Get("StatusCallback")):
		return bad(21609, "The 'StatusCallback' URL is not a valid URL.")
	}
	if form.Has("ValidityPeriod") {
		if n, err := strconv.Atoi(form.Get("ValidityPeriod")); err != nil || n < 1 || n > 36000 {
			return bad(30036, "ValidityPeriod is out of range")
		}
	}
	return nil
}

func (s *Server) checkCall(form url.Values) *Fault {
	f := s.checkNumbers(form, "To", "From", "Url", "Method", "MachineDetection", "StatusCallback", "StatusCallbackEvent", "StatusCallbackMethod")
	switch {
	case f != nil:
		return f
	case !absolute(form.Get("Url")):
		return bad(21205, "Url is not a valid URL")
	case form.Has("StatusCallback") && !absolute(form.Get("StatusCallback")):
		return bad(21609, "The 'StatusCallback' URL is not a valid URL.")
	}
	for _, event := range form["StatusCallbackEvent"] {
		if !slices.Contains([]string{"initiated", "ringing", "answered", "completed"}, event) {
			return bad(21626, "Invalid StatusCallbackEvent "+event)
		}
	}
	return nil
}

func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// resource is a record as the API shows it.
func (s *Server) resource(r Record) map[string]any {
	out := map[string]any{
		"sid": r.SID, "account_sid": AccountSID, "to": r.To, "from": r.From, "status": r.Status,
		"direction": "outbound-api", "date_created": r.CreatedAt.Format(time.RFC1123Z), "date_updated": r.CreatedAt.Format(time.RFC1123Z),
	}
	if r.Form.Has("Body") {
		out["body"], out["num_segments"] = r.Body, "1"
	}
	if r.inbound {
		out["direction"], out["num_media"] = "inbound", strconv.Itoa(len(r.Media))
	}
	if r.AnsweredBy != "" {
		out["answered_by"] = r.AnsweredBy
	}
	return out
}

func (s *Server) listNumbers(w http.ResponseWriter, r *http.Request) {
	owned := []map[string]any{}
	for _, n := range s.numbers {
		if want := r.URL.Query().Get("PhoneNumber"); want == "" || want == n {
			a := s.AccountNow()
			told := a.Hooks[numberSID(n)]
			owned = append(owned, map[string]any{
				"sid": numberSID(n), "phone_number": n, "friendly_name": n, "account_sid": AccountSID,
				"capabilities": map[string]bool{"sms": !a.NoSMS, "mms": !a.NoSMS, "voice": true},
				"sms_url":      told.Get("SmsUrl"), "voice_url": told.Get("VoiceUrl"),
			})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"incoming_phone_numbers": owned})
}
