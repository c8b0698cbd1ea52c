package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"

	"followup/models"
)

// candidateZones are the zones in which the phone may be. A number moves with
// its owner inside its area, so under +1 every exchange of the area code
// counts, not the number's own.
func candidateZones(number string) []*time.Location {
	prefixes := []string{number}
	if area, ok := areaCode(number); ok {
		if zones, ok := areaZones.Load(area); ok {
			return zones.([]*time.Location)
		}
		for exchange := 200; exchange <= 999; exchange++ {
			prefixes = append(prefixes, fmt.Sprintf("%s%d", area, exchange))
		}
		zones := zonesOf(prefixes)
		areaZones.Store(area, zones)
		return zones
	}
	return zonesOf(prefixes)
}

// areaZones keeps what never changes while the program runs: area code → zones.
var areaZones sync.Map

// areaCode is the first part of a North American number, "+1212".
func areaCode(number string) (string, bool) {
	if !strings.HasPrefix(number, "+1") || len(number) < len("+1212") {
		return "", false
	}
	return number[:len("+1212")], true
}

func zonesOf(prefixes []string) []*time.Location {
	var names []string
	for _, prefix := range prefixes {
		found, err := phonenumbers.GetTimezonesForPrefix(prefix)
		if err != nil {
			continue
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	var zones []*time.Location
	for _, name := range slices.Compact(names) {
		if strings.HasPrefix(name, "Etc/") { // the library's word for "unknown"
			continue
		}
		if loc, err := models.LoadZone(name); err == nil {
			zones = append(zones, loc)
		}
	}
	return zones
}
