package crm_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// However many replicas look at the same second, a calendar is read once, and
// again when what it said is old.
func TestCalendarIsReadOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		svc, rep := service(t, s)
		page := models.DefaultBookingPage(rep.ID)
		if err := s.SaveBookingPage(ctx, page, "https://calendar.example.com/free.ics", false, storetest.Now); err != nil {
			t.Fatal(err)
		}
		const replicas = 3
		var mu sync.Mutex
		read := 0
		fetch := func(context.Context, string) (io.ReadCloser, error) {
			mu.Lock()
			defer mu.Unlock()
			read++
			return io.NopCloser(strings.NewReader("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")), nil
		}
		zone := func(context.Context, int64) (*time.Location, error) { return time.UTC, nil }
		look := func(now time.Time) {
			t.Helper()
			var wg, looked sync.WaitGroup
			looked.Add(replicas)
			for i := range replicas {
				one := *svc
				one.Store = &lister{Store: svc.Store, looked: &looked}
				c := &crm.Calendars{Service: &one, Fetch: fetch, ZoneOf: zone, Holder: fmt.Sprint("replica ", i)}
				wg.Go(func() {
					if err := c.Read(ctx, now); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		look(storetest.Now)
		if read != 1 {
			t.Errorf("read %d times by %d replicas", read, replicas)
		}
		look(storetest.Now.Add(5 * time.Minute))
		if read != 1 {
			t.Errorf("read %d times within ten minutes", read)
		}
		look(storetest.Now.Add(11 * time.Minute))
		if read != 2 {
			t.Errorf("read %d times after ten minutes", read)
		}
		p, err := s.BookingPage(ctx, rep.ID)
		if err != nil || p.CalendarReadAt == nil || p.CalendarError != "" {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// lister lets nobody go on before all have listed what is to be read.
type lister struct {
	crm.Store
	looked *sync.WaitGroup
}

func (l *lister) CalendarsToRead(ctx context.Context, before time.Time, limit int) ([]models.BookingPage, error) {
	pages, err := l.Store.CalendarsToRead(ctx, before, limit)
	l.looked.Done()
	l.looked.Wait()
	return pages, err
}
