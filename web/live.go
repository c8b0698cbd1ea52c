package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"followup/models"
)

const (
	// liveBeat keeps proxies from ending a stream on which nothing happens.
	liveBeat = 20 * time.Second
	// liveLife is how long a stream lasts: who signed out elsewhere or left is
	// out with the next one.
	liveLife = 10 * time.Minute
	// liveWrite is how long a reader may take for one message.
	liveWrite = 10 * time.Second
)

// live streams to a page what changed of what its user may be looking at:
// names of parts, never content. The page renews those parts by itself.
func (s *site) live(w http.ResponseWriter, r *http.Request) error {
	u, ok := s.signedIn(r)
	if !ok {
		w.WriteHeader(http.StatusNoContent) // tells an EventSource to stop asking
		return nil
	}
	client, err := s.hub.join(u.ID)
	if err != nil {
		return err
	}
	defer s.hub.leave(client)
	out := stream{w: w, control: http.NewResponseController(w)}
	if err := out.open(r.Context(), client.ready); err != nil {
		return err
	}
	beat, life := time.NewTicker(liveBeat), time.NewTimer(liveLife)
	defer beat.Stop()
	defer life.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-s.Closing:
			return nil
		case <-life.C:
			return nil
		case m, open := <-client.messages:
			if !open {
				return nil // too slow a reader: it comes again and renews everything
			}
			err = out.send(m)
		case <-beat.C:
			err = out.comment()
		}
		if err != nil {
			return nil //nolint:nilerr // the reader has left; there is nobody to tell
		}
	}
}

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// open says hello once nothing can be missed any more: a page that hears it
// may be older than that, and renews what it shows.
func (o stream) open(ctx context.Context, ready <-chan struct{}) error {
	// The server's time limits are for pages: a stream lives longer, and each
	// of its writes has a limit of its own.
	if err := o.control.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("live: %w", err)
	}
	h := o.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would collect it
	o.w.WriteHeader(http.StatusOK)
	if err := o.comment(); err != nil {
		return err
	}
	select {
	case <-ready:
	case <-ctx.Done():
	}
	return o.write("retry: 3000\nevent: hello\ndata: {}\n\n")
}

func (o stream) send(m liveMessage) error {
	data, err := json.Marshal(m.data)
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	return o.write("event: " + m.event + "\ndata: " + string(data) + "\n\n")
}

func (o stream) comment() error { return o.write(": \n\n") }

func (o stream) write(text string) error {
	if err := o.control.SetWriteDeadline(time.Now().Add(liveWrite)); err != nil { //nolint:forbidigo // a connection's limits are on the machine's clock
		return err
	}
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.control.Flush()
}

// badges are the rail's numbers, which every page renews.
func (s *site) badges(w http.ResponseWriter, r *http.Request) error {
	b, err := s.Store.ViewBadges(r.Context(), userOf(r).ID, s.Clock())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	text := map[string]string{"tasks": "", "waiting": ""}
	if b.Tasks.N > 0 {
		text["tasks"] = countText(b.Tasks)
	}
	if b.Waiting.N > 0 {
		text["waiting"] = countText(b.Waiting)
	}
	return json.NewEncoder(w).Encode(text)
}

// liveMessage is one event of a stream.
type liveMessage struct {
	event string
	data  any
}

// liveChange names the parts of pages that something changed in.
type liveChange struct {
	Parts []string `json:"parts"`
	All   bool     `json:"all,omitempty"` // too much happened to name it
}

// liveNotice is a notification for an open page.
type liveNotice struct {
	ID    int64  `json:"id"`
	Kind  string `json:"kind"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Href  string `json:"href"`
}

func noticeOf(n models.Notification) liveMessage {
	return liveMessage{event: "notice", data: liveNotice{ID: n.ID, Kind: string(n.Kind), Title: n.Title, Text: n.Text, Href: localPath(n.Href)}}
}

// partsFor names what a change means for one user's pages.
func partsFor(user int64, c liveRow) []string {
	var parts []string
	if c.queue {
		parts = append(parts, "today-all", "inbox-all")
		if c.user == user || c.owner == user {
			parts = append(parts, "today", "inbox")
		}
	}
	if c.prospect != 0 && (c.owner == user || c.user == user || c.queue) {
		parts = append(parts, "p"+strconv.FormatInt(c.prospect, 10))
	}
	return parts
}
