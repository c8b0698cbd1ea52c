package laws

import (
	"slices"
	"strings"
	"sync"
	"time"

	"followup/models"
)

// Place is where somebody may be, as far as the law is concerned.
type Place struct {
	Country string // "": nothing says
	// States whose rules apply, in the United States alone: the address's and
	// that of the number's area code, from which Florida and Oklahoma presume
	// that its owner lives there.
	States []string
	// Unknown: in the United States, and nothing names a state.
	Unknown bool
	key     string
}

// PlaceOf finds the place by the address and the number; either may be "". An
// address abroad beats an American number: the rules of the states are for
// people there.
func PlaceOf(country, region, number string) Place {
	country, region = strings.ToUpper(country), strings.ToUpper(region)
	if territories[country] {
		country, region = "US", country
	}
	area, dialed := areaOf(number)
	if country == "" {
		if country = area.country; country == "" && dialed {
			country = "US" // a number that nobody is known to have: the strictest
		}
	}
	p := Place{Country: country}
	if country == "US" {
		if region != "" {
			p.States = append(p.States, region)
		}
		if area.country == "US" {
			for _, s := range area.regions {
				if !slices.Contains(p.States, s) {
					p.States = append(p.States, s)
				}
			}
		}
		slices.Sort(p.States)
		p.Unknown = len(p.States) == 0
	}
	p.key = p.Country + " " + strings.Join(p.States, " ")
	return p
}

// territories are parts of the United States with country codes of their own.
var territories = map[string]bool{"PR": true, "VI": true, "GU": true, "MP": true, "AS": true}

type area struct {
	country string
	regions []string
}

var areas = sync.OnceValue(func() map[string]area {
	all := map[string]area{}
	for _, cells := range table("area_codes.tsv", 3) {
		a := area{country: cells[1]}
		if cells[2] != "" {
			a.regions = strings.Split(cells[2], ",")
		}
		if territories[a.country] {
			a = area{"US", []string{a.country}}
		}
		all[cells[0]] = a
	}
	return all
})

// areaOf reads a North American number; dialed tells whether it is one.
func areaOf(number string) (area, bool) {
	if !strings.HasPrefix(number, "+1") || len(number) < len("+1212") {
		return area{}, false
	}
	return areas()[number[2:5]], true
}

var regionZones = sync.OnceValue(func() map[string][]*time.Location {
	all := map[string][]*time.Location{}
	for _, cells := range table("regions.tsv", 3) {
		key := cells[0] + "-" + cells[1]
		for _, name := range strings.Split(cells[2], ",") {
			if loc, err := models.LoadZone(name); err == nil {
				all[key] = append(all[key], loc)
			}
		}
	}
	return all
})

// ZonesOf are the zones in which a state or a province lies; none where that
// is not known.
func ZonesOf(country, region string) []*time.Location {
	if region == "" {
		return nil
	}
	return regionZones()[strings.ToUpper(country)+"-"+strings.ToUpper(region)]
}

var zoneCountries = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, cells := range table("regions.tsv", 3) {
		for _, name := range strings.Split(cells[2], ",") {
			all[name] = cells[0]
		}
	}
	return all
})

// CountryOf says in which country somebody is: by their address, else by
// their number, else by their zone where that lies in the United States or
// Canada; "" where nothing says.
func CountryOf(p models.Prospect, numbers ...string) string {
	if country := strings.ToUpper(p.Country); country != "" {
		if territories[country] {
			return "US"
		}
		return country
	}
	for _, n := range numbers {
		if c := PlaceOf("", "", n).Country; c != "" {
			return c
		}
	}
	return zoneCountries()[p.Zone]
}
