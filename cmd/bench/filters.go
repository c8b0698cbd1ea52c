package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
)

const filterAsked = 200 // for each role

// askFilters draws filters of the list of people as nobody would list them:
// each of its fields or not, in any order, with words that many, few and none
// have.
func (b *bench) askFilters(browser visitor, email string, people int) error {
	draw := rand.New(rand.NewPCG(3, 4))
	took, err := b.askDrawn(browser, max(int(filterAsked*b.scale), 20), func() string { return "/prospects?" + filterQuestion(draw, people).Encode() })
	if err != nil {
		return err
	}
	p95 := quantile(took, 0.95)
	b.found(figure{What: fmt.Sprintf("Filters of people drawn at random, as %s, %d people", email, people),
		Measured: fmt.Sprintf("p50 %.0f ms, p95 %.0f ms, %.0f ms at most", ms(quantile(took, 0.5)), ms(p95), ms(slices.Max(took))),
		Target:   fmt.Sprintf("p95 under %.0f ms", ms(filterTarget)), Met: p95 < filterTarget})
	return nil
}

func filterQuestion(draw *rand.Rand, people int) url.Values {
	pick := func(values ...string) string { return values[draw.IntN(len(values))] }
	some := func() string { return strconv.Itoa(1 + draw.IntN(people)) }
	q := url.Values{
		"q":     {pick("", "", "d", "dana", "okafor", "priya nair", "felix r", "zoe xylophone", "c"+some()+".example.com", "555 "+some(), "industry=foods", "size=small dana", "industry=press size=large roth")},
		"state": {pick("", "", "", "waiting", "in_sequence", "paused", "idle", "suppressed")},
		"next":  {pick("", "", "", "none", "late", "day", "week")},
		"sort":  {pick("", "name", "next", "last")},
	}
	if draw.IntN(3) == 0 {
		q.Set("owner", strconv.Itoa(3+draw.IntN(10)))
	}
	if draw.IntN(4) == 0 {
		q.Set("sequence", "1")
	}
	return q
}
