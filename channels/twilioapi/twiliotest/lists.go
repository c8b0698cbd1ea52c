package twiliotest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Receive makes Twilio take a customer's text without telling anybody, as it
// does while we are down or have no public address. The SID is the one a
// webhook about the same text carries.
func (s *Server) Receive(from, to, body string, media ...string) (sid string) {
	return s.take(&s.received, Record{
		SID: sidOf("SM", from, to, body), From: from, To: to, Body: body, Form: url.Values{"Body": {body}}, Status: "received", Media: media,
	})
}

// Ring is a customer's call; as Receive.
func (s *Server) Ring(from, to string) (sid string) {
	return s.take(&s.rung, Record{SID: sidOf("CA", from, to), From: from, To: to, Status: "no-answer"})
}

// Recording is one of a call: of what a caller left where Source is RecordVerb.
type Recording struct {
	SID, Status, Source string
	Seconds             int
}

// SetCall changes what became of a customer's call, and what was recorded in it.
func (s *Server) SetCall(sid, status string, recordings ...Recording) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rung {
		if r.SID == sid {
			r.Status, r.Recordings = status, recordings
		}
	}
}

// Asked counts the requests for a call's recordings so far.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *Server) listRecordings(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	list := []map[string]any{}
	for _, record := range s.copy(&s.rung) {
		if record.SID != r.PathValue("call") {
			continue
		}
		for _, x := range record.Recordings {
			list = append(list, map[string]any{
				"sid": x.SID, "call_sid": record.SID, "account_sid": AccountSID, "status": x.Status, "source": x.Source, "duration": strconv.Itoa(x.Seconds),
				"date_created": record.CreatedAt.Format(time.RFC1123Z), "uri": accountPath + "Calls/" + record.SID + "/Recordings/" + x.SID + ".json",
			})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"recordings": list, "page": 0, "page_size": 50})
}

func (s *Server) take(into *[]*Record, r Record) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range *into {
		if known.SID == r.SID {
			return r.SID
		}
	}
	r.inbound, r.CreatedAt = true, s.clock().UTC().Truncate(time.Second)
	*into = append(*into, &r)
	return r.SID
}

// SetReceived changes the status of a text that Receive took.
func (s *Server) SetReceived(sid, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.received {
		if r.SID == sid {
			r.Status = status
		}
	}
}

// NextList makes the next requests for a list fail, one fault each.
func (s *Server) NextList(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listing = append(s.listing, faults...)
}

// Lists counts the requests for a list so far.
func (s *Server) Lists() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists
}

func (s *Server) listFault() (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	if len(s.listing) == 0 {
		return Fault{}, false
	}
	f := s.listing[0]
	s.listing = s.listing[1:]
	return f, true
}

// list gives what was accepted for the numbers asked for, newest first, a page
// at a time. A page after the first is given only for its token.
func (s *Server) list(w http.ResponseWriter, r *http.Request, key string, from ...*[]*Record) {
	if f, faulty := s.listFault(); faulty {
		s.show(w, r, f)
		return
	}
	q := r.URL.Query()
	var records []Record
	for _, part := range from {
		records = append(records, s.copy(part)...)
	}
	slices.SortStableFunc(records, func(a, b Record) int { return a.CreatedAt.Compare(b.CreatedAt) })
	var found []map[string]any
	for _, record := range slices.Backward(records) {
		if (q.Get("To") == "" || q.Get("To") == record.To) && (q.Get("From") == "" || q.Get("From") == record.From) {
			found = append(found, s.resource(record))
		}
	}
	size, page := 50, 0
	if n, err := strconv.Atoi(q.Get("PageSize")); err == nil && n > 0 {
		size = n
	}
	if n, err := strconv.Atoi(q.Get("Page")); err == nil && n > 0 {
		page = n
		if q.Get("PageToken") != "PT"+strconv.Itoa(page) {
			s.refuse(w, r, Fault{Status: 400, Code: 20006, Message: "The page token is missing or wrong"})
			return
		}
	}
	start, end := min(page*size, len(found)), min((page+1)*size, len(found))
	answer := map[string]any{key: append([]map[string]any{}, found[start:end]...), "page": page, "page_size": size}
	if end < len(found) {
		q.Set("Page", strconv.Itoa(page+1))
		q.Set("PageToken", "PT"+strconv.Itoa(page+1))
		answer["next_page_uri"] = r.URL.Path + "?" + q.Encode()
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) listMedia(w http.ResponseWriter, r *http.Request) {
	list := []map[string]any{}
	for _, record := range s.copy(&s.received) {
		if record.SID != r.PathValue("message") {
			continue
		}
		for _, m := range record.Media {
			list = append(list, map[string]any{"uri": strings.TrimPrefix(m, "https://api.twilio.com") + ".json"})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"media_list": list})
}
