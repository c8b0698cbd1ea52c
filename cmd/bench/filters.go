package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	filterAsked = 200 // for each role
	filterWorst = 5   // of them are shown
)

// askFilters draws filters of the list of people as nobody would list them:
// each of its fields or not, in any order, with words that many, few and none
// have.
func (b *bench) askFilters(browser visitor, email string, people int) error {
	draw := rand.New(rand.NewPCG(3, 4))
	type asked struct {
		path string
		took time.Duration
	}
	var all []asked
	var took []time.Duration
	for range max(int(filterAsked*b.scale), 20) {
		path := "/prospects?" + filterQuestion(draw, people).Encode()
		_, d, err := browser.open(path)
		if err != nil {
			return err
		}
		all, took = append(all, asked{path, d}), append(took, d)
	}
	slices.SortFunc(all, func(a, b asked) int { return int(b.took - a.took) })
	for _, a := range all[:filterWorst] {
		fmt.Fprintf(b.out, "    slow: %.0f ms %s\n", ms(a.took), a.path)
	}
	p95 := quantile(took, 0.95)
	b.found(figure{What: fmt.Sprintf("Filters of people drawn at random, as %s, %d people", email, people),
		Measured: fmt.Sprintf("p50 %.0f ms, p95 %.0f ms, %.0f ms at most", ms(quantile(took, 0.5)), ms(p95), ms(all[0].took)),
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
