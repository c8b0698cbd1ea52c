package web

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"followup/models"
	"followup/store"
)

const (
	livePoll     = time.Second
	liveTimeout  = 5 * time.Second
	liveClients  = 2000 // streams of one process
	livePerUser  = 12   // a stream is a connection: nobody needs more at once
	liveBuffer   = 16   // messages a slow reader may be behind
	liveParts    = 60   // above it a page renews everything
	noticeRecent = 10 * time.Minute
	// liveOverlap is how many looks an event is looked for again: on
	// PostgreSQL a transaction that commits late has the lower numbers.
	liveOverlap = 3
)

// hub looks at the trail of events once a second, for all streams of this
// process together and only while there are any, and tells each what concerns
// its user.
type hub struct {
	store *store.Store
	clock models.Clock
	log   *slog.Logger

	mu      sync.Mutex
	clients map[*liveClient]bool
	stop    context.CancelFunc // of the looking; nil while nobody listens
	ready   chan struct{}      // closed once the looking knows where the trail ended
}

// liveClient is one stream.
type liveClient struct {
	user     int64
	fresh    bool            // it has not been told yet what waits for it
	ready    <-chan struct{} // from then on nothing is missed
	messages chan liveMessage
}

func newHub(opt Options) *hub {
	return &hub{store: opt.Store, clock: opt.Clock, log: opt.Log, clients: map[*liveClient]bool{}}
}

// join adds a stream; the first one starts the looking.
func (h *hub) join(user int64) (*liveClient, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := 0
	for c := range h.clients {
		if c.user == user {
			mine++
		}
	}
	if len(h.clients) >= liveClients || mine >= livePerUser {
		return nil, models.Errorf(models.CodeUnavailable, "Too many pages are open at once; this one renews itself less often.")
	}
	c := &liveClient{user: user, fresh: true, messages: make(chan liveMessage, liveBuffer)}
	h.clients[c] = true
	if h.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		h.stop, h.ready = stop, make(chan struct{})
		go h.watch(ctx, h.ready)
	}
	c.ready = h.ready
	return c, nil
}

// leave removes a stream; the last one ends the looking.
func (h *hub) leave(c *liveClient) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
	if len(h.clients) == 0 && h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

func (h *hub) watch(ctx context.Context, ready chan<- struct{}) {
	w := &watch{hub: h, ready: ready, told: map[int64]bool{}, notices: map[int64]bool{}}
	ticker := time.NewTicker(livePoll)
	defer ticker.Stop()
	failing := false
	for {
		err := w.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			h.log.Warn("open pages cannot be told what changed; it is tried every second", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// users are those with a stream, and whether one of them has just come.
func (h *hub) users() (ids []int64, fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		fresh = fresh || c.fresh
		if !slices.Contains(ids, c.user) {
			ids = append(ids, c.user)
		}
	}
	return ids, fresh
}

// each gives every stream its message; one that is too far behind is ended,
// comes again and renews everything.
func (h *hub) each(message func(*liveClient) (liveMessage, bool)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		m, ok := message(c)
		if !ok {
			continue
		}
		select {
		case c.messages <- m:
		default:
			delete(h.clients, c)
			close(c.messages)
		}
	}
}

// watch is one looking: from the first stream to the last.
type watch struct {
	hub     *hub
	ready   chan<- struct{}
	marks   []int64        // where the trail ended at the last looks, oldest first
	told    map[int64]bool // events since the oldest mark that were told
	notices map[int64]bool // notifications that were told
}

// liveRow is a change as partsFor judges it.
type liveRow struct {
	user, owner, prospect int64
	queue                 bool
}

func (w *watch) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	users, fresh := w.hub.users()
	if len(w.marks) == 0 {
		last, err := w.hub.store.LastChange(ctx)
		if err != nil {
			return err
		}
		w.marks = []int64{last}
		close(w.ready)
		return w.tellNotices(ctx, users)
	}
	changes, more, err := w.hub.store.ChangesSince(ctx, w.marks[0], users)
	if err != nil {
		return err
	}
	rows, notified := w.news(changes)
	if more {
		// The trail grows faster than pages could follow it: renew everything.
		if w.marks[0], err = w.hub.store.LastChange(ctx); err != nil {
			return err
		}
		w.marks, w.told = w.marks[:1], map[int64]bool{}
	}
	if len(rows) > 0 || more {
		w.hub.each(func(c *liveClient) (liveMessage, bool) { return changeFor(c.user, rows, more) })
	}
	if notified || fresh {
		return w.tellNotices(ctx, users)
	}
	return nil
}

// news leaves out what was told before and moves the marks on.
func (w *watch) news(changes []store.Change) (rows []liveRow, notified bool) {
	last := w.marks[len(w.marks)-1]
	for _, c := range changes {
		last = max(last, c.ID)
		if w.told[c.ID] {
			continue
		}
		w.told[c.ID] = true
		if c.Kind == models.EventNotified {
			notified = true
			continue
		}
		rows = append(rows, liveRow{user: idOf(c.UserID), owner: idOf(c.OwnerID), prospect: idOf(c.ProspectID), queue: store.ChangesQueue(c.Kind)})
	}
	if w.marks = append(w.marks, last); len(w.marks) > liveOverlap {
		w.marks = w.marks[1:]
	}
	for id := range w.told {
		if id <= w.marks[0] {
			delete(w.told, id)
		}
	}
	return rows, notified
}

func idOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// changeFor is what one user's pages must renew.
func changeFor(user int64, rows []liveRow, all bool) (liveMessage, bool) {
	change := liveChange{All: all}
	seen := map[string]bool{}
	for _, row := range rows {
		for _, part := range partsFor(user, row) {
			if !seen[part] {
				seen[part] = true
				change.Parts = append(change.Parts, part)
			}
		}
	}
	if len(change.Parts) > liveParts {
		change = liveChange{All: true}
	}
	return liveMessage{event: "change", data: change}, change.All || len(change.Parts) > 0
}

// tellNotices shows notifications on open pages: to whoever listens now, and
// to whoever has just come what no page has shown yet.
func (w *watch) tellNotices(ctx context.Context, users []int64) error {
	found, err := w.hub.store.BrowserNotifications(ctx, users, w.hub.clock().Add(-noticeRecent))
	if err != nil {
		return err
	}
	var shown []int64
	for _, n := range found {
		if n.NotAfter != nil && w.hub.clock().After(*n.NotAfter) {
			continue
		}
		news := !w.notices[n.ID]
		w.notices[n.ID] = true
		waits := n.State == models.NotificationWaiting
		w.hub.each(func(c *liveClient) (liveMessage, bool) {
			return noticeOf(n), c.user == n.UserID && (waits || news && !c.fresh)
		})
		if waits {
			shown = append(shown, n.ID)
		}
	}
	w.hub.mu.Lock()
	for c := range w.hub.clients {
		c.fresh = false
	}
	w.hub.mu.Unlock()
	return w.hub.store.NotificationsShown(ctx, shown, w.hub.clock())
}
