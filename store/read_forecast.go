package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Forecast is what will come due on the coming days, by sender and channel.
type Forecast struct {
	Days []time.Time // their beginnings
	Rows []ForecastRow
}

// ForecastRow is one sender's (or, without one, one channel's) coming days.
type ForecastRow struct {
	Sender   *models.Sender // nil: what no sender sends, such as calls
	Channel  models.ChannelKind
	N        []int // by day; what is due already counts for the first
	Total    int
	Capacity []Capacity // by day; of the sender, over all its channels
}

// Capacity is what a sender may still send on a day.
type Capacity struct {
	Limit  int  // of the day, by its ramp; 0: none
	Used   int  // of it, today
	Closed bool // its own hours leave the day out
	Wanted int  // on all of the sender's channels
}

// Over tells how many of those wanted must move to another day.
func (c Capacity) Over() int {
	switch {
	case c.Closed:
		return c.Wanted
	case c.Limit == 0:
		return 0
	}
	return max(0, c.Wanted-max(0, c.Limit-c.Used))
}

// ViewForecast counts the planned touches of the days that begin at the given
// times; the last one is the end of the last day. Each planned touch is the
// next of its enrollment: what follows later is not planned yet.
func (s *Store) ViewForecast(ctx context.Context, days []time.Time) (Forecast, error) {
	f := Forecast{Days: days[:len(days)-1]}
	var when strings.Builder
	args := map[string]any{"end": days[len(days)-1].UTC()}
	for i := range f.Days {
		fmt.Fprintf(&when, " WHEN due_at < @d%d THEN %d", i, i)
		args[fmt.Sprintf("d%d", i)] = days[i+1].UTC()
	}
	var counts []struct {
		SenderID *int64
		Channel  models.ChannelKind
		Day, N   int
	}
	// In three parts, for each has its index: all at once reads every touch there is.
	err := s.reader(ctx).Raw(`SELECT sender_id, channel, CASE`+when.String()+` END AS day, COUNT(*) AS n FROM (
SELECT sender_id, channel, due_at FROM touches WHERE state = 'planned' AND urgent AND due_at < @end
UNION ALL SELECT sender_id, channel, due_at FROM touches WHERE state = 'planned' AND NOT urgent AND sender_id IS NOT NULL AND due_at < @end
UNION ALL SELECT sender_id, channel, due_at FROM touches WHERE state = 'planned' AND NOT urgent AND sender_id IS NULL AND due_at < @end
) coming GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, args).Scan(&counts).Error
	if err != nil {
		return f, err
	}
	ids := idSet{}
	for _, c := range counts {
		ids.add(c.SenderID)
	}
	senders, err := rowsByID(s.reader(ctx).Omit("Secrets"), ids.list(), func(x models.Sender) int64 { return x.ID })
	if err != nil {
		return f, err
	}
	type key struct {
		sender  int64
		channel models.ChannelKind
	}
	rows := map[key]int{}
	for _, c := range counts {
		k := key{channel: c.Channel}
		if c.SenderID != nil {
			k.sender = *c.SenderID
		}
		i, ok := rows[k]
		if !ok {
			row := ForecastRow{Channel: c.Channel, N: make([]int, len(f.Days))}
			if x, known := senders[k.sender]; known {
				row.Sender = &x
			}
			i = len(f.Rows)
			rows[k] = i
			f.Rows = append(f.Rows, row)
		}
		f.Rows[i].N[c.Day] += c.N
		f.Rows[i].Total += c.N
	}
	return f, s.capacities(ctx, &f)
}

// capacities says what each sender may send on the days.
func (s *Store) capacities(ctx context.Context, f *Forecast) error {
	wanted, ids := map[int64][]int{}, idSet{}
	for _, row := range f.Rows {
		if row.Sender == nil {
			continue
		}
		ids.add(&row.Sender.ID)
		if wanted[row.Sender.ID] == nil {
			wanted[row.Sender.ID] = make([]int, len(f.Days))
		}
		for i, n := range row.N {
			wanted[row.Sender.ID][i] += n
		}
	}
	read := s.reader(ctx)
	zones, err := senderZones(read, ids.list())
	if err != nil {
		return err
	}
	now := s.clock()
	used, err := usedToday(read, ids.list(), zones, now)
	if err != nil {
		return err
	}
	for i, row := range f.Rows {
		if row.Sender == nil {
			continue
		}
		f.Rows[i].Capacity = make([]Capacity, len(f.Days))
		for d, begins := range f.Days {
			day := models.DateOf(begins, begins.Location())
			c := Capacity{Limit: row.Sender.CapOn(day), Wanted: wanted[row.Sender.ID][d], Closed: !row.Sender.Settings.Window.OpensOn(day)}
			if d == 0 {
				c.Used = used[row.Sender.ID]
			}
			f.Rows[i].Capacity[d] = c
		}
	}
	return nil
}

// usedToday is what each sender has sent of its day, in its own zone.
func usedToday(tx *gorm.DB, ids []int64, zones map[int64]*time.Location, now time.Time) (map[int64]int, error) {
	var rows []struct {
		Ref  int64
		Day  models.Date
		Used int
	}
	yesterday := models.DateOf(now.Add(-24*time.Hour), time.UTC) // no zone is further behind
	err := tx.Table("day_counts").Where("scope = ? AND day >= ?", countSender, yesterday).Where(anyOf(tx, "ref", ids)).Scan(&rows).Error
	used := make(map[int64]int, len(rows))
	for _, r := range rows {
		if r.Day == models.DateOf(now, zones[r.Ref]) {
			used[r.Ref] = r.Used
		}
	}
	return used, err
}

// Replica is a process that ticks, as it last said.
type Replica struct {
	ID          string
	Host        string
	StartedAt   time.Time
	HeartbeatAt time.Time
	TickedAt    time.Time
	TickMs      int64
	LagMs       int64
	Recent      string
	// Ended: silent for so long that others take over what it left.
	Ended bool `gorm:"-"`
}

// Ticks are its last few, the newest last.
func (r Replica) Ticks() []ReplicaTick { return readTicks(r.Recent) }

// TableName of the row.
func (Replica) TableName() string { return "replicas" }

// ViewReplicas lists the processes that ticked since a time, newest first.
func (s *Store) ViewReplicas(ctx context.Context, since time.Time) ([]Replica, error) {
	var rs []Replica
	err := s.reader(ctx).Where("ticked_at >= ?", since.UTC()).Order("ticked_at DESC, id").Limit(pageLimit).Find(&rs).Error
	for i, r := range rs {
		rs[i].Ended = r.TickedAt.Before(s.clock().Add(-s.endedAfter))
	}
	return rs, err
}
