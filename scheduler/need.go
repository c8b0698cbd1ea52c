package scheduler

import (
	"followup/laws"
	"followup/models"
)

// ConsentNeeded is what an automatic message to somebody on a channel needs,
// by the law of where they are and by the channel: what the gate asks.
func ConsentNeeded(p models.Prospect, points []models.ContactPoint, set models.Settings, r models.ChannelRules) laws.Need {
	return outlets{prospect: p, points: points}.lawful(set).need(r)
}
