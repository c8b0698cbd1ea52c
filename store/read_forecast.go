package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"followup/models"
)

// Forecast is what will come due on the coming days, by sender and channel.
type Forecast struct {
	Days []time.Time // their beginnings
	Rows []ForecastRow
}

// ForecastRow is one sender's (or, without one, one channel's) coming days.
type ForecastRow struct {
	Sender  *models.Sender // nil: what no sender sends, such as calls
	Channel models.ChannelKind
	N       []int // by day; what is due already counts for the first
	Total   int
}

// Capacity of the row's sender a day; 0: no limit.
func (r ForecastRow) Capacity() int {
	if r.Sender == nil {
		return 0
	}
	if r.Sender.DailyCap > 0 {
		return r.Sender.DailyCap
	}
	return 0
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
	return f, nil
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
}

// Ticks are its last few, the newest last.
func (r Replica) Ticks() []ReplicaTick { return readTicks(r.Recent) }

// TableName of the row.
func (Replica) TableName() string { return "replicas" }

// ViewReplicas lists the processes that ticked since a time, newest first.
func (s *Store) ViewReplicas(ctx context.Context, since time.Time) ([]Replica, error) {
	var rs []Replica
	err := s.reader(ctx).Where("ticked_at >= ?", since.UTC()).Order("ticked_at DESC, id").Limit(pageLimit).Find(&rs).Error
	return rs, err
}
