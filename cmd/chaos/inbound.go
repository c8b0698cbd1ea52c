package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// arrived is what customers sent to our numbers, as Twilio lists it.
type arrived struct {
	texts, calls map[string][]map[string]any // by our number, oldest first
}

// heardFrom keeps a customer's text or call; from now on it is listed.
func (s *phoneServer) heardFrom(sid, from, to, body string, call bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := s.clock().Format(time.RFC1123Z)
	record := map[string]any{
		"sid": sid, "account_sid": accountSID, "from": from, "to": to, "direction": "inbound",
		"date_created": made, "date_updated": made,
	}
	if call {
		record["status"] = "completed"
		s.in.calls[to] = append(s.in.calls[to], record)
		return
	}
	record["status"], record["body"], record["num_media"], record["num_segments"] = "received", body, "0", "1"
	s.in.texts[to] = append(s.in.texts[to], record)
}

// listed is how many texts and calls of customers there are.
func (s *phoneServer) listed() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, all := range []map[string][]map[string]any{s.in.texts, s.in.calls} {
		for _, records := range all {
			n += len(records)
		}
	}
	return n
}

// list gives what was sent from or to a number, newest first, page by page.
func (s *phoneServer) list(w http.ResponseWriter, r *http.Request) {
	s.listing(w, r, "messages", func(number string) []map[string]any {
		return append(s.sent[number][:len(s.sent[number]):len(s.sent[number])], s.in.texts[number]...)
	})
}

func (s *phoneServer) listCalls(w http.ResponseWriter, r *http.Request) {
	s.listing(w, r, "calls", func(number string) []map[string]any { return s.in.calls[number] })
}

// listing answers for the number in To, after a time to think and, now and
// then, not at all.
func (s *phoneServer) listing(w http.ResponseWriter, r *http.Request, name string, to func(number string) []map[string]any) {
	s.think(phoneProvider, latency())
	if s.draw() == busy {
		s.faults.Add(1)
		s.refused.Add(1)
		w.Header().Set("Retry-After", "1")
		tell(w, http.StatusTooManyRequests, map[string]any{"code": 20429, "message": "Too Many Requests", "status": 429})
		return
	}
	q := r.URL.Query()
	page, _ := strconv.Atoi(q.Get("Page")) // absent: the first
	size, err := strconv.Atoi(q.Get("PageSize"))
	if err != nil || size < 1 {
		size = 50
	}
	s.mu.Lock()
	all := slices.Clone(to(q.Get("To")))
	s.mu.Unlock()
	slices.Reverse(all)
	first := min(page*size, len(all))
	last := min(first+size, len(all))
	var next any
	if last < len(all) {
		more := url.Values{"To": {q.Get("To")}, "PageSize": {strconv.Itoa(size)}, "Page": {strconv.Itoa(page + 1)}, "PageToken": {fmt.Sprintf("PA%d", last)}}
		next = r.URL.Path + "?" + more.Encode()
	}
	tell(w, http.StatusOK, map[string]any{name: all[first:last], "page": page, "page_size": size, "next_page_uri": next})
}
