package laws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"followup/models"
)

// Limit is how often somebody may be called and texted; a Most of 0 is none.
type Limit struct {
	Most   int
	Within time.Duration
	Rule   string
}

func (l Limit) String() string {
	return fmt.Sprintf("%d in %d hours", l.Most, int(l.Within/time.Hour))
}

type capRow struct {
	Row
	limit Limit
}

type limitKey struct {
	place   string
	channel models.ChannelKind
}

// Limit is the strictest that applies to the channel in the place.
func (b *Book) Limit(p Place, ch models.ChannelKind) Limit {
	key := limitKey{p.key, ch}
	if l, ok := b.limits.Load(key); ok {
		return l.(Limit)
	}
	var strictest Limit
	for _, r := range b.caps {
		if r.covers(p) && slices.Contains(r.Channels, ch) && (strictest.Most == 0 || r.limit.Most < strictest.Most) {
			strictest = r.limit
		}
	}
	b.limits.Store(key, strictest)
	return strictest
}

// Counts tells whether a channel counts towards the limit of a rule: calls,
// texts and recorded messages are counted together.
func (b *Book) Counts(rule string, ch models.ChannelKind) bool {
	for _, r := range b.caps {
		if r.ID == rule {
			return slices.Contains(r.Channels, ch)
		}
	}
	return false
}

// parseLimit reads "3 in 24h".
func parseLimit(text string) (Limit, error) {
	bad := models.Invalid("rules", "%q is no limit; write it as 3 in 24h", text)
	most, within, ok := strings.Cut(text, " in ")
	n, err := strconv.Atoi(strings.TrimSpace(most))
	d, derr := time.ParseDuration(strings.TrimSpace(within))
	if !ok || err != nil || derr != nil || n < 1 || d < time.Hour || d > MaxWithin {
		return Limit{}, bad
	}
	return Limit{Most: n, Within: d}, nil
}

// MaxWithin bounds the time over which a limit may count, for the engine
// looks no further back.
const MaxWithin = 24 * time.Hour
